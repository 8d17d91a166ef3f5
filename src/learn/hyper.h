/* SPDX-License-Identifier: MIT */
/* The hyper-parameters of a fit: hyper.def lists them, and hyper_table.h has them by name. */
#ifndef SGDMARK_LEARN_HYPER_H
#define SGDMARK_LEARN_HYPER_H

#include "learn/engine.h"
#include "learn/loss.h"
#include "learn/prefetch.h"

#include <stdint.h>

/* Which scikit-learn's seeds and folds are reproduced: before 0.21, or from 0.22 on. */
enum compat { COMPAT_0_19, COMPAT_1_2 };
extern const char *const compat_names[]; /* "0.19", "1.2", NULL */

struct hyper {
    enum engine engine;
#define HYPER_NUMBER(type, member, ...) type member;
#define HYPER_NAME(type, member, ...)   type member;
#include "learn/hyper.def"
    struct prefetch prefetch;
};

#endif
