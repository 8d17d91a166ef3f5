/* SPDX-License-Identifier: MIT */
/* Sweeps: the grid and its order, points that equal the same job alone, points that diverge, the file of points,
 * shares, the distribution, launchers, and where one shuffle falls among many. */
#include "learn/sweep.h"

#include "machine/launcher.h"
#include "measure/bound_group.h"
#include "measure/shuffles.h"
#include "record/shuffles_json.h"
#include "record/sweep_files.h"
#include "record/sweep_summary.h"
#include "report/shuffles_report.h"
#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_sweep.XXXXXX";

/* ---- The grid */

static void vary(struct grid *grid, const char *text) {
    struct error err;
    if (grid_vary(grid, text, &err) != 0) fail_msg("%s: %s", text, err.text);
}

/* scikit-learn: list(ParameterGrid({"max_iter": [2, 1], "alpha": [1.0, 0.5], "random_state": [7, 8, 9]})) */
static void the_order_is_that_of_parameter_grid(void **state) {
    (void)state;
    struct grid grid;
    grid_init(&grid);
    assert_int_equal(grid.points, 1);
    vary(&grid, "seed=7..9");
    vary(&grid, "epochs=2,1");
    vary(&grid, "alpha=1,0.5");
    assert_int_equal(grid.points, 12);
    for (size_t point = 0; point < 12; point++) {
        struct job_spec spec;
        unsigned folds = 3;
        job_spec_defaults(&spec);
        grid_apply(&grid, point, &spec, &folds);
        assert_true(spec.hyper.alpha == (point < 6 ? 1.0 : 0.5));
        assert_int_equal(spec.hyper.epochs, point / 3 % 2 ? 1 : 2);
        assert_int_equal(spec.hyper.seed, 7 + point % 3);
        assert_int_equal(folds, 3);
    }
    grid_free(&grid);
}

/* The loss sorts before max_iter, though "epochs" sorts before "loss". */
static void axes_sort_by_names_of_scikit_learn(void **state) {
    (void)state;
    struct grid grid;
    grid_init(&grid);
    vary(&grid, "epochs=1,2");
    vary(&grid, "loss=hinge");
    vary(&grid, "order-seed=3");
    vary(&grid, "folds=2,3");
    vary(&grid, "digit=0..9");
    static const char *const names[] = {"digit", "folds", "loss", "epochs", "order_seed"};
    for (size_t a = 0; a < 5; a++)
        assert_string_equal(parameter_name(grid.axis[a].parameter), names[a]);
    grid_free(&grid);
}

static void wrong_grids(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        {"alpha", "no '='"},
        {"=1", "cannot vary"},
        {"nosuch=1", "'nosuch' cannot vary: it is none of digit"},
        {"alpha=", "alpha: '' is not a number"},
        {"alpha=1e-5,,1e-4", "alpha: ''"},
        {"alpha=1e-5,1e-05", "alpha: 1e-05 is there twice"},
        {"alpha=1e-5..1e-4", "alpha: '1e-5..1e-4' is not a number"},
        {"epochs=0..3", "epochs: '0' is not a whole number"},
        {"epochs=3..", "epochs: '' is not"},
        {"epochs=3..2", "ends before it begins"},
        {"order-seed=0..4294967295", "more than 1000000 values"},
        {"order-seed=4294967296", "order-seed: '4294967296'"},
        {"seed=1,2,3..5,4", "seed: 4 is there twice"},
        {"loss=nosuch", "loss: 'nosuch' is none of"},
        {"digit=10", "digit: '10'"},
        {"folds=1", "folds: '1'"},
        {"seed=5", "seed varies already"},
        {"order_seed=0..999999", "the grid has more than 1000000 points"},
    };
    struct grid grid;
    grid_init(&grid);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct error err = {.text = ""};
        if (i == sizeof texts / sizeof *texts - 2) vary(&grid, "seed=1,2");
        assert_int_equal(grid_vary(&grid, texts[i][0], &err), -1);
        if (!strstr(err.text, texts[i][1])) fail_msg("%s: %s", texts[i][0], err.text);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    grid_free(&grid);
}

static void axes_as_text(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        {"order_seed=0,1,2,3,9,5,6", "order-seed=0..3,9,5,6"},
        {"alpha=0.00001,1,100", "alpha=1e-05,1.0,1e+02"},
        {"seed=4294967295", "seed=4294967295"},
        {"compat=1.2,0.19", "compat=1.2,0.19"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct grid grid;
        grid_init(&grid);
        vary(&grid, texts[i][0]);
        char *text = axis_text(&grid.axis[0]);
        assert_string_equal(text, texts[i][1]);
        grid_free(&grid);
        vary(&grid, text);
        free(text);
        grid_free(&grid);
    }
}

/* ---- The sweep */

/* A group of some workers that are not threads: each runs after the other. */
static size_t group_size = 1;
static int run_in_turn(void *group, const struct group_task *task, struct error *err) {
    (void)group;
    int bad = 0;
    for (size_t worker = 0; worker < group_size; worker++)
        if (task->work(task->context, worker, err) != 0) bad = -1;
    return bad;
}
static const struct worker_group in_turn = {1, run_in_turn, NULL};

