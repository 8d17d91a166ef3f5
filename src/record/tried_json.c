/* SPDX-License-Identifier: MIT */
#include "record/tried_json.h"

#include "base/json.h"
#include "record/pages_json.h"

#include <string.h>

const char *tried_words(enum verdict verdict) {
    return verdict == VERDICT_FASTER || verdict == VERDICT_SLOWER ? verdict_words(verdict) : "not told apart";
}

/* The last part of a case's name: "thp" of "doctor/pages/thp". */
static const char *short_name(const struct alternatives *made, size_t which) {
    return strrchr(made->experiment->cases[which].name, '/') + 1;
}

static json_t *case_json(const struct alternatives *made, const struct tried_outcome *outcome, size_t which) {
    const struct case_facts *facts = &made->experiment->facts[which];
    const struct case_analysis *one = &outcome->analysis.cases[which];
    json_t *out = json_object();
    json_put(out, "name", json_string(made->experiment->cases[which].name));
    json_put(out, "what", json_string(made->what[which]));
    json_put(out, "threads", json_integer(facts->workers));
    json_put(out, "rows", json_number(facts->work));
    json_put(out, "median_seconds", json_number(one->all.median));
    json_put(out, "disturbed", json_integer((json_int_t)one->disturbed));
    json_put(out, "pages", pages_json(made->rows[which]));
    return out;
}

/* A speed with its interval; null with a reason where too few rounds were undisturbed. */
static void put_speed(json_t *to, double speed, double low, double high) {
    static const char why[] = "too few undisturbed rounds";
    json_put(to, "speed", json_number(speed));
    json_put(to, "low", json_number(low));
    json_put(to, "high", json_number(high));
    if (json_is_null(json_object_get(to, "low"))) json_put(to, "low_reason", json_string(why));
    if (json_is_null(json_object_get(to, "high"))) json_put(to, "high_reason", json_string(why));
}

static json_t *ratio_json(const struct alternatives *made, const struct tried_ratio *ratio) {
    json_t *out = json_object();
    json_put(out, "name", json_string(short_name(made, ratio->which)));
    put_speed(out, ratio->speed, ratio->low, ratio->high);
    json_put(out, "rounds", json_integer((json_int_t)ratio->rounds));
    json_put(out, "verdict", json_string(tried_words(ratio->verdict)));
    json_put(out, "reason", ratio->reason ? json_string(ratio->reason) : json_null());
    return out;
}

static json_t *not_tried_json(const struct not_tried *one) {
    json_t *out = json_object();
    json_put(out, "name", json_string(one->name));
    json_put(out, "why", json_escaped_before(one->why));
    json_put(out, "mend", one->mend[0] ? json_string(one->mend) : json_null());
    if (!one->mend[0]) json_put(out, "mend_reason", json_string("no command makes it possible on this machine"));
    json_put(out, "root", json_boolean(one->mend[0] != 0));
    return out;
}

/* What was timed. */
static void put_outcome(json_t *to, const struct alternatives *made, const struct tried_outcome *outcome) {
    const struct rounds *rounds = &made->experiment->rounds;
    const struct comparison *twin = &outcome->aa.shown;
    json_t *cases = json_array(), *ratios = json_array(), *again = json_object();
    for (size_t c = 0; c < made->experiment->count; c++)
        json_add(cases, case_json(made, outcome, c));
    for (size_t i = 0; i < outcome->count; i++)
        json_add(ratios, ratio_json(made, &outcome->ratios[i]));
    put_speed(again, 1 / twin->ratio, 1 / twin->high, 1 / twin->low);
    json_put(again, "state", json_string(aa_words(outcome->aa.state)));
    json_put(to, "rounds", json_integer((json_int_t)rounds->rounds));
    json_put(to, "checks", json_integer((json_int_t)rounds->checks.made));
    json_put(to, "confidence", json_number(AA_SHOWN));
    json_put(to, "cases", cases);
    json_put(to, "plain", json_string(short_name(made, 0)));
    json_put(to, "again", again);
    json_put(to, "least", json_number(outcome->least));
    json_put(to, "alternatives", ratios);
}

json_t *tried_json(const struct alternatives *made, const struct tried_outcome *outcome) {
    json_t *out = json_object(), *not_tried = json_array();
    json_put(out, "question", json_string(question_names[made->question]));
    json_put(out, "timed", json_boolean(outcome != NULL));
    if (outcome) put_outcome(out, made, outcome);
    for (size_t i = 0; i < made->not_tried_count; i++)
        json_add(not_tried, not_tried_json(&made->not_tried[i]));
    json_put(out, "not_tried", not_tried);
    return out;
}

static json_int_t checks_made(const json_t *questions) {
    json_int_t sum = 0;
    size_t i;
    json_t *one;
    json_array_foreach(questions, i, one) sum += json_integer_value(json_object_get(one, "checks"));
    return sum;
}

json_t *measured_json(const struct alternatives_setup *setup, json_t *questions, double seconds) {
    const struct dataset *ds = &setup->job->ds;
    const size_t bytes = ds->n * ds->stride;
    char job[JOB_NAME];
    json_t *out = json_object();
    verified_job_name(job, setup->verified);
    json_put(out, "data", json_escaped(ds->name));
    json_put(out, "synthetic", json_boolean(ds->synthetic));
    json_put(out, "n", json_integer((json_int_t)setup->job->row_list.n));
    json_put(out, "d", json_integer((json_int_t)ds->d));
    json_put(out, "row_bytes", json_integer((json_int_t)bytes));
    json_put(out, "job", json_string(job));
    json_put(out, "epoch_hash", json_hex(setup->verified->model.epoch_hash[0]));
    json_put(out, "fingerprint", json_hex(setup->verified->model.fingerprint));
    json_put(out, "seconds", json_number(seconds));
    json_put(out, "checks", json_integer(checks_made(questions)));
    json_put(out, "questions", questions);
    return out;
}
