/* SPDX-License-Identifier: MIT */
/* Repeats what was wrong, on the same core and on another one, under the load under which it was found. */
#include "base/clock.h"
#include "verify/soak_private.h"

#include <math.h>
#include <stdlib.h>

/* The longest repetition on one core, as a share of the soak and in seconds. */
#define RETEST_SHARE 0.02
enum { RETEST_SECONDS = 2, RETESTS_PER_CORE = 8 };

/* One worker repeats the unit of a fault; in a state in which all cores work, the others work too. */
static int repeat_on(struct soak *soak, const struct soak_fault *fault, size_t core, uint64_t most,
                     struct soak_count *seen, struct error *err) {
    struct orders *orders = &soak->orders;
    const double longest = fmin(RETEST_SECONDS, RETEST_SHARE * soak->request->seconds);
    const double begin = seconds_now();
    orders->state = fault->state;
    orders->repeats = true;
    orders->target = core;
    orders->unit = fault->unit;
    orders->repeat_until = begin + longest;
    orders->repeat_calls = most;
    orders->repeated = (struct soak_count){0};
    orders->until = (double)INFINITY;
    orders->heat_until = 0;
    atomic_store(&orders->repeat_done, false);
    const bool alone = fault->state == SOAK_ALONE || soak->outcome->core_count == 1;
    for (size_t w = 0; w < soak->outcome->core_count; w++)
        soak_tour_begin(&soak->workers[w], orders->seconds);
    int bad = alone ? soak_work_alone(&soak->workers[core], err) : soak_work_together(soak, err);
    *seen = orders->repeated;
    orders->repeats = false;
    soak->retest_left -= seconds_now() - begin;
    return bad;
}

/* Had what the unit reads changed in memory when it was wrong? A kernel's block is drawn anew then, in the same place,
 * for whoever was wrong before may have read it. */
static int check_memory_of(struct soak *soak, const struct soak_fault *fault, bool *changed, struct error *err) {
    const struct unit *unit = &soak->units[fault->unit];
    if (unit->is.kernel < 0) {
        *changed = soak->fits_changed || soak_fits_hash(&soak->fits) != soak->fits.hash;
        soak->fits_changed = *changed;
        return 0;
    }
    *changed = false;
    for (unsigned p = 0; p < SOAK_PATTERNS; p++) {
        struct soak_block *block = unit->block[p];
        double *restored = &soak->restored[block->kernel][p];
        if (soak_block_hash(block) != block->hash) {
            if (soak_block_restore(block, err) != 0) return -1;
            *restored = seconds_now() - soak->begin;
        }
        *changed = *changed || fault->seconds < *restored;
    }
    return 0;
}

static int find_cause(struct soak *soak, struct soak_fault *fault, struct error *err) {
    const struct soak_outcome *outcome = soak->outcome;
    bool changed = false;
    size_t before = 0;
    if (check_memory_of(soak, fault, &changed, err) != 0) return -1;
    if (changed) {
        fault->cause = SOAK_MEMORY;
        return 0;
    }
    for (size_t i = 0; i < outcome->fault_count; i++)
        before += outcome->faults[i].core == fault->core && outcome->faults[i].again.calls > 0;
    if (before >= RETESTS_PER_CORE || soak->retest_left <= 0.0) return 0;
    if (repeat_on(soak, fault, fault->core, UINT64_MAX, &fault->again, err) != 0) return -1;
    if (outcome->core_count > 1) {
        const size_t other = (fault->core + 1) % outcome->core_count;
        fault->elsewhere_pu = (int)outcome->cores[other].pu_os;
        if (repeat_on(soak, fault, other, fault->again.calls, &fault->elsewhere, err) != 0) return -1;
    }
    fault->cause = fault->elsewhere.wrong > 0 ? SOAK_EVERYWHERE : fault->again.wrong > 0 ? SOAK_CORE : SOAK_ONCE;
    return 0;
}

static int keep(struct soak *soak, const struct soak_fault *fault, struct error *err) {
    struct soak_outcome *outcome = soak->outcome;
    if (outcome->fault_count == SOAK_FAULTS_MOST) return 0;
    struct soak_fault *more = realloc(outcome->faults, (outcome->fault_count + 1) * sizeof *more);
    if (!more) return fail_program(err, "out of memory for the wrong results");
    outcome->faults = more;
    more[outcome->fault_count++] = *fault;
    return 0;
}

int soak_settle(struct soak *soak, struct error *err) {
    for (size_t w = 0; w < soak->outcome->core_count; w++) {
        struct soak_worker *worker = &soak->workers[w];
        /* While one is repeated, others may become pending: they are behind it in the list. */
        for (size_t i = 0; i < worker->pending_count; i++)
            if (find_cause(soak, &worker->pending[i], err) != 0 || keep(soak, &worker->pending[i], err) != 0) return -1;
        worker->pending_count = 0;
    }
    return 0;
}

enum soak_cause soak_verdict(const struct soak_outcome *outcome, size_t core) {
    size_t count[SOAK_CAUSES] = {0}, all = 0;
    uint64_t wrong = 0;
    for (size_t i = 0; i < outcome->fault_count; i++)
        if (outcome->faults[i].core == core) {
            count[outcome->faults[i].cause]++;
            all++;
        }
    for (int state = 0; state < SOAK_STATES; state++)
        wrong += outcome->cores[core].state[state].wrong;
    if (wrong == 0) return SOAK_CAUSES;
    if (count[SOAK_CORE] > 0) return SOAK_CORE;
    if (count[SOAK_EVERYWHERE] > 0) return SOAK_EVERYWHERE;
    if (all > 0 && count[SOAK_MEMORY] == all) return SOAK_MEMORY;
    /* Twice, at different times, and no other core was wrong: that is the core. */
    bool others = false;
    for (size_t c = 0; c < outcome->core_count && !others; c++)
        for (int state = 0; state < SOAK_STATES; state++)
            others = others || (c != core && outcome->cores[c].state[state].wrong > 0);
    return wrong > 1 && !others ? SOAK_CORE : SOAK_ONCE;
}