static struct dataset ds;
static struct job_spec spec;

static void make_job(const char *data) {
    struct error err;
    job_spec_defaults(&spec);
    spec.rows.data = data;
    spec.hyper.epochs = 2;
    if (dataset_load(&ds, data, SPLIT_TRAIN, &err) != 0) fail_msg("%s", err.text);
}

/* Outcomes by point, with folds of their own. */
struct outcomes {
    struct point_result at[64];
    size_t count, most; /* so many are enough */
    size_t fails_at;    /* the sink fails there; 0: never */
};

static int take(void *context, const struct point_result *result, const struct point_run *run, struct error *err) {
    struct outcomes *all = context;
    assert_true(run->seconds >= 0.0);
    if (++all->count == all->fails_at) return (fail)(err, "the sink is full");
    struct point_result *kept = &all->at[result->point];
    assert_null(kept->fold);
    *kept = *result;
    if (!result->fold) return 0;
    kept->fold = calloc(result->folds, sizeof *kept->fold);
    memcpy(kept->fold, result->fold, result->folds * sizeof *kept->fold);
    return 0;
}

static bool has_enough(void *context) {
    const struct outcomes *all = context;
    return all->most > 0 && all->count >= all->most;
}

static void free_outcomes(struct outcomes *all) {
    for (size_t i = 0; i < 64; i++)
        free(all->at[i].fold);
}

