/* SPDX-License-Identifier: MIT */
#include "verify/soak_fits.h"

#include "base/hash.h"
#include "machine/binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2.7 MB of rows: more than most L2 caches hold, and a fit still takes milliseconds. */
#define BUILT_IN "synthetic:n=4000,d=784,seed=1"
enum { BUILT_IN_EPOCHS = 2 };

/* ---- Running a fit ---- */

static struct trainer *start(const struct soak_fits *fits, enum engine engine, const struct backend *backend,
                             struct error *err) {
    struct hyper hyper = fits->hyper;
    hyper.engine = engine;
    struct trainer *trainer = trainer_new(fits->rows.n, fits->rows.ds->d, &hyper, backend, err);
    if (trainer) trainer_start(trainer, &fits->rows, fits->permutation);
    return trainer;
}

/* The fingerprint of what the trainer holds now; 0: the fit diverged. */
static int fingerprint(const struct soak_fits *fits, enum engine engine, const struct trainer *trainer, uint64_t *to,
                       struct error *err) {
    struct model model;
    struct error why;
    struct hyper hyper = fits->hyper;
    hyper.engine = engine;
    if (model_new(&model, fits->rows.ds->d, &hyper, err) != 0) return -1;
    int bad = trainer_model(trainer, &model, &why);
    *to = bad ? 0 : model.fingerprint;
    model_free(&model);
    return bad && why.kind == ERROR_PROGRAM ? fail_as(err, why.kind, "%.1000s", why.text) : 0;
}

/* The first position at which the bits differ; n: nowhere. */
static size_t first_difference(const double *a, const double *b, size_t n) {
    if (memcmp(a, b, n * sizeof *a) == 0) return n;
    size_t i = 0;
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): compares bits on purpose */
    while (i < n && memcmp(&a[i], &b[i], sizeof *a) == 0)
        i++;
    return i;
}

static void note_decision(const struct soak_fits *fits, struct soak_fit_outcome *outcome, unsigned epoch, size_t at,
                          const double *got, const double *right) {
    *outcome = (struct soak_fit_outcome){.wrong = true, .epoch = epoch};
    outcome->row = fits->visited[epoch * fits->rows.n + at];
    memcpy(&outcome->got, &got[at], sizeof outcome->got);
    memcpy(&outcome->right, &right[at], sizeof outcome->right);
}

int soak_fit_run(const struct soak_fits *fits, enum engine engine, const struct backend *backend,
                 const struct soak_answer *answer, double *trace, struct soak_fit_outcome *outcome, struct error *err) {
    const size_t n = fits->rows.n;
    struct trainer *trainer = start(fits, engine, backend, err);
    if (!trainer) return -1;
    *outcome = (struct soak_fit_outcome){0};
    unsigned epoch = 0;
    for (; trainer_more(trainer) && epoch < answer->epochs && !outcome->wrong; epoch++) {
        const double *right = answer->decision + epoch * n;
        trainer_epoch_traced(trainer, trace);
        const size_t at = first_difference(trace, right, n);
        if (at < n) note_decision(fits, outcome, epoch, at, trace, right);
    }
    uint64_t got = 0;
    int bad = outcome->wrong ? 0 : fingerprint(fits, engine, trainer, &got, err);
    const bool as_long = epoch == answer->epochs && !trainer_more(trainer);
    if (!bad && !outcome->wrong && (got != answer->fingerprint || !as_long))
        *outcome = (struct soak_fit_outcome){
            .wrong = true, .model = true, .epoch = epoch > 0 ? epoch - 1 : 0, .got = got, .right = answer->fingerprint};
    trainer_free(trainer);
    return bad;
}

/* Trains and keeps what comes out; `visited` too, unless it is NULL. */
static int take(const struct soak_fits *fits, enum engine engine, const struct backend *backend,
                struct soak_answer *taken, uint32_t *visited, struct error *err) {
    const size_t n = fits->rows.n;
    *taken = (struct soak_answer){.decision = calloc(fits->hyper.epochs, n * sizeof *taken->decision)};
    if (!taken->decision)
        return fail_program(err, "out of memory for the decisions of %u epochs of %zu rows", fits->hyper.epochs, n);
    struct trainer *trainer = start(fits, engine, backend, err);
    if (!trainer) return -1;
    for (; trainer_more(trainer); taken->epochs++) {
        trainer_epoch_traced(trainer, taken->decision + taken->epochs * n);
        for (size_t i = 0; visited && i < n; i++)
            visited[taken->epochs * n + i] = trainer_visited(trainer, i);
    }
    int bad = fingerprint(fits, engine, trainer, &taken->fingerprint, err);
    trainer_free(trainer);
    return bad;
}

/* take, and the same fit once more: a core that is wrong now and then must not make the answer. What differs is told in
 * wrong[], unless something is there. */
