/* SPDX-License-Identifier: MIT */
#include "report/soak_report.h"

#include "report/facts.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { FAULTS_SHOWN = 200 };

static size_t count_where(const json_t *list, const char *key, const char *text, bool equal) {
    size_t i, count = 0;
    json_t *one;
    json_array_foreach(list, i, one) count += (strcmp(fact_text(one, key), text) == 0) == equal;
    return count;
}

static void print_head(FILE *to, const json_t *soak) {
    const json_t *units = json_object_get(soak, "units");
    fprintf(to, "\nSOAK %.0f s, %.0f whole round%s%s: %zu kernels and %zu kinds of fit on %zu cores\n",
            fact_number(soak, "seconds"), fact_number(soak, "rounds"), fact_number(soak, "rounds") == 1 ? "" : "s",
            fact_true(soak, "stopped") ? ", interrupted" : "", count_where(units, "kernel", "fit", false),
            count_where(units, "kernel", "fit", true), json_array_size(json_object_get(soak, "cores")));
    fprintf(to, "     %.4g multiplications, %.0f fits", fact_number(soak, "multiplications"),
            fact_number(soak, "fits"));
    const char *engine;
    json_t *fingerprint;
    json_object_foreach(json_object_get(soak, "fingerprints"), engine, fingerprint) {
        if (!json_is_string(fingerprint)) continue;
        fputs(", ", to);
        print_plain(to, engine);
        fputc(' ', to);
        print_plain(to, fact_text_of(fingerprint));
    }
    fputc('\n', to);
}

/* "3 of 4096": wrong results and calls of a state, or of all but that. */
static void state_cell(struct table *table, size_t column, const json_t *core, bool alone) {
    const char *state;
    json_t *count;
    double calls = 0, wrong = 0;
    json_object_foreach(json_object_get(core, "states"), state, count) {
        if ((strcmp(state, "alone") == 0) != alone) continue;
        calls += fact_number(count, "calls");
        wrong += fact_number(count, "wrong");
    }
    table_cell(table, column, "%.0f of %.3g", wrong, calls);
}

static void core_row(struct table *table, const json_t *core) {
    char text[FACT_TEXT];
    const char *verdict = fact_text(core, "verdict");
    table_row(table);
    table_cell(table, 0, "%.0f", fact_number(core, "pu"));
    table_cell(table, 1, "%.0f", fact_number(core, "core"));
    table_cell(table, 2, "%.0f", fact_number(core, "package"));
    table_cell(table, 3, "%.4g", fact_number(core, "multiplications"));
    state_cell(table, 4, core, true);
    state_cell(table, 5, core, false);
    table_cell(table, 6, "%s", format_fact(text, "%.2f", fact_number(core, "ghz_least")));
    table_cell(table, 7, "%s", format_fact(text, "%.2f", fact_number(core, "ghz_most")));
    table_cell(table, 8, "%s", format_fact(text, "%.0f", fact_number(core, "celsius_most")));
    table_cell(table, 9, "%s", format_fact(text, "%.0f", fact_number(core, "throttles")));
    table_cell(table, 10, "%s%s", strcmp(verdict, "right") == 0 ? "all right" : "WRONG: ",
               strcmp(verdict, "right") == 0    ? ""
               : fact_true(core, "only_loaded") ? "core, only while other cores work"
                                                : verdict);
}

static int print_cores(FILE *to, const json_t *soak, struct error *err) {
    static const struct table_column columns[] = {
        {"PU", true},          {"core", true},         {"package", true},   {"multiplications", true},
        {"wrong alone", true}, {"wrong loaded", true}, {"GHz least", true}, {"most", true},
        {"C", true},           {"throttled", true},    {"outcome", false}};
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    size_t i;
    json_t *core;
    json_array_foreach(json_object_get(soak, "cores"), i, core) core_row(table, core);
    return table_finish(table, to, "", err);
}

static void print_value(FILE *to, const json_t *value) {
    char text[FACT_TEXT];
    fputs("0x", to);
    print_plain(to, fact_text(value, "bits"));
    if (fact_known(value, "value")) fprintf(to, " (%s)", format_fact(text, "%.9g", fact_number(value, "value")));
}