static const size_t every[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static int sweep_all(struct outcomes *all, const struct grid *grid, const struct worker_group *group,
                     struct error *err) {
    const struct sweep_plan plan = {&ds, &spec, 3, grid, backend_scalar(), every, grid->points, NULL, 0};
    const struct sweep_sink sink = {take, has_enough, all};
    return sweep_run(&plan, group, &sink, err);
}

static void assert_same(const struct point_result *a, const struct point_result *b) {
    assert_int_equal(a->folds, b->folds);
    for (unsigned f = 0; f < a->folds; f++) {
        assert_int_equal(a->fold[f].fingerprint, b->fold[f].fingerprint);
        assert_int_equal(a->fold[f].update_hash, b->fold[f].update_hash);
        assert_true(a->fold[f].accuracy == b->fold[f].accuracy);
    }
    assert_memory_equal(&a->confusion, &b->confusion, sizeof a->confusion);
    assert_true(a->roc_auc == b->roc_auc);
}

/* Each point equals the job that job_open and cross_validate make of the same parameters: in each order of the rows, on
 * both splits together, with a limit, and on rows that have been arranged. */
static void a_point_equals_the_job_alone(void **state) {
    (void)state;
    static const enum split splits[] = {SPLIT_TRAIN, SPLIT_ALL};
    for (size_t i = 0; i < 8; i++) {
        struct error err;
        struct grid grid;
        struct job job, arranged;
        struct outcomes all = {0};
        struct cv_result cv;
        make_job("synthetic:n=150,d=64");
        dataset_free(&ds);
        spec.rows.split = splits[i % 2];
        spec.rows.order = i / 2 % 2 ? ORDER_FILE : ORDER_NOTEBOOK;
        spec.rows.limit = i / 4 ? 130 : 0;
        grid_init(&grid);
        vary(&grid, "order-seed=3,4294967295");
        vary(&grid, "digit=5,0");
        vary(&grid, "folds=2,5");
        vary(&grid, "alpha=1e-4,3e-3");
        assert_int_equal(job_open(&arranged, &spec, &err), 0);
        ds = arranged.ds;
        assert_int_equal(sweep_all(&all, &grid, &in_turn, &err), 0);
        assert_int_equal(all.count, 16);
        for (size_t point = 0; point < 16; point++) {
            struct job_spec alone = spec;
            unsigned folds = 3;
            grid_apply(&grid, point, &alone, &folds);
            assert_int_equal(job_open(&job, &alone, &err), 0);
            assert_int_equal(cross_validate(&cv, &job.row_list, folds, &alone.hyper, backend_scalar(), NULL, &err), 0);
            const struct point_result wanted = {point, "", folds, cv.fold, cv.confusion, cv.roc_auc};
            assert_same(&all.at[point], &wanted);
            cv_free(&cv);
            job_close(&job);
        }
        job_close(&arranged);
        free_outcomes(&all);
        grid_free(&grid);
    }
    ds = (struct dataset){0};
}

/* Threads on PUs give what one worker gives. */
static void workers_do_not_matter(void **state) {
    (void)state;
    struct error err;
    struct grid grid;
    struct outcomes one = {0}, many = {0};
    struct topology *topology;
    struct placement pus;
    struct slot slots[5];
    make_job("synthetic:n=150,d=64");
    grid_init(&grid);
    vary(&grid, "order-seed=0..11");
    assert_int_equal(topology_load(&topology, NULL, &err), 0);
    assert_int_equal(placement_resolve(&pus, topology, "all-pus", &err), 0);
    for (size_t i = 0; i < 5; i++)
        slots[i] = pus.slots[i % pus.count];
    const struct placement five = {.name = "test", .available = true, .slots = slots, .count = 5};
    struct bound_group bound = {topology, &five};
    const struct worker_group group = bound_group(&bound);
    assert_int_equal(group.count, 5);
    assert_int_equal(sweep_all(&one, &grid, &in_turn, &err), 0);
    /* They read copies of the rows, as on a machine of several memory nodes. */
    struct dataset copy = ds;
    copy.pixels = malloc(ds.n * ds.stride);
    memcpy(copy.pixels, ds.pixels, ds.n * ds.stride);
    const struct dataset *const rows[5] = {&ds, &copy, &ds, &copy, &copy};
    const struct sweep_plan plan = {&ds, &spec, 3, &grid, backend_scalar(), every, grid.points, rows, 0};
    const struct sweep_sink sink = {take, has_enough, &many};
    assert_int_equal(sweep_run(&plan, &group, &sink, &err), 0);
    free(copy.pixels);
    assert_int_equal(many.count, 12);
    for (size_t point = 0; point < 12; point++)
        assert_same(&one.at[point], &many.at[point]);
    free_outcomes(&one);
    free_outcomes(&many);
    placement_free(&pus);
    topology_free(topology);
    grid_free(&grid);
    dataset_free(&ds);
}

/* The first call says no, so one worker takes a point; the next one, by another worker, says yes. */
static size_t calls;
static bool has_enough_at_second_call(void *context) {
    (void)context;
    return calls++ > 0;
}

/* A point that is under way when the sink has had enough is kept all the same. */
static void what_is_under_way_is_kept(void **state) {
    (void)state;
    struct error err;
    struct grid grid;
    struct outcomes all = {0};
    struct topology *topology;
    struct placement pus;
    make_job("synthetic:n=150,d=64");
    spec.hyper.epochs = 2000; /* long enough for the other worker to come */
    grid_init(&grid);
    vary(&grid, "order-seed=0..11");
    assert_int_equal(topology_load(&topology, NULL, &err), 0);
    assert_int_equal(placement_resolve(&pus, topology, "all-pus", &err), 0);
    struct slot slots[2] = {pus.slots[0], pus.slots[pus.count - 1]};
    const struct placement two = {.name = "test", .available = true, .slots = slots, .count = 2};
    struct bound_group bound = {topology, &two};
    const struct worker_group group = bound_group(&bound);
    const struct sweep_plan plan = {&ds, &spec, 3, &grid, backend_scalar(), every, grid.points, NULL, 0};
    const struct sweep_sink sink = {take, has_enough_at_second_call, &all};
    calls = 0;
    assert_int_equal(sweep_run(&plan, &group, &sink, &err), 0);
    assert_int_equal(all.count, 1);
    free_outcomes(&all);
    placement_free(&pus);
    topology_free(topology);
    grid_free(&grid);
    dataset_free(&ds);
}

static void a_point_that_diverges(void **state) {
    (void)state;
    struct error err;
    struct grid grid;
    struct outcomes all = {0};
    make_job("synthetic:n=150,d=64");
    grid_init(&grid);
    vary(&grid, "alpha=1e-4,1e-300,1e-5");
    assert_int_equal(sweep_all(&all, &grid, &in_turn, &err), 0);
    assert_int_equal(all.count, 3);
    assert_string_equal(all.at[0].reason, "");
    assert_non_null(strstr(all.at[1].reason, "diverged"));
    assert_null(all.at[1].fold);
    assert_true(isnan(point_metric(&all.at[1], METRIC_ACCURACY)));
    assert_string_equal(all.at[2].reason, "");
    assert_true(point_metric(&all.at[2], METRIC_ACCURACY) > 0.0);
    free_outcomes(&all);
    grid_free(&grid);
    dataset_free(&ds);
}

static void enough_and_failures(void **state) {
    (void)state;
    struct error err;
    struct grid grid;
    make_job("synthetic:n=150,d=64");
    grid_init(&grid);
    vary(&grid, "order-seed=0..9");
    struct outcomes some = {.most = 4}, failing = {.fails_at = 3};
    assert_int_equal(sweep_all(&some, &grid, &in_turn, &err), 0);
    assert_int_equal(some.count, 4);
    group_size = 3; /* the workers after the one that failed compute nothing */
    assert_int_equal(sweep_all(&failing, &grid, &in_turn, &err), -1);
    group_size = 1;
    assert_int_equal(failing.count, 3);
    assert_string_equal(err.text, "the sink is full");
    free_outcomes(&some);
    free_outcomes(&failing);
    spec.hyper.engine = ENGINE_INT;
    grid_free(&grid);
    vary(&grid, "alpha=1e-4,1");
    assert_int_equal(sweep_all(&some, &grid, &in_turn, &err), -1);
    assert_non_null(strstr(err.text, "point 1 cannot be computed: alpha 1"));
    grid_free(&grid);
    dataset_free(&ds);
}

/* numpy.mean of [1 / (i + 3.1) for i in range(n)], NumPy 1.24 */
static void means_round_as_numpy(void **state) {
    (void)state;
    static const struct {
        unsigned n;
        double mean;
    } known[] = {{2, 0.2832415420928403},     {3, 0.25418717185274325},   {7, 0.18581255888912},
                 {8, 0.17496222665174235},    {10, 0.15724325314032023},  {17, 0.11847714904571956},
                 {128, 0.030551681365847502}, {129, 0.03037397658832028}, {300, 0.015836286038414926}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct point_result result = {.folds = known[i].n};
        result.fold = calloc(known[i].n, sizeof *result.fold);
        for (unsigned f = 0; f < known[i].n; f++)
            result.fold[f].accuracy = 1.0 / (f + 3.1);
        if (point_metric(&result, METRIC_ACCURACY) != known[i].mean)
            fail_msg("%u folds: %.17g is not %.17g", known[i].n, point_metric(&result, METRIC_ACCURACY), known[i].mean);
        free(result.fold);
    }
}

/* ---- The files */

static void path_in(char path[SWEEP_PATH], const char *name) {
    snprintf(path, SWEEP_PATH, "%s/%s", folder, name);
}

static void write_text(const char *name, const char *text) {
    char path[SWEEP_PATH];
    path_in(path, name);
    FILE *to = fopen(path, "we");
    assert_non_null(to);
    fputs(text, to);
    fclose(to);
}

static char *read_text(const char *name) {
    char path[SWEEP_PATH];
    path_in(path, name);
    FILE *from = fopen(path, "re");
    if (!from) return NULL;
    char *text = calloc(1, 1 << 20);
    (void)!fread(text, 1, (1 << 20) - 1, from);
    fclose(from);
    return text;
}

static void clear_folder(void) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s && mkdir %s", folder, folder);
    assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
}

