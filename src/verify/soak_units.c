/* SPDX-License-Identifier: MIT */
/* What repeats: the list of units, their answers, and what a step of each costs. */
#include "base/clock.h"
#include "base/pages.h"
#include "machine/binding.h"
#include "verify/soak_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *soak_unit_name(const struct soak_unit *unit) {
    return unit->kernel < 0 ? "fit" : kernel_names[unit->kernel];
}

static enum engine engine_of(size_t kernel) {
    switch (kernel_specs[kernel]->type) {
    case WEIGHTS_F32:
        return ENGINE_F32;
    case WEIGHTS_F64:
        return ENGINE_F64;
    default:
        return ENGINE_INT;
    }
}

static bool wanted(const struct soak *soak, enum engine engine) {
    return !soak->request->only || *soak->request->only == engine;
}

/* ---- The list ---- */

/* Has a unit of the list the same code already? Backends share the kernels of their base. */
static bool listed(const struct soak *soak, size_t count, size_t kernel, const struct backend *backend) {
    for (size_t i = 0; i < count; i++) {
        const struct soak_unit *one = &soak->units[i].is;
        if (one->kernel == (int)kernel &&
            kernel_specs[kernel]->pointer(one->backend) == kernel_specs[kernel]->pointer(backend))
            return true;
    }
    return false;
}

static void list_kernels(struct soak *soak, const struct backend *backend) {
    struct soak_outcome *outcome = soak->outcome;
    for (size_t kernel = 0; kernel < kernels_of(backend); kernel++) {
        if (soak->request->kernel >= 0 && soak->request->kernel != (int)kernel) continue;
        if (!wanted(soak, engine_of(kernel)) || listed(soak, outcome->unit_count, kernel, backend)) continue;
        soak->units[outcome->unit_count++].is =
            (struct soak_unit){.kernel = (int)kernel, .engine = engine_of(kernel), .backend = backend, .known = true};
    }
}

/* The fits of an engine, by each backend that differs in what it calls. */
static void list_fits(struct soak *soak, enum engine engine, const struct backend_list *all,
                      const struct backend **room) {
    struct backend_list chosen = {room, all->count};
    memcpy(room, all->list, all->count * sizeof *room);
    engine_backends(engine, &chosen);
    if (engine == ENGINE_F64) {
        room[0] = backend_scalar();
        chosen.count = 1;
    }
    for (size_t i = 0; i < chosen.count; i++)
        soak->units[soak->outcome->unit_count++].is =
            (struct soak_unit){.kernel = -1, .engine = engine, .backend = chosen.list[i], .known = true};
}

static int list_units(struct soak *soak, struct error *err) {
    const struct soak_request *request = soak->request;
    const struct backend **all = calloc(2 * backend_count, sizeof *all);
    soak->units = calloc(backend_count * (KERNEL_COUNT + ENGINES), sizeof *soak->units);
    if (!all || !soak->units) {
        free(all);
        return fail_program(err, "out of memory for what is soaked");
    }
    struct backend_list list = {all, 0};
    for (size_t i = 0; i < (request->backends ? request->backends->count : backend_count); i++) {
        const struct backend *backend = request->backends ? request->backends->list[i] : &backends[i];
        if (backend_state(backend) == BACKEND_OK) all[list.count++] = backend;
    }
    for (size_t i = 0; i < list.count; i++)
        list_kernels(soak, list.list[i]);
    for (int engine = 0; engine < ENGINES && request->kernel < 0; engine++)
        if (wanted(soak, (enum engine)engine) && soak->fits.answer[engine].decision)
            list_fits(soak, (enum engine)engine, &list, all + backend_count);
    free(all);
    if (soak->outcome->unit_count > 0) return 0;
    return fail(err, "%s: no chosen backend has this kernel",
                request->kernel < 0 ? "--isa" : kernel_names[request->kernel]);
}

/* ---- Answers ---- */

