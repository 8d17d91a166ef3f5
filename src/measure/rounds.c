/* SPDX-License-Identifier: MIT */
#include "measure/rounds.h"

#include "base/clock.h"
#include "machine/clock.h"

#include <stdio.h>
#include <stdlib.h>

/* Observes the calling thread around its samples. */
struct watch {
    struct monitor monitor;
    struct counters counters[2]; /* the two groups that take turns: PASS_MAIN, PASS_REST */
    int opened[2];               /* how many counters are open in each group */
};

struct timed_sample {
    double seconds, cpu_seconds;
    struct observation seen;
};

/* The stack starts at STACK_PLACES offsets, STACK_STEP bytes apart: together one 4 KiB page. */
enum { STACK_STEP = 16, STACK_PLACES = 256 };

/* Times the case with its stack moved down by `stack_offset` bytes, against 4K aliasing: a store to the stack delays a
 * load at the same offset of another page, so the stack's address makes a loop faster or slower for the life of the
 * process. */
static void time_case(struct timed_sample *taken, const struct timed_case *timed, size_t stack_offset) {
    volatile unsigned char padding[stack_offset];
    padding[0] = 0;
    double cpu_begin = thread_seconds();
    double begin = seconds_now();
    timed->run(timed->context);
    taken->seconds = seconds_now() - begin;
    taken->cpu_seconds = thread_seconds() - cpu_begin;
    (void)padding[0]; /* keeps the array alive during the sample */
}

/* One sample. Every system call comes before or after the two readings of the wall clock. */
static int take_sample(struct timed_sample *taken, const struct timed_case *timed, const struct watch *watch,
                       unsigned pass, size_t stack_offset, struct error *err) {
    struct snapshot before, after;
    if (timed->prepare) timed->prepare(timed->context);
    monitor_read(&watch->monitor, &before);
    if (watch->opened[pass]) counters_start(&watch->counters[pass]);
    time_case(taken, timed, stack_offset);
    if (watch->opened[pass]) counters_stop(&watch->counters[pass]);
    monitor_read(&watch->monitor, &after);
    taken->seen.disturbance = disturbance_between(&before, &after);
    counter_values_clear(&taken->seen.counted);
    if (watch->opened[pass]) counters_read(&watch->counters[pass], &taken->seen.counted);
    return timed->check ? timed->check(timed->context, err) : 0;
}

static int allocate(struct rounds *result, struct error *err) {
    size_t samples = result->cases * result->rounds;
    result->seconds = malloc(samples * sizeof *result->seconds);
    result->cpu_seconds = malloc(samples * sizeof *result->cpu_seconds);
    result->observed = malloc(samples * sizeof *result->observed);
    result->ghz = malloc(result->rounds * sizeof *result->ghz);
    if (result->seconds && result->cpu_seconds && result->observed && result->ghz) return 0;
    return fail_program(err, "out of memory for %zu rounds of %zu cases", result->rounds, result->cases);
}

static int watch_open(struct watch *watch, struct rounds *result, int pu, struct error *err) {
    if (monitor_open(&watch->monitor, pu, err) != 0) return -1;
    for (int pass = 0; pass < 2; pass++) {
        watch->opened[pass] = counters_open(&watch->counters[pass], (enum counter_pass)pass);
        for (int i = 0; i < PASS_COUNTERS; i++)
            snprintf(result->counter_reason[pass * PASS_COUNTERS + i], sizeof result->counter_reason[0], "%s",
                     watch->counters[pass].reason[i]);
    }
    return 0;
}

static void watch_close(struct watch *watch) {
    for (int pass = 0; pass < 2; pass++)
        counters_close(&watch->counters[pass]);
    monitor_close(&watch->monitor);
}

/* Stack offset of a round, the same for all its cases. 159 / 256 is close to the golden ratio, so any number of rounds
 * is spread evenly over the page. */
static size_t stack_offset_of(size_t round) {
    return STACK_STEP * (1 + round * 159 % STACK_PLACES);
}

static int run_all(struct rounds *result, const struct timed_case *cases, const struct watch *watch,
                   const struct progress_sink *progress, struct error *err) {
    struct timed_sample taken;
    for (size_t c = 0; c < result->cases; c++) /* at the largest offset, so no sample touches a new page */
        if (take_sample(&taken, &cases[c], watch, 0, (size_t)STACK_STEP * STACK_PLACES, err) != 0) return -1;
    double begin = seconds_now();
    for (size_t r = 0; r < result->rounds; r++) {
        result->ghz[r] = clock_probe();
        size_t stack_offset = stack_offset_of(r);
        for (size_t slot = 0; slot < result->cases; slot++) {
            size_t c = schedule_case(&result->schedule, r, slot), at = c * result->rounds + r;
            if (take_sample(&taken, &cases[c], watch, r % 2, stack_offset, err) != 0) return -1;
            result->seconds[at] = taken.seconds;
            result->cpu_seconds[at] = taken.cpu_seconds;
            result->observed[at] = taken.seen;
            result->timed += taken.seconds;
        }
        progress_tell(progress, r + 1, result->rounds);
    }
    result->total = seconds_now() - begin;
    return 0;
}

int rounds_run(struct rounds *result, const struct timed_case *cases, size_t count, const struct rounds_plan *plan,
               const struct progress_sink *progress, struct error *err) {
    struct watch watch;
    *result = (struct rounds){.cases = count, .rounds = plan->rounds};
    size_t leading = 0;
    while (leading < count && cases[leading].leads)
        leading++;
    if (schedule_make(&result->schedule, count, leading, plan->rounds, plan->seed, err) != 0) return -1;
    int bad = allocate(result, err);
    if (!bad && watch_open(&watch, result, plan->pu, err) == 0) {
        bad = run_all(result, cases, &watch, progress, err);
        watch_close(&watch);
    } else {
        bad = -1;
    }
    if (bad) rounds_free(result);
    return bad;
}

void rounds_free(struct rounds *result) {
    schedule_free(&result->schedule);
    free(result->seconds);
    free(result->cpu_seconds);
    free(result->observed);
    free(result->ghz);
    *result = (struct rounds){0};
}

const double *rounds_of(const struct rounds *result, size_t which) {
    return result->seconds + which * result->rounds;
}

const double *rounds_cpu_of(const struct rounds *result, size_t which) {
    return result->cpu_seconds + which * result->rounds;
}

const struct observation *rounds_observed(const struct rounds *result, size_t which) {
    return result->observed + which * result->rounds;
}

size_t rounds_disturbed(const struct rounds *result, size_t which) {
    size_t disturbed = 0;
    for (size_t r = 0; r < result->rounds; r++)
        disturbed += rounds_observed(result, which)[r].disturbance.flags != 0;
    return disturbed;
}