/* A sweep over these axes in the empty folder: its sweep.json, read again. */
static void begin_sweep(struct grid *grid, struct sweep_head *head, const char *axis, const char *other) {
    struct error err;
    clear_folder();
    make_job("synthetic:n=150,d=64");
    dataset_hash(&ds);
    grid_init(grid);
    vary(grid, axis);
    if (other) vary(grid, other);
    const struct sweep_plan plan = {&ds, &spec, 3, grid, backend_scalar(), NULL, 0, NULL, 0};
    json_t *json = sweep_head_json(&plan);
    assert_int_equal(sweep_head_store(folder, json, &err), 0);
    assert_int_equal(sweep_head_store(folder, json, &err), 0);
    json_decref(json);
    if (sweep_head_read(head, folder, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(head->grid.points, grid->points);
    assert_int_equal(head->rules.n, 150);
    assert_int_equal(head->rules.folds, 3);
}

static void end_sweep(struct grid *grid, struct sweep_head *head) {
    sweep_head_free(head);
    grid_free(grid);
    dataset_free(&ds);
}

/* Computes a share, or its first `most` points and no more; finishes it if it is complete. */
static size_t most_now, kept_now;
static bool enough_now(void) {
    return most_now > 0 && kept_now++ >= most_now;
}

static void compute_share(const struct sweep_head *head, const struct grid *grid, unsigned number, unsigned of,
                          size_t most) {
    struct error err;
    const struct share share = {number, of};
    struct sweep_work *work = sweep_work_open(folder, &share, head, &err);
    if (!work) fail_msg("%s", err.text);
    struct sweep_plan plan = {&ds, &spec, 3, grid, backend_scalar(), NULL, 0, NULL, 0};
    plan.todo = sweep_work_todo(work, &plan.count);
    most_now = most;
    kept_now = 0;
    const struct sweep_sink sink = sweep_work_sink(work, enough_now, NULL);
    assert_int_equal(sweep_work_began(work, json_pack("{s:s}", "host", "here"), &err), 0);
    if (sweep_run(&plan, &in_turn, &sink, &err) != 0) fail_msg("%s", err.text);
    if (most == 0 && sweep_work_finish(work, &err) != 0) fail_msg("%s", err.text);
    sweep_work_close(work);
}

/* The bytes of all points together. */
static char *gathered(const struct sweep_head *head, size_t missing) {
    struct error err;
    struct point_set set;
    char path[SWEEP_PATH];
    const struct share all = {1, 1};
    assert_int_equal(point_set_new(&set, head, &err), 0);
    if (sweep_collect(&set, folder, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(point_set_count(&set, &all, POINT_MISSING), missing);
    path_in(path, "gathered");
    assert_int_equal(point_set_write(&set, &all, path, &err), 0);
    point_set_free(&set);
    return read_text("gathered");
}

static void shares_and_restarts_give_the_same_bytes(void **state) {
    (void)state;
    struct grid grid;
    struct sweep_head head;
    begin_sweep(&grid, &head, "order-seed=0..4", "alpha=1e-4,1e-300");
    compute_share(&head, &grid, 1, 1, 0);
    char *whole = read_text("points.jsonl");
    assert_non_null(
        strstr(whole, "{\"point\":9,\"params\":{\"alpha\":1e-300,\"order_seed\":4},\"fold_accuracy\":null"));
    assert_null(read_text("points.jsonl.part"));
    assert_null(strstr(whole, "here"));
    end_sweep(&grid, &head);

    /* Stopped twice; the second time in the middle of a line. */
    begin_sweep(&grid, &head, "alpha=1e-4,1e-300", "order-seed=0..4");
    compute_share(&head, &grid, 1, 1, 3);
    assert_null(read_text("points.jsonl"));
    char *part = read_text("points.jsonl.part");
    const size_t kept = strlen(part);
    assert_memory_equal(part, whole, kept);
    part[kept - 7] = 0;
    write_text("points.jsonl.part", part);
    compute_share(&head, &grid, 1, 1, 2);
    compute_share(&head, &grid, 1, 1, 0);
    char *again = read_text("points.jsonl");
    assert_string_equal(again, whole);
    compute_share(&head, &grid, 1, 1, 0); /* nothing is left to compute */
    free(again);
    again = read_text("points.jsonl");
    assert_string_equal(again, whole);
    end_sweep(&grid, &head);

    /* In three shares; then the unfinished third one. */
    begin_sweep(&grid, &head, "alpha=1e-4,1e-300", "order-seed=0..4");
    compute_share(&head, &grid, 2, 3, 0);
    compute_share(&head, &grid, 3, 3, 1);
    compute_share(&head, &grid, 1, 3, 0);
    free(gathered(&head, 2));
    compute_share(&head, &grid, 3, 3, 0);
    char *joined = gathered(&head, 0);
    assert_string_equal(joined, whole);
    end_sweep(&grid, &head);
    free(whole);
    free(part);
    free(again);
    free(joined);
}

static void doubled_and_contradicted_points(void **state) {
    (void)state;
    struct error err;
    struct grid grid;
    struct sweep_head head;
    struct point_set set;
    char text[POINTS_TEXT];
    begin_sweep(&grid, &head, "order-seed=0..8", NULL);
    compute_share(&head, &grid, 1, 1, 0);
    char *whole = read_text("points.jsonl");
    char *third = strstr(whole, "{\"point\":2"), *eighth = strstr(whole, "{\"point\":7");
    write_text("points-1-of-2.jsonl", third);
    write_text("points-2-of-2.jsonl", eighth);
    assert_int_equal(point_set_new(&set, &head, &err), 0);
    assert_int_equal(sweep_collect(&set, folder, &err), 0);
    point_set_text(text, &set, POINT_MISSING);
    assert_string_equal(text, "0..1");
    point_set_text(text, &set, POINT_DOUBLED);
    assert_string_equal(text, "7..8");
    assert_string_equal(set.contradiction, "");
    point_set_free(&set);

    /* Another outcome of the last point, which agrees with itself. */
    struct point_result other = {.point = 8, .reason = "the fit diverged"};
    char *line;
    assert_true(point_line(&line, &head.grid, &other) > 0);
    write_text("points-2-of-2.jsonl", line);
    assert_int_equal(point_set_new(&set, &head, &err), 0);
    assert_int_equal(sweep_collect(&set, folder, &err), 0);
    point_set_text(text, &set, POINT_CONTRADICTED);
    assert_string_equal(text, "8");
    assert_non_null(strstr(set.contradiction, "point 8 has one outcome in "));
    point_set_free(&set);
    free(line);
    free(whole);
    end_sweep(&grid, &head);
}

/* Each edit of a line is refused, with the number of the line. */
static void edited_lines_are_refused(void **state) {
    (void)state;
    static const char *const edits[][2] = {
        {"{\"point\":1,", "{\"point\":2,"},
        {"{\"point\":1,", "{\"point\":99,"},
        {"{\"point\":1,", "{\"point\":-1,"},
        {"\"order_seed\":1}", "\"order_seed\":7}"},
        {"\"mean_accuracy\":0.", "\"mean_accuracy\":0.1"},
        {"\"precision\":", "\"precision\":1"},
        {"\"fold_accuracy\":[", "\"fold_accuracy\":[0.5,"},
        {"\"confusion\":[[", "\"confusion\":[[1"},
        {"\"confusion\":[[", "\"confusion\":[[-"},
        {"\"fold_fingerprint\":[\"", "\"fold_fingerprint\":[\"0"},
        {"\"fingerprint\":\"", "\"fingerprint\":\"0"},
        {"\"f1\":", "\"f2\":"},
        {"{\"point\":1,", "{ \"point\":1,"},
        {"{\"point\":1,", "[\"point\":1,"},
    };
    struct error err;
    struct grid grid;
    struct sweep_head head;
    begin_sweep(&grid, &head, "order-seed=0..2", NULL);
    compute_share(&head, &grid, 1, 1, 0);
    char *whole = read_text("points.jsonl");
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        struct point_set set;
        char path[SWEEP_PATH], *edited = calloc(1, strlen(whole) + 64);
        const char *at = strstr(strstr(whole, "\n{\"point\":1") + 1, edits[i][0]);
        assert_non_null(at);
        memcpy(edited, whole, (size_t)(at - whole));
        strcat(strcat(edited, edits[i][1]), at + strlen(edits[i][0]));
        write_text("edited", edited);
        path_in(path, "edited");
        assert_int_equal(point_set_new(&set, &head, &err), 0);
        if (point_set_add(&set, path, &err) == 0) fail_msg("accepted: %s", edits[i][1]);
        assert_non_null(strstr(err.text, "edited: line 2: "));
        assert_int_equal(err.kind, ERROR_INPUT);
        point_set_free(&set);
        free(edited);
    }
    free(whole);
    end_sweep(&grid, &head);
}

static void a_folder_holds_one_sweep(void **state) {
    (void)state;
    struct error err;
    struct grid grid, other;
    struct sweep_head head;
    begin_sweep(&grid, &head, "order-seed=0..4", NULL);
    grid_init(&other);
    vary(&other, "order-seed=0..5");
    const struct sweep_plan plan = {&ds, &spec, 3, &other, backend_scalar(), NULL, 0, NULL, 0};
    json_t *json = sweep_head_json(&plan);
    assert_int_equal(sweep_head_store(folder, json, &err), -1);
    assert_non_null(strstr(err.text, "is of another sweep: \"points\" differs"));
    json_decref(json);

    /* Nor may two processes compute the same share. */
    const struct share share = {1, 2};
    struct sweep_work *first = sweep_work_open(folder, &share, &head, &err);
    assert_non_null(first);
    assert_null(sweep_work_open(folder, &share, &head, &err));
    assert_non_null(strstr(err.text, "points-1-of-2.jsonl.part: another process writes it"));
    sweep_work_close(first);
    grid_free(&other);
    end_sweep(&grid, &head);
}

static void damaged_heads_are_refused(void **state) {
    (void)state;
    static const char *const heads[] = {
        "",
        "[]",
        "{\"sweep\": 2}",
        "{\"sweep\": 1, \"points\": 2, \"vary\": [\"alpha=1\"], \"fixed\": {\"folds\": 3}, \"rows\": {\"n\": 9}}",
        "{\"sweep\": 1, \"points\": 1, \"vary\": [\"alpha=x\"], \"fixed\": {\"folds\": 3}, \"rows\": {\"n\": 9}}",
        "{\"sweep\": 1, \"points\": 1, \"vary\": [1], \"fixed\": {\"folds\": 3}, \"rows\": {\"n\": 9}}",
        "{\"sweep\": 1, \"points\": 1, \"vary\": [\"alpha=1\"], \"fixed\": {\"folds\": 1}, \"rows\": {\"n\": 9}}",
        "{\"sweep\": 1, \"points\": 1, \"vary\": [\"alpha=1\"], \"fixed\": {\"folds\": 3}, \"rows\": {\"n\": 0}}",
        "{\"sweep\": 1, \"points\": 1, \"vary\": [\"alpha=1\"], \"fixed\": {\"folds\": 3}, \"rows\": {\"n\": -9}}",
    };
    struct sweep_head head;
    struct error err;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        clear_folder();
        write_text("sweep.json", heads[i]);
        if (sweep_head_read(&head, folder, &err) == 0) fail_msg("accepted: %s", heads[i]);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.text, "sweep.json"));
    }
    clear_folder();
    assert_int_equal(sweep_head_read(&head, folder, &err), -1);
}

