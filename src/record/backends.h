/* SPDX-License-Identifier: MIT */
/* The backends of one run against one of them: pairs of cases that were timed in the same rounds. */
#ifndef SGDMARK_RECORD_BACKENDS_H
#define SGDMARK_RECORD_BACKENDS_H

#include "record/answer.h"
#include "record/compare.h"

struct backend_ratio {
    char *name, *base;       /* "epoch/f32/avx512", "epoch/f32/avx2" */
    struct comparison times; /* paired by round */
    struct speedup speedup;
    double resolution; /* the smallest true difference that gets a verdict nine times of ten; NaN: not known */
    char *withheld;    /* why there is no verdict, printable; NULL: there is one */
};

struct backend_ratios {
    struct backend_ratio *list; /* [count] in the order of the file */
    size_t count;
    char base[64]; /* "f32/avx2" */
    char answer[ANSWER_TEXT];
};

/* True for a text that begins as the name of an engine's backend does, "f32/", and so is none of a file. */
bool is_backend(const char *text);

/* Compares every epoch with that of `base` ("f32/avx2"), and the folds of each placement with the base's there. The
 * file is loaded and not lightened. Returns 0, or -1 with the reason: the file holds no rounds, or no case of the base.
 * backend_ratios_free releases them. */
int backend_ratios_make(struct backend_ratios *ratios, const struct result_file *file, const char *base,
                        struct error *err);
void backend_ratios_free(struct backend_ratios *ratios);

json_t *backend_ratios_json(const struct backend_ratios *ratios, const struct result_file *file);

#endif
