/* SPDX-License-Identifier: MIT */
#include "measure/schedule.h"

#include "data/random.h"

#include <stdbool.h>
#include <stdlib.h>

/* 0, 1, n-1, 2, n-2, ...: neighbours differ by 1, -2, 3, -4, ... modulo n. For even n each difference occurs once. */
static size_t zigzag(size_t slot, size_t n) {
    return slot % 2 ? (slot + 1) / 2 : (n - slot / 2) % n;
}

/* Cases first..first+count-1, which take the slots of the same numbers in each round. */
struct part {
    size_t first, count;
};

static void fill_block(struct schedule *schedule, struct part part, size_t first_round, const uint32_t *p,
                       bool mirrored) {
    size_t n = part.count;
    for (size_t r = 0; r < n && first_round + r < schedule->rounds; r++) {
        uint32_t *slots = schedule->which + (first_round + r) * schedule->cases + part.first;
        for (size_t s = 0; s < n; s++)
            slots[s] = (uint32_t)part.first + p[(r + zigzag(mirrored ? n - 1 - s : s, n)) % n];
    }
}

static void fill_part(struct schedule *schedule, struct part part, struct random_state *rs, uint32_t *p) {
    for (size_t round = 0; round < schedule->rounds && part.count > 0; round += part.count) {
        bool mirrored = part.count % 2 && round / part.count % 2;
        if (!mirrored) random_permutation(rs, p, part.count);
        fill_block(schedule, part, round, p, mirrored);
    }
}

int schedule_make(struct schedule *schedule, size_t cases, size_t leading, size_t rounds, uint32_t seed,
                  struct error *err) {
    if (cases == 0 || leading > cases || rounds == 0 || cases > 100000 || rounds > 1000000000 / cases)
        return fail(err, "no schedule for %zu cases in %zu rounds", cases, rounds);
    uint32_t *p = malloc(cases * sizeof *p);
    *schedule = (struct schedule){cases, rounds, seed, malloc(cases * rounds * sizeof *schedule->which)};
    if (!p || !schedule->which) {
        free(p);
        schedule_free(schedule);
        return fail_program(err, "out of memory for a schedule of %zu cases in %zu rounds", cases, rounds);
    }
    struct random_state rs;
    random_seed(&rs, seed);
    fill_part(schedule, (struct part){0, leading}, &rs, p);
    fill_part(schedule, (struct part){leading, cases - leading}, &rs, p);
    free(p);
    return 0;
}

void schedule_free(struct schedule *schedule) {
    free(schedule->which);
    schedule->which = NULL;
}

size_t schedule_case(const struct schedule *schedule, size_t round, size_t slot) {
    return schedule->which[round * schedule->cases + slot];
}
