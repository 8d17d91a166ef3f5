/* SPDX-License-Identifier: MIT */
/* sgdmark sweep: the cross-validation at every point of a grid, on all cores or, in shares, on many machines. */
#include "learn/sweep.h"

#include "base/number.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/results.h"
#include "cli/stopping.h"
#include "learn/prefetch_choice.h"
#include "learn/sweep_groups.h"
#include "measure/bound_group.h"
#include "measure/node_rows.h"
#include "record/sweep_files.h"
#include "record/sweep_npz.h"
#include "record/sweep_times.h"
#include "report/job_report.h"
#include "report/sweep_report.h"
#include "verify/self_check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_JSON = 0x200, KEY_FOLDS, KEY_VARY, KEY_PLACE, KEY_OUT, KEY_SHARE, KEY_GATHER, KEY_GROUP };

struct sweep_options {
    struct job_options job;
    unsigned folds;
    struct grid grid;
    bool varies; /* --vary was there */
    const char *place, *out, *share, *gather, *json;
};

static error_t take_vary(struct grid *grid, const char *value) {
    struct error why;
    return grid_vary(grid, value, &why) == 0 ? 0 : bad_value("vary", &why);
}

static error_t check_options(const struct sweep_options *options) {
    if (options->gather &&
        (options->varies || options->out || options->share || options->place || options->job.group > 0))
        return bad_option("--gather joins what was computed: it takes no --vary, --place, --group, --out or --share");
    if (options->gather) return 0;
    if (!options->varies)
        return bad_option(
            "--vary is missing: what varies, such as --vary order-seed=0..99 (--gather DIR joins shares)");
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
    case KEY_SHARE:
        options->share = value;
        return 0;
    case KEY_GATHER:
        options->gather = value;
        return *value ? 0 : bad_option("--gather: the name of a folder is empty");
    case ARGP_KEY_END:
        return check_options(options);
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
    {"folds", KEY_FOLDS, "K", 0, "stratified folds (3)", 0},
    {"place", KEY_PLACE, "NAME", 0, "where the workers run: a placement that `sgdmark topo` lists (all-cores)", 0},
    OPTION_GROUP(KEY_GROUP),
    {"share", KEY_SHARE, "K/N", 0,
     "compute every Nth point from the Kth on; /N takes K from the launcher (what srun or mpirun says, else 1/1)", 0},
    {"gather", KEY_GATHER, "DIR", 0, "join the shares in this folder; name points that are missing or doubled", 0},
    OPTIONS_OUTPUT,
    {"out", KEY_OUT, "DIR", 0,
     "folder for points, times, summary and arrays (results/sweep-<hash of what is computed>)", 0},
    {"json", KEY_JSON, "FILE", 0, "write the summary as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    list,
    parse,
    NULL,
    "Cross-validate at every point of a grid: the distribution of each metric, and the best point as scikit-learn's "
    "GridSearchCV chooses it. Finished points are kept at once: after an interrupt the same command goes on. Under "
    "srun and mpirun each process computes its share.\v"
    "Examples:\n"
    "  sgdmark sweep --vary order-seed=0..999             a thousand shuffles\n"
    "  sgdmark sweep --vary alpha=1e-5,1e-4 --vary seed=0..9 --out DIR\n"
    "  srun -N16 -n16 sgdmark sweep --vary order-seed=0..99999 --out DIR\n"
    "  parallel -N0 sgdmark sweep --vary seed=0..9 --out DIR --share /2 ::: 1 2\n"
    "  sgdmark sweep --gather DIR                         join the shares\n",
    children,
    NULL,
    NULL};

/* ---- Which share */

/* "3/16", or "/16" under a launcher that says the rest. */
static int read_share(struct share *share, const char *text, const struct launcher *launcher, struct error *err) {
    char number[16];
    uint64_t k = (uint64_t)launcher->rank + 1, n = 0;
    const char *slash = strchr(text, '/');
    const size_t length = slash ? (size_t)(slash - text) : sizeof number;
    if (length < sizeof number) {
        snprintf(number, sizeof number, "%.*s", (int)length, text);
        if (length == 0 && !launcher->name)
            return fail(err,
                        "--share: '%.100s' takes the number of the share from srun, mpirun or parallel, and none "
                        "of them has started this process (K/N gives it)",
                        text);
        if ((length == 0 || read_whole(&k, number, 1, GRID_MOST, NULL) == 0) &&
            read_whole(&n, slash + 1, 1, GRID_MOST, NULL) == 0 && k <= n) {
            *share = (struct share){(unsigned)k, (unsigned)n};
            return 0;
        }
    }
    return fail(err, "--share: '%.100s' is not K/N with K from 1 to N", text);
}

static int choose_share(struct share *share, struct launcher *launcher, const char *text, struct error *err) {
    *share = (struct share){1, 1};
    if (launcher_find(launcher, err) != 0) return -1;
    if (text) return read_share(share, text, launcher, err);
    if (launcher->size > 0) *share = (struct share){launcher->rank + 1, launcher->size};
    return 0;
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

/* Summarizes all points, writes and prints it. Returns the exit status, or -1 with the reason. */
static int conclude(const struct point_set *set, const char *folder, const char *json, struct error *err) {
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

/* ---- --gather */

static int check_complete(const struct point_set *set, const char *folder, struct error *err) {
    const struct share all = {1, 1};
    const size_t missing = point_set_count(set, &all, POINT_MISSING), points = set->head->grid.points;
    print_gaps(stderr, set);
    if (set->contradiction[0]) return fail_as(err, ERROR_CHECK, "%.500s", set->contradiction);
    if (missing == 0) return 0;
    return fail_as(err, ERROR_CHECK,
                   "%.500s: %zu of %zu points are missing (the command of their share, given again, computes them)",
                   folder, missing, points);
}

static int join(struct point_set *set, const char *folder, struct error *err) {
    const struct share all = {1, 1};
    char path[SWEEP_PATH];
    if (sweep_collect(set, folder, err) != 0 || check_complete(set, folder, err) != 0) return -1;
    if (sweep_path(path, folder, "points", &all, err) != 0) return -1;
    return point_set_write(set, &all, path, err);
}

static int gather(const struct sweep_options *options, struct error *err) {
    struct sweep_head head;
    struct point_set set;
    int status = -1;
    if (sweep_head_read(&head, options->gather, err) != 0) return -1;
    if (point_set_new(&set, &head, err) == 0) {
        if (join(&set, options->gather, err) == 0) status = conclude(&set, options->gather, options->json, err);
        point_set_free(&set);
    }
    sweep_head_free(&head);
    return status;
}

/* ---- The sweep */

/* What a sweep holds. */
struct sweep_job {
    const struct sweep_options *options;
    int argc;
    char **argv;
    struct launcher launcher;
    struct share share;
    struct backend_list chosen;
    struct topology *topology;
    struct placement placement;
    struct dataset ds;
    struct job_spec spec;
    struct sweep_plan plan;
    struct group_choice group; /* .models is 0 where nothing was left to compute */
    struct node_rows *rows;
    struct sweep_head head;
    char folder[SWEEP_PATH];
    struct sweep_work *work;
};

static int open_machine(struct sweep_job *job, struct error *err) {
    const char *place = job->options->place ? job->options->place : "all-cores";
    struct error why;
    if (topology_load(&job->topology, NULL, err) != 0) return -1;
    if (placement_resolve(&job->placement, job->topology, place, &why) != 0)
        return fail_as(err, why.kind, "--place: %.1000s", why.text);
    return 0;
}

static int choose_backend(struct sweep_job *job, struct error *err) {
    job->chosen.list = calloc(backend_count, sizeof *job->chosen.list);
    if (!job->chosen.list) return fail_program(err, "out of memory");
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

/* How many of the points to do are computed in one pass over the rows? */
static int choose_group(struct sweep_job *job, struct error *err) {
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

static int load(struct sweep_job *job, struct error *err) {
    const struct sweep_options *options = job->options;
    job->spec = options->job.spec;
    if (choose_share(&job->share, &job->launcher, options->share, err) != 0) return -1;
    if (job->share.of > 1 && options->json)
        return fail(err, "--json: one share has no summary (sgdmark sweep --gather DIR --json FILE)");
    if (open_machine(job, err) != 0 || choose_backend(job, err) != 0) return -1;
    if (dataset_load(&job->ds, job->spec.rows.data, job->spec.rows.split, err) != 0) return -1;
    dataset_hash(&job->ds);
    const struct backend *backend = job->chosen.list[0];
    if (job->spec.hyper.engine == ENGINE_INT && backend->dot_packed) packed_make(&job->ds.packed, &job->ds);
    job->plan = (struct sweep_plan){
        .ds = &job->ds, .spec = &job->spec, .folds = options->folds, .grid = &options->grid, .backend = backend};
    return sweep_possible(&job->plan, err) != 0 || check_kernels(job, err) != 0 ? -1 : 0;
}

static int make_folder(const char *path, struct error *err) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return 0;
    return fail(err, "%.900s: cannot be created: %s (--out DIR names another folder)", path, strerror(errno));
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
        if (!bad) bad = make_folder("results", err);
    }
    if (!bad) bad = make_folder(job->folder, err);
    if (!bad) bad = sweep_head_store(job->folder, head, err);
    json_decref(head);
    return bad ? -1 : sweep_head_read(&job->head, job->folder, err);
}

static int note_process(const struct sweep_job *job, struct error *err) {
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
    return sweep_work_began(job->work, sweep_times_json(&process), err);
}

/* Computes what is missing of the share, until it is complete or a signal comes. */
static int compute(struct sweep_job *job, struct error *err) {
    struct progress progress;
    const struct progress_sink step = {progress_step, &progress};
    struct bound_group bound = {job->topology, &job->placement};
    const struct worker_group workers = bound_group(&bound);
    job->work = sweep_work_open(job->folder, &job->share, &job->head, err);
    if (!job->work) return -1;
    job->plan.todo = sweep_work_todo(job->work, &job->plan.count);
    if (job->plan.count == 0) return 0;
    if (choose_group(job, err) != 0) return -1;
    job->rows = node_rows_new(job->topology, &job->placement, &job->ds, err);
    if (!job->rows || note_process(job, err) != 0) return -1;
    job->plan.rows = node_rows_list(job->rows);
    stopping_begin();
    progress_begin(&progress, "sweeping");
    const struct sweep_sink sink = sweep_work_sink(job->work, stopping, &step);
    int bad = sweep_run(&job->plan, &workers, &sink, err);
    progress_end(&progress);
    return bad;
}

static void say_kept(const struct sweep_job *job) {
    fprintf(stderr, "sgdmark sweep: interrupted; %zu points are kept in %s, and the same command goes on\n",
            sweep_work_done(job->work), job->folder);
}

static int conclude_share(const struct sweep_job *job, struct error *err) {
    char path[SWEEP_PATH];
    struct point_set set;
    int status = -1;
    if (sweep_path(path, job->folder, "points", &job->share, err) != 0) return -1;
    if (job->share.of > 1) {
        printf("share %u of %u: %zu points in %s; sgdmark sweep --gather %s joins the shares\n", job->share.number,
               job->share.of, sweep_work_done(job->work), path, job->folder);
        return EXIT_DONE;
    }
    if (point_set_new(&set, &job->head, err) != 0) return -1;
    if (job->group.models > 0 && !to_stdout(job->options->json)) print_group(stdout, &job->group);
    if (point_set_add(&set, path, err) == 0) status = conclude(&set, job->folder, job->options->json, err);
    point_set_free(&set);
    return status;
}

static int sweep(struct sweep_job *job, struct error *err) {
    if (load(job, err) != 0 || open_folder(job, err) != 0 || compute(job, err) != 0) return -1;
    if (stopping()) {
        say_kept(job);
        return EXIT_DONE;
    }
    if (sweep_work_finish(job->work, err) != 0) return -1;
    return conclude_share(job, err);
}

static void close_job(struct sweep_job *job) {
    sweep_work_close(job->work);
    sweep_head_free(&job->head);
    node_rows_free(job->rows);
    dataset_free(&job->ds);
    placement_free(&job->placement);
    if (job->topology) topology_free(job->topology);
    free(job->chosen.list);
}

int command_sweep(int argc, char **argv, struct error *err) {
    struct sweep_options options = {0};
    grid_init(&options.grid);
    int status = take_arguments(&argp, argc, argv, &options, err);
    if (status == 0 && options.gather) {
        status = gather(&options, err);
    } else if (status == 0) {
        struct sweep_job job = {.options = &options, .argc = argc, .argv = argv};
        status = sweep(&job, err);
        close_job(&job);
    } else if (status > 0) {
        status = EXIT_DONE; /* --help */
    }
    grid_free(&options.grid);
    stopping_end();
    return status;
}
