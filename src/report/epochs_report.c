/* SPDX-License-Identifier: MIT */
/* Prints the epochs of a run with their roofs and pairs. */
#include "measure/analysis.h"
#include "report/facts.h"
#include "report/quality_report.h"
#include "report/run_report.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

#define COLUMNS(list) (sizeof(list) / sizeof *(list))

static const json_t *summary_of(const json_t *one) {
    return json_object_get(one, "summary");
}

static const json_t *rates_of(const json_t *one) {
    return json_object_get(one, "rates");
}

static bool is_kind(const json_t *one, const char *kind) {
    return strcmp(fact_text(one, "kind"), kind) == 0;
}

/* True for an epoch that is not an A/A twin. */
static bool is_epoch(const json_t *one) {
    return is_kind(one, "epoch") && !fact_known(one, "control_of");
}

static struct time_unit unit_of(const json_t *cases) {
    double shortest = (double)INFINITY;
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (is_epoch(one)) shortest = fmin(shortest, fact_number(summary_of(one), "median"));
    }
    return time_unit_for(shortest);
}

static void put_time(struct table *table, size_t column, const json_t *summary, const char *key, double per_second) {
    char text[FACT_TEXT];
    table_cell(table, column, "%s", format_fact(text, "%.2f", fact_number(summary, key) * per_second));
}

/* `energy`: the column before the last one is that of energy. */
static void put_epoch(struct table *table, const json_t *one, struct time_unit unit, bool energy) {
    const json_t *roof = json_object_get(one, "roof");
    char text[FACT_TEXT];
    table_row(table);
    table_cell(table, 0, "%s", fact_text(one, "job"));
    put_time(table, 1, summary_of(one), "median", unit.per_second);
    put_time(table, 2, json_object_get(one, "quiet"), "median", unit.per_second);
    put_time(table, 3, summary_of(one), "min", unit.per_second);
    put_time(table, 4, summary_of(one), "mad", unit.per_second);
    table_cell(table, 5, "%s", format_fact(text, "%.1f", fact_number(rates_of(one), "ns_per_row")));
    table_cell(table, 6, "%s", format_fact(text, "%.3f", fact_number(rates_of(one), "cycles_per_pixel")));
    table_cell(table, 7, "%s", format_fact(text, "%.1f", fact_number(rates_of(one), "gb_per_second")));
    if (fact_number(roof, "percent") > ROOF_ALARM)
        table_cell(table, 8, "ALARM"); /* no time beats its roof by that much */
    else if (json_is_object(roof))
        table_cell(table, 8, "%s %% %s", format_fact(text, "%.0f", fact_number(roof, "percent")),
                   fact_text(roof, "binds"));
    else
        table_cell(table, 8, "-"); /* engine f64 has no compute roof */
    if (energy) table_cell(table, 9, "%s", format_fact(text, "%.3g", energy_of(one, "epoch")));
    if (fact_known(one, "unusable")) table_cell(table, energy ? 10 : 9, "NOT USABLE");
}

static int print_table(FILE *to, const json_t *experiment, struct error *err) {
    const json_t *cases = json_object_get(experiment, "cases");
    const struct time_unit unit = unit_of(cases);
    const bool energy = any_energy(cases, "epoch");
    const struct table_column last = {"", false};
    const struct table_column columns[] = {{"engine/backend", false},
                                           {unit.name, true},
                                           {"quiet", true},
                                           {"min", true},
                                           {"MAD", true},
                                           {"ns/row", true},
                                           {"cy/px", true},
                                           {"GB/s", true},
                                           {"of roof", true},
                                           energy ? (struct table_column){"J/epoch", true} : last,
                                           last};
    struct table *table = table_new(columns, COLUMNS(columns) - !energy);
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (is_epoch(one)) put_epoch(table, one, unit, energy);
    }
    if (table_finish(table, to, "", err) != 0) return -1;
    fprintf(to,
            "%s: median. quiet: median of the undisturbed samples. GB/s: stored bytes of the rows.\n"
            "of roof: share of the roof that binds, the slower one of: reading the rows in the epochs' order (read),\n"
            "computing on one row in the L1 cache (compute).\n",
            unit.name);
    if (energy) fputs("J/epoch: of the whole processor packages, with idle cores and other programs.\n", to);
    return 0;
}

