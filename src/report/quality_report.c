/* SPDX-License-Identifier: MIT */
#include "report/quality_report.h"

#include "report/facts.h"
#include "report/plan_report.h"

#include <math.h>
#include <string.h>

double count_processes(const json_t *experiment) {
    const json_t *process = json_object_get(json_object_get(experiment, "schedule"), "process");
    double count = 0, last = -1;
    size_t i;
    json_t *one;
    json_array_foreach(process, i, one) {
        count += json_number_value(one) != last;
        last = json_number_value(one);
    }
    return count;
}

static void print_control(FILE *to, const json_t *control) {
    const json_t *shown = json_object_get(control, "shown");
    char low[FACT_TEXT], high[FACT_TEXT];
    fprintf(to, "A/A (%s timed twice): %.4f [%s, %s], %s\n", fact_text(control, "second"), fact_number(shown, "ratio"),
            format_fact(low, "%.4f", fact_number(shown, "low")), format_fact(high, "%.4f", fact_number(shown, "high")),
            fact_text(control, "state"));
}

/* The sum of a member over all cases, A/A twins included. */
static double sum_over_cases(const json_t *experiment, const char *key) {
    double sum = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(experiment, "cases"), i, one) {
        sum += fact_number(one, key);
    }
    return sum;
}

static void print_samples(FILE *to, const json_t *experiment) {
    fprintf(
        to,
        "disturbed samples: %.0f of %.0f (kept), %.0f of them spoiled though repeated; %.0f more were far too long\n"
        "and no source shows why\n",
        fact_number(experiment, "disturbed"), fact_number(experiment, "samples"), sum_over_cases(experiment, "spoiled"),
        sum_over_cases(experiment, "unexplained"));
}

static void print_share(FILE *to, const char *words, double share) {
    char text[FACT_TEXT];
    fprintf(to, "%s %s %%", words, format_fact(text, "%.1f", 100.0 * share));
}

static void print_witness(FILE *to, const json_t *witness) {
    print_share(to, "around the samples: no CPU for", fact_number(witness, "away"));
    print_share(to, " of the time; other programs took", fact_number(witness, "others"));
    print_share(to, " of a timed PU,", fact_number(witness, "others_near"));
    fputs(" of one beside it\n", to);
}

/* Sources that showed nothing at all: nobody knows whether nothing happened or they are silent. */
static void print_silent(FILE *to, const json_t *sources) {
    const char *name;
    json_t *what;
    bool any = false;
    json_object_foreach((json_t *)sources, name, what) {
        if (strcmp(fact_text_of(what), "moved") == 0) continue;
        fputs(any ? ", " : "never moved, so unknown: ", to);
        print_plain(to, name);
        any = true;
    }
    if (any) fputc('\n', to);
}

void print_quality(FILE *to, const json_t *experiment) {
    const json_t *witness = json_object_get(experiment, "witness"), *usable = json_object_get(experiment, "usable");
    size_t i;
    json_t *control;
    print_plan(to, experiment);
    json_array_foreach(json_object_get(experiment, "controls"), i, control) {
        print_control(to, control);
    }
    print_samples(to, experiment);
    print_witness(to, witness);
    print_silent(to, json_object_get(witness, "sources"));
    if (strcmp(fact_text(usable, "state"), "not usable") == 0) {
        fputs("verdicts are withheld: ", to);
        print_plain(to, fact_text(usable, "reason"));
        fputc('\n', to);
    }
}
