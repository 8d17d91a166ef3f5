/* SPDX-License-Identifier: MIT */
/* sgdmark sweep: the cross-validation at every point of a grid, on all cores or, in shares, on many machines. */
#include "base/number.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/stopping.h"
#include "cli/sweep_job.h"
#include "measure/bound_group.h"
#include "report/sweep_report.h"

#include <stdio.h>
#include <string.h>

enum { KEY_SHARE = 0x200, KEY_GATHER };

struct own_options {
    struct sweep_options sweep;
    const char *share, *gather;
};

static error_t check_options(const struct own_options *own) {
    const struct sweep_options *options = &own->sweep;
    if (!own->gather) return sweep_options_check(options);
    if (options->varies || options->out || own->share || options->place || options->job.group > 0)
        return bad_option("--gather joins what was computed: it takes no --vary, --place, --group, --out or --share");
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state) { // NOLINT(readability-non-const-parameter): argp
    struct own_options *own = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &own->sweep;
        return 0;
    case KEY_SHARE:
        own->share = value;
        return 0;
    case KEY_GATHER:
        own->gather = value;
        return *value ? 0 : bad_option("--gather: the name of a folder is empty");
    case ARGP_KEY_END:
        return check_options(own);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"share", KEY_SHARE, "K/N", 0,
     "compute every Nth point from the Kth on; /N takes K from the launcher (what srun or mpirun says, else 1/1)",
     OPTIONS_OWN},
    {"gather", KEY_GATHER, "DIR", 0, "join the shares in this folder; name points that are missing or doubled",
     OPTIONS_OWN},
    {0}};
static const struct argp_child children[] = {{&sweep_argp, 0, NULL, 0}, {0}};
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

static int gather(const char *folder, const char *json, struct error *err) {
    struct sweep_head head;
    struct point_set set;
    int status = -1;
    if (sweep_head_read(&head, folder, err) != 0) return -1;
    if (point_set_new(&set, &head, err) == 0) {
        if (join(&set, folder, err) == 0) status = sweep_conclude(&set, folder, json, err);
        point_set_free(&set);
    }
    sweep_head_free(&head);
    return status;
}

/* ---- The sweep */

/* Computes what is missing of the share, until it is complete or a signal comes. */
static int compute(struct sweep_job *job, struct error *err) {
    struct progress progress;
    const struct progress_sink step = {progress_step, &progress};
    struct bound_group bound = {job->topology, &job->placement};
    const struct worker_group workers = bound_group(&bound);
    if (job->plan.count == 0) return 0;
    if (sweep_choose_group(job, err) != 0 || sweep_place_rows(job, err) != 0) return -1;
    if (sweep_work_began(job->work, sweep_facts(job), err) != 0) return -1;
    stopping_begin();
    progress_begin(&progress, "sweeping");
    const struct sweep_sink sink = sweep_work_sink(job->work, stopping, &step);
    int bad = sweep_run(&job->plan, &workers, &sink, err);
    progress_end(&progress);
    return bad;
}

static int conclude_share(const struct sweep_job *job, struct error *err) {
    char path[SWEEP_PATH];
    if (job->share.of == 1) return sweep_conclude_whole(job, err);
    if (sweep_path(path, job->folder, "points", &job->share, err) != 0) return -1;
    printf("share %u of %u: %zu points in %s; sgdmark sweep --gather %s joins the shares\n", job->share.number,
           job->share.of, sweep_work_done(job->work), path, job->folder);
    return EXIT_DONE;
}

static int sweep(struct sweep_job *job, const char *share, struct error *err) {
    if (choose_share(&job->share, &job->launcher, share, err) != 0) return -1;
    if (job->share.of > 1 && job->options->json)
        return fail(err, "--json: one share has no summary (sgdmark sweep --gather DIR --json FILE)");
    if (sweep_load(job, err) != 0 || sweep_open(job, err) != 0 || compute(job, err) != 0) return -1;
    if (stopping()) {
        sweep_say_kept(job, "sgdmark sweep");
        return EXIT_DONE;
    }
    if (sweep_work_finish(job->work, err) != 0) return -1;
    return conclude_share(job, err);
}

int command_sweep(int argc, char **argv, struct error *err) {
    struct own_options own = {0};
    grid_init(&own.sweep.grid);
    int status = take_arguments(&argp, argc, argv, &own, err);
    if (status == 0 && own.gather) {
        status = gather(own.gather, own.sweep.json, err);
    } else if (status == 0) {
        struct sweep_job job = {.options = &own.sweep, .argc = argc, .argv = argv};
        status = sweep(&job, own.share, err);
        sweep_close(&job);
    } else if (status > 0) {
        status = EXIT_DONE; /* --help */
    }
    grid_free(&own.sweep.grid);
    stopping_end();
    return status;
}
