/* SPDX-License-Identifier: MIT */
#include "record/trade_off.h"

#include "base/json.h"

#include <math.h>

/* Sets to[name], or null and why it is undefined. Returns 0, or -1 when memory runs out. */
static int put_score(json_t *to, const char *name, double score) {
    if (isfinite(score)) return json_put(to, name, json_real(score));
    char reason[32];
    snprintf(reason, sizeof reason, "%s_reason", name);
    return json_put(to, name, json_null()) | json_put(to, reason, json_string("no row was predicted positive"));
}

static int put_scores(json_t *to, const struct scores_at *at) {
    const struct confusion *c = &at->confusion;
    if (!at->reached)
        return json_put(to, "threshold", json_null()) |
               json_put(to, "threshold_reason", json_string("no threshold reaches it"));
    json_t *confusion =
        json_pack("[[I, I], [I, I]]", (json_int_t)c->tn, (json_int_t)c->fp, (json_int_t)c->fn, (json_int_t)c->tp);
    return json_put(to, "threshold", json_real(at->threshold)) | json_put(to, "confusion", confusion) |
           put_score(to, "precision", precision_score(c)) | put_score(to, "recall", recall_score(c)) |
           put_score(to, "f1", f1_score(c));
}

/* Sets to[name] where it was asked for. wanted: NAN for the threshold, which is what was asked for. */
static int put_point(json_t *to, const char *name, double asked, double wanted, const struct scores_at *at) {
    if (!isfinite(asked)) return 0;
    json_t *point = json_object();
    int bad = isfinite(wanted) ? json_put(point, "wanted", json_real(wanted)) : 0;
    return bad | put_scores(point, at) | json_put(to, name, point);
}

json_t *trade_off_json(const struct trade_off *made) {
    const struct wanted *wanted = &made->wanted;
    json_t *to = json_object();
    if (json_put(to, "average_precision", json_number(made->average_precision)) == 0 &&
        json_put(to, "roc_auc", json_number(made->roc_auc)) == 0 &&
        put_point(to, "at_threshold", wanted->threshold, (double)NAN, &made->at_threshold) == 0 &&
        put_point(to, "at_precision", wanted->precision, wanted->precision, &made->at_precision) == 0 &&
        put_point(to, "at_recall", wanted->recall, wanted->recall, &made->at_recall) == 0)
        return to;
    json_decref(to);
    return NULL;
}
