/* SPDX-License-Identifier: MIT */
#include "verify/soak.h"

#include "base/clock.h"
#include "base/pages.h"
#include "machine/binding.h"
#include "verify/soak_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *const soak_state_names[SOAK_STATES] = {"alone", "all", "bursts", "cooling"};
const char *const soak_cause_names[SOAK_CAUSES] = {"core", "memory", "everywhere", "once", "not repeated"};

/* A round takes a third of the soak, but no more than a minute, so that every state comes again and again. Of a round,
 * each state takes its share; the cores are alone one after the other. */
enum { ROUNDS = 3, ROUND_SECONDS = 60 };
static const double state_share[SOAK_STATES] = {0.3, 0.35, 0.2, 0.15};
#define HEAT_SHARE   0.3  /* of the state `cooling` */
#define RETEST_SHARE 0.25 /* of the soak, at most */

/* ---- Rounds ---- */

static void tell_progress(const struct soak *soak) {
    const double all = soak->request->seconds * 1e3, done = (seconds_now() - soak->begin) * 1e3;
    progress_tell(soak->request->progress, (size_t)fmin(done, all), (size_t)all);
}

static void prepare_tour(struct soak *soak, enum soak_state state, double seconds) {
    soak->orders.state = state;
    soak->orders.seconds = seconds;
    soak->orders.until = (double)INFINITY;
    soak->orders.heat_until = 0;
    for (size_t w = 0; w < soak->outcome->core_count; w++)
        soak_tour_begin(&soak->workers[w], seconds);
}

static void note_heat(struct soak *soak) {
    for (size_t w = 0; w < soak->outcome->core_count; w++) {
        struct soak_core *core = &soak->outcome->cores[w];
        core->celsius_most = fmax(core->celsius_most, sensors_celsius(&soak->sensors, soak->package[w]));
    }
}

/* What follows a run: what was wrong is repeated, which spoils no tour. */
static int after_run(struct soak *soak, struct error *err) {
    note_heat(soak);
    tell_progress(soak);
    return soak_settle(soak, err);
}

static int run_alone(struct soak *soak, double seconds, struct error *err) {
    const size_t count = soak->outcome->core_count;
    for (size_t i = 0; i < count && !soak_over(soak); i++) {
        prepare_tour(soak, SOAK_ALONE, seconds / (double)count);
        if (soak_work_alone(&soak->workers[i], err) != 0 || after_run(soak, err) != 0) return -1;
    }
    return 0;
}

static int run_all(struct soak *soak, double seconds, struct error *err) {
    prepare_tour(soak, SOAK_ALL, seconds);
    return soak_work_together(soak, err) != 0 ? -1 : after_run(soak, err);
}

static void be_idle(double seconds) {
    const struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = (long)(fmod(seconds, 1.0) * 1e9)};
    nanosleep(&time, NULL);
}

static bool tours_done(const struct soak *soak) {
    for (size_t w = 0; w < soak->outcome->core_count; w++)
        if (soak->workers[w].left > 0) return false;
    return true;
}

/* Half of the time the cores are idle. What is wrong is repeated after the last burst, whose tours it would end. */
static int run_bursts(struct soak *soak, double seconds, struct error *err) {
    static const double lengths[] = {1e-3, 2e-3, 5e-3, 10e-3, 20e-3};
    prepare_tour(soak, SOAK_BURSTS, seconds / 2);
    for (size_t i = 0; !tours_done(soak) && !soak_over(soak); i++) {
        const double length = lengths[i % (sizeof lengths / sizeof *lengths)];
        be_idle(length);
        soak->orders.until = seconds_now() + length;
        if (soak_work_together(soak, err) != 0) return -1;
        tell_progress(soak);
    }
    return after_run(soak, err);
}

static int run_cooling(struct soak *soak, double seconds, struct error *err) {
    prepare_tour(soak, SOAK_COOLING, seconds * (1.0 - HEAT_SHARE));
    soak->orders.heat_until = seconds_now() + seconds * HEAT_SHARE;
    return soak_work_together(soak, err) != 0 ? -1 : after_run(soak, err);
}

/* The first tour of all cores is completed in any case: whatever the time, each core meets each unit once. */
static int run_rounds(struct soak *soak, struct error *err) {
    static const enum soak_state order[SOAK_STATES] = {SOAK_ALL, SOAK_ALONE, SOAK_BURSTS, SOAK_COOLING};
    static int (*const run_state[SOAK_STATES])(struct soak *, double, struct error *) = {
        [SOAK_ALONE] = run_alone, [SOAK_ALL] = run_all, [SOAK_BURSTS] = run_bursts, [SOAK_COOLING] = run_cooling};
    const double round = fmin(soak->request->seconds / ROUNDS, ROUND_SECONDS);
    do {
        for (int i = 0; i < SOAK_STATES && !soak_over(soak); i++) {
            if (run_state[order[i]](soak, round * state_share[order[i]], err) != 0) return -1;
            soak->complete = true;
        }
        soak->outcome->rounds += !soak_over(soak);
    } while (!soak_over(soak));
    return soak_settle(soak, err); /* what the last repetitions themselves have found */
}

