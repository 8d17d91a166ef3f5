/* SPDX-License-Identifier: MIT */
/* The verdict of a run: what comes first on the page. */
#include "report/facts.h"
#include "report/html.h"
#include "report/page_run.h"

#include <math.h>
#include <string.h>

void page_badges(FILE *to, const json_t *facts) {
    const json_t *verdict = json_object_get(facts, "verdict"), *times = json_object_get(verdict, "times");
    const char *state = fact_text(times, "state");
    if (!json_is_object(verdict)) return;
    const bool correct = fact_true(verdict, "correct");
    fprintf(to, "<span class=\"badge%s\">%s</span> ", correct ? "" : " bad", correct ? "correct" : "NOT correct");
    if (!json_is_object(times)) return;
    fprintf(to, "<span class=\"badge%s\">times ", strcmp(state, "not usable") == 0 ? " bad" : " unsure");
    html_text(to, state);
    if (strcmp(state, "usable above") == 0) html_format(to, " %.1f %%", 100.0 * fact_number(times, "above"));
    fputs("</span>\n", to);
}

/* "74.54 times as fast as f32/scalar [68.94, 79.1]", of the pair of this family with the best case; and what the base
 * is. */
static void put_pair(FILE *to, const json_t *experiment, const char *family, const char *what) {
    const json_t *pair = find_pair(experiment, family, fact_text(experiment, "best"));
    if (!pair || strcmp(fact_text(pair, "verdict"), "withheld") == 0) return;
    html_format(to, ", %.3g times as fast as %s [%.3g, %.3g]", fact_number(pair, "speed"), what,
                fact_number(pair, "speed_low"), fact_number(pair, "speed_high"));
}

static void put_lead(FILE *to, const json_t *facts) {
    const json_t *epochs = find_experiment(facts, "epochs"), *folds = find_experiment(facts, "folds");
    const json_t *best = find_case(epochs, fact_text(epochs, "best"));
    const json_t *many = NULL;
    size_t i;
    json_t *one;
    if (!best) return;
    json_array_foreach(json_object_get(folds, "cases"), i, one) {
        const bool same =
            strcmp(fact_text(one, "job"), fact_text(best, "job")) == 0 && strcmp(fact_text(one, "kind"), "folds") == 0;
        if (same && strcmp(fact_text(one, "placement"), "all-cores") == 0 && !fact_known(one, "control_of")) many = one;
    }
    fputs("<p class=\"lead\"><strong>", to);
    html_text(to, fact_text(best, "job"));
    fputs("</strong>", to);
    html_format(to, " trains fastest here: %.1f ns a row on one core",
                fact_number(json_object_get(best, "rates"), "ns_per_row"));
    put_pair(to, epochs, "scalar", "plain C (f32/scalar)");
    put_pair(to, epochs, "f64", "scikit-learn's arithmetic (f64/scalar)");
    if (many)
        html_format(to, ". All cores: %.0f folds per second",
                    fact_number(json_object_get(many, "rates"), "folds_per_second"));
    fputs(".</p>\n", to);
}

/* From which difference up the experiments give verdicts. */
static void put_above(FILE *to, const json_t *facts) {
    static const char *const names[] = {"epochs", "folds"};
    bool any = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const double above = fact_number(json_object_get(find_experiment(facts, names[i]), "usable"), "above");
        if (!isfinite(above)) continue;
        fputs(any ? ", " : "<p>In nine runs of ten a difference gets a verdict from here up: ", to);
        html_format(to, "%s %.1f %%", names[i], 100.0 * above);
        any = true;
    }
    if (any) fputs(". Brackets are intervals, which hold together at 99 %.</p>\n", to);
}

/* The checks that failed, with the command that repeats each. */
static void put_failures(FILE *to, const json_t *verdict) {
    size_t i;
    json_t *one;
    if (json_array_size(json_object_get(verdict, "failures")) == 0) return;
    fputs("<ul>\n", to);
    json_array_foreach(json_object_get(verdict, "failures"), i, one) {
        fputs("<li><strong>", to);
        html_text(to, fact_text(one, "case"));
        fputs("</strong>: ", to);
        html_text(to, fact_text(one, "what"));
        fputs("; repeat it: <code>", to);
        html_text(to, fact_text(one, "command"));
        fputs("</code></li>\n", to);
    }
    fputs("</ul>\n", to);
}

static void put_findings(FILE *to, const json_t *findings) {
    size_t i;
    json_t *one;
    if (json_array_size(findings) == 0) return;
    fputs("<p>What of the machine disturbs:</p><ul>\n", to);
    json_array_foreach(findings, i, one) {
        fputs("<li>", to);
        html_text(to, fact_text(one, "what"));
        fputs(": ", to);
        html_text(to, fact_text(one, "effect"));
        fputs(fact_known(one, "mend") ? "; mended by <code>" : "; helps: ", to);
        html_text(to, fact_text(one, fact_known(one, "mend") ? "mend" : "mend_reason"));
        fputs(fact_known(one, "mend") ? "</code></li>\n" : "</li>\n", to);
    }
    fputs("</ul>\n", to);
}

void page_verdict(FILE *to, const struct page_run *run) {
    const json_t *facts = run->file->facts, *verdict = json_object_get(facts, "verdict");
    const json_t *times = json_object_get(verdict, "times");
    put_lead(to, facts);
    if (!json_is_object(verdict)) return; /* of `bench` */
    fputs("<div class=\"verdict\"><p>", to);
    page_badges(to, facts);
    fputs("</p>\n<p>", to);
    if (fact_true(verdict, "correct"))
        html_format(to, "All %.0f checks held: every backend on the whole job, and every timed sample against it.",
                    fact_number(verdict, "checks"));
    else
        html_format(to, "%zu of %.0f checks failed.", json_array_size(json_object_get(verdict, "failures")),
                    fact_number(verdict, "checks"));
    if (fact_true(json_object_get(facts, "job"), "synthetic"))
        fputs(" The rows are <strong>synthetic</strong>, not MNIST.", to);
    fputs("</p>\n", to);
    if (fact_known(times, "reason")) {
        fputs("<p>", to);
        html_format(to, "%s. %s", fact_text(times, "reason"),
                    fact_known(times, "advice") ? fact_text(times, "advice") : "");
        fputs("</p>\n", to);
    }
    if (!fact_known(times, "reason")) put_above(to, facts);
    put_failures(to, verdict);
    put_findings(to, json_object_get(facts, "findings"));
    fputs("</div>\n", to);
}