/* ---- The summary, of points made by hand */

/* Writes points whose folds have these accuracies (percent); 0: no outcome. */
static void write_points(const struct sweep_head *head, const unsigned *percent, size_t count) {
    char path[SWEEP_PATH];
    path_in(path, "points.jsonl");
    FILE *to = fopen(path, "we");
    assert_non_null(to);
    for (size_t point = 0; point < count; point++) {
        struct fold_result fold[3];
        struct point_result result = {
            .point = point, .folds = 3, .fold = fold, .confusion = {50, 50, 25, 25}, .roc_auc = 0.5};
        char *line;
        for (size_t f = 0; f < 3; f++)
            fold[f] = (struct fold_result){.accuracy = percent[point] * 0.01};
        if (percent[point] == 0) snprintf(result.reason, sizeof result.reason, "it diverged");
        if (point == 1) result.confusion = (struct confusion){100, 0, 50, 0}; /* no precision */
        assert_true(point_line(&line, &head->grid, &result) > 0);
        fputs(line, to);
        free(line);
    }
    fclose(to);
}

static void distributions_and_the_best_point(void **state) {
    (void)state;
    static const unsigned percent[] = {50, 90, 0, 70, 90, 60};
    struct error err;
    struct grid grid;
    struct sweep_head head;
    struct point_set set;
    struct sweep_summary summary;
    begin_sweep(&grid, &head, "seed=0..2", "alpha=1,2");
    write_points(&head, percent, 6);
    assert_int_equal(point_set_new(&set, &head, &err), 0);
    assert_int_equal(sweep_collect(&set, folder, &err), 0);
    assert_int_equal(sweep_summarize(&summary, &set, &err), 0);
    assert_int_equal(summary.points, 6);
    assert_int_equal(summary.failed, 1);
    assert_int_equal(summary.failed_first, 2);
    assert_string_equal(summary.reason, "it diverged");
    assert_true(summary.has_best);
    assert_int_equal(summary.best, 1); /* as good as point 4, and before it */
    const struct distribution *accuracy = &summary.metric[METRIC_ACCURACY];
    assert_int_equal(accuracy->n, 5);
    assert_near(accuracy->min, 0.5);
    assert_near(accuracy->p5, 0.52); /* numpy.percentile([50, 90, 70, 90, 60], 5) */
    assert_near(accuracy->median, 0.7);
    assert_near(accuracy->p95, 0.9);
    assert_near(accuracy->max, 0.9);
    assert_int_equal(accuracy->bin[0], 1);
    assert_int_equal(accuracy->bin[HISTOGRAM_BINS - 1], 2);
    assert_int_equal(accuracy->bin[HISTOGRAM_BINS / 2], 1);
    assert_int_equal(summary.metric[METRIC_PRECISION].n, 4);
    assert_int_equal(summary.by_values, 2);                        /* of alpha; seeds are not told apart */
    assert_near(summary.by_value[0].median[METRIC_ACCURACY], 0.7); /* of 50 and 90 */
    assert_int_equal(summary.by_value[0].failed, 1);
    assert_near(summary.by_value[1].median[METRIC_ACCURACY], 0.7); /* of 70, 90 and 60 */
    sweep_summary_free(&summary);
    point_set_free(&set);
    end_sweep(&grid, &head);
}