/* ---- Cores ---- */

static int make_cores(struct soak *soak, struct error *err) {
    struct soak_outcome *outcome = soak->outcome;
    const struct placement *cores = soak->request->cores;
    outcome->cores = calloc(cores->count, sizeof *outcome->cores);
    soak->package = calloc(cores->count, sizeof *soak->package);
    soak->throttles = calloc(cores->count, sizeof *soak->throttles);
    if (!outcome->cores || !soak->package || !soak->throttles)
        return fail_program(err, "out of memory for %zu cores", cores->count);
    outcome->core_count = cores->count;
    sensors_find(&soak->sensors, "");
    for (size_t c = 0; c < cores->count; c++) {
        const struct slot *slot = &cores->slots[c];
        struct pu_facts facts;
        sensors_pu(&soak->sensors, slot->pu_os, &facts);
        soak->package[c] = facts.package;
        soak->throttles[c] = facts.throttles;
        struct soak_core *core = &outcome->cores[c];
        *core = (struct soak_core){.pu_os = slot->pu_os, .core = slot->core, .package = slot->package};
        core->ghz_least = core->ghz_most = core->celsius_most = (double)NAN;
        core->verdict = SOAK_CAUSES;
        memcpy(core->microcode, facts.microcode, sizeof core->microcode);
        memcpy(core->ppin, facts.ppin, sizeof core->ppin);
    }
    return 0;
}

static int make_workers(struct soak *soak, struct error *err) {
    struct soak_outcome *outcome = soak->outcome;
    const size_t cores = outcome->core_count, units = outcome->unit_count, n = soak->fits.rows.n;
    soak->workers = calloc(cores, sizeof *soak->workers);
    outcome->ran = calloc(cores, units * sizeof *outcome->ran);
    if (!soak->workers || !outcome->ran) return fail_program(err, "out of memory for %zu cores", cores);
    for (size_t w = 0; w < cores; w++) {
        struct soak_worker *worker = &soak->workers[w];
        *worker = (struct soak_worker){.soak = soak,
                                       .index = w,
                                       .slot = &soak->request->cores->slots[w],
                                       .results = pages_new(soak->results_most + 1),
                                       .trace = malloc((n + 1) * sizeof *worker->trace),
                                       .ran = outcome->ran + w * units,
                                       .core = &outcome->cores[w],
                                       .noted = calloc(units, sizeof *worker->noted)};
        if (!worker->results || !worker->trace || !worker->noted)
            return fail_program(err, "out of memory for the results of %zu cores", cores);
    }
    return 0;
}

/* ---- The outcome ---- */

static int list_outcome_units(struct soak *soak, struct error *err) {
    struct soak_outcome *outcome = soak->outcome;
    outcome->units = calloc(outcome->unit_count, sizeof *outcome->units);
    if (!outcome->units) return fail_program(err, "out of memory for the outcome");
    for (size_t u = 0; u < outcome->unit_count; u++)
        outcome->units[u] = soak->units[u].is;
    for (int engine = 0; engine < ENGINES; engine++)
        outcome->fingerprint[engine] = soak->fits.answer[engine].fingerprint;
    return 0;
}

static void conclude(struct soak *soak) {
    struct soak_outcome *outcome = soak->outcome;
    outcome->seconds = seconds_now() - soak->begin;
    outcome->stopped = atomic_load(&soak->stopped);
    for (size_t c = 0; c < outcome->core_count; c++) {
        struct soak_core *core = &outcome->cores[c];
        struct pu_facts facts;
        for (int state = 0; state < SOAK_STATES; state++) {
            outcome->calls += core->state[state].calls;
            outcome->wrong += core->state[state].wrong;
        }
        outcome->multiplications += core->multiplications;
        outcome->fits += core->fits;
        sensors_pu(&soak->sensors, core->pu_os, &facts);
        core->throttles = facts.throttles < 0 || soak->throttles[c] < 0 ? -1 : facts.throttles - soak->throttles[c];
        core->verdict = soak_verdict(outcome, c);
    }
}

