/* SPDX-License-Identifier: MIT */
#include "report/run_report.h"

#include "base/json.h"
#include "measure/usable.h"
#include "report/doctor_report.h"
#include "report/facts.h"
#include "report/job_report.h"
#include "report/table.h"
#include "report/wrapped.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void print_machine(FILE *to, const json_t *facts) {
    const json_t *machine = json_object_get(facts, "machine");
    fputs("machine      ", to);
    print_plain(to, fact_text(machine, "cpu_model"));
    fputs(": ", to);
    print_count(to, fact_number(machine, "packages"), "package", ", ");
    print_count(to, fact_number(machine, "cores"), "core", ", ");
    print_count(to, fact_number(machine, "pus"), "PU", "\n");
    if (fact_known(machine, "not_allowed")) {
        fputs("allowed      PUs ", to);
        print_plain(to, fact_text(machine, "allowed"));
        fputs(", not ", to);
        print_plain(to, fact_text(machine, "not_allowed"));
        fputs(" (cgroup cpuset, taskset): only those are timed\n", to);
    }
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(machine, "refused"), i, one) {
        fputs("refused      ", to);
        print_plain(to, json_string_value(one) ? json_string_value(one) : "");
        fputc('\n', to);
    }
    if (fact_known(machine, "hwloc_environment")) {
        fputs("environment  ", to);
        print_plain(to, fact_text(machine, "hwloc_environment"));
        fputc('\n', to);
    }
    if (!fact_known(machine, "cpu_quota")) return;
    fprintf(to, "CPU quota    %.3g CPUs' worth of time (cgroup ", fact_number(machine, "cpu_quota"));
    print_plain(to, fact_text(machine, "cgroup"));
    fputs("): the kernel stops workers that exceed it\n", to);
}

/* What a parity level means: "same bits". */
static const char *parity_plain(const char *level) {
    if (strncmp(level, "L2", 2) == 0) return "same bits";
    if (strncmp(level, "L1", 2) == 0) return "same decisions";
    return strncmp(level, "L0", 2) == 0 ? "same metrics" : level;
}

static void print_job_facts(FILE *to, const json_t *facts) {
    const json_t *work = json_object_get(facts, "workload");
    const struct rows_text rows = {.data = fact_text(work, "data"),
                                   .synthetic = fact_true(json_object_get(facts, "job"), "synthetic"),
                                   .n = fact_number(work, "n"),
                                   .d = fact_number(work, "d"),
                                   .split = fact_text(work, "split"),
                                   .order = fact_text(work, "order"),
                                   .order_seed = fact_number(work, "order_seed")};
    print_rows(to, &rows);
    print_classifier(to, json_object_get(work, "hyper"));
}

void report_head(FILE *to, const json_t *facts) {
    print_machine(to, facts);
    print_job_facts(to, facts);
}

int report_parity(FILE *to, const json_t *facts, struct error *err) {
    static const struct table_column columns[] = {{"engine/backend", false},
                                                  {"fingerprint", false},
                                                  {"update hash", false},
                                                  {"fold accuracies", false},
                                                  {"verdict", false}};
    const json_t *receipts = json_object_get(facts, "receipts");
    const json_t *workload = json_object_get(facts, "workload");
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    size_t i;
    json_t *one;
    fprintf(to, "\nPARITY (fit and %.0f folds; a row that fails is not timed)\n",
            fact_number(json_object_get(workload, "hyper"), "folds"));
    json_array_foreach(json_object_get(receipts, "parity"), i, one) {
        char *folds = NULL;
        size_t size;
        FILE *text = open_memstream(&folds, &size);
        if (!text) break;
        print_numbers(text, json_object_get(one, "fold_accuracy"));
        fclose(text);
        table_row(table);
        table_cell(table, 0, "%s/%s", fact_text(one, "engine"), fact_text(one, "backend"));
        table_cell(table, 1, "%s", fact_text(one, "fingerprint"));
        table_cell(table, 2, "%s", fact_text(one, "update_hash"));
        table_cell(table, 3, "%s", folds);
        if (i == 0)
            table_cell(table, 4, "reference");
        else if (fact_true(one, "passed") && strcmp(fact_text(one, "reached"), "none") == 0)
            table_cell(table, 4, "pass: other metrics than %s, none are promised", fact_text(one, "reference"));
        else if (fact_true(one, "passed"))
            table_cell(table, 4, "pass: %s as %s", parity_plain(fact_text(one, "reached")),
                       fact_text(one, "reference"));
        else if (strncmp(fact_text(one, "detail"), "fit and ", strlen("fit and ")) == 0) /* schema 2 */
            table_cell(table, 4, "FAIL: needs %s as %s, has %s", parity_plain(fact_text(one, "needed")),
                       fact_text(one, "reference"), parity_plain(fact_text(one, "reached")));
        else
            table_cell(table, 4, "FAIL: %s", fact_text(one, "detail"));
        free(folds);
    }
    json_array_foreach(json_object_get(receipts, "no_engine"), i, one) {
        table_row(table);
        table_cell(table, 0, "%s", fact_text(one, "engine"));
        table_cell(table, 4, "not here: %s", fact_text(one, "reason"));
    }
    return table_finish(table, to, "", err);
}