/* ---- Launchers */

static void set_variables(const char *const variables[][2], size_t count) {
    static const char *const all[] = {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "PMI_RANK",     "PMI_SIZE",
                                      "SLURM_PROCID",         "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "PARALLEL_SEQ",
                                      "ENVIRONMENT"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        unsetenv(all[i]);
    for (size_t i = 0; i < count && variables[i][0]; i++)
        setenv(variables[i][0], variables[i][1], 1);
}

static void rank_and_size(void **state) {
    (void)state;
    static const struct {
        const char *const variables[5][2];
        const char *name; /* NULL: none */
        unsigned rank, size;
    } cases[] = {
        {{{NULL, NULL}}, NULL, 0, 0},
        {{{"OMPI_COMM_WORLD_RANK", "3"}, {"OMPI_COMM_WORLD_SIZE", "4"}}, "mpirun", 3, 4},
        {{{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}}, "mpiexec", 0, 2},
        {{{"SLURM_PROCID", "15"}, {"SLURM_STEP_NUM_TASKS", "16"}, {"SLURM_NTASKS", "99"}}, "srun", 15, 16},
        {{{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "3"}}, "srun", 1, 3},
        /* the script of sbatch, and srun inside it */
        {{{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "3"}, {"ENVIRONMENT", "BATCH"}}, NULL, 0, 0},
        {{{"SLURM_PROCID", "2"}, {"SLURM_STEP_NUM_TASKS", "3"}, {"ENVIRONMENT", "BATCH"}}, "srun", 2, 3},
        /* salloc without srun sets no rank; mpirun under srun counts by itself */
        {{{"SLURM_NTASKS", "3"}}, NULL, 0, 0},
        {{{"OMPI_COMM_WORLD_RANK", "1"},
          {"OMPI_COMM_WORLD_SIZE", "2"},
          {"SLURM_PROCID", "0"},
          {"SLURM_STEP_NUM_TASKS", "1"}},
         "mpirun",
         1,
         2},
        {{{"PARALLEL_SEQ", "7"}}, "parallel", 6, 0},
    };
    static const char *const wrong[][2][2] = {{{"PMI_RANK", "2"}, {"PMI_SIZE", "2"}},
                                              {{"PMI_RANK", "-1"}, {"PMI_SIZE", "2"}},
                                              {{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "0"}},
                                              {{"OMPI_COMM_WORLD_RANK", "x"}, {"OMPI_COMM_WORLD_SIZE", "2"}},
                                              {{"PARALLEL_SEQ", "0"}}};
    struct launcher found;
    struct error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_variables(cases[i].variables, 5);
        assert_int_equal(launcher_find(&found, &err), 0);
        if (cases[i].name)
            assert_string_equal(found.name, cases[i].name);
        else
            assert_null(found.name);
        assert_int_equal(found.rank, cases[i].rank);
        assert_int_equal(found.size, cases[i].size);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        set_variables(wrong[i], 2);
        assert_int_equal(launcher_find(&found, &err), -1);
        if (!strstr(err.text, wrong[i][0][0]) && !strstr(err.text, wrong[i][1][0])) fail_msg("%s", err.text);
    }
    set_variables(NULL, 0);
}

