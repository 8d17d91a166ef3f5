/* SPDX-License-Identifier: MIT */
#include "measure/experiment.h"

#include "base/clock.h"
#include "measure/stats.h"

#include <stdlib.h>

const char *const case_kind_names[] = {"epoch", "folds", "read roof", "compute roof", "cache roof"};
const char *const pair_family_names[] = {"best", "scalar", "f64", "contention"};

static const double gate_confidence = 0.999;

struct experiment *experiment_new(const char *name, size_t cases, size_t pairs, struct error *err) {
    struct experiment *experiment = calloc(1, sizeof *experiment);
    if (experiment) {
        *experiment =
            (struct experiment){.name = name, .room = cases, .pair_room = pairs, .control = NO_CASE, .pu = -1};
        experiment->cases = calloc(cases, sizeof *experiment->cases);
        experiment->facts = calloc(cases, sizeof *experiment->facts);
        experiment->pairs = calloc(pairs + 1, sizeof *experiment->pairs);
        if (experiment->cases && experiment->facts && experiment->pairs) return experiment;
    }
    experiment_free(experiment);
    fail_program(err, "out of memory for %zu cases", cases);
    return NULL;
}

void experiment_free(struct experiment *experiment) {
    if (!experiment) return;
    if (experiment->release) experiment->release(experiment->context);
    rounds_free(&experiment->rounds);
    free(experiment->cases);
    free(experiment->facts);
    free(experiment->pairs);
    free(experiment);
}

int experiment_add(struct experiment *experiment, const struct timed_case *timed, const struct case_facts *facts) {
    experiment->cases[experiment->count] = *timed;
    experiment->facts[experiment->count] = *facts;
    return (int)experiment->count++;
}

void experiment_pair(struct experiment *experiment, enum pair_family family, size_t subject, size_t base) {
    experiment->pairs[experiment->pair_count++] = (struct wanted_pair){family, subject, base};
}

/* Times one pass over all cases; *rounds is how many such passes fit the budget. */
static int affordable_rounds(size_t *rounds, const struct experiment *experiment, const struct budget *budget,
                             struct error *err) {
    double begin = seconds_now();
    for (size_t c = 0; c < experiment->count; c++) {
        const struct timed_case *timed = &experiment->cases[c];
        if (timed->prepare) timed->prepare(timed->context);
        timed->run(timed->context);
        if (timed->check && timed->check(timed->context, err) != 0) return -1;
    }
    double fitting = budget->seconds / (seconds_now() - begin);
    size_t fewest = rounds_needed(gate_confidence, 1);
    if (fitting < (double)fewest) fitting = (double)fewest;
    *rounds = fitting > (double)budget->at_most ? budget->at_most : (size_t)fitting;
    return 0;
}

int experiment_run(struct experiment *experiment, const struct budget *budget, uint32_t seed,
                   const struct progress_sink *progress, struct error *err) {
    struct rounds_plan plan = {.seed = seed, .pu = experiment->pu};
    if (affordable_rounds(&plan.rounds, experiment, budget, err) != 0) return -1;
    if (experiment->rewind) experiment->rewind(experiment->context);
    return rounds_run(&experiment->rounds, experiment->cases, experiment->count, &plan, progress, err);
}