/* Names every epoch above its roof, which no correct time exceeds. */
static void print_impossible(FILE *to, const json_t *cases) {
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        const json_t *roof = json_object_get(one, "roof");
        if (!is_epoch(one)) continue;
        if (strcmp(fact_text(roof, "verdict"), "broken") == 0)
            fprintf(to, "ERROR %s reaches %.1f %% of its roof [%.1f, %.1f]: one of the two numbers is wrong\n",
                    fact_text(one, "job"), fact_number(roof, "percent"), fact_number(roof, "low"),
                    fact_number(roof, "high"));
        if (strcmp(fact_text(roof, "verdict"), "unclear") == 0)
            fprintf(to, "NOTE %s: the rounds were too noisy to resolve its share of the roof [%.1f %%, %.1f %%]\n",
                    fact_text(one, "job"), fact_number(roof, "low"), fact_number(roof, "high"));
    }
}

/* One read roof in the epochs' order. */
static void print_read_roof(FILE *to, const json_t *experiment, const char *name, const char *words) {
    const json_t *roof = find_case(experiment, name);
    if (!roof) return;
    fprintf(to, "%s %.0f bytes a row, %.1f ns/row (%.1f GB/s)\n", words, fact_number(roof, "row_bytes"),
            fact_number(rates_of(roof), "ns_per_row"), fact_number(rates_of(roof), "gb_per_second"));
}

static void print_levels(FILE *to, const json_t *cases) {
    bool any = false;
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (!is_kind(one, "cache roof")) continue;
        fprintf(to, "%s %s %.1f GB/s (%.1f B/cycle)",
                any ? "," : "  caches:", fact_text(one, "name") + strlen("roof/read/"),
                fact_number(rates_of(one), "gb_per_second"), fact_number(rates_of(one), "bytes_per_cycle"));
        any = true;
    }
    if (any) fputc('\n', to);
}

static void print_roofs(FILE *to, const json_t *experiment) {
    fputs("Read roofs of this core:\n", to);
    print_read_roof(to, experiment, "roof/read/epoch-order", "  rows as stored:");
    print_read_roof(to, experiment, "roof/read/epoch-order/packed", "  packed rows, for engine int:");
    print_read_roof(to, experiment, "roof/read/epoch-order/whole", "  whole rows, with their empty border:");
    print_levels(to, json_object_get(experiment, "cases"));
}

/* Prints shares of the roofs of whole rows. */
static int print_whole(FILE *to, const json_t *experiment, struct error *err) {
    static const struct table_column columns[] = {
        {"engine/backend", false}, {"of roof", true}, {"interval", false}, {"compute roof", true}};
    struct table *table = table_new(columns, COLUMNS(columns));
    bool any = false;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(experiment, "cases"), i, one) {
        const json_t *roof = json_object_get(one, "whole_roof");
        if (!is_epoch(one) || !json_is_object(roof)) continue;
        any = true;
        table_row(table);
        table_cell(table, 0, "%s", fact_text(one, "job"));
        table_cell(table, 1, "%.0f %% %s", fact_number(roof, "percent"), fact_text(roof, "binds"));
        table_cell(table, 2, "[%.0f, %.0f]", fact_number(roof, "low"), fact_number(roof, "high"));
        table_cell(table, 3, "%.1f ns/row", fact_number(roof, "compute_ns_per_row"));
    }
    if (any) fputs("Share of the roofs of whole rows (above 100 %: gained by cropping and packing):\n", to);
    return table_finish(table, to, "  ", err);
}

/* "67.31 [63.82, 69.58]" of the pair of this family that has the case as its subject. */
static void put_speed(struct table *table, size_t column, const json_t *experiment, const char *family,
                      const json_t *one) {
    char speed[FACT_TEXT], low[FACT_TEXT], high[FACT_TEXT];
    const json_t *pair = find_pair(experiment, family, fact_text(one, "name"));
    if (!pair)
        table_cell(table, column, "-");
    else
        table_cell(table, column, "%s [%s, %s]%s", format_fact(speed, "%.4g", fact_number(pair, "speed")),
                   format_fact(low, "%.4g", fact_number(pair, "speed_low")),
                   format_fact(high, "%.4g", fact_number(pair, "speed_high")),
                   strcmp(fact_text(pair, "verdict"), "withheld") == 0 ? " withheld" : "");
}

