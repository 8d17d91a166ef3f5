/* SPDX-License-Identifier: MIT */
/* Points of a sweep that share the order of their rows are computed together, and come out as alone: random grids,
 * engines, backends, workers, sizes of groups; points that diverge; how points are grouped. */
#include "learn/sweep_groups.h"

#include "data/random.h"
#include "setup.h"

#include <stdlib.h>
#include <string.h>

enum { DRAWS = 40, MOST_POINTS = 96 };

static struct dataset ds;
static struct job_spec spec;
static size_t todo[MOST_POINTS];

static int set_up(void **state) {
    (void)state;
    job_spec_defaults(&spec);
    spec.rows.data = "synthetic:n=150,d=100";
    for (size_t i = 0; i < MOST_POINTS; i++)
        todo[i] = i;
    return dataset_load(&ds, spec.rows.data, SPLIT_TRAIN, NULL);
}

static int tear_down(void **state) {
    (void)state;
    dataset_free(&ds);
    return 0;
}

static void vary(struct grid *grid, const char *text) {
    struct error err;
    if (grid_vary(grid, text, &err) != 0) fail_msg("%s: %s", text, err.text);
}

static size_t workers_in_turn = 1;
static int run_in_turn(void *group, const struct group_task *task, struct error *err) {
    (void)group;
    int bad = 0;
    for (size_t worker = 0; worker < workers_in_turn; worker++)
        if (task->work(task->context, worker, err) != 0) bad = -1;
    return bad;
}

/* Every outcome as bytes, by point. */
struct outcomes {
    char *text[MOST_POINTS];
    size_t count;
};

static int take(void *context, const struct point_result *result, const struct point_run *run, struct error *err) {
    (void)run, (void)err;
    struct outcomes *all = context;
    size_t length = 0;
    assert_null(all->text[result->point]);
    FILE *to = open_memstream(&all->text[result->point], &length);
    fprintf(to, "%s %u", result->reason, result->folds);
    for (unsigned f = 0; result->fold && f < result->folds; f++) {
        const struct fold_result *fold = &result->fold[f];
        fprintf(to, " %a %a %u %lx %lx %lx %lx", fold->accuracy, fold->intercept, fold->epochs,
                (unsigned long)fold->updates, (unsigned long)fold->fingerprint, (unsigned long)fold->update_hash,
                (unsigned long)fold->update_hash_by_epoch);
    }
    if (result->fold)
        fprintf(to, " %lu %lu %a", (unsigned long)result->confusion.tp, (unsigned long)result->confusion.fp,
                result->roc_auc);
    fclose(to);
    all->count++;
    return 0;
}

