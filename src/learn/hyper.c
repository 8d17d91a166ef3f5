/* SPDX-License-Identifier: MIT */
#include "learn/hyper.h"

#include <math.h>
#include <stddef.h>

const char *const penalty_names[] = {"l2", "l1", "elasticnet", "none", NULL};
const char *const learning_rate_names[] = {"optimal", "constant", "invscaling", "adaptive", "pa1", "pa2", NULL};
const char *const class_weight_names[] = {"none", "balanced", NULL};

struct hyper hyper_defaults(enum engine engine) {
    struct hyper hyper = {.engine = engine};
#define HYPER_NUMBER(type, member, option, kind, low, high, fallback, ...) hyper.member = fallback;
#define HYPER_NAME(type, member, ...)                                      hyper.member = 0;
#define HYPER_FLAG(member, option, fallback, ...)                          hyper.member = fallback;
#define HYPER_OPTIONAL(type, member, ...)                                  hyper.member = -(double)INFINITY;
#include "learn/hyper.def"
    return hyper;
}

/* What came with scikit-learn 0.20. */
static int check_compat(const struct hyper *hyper, struct error *err) {
    const struct hyper fallback = hyper_defaults(hyper->engine);
    const char *newer = NULL;
    if (hyper->compat != COMPAT_0_19) return 0;
    if (hyper->learning_rate == RATE_ADAPTIVE) newer = "--learning-rate adaptive";
    if (hyper->n_iter_no_change != fallback.n_iter_no_change) newer = "--n-iter-no-change";
    if (hyper->validation_fraction != fallback.validation_fraction) newer = "--validation-fraction";
    if (hyper->early_stopping) newer = "--early-stopping";
    return newer ? fail(err, "%s: scikit-learn 0.19 does not have it (--compat 1.2)", newer) : 0;
}

int hyper_check(const struct hyper *hyper, struct error *err) {
    const enum learning_rate rate = hyper->learning_rate;
    const bool uses_eta0 = rate == RATE_CONSTANT || rate == RATE_INVSCALING || rate == RATE_ADAPTIVE;
    if (hyper->n_iter_no_change == 0) return fail_program(err, "internal: hyper-parameters without their defaults");
    if (uses_eta0 && hyper->eta0 <= 0.0)
        return fail(err, "--eta0 must be above 0 with --learning-rate %s", learning_rate_names[rate]);
    if (rate == RATE_OPTIMAL && hyper->alpha == 0.0)
        return fail(err, "--alpha must be above 0 with --learning-rate optimal, which is computed from it");
    if (hyper->class_weight == CLASS_WEIGHT_BALANCED &&
        (hyper->class_weight_false != 1.0 || hyper->class_weight_true != 1.0))
        return fail(err, "--class-weight is either balanced or a weight for each class, not both");
    return check_compat(hyper, err);
}

bool hyper_is_plain(const struct hyper *hyper) {
    return hyper->penalty == PENALTY_L2 && hyper->learning_rate == RATE_OPTIMAL && hyper->fit_intercept &&
           hyper->class_weight == CLASS_WEIGHT_NONE && hyper->class_weight_false == 1.0 &&
           hyper->class_weight_true == 1.0 && hyper->average == 0 && !hyper_may_stop(hyper) && !hyper->early_stopping;
}

bool hyper_has_l1(const struct hyper *hyper) {
    return hyper->penalty == PENALTY_L1 || hyper->penalty == PENALTY_ELASTICNET;
}

bool hyper_has_l2(const struct hyper *hyper) {
    return hyper->penalty == PENALTY_L2 || hyper->penalty == PENALTY_ELASTICNET;
}

bool hyper_may_stop(const struct hyper *hyper) {
    return hyper->tol > -(double)INFINITY;
}
