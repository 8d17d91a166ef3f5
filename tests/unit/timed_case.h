/* SPDX-License-Identifier: MIT */
/* Cases of an experiment, found by name and tried once. Included behind cmocka.h. */
#ifndef SGDMARK_TESTS_TIMED_CASE_H
#define SGDMARK_TESTS_TIMED_CASE_H

#include "measure/experiment.h"

static const struct timed_case *find_case(const struct experiment *experiment, const char *name) {
    const int which = experiment_find(experiment, name);
    if (which < 0) fail_msg("no case %s", name);
    return &experiment->cases[which];
}

/* One try of a case, not kept. */
static int try_once(const struct timed_case *timed, struct error *err) {
    *err = (struct error){.text = ""};
    if (timed->prepare) timed->prepare(timed->context);
    timed->run(timed->context);
    return timed->check(timed->context, err);
}

#endif
