/* SPDX-License-Identifier: MIT */
#include "report/screen_tables.h"

#include "measure/analysis.h"
#include "report/facts.h"

#include <math.h>
#include <string.h>

/* With these a whole screen has at most 40 lines. */
enum { MOST_EPOCHS = 7, MOST_RIVALS = 3, MOST_PLACEMENTS = 4 };
enum { JOB = 16, WIDE = 70 }; /* columns of a name; a screen from here on has all columns */

/* Both are shown however slow they are: they are what the answer compares with. */
static bool is_base(const struct answer_epoch *epoch) {
    return strcmp(epoch->job, "f64/scalar") == 0 || strcmp(epoch->job, "f32/scalar") == 0;
}

/* A line on ten digits takes the place of a row. */
static size_t most_epochs(const struct answer *answer) {
    return MOST_EPOCHS - (answer->digits != NULL);
}

/* Is this one of the rows that are shown: the fastest, and the bases? */
static bool is_shown(const struct answer *answer, size_t which) {
    size_t bases_behind = 0;
    if (answer->epoch_count <= most_epochs(answer) || is_base(&answer->epochs[which])) return true;
    for (size_t i = 0; i < answer->epoch_count; i++)
        bases_behind += is_base(&answer->epochs[i]);
    size_t rank = 0;
    for (size_t i = 0; i < which; i++)
        rank += !is_base(&answer->epochs[i]);
    return rank + bases_behind < most_epochs(answer);
}

static void print_epoch(FILE *to, const struct answer_epoch *epoch, struct time_unit unit, int columns) {
    static const char marks[] = "########################################";
    const int room = columns >= WIDE ? columns - JOB - 28 : columns - JOB - 9;
    const int length = (int)lround(epoch->share * (room < 40 ? room : 40));
    char text[SCREEN_TEXT], time[FACT_TEXT], roof[FACT_TEXT];
    int used = snprintf(text, sizeof text, "%-*.*s %-*.*s %6.1f", JOB, JOB, epoch->job, room, length > 0 ? length : 1,
                        marks, epoch->mrows);
    if (columns >= WIDE)
        snprintf(text + used, sizeof text - (size_t)used, " %9s %7s%s",
                 format_fact(time, "%.2f", epoch->seconds * unit.per_second),
                 epoch->roof > ROOF_ALARM ? "ALARM" : format_fact(roof, "%.0f", epoch->roof),
                 isfinite(epoch->roof) && epoch->roof <= ROOF_ALARM ? " %" : "");
    print_line(to, text, columns);
}

static void print_epochs(FILE *to, const struct answer *answer, int columns) {
    size_t shown = 0;
    if (answer->epoch_count == 0) return;
    const struct time_unit unit = time_unit_for(answer->epochs[0].seconds);
    for (size_t i = 0; i < answer->epoch_count; i++)
        shown += is_shown(answer, i);
    char text[SCREEN_TEXT], title[128], some[64] = "", per_epoch[16];
    if (shown < answer->epoch_count) snprintf(some, sizeof some, " (%zu of %zu)", shown, answer->epoch_count);
    snprintf(title, sizeof title, "ONE CORE, millions of rows per second%s", some);
    snprintf(per_epoch, sizeof per_epoch, "%s/epoch", unit.name);
    if (columns >= WIDE)
        snprintf(text, sizeof text, "%-*s %9s %9s", columns - 20, title, per_epoch, "limit");
    else
        snprintf(text, sizeof text, "%s", title);
    fputc('\n', to);
    print_line(to, text, columns);
    for (size_t i = 0; i < answer->epoch_count; i++)
        if (is_shown(answer, i)) print_epoch(to, &answer->epochs[i], unit, columns);
}

/* The job of a case, by the case's name. */
static const char *job_of(const struct answer *answer, const char *name) {
    for (size_t i = 0; i < answer->epoch_count; i++)
        if (strcmp(fact_text(answer->epochs[i].facts, "name"), name) == 0) return answer->epochs[i].job;
    return name;
}

const char *speed_text(char text[FACT_TEXT], double speed) {
    return format_fact(text, speed >= 20.0 ? "%.0f" : speed >= 10.0 ? "%.1f" : "%.2f", speed);
}

