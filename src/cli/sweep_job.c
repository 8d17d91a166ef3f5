/* SPDX-License-Identifier: MIT */
#include "cli/sweep_job.h"

#include "cli/commands.h"
#include "cli/outputs.h"
#include "cli/results.h"
#include "data/row_pages.h"
#include "learn/prefetch_choice.h"
#include "learn/sweep_groups.h"
#include "record/sweep_npz.h"
#include "record/sweep_times.h"
#include "report/job_report.h"
#include "report/sweep_report.h"
#include "verify/self_check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_JSON = 0x280, KEY_FOLDS, KEY_VARY, KEY_PLACE, KEY_OUT, KEY_GROUP };

/* ---- Options */

static error_t take_vary(struct grid *grid, const char *value) {
    struct error why;
    return grid_vary(grid, value, &why) == 0 ? 0 : bad_value("vary", &why);
}

error_t sweep_options_check(const struct sweep_options *options) {
    if (!options->varies) return bad_option("--vary is missing: what varies, such as --vary order-seed=0..99");
    if (grid_varies(&options->grid, GRID_ORDER_SEED) && options->job.spec.rows.order != ORDER_NOTEBOOK)
        return bad_option("--vary: order-seed changes nothing with --order %s",
                          order_names[options->job.spec.rows.order]);
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct sweep_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        options->folds = (unsigned)hyper_table[HYPER_FOLDS].fallback;
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_FOLDS:
        return take_folds(&options->folds, value);
    case KEY_VARY:
        options->varies = true;
        return take_vary(&options->grid, value);
    case KEY_PLACE:
        options->place = value;
        return 0;
    case KEY_GROUP:
        return take_group(&options->job.group, value);
    case KEY_OUT:
        options->out = value;
        return *value ? 0 : bad_option("--out: the name of a folder is empty");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Sweep:", OPTIONS_OWN},
    {"vary", KEY_VARY, "NAME=VALUES", 0,
     "what varies: order-seed, folds, or an option of the classifier; values with commas between them, whole numbers "
     "also as FIRST..LAST. Several --vary make a grid",
     0},
    OPTION_FOLDS(KEY_FOLDS),
    {"place", KEY_PLACE, "NAME", 0, "where the workers run: a placement that `sgdmark topo` lists (all-cores)", 0},
    OPTION_GROUP(KEY_GROUP),
    OPTIONS_OUTPUT,
    {"out", KEY_OUT, "DIR", 0,
     "folder for points, times, summary and arrays (results/sweep-<hash of what is computed>)", 0},
    {"json", KEY_JSON, "FILE", 0, "write the summary as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
const struct argp sweep_argp = {list, parse, NULL, NULL, children, NULL, NULL};

/* ---- Set-up */

static int open_machine(struct sweep_job *job, struct error *err) {
    const char *place = job->options->place ? job->options->place : "all-cores";
    if (topology_load(&job->topology, NULL, err) != 0) return -1;
    return find_placement(&job->placement, job->topology, "place", place, err);
}

static int choose_backend(struct sweep_job *job, struct error *err) {
    if (choose_backends(&job->options->job, &job->chosen, err) != 0) return -1;
    if (job->chosen.count > 1 && job->spec.hyper.engine != ENGINE_F64)
        return fail(err, "%s: a sweep runs on one backend, not on %zu", job->options->job.isa_source,
                    job->chosen.count);
    return 0;
}

/* The rows of the data set; the caller frees them. NULL: no memory. */
static struct row_ref *list_rows(const struct sweep_job *job, struct error *err) {
    const size_t n = job->ds.n;
    struct row_ref *at = malloc(n * sizeof *at);
    if (!at) fail_program(err, "out of memory for %zu rows", n);
    for (uint32_t row = 0; at && row < n; row++)
        row_refs_fill(&at[row], &job->ds, &row, 1, job->spec.digit);
    return at;
}

/* Checks the kernels on rows of the job, and chooses prefetch distances. */
static int check_kernels(struct sweep_job *job, struct error *err) {
    const struct backend *backend = job->plan.backend;
    struct self_check done;
    struct row_ref *at = list_rows(job, err);
    if (!at) return -1;
    const struct row_list rows = {&job->ds, at, job->ds.n};
    prefetch_choose(&job->spec.hyper, &rows, backend, NULL);
    int bad = self_check(backend, job->spec.hyper.engine, &rows, &done, err);
    free(at);
    return bad;
}

int sweep_choose_group(struct sweep_job *job, struct error *err) {
    const size_t most = sweep_most_together(&job->plan, err);
    struct row_ref *at = most > 0 ? list_rows(job, err) : NULL;
    if (!at) return -1;
    const struct row_list rows = {&job->ds, at, job->ds.n};
    struct job_spec spec = *job->plan.spec;
    unsigned folds = job->plan.folds;
    grid_apply(job->plan.grid, job->plan.todo[0], &spec, &folds);
    const struct group_question question = {job->options->job.group, most, &rows, &spec.hyper, job->plan.backend};
    int bad = group_choose(&job->group, &question, err);
    free(at);
    job->plan.group = job->group.models;
    return bad;
}

int sweep_load(struct sweep_job *job, struct error *err) {
    const struct sweep_options *options = job->options;
    job->spec = options->job.spec;
    if (open_machine(job, err) != 0 || choose_backend(job, err) != 0) return -1;
    if (dataset_load(&job->ds, job->spec.rows.data, job->spec.rows.split, err) != 0) return -1;
    dataset_hash(&job->ds);
    const struct backend *backend = job->chosen.list[0];
    if (job->spec.hyper.engine == ENGINE_INT && backend->dot_packed) packed_make(&job->ds.packed, &job->ds);
    if (row_pages_move(&job->ds, job->spec.rows.pages, err) != 0) return -1;
    job->plan = (struct sweep_plan){
        .ds = &job->ds, .spec = &job->spec, .folds = options->folds, .grid = &options->grid, .backend = backend};
    return sweep_possible(&job->plan, err) != 0 || check_kernels(job, err) != 0 ? -1 : 0;
}

static int open_folder(struct sweep_job *job, struct error *err) {
    json_t *head = sweep_head_json(&job->plan);
    int bad = head ? 0 : fail_program(err, "out of memory for sweep.json");
    if (!bad && job->options->out) {
        if (snprintf(job->folder, sizeof job->folder, "%s", job->options->out) >= (int)sizeof job->folder)
            bad = fail(err, "--out: the name is too long");
    } else if (!bad) {
        char hash[HEX_TEXT];
        const uint64_t name = sweep_head_hash(head);
        if (name == 0) bad = fail_program(err, "out of memory for sweep.json");
        hex_text(hash, name);
        snprintf(job->folder, sizeof job->folder, "results/sweep-%s", hash);
        if (!bad) bad = make_folder("results", OTHER_FOLDER, err);
    }
    if (!bad) bad = make_folder(job->folder, OTHER_FOLDER, err);
    if (!bad) bad = sweep_head_store(job->folder, head, err);
    json_decref(head);
    return bad ? -1 : sweep_head_read(&job->head, job->folder, err);
}

int sweep_open(struct sweep_job *job, struct error *err) {
    if (open_folder(job, err) != 0) return -1;
    job->work = sweep_work_open(job->folder, &job->share, &job->head, err);
    if (!job->work) return -1;
    job->plan.todo = sweep_work_todo(job->work, &job->plan.count);
    return 0;
}

int sweep_place_rows(struct sweep_job *job, struct error *err) {
    job->rows = node_rows_new(job->topology, &job->placement, &job->ds, err);
    if (!job->rows) return -1;
    job->plan.rows = node_rows_list(job->rows);
    return 0;
}

json_t *sweep_facts(const struct sweep_job *job) {
    const struct sweep_process process = {.argc = job->argc,
                                          .argv = job->argv,
                                          .data = job->spec.rows.data,
                                          .backend = job->plan.backend,
                                          .engine = job->spec.hyper.engine,
                                          .placement = &job->placement,
                                          .launcher = &job->launcher,
                                          .share = &job->share,
                                          .points = job->plan.count,
                                          .group = &job->group};
    return sweep_times_json(&process);
}

void sweep_close(struct sweep_job *job) {
    sweep_work_close(job->work);
    sweep_head_free(&job->head);
    node_rows_free(job->rows);
    dataset_free(&job->ds);
    placement_free(&job->placement);
    if (job->topology) topology_free(job->topology);
    free(job->chosen.list);
}

/* ---- The outcome */

static int write_summary(const struct point_set *set, const struct sweep_summary *summary, const char *folder,
                         const char *json, struct error *err) {
    char path[SWEEP_PATH];
    json_t *value = sweep_summary_json(summary, set->head);
    int bad = value ? sweep_file(path, folder, "summary.json", err) : fail_program(err, "out of memory for the JSON");
    if (!bad) bad = json_write(path, value, err);
    if (!bad && json) bad = output_json(json, value, err);
    json_decref(value);
    if (!bad) bad = sweep_file(path, folder, "points.npz", err);
    return bad ? bad : sweep_npz_write(set, path, err);
}

int sweep_conclude(const struct point_set *set, const char *folder, const char *json, struct error *err) {
    struct sweep_summary summary;
    int bad = sweep_summarize(&summary, set, err);
    if (!bad) bad = write_summary(set, &summary, folder, json, err);
    if (!bad && !to_stdout(json)) {
        bad = print_sweep(stdout, &summary, set->head, err);
        printf("\nfolder  %s: points.jsonl, points.npz, summary.json; times*.jsonl\n", folder);
    }
    const bool all_failed = summary.failed == summary.points;
    sweep_summary_free(&summary);
    if (bad) return -1;
    return all_failed ? EXIT_CHECK_FAILED : EXIT_DONE;
}

void sweep_say_kept(const struct sweep_job *job, const char *command) {
    fprintf(stderr, "%s: interrupted; %zu points are kept in %s, and the same command goes on\n", command,
            sweep_work_done(job->work), job->folder);
}

int sweep_conclude_whole(const struct sweep_job *job, struct error *err) {
    char path[SWEEP_PATH];
    struct point_set set;
    int status = -1;
    if (sweep_path(path, job->folder, "points", &job->share, err) != 0) return -1;
    if (point_set_new(&set, &job->head, err) != 0) return -1;
    if (job->group.models > 0 && !to_stdout(job->options->json)) print_group(stdout, &job->group);
    if (point_set_add(&set, path, err) == 0) status = sweep_conclude(&set, job->folder, job->options->json, err);
    point_set_free(&set);
    return status;
}
