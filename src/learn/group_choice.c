/* SPDX-License-Identifier: MIT */
#include "learn/group_choice.h"

#include "base/clock.h"
#include "learn/shuffle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAIRS = 15,       /* timings of both, at most */
    NEEDED = 12,      /* of them that one by one must win */
    SLICE_ROWS = 256, /* rows of a timing: its fits read a slice each when one by one, and one slice together */
    SLICES = MODELS_MOST + 1
};
static const double LONGEST = 0.05; /* seconds */

bool group_is_decided(unsigned pairs, unsigned lost) {
    return pairs == PAIRS || pairs - lost > PAIRS - NEEDED;
}

void group_rule(struct group_choice *choice, unsigned most, unsigned pairs, unsigned lost, double ratio) {
    const bool alone = pairs == PAIRS && lost >= NEEDED;
    choice->models = alone ? 1 : most;
    if (alone)
        snprintf(choice->reason, GROUP_REASON, "by measurement: one by one was faster in %u of %u timings", lost,
                 pairs);
    else if (!group_is_decided(pairs, lost))
        snprintf(choice->reason, GROUP_REASON, "by default: %u timings in 50 ms do not decide", pairs);
    else
        snprintf(choice->reason, GROUP_REASON, "by default: %.2f times as fast as one by one, median of %u timings",
                 ratio, pairs);
}

/* The rows and fits of the timings. */
struct trial {
    const struct group_question *question;
    unsigned models;
    size_t n;           /* rows of a slice */
    uint32_t *order;    /* [rows] in which the slices follow each other */
    uint32_t *as_given; /* [n] the permutation that changes nothing */
    struct row_ref *at; /* [SLICES][n] */
    struct group *together;
    struct trainer *alone[MODELS_MOST];
    size_t next; /* row of `order` */
};

static void trial_free(struct trial *trial) {
    for (unsigned m = 0; m < trial->models; m++)
        trainer_free(trial->alone[m]);
    group_free(trial->together);
    free(trial->order);
    free(trial->as_given);
    free(trial->at);
}

/* trial_free releases the trial, also after a failure. */
static int trial_make(struct trial *trial, struct error *err) {
    const struct row_list *rows = trial->question->rows;
    struct hyper hyper[MODELS_MOST];
    trial->n = rows->n < SLICE_ROWS ? rows->n : SLICE_ROWS;
    trial->order = malloc(rows->n * sizeof *trial->order);
    trial->as_given = malloc(trial->n * sizeof *trial->as_given);
    trial->at = malloc(SLICES * trial->n * sizeof *trial->at);
    if (!trial->order || !trial->as_given || !trial->at)
        return fail_program(err, "out of memory for %zu rows", rows->n);
    hyper_permutation(trial->order, rows->n, trial->question->hyper);
    for (size_t i = 0; i < trial->n; i++)
        trial->as_given[i] = (uint32_t)i;
    for (unsigned m = 0; m < trial->models; m++)
        hyper[m] = *trial->question->hyper;
    trial->together = group_new(trial->models, trial->n, rows->ds->d, hyper, trial->question->backend, err);
    for (unsigned m = 0; m < trial->models && trial->together; m++) {
        trial->alone[m] = trainer_new(trial->n, rows->ds->d, hyper, trial->question->backend, err);
        if (!trial->alone[m]) return -1;
    }
    return trial->together ? 0 : -1;
}

/* The next rows, with the labels of one fit: so that updates are as rare as in a real one. */
static struct row_list next_slice(struct trial *trial, unsigned slice, unsigned fit) {
    const struct row_list *rows = trial->question->rows;
    struct row_ref *at = trial->at + slice * trial->n;
    for (size_t i = 0; i < trial->n; i++) {
        at[i] = rows->at[trial->order[(trial->next + i) % rows->n]];
        at[i].positive = rows->ds->labels[at[i].row] == fit % 10;
    }
    trial->next += trial->n;
    return (struct row_list){rows->ds, at, trial->n};
}

static double time_together(struct trial *trial) {
    struct row_list lists[MODELS_MOST];
    const struct row_list slice = next_slice(trial, 0, 0);
    for (unsigned m = 0; m < trial->models; m++)
        lists[m] = slice;
    group_start(trial->together, lists, trial->as_given);
    const double begin = seconds_now();
    group_epoch(trial->together);
    return seconds_now() - begin;
}

/* Each fit reads rows that none before it has brought into the caches. */
static double time_alone(struct trial *trial) {
    struct row_list lists[MODELS_MOST];
    for (unsigned m = 0; m < trial->models; m++) {
        lists[m] = next_slice(trial, m + 1, m);
        trainer_start(trial->alone[m], &lists[m], trial->as_given);
    }
    const double begin = seconds_now();
    for (unsigned m = 0; m < trial->models; m++)
        trainer_epoch(trial->alone[m]);
    return seconds_now() - begin;
}

static int by_size(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void try_both(struct group_choice *choice, struct trial *trial) {
    double ratio[PAIRS];
    unsigned pairs = 0, lost = 0;
    const double begin = seconds_now();
    (void)time_together(trial); /* memory at its first touch */
    (void)time_alone(trial);
    while (!group_is_decided(pairs, lost) && seconds_now() - begin < LONGEST) {
        double together = 0.0, alone = 0.0;
        if (pairs % 2) alone = time_alone(trial);
        together = time_together(trial);
        if (pairs % 2 == 0) alone = time_alone(trial);
        lost += alone < together;
        ratio[pairs++] = alone / together;
    }
    qsort(ratio, pairs, sizeof *ratio, by_size);
    group_rule(choice, trial->models, pairs, lost, pairs > 0 ? ratio[pairs / 2] : 1.0);
}

static void choose_one(struct group_choice *choice, const char *reason) {
    choice->models = 1;
    snprintf(choice->reason, GROUP_REASON, "%s", reason);
}

int group_choose(struct group_choice *choice, const struct group_question *question, struct error *err) {
    if (question->most <= 1) {
        choose_one(choice, "each fit has an order of rows of its own");
        return 0;
    }
    const size_t most = question->most < MODELS_MOST ? question->most : MODELS_MOST;
    if (question->asked > 0) {
        choose_one(choice, "as asked");
        choice->models = question->asked < most ? question->asked : (unsigned)most;
        return 0;
    }
    if (question->hyper->engine == ENGINE_F32 && question->backend->parity != PARITY_BITS) {
        choose_one(choice, "the backend does not promise the bits of each fit alone");
        return 0;
    }
    struct trial trial = {.question = question, .models = (unsigned)most};
    const int bad = trial_make(&trial, err);
    if (!bad) try_both(choice, &trial);
    trial_free(&trial);
    return bad;
}