/* Speeds relative to the scalar backend and to the reference. */
static int print_speeds(FILE *to, const json_t *experiment, struct error *err) {
    static const struct table_column columns[] = {
        {"engine/backend", false}, {"times f32/scalar", false}, {"times f64/scalar", false}};
    struct table *table = table_new(columns, COLUMNS(columns));
    bool any = false;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(experiment, "cases"), i, one) {
        const char *name = fact_text(one, "name");
        if (!is_epoch(one) || (!find_pair(experiment, "scalar", name) && !find_pair(experiment, "f64", name))) continue;
        any = true;
        table_row(table);
        table_cell(table, 0, "%s", fact_text(one, "job"));
        put_speed(table, 1, experiment, "scalar", one);
        put_speed(table, 2, experiment, "f64", one);
    }
    if (any) fputs("Speed, paired by round:\n", to);
    return table_finish(table, to, "  ", err);
}

static int print_pairs(FILE *to, const json_t *experiment, struct error *err) {
    static const struct table_column columns[] = {
        {"against", false}, {"times as fast", true}, {"interval", false}, {"verdict", false}, {"tells apart", true}};
    struct table *table = table_new(columns, COLUMNS(columns));
    const json_t *best = NULL;
    char speed[FACT_TEXT], low[FACT_TEXT], high[FACT_TEXT], apart[FACT_TEXT];
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(experiment, "pairs"), i, pair) {
        if (strcmp(fact_text(pair, "family"), "best") != 0) continue;
        best = find_case(experiment, fact_text(pair, "subject"));
        table_row(table);
        table_cell(table, 0, "%s", fact_text(find_case(experiment, fact_text(pair, "base")), "job"));
        table_cell(table, 1, "%s", format_fact(speed, "%.4g", fact_number(pair, "speed")));
        table_cell(table, 2, "[%s, %s]", format_fact(low, "%.4g", fact_number(pair, "speed_low")),
                   format_fact(high, "%.4g", fact_number(pair, "speed_high")));
        table_cell(table, 3, "%s", fact_text(pair, "verdict"));
        table_cell(table, 4, "%s %%", format_fact(apart, "%.1f", 100.0 * fact_number(pair, "resolution")));
    }
    if (best)
        fprintf(to, "%s against the others, paired by round (all intervals of the epochs hold together at 99 %%):\n",
                fact_text(best, "job"));
    if (table_finish(table, to, "  ", err) != 0) return -1;
    if (best)
        fputs("tells apart: the smallest difference that gets a verdict in nine runs of ten. perhaps: the interval "
              "excludes\n"
              "1, but not by the 1 % that memory layout alone may make.\n",
              to);
    return 0;
}

/* Clock and hardware counters. */
static void print_clock(FILE *to, const json_t *experiment) {
    const json_t *clock = json_object_get(experiment, "clock");
    const json_t *missing = json_object_get(clock, "counters_missing");
    char ghz[FACT_TEXT];
    fprintf(to, "clock %s GHz; %.1f %% of the time lies between samples\n",
            format_fact(ghz, "%.2f", fact_number(clock, "ghz")), fact_number(clock, "percent_between_samples"));
    if (!fact_known(missing, "cycles_reason")) return;
    fputs("no hardware counters:\n  ", to);
    print_plain(to, fact_text(missing, "cycles_reason"));
    fputc('\n', to);
}

int report_epochs(FILE *to, const json_t *facts, struct error *err) {
    const json_t *experiment = find_experiment(facts, "epochs");
    if (!experiment) return 0;
    char where[32] = "one core (not bound)";
    if (fact_known(experiment, "pu")) snprintf(where, sizeof where, "PU %.0f", fact_number(experiment, "pu"));
    fprintf(to, "\nEPOCHS of %.0f rows on %s, %.0f interleaved rounds in %.0f processes (order seed %.0f)\n",
            fact_number(json_object_get(facts, "workload"), "n"), where, fact_number(experiment, "rounds"),
            count_processes(experiment), fact_number(json_object_get(experiment, "schedule"), "seed"));
    if (print_table(to, experiment, err) != 0) return -1;
    print_impossible(to, json_object_get(experiment, "cases"));
    print_roofs(to, experiment);
    if (print_whole(to, experiment, err) != 0 || print_speeds(to, experiment, err) != 0 ||
        print_pairs(to, experiment, err) != 0)
        return -1;
    print_quality(to, experiment);
    print_clock(to, experiment);
    return 0;
}