/* Computes the answers again if they are not the known ones: a core that is wrong now and then must not make them. */
static int make_block(struct soak *soak, size_t kernel, unsigned pattern, struct error *err) {
    enum { TRIES = 4 };
    struct soak_block *block = &soak->blocks[kernel][pattern];
    const uint64_t known = soak_known_answer(kernel, pattern);
    char *wrong = soak->outcome->reference;
    if (block->memory) return 0;
    if (soak_block_make(block, kernel, pattern, err) != 0) return -1;
    for (int i = 1; known != 0 && block->hash != known && i < TRIES; i++) {
        if (!wrong[0])
            snprintf(wrong, SOAK_WRONG_TEXT, "on PU %d the answers of %s have the hash %016llx, not %016llx",
                     current_pu(), kernel_names[kernel], (unsigned long long)block->hash, (unsigned long long)known);
        if (soak_block_restore(block, err) != 0) return -1;
        block->hash = soak_block_hash(block);
    }
    const size_t results = soak_block_results(block);
    if (results > soak->results_most) soak->results_most = results;
    return 0;
}

/* The answer of a backend without a promise of bits: what comes out twice, within the tolerance. Where that is the
 * block's own answer, it is known all the same. */
static int take_own_answer(struct unit *unit, unsigned pattern, struct error *err) {
    enum { TRIES = 8 };
    const struct soak_block *block = unit->block[pattern];
    const size_t size = soak_block_results(block);
    bool near = false;
    unsigned char *again = pages_new(size);
    unit->own[pattern] = pages_new(size);
    int bad = again && unit->own[pattern] ? 0 : fail_program(err, "out of memory for the answers of a kernel");
    for (int i = 0; i < TRIES && !bad; i++) {
        soak_block_run(block, unit->is.backend, unit->own[pattern]);
        soak_block_run(block, unit->is.backend, again);
        if (memcmp(unit->own[pattern], again, size) == 0) break;
    }
    pages_free(again, size);
    if (bad || memcmp(unit->own[pattern], soak_block_answers(block), size) == 0) return bad;
    unit->is.known = false;
    bad = soak_block_near(block, unit->own[pattern], &near, err);
    if (near) unit->answers[pattern] = unit->own[pattern]; /* otherwise every run of it is wrong */
    return bad;
}

static int prepare_kernel(struct soak *soak, struct unit *unit, struct error *err) {
    const size_t kernel = (size_t)unit->is.kernel;
    for (unsigned p = 0; p < SOAK_PATTERNS; p++) {
        if (make_block(soak, kernel, p, err) != 0) return -1;
        unit->block[p] = &soak->blocks[kernel][p];
        unit->answers[p] = soak_block_answers(unit->block[p]);
        if (unit->is.backend->parity != PARITY_BITS && take_own_answer(unit, p, err) != 0) return -1;
    }
    unit->calls = soak_block_calls(unit->block[0]);
    unit->multiplications = soak_block_multiplications(unit->block[0]);
    return 0;
}

static int prepare_fit(struct soak *soak, struct unit *unit, struct error *err) {
    unit->answer = &soak->fits.answer[unit->is.engine];
    unit->calls = 1;
    unit->multiplications = soak_fit_multiplications(&soak->fits, unit->is.engine);
    if (unit->is.backend->parity == PARITY_BITS || unit->is.engine == ENGINE_F64) return 0;
    unit->is.known = false;
    unit->answer = &unit->own_answer;
    return soak_fit_take(&soak->fits, unit->is.engine, unit->is.backend, &unit->own_answer, soak->outcome->reference,
                         err);
}

/* ---- Shares of the time ---- */

/* Fits take this share, if there are kernels too. */
#define FIT_SHARE 0.1
enum { MOST_STEPS = 64 };

/* Times a step of a unit, unseen by the outcome: the shortest of some, as others only make it longer. A kernel's step
 * is the mean of its patterns: some functions take longer for large numbers. */
