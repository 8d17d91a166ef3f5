/* SPDX-License-Identifier: MIT */
#include "measure/experiment.h"

#include "measure/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const case_kind_names[] = {"epoch", "folds", "digits", "read roof", "compute roof", "cache roof"};
const char *const pair_family_names[] = {"best", "scalar", "f64", "contention", "group"};

const double experiment_confidence = 0.99;

struct experiment *experiment_new(const char *name, size_t cases, size_t pairs, struct error *err) {
    struct experiment *experiment = calloc(1, sizeof *experiment);
    if (experiment) {
        *experiment = (struct experiment){.name = name, .room = cases, .pair_room = pairs, .pu = -1};
        experiment->cases = calloc(cases, sizeof *experiment->cases);
        experiment->facts = calloc(cases, sizeof *experiment->facts);
        experiment->controls = calloc(cases, sizeof *experiment->controls);
        experiment->pairs = calloc(pairs + 1, sizeof *experiment->pairs);
        if (experiment->cases && experiment->facts && experiment->controls && experiment->pairs) return experiment;
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
    free(experiment->controls);
    free(experiment->pairs);
    free(experiment);
}

int experiment_add(struct experiment *experiment, const struct timed_case *timed, const struct case_facts *facts) {
    struct case_facts *added = &experiment->facts[experiment->count];
    experiment->cases[experiment->count] = *timed;
    *added = *facts;
    if (facts->job) {
        verified_job_name(added->job_name, facts->job);
        added->engine = engine_names[facts->job->engine];
        added->backend = engine_backend_name(facts->job->engine, facts->job->backend);
    }
    return (int)experiment->count++;
}

void experiment_pair(struct experiment *experiment, enum pair_family family, size_t subject, size_t base) {
    experiment->pairs[experiment->pair_count++] = (struct wanted_pair){family, subject, base};
}

void experiment_control(struct experiment *experiment, int twin, int of) {
    experiment->facts[twin].control_of = of;
    experiment->controls[experiment->control_count++] = twin;
}

bool experiment_counts(const struct experiment *experiment) {
    return strcmp(experiment->name, "digits") != 0;
}

int experiment_find(const struct experiment *experiment, const char *name) {
    for (size_t c = 0; c < experiment->count; c++)
        if (strcmp(experiment->cases[c].name, name) == 0) return (int)c;
    return NO_CASE;
}

size_t experiment_rounds_needed(const struct experiment *experiment) {
    const size_t pairs = rounds_needed(experiment_confidence, (unsigned)experiment->pair_count);
    const size_t gate = rounds_needed(AA_GATE, 1);
    return pairs > gate ? pairs : gate;
}

int experiment_run(struct experiment *experiment, const struct budget *budget, const struct process_share *share,
                   const struct topology *topology, const struct progress_sink *progress, struct error *err) {
    const size_t processes = share->processes;
    const size_t fewest = budget->fewest > 0 ? budget->fewest : experiment_rounds_needed(experiment);
    const struct rounds_plan plan = {
        .seconds = budget->seconds / (double)processes,
        .fewest = (fewest + processes - 1) / processes,
        .at_most = (budget->at_most + processes - 1) / processes,
        .seed = share->seed,
        .process = share->process,
        .pu = experiment->pu,
        .topology = topology,
    };
    return rounds_run(&experiment->rounds, experiment->cases, experiment->count, &plan, progress, err);
}
