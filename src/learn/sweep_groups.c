/* SPDX-License-Identifier: MIT */
#include "learn/sweep_groups.h"

#include "base/hash.h"
#include "learn/group.h"

#include <stdlib.h>

/* A point to do: where it stands in plan->todo, and a hash of what those that go together have in common. */
struct place {
    uint64_t hash;
    size_t position;
};

/* What a point computes. */
struct point_job {
    struct job_spec spec;
    unsigned folds;
};

static struct point_job job_of(const struct sweep_plan *plan, size_t position) {
    struct point_job job = {*plan->spec, plan->folds};
    grid_apply(plan->grid, plan->todo[position], &job.spec, &job.folds);
    return job;
}

static bool go_together(const struct point_job *a, const struct point_job *b) {
    return a->folds == b->folds && a->spec.digit == b->spec.digit &&
           a->spec.rows.order_seed == b->spec.rows.order_seed && hyper_share_order(&a->spec.hyper, &b->spec.hyper);
}

/* Equal for points that go together. Others with the same hash cost a group and nothing else. */
static uint64_t hash_of(const struct point_job *job) {
    const struct hyper *hyper = &job->spec.hyper;
    const uint64_t common[] = {job->folds,    job->spec.digit, job->spec.rows.order_seed,
                               hyper->loss,   hyper->epochs,   hyper->seed,
                               hyper->compat, hyper->shuffle,  hyper_is_plain(hyper)};
    return fnv1a(FNV_START, common, sizeof common);
}

static int by_hash(const void *left, const void *right) {
    const struct place *a = left, *b = right;
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

/* The points by hash, and inside it in the plan's order; NULL when memory runs out. The caller frees them. */
static struct place *sort_places(const struct sweep_plan *plan) {
    struct place *places = malloc((plan->count + 1) * sizeof *places);
    for (size_t i = 0; places && i < plan->count; i++) {
        const struct point_job job = job_of(plan, i);
        places[i] = (struct place){hash_of(&job), i};
    }
    if (places) qsort(places, plan->count, sizeof *places, by_hash);
    return places;
}

/* How many points from place i on go together with it. */
static size_t run_length(const struct sweep_plan *plan, const struct place *places, size_t i) {
    const struct point_job first = job_of(plan, places[i].position);
    size_t length = 1;
    for (; i + length < plan->count && places[i + length].hash == places[i].hash; length++) {
        const struct point_job next = job_of(plan, places[i + length].position);
        if (!go_together(&first, &next)) break;
    }
    return length;
}

size_t sweep_most_together(const struct sweep_plan *plan, struct error *err) {
    size_t most = 1;
    struct place *places = sort_places(plan);
    if (!places) {
        fail_program(err, "out of memory for %zu points", plan->count);
        return 0;
    }
    for (size_t i = 0, length; i < plan->count; i += length) {
        length = run_length(plan, places, i);
        most = length > most ? length : most;
    }
    free(places);
    return most;
}

static int by_first(const void *left, const void *right) {
    const struct sweep_group *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

/* Cuts a run of `length` points from place i on into `parts` groups as equal as possible. A group's `first` is the
 * position of its first point in the plan, for order_groups. */
static void cut_run(struct sweep_groups *groups, const struct place *places, size_t i, size_t length, size_t parts) {
    for (; parts > 0; parts--) {
        const size_t count = (length + parts - 1) / parts;
        groups->group[groups->count++] = (struct sweep_group){places[i].position, count};
        i += count;
        length -= count;
    }
}

/* Fills the groups, of at most `most` points, given the runs. */
static void cut_runs(struct sweep_groups *groups, const struct sweep_plan *plan, const struct place *places,
                     size_t workers) {
    const size_t most = plan->group > 0 ? plan->group : 1;
    size_t runs = 0;
    for (size_t i = 0; i < plan->count; i += run_length(plan, places, i))
        runs++;
    const size_t shares = runs > 0 ? (workers + runs - 1) / runs : 1; /* of a run, so that every worker has work */
    for (size_t i = 0, length; i < plan->count; i += length) {
        length = run_length(plan, places, i);
        size_t parts = (length + most - 1) / most;
        if (parts < shares) parts = shares < length ? shares : length;
        cut_run(groups, places, i, length, parts);
    }
}

/* Lays the points of each group side by side, the groups in the order of their first points. `at` is room for, and
 * gets, the place at which each position stands. */
static void order_groups(struct sweep_groups *groups, const struct sweep_plan *plan, const struct place *places,
                         size_t *at) {
    size_t filled = 0;
    for (size_t i = 0; i < plan->count; i++)
        at[places[i].position] = i;
    qsort(groups->group, groups->count, sizeof *groups->group, by_first);
    for (size_t g = 0; g < groups->count; g++) {
        struct sweep_group *group = &groups->group[g];
        const size_t from = at[group->first];
        group->first = filled;
        for (size_t i = 0; i < group->count; i++)
            groups->point[filled++] = plan->todo[places[from + i].position];
    }
}

int sweep_groups_make(struct sweep_groups *groups, const struct sweep_plan *plan, size_t workers, struct error *err) {
    const size_t n = plan->count + 1;
    *groups = (struct sweep_groups){malloc(n * sizeof *groups->point), malloc(n * sizeof *groups->group), 0};
    struct place *places = sort_places(plan);
    size_t *at = malloc(n * sizeof *at);
    const bool bad = !groups->point || !groups->group || !places || !at;
    if (!bad) {
        cut_runs(groups, plan, places, workers);
        order_groups(groups, plan, places, at);
    }
    free(places);
    free(at);
    if (!bad) return 0;
    sweep_groups_free(groups);
    return fail_program(err, "out of memory for %zu points", plan->count);
}

void sweep_groups_free(struct sweep_groups *groups) {
    free(groups->point);
    free(groups->group);
    *groups = (struct sweep_groups){0};
}