static int measure_step(struct soak *soak, struct unit *unit, unsigned char *results, double *trace,
                        struct error *err) {
    enum { KERNEL_TRIES = 8, FIT_TRIES = 2 };
    struct soak_fit_outcome unused;
    const bool kernel = unit->is.kernel >= 0;
    unit->seconds = (double)INFINITY;
    for (int i = 0; i < (kernel ? KERNEL_TRIES : FIT_TRIES); i++) {
        const double begin = seconds_now();
        for (unsigned p = 0; p < SOAK_PATTERNS && kernel; p++)
            soak_block_run(unit->block[p], unit->is.backend, results);
        if (!kernel &&
            soak_fit_run(&soak->fits, unit->is.engine, unit->is.backend, unit->answer, trace, &unused, err) != 0)
            return -1;
        unit->seconds = fmin(unit->seconds, (seconds_now() - begin) / (kernel ? SOAK_PATTERNS : 1));
    }
    /* 20 us between two looks at the clock, which take some 25 ns. */
    const double steps = unit->seconds > 0.0 ? 2e-5 / unit->seconds : MOST_STEPS;
    unit->steps = steps < 1 ? 1 : steps > MOST_STEPS ? MOST_STEPS : (unsigned)steps;
    return 0;
}

static int measure_steps(struct soak *soak, struct error *err) {
    const size_t room = soak->results_most + 1;
    unsigned char *results = pages_new(room);
    double *trace = malloc((soak->fits.rows.n + 1) * sizeof *trace);
    int bad = results && trace ? 0 : fail_program(err, "out of memory for the results of a core");
    for (size_t i = 0; i < soak->outcome->unit_count && !bad; i++)
        bad = measure_step(soak, &soak->units[i], results, trace, err);
    pages_free(results, room);
    free(trace);
    return bad;
}

/* Kernels get the time for equally many multiplications (pixels, where there are none), so that the same rate of errors
 * shows in each of them as soon. Fits get time by what one costs. */
static void share_time(struct soak *soak) {
    const size_t count = soak->outcome->unit_count;
    double kernels = 0, fits = 0;
    for (size_t i = 0; i < count; i++) {
        struct unit *unit = &soak->units[i];
        const double pixels = unit->is.kernel >= 0 ? (double)(SOAK_ROWS * unit->block[0]->length) : 1.0;
        const double work = unit->multiplications > 0 ? (double)unit->multiplications : pixels;
        unit->share = unit->is.kernel >= 0 ? unit->seconds / work : unit->seconds;
        *(unit->is.kernel >= 0 ? &kernels : &fits) += unit->share;
    }
    const double fit_share = kernels > 0 && fits > 0 ? FIT_SHARE : fits > 0 ? 1.0 : 0.0;
    for (size_t i = 0; i < count; i++) {
        struct unit *unit = &soak->units[i];
        const bool kernel = unit->is.kernel >= 0;
        unit->share *= kernel ? (1.0 - fit_share) / kernels : fit_share / fits;
    }
}

/* The widest kernel that computes: decisions, else sums, by the last backend. */
static size_t find_hottest(const struct soak *soak) {
    size_t hottest = soak->outcome->unit_count - 1;
    for (size_t i = 0; i < soak->outcome->unit_count; i++)
        if (soak->units[i].is.kernel == KERNEL_decision_u8f32) hottest = i;
    return hottest;
}

int soak_units_make(struct soak *soak, struct error *err) {
    if (list_units(soak, err) != 0) return -1;
    for (size_t i = 0; i < soak->outcome->unit_count; i++) {
        struct unit *unit = &soak->units[i];
        if ((unit->is.kernel >= 0 ? prepare_kernel(soak, unit, err) : prepare_fit(soak, unit, err)) != 0) return -1;
    }
    if (measure_steps(soak, err) != 0) return -1;
    share_time(soak);
    soak->hottest = find_hottest(soak);
    return 0;
}

void soak_units_free(struct soak *soak) {
    for (size_t i = 0; i < soak->outcome->unit_count && soak->units; i++) {
        for (unsigned p = 0; p < SOAK_PATTERNS; p++)
            if (soak->units[i].own[p]) pages_free(soak->units[i].own[p], soak_block_results(soak->units[i].block[p]));
        soak_answer_free(&soak->units[i].own_answer);
    }
    for (size_t kernel = 0; kernel < KERNEL_COUNT; kernel++)
        for (unsigned p = 0; p < SOAK_PATTERNS; p++)
            soak_block_free(&soak->blocks[kernel][p]);
    free(soak->units);
    soak->units = NULL;
}