/* Computes the answers of the fits, bound to the first core; where something was wrong with them, on the next one. */
static int prepare_fits(struct soak *soak, struct error *err) {
    enum { TRIES = 4 };
    const struct soak_request *request = soak->request;
    char *reference = soak->outcome->reference;
    for (size_t c = 0; c < request->cores->count && c < TRIES; c++) {
        char wrong[SOAK_WRONG_TEXT] = "";
        soak_fits_free(&soak->fits);
        if (bind_worker(request->topology, &request->cores->slots[c], err) != 0 ||
            soak_fits_make(&soak->fits, request->rows, request->hyper, wrong, err) != 0)
            return -1;
        if (!wrong[0]) break;
        if (!reference[0]) snprintf(reference, SOAK_WRONG_TEXT, "%s", wrong);
    }
    return 0;
}

/* All that comes before the first round. */
static int prepare(struct soak *soak, struct error *err) {
    const struct soak_request *request = soak->request;
    if (bind_worker(request->topology, &request->cores->slots[0], err) != 0) return -1;
    if (request->kernel < 0 && prepare_fits(soak, err) != 0) return -1;
    if (soak_units_make(soak, err) != 0 || make_cores(soak, err) != 0) return -1;
    return make_workers(soak, err) != 0 ? -1 : list_outcome_units(soak, err);
}

/* Starts the threads, goes through the rounds and ends the threads. */
static int run(struct soak *soak, struct error *err) {
    const struct worker_task task = {.set_up = soak_pool_set_up, .work = soak_pool_work, .context = soak};
    soak->pool = worker_pool_new(soak->request->topology, soak->request->cores, &task, err);
    if (!soak->pool) return -1;
    soak->begin = seconds_now();
    soak->end = soak->begin + soak->request->seconds;
    soak->retest_left = RETEST_SHARE * soak->request->seconds;
    int bad = run_rounds(soak, err);
    if (!bad) conclude(soak);
    worker_pool_free(soak->pool);
    return bad;
}

static void release(struct soak *soak) {
    for (size_t w = 0; w < soak->outcome->core_count && soak->workers; w++) {
        pages_free(soak->workers[w].results, soak->results_most + 1);
        free(soak->workers[w].trace);
        free(soak->workers[w].noted);
    }
    free(soak->workers);
    free(soak->package);
    free(soak->throttles);
    soak_units_free(soak);
    soak_fits_free(&soak->fits);
    free(soak);
}

int soak_run(struct soak_outcome *outcome, const struct soak_request *request, struct error *err) {
    const char *no_binding = topology_no_binding(request->topology);
    *outcome = (struct soak_outcome){0};
    if (no_binding[0]) return fail(err, "cannot try one core after the other: %s", no_binding);
    if (!request->cores->available) return fail(err, "%s: %s", request->cores->name, request->cores->reason);
    struct soak *soak = calloc(1, sizeof *soak);
    if (!soak) return fail_program(err, "out of memory for a soak");
    soak->request = request;
    soak->outcome = outcome;
    struct affinity *saved = affinity_save(request->topology, err);
    int bad = saved ? 0 : -1;
    if (!bad) bad = prepare(soak, err);
    if (!bad) bad = run(soak, err);
    if (saved && affinity_restore(request->topology, saved, bad ? NULL : err) != 0) bad = -1;
    release(soak);
    if (bad) soak_outcome_free(outcome);
    return bad ? -1 : 0;
}

void soak_outcome_free(struct soak_outcome *outcome) {
    free(outcome->cores);
    free(outcome->units);
    free(outcome->ran);
    free(outcome->faults);
    *outcome = (struct soak_outcome){0};
}

double soak_value(const struct soak_fault *fault, uint64_t bits) {
    float f32;
    double f64;
    memcpy(&f32, &bits, sizeof f32); /* little-endian */
    memcpy(&f64, &bits, sizeof f64);
    return !fault->real ? (double)bits : fault->bytes == sizeof f32 ? (double)f32 : f64;
}

bool soak_passed(const struct soak_outcome *outcome) {
    return outcome->wrong == 0 && !outcome->reference[0];
}

double soak_bound(uint64_t n) {
    return n > 0 ? fmin(3.0 / (double)n, 1.0) : (double)NAN;
}

bool soak_only_loaded(const struct soak_core *core) {
    const struct soak_count *alone = &core->state[SOAK_ALONE];
    struct soak_count loaded = {0};
    for (int state = SOAK_ALL; state < SOAK_STATES; state++) {
        loaded.calls += core->state[state].calls;
        loaded.wrong += core->state[state].wrong;
    }
    if (alone->wrong > 0 || loaded.wrong == 0 || core->verdict == SOAK_MEMORY) return false;
    return (double)loaded.wrong / (double)loaded.calls * (double)alone->calls >= 3.0;
}
