/* SPDX-License-Identifier: MIT */
/* Prints the ten digits of a run: in groups that share each read of a row, and one after the other. */
#include "measure/analysis.h"
#include "report/facts.h"
#include "report/quality_report.h"
#include "report/run_report.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

#define COLUMNS(list) (sizeof(list) / sizeof *(list))

static bool is_digits(const json_t *one) {
    return strcmp(fact_text(one, "kind"), "digits") == 0 && !fact_known(one, "control_of");
}

static struct time_unit unit_of(const json_t *cases) {
    double shortest = (double)INFINITY;
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (is_digits(one)) shortest = fmin(shortest, fact_number(json_object_get(one, "summary"), "median"));
    }
    return time_unit_for(shortest);
}

static void put_time(struct table *table, size_t column, const json_t *summary, const char *key, double per_second) {
    char text[FACT_TEXT];
    table_cell(table, column, "%s", format_fact(text, "%.2f", fact_number(summary, key) * per_second));
}

static void put_roof(struct table *table, size_t column, const json_t *roof) {
    char text[FACT_TEXT];
    if (fact_number(roof, "percent") > ROOF_ALARM)
        table_cell(table, column, "ALARM");
    else if (json_is_object(roof))
        table_cell(table, column, "%s %% %s", format_fact(text, "%.0f", fact_number(roof, "percent")),
                   fact_text(roof, "binds"));
    else
        table_cell(table, column, "-"); /* one after the other: the epochs have its roofs */
}

static void put_row(struct table *table, const json_t *one, struct time_unit unit) {
    const json_t *summary = json_object_get(one, "summary"), *rates = json_object_get(one, "rates");
    const double group = fact_number(one, "group");
    char text[FACT_TEXT];
    table_row(table);
    if (group > 1.0)
        table_cell(table, 0, "%.0f on one read", group);
    else
        table_cell(table, 0, "one after the other");
    put_time(table, 1, summary, "median", unit.per_second);
    put_time(table, 2, json_object_get(one, "quiet"), "median", unit.per_second);
    put_time(table, 3, summary, "min", unit.per_second);
    put_time(table, 4, summary, "mad", unit.per_second);
    table_cell(table, 5, "%s", format_fact(text, "%.1f", fact_number(rates, "ns_per_row")));
    table_cell(table, 6, "%s", format_fact(text, "%.3f", fact_number(rates, "cycles_per_pixel")));
    table_cell(table, 7, "%s", format_fact(text, "%.1f", fact_number(rates, "gb_per_second")));
    put_roof(table, 8, json_object_get(one, "roof"));
    if (fact_known(one, "unusable")) table_cell(table, 9, "NOT USABLE");
}

/* "10 on one read: 1.82x as fast as one after the other [1.79, 1.85], faster". */
static void print_pair(FILE *to, const json_t *experiment) {
    const json_t *best = find_case(experiment, fact_text(experiment, "best"));
    const json_t *pair = find_pair(experiment, "group", fact_text(experiment, "best"));
    char speed[FACT_TEXT], low[FACT_TEXT], high[FACT_TEXT];
    if (!best || !pair) return;
    fprintf(to, "%.0f on one read: %sx as fast as one after the other [%s, %s] at 99 %%: %s\n",
            fact_number(best, "group"), format_fact(speed, "%.3f", fact_number(pair, "speed")),
            format_fact(low, "%.3f", fact_number(pair, "speed_low")),
            format_fact(high, "%.3f", fact_number(pair, "speed_high")), fact_text(pair, "verdict"));
    if (!fact_known(pair, "verdict_reason")) return;
    fputs("  because ", to);
    print_plain(to, fact_text(pair, "verdict_reason"));
    fputc('\n', to);
}

/* The roofs of the group, each per row and fit. */
static void print_roofs(FILE *to, const json_t *experiment) {
    const json_t *roof = json_object_get(find_case(experiment, fact_text(experiment, "best")), "roof");
    char read[FACT_TEXT], compute[FACT_TEXT], low[FACT_TEXT], high[FACT_TEXT];
    if (!json_is_object(roof)) return;
    fprintf(to, "Roofs of the group, ns per row and fit: reading %s, dot products %s; it reaches [%s, %s] %% of %s\n",
            format_fact(read, "%.2f", fact_number(roof, "read_ns_per_row")),
            format_fact(compute, "%.2f", fact_number(roof, "compute_ns_per_row")),
            format_fact(low, "%.1f", fact_number(roof, "low")), format_fact(high, "%.1f", fact_number(roof, "high")),
            strcmp(fact_text(roof, "binds"), "read") == 0 ? "the first" : "the second");
}

/* Why a run that could time them did not. */
static void print_left_out(FILE *to, const json_t *digits) {
    if (!json_is_object(digits)) return; /* before they were timed */
    fputs("\nTEN DIGITS not timed: ", to);
    print_plain(to, fact_text(digits, "group_reason"));
    fputc('\n', to);
}

int report_digits(FILE *to, const json_t *facts, struct error *err) {
    const json_t *experiment = find_experiment(facts, "digits"), *digits = json_object_get(facts, "digits");
    if (!experiment) {
        print_left_out(to, digits);
        return 0;
    }
    const json_t *cases = json_object_get(experiment, "cases");
    const struct time_unit unit = unit_of(cases);
    const struct table_column columns[] = {{"fits", false},   {unit.name, true}, {"quiet", true}, {"min", true},
                                           {"MAD", true},     {"ns/row", true},  {"cy/px", true}, {"GB/s", true},
                                           {"of roof", true}, {"", false}};
    fputs("\nTEN DIGITS by ", to);
    print_plain(to, fact_text(digits, "job"));
    fprintf(to, " on one core: an epoch of all ten, %.0f interleaved rounds in %.0f processes\n",
            fact_number(experiment, "rounds"), count_processes(experiment));
    struct table *table = table_new(columns, COLUMNS(columns));
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (is_digits(one)) put_row(table, one, unit);
    }
    if (table_finish(table, to, "", err) != 0) return -1;
    fputs("ns/row, cy/px: of each row and fit. After each sample all ten had the weights that they have alone.\n", to);
    fputs("group: ", to);
    print_plain(to, fact_text(digits, "group_reason"));
    fputc('\n', to);
    print_roofs(to, experiment);
    print_pair(to, experiment);
    print_quality(to, experiment);
    return 0;
}
