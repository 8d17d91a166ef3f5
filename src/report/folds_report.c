/* SPDX-License-Identifier: MIT */
/* Prints the placements of a run: cross-validation on one core and on many. */
#include "measure/analysis.h"
#include "report/facts.h"
#include "report/quality_report.h"
#include "report/run_report.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

#define COLUMNS(list) (sizeof(list) / sizeof *(list))

static bool is_folds(const json_t *one) {
    return strcmp(fact_text(one, "kind"), "folds") == 0 && !fact_known(one, "control_of");
}

static struct time_unit unit_of(const json_t *cases) {
    double shortest = (double)INFINITY;
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (is_folds(one)) shortest = fmin(shortest, fact_number(json_object_get(one, "rates"), "seconds_per_fold"));
    }
    return time_unit_for(shortest);
}

/* Fills three cells of the last row, from column `first` on: speed-up over one core, efficiency, contention. `pair` is
 * the comparison with one core; NULL in the row of that one core. */
static void put_contention(struct table *table, size_t first, const json_t *pair) {
    char a[FACT_TEXT], b[FACT_TEXT], c[FACT_TEXT];
    if (!pair) {
        table_cell(table, first, "1");
        table_cell(table, first + 1, "1");
        table_cell(table, first + 2, "one core");
    } else if (strcmp(fact_text(pair, "verdict"), "withheld") == 0) {
        table_cell(table, first, "withheld");
        table_cell(table, first + 1, "withheld");
        table_cell(table, first + 2, "withheld");
    } else {
        const bool alarm = fact_number(pair, "efficiency") > EFFICIENCY_ALARM;
        table_cell(table, first, "%s", alarm ? "ALARM" : format_fact(a, "%.3f", fact_number(pair, "speed")));
        table_cell(table, first + 1, "%s", alarm ? "ALARM" : format_fact(a, "%.2f", fact_number(pair, "efficiency")));
        table_cell(table, first + 2, "%s %% [%s, %s]", format_fact(a, "%+.1f", 100.0 * fact_number(pair, "contention")),
                   format_fact(b, "%+.1f", 100.0 * fact_number(pair, "contention_low")),
                   format_fact(c, "%+.1f", 100.0 * fact_number(pair, "contention_high")));
    }
}

/* `energy`: the column before the last one is that of energy. */
static void put_row(struct table *table, const json_t *experiment, const json_t *one, struct time_unit unit,
                    bool energy) {
    const json_t *rates = json_object_get(one, "rates");
    char text[FACT_TEXT];
    table_row(table);
    table_cell(table, 0, "%s", fact_text(one, "placement"));
    table_cell(table, 1, "%s", fact_text(one, "job"));
    table_cell(table, 2, "%.0f", fact_number(one, "workers"));
    table_cell(table, 3, "%s", format_fact(text, "%.2f", fact_number(rates, "seconds_per_fold") * unit.per_second));
    table_cell(table, 4, "%s", format_fact(text, "%.1f", fact_number(rates, "folds_per_second")));
    table_cell(table, 5, "%s", format_fact(text, "%.1f", fact_number(rates, "gb_per_second")));
    const double percent = fact_number(json_object_get(one, "roof"), "percent");
    if (percent > ROOF_ALARM)
        table_cell(table, 6, "ALARM");
    else
        table_cell(table, 6, "%s %%", format_fact(text, "%.0f", percent));
    put_contention(table, 7, find_pair(experiment, "contention", fact_text(one, "name")));
    if (energy) table_cell(table, 10, "%s", format_fact(text, "%.3g", energy_of(one, "fold")));
    if (fact_true(one, "migrated")) table_cell(table, energy ? 11 : 10, "MIGRATED");
}

static void print_placements(FILE *to, const json_t *placements) {
    size_t i;
    json_t *one;
    json_array_foreach(placements, i, one) {
        if (!fact_true(one, "available")) {
            fprintf(to, "%-15s not here: ", fact_text(one, "name"));
            print_plain(to, fact_text(one, "reason"));
            fputc('\n', to);
        } else if (fact_known(one, "same_as")) {
            fprintf(to, "%-15s the same workers as %s\n", fact_text(one, "name"), fact_text(one, "same_as"));
        }
    }
}

/* Why the times of a placement's case cannot be used. */
static void print_unusable(FILE *to, const json_t *cases) {
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (!is_folds(one) || !fact_known(one, "unusable")) continue;
        fprintf(to, "not usable: %s on %s: ", fact_text(one, "job"), fact_text(one, "placement"));
        print_plain(to, fact_text(one, "unusable"));
        fputc('\n', to);
    }
}

static void print_end(FILE *to, const json_t *experiment) {
    fputs("Folds are repeated until all workers have equally many. Every fold gave the model that one core trained.\n"
          "Contention: how much longer a fold takes than on one core alone; the intervals hold together at 99 %.\n",
          to);
    print_unusable(to, json_object_get(experiment, "cases"));
    print_quality(to, experiment);
}

int report_folds(FILE *to, const json_t *facts, struct error *err) {
    const json_t *experiment = find_experiment(facts, "folds");
    if (!experiment) return 0;
    const json_t *cases = json_object_get(experiment, "cases");
    const struct time_unit unit = unit_of(cases);
    char per_fold[16];
    snprintf(per_fold, sizeof per_fold, "%s/fold", unit.name);
    const bool energy = any_energy(cases, "fold");
    const struct table_column last = {"", false};
    const struct table_column columns[] = {{"placement", false},
                                           {"engine/backend", false},
                                           {"workers", true},
                                           {per_fold, true},
                                           {"folds/s", true},
                                           {"GB/s", true},
                                           {"of roof", true},
                                           {"x core", true},
                                           {"eff.", true},
                                           {"contention", false},
                                           energy ? (struct table_column){"J/fold", true} : last,
                                           last};
    fprintf(to, "\nPLACEMENTS of %.0f-fold cross-validation, %.0f interleaved rounds in %.0f processes\n",
            fact_number(json_object_get(json_object_get(facts, "workload"), "hyper"), "folds"),
            fact_number(experiment, "rounds"), count_processes(experiment));
    struct table *table = table_new(columns, COLUMNS(columns) - !energy);
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (is_folds(one)) put_row(table, experiment, one, unit, energy);
    }
    if (table_finish(table, to, "", err) != 0) return -1;
    if (energy) fputs("J/fold: of the whole processor packages, with idle cores and other programs.\n", to);
    print_placements(to, json_object_get(facts, "placements"));
    print_end(to, experiment);
    return 0;
}