static void sweep(struct outcomes *all, const struct grid *grid, const struct backend *backend, size_t group) {
    struct error err;
    const struct sweep_plan plan = {&ds, &spec, 3, grid, backend, todo, grid->points, NULL, group};
    const struct sweep_sink sink = {take, NULL, all};
    const struct worker_group workers = {workers_in_turn, run_in_turn, NULL};
    *all = (struct outcomes){.count = 0};
    if (sweep_run(&plan, &workers, &sink, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(all->count, grid->points);
}

static void assert_same_points(const struct grid *grid, const struct backend *backend, size_t group) {
    struct outcomes alone, together;
    sweep(&alone, grid, backend, 1);
    sweep(&together, grid, backend, group);
    for (size_t point = 0; point < grid->points; point++) {
        if (strcmp(alone.text[point], together.text[point]) != 0)
            fail_msg("engine %s, backend %s, groups of %zu: point %zu is\n%s\nand alone\n%s",
                     engine_names[spec.hyper.engine], backend->name, group, point, together.text[point],
                     alone.text[point]);
        free(alone.text[point]);
        free(together.text[point]);
    }
}

static void points_are_as_alone(void **state) {
    (void)state;
    static const char *const axes[][2] = {
        {"seed=1,2", "seed=7"},     {"order-seed=3,4", "order-seed=3"}, {"digit=5,0", "digit=3"},
        {"epochs=2,3", "epochs=2"}, {"compat=0.19,1.2", "compat=1.2"},  {"penalty=l2,l1", "penalty=l2"},
        {"folds=2,3", "folds=5"}};
    struct random_state random;
    size_t tried = 0;
    random_seed(&random, 20261128);
    for (size_t draw = 0; draw < DRAWS; draw++) {
        struct grid grid;
        grid_init(&grid);
        spec.hyper = hyper_defaults((enum engine)(random_uint32(&random) % ENGINES));
        const bool integers = spec.hyper.engine == ENGINE_INT;
        vary(&grid, integers ? "alpha=1e-4,1e-5,3e-4,2e-3,7e-6" : "alpha=1e-4,1e-300,3e-4,1,1e-5,7e-2");
        for (size_t a = 0, chosen = 0; a < 7 && chosen < 3; a++) {
            if (random_uint32(&random) % 3 || (integers && a == 5)) continue;
            vary(&grid, axes[a][random_uint32(&random) % 2]);
            chosen++;
        }
        workers_in_turn = 1 + random_uint32(&random) % 3;
        const size_t group = 2 + random_uint32(&random) % (MODELS_MOST - 1);
        for (size_t b = 0; b < backend_count; b++) {
            if (backend_state(&backends[b]) != BACKEND_OK || backends[b].parity != PARITY_BITS) continue;
            assert_same_points(&grid, &backends[b], group);
            tried++;
        }
        grid_free(&grid);
    }
    workers_in_turn = 1;
    assert_true(tried >= DRAWS);
}

/* The sizes of the groups, as text. */
static void assert_groups(const char *wanted, const char *const *axes, size_t group, size_t workers) {
    struct grid grid;
    struct sweep_groups groups;
    char text[400] = "";
    bool there[MOST_POINTS] = {false};
    size_t points = 0;
    grid_init(&grid);
    spec.hyper = hyper_defaults(ENGINE_F32);
    for (; *axes; axes++)
        vary(&grid, *axes);
    const struct sweep_plan plan = {&ds, &spec, 3, &grid, backend_scalar(), todo, grid.points, NULL, group};
    assert_int_equal(sweep_groups_make(&groups, &plan, workers, NULL), 0);
    for (size_t g = 0; g < groups.count; g++) {
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%zu", g ? " " : "", groups.group[g].count);
        assert_int_equal(groups.group[g].first, points);
        for (size_t i = 0; i < groups.group[g].count; i++) {
            assert_false(there[groups.point[points]]);
            there[groups.point[points++]] = true;
        }
    }
    assert_int_equal(points, grid.points);
    assert_string_equal(text, wanted);
    sweep_groups_free(&groups);
    grid_free(&grid);
}

static void which_points_go_together(void **state) {
    (void)state;
    const char *const alphas[] = {"alpha=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20", NULL};
    assert_groups("10 10", alphas, 12, 1);
    assert_groups("7 7 6", alphas, 7, 1);
    assert_groups("5 5 5 5", alphas, 12, 4);
    assert_groups("1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", alphas, 0, 4);
    const char *const crossed[] = {"alpha=1,2,3", "seed=1,2", NULL}; /* the seed varies fastest */
    assert_groups("3 3", crossed, 12, 1);
    assert_groups("2 2 1 1", crossed, 12, 3);
    const char *const losses[] = {"alpha=1,2", "loss=hinge,log_loss", NULL};
    assert_groups("2 2", losses, 12, 1);
    const char *const digits[] = {"digit=1,2", "order-seed=1,2", NULL};
    assert_groups("1 1 1 1", digits, 12, 1);
    const char *const penalties[] = {"alpha=1,2", "penalty=l2,l1", NULL}; /* l1 has a loop of its own */
    assert_groups("2 1 1", penalties, 12, 1);
}

static void how_many_go_together(void **state) {
    (void)state;
    struct grid grid;
    grid_init(&grid);
    vary(&grid, "alpha=1,2,3");
    vary(&grid, "seed=1,2");
    const struct sweep_plan plan = {&ds, &spec, 3, &grid, backend_scalar(), todo, grid.points, NULL, 0};
    assert_int_equal(sweep_most_together(&plan, NULL), 3);
    grid_free(&grid);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(points_are_as_alone),
                                       cmocka_unit_test(which_points_go_together),
                                       cmocka_unit_test(how_many_go_together)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
