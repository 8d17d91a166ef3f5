/* SPDX-License-Identifier: MIT */
/* What a chart shows: numbers of one result, with their names and units. The page draws each figure and prints the same
 * numbers as a table. All that has to be computed from the file is computed here. */
#ifndef SGDMARK_RECORD_FIGURE_H
#define SGDMARK_RECORD_FIGURE_H

#include "base/error.h"
#include "record/load.h"

#include <stdbool.h>
#include <stddef.h>

/* How a figure is drawn, and what the values of a row are for it. */
enum figure_kind {
    FIGURE_BARS,     /* value, low end, high end: a bar with a whisker for each row */
    FIGURE_RATIOS,   /* the same as points, hollow if FIGURE_DISTURBED; beside 1 a band of +- `band`, not told apart */
    FIGURE_ROOFLINE, /* multiply-adds per byte, their rate in 1e9/s; of a FIGURE_ROOF the slope in 1e9 bytes/s */
    FIGURE_SAMPLES,  /* round, relative time, clock in GHz (NAN: not known) */
    FIGURE_BANDS,    /* round, quantiles 5, 25, 50, 75, 95 % of the relative time, clock in GHz (NAN: not known) */
    FIGURE_SCALING,  /* workers, folds/s, folds/s of as many times one core */
    FIGURE_STEPS,    /* rows of the working set, ns per row */
    FIGURE_CURVE,    /* recall, precision, threshold */
    FIGURE_SPREAD,   /* 5 %, median, 95 %, the value to be marked */
    FIGURE_NODES     /* place, excess in percent; of a FIGURE_BAND the median, then 5, 25, 75, 95 %; a line at `band` */
};

enum { FIGURE_VALUES = 7, FIGURE_NAME = 64 };

/* A row that is drawn in another way than most. */
enum figure_mark { FIGURE_PLAIN, FIGURE_DISTURBED, FIGURE_ROOF, FIGURE_KERNEL, FIGURE_BAND };

struct figure_row {
    char name[FIGURE_NAME];
    unsigned series; /* rows of one series are drawn in one colour, and joined where the kind draws lines */
    enum figure_mark mark;
    double value[FIGURE_VALUES]; /* NAN: not known */
    char remark[FIGURE_NAME];    /* shown beside the row in the table; "" */
};

struct figure {
    enum figure_kind kind;
    const char *id;    /* letters and '-', unique on a page: the section's anchor and the name of its picture */
    const char *title; /* what it shows, in a few words */
    char note[512];    /* how to read it; "" */
    const char *row_title, *remark_title;
    const char *columns[FIGURE_VALUES]; /* titles with units; NULL behind the last */
    const char *formats[FIGURE_VALUES]; /* printf formats of one double */
    const char *x_axis, *y_axis;
    bool logarithmic;
    double band; /* FIGURE_RATIOS: half the width, 0.03; FIGURE_NODES: percent; NAN: none is known */
    struct figure_row *rows;
    size_t count, room;
    bool failed; /* memory ran out: rows are missing */
};

/* The next row, empty; NULL when memory runs out. */
struct figure_row *figure_row(struct figure *figure, const char *name);

void figure_free(struct figure *figure);

/* The figures of one file that `sgdmark run` or `bench` wrote. */
struct figure_set {
    struct figure *figures;
    size_t count;
};

/* Makes those figures for which the file has numbers, in the order of the page. Returns 0, or -1 when memory runs out;
 * figures_free releases them. */
int figures_make(struct figure_set *set, const struct result_file *file, struct error *err);
void figures_free(struct figure_set *set);

/* Used by figures_make: each fills in a figure, and leaves it without rows where the file has no numbers for it.
 * `facts` is the member "sgdmark". */
void figure_speeds(struct figure *figure, const json_t *facts);           /* rows/s of each engine and backend */
void figure_ratios(struct figure *figure, const json_t *facts);           /* the best backend against the others */
void figure_roofline(struct figure *figure, const json_t *facts);         /* epochs and kernels below their roofs */
void figure_samples(struct figure *figure, const json_t *facts);          /* times of the best epoch by round */
void figure_scaling(struct figure *figure, const json_t *facts);          /* folds/s by workers */
void figure_trade_off(struct figure *figure, const json_t *facts);        /* precision and recall */
void figure_shuffles(struct figure *figure, const json_t *facts);         /* scores of other shuffles */
void figure_steps(struct figure *figure, const struct result_file *file); /* ns per row by working set */

/* The fastest epoch of each of several runs, which trained the same; names[count] are theirs. Times that a run calls
 * not usable are left out. */
void figure_runs(struct figure *figure, const struct result_file *const *files, const char *const *names, size_t count);

/* The fastest epoch of the base, or else the fastest one that both have, of each side against the base: the rows, the
 * intervals and the floors of that comparison. */
struct compare_report;
struct columns;
void figure_machines(struct figure *figure, const struct compare_report *report, const struct columns *columns);

/* The excess of each node of a fleet over the median of its group. Of more than 300 nodes, quantiles of nodes that
 * stand next to each other, and the outliers by themselves. `facts` is "sgdmark" of fleet_json (record/fleet.h). */
void figure_fleet(struct figure *figure, const json_t *facts);

/* Adds a column of the joules of each case behind the last one, "J/epoch" or "J/fold", if any of them is known; returns
 * its place, or FIGURE_VALUES. Joules of a case; NAN: not known. `unit` is "epoch" or "fold". */
size_t figure_energy_column(struct figure *figure, const json_t *cases, const char *unit);
double figure_joules(const json_t *one, const char *unit);

/* Titles of the figure of precision against recall over all thresholds, which has no rows yet. */
void figure_curve(struct figure *figure);

/* A fact as a number, or NAN; as a text, or "". The experiment, or the member of a list, whose `key` is `text`; or
 * NULL.
 */
double figure_number(const json_t *object, const char *key);
const char *figure_text(const json_t *object, const char *key);
const json_t *figure_find(const json_t *list, const char *key, const char *text);

#endif
