/* SPDX-License-Identifier: MIT */
/* What each side of a comparison reaches by itself: figures that need no base. */
#ifndef SGDMARK_RECORD_COLUMNS_H
#define SGDMARK_RECORD_COLUMNS_H

#include "record/answer.h"
#include "record/compare.h"

struct column {
    const char *backend;              /* of the best epoch, "f32/avx512"; NULL: its run names none */
    double mrows_per_second;          /* of that epoch, from the mean of the processes' medians; NaN: not known */
    double roof_percent;              /* of its own roof; NaN: not known */
    const char *machine;              /* the CPU's name, or NULL */
    unsigned cores;                   /* 0: not known */
    const struct ratio_row *headline; /* of columns.headline; NULL: of the base, and where it is lacking */
    enum answer_kind kind;            /* against the base; not set for the base */
};

struct columns {
    struct column *list; /* [count] one for each side */
    size_t count;
    double *rates;        /* [files] millions of rows per second of the headline's epoch; NaN: not known */
    const char *headline; /* the benchmark of column.headline; "-" where there is none */
};

/* Returns 0, or -1 when memory runs out. columns_free releases them. */
int columns_make(struct columns *columns, const struct compare_report *report, struct error *err);
void columns_free(struct columns *columns);

#endif