static int take_agreed(const struct soak_fits *fits, enum engine engine, const struct backend *backend,
                       struct soak_answer *taken, uint32_t *visited, char wrong[SOAK_WRONG_TEXT], struct error *err) {
    enum { TRIES = 4 };
    struct soak_fit_outcome again = {.wrong = true};
    double *trace = malloc(fits->rows.n * sizeof *trace);
    if (!trace) return fail_program(err, "out of memory for the decisions of %zu rows", fits->rows.n);
    int bad = 0;
    for (int i = 0; i < TRIES && again.wrong && !bad; i++) {
        soak_answer_free(taken);
        bad = take(fits, engine, backend, taken, visited, err);
        if (!bad) bad = soak_fit_run(fits, engine, backend, taken, trace, &again, err);
        if (!bad && again.wrong && !wrong[0])
            snprintf(wrong, SOAK_WRONG_TEXT, "two fits by %s/%s on PU %d differ", engine_names[engine],
                     engine_backend_name(engine, backend), current_pu());
    }
    free(trace);
    return bad;
}

int soak_fit_take(const struct soak_fits *fits, enum engine engine, const struct backend *backend,
                  struct soak_answer *taken, char wrong[SOAK_WRONG_TEXT], struct error *err) {
    return take_agreed(fits, engine, backend, taken, NULL, wrong, err);
}

void soak_answer_free(struct soak_answer *answer) {
    free(answer->decision);
    *answer = (struct soak_answer){0};
}

/* ---- The rows and their answers ---- */

static int load_built_in(struct soak_fits *fits, struct error *err) {
    if (dataset_load(&fits->built_in, BUILT_IN, SPLIT_TRAIN, err) != 0) return -1;
    struct dataset *ds = &fits->built_in;
    packed_make(&ds->packed, ds);
    fits->at = malloc(ds->n * sizeof *fits->at);
    if (!fits->at) return fail_program(err, "out of memory for %zu rows", ds->n);
    for (uint32_t row = 0; row < ds->n; row++)
        row_refs_fill(&fits->at[row], ds, &row, 1, 5);
    fits->rows = (struct row_list){ds, fits->at, ds->n};
    return 0;
}

static void compare_known(const struct soak_fits *fits, char wrong[SOAK_WRONG_TEXT]) {
    for (int engine = 0; engine < ENGINES; engine++) {
        const uint64_t got = fits->answer[engine].fingerprint, known = soak_known_fingerprint((enum engine)engine);
        if (got == known || wrong[0]) continue;
        snprintf(wrong, SOAK_WRONG_TEXT, "a fit by %s/scalar has the fingerprint %016llx, not %016llx",
                 engine_names[engine], (unsigned long long)got, (unsigned long long)known);
    }
}

static int train_answers(struct soak_fits *fits, char wrong[SOAK_WRONG_TEXT], struct error *err) {
    for (int e = 0; e < ENGINES; e++) {
        const enum engine engine = (enum engine)e;
        struct hyper hyper = fits->hyper;
        hyper.engine = engine;
        if (engine_possible(&hyper, fits->rows.n, NULL) != 0) continue;
        uint32_t *visited = engine == ENGINE_F32 ? fits->visited : NULL;
        if (take_agreed(fits, engine, backend_scalar(), &fits->answer[e], visited, wrong, err) != 0) return -1;
    }
    return 0;
}

int soak_fits_make(struct soak_fits *fits, const struct row_list *rows, const struct hyper *hyper,
                   char wrong[SOAK_WRONG_TEXT], struct error *err) {
    *fits = (struct soak_fits){.hyper = hyper ? *hyper : hyper_defaults(ENGINE_F32)};
    if (!hyper) fits->hyper.epochs = BUILT_IN_EPOCHS;
    if (rows)
        fits->rows = *rows;
    else if (load_built_in(fits, err) != 0)
        return -1;
    const size_t n = fits->rows.n;
    fits->permutation = malloc(n * sizeof *fits->permutation);
    fits->visited = calloc(fits->hyper.epochs, n * sizeof *fits->visited);
    if (!fits->permutation || !fits->visited) return fail_program(err, "out of memory for the order of %zu rows", n);
    hyper_permutation(fits->permutation, n, &fits->hyper);
    if (train_answers(fits, wrong, err) != 0) return -1;
    fits->hash = soak_fits_hash(fits);
    if (!rows && !hyper) compare_known(fits, wrong);
    return 0;
}

void soak_fits_free(struct soak_fits *fits) {
    for (int engine = 0; engine < ENGINES; engine++)
        soak_answer_free(&fits->answer[engine]);
    free(fits->permutation);
    free(fits->visited);
    free(fits->at);
    if (fits->built_in.n > 0) dataset_free(&fits->built_in);
    *fits = (struct soak_fits){0};
}

uint64_t soak_fits_hash(const struct soak_fits *fits) {
    const struct dataset *ds = fits->rows.ds;
    uint64_t hash = fnv1a(FNV_START, ds->pixels, ds->n * ds->stride);
    if (ds->packed.blocks > 0) hash = fnv1a(hash, ds->packed.bytes, ds->packed.size);
    return fnv1a(hash, fits->rows.at, fits->rows.n * sizeof *fits->rows.at);
}

uint64_t soak_fit_multiplications(const struct soak_fits *fits, enum engine engine) {
    return (uint64_t)fits->answer[engine].epochs * fits->rows.n * fits->rows.ds->width;
}