static void print_rivals(FILE *to, const struct answer *answer, int columns) {
    char text[SCREEN_TEXT], speed[FACT_TEXT], low[FACT_TEXT], high[FACT_TEXT], between[2 * FACT_TEXT + 8] = "";
    if (!answer->subject || answer->rival_count == 0) return;
    snprintf(text, sizeof text, "FASTER OR NOT? %.30s against%s", answer->subject,
             columns >= WIDE ? " its closest (joint 99 % intervals)" : "");
    fputc('\n', to);
    print_line(to, text, columns);
    for (size_t i = 0; i < answer->rival_count && i < MOST_RIVALS; i++) {
        const json_t *pair = answer->rivals[i];
        if (columns >= WIDE)
            snprintf(between, sizeof between, "[%s, %s]", speed_text(low, fact_number(pair, "speed_low")),
                     speed_text(high, fact_number(pair, "speed_high")));
        snprintf(text, sizeof text, "%-*.*s %6sx  %-*s%s", JOB, JOB, job_of(answer, fact_text(pair, "base")),
                 speed_text(speed, fact_number(pair, "speed")), columns >= WIDE ? 18 : 0, between,
                 fact_text(pair, "verdict"));
        print_line(to, text, columns);
    }
}

static void print_placement(FILE *to, const json_t *one, const json_t *pair, int columns) {
    char text[SCREEN_TEXT], name[64], folds[FACT_TEXT], speed[FACT_TEXT], a[FACT_TEXT], b[FACT_TEXT], c[FACT_TEXT];
    const bool withheld = strcmp(fact_text(pair, "verdict"), "withheld") == 0;
    const bool alarm = fact_number(pair, "efficiency") > EFFICIENCY_ALARM;
    snprintf(name, sizeof name, "%.40s, %.0f", fact_text(one, "placement"), fact_number(one, "workers"));
    int used = snprintf(text, sizeof text, "%-20.20s %8s %12s", name,
                        format_fact(folds, "%.0f", fact_number(json_object_get(one, "rates"), "folds_per_second")),
                        withheld ? "withheld"
                        : alarm  ? "ALARM"
                                 : format_fact(speed, "%.2f", fact_number(pair, "speed")));
    if (columns >= WIDE && !withheld && !alarm)
        snprintf(text + used, sizeof text - (size_t)used, "   %s %% [%s, %s]",
                 format_fact(a, "%+.1f", 100.0 * fact_number(pair, "contention")),
                 format_fact(b, "%+.1f", 100.0 * fact_number(pair, "contention_low")),
                 format_fact(c, "%+.1f", 100.0 * fact_number(pair, "contention_high")));
    print_line(to, text, columns);
}

/* Does this case belong in the table CORES? It times the folds of the answer's backend on several cores, and is not the
 * second copy that the A/A check times. */
static bool is_placement(const struct answer *answer, const json_t *one) {
    return strcmp(fact_text(one, "kind"), "folds") == 0 && !fact_known(one, "control_of") &&
           strcmp(fact_text(one, "job"), answer->folds_job) == 0 && fact_number(one, "workers") > 1.0;
}

static void print_placements(FILE *to, const json_t *facts, const struct answer *answer, int columns) {
    const json_t *experiment = find_experiment(facts, "folds"), *cases = json_object_get(experiment, "cases");
    char text[SCREEN_TEXT], title[64];
    size_t i, count = 0, shown = 0;
    json_t *one;
    if (!answer->folds_job) return;
    snprintf(title, sizeof title, "CORES, %.40s", answer->folds_job);
    snprintf(text, sizeof text, "%-20.20s  folds/s   x one core%s", title,
             columns >= WIDE ? "   slowdown when shared" : "");
    fputc('\n', to);
    print_line(to, text, columns);
    json_array_foreach(cases, i, one) {
        count += is_placement(answer, one);
    }
    const size_t room = count > MOST_PLACEMENTS ? MOST_PLACEMENTS - 1 : count; /* the last line says how many more */
    json_array_foreach(cases, i, one) {
        if (!is_placement(answer, one) || shown++ >= room) continue;
        print_placement(to, one, find_pair(experiment, "contention", fact_text(one, "name")), columns);
    }
    if (count == room) return;
    snprintf(text, sizeof text, "%zu more: sgdmark report FILE", count - room);
    print_line(to, text, columns);
}

void print_screen_tables(FILE *to, const json_t *facts, const struct answer *answer, int columns) {
    print_epochs(to, answer, columns);
    print_rivals(to, answer, columns);
    print_placements(to, facts, answer, columns);
}
