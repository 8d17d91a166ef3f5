/* SPDX-License-Identifier: MIT */
#include "report/page_energy.h"

#include "report/facts.h"
#include "report/html.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Cases of the experiment's own work: roofs and A/A twins are in no table of it. */
static bool is_shown(const json_t *one) {
    const char *kind = fact_text(one, "kind");
    return (strcmp(kind, "epoch") == 0 || strcmp(kind, "folds") == 0) && !fact_known(one, "control_of");
}

/* Why the case's joules are not known; NULL: they are known. */
static const char *reason_of(const json_t *one, const char *unit) {
    char key[48];
    const json_t *energy = json_object_get(one, "energy");
    if (isfinite(energy_of(one, unit))) return NULL;
    snprintf(key, sizeof key, "joules_per_%.10s_reason", unit);
    return fact_known(energy, key) ? fact_text(energy, key) : "this file does not record it";
}

/* The place of the first case with this reason. */
static size_t first_with(const json_t *cases, const char *unit, const char *reason) {
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        const char *other = is_shown(one) ? reason_of(one, unit) : NULL;
        if (other && strcmp(other, reason) == 0) break;
    }
    return i;
}

static bool is_reason_of_all(const json_t *cases, const char *unit, const char *reason) {
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        const char *other = is_shown(one) ? reason_of(one, unit) : reason;
        if (!other || strcmp(other, reason) != 0) return false;
    }
    return true;
}

static void put_reason(FILE *to, const json_t *cases, const char *unit, const char *reason) {
    const bool of_all = is_reason_of_all(cases, unit, reason);
    const char *between = " of ";
    size_t i;
    json_t *one;
    html_format(to, "Joules per %s", unit);
    json_array_foreach(cases, i, one) {
        const char *other = is_shown(one) ? reason_of(one, unit) : NULL;
        if (!other || strcmp(other, reason) != 0 || of_all) continue;
        html_format(to, "%s%s", between, fact_text(one, "job"));
        if (fact_known(one, "placement")) html_format(to, " on %s", fact_text(one, "placement"));
        between = ", ";
    }
    html_format(to, " are not known: %s.", reason);
}

void page_energy(FILE *to, const json_t *experiment, const char *unit, size_t number) {
    const json_t *cases = json_object_get(experiment, "cases");
    size_t i;
    json_t *one;
    fprintf(to, "<p class=\"note\" id=\"r%zu-joules-%s\">", number, unit);
    if (any_energy(cases, unit))
        html_format(to, "J/%s: of the whole processor packages, with idle cores and other programs. ", unit);
    json_array_foreach(cases, i, one) {
        const char *reason = is_shown(one) ? reason_of(one, unit) : NULL;
        if (!reason || first_with(cases, unit, reason) != i) continue;
        put_reason(to, cases, unit, reason);
        fputc(' ', to);
    }
    fputs("</p>\n", to);
}
