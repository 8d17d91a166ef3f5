/* SPDX-License-Identifier: MIT */
/* sgdmark fleet run: the screening of one node. */
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/fleet.h"
#include "cli/options.h"
#include "cli/outputs.h"
#include "cli/progress.h"
#include "machine/launcher.h"
#include "measure/screen.h"
#include "record/node_screen.h"
#include "report/facts.h"
#include "verify/published.h"
#include "verify/self_check.h"
#include "version.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { KEY_OUT = 0x200, KEY_NODE, KEY_RUN, KEY_SOAK };

struct run_options {
    struct row_spec rows;
    const char *out, *node, *run;
    double soak; /* seconds */
};

static error_t take_name(const char **to, const char *option, const char *value) {
    *to = value;
    if (node_name_fits(value)) return 0;
    return bad_option("--%s: '%.100s' is not 1 to %d letters, digits, '.', '-' and '_'", option, value, NODE_NAME - 1);
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct run_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->rows;
        return 0;
    case KEY_OUT:
        options->out = value;
        return *value ? 0 : bad_option("--out: the name of a folder is empty");
    case KEY_NODE:
        return take_name(&options->node, "node", value);
    case KEY_RUN:
        return take_name(&options->run, "run", value);
    case KEY_SOAK:
        return take_real(&options->soak, "soak", value, 0.0, 1e6);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Screening:", OPTIONS_OWN},
    {"out", KEY_OUT, "DIR", 0, "folder for the node's file, the same for all nodes (results/fleet)", 0},
    {"node", KEY_NODE, "NAME", 0, "the name of this node (as Slurm or else the system calls it)", 0},
    {"run", KEY_RUN, "NAME", 0, "the name of the job that all nodes are part of (from the launcher)", 0},
    {"soak", KEY_SOAK, "SECONDS", 0, "repeat fits for so long; each core runs at least one (5)", 0},
    {0}};
static const struct argp_child children[] = {{&rows_argp, 0, "Rows:", OPTIONS_ROWS}, {0}};
static const struct argp argp = {
    list,
    parse,
    NULL,
    "Screen this machine in under a minute: every kernel and engine checked, every core timed alone, all together, "
    "roofs, a short soak, and all times again. Writes one file of at most 20 kB, which says 'begun' until the "
    "screening "
    "is done. Exit status 1 where a check failed. A launcher starts it once on each node.\v"
    "Examples:\n"
    "  sgdmark fleet run --out DIR\n"
    "  srun -N100 --ntasks-per-node=1 --cpu-bind=none sgdmark fleet run --out DIR\n",
    children,
    NULL,
    NULL};

/* ---- Who this is */

static void take_node_name(struct fleet_node *node, const char *given) {
    char host[256] = "";
    const char *slurm = getenv("SLURMD_NODENAME");
    if (!given && !slurm && gethostname(host, sizeof host - 1) == 0) host[strcspn(host, ".")] = 0;
    node_name_make(node->name, given ? given : slurm ? slurm : host);
}

/* The launcher's own name of the job, the same in all of its processes. */
static void take_run_name(struct fleet_node *node, const char *given) {
    static const struct {
        const char *variable, *prefix;
    } known[] = {{"SLURM_JOB_ID", "slurm-"}, {"PMIX_NAMESPACE", "mpi-"}, {"PARALLEL_PID", "parallel-"}};
    char text[256];
    snprintf(text, sizeof text, "%s", given ? given : "none");
    for (size_t i = 0; i < sizeof known / sizeof *known && !given; i++) {
        const char *value = getenv(known[i].variable);
        if (!value) continue;
        snprintf(text, sizeof text, "%s%.200s", known[i].prefix, value);
        break;
    }
    node_name_make(node->run, text);
}

static int identify(struct fleet_node *node, const struct run_options *options, struct error *err) {
    struct launcher launcher;
    struct tm parts;
    const time_t now = time(NULL);
    if (launcher_find(&launcher, err) != 0 || launcher_check_alone(&launcher, err) != 0) return -1;
    node->rank = launcher.name ? (int)launcher.rank : -1;
    node->size = (int)launcher.size;
    snprintf(node->launcher, sizeof node->launcher, "%s", launcher.name ? launcher.name : "none");
    snprintf(node->version, sizeof node->version, "%s", SGDMARK_VERSION);
    if (gmtime_r(&now, &parts)) strftime(node->started, sizeof node->started, "%Y-%m-%dT%H:%M:%SZ", &parts);
    take_node_name(node, options->node);
    take_run_name(node, options->run);
    return 0;
}

/* ---- The work */

struct screening {
    const struct run_options *options;
    struct fleet_node node;
    char path[PATH_MAX];
    struct job_spec spec;
    struct job job;
    struct topology *topology;
    struct backend_list chosen;
    struct verified_jobs jobs;
    struct check_list checks;
    struct progress progress;
};

static int open_folder(const char *folder, struct error *err) {
    if (strcmp(folder, "results/fleet") == 0 && make_folder("results", OTHER_FOLDER, err) != 0) return -1;
    return make_folder(folder, OTHER_FOLDER, err);
}

