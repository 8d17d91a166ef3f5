/* SPDX-License-Identifier: MIT */
#include "report/run_report.h"

#include "base/json.h"
#include "report/facts.h"
#include "report/job_report.h"
#include "report/table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void print_machine(FILE *to, const json_t *facts) {
    const json_t *machine = json_object_get(facts, "machine");
    fputs("machine      ", to);
    print_plain(to, fact_text(machine, "cpu_model"));
    fprintf(to, ": %.0f packages, %.0f cores, %.0f PUs\n", fact_number(machine, "packages"),
            fact_number(machine, "cores"), fact_number(machine, "pus"));
    if (fact_known(machine, "not_allowed")) {
        fputs("allowed      PUs ", to);
        print_plain(to, fact_text(machine, "allowed"));
        fputs(", not ", to);
        print_plain(to, fact_text(machine, "not_allowed"));
        fputs(" (cgroup cpuset, taskset): only those are timed\n", to);
    }
    if (!fact_known(machine, "cpu_quota")) return;
    fprintf(to, "CPU quota    %.3g CPUs' worth of time (cgroup ", fact_number(machine, "cpu_quota"));
    print_plain(to, fact_text(machine, "cgroup"));
    fputs("): the kernel stops workers that exceed it\n", to);
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
        else if (fact_true(one, "passed"))
            table_cell(table, 4, "pass: %s = %s", fact_text(one, "reached"), fact_text(one, "reference"));
        else
            table_cell(table, 4, "FAIL: needs %s of %s, has %s", fact_text(one, "needed"), fact_text(one, "reference"),
                       fact_text(one, "reached"));
        free(folds);
    }
    json_array_foreach(json_object_get(receipts, "no_engine"), i, one) {
        table_row(table);
        table_cell(table, 0, "%s", fact_text(one, "engine"));
        table_cell(table, 4, "not here: %s", fact_text(one, "reason"));
    }
    return table_finish(table, to, "", err);
}

/* The medians of each launch, and their spread. */
int report_launches(FILE *to, const json_t *facts, struct error *err) {
    static const struct table_column columns[] = {
        {"engine/backend", false}, {"spread", true}, {"median ms of each", false}};
    const json_t *launches = json_object_get(facts, "launches");
    if (!json_is_array(launches)) return 0;
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    size_t i;
    json_t *one;
    fprintf(to, "\nLAUNCHES: the epochs in %zu more processes\n",
            json_array_size(json_object_get(json_array_get(launches, 0), "median_seconds")));
    json_array_foreach(launches, i, one) {
        const char *name = fact_text(one, "name");
        char each[256] = "";
        size_t k;
        json_t *seconds;
        json_array_foreach(json_object_get(one, "median_seconds"), k, seconds) {
            size_t used = strlen(each);
            snprintf(each + used, sizeof each - used, "%s%.2f", k ? " " : "", json_number_value(seconds) * 1e3);
        }
        table_row(table);
        table_cell(table, 0, "%s", strchr(name, '/') ? strchr(name, '/') + 1 : name);
        table_cell(table, 1, "%.1f %%", 100.0 * fact_number(one, "spread"));
        table_cell(table, 2, "%s", each);
    }
    if (table_finish(table, to, "", err) != 0) return -1;
    fputs("Spread: (largest - smallest) / median of the medians. A smaller difference between two runs may come from\n"
          "memory layout alone.\n",
          to);
    return 0;
}

/* The smallest change that an experiment can show, in percent. */
static void print_resolution(FILE *to, const json_t *facts, const char *name, const char *words) {
    const json_t *aa = json_object_get(find_experiment(facts, name), "aa");
    char text[FACT_TEXT];
    fprintf(to, "%s %s %%", words, format_fact(text, "%.1f", 100.0 * fact_number(aa, "resolution")));
    if (strcmp(fact_text(aa, "state"), "quiet") != 0) fprintf(to, " (%s)", fact_text(aa, "state"));
}

void report_verdict(FILE *to, const json_t *facts) {
    const json_t *verdict = json_object_get(facts, "verdict");
    fprintf(to, "\nRESOLUTION of this %s run, the smallest difference it can show:",
            fact_text(json_object_get(facts, "job"), "preset"));
    print_resolution(to, facts, "epochs", " epochs");
    print_resolution(to, facts, "folds", ", folds");
    fprintf(to, "\nVERDICT %s\n", fact_text(verdict, "text"));
}

int report_run(FILE *to, const json_t *facts, struct error *err) {
    report_head(to, facts);
    report_notebook(to, facts);
    if (report_parity(to, facts, err) != 0 || report_epochs(to, facts, err) != 0 || report_folds(to, facts, err) != 0 ||
        report_launches(to, facts, err) != 0)
        return -1;
    report_verdict(to, facts);
    return 0;
}
