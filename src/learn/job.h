/* SPDX-License-Identifier: MIT */
/* A job: which rows are trained on, and how; and the same made ready, its data in memory and its rows in order. */
#ifndef SGDMARK_LEARN_JOB_H
#define SGDMARK_LEARN_JOB_H

#include "base/error.h"
#include "data/order.h"
#include "learn/fit.h"

#include <stddef.h>
#include <stdint.h>

/* As the digit of a job: each of the ten against the others. No row is marked positive then. */
enum { DIGIT_ALL = CLASSES };

/* Which rows, in which order. */
struct row_spec {
    const char *data; /* a folder of IDX files, or "synthetic[:n=N,d=D,seed=S]" */
    enum split split;
    enum row_order order;
    uint32_t order_seed;
    size_t limit;         /* 0: all */
    enum page_kind pages; /* that the rows lie on */
};

/* What is trained. */
struct job_spec {
    struct row_spec rows;
    unsigned digit; /* the positive class, 0..9, or DIGIT_ALL */
    struct hyper hyper;
};

struct job {
    struct dataset ds;        /* arranged as the view says: row k of the job is row k */
    struct view view;         /* index[k] is that row's number in the files */
    struct row_ref *at;       /* [view.n] */
    struct row_list row_list; /* those; two classes are sure to be among them, of DIGIT_ALL all ten */
};

/* Fill in the defaults: the published job. */
void row_spec_defaults(struct row_spec *rows);
void job_spec_defaults(struct job_spec *spec);

/* Loads what the specification names. Returns 0, or -1 with the reason; job_close releases it. */
int job_open(struct job *job, const struct job_spec *spec, struct error *err);
void job_close(struct job *job);

/* The same for predictions: rows of one class alone will do. `positive` is the digit that counts as positive. */
int job_open_rows(struct job *job, const struct row_spec *rows, unsigned positive, struct error *err);

/* The images of one IDX file, plain or .gz, in file order, `limit` of them (0: all). Their labels are not known: all
 * are 0. */
int job_open_images(struct job *job, const char *path, size_t limit, struct error *err);

/* Packs the rows too, for engine int, if one of the backends has kernels for them and they become smaller. Returns 0,
 * or -1 with the reason: there are no more pages of the kind that the rows lie on. */
int job_pack(struct job *job, const struct backend_list *chosen, struct error *err);

#endif