static int load(struct screening *s, struct error *err) {
    const struct job_options every = {.spec = s->spec, .isa = "all", .isa_source = "--isa"};
    if (choose_for_every_engine(&every, &s->chosen, err) != 0 || topology_load(&s->topology, NULL, err) != 0 ||
        job_open(&s->job, &s->spec, err) != 0 || cv_every_fold_trains(&s->job.row_list, err) != 0)
        return -1;
    dataset_hash(&s->job.ds);
    node_job(s->node.job, &s->job, &s->spec, PUBLISHED_FOLDS);
    return node_describe(&s->node, s->topology, err);
}

static int add_failure(struct screening *s, const struct verified_job *job, const char *what, struct error *err) {
    struct check_failure failure = {.process = -1, .round = -1};
    verified_job_name(failure.case_name, job);
    snprintf(failure.what, sizeof failure.what, "%.255s", what);
    return check_list_add(&s->checks, &failure, err);
}

/* The kernels of a job, its parity, and on the notebook's job its published hashes. */
static int check_job(struct screening *s, struct verified_job *job, bool known, struct error *err) {
    struct self_check done;
    struct error why;
    s->checks.made += known ? 3 : 2;
    if (self_check(job->backend, job->engine, &s->job.row_list, &done, &why) != 0) {
        if (why.kind != ERROR_CHECK) return fail_as(err, why.kind, "%.1000s", why.text);
        verified_job_reject(job, "its kernels fail their self-check");
        return add_failure(s, job, why.text, err);
    }
    if (!job->passed) return add_failure(s, job, job->failure, err);
    if (!known || job->backend->parity != PARITY_BITS || job->model.fingerprint == published.fingerprint[job->engine])
        return 0;
    verified_job_reject(job, "its fingerprint is not the published one");
    return add_failure(s, job, job->failure, err);
}

static int verify(struct screening *s, struct error *err) {
    const struct progress_sink sink = {progress_step, &s->progress};
    const struct job_request request = {
        .job = &s->job, .hyper = &s->spec.hyper, .folds = PUBLISHED_FOLDS, .chosen = &s->chosen, .progress = &sink};
    const bool known = is_published_job(&s->job, &s->spec, PUBLISHED_FOLDS);
    progress_begin(&s->progress, "checking");
    int bad = verified_jobs_run(&s->jobs, &request, err);
    for (size_t i = 0; !bad && i < s->jobs.count; i++)
        bad = check_job(s, &s->jobs.list[i], known, err);
    progress_end(&s->progress);
    if (!bad) node_take_checks(&s->node, &s->checks, &s->jobs);
    return bad;
}

static int time_node(struct screening *s, struct error *err) {
    const struct progress_sink sink = {progress_step, &s->progress};
    const struct screen_request request = {.job = &s->job,
                                           .hyper = &s->spec.hyper,
                                           .folds = PUBLISHED_FOLDS,
                                           .jobs = &s->jobs,
                                           .topology = s->topology,
                                           .soak_seconds = s->options->soak,
                                           .progress = &sink};
    struct screen screen;
    progress_begin(&s->progress, "screening");
    int bad = screen_run(&screen, &request, err);
    progress_end(&s->progress);
    if (bad) return -1;
    bad = node_take_screen(&s->node, &screen, err);
    screen_free(&screen);
    return bad;
}

/* The file says "begun" from here on: a node that dies is known by it. */
static int begin(struct screening *s, struct error *err) {
    if (open_folder(s->options->out, err) != 0 || load(s, err) != 0 ||
        node_path(s->path, sizeof s->path, s->options->out, &s->node, err) != 0)
        return -1;
    return node_write(&s->node, s->path, err);
}

static int screen_node(struct screening *s, struct error *err) {
    const double began = seconds_now();
    if (begin(s, err) != 0 || verify(s, err) != 0 || time_node(s, err) != 0) return -1;
    s->node.done = true;
    s->node.milliseconds = (uint64_t)(1e3 * (seconds_now() - began));
    if (node_write(&s->node, s->path, err) != 0) return -1;
    printf("%s: %s, %llu checks, %llu failed, in %.1f s: ", s->node.name, s->node.wrong ? "WRONG" : "right",
           (unsigned long long)s->node.checks, (unsigned long long)s->node.wrong, (double)s->node.milliseconds / 1e3);
    print_plain(stdout, s->path);
    putchar('\n');
    return 0;
}

static void release(struct screening *s) {
    node_free(&s->node);
    check_list_free(&s->checks);
    verified_jobs_free(&s->jobs);
    job_close(&s->job);
    if (s->topology) topology_free(s->topology);
    free(s->chosen.list);
}

int fleet_run(int argc, char **argv, struct error *err) {
    struct run_options options = {.out = "results/fleet", .soak = 5.0};
    row_spec_defaults(&options.rows);
    const int done = take_arguments(&argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    struct screening s = {.options = &options};
    job_spec_defaults(&s.spec);
    s.spec.rows = options.rows;
    int bad = identify(&s.node, &options, err);
    if (!bad) bad = screen_node(&s, err);
    const bool wrong = s.node.wrong > 0;
    release(&s);
    if (bad) return -1;
    return wrong ? EXIT_CHECK_FAILED : EXIT_DONE;
}