/* ---- One shuffle among many */

static void places_among_shuffles(void **state) {
    (void)state;
    struct error err;
    struct shuffle_place place[SHUFFLE_METRICS];
    uint64_t fp[] = {0, 10, 20, 30}, fn[] = {40, 30, 20, 10};
    const struct shuffles made = {.count = 4, .negatives = 60, .positives = 40, .fp = fp, .fn = fn};
    const struct confusion result = {.tn = 40, .fp = 20, .fn = 20, .tp = 20};
    assert_int_equal(shuffles_place(place, &made, &result, &err), 0);
    assert_near(place[SHUFFLE_ACCURACY].value, 0.6);
    assert_near(place[SHUFFLE_ACCURACY].percentile, 50.0); /* all are equal to it */
    /* Precision 20 of 40 among 10 of 20, 20 of 40, 30 of 60: the first shuffle has none. */
    assert_near(place[SHUFFLE_PRECISION].percentile, 50.0);
    /* Recall 0.5 among 0, 0.25, 0.5, 0.75. */
    assert_near(place[SHUFFLE_RECALL].percentile, 62.5);
    assert_near(place[SHUFFLE_RECALL].median, 0.375);
    assert_near(place[SHUFFLE_RECALL].p5, 0.0375);
    assert_near(place[SHUFFLE_F1].percentile, 62.5);
    const struct shuffles none = {0};
    assert_int_equal(shuffles_place(place, &none, &result, &err), 0);
    assert_true(isnan(place[SHUFFLE_F1].percentile));
}

