/* SPDX-License-Identifier: MIT */
#include "report/shuffles_report.h"

#include "report/facts.h"
#include "report/wrapped.h"

#include <math.h>
#include <string.h>

enum { SENTENCE = 1024, COLUMNS = 100 };

/* 1st, 2nd, 3rd, 4th, 11th, 21st */
static const char *ordinal_end(long number) {
    if (number / 10 % 10 == 1) return "th";
    switch (number % 10) {
    case 1:
        return "st";
    case 2:
        return "nd";
    case 3:
        return "rd";
    default:
        return "th";
    }
}

static void add_place(char *text, const json_t *place, const char *before) {
    const size_t used = strlen(text);
    const double percentile = fact_number(place, "percentile");
    char metric[32];
    snprintf(metric, sizeof metric, "%.31s", fact_text(place, "metric"));
    if (!isfinite(percentile)) {
        snprintf(text + used, SENTENCE - used, "%s%s nowhere (no shuffle has it)", before, metric);
        return;
    }
    const long rank = lround(percentile);
    snprintf(text + used, SENTENCE - used, "%s%s at the %ld%s percentile (5 %% to 95 %%: %.3f to %.3f)", before, metric,
             rank, ordinal_end(rank), fact_number(place, "p5"), fact_number(place, "p95"));
}

void print_shuffles(FILE *to, const json_t *shuffles, int indent) {
    const json_t *places = json_object_get(shuffles, "places");
    const double seeds = fact_number(shuffles, "seeds");
    char text[SENTENCE];
    if (!(seeds >= 1)) return;
    snprintf(
        text, sizeof text,
        "The notebook shuffled without a seed, so what it printed is one draw. Among %.0f shuffles its results lie:",
        seeds);
    for (size_t i = 0; i < json_array_size(places); i++)
        add_place(text, json_array_get(places, i), i ? ", " : " ");
    snprintf(text + strlen(text), sizeof text - strlen(text), ".");
    fprintf(to, "%*s", indent, "");
    print_wrapped(to, text, indent, indent, COLUMNS);
}
