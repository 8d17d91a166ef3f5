#include "record/rounds.h"

#include "base/clock.h"

#include <stdlib.h>

static double sample(const struct arm *arm) {
    if (arm->prepare) arm->prepare(arm->context);
    double begin = seconds_now();
    arm->run(arm->context);
    return seconds_now() - begin;
}

int rounds_run(struct rounds *result, const struct arm *arms, size_t count, size_t rounds, uint32_t seed,
               progress_fn *progress, void *context, struct error *err) {
    *result = (struct rounds){.arms = count, .rounds = rounds};
    if (schedule_make(&result->schedule, count, rounds, seed, err) != 0) return -1;
    result->seconds = malloc(count * rounds * sizeof *result->seconds);
    if (!result->seconds) {
        rounds_free(result);
        return fail(err, "out of memory for %zu rounds of %zu arms", rounds, count);
    }
    for (size_t a = 0; a < count; a++)
        sample(&arms[a]);
    double begin = seconds_now();
    for (size_t r = 0; r < rounds; r++) {
        for (size_t slot = 0; slot < count; slot++) {
            size_t a = schedule_arm(&result->schedule, r, slot);
            double seconds = sample(&arms[a]);
            result->seconds[a * rounds + r] = seconds;
            result->timed += seconds;
        }
        if (progress) progress(context, r + 1, rounds);
    }
    result->total = seconds_now() - begin;
    return 0;
}

void rounds_free(struct rounds *result) {
    schedule_free(&result->schedule);
    free(result->seconds);
    *result = (struct rounds){0};
}

const double *rounds_of(const struct rounds *result, size_t arm) {
    return result->seconds + arm * result->rounds;
}
