#include "record/rounds.h"

#include "base/clock.h"

#include <stdlib.h>

/* The CPU clock is a system call, so it is read outside the wall clock. */
static void sample(const struct arm *arm, double *seconds, double *cpu_seconds) {
    if (arm->prepare) arm->prepare(arm->context);
    double cpu_begin = thread_seconds();
    double begin = seconds_now();
    arm->run(arm->context);
    *seconds = seconds_now() - begin;
    *cpu_seconds = thread_seconds() - cpu_begin;
}

int rounds_run(struct rounds *result, const struct arm *arms, size_t count, size_t rounds, uint32_t seed,
               progress_fn *progress, void *context, struct error *err) {
    *result = (struct rounds){.arms = count, .rounds = rounds};
    if (schedule_make(&result->schedule, count, rounds, seed, err) != 0) return -1;
    result->seconds = malloc(count * rounds * sizeof *result->seconds);
    result->cpu_seconds = malloc(count * rounds * sizeof *result->cpu_seconds);
    if (!result->seconds || !result->cpu_seconds) {
        rounds_free(result);
        return fail(err, "out of memory for %zu rounds of %zu arms", rounds, count);
    }
    double discarded[2];
    for (size_t a = 0; a < count; a++)
        sample(&arms[a], &discarded[0], &discarded[1]);
    double begin = seconds_now();
    for (size_t r = 0; r < rounds; r++) {
        for (size_t slot = 0; slot < count; slot++) {
            size_t a = schedule_arm(&result->schedule, r, slot);
            size_t at = a * rounds + r;
            sample(&arms[a], &result->seconds[at], &result->cpu_seconds[at]);
            result->timed += result->seconds[at];
        }
        if (progress) progress(context, r + 1, rounds);
    }
    result->total = seconds_now() - begin;
    return 0;
}

void rounds_free(struct rounds *result) {
    schedule_free(&result->schedule);
    free(result->seconds);
    free(result->cpu_seconds);
    *result = (struct rounds){0};
}

const double *rounds_of(const struct rounds *result, size_t arm) {
    return result->seconds + arm * result->rounds;
}

const double *rounds_cpu_of(const struct rounds *result, size_t arm) {
    return result->cpu_seconds + arm * result->rounds;
}
