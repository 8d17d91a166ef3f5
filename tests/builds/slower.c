/* SPDX-License-Identifier: MIT */
/* slower DATA BASE OTHER: by how many per cent an epoch of backend OTHER is slower than one of backend BASE: the median
 * over 150 pairs of epochs that take turns, in one process. For tools/test-builds. */
#include "base/clock.h"
#include "learn/job.h"
#include "learn/shuffle.h"
#include "learn/trainer.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAIRS = 150 };

static int ascending(const void *a, const void *b) {
    double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

static double epoch_seconds(struct trainer *trainer) {
    double begin = seconds_now();
    trainer_epoch(trainer);
    return seconds_now() - begin;
}

/* Both backends run the same epoch of a fit in each pair; which of them comes first alternates. */
static void time_pairs(double ratio[PAIRS], struct trainer *const trainers[2], const struct job *job,
                       const struct job_spec *spec, const uint32_t *permutation) {
    for (unsigned pair = 0; pair < PAIRS; pair++) {
        double seconds[2];
        for (int i = 0; i < 2 && pair % spec->hyper.epochs == 0; i++)
            trainer_start(trainers[i], &job->row_list, permutation);
        for (unsigned i = 0; i < 2; i++)
            seconds[(pair + i) % 2] = epoch_seconds(trainers[(pair + i) % 2]);
        ratio[pair] = seconds[1] / seconds[0];
    }
}

static int slower(const char *data, char *const names[2], struct error *err) {
    struct job_spec spec;
    struct job job;
    struct trainer *trainers[2];
    double ratio[PAIRS];
    job_spec_defaults(&spec);
    spec.rows.data = data;
    spec.hyper.prefetch = PREFETCH_DEFAULT;
    if (job_open(&job, &spec, err) != 0) return -1;
    uint32_t *permutation = malloc(job.row_list.n * sizeof *permutation);
    if (!permutation) return fail_program(err, "out of memory");
    epoch_permutation(permutation, job.row_list.n, epoch_seed(spec.hyper.seed, spec.hyper.compat));
    for (int i = 0; i < 2; i++) {
        const struct backend *backend = backend_find(names[i]);
        if (!backend) return fail(err, "there is no backend '%s'", names[i]);
        trainers[i] = trainer_new(job.row_list.n, job.ds.d, &spec.hyper, backend, err);
        if (!trainers[i]) return -1;
    }
    time_pairs(ratio, trainers, &job, &spec, permutation);
    qsort(ratio, PAIRS, sizeof *ratio, ascending);
    printf("%.2f\n", 100.0 * (ratio[PAIRS / 2] - 1.0));
    return 0;
}

int main(int argc, char **argv) {
    struct error err;
    if (argc == 4 && slower(argv[1], argv + 2, &err) == 0) return 0;
    fprintf(stderr, "slower: %s\n", argc == 4 ? err.text : "takes DATA BASE OTHER");
    return 2;
}