static void print_repeated(FILE *to, const json_t *count) {
    fprintf(to, "%.0f of %.0f calls", fact_number(count, "wrong"), fact_number(count, "calls"));
}

static void print_where(FILE *to, const json_t *fault) {
    fprintf(to, "WRONG PU %.0f (core %.0f, package %.0f): ", fact_number(fault, "pu"), fact_number(fault, "core"),
            fact_number(fault, "package"));
    print_plain(to, fact_text(fault, "kernel"));
    fputs(" of ", to);
    print_plain(to, fact_text(fault, "backend"));
    fputs(", engine ", to);
    print_plain(to, fact_text(fault, "engine"));
    if (fact_known(fault, "epoch")) fprintf(to, ", epoch %.0f", fact_number(fault, "epoch"));
    if (fact_known(fault, "row"))
        fprintf(to, ", row %.0f", fact_number(fault, "row"));
    else
        fputs(", fingerprint", to);
    if (fact_known(fault, "element") && !fact_known(fault, "epoch"))
        fprintf(to, ", result %.0f", fact_number(fault, "element"));
}

static void print_fault(FILE *to, const json_t *fault) {
    char text[FACT_TEXT];
    print_where(to, fault);
    fputs(": ", to);
    print_value(to, json_object_get(fault, "got"));
    fputs(", not ", to);
    print_value(to, json_object_get(fault, "right"));
    fputs(", bits ", to);
    print_plain(to, fact_text(fault, "differing_bits"));
    fprintf(to, "; after %.3f s, state ", fact_number(fault, "seconds"));
    print_plain(to, fact_text(fault, "state"));
    fprintf(to, ", %s GHz", format_fact(text, "%.2f", fact_number(fault, "ghz")));
    fprintf(to, ", %s C; ", format_fact(text, "%.0f", fact_number(fault, "celsius")));
    print_plain(to, fact_text(fault, "cause"));
    const json_t *again = json_object_get(fault, "again");
    if (fact_number(again, "calls") > 0) {
        fputs(": wrong again in ", to);
        print_repeated(to, again);
    }
    if (fact_known(fault, "elsewhere_pu")) {
        fprintf(to, ", on PU %.0f in ", fact_number(fault, "elsewhere_pu"));
        print_repeated(to, json_object_get(fault, "elsewhere"));
    }
    fputc('\n', to);
}

static void print_faults(FILE *to, const json_t *soak) {
    const json_t *faults = json_object_get(soak, "faults");
    size_t i;
    json_t *fault;
    json_array_foreach(faults, i, fault) {
        if (i == FAULTS_SHOWN) {
            fprintf(to, "... and %zu more in the result file\n", json_array_size(faults) - i);
            return;
        }
        print_fault(to, fault);
    }
}

static void print_verdict(FILE *to, const json_t *soak) {
    if (fact_known(soak, "reference")) {
        fputs("WRONG this machine's own reference: ", to);
        print_plain(to, fact_text(soak, "reference"));
        fputc('\n', to);
    }
    if (!fact_true(soak, "passed")) {
        const json_t *cores = json_object_get(soak, "cores");
        fprintf(to, "SOUND    no: %.0f blocks of calls and fits were wrong, on PU", fact_number(soak, "wrong"));
        size_t i;
        json_t *core;
        json_array_foreach(cores, i, core) if (fact_number(core, "wrong") > 0)
            fprintf(to, " %.0f", fact_number(core, "pu"));
        fputs(fact_number(soak, "wrong") > 0 ? "\n" : " -, but the reference was\n", to);
        return;
    }
    fputs("SOUND    yes: every result on every core was the known one", to);
    if (fact_known(soak, "bound"))
        fprintf(to, "; at 95 %% at most one multiplication in %.2g is wrong here", 1.0 / fact_number(soak, "bound"));
    fputc('\n', to);
}

int report_soak(FILE *to, const json_t *soak, struct error *err) {
    print_head(to, soak);
    if (print_cores(to, soak, err) != 0) return -1;
    print_faults(to, soak);
    print_verdict(to, soak);
    return 0;
}
