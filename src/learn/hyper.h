/* SPDX-License-Identifier: MIT */
/* The hyper-parameters of a fit: hyper.def lists them, and hyper_table.h has them by name. */
#ifndef SGDMARK_LEARN_HYPER_H
#define SGDMARK_LEARN_HYPER_H

#include "base/error.h"
#include "learn/engine.h"
#include "learn/loss.h"
#include "learn/prefetch.h"

#include <stdbool.h>
#include <stdint.h>

/* Which scikit-learn's seeds, folds and stopping rule are reproduced: before 0.21, or from 0.22 on. */
enum compat { COMPAT_0_19, COMPAT_1_2 };
extern const char *const compat_names[]; /* "0.19", "1.2", NULL */

enum penalty { PENALTY_L2, PENALTY_L1, PENALTY_ELASTICNET, PENALTY_NONE };
extern const char *const penalty_names[]; /* "l2", ..., NULL */

enum learning_rate { RATE_OPTIMAL, RATE_CONSTANT, RATE_INVSCALING, RATE_ADAPTIVE, RATE_PA1, RATE_PA2 };
extern const char *const learning_rate_names[]; /* "optimal", ..., NULL */

/* CLASS_WEIGHT_NONE: class_weight_false and class_weight_true count, which are 1 unless set. */
enum class_weight { CLASS_WEIGHT_NONE, CLASS_WEIGHT_BALANCED };
extern const char *const class_weight_names[]; /* "none", "balanced", NULL */

/* How early stopping draws the rows that it holds out: by `seed` among the ten digits, each in its share, as one versus
 * all does; or by the hyper-parameter's seed among the two classes of the fit. */
struct validation_draw {
    bool by_digit;
    uint32_t seed;
};

#define HYPER_MOST 1e100

struct hyper {
    enum engine engine;
#define HYPER_NUMBER(type, member, ...)   type member;
#define HYPER_NAME(type, member, ...)     type member;
#define HYPER_FLAG(member, ...)           bool member;
#define HYPER_OPTIONAL(type, member, ...) type member;
#include "learn/hyper.def"
    struct prefetch prefetch;
    struct validation_draw validation;
};

/* Every hyper-parameter with its default. */
struct hyper hyper_defaults(enum engine engine);

/* Do the hyper-parameters fit together, by scikit-learn's rules? 0, or -1 with one line that names the options. Whether
 * each is in its own range is hyper_read's matter (hyper_table.h). */
int hyper_check(const struct hyper *hyper, struct error *err);

/* Has every hyper-parameter its default but loss, epochs, alpha, seed, compat, shuffle? Such fits take the plain loop
 * (trainer.c); the others take one that decides what to do row by row (general_epoch.c). */
bool hyper_is_plain(const struct hyper *hyper);

/* Does the fit have an L1 part, and one that shrinks all weights? */
bool hyper_has_l1(const struct hyper *hyper);
bool hyper_has_l2(const struct hyper *hyper);

/* Can the fit stop before its last epoch? */
bool hyper_may_stop(const struct hyper *hyper);

#endif