/* The sentence of the report, from the object of the result file. */
static void the_sentence(void **state) {
    (void)state;
    struct error err;
    struct shuffle_place place[SHUFFLE_METRICS];
    uint64_t fp[] = {0, 10, 20, 30}, fn[] = {40, 30, 20, 10};
    const struct shuffles made = {.count = 4, .negatives = 60, .positives = 40, .fp = fp, .fn = fn, .seconds = 0.5};
    const struct confusion result = {.tn = 40, .fp = 20, .fn = 20, .tp = 20};
    assert_int_equal(shuffles_place(place, &made, &result, &err), 0);
    json_t *json = shuffles_json(&made, place);
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    print_shuffles(to, json, 3);
    fclose(to);
    assert_string_equal(
        text, "   The notebook shuffled without a seed, so what it printed is one draw. Among 4 shuffles its\n"
              "   results lie: accuracy at the 50th percentile (5 % to 95 %: 0.600 to 0.600), precision at the\n"
              "   50th percentile (5 % to 95 %: 0.500 to 0.500), recall at the 63rd percentile (5 % to 95 %: 0.038\n"
              "   to 0.712), f1 at the 63rd percentile (5 % to 95 %: 0.050 to 0.585).\n");
    assert_int_equal(json_array_size(json_object_get(json, "fp")), 4);
    free(text);
    json_decref(json);
}

/* They are the confusions of the order seeds from 0 on, whatever order the data set has. */
static void shuffles_are_order_seeds(void **state) {
    (void)state;
    struct error err;
    struct shuffles made;
    struct job arranged, alone;
    struct cv_result cv;
    job_spec_defaults(&spec);
    spec.rows.data = "synthetic:n=150,d=64";
    spec.hyper.epochs = 2;
    assert_int_equal(job_open(&arranged, &spec, &err), 0);
    struct shuffles_request request = {&arranged.ds, &spec, 3, backend_scalar(), &in_turn, 0.3};
    if (shuffles_run(&made, &request, &err) != 0) fail_msg("%s", err.text);
    assert_true(made.count > 0);
    assert_true(made.seconds >= 0.3 || made.count == MOST_SHUFFLES);
    for (uint32_t seed = 0; seed < made.count && seed < 3; seed++) {
        spec.rows.order_seed = seed;
        assert_int_equal(job_open(&alone, &spec, &err), 0);
        assert_int_equal(cross_validate(&cv, &alone.row_list, 3, &spec.hyper, backend_scalar(), NULL, &err), 0);
        assert_int_equal(made.fp[seed], cv.confusion.fp);
        assert_int_equal(made.fn[seed], cv.confusion.fn);
        assert_int_equal(made.positives, cv.confusion.fn + cv.confusion.tp);
        cv_free(&cv);
        job_close(&alone);
    }
    shuffles_free(&made);
    request.seconds = 0.0;
    assert_int_equal(shuffles_run(&made, &request, &err), 0);
    assert_int_equal(made.count, 0);
    shuffles_free(&made);
    job_close(&arranged);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    clear_folder();
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_is_that_of_parameter_grid),
        cmocka_unit_test(axes_sort_by_names_of_scikit_learn),
        cmocka_unit_test(wrong_grids),
        cmocka_unit_test(axes_as_text),
        cmocka_unit_test(a_point_equals_the_job_alone),
        cmocka_unit_test(workers_do_not_matter),
        cmocka_unit_test(what_is_under_way_is_kept),
        cmocka_unit_test(a_point_that_diverges),
        cmocka_unit_test(enough_and_failures),
        cmocka_unit_test(means_round_as_numpy),
        cmocka_unit_test(shares_and_restarts_give_the_same_bytes),
        cmocka_unit_test(doubled_and_contradicted_points),
        cmocka_unit_test(edited_lines_are_refused),
        cmocka_unit_test(a_folder_holds_one_sweep),
        cmocka_unit_test(damaged_heads_are_refused),
        cmocka_unit_test(distributions_and_the_best_point),
        cmocka_unit_test(rank_and_size),
        cmocka_unit_test(places_among_shuffles),
        cmocka_unit_test(the_sentence),
        cmocka_unit_test(shuffles_are_order_seeds),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