/* How the processes of the run ended, where one failed. */
static void print_failed_processes(FILE *to, const json_t *facts) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(facts, "processes"), i, one) {
        if (strcmp(fact_text(one, "status"), "failed") != 0) continue;
        fprintf(to, "FAILED process %.0f: ", fact_number(one, "index") + 1);
        print_plain(to, fact_text(one, "reason"));
        fputc('\n', to);
    }
}

/* One failed check: which case, where, what differs, and the command that repeats it. */
static void print_failure(FILE *to, const json_t *failure) {
    fputs("  ", to);
    print_plain(to, fact_text(failure, "case"));
    if (fact_known(failure, "process")) fprintf(to, ", process %.0f", fact_number(failure, "process") + 1);
    if (fact_known(failure, "round")) fprintf(to, ", round %.0f", fact_number(failure, "round") + 1);
    fputs(": ", to);
    print_plain(to, fact_text(failure, "what"));
    fputs("\n    repeat it: ", to);
    print_plain(to, fact_text(failure, "command"));
    fputc('\n', to);
}

enum { MOST_FAILURES = 8 }; /* that are printed */

static void print_correct(FILE *to, const json_t *verdict) {
    const json_t *failures = json_object_get(verdict, "failures");
    const bool correct = fact_true(verdict, "correct");
    size_t i;
    json_t *one;
    fprintf(to, "\nCORRECT %s: ", correct ? "yes" : "no");
    if (correct)
        fprintf(to, "all %.0f checks held: every backend on the whole job, every timed sample against it\n",
                fact_number(verdict, "checks"));
    else
        fprintf(to, "%zu of %.0f checks failed%s\n", json_array_size(failures), fact_number(verdict, "checks"),
                json_array_size(failures) > 0 ? ":" : "; see above");
    json_array_foreach(failures, i, one) {
        if (i < MOST_FAILURES) print_failure(to, one);
    }
    if (json_array_size(failures) > MOST_FAILURES)
        fprintf(to, "  ... and %zu more, in the result file\n", json_array_size(failures) - MOST_FAILURES);
}

/* From which difference up an experiment gives verdicts: "epochs from 3.2 %". */
static void add_above(char *text, size_t size, const json_t *facts, const char *name) {
    const size_t used = strlen(text);
    const double above = fact_number(json_object_get(find_experiment(facts, name), "usable"), "above");
    if (!isfinite(above)) return;
    snprintf(text + used, size - used, "%s%s from %.1f %%", used ? ", " : "", name, 100.0 * above);
}

/* "reason; advice" of times, with control characters replaced: a file cannot control the terminal. */
static void times_text(char *text, size_t size, const json_t *facts, const json_t *times) {
    text[0] = 0;
    if (fact_known(times, "reason")) {
        snprintf(text, size, "%s%s%s", fact_text(times, "reason"), fact_known(times, "advice") ? "; " : "",
                 fact_known(times, "advice") ? fact_text(times, "advice") : "");
    } else {
        add_above(text, size, facts, "epochs");
        add_above(text, size, facts, "folds");
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s",
                 used ? " up a difference gets a verdict, in nine runs of ten" : "nothing was compared");
    }
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || (unsigned char)*at > '~') *at = '?';
}

static void print_times(FILE *to, const json_t *facts, const json_t *times) {
    enum { COLUMNS_OF_TEXT = 100, INDENT = 2 };
    char above[FACT_TEXT], text[3 * UNUSABLE_TEXT];
    const char *state = fact_text(times, "state");
    format_fact(above, "%.1f", 100.0 * fact_number(times, "above"));
    times_text(text, sizeof text, facts, times);
    int at = fprintf(to, "TIMES %s", state);
    if (strcmp(state, "usable above") == 0) at += fprintf(to, " %s %%", above);
    at += fprintf(to, ": ");
    print_wrapped(to, text, at, INDENT, COLUMNS_OF_TEXT);
}

void report_verdict(FILE *to, const json_t *facts) {
    const json_t *verdict = json_object_get(facts, "verdict");
    print_failed_processes(to, facts);
    print_correct(to, verdict);
    if (fact_known(verdict, "times")) print_times(to, facts, json_object_get(verdict, "times"));
    print_worst_findings(to, json_object_get(facts, "findings"));
}

int report_run(FILE *to, const json_t *facts, bool walk, struct error *err) {
    report_head(to, facts);
    report_notebook(to, facts, walk);
    if (report_parity(to, facts, err) != 0 || report_epochs(to, facts, err) != 0 || report_folds(to, facts, err) != 0 ||
        report_digits(to, facts, err) != 0)
        return -1;
    report_verdict(to, facts);
    return 0;
}
