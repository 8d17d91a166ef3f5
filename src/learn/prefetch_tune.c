/* SPDX-License-Identifier: MIT */
#include "learn/prefetch_tune.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>

/* The default comes first. Rows in the caches want a short distance. Rows in memory want overlapping page walks, and
 * more lines in flight than L1 has fill buffers, hence L2 distances. */
static const struct prefetch choices[] = {{8, 1, 0}, {8, 16, 0}, {4, 8, 32}, {4, 64, 32}};

enum { CHOICES = sizeof choices / sizeof *choices, ROUNDS = 9, FEWEST_ROUNDS = 5, MOST_ROWS = 2048, WARM_UPS = 3 };

static const double limit = 0.03;              /* seconds after which no round starts */
static const double cache_bytes = 0x1p20 * 64; /* rows of no more bytes are taken to fit the caches */

static int compare_times(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

struct trials {
    struct trainer *trainer[CHOICES];
    struct row_ref *at;    /* [n] rows, drawn anew for every trial */
    uint32_t *permutation; /* [n] */
    size_t n;
    double seconds[CHOICES][ROUNDS];
    int rounds;
    volatile uint64_t read; /* keeps the reads that warm the caches */
};

static void trials_free(struct trials *trials) {
    for (int c = 0; c < CHOICES; c++)
        trainer_free(trials->trainer[c]);
    free(trials->at);
    free(trials->permutation);
}

static int trials_new(struct trials *trials, const struct hyper *hyper, const struct row_list *row_list,
                      const struct backend *backend, struct error *err) {
    *trials = (struct trials){.n = row_list->n < MOST_ROWS ? row_list->n : MOST_ROWS};
    trials->at = malloc(trials->n * sizeof *trials->at);
    trials->permutation = malloc(trials->n * sizeof *trials->permutation);
    int bad = trials->at && trials->permutation ? 0 : fail_program(err, "out of memory");
    for (int c = 0; c < CHOICES && !bad; c++) {
        struct hyper one = *hyper;
        one.epochs = 1;
        one.prefetch = choices[c];
        trials->trainer[c] = trainer_new(trials->n, row_list->ds->d, &one, backend, err);
        bad = trials->trainer[c] ? 0 : -1;
    }
    if (bad)
        trials_free(trials);
    else
        epoch_permutation(trials->permutation, trials->n, 1);
    return bad;
}

/* Times one epoch on rows drawn from all the data, so that earlier trials have not cached them. */
static double trial(struct trials *trials, struct trainer *trainer, const struct row_list *row_list, uint64_t *draw) {
    for (size_t i = 0; i < trials->n; i++) {
        *draw = *draw * 6364136223846793005ULL + 1442695040888963407ULL; /* Knuth's MMIX generator */
        trials->at[i] = row_list->at[(*draw >> 32) * row_list->n >> 32];
    }
    const struct row_list some = {row_list->ds, trials->at, trials->n};
    trainer_start(trainer, &some, trials->permutation);
    double begin = seconds_now();
    trainer_epoch(trainer);
    return seconds_now() - begin;
}

static double median(double *seconds, int count) {
    qsort(seconds, (size_t)count, sizeof *seconds, compare_times);
    return seconds[count / 2];
}

static int best_choice(struct trials *trials) {
    bool better[CHOICES] = {false};
    for (int c = 1; c < CHOICES; c++) {
        int wins = 0;
        for (int r = 0; r < trials->rounds; r++)
            wins += trials->seconds[c][r] < trials->seconds[0][r];
        better[c] = trials->rounds >= FEWEST_ROUNDS && wins >= trials->rounds - 1;
    }
    int best = 0;
    double least = (double)INFINITY;
    for (int c = 1; c < CHOICES; c++) {
        double time = better[c] ? median(trials->seconds[c], trials->rounds) : (double)INFINITY;
        if (time >= least) continue;
        least = time;
        best = c;
    }
    return best;
}

int prefetch_tune(struct hyper *hyper, const struct row_list *row_list, const struct backend *backend, double *seconds,
                  struct error *err) {
    *seconds = 0;
    if (hyper->prefetch.l1 != 0) return 0;
    struct trials trials;
    uint64_t draw = 1;
    double begin = seconds_now();
    if (trials_new(&trials, hyper, row_list, backend, err) != 0) return -1;
    /* Rows that fit the caches are there in all epochs but the first. Some caches keep a line only when it is read
     * again. */
    bool cached = row_bytes(row_list->ds, hyper->engine, backend) * (double)row_list->n <= cache_bytes;
    for (int pass = 0; cached && pass < WARM_UPS; pass++)
        trials.read = row_list_read(row_list, hyper->engine, backend);
    for (int c = 0; c < CHOICES; c++)
        trial(&trials, trials.trainer[c], row_list, &draw); /* not counted: it faults in the pages */
    while (trials.rounds < ROUNDS && seconds_now() - begin < limit) {
        for (int c = 0; c < CHOICES; c++)
            trials.seconds[c][trials.rounds] = trial(&trials, trials.trainer[c], row_list, &draw);
        trials.rounds++;
    }
    hyper->prefetch = choices[best_choice(&trials)];
    trials_free(&trials);
    *seconds = seconds_now() - begin;
    return 0;
}
