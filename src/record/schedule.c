#include "record/schedule.h"

#include "data/random.h"

#include <stdbool.h>
#include <stdlib.h>

/* 0, 1, n-1, 2, n-2, ...: neighbours differ by 1, -2, 3, -4, ... modulo n, by every amount once where n is even. */
static size_t zigzag(size_t slot, size_t n) {
    return slot % 2 ? (slot + 1) / 2 : (n - slot / 2) % n;
}

static void fill_block(struct schedule *schedule, size_t first_round, const uint32_t *p, bool mirrored) {
    size_t n = schedule->arms;
    for (size_t r = 0; r < n && first_round + r < schedule->rounds; r++)
        for (size_t s = 0; s < n; s++)
            schedule->arm[(first_round + r) * n + s] = p[(r + zigzag(mirrored ? n - 1 - s : s, n)) % n];
}

int schedule_make(struct schedule *schedule, size_t arms, size_t rounds, uint32_t seed, struct error *err) {
    if (arms == 0 || rounds == 0 || arms > 100000 || rounds > 1000000000 / arms)
        return fail(err, "no schedule for %zu arms in %zu rounds", arms, rounds);
    uint32_t *p = malloc(arms * sizeof *p);
    *schedule = (struct schedule){arms, rounds, seed, malloc(arms * rounds * sizeof *schedule->arm)};
    if (!p || !schedule->arm) {
        free(p);
        schedule_free(schedule);
        return fail(err, "out of memory for a schedule of %zu arms in %zu rounds", arms, rounds);
    }
    struct random_state rs;
    random_seed(&rs, seed);
    for (size_t round = 0; round < rounds; round += arms) {
        bool mirrored = arms % 2 && round / arms % 2;
        if (!mirrored) random_permutation(&rs, p, arms);
        fill_block(schedule, round, p, mirrored);
    }
    free(p);
    return 0;
}

void schedule_free(struct schedule *schedule) {
    free(schedule->arm);
    schedule->arm = NULL;
}

size_t schedule_arm(const struct schedule *schedule, size_t round, size_t slot) {
    return schedule->arm[round * schedule->arms + slot];
}
