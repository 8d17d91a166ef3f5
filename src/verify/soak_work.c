/* SPDX-License-Identifier: MIT */
/* What a worker does: steps of units, each compared with its answer, in slices of a tour. */
#include "base/clock.h"
#include "machine/binding.h"
#include "machine/clock.h"
#include "verify/soak_private.h"

#include <math.h>
#include <string.h>

bool soak_over(struct soak *soak) {
    if (atomic_load_explicit(&soak->stopped, memory_order_relaxed)) return true;
    if (soak->request->stop && soak->request->stop()) atomic_store(&soak->stopped, true);
    return atomic_load_explicit(&soak->stopped, memory_order_relaxed) || (soak->complete && seconds_now() >= soak->end);
}

/* ---- One step ---- */

static int step_kernel(struct soak_worker *worker, const struct unit *unit, struct soak_fault *fault) {
    const unsigned pattern = worker->pattern++ % SOAK_PATTERNS;
    const struct soak_block *block = unit->block[pattern];
    soak_block_run(block, unit->is.backend, worker->results);
    if (memcmp(worker->results, unit->answers[pattern], soak_block_results(block)) == 0) return 0;
    if (!fault) return 1;
    const struct soak_difference found = soak_block_difference(block, unit->answers[pattern], worker->results);
    fault->epoch = -1;
    fault->row = found.row;
    fault->element = found.element;
    fault->bytes = found.bytes;
    fault->real = found.real;
    fault->got = found.got;
    fault->right = found.right;
    return 1;
}

static int step_fit(struct soak_worker *worker, const struct unit *unit, struct soak_fault *fault, struct error *err) {
    const struct soak *soak = worker->soak;
    struct soak_fit_outcome found;
    if (soak_fit_run(&soak->fits, unit->is.engine, unit->is.backend, unit->answer, worker->trace, &found, err) != 0)
        return -1;
    worker->core->fits++;
    if (!found.wrong || !fault) return found.wrong;
    const uint32_t *names = soak->request->row_names;
    fault->epoch = (int)found.epoch;
    fault->row = names && !found.model ? names[found.row] : found.row;
    fault->element = found.model ? SOAK_MODEL : 0;
    fault->bytes = sizeof(double);
    fault->real = !found.model;
    fault->got = found.got;
    fault->right = found.right;
    return 1;
}

/* What is known at once about where and when it was wrong. */
static void note_scene(const struct soak_worker *worker, size_t unit, struct soak_fault *fault) {
    const struct soak *soak = worker->soak;
    fault->core = worker->index;
    fault->unit = unit;
    fault->state = soak->orders.state;
    fault->seconds = seconds_now() - soak->begin;
    fault->ghz = clock_probe();
    fault->celsius = sensors_celsius(&soak->sensors, soak->package[worker->index]);
    fault->cause = SOAK_UNTOLD;
    fault->elsewhere_pu = -1;
}

int soak_step(struct soak_worker *worker, size_t unit, struct soak_fault *fault, struct error *err) {
    const struct unit *one = &worker->soak->units[unit];
    struct soak_core *core = worker->core;
    struct soak_count *state = &core->state[worker->soak->orders.state];
    const int wrong = one->is.kernel >= 0 ? step_kernel(worker, one, fault) : step_fit(worker, one, fault, err);
    if (wrong < 0) return -1;
    worker->ran[unit].calls += one->calls;
    state->calls += one->calls;
    core->multiplications += one->multiplications;
    if (!wrong) return 0;
    worker->ran[unit].wrong++;
    state->wrong++;
    if (fault) note_scene(worker, unit, fault);
    return 1;
}

/* ---- Slices and tours ---- */

/* One step, whose first wrong result on this core is kept. */
static int watched_step(struct soak_worker *worker, size_t unit, struct error *err) {
    const bool keeps = !worker->noted[unit] && worker->pending_count < PENDING_MOST;
    struct soak_fault *fault = keeps ? &worker->pending[worker->pending_count] : NULL;
    const int wrong = soak_step(worker, unit, fault, err);
    if (wrong > 0 && keeps) {
        worker->noted[unit] = true;
        worker->pending_count++;
    }
    return wrong < 0 ? -1 : 0;
}

/* Steps of a unit for so many seconds, one at least, but not beyond orders.until. */
static int run_slice(struct soak_worker *worker, size_t unit, double *left, struct error *err) {
    const struct orders *orders = &worker->soak->orders;
    const unsigned steps = worker->soak->units[unit].steps;
    const double begin = seconds_now();
    double now;
    do {
        for (unsigned i = 0; i < steps; i++)
            if (watched_step(worker, unit, err) != 0) return -1;
        now = seconds_now();
    } while (now - begin < *left && now < orders->until && !soak_over(worker->soak));
    *left -= now - begin;
    return 0;
}

static void probe_clock(struct soak_core *core) {
    const double ghz = clock_probe();
    core->ghz_least = fmin(core->ghz_least, ghz); /* fmin and fmax leave NaN out */
    core->ghz_most = fmax(core->ghz_most, ghz);
}

/* Neighbours begin far apart in the list, and all move on by the same time, so they are never on the same kernel. */
void soak_tour_begin(struct soak_worker *worker, double seconds) {
    const struct soak *soak = worker->soak;
    const size_t count = soak->outcome->unit_count;
    worker->left = count;
    worker->next = (worker->index * (count / 2 + 1) + soak->outcome->rounds) % count;
    worker->slice = soak->units[worker->next].share * seconds;
}

static int tour(struct soak_worker *worker, struct error *err) {
    struct soak *soak = worker->soak;
    const struct orders *orders = &soak->orders;
    const size_t count = soak->outcome->unit_count;
    while (worker->left > 0 && seconds_now() < orders->until && !soak_over(soak)) {
        if (orders->repeats && atomic_load(&soak->orders.repeat_done)) break;
        if (run_slice(worker, worker->next, &worker->slice, err) != 0) return -1;
        if (worker->slice > 0.0) continue; /* cut by orders->until */
        if (--worker->left == count / 2) probe_clock(worker->core);
        worker->next = (worker->next + 1) % count;
        worker->slice = soak->units[worker->next].share * orders->seconds;
        if (worker->left == 0 && orders->repeats) soak_tour_begin(worker, orders->seconds); /* a load does not end */
    }
    return 0;
}

static int heat(struct soak_worker *worker, struct error *err) {
    struct soak *soak = worker->soak;
    while (seconds_now() < soak->orders.heat_until && !soak_over(soak))
        if (watched_step(worker, soak->hottest, err) != 0) return -1;
    return 0;
}

/* Repeats a unit until it is wrong, or often or long enough. */
static int repeat(struct soak_worker *worker, struct error *err) {
    struct orders *orders = &worker->soak->orders;
    int wrong = 0;
    do {
        wrong = soak_step(worker, orders->unit, NULL, err);
        orders->repeated.calls += worker->soak->units[orders->unit].calls;
    } while (!wrong && orders->repeated.calls < orders->repeat_calls && seconds_now() < orders->repeat_until);
    orders->repeated.wrong += wrong > 0;
    atomic_store(&orders->repeat_done, true);
    return wrong < 0 ? -1 : 0;
}

int soak_work(struct soak_worker *worker, struct error *err) {
    const struct orders *orders = &worker->soak->orders;
    if (orders->repeats && orders->target == worker->index) return repeat(worker, err);
    return heat(worker, err) != 0 ? -1 : tour(worker, err);
}

int soak_pool_work(void *context, size_t worker, struct error *err) {
    return soak_work(&((struct soak *)context)->workers[worker], err);
}

int soak_pool_set_up(void *context, size_t worker, struct error *err) {
    (void)context, (void)worker, (void)err;
    return 0;
}

int soak_work_alone(struct soak_worker *worker, struct error *err) {
    if (bind_worker(worker->soak->request->topology, worker->slot, err) != 0) return -1;
    return soak_work(worker, err);
}

int soak_work_together(struct soak *soak, struct error *err) {
    worker_pool_begin(soak->pool);
    worker_pool_run(soak->pool);
    return worker_pool_end(soak->pool, err);
}
