/* SPDX-License-Identifier: MIT */
#include "cli/run_options.h"

#include "cli/outputs.h"

#include <math.h>
#include <string.h>

enum { MOST_LABEL = 200 };
enum {
    KEY_JSON = 0x200,
    KEY_FOLDS,
    KEY_QUICK,
    KEY_RIGOROUS,
    KEY_PLACE,
    KEY_REPEATS,
    KEY_SOAK,
    KEY_USABLE,
    KEY_NOTEBOOK,
    KEY_RESOLVE,
    KEY_TIME,
    KEY_LABEL,
    KEY_GROUP,
    KEY_PROCESS
};

static const struct preset quick = {"--quick", {4.0, 30, 0}, {3.0, 30, 0}, {0, 0, 0}, 3, 0.5, 15.0};
static const struct preset standard = {"default", {16.0, 101, 0}, {16.0, 101, 0}, {1.0, 25, 0}, 5, 3.0, 60.0};
static const struct preset rigorous = {"--rigorous", {48.0, 201, 0}, {48.0, 201, 0}, {5.0, 51, 0}, 10, 3.0, 180.0};
/* Of --resolve and --time: the budgets follow from the plan, and so does what is promised. */
static const struct preset planned = {"planned", {0, 0, 0}, {0, 0, 0}, {0, 0, 0}, PLAN_MOST, 0.5, INFINITY};

static error_t take_preset(struct run_options *options, const struct preset *preset) {
    if (options->preset && options->preset != preset)
        return bad_option("--quick and --rigorous exclude each other: give one of them");
    options->preset = preset;
    return 0;
}

/* Checks what excludes each other, after all options. */
static error_t check_options(struct run_options *options) {
    if (is_planned(&options->plan) && options->preset)
        return bad_option("--resolve and --time plan the rounds: leave out --quick and --rigorous");
    if (is_planned(&options->plan) && options->soak > 0.0)
        return bad_option("--soak times nothing, so there is nothing for --resolve and --time to plan");
    if (!options->preset) options->preset = is_planned(&options->plan) ? &planned : &standard;
    if (!options->perf != !options->perf_case)
        return bad_option("--perf-ctl and --perf-case belong together: which perf counts, and which case");
    if (options->soak > 0.0 && options->perf) return bad_option("--soak times nothing that --perf-ctl could count");
    if (options->soak > 0.0 && options->json)
        return bad_option("--soak times nothing, so there is no result for --json (sgdmark soak --json)");
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct run_options *options = state->input;
    uint64_t repeats = 0;
    struct error why;
    error_t bad = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        options->folds = (unsigned)hyper_table[HYPER_FOLDS].fallback;
        state->child_inputs[0] = &options->job;
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_FOLDS:
        return take_folds(&options->folds, value);
    case KEY_QUICK:
        return take_preset(options, &quick);
    case KEY_RIGOROUS:
        return take_preset(options, &rigorous);
    case KEY_RESOLVE:
        return take_resolve(&options->plan, value);
    case KEY_TIME:
        return take_time(&options->plan, value);
    case KEY_PLACE:
        return placement_names_add(&options->places, value, &why) == 0 ? 0 : bad_value("place", &why);
    case KEY_USABLE:
        options->require_usable = true;
        return 0;
    case KEY_NOTEBOOK:
        options->notebook = true;
        return 0;
    case KEY_PERF_CTL:
        return take_perf_control(&options->perf, value);
    case KEY_PERF_CASE:
        options->perf_case = value;
        return 0;
    case KEY_LABEL:
        options->label = value;
        return *value && strlen(value) <= MOST_LABEL ? 0 : bad_option("--label: takes 1 to %d bytes", MOST_LABEL);
    case KEY_GROUP:
        return take_group(&options->job.group, value);
    case KEY_PROCESS:
        options->process = true;
        outputs_are_unused();
        return 0;
    case KEY_SOAK:
        return take_real(&options->soak, "soak", value, 0.0, 1e6);
    case KEY_REPEATS:
        bad = take_integer(&repeats, "repeats", value, 1, 1000000);
        options->repeats = (unsigned)repeats;
        return bad;
    case ARGP_KEY_END:
        return check_options(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "What is timed:", OPTIONS_OWN},
    {"quick", KEY_QUICK, NULL, 0, "fewer rounds, in three processes: under 15 s (five processes, under a minute)", 0},
    {"rigorous", KEY_RIGOROUS, NULL, 0, "more rounds, in ten processes: under three minutes", 0},
    {"resolve", KEY_RESOLVE, "PERCENT", 0,
     "go on until every pair is faster, slower, or known to PERCENT; says before in how long, and stops after --time "
     "(5min)",
     0},
    {"time", KEY_TIME, "TIME", 0, "take about so long in all (90s, 5min), and say before what that will resolve", 0},
    {"process", KEY_PROCESS, NULL, OPTION_HIDDEN, "", 0},
    {"require-usable", KEY_USABLE, NULL, 0, "exit with status 4 if the times are not usable", 0},
    OPTION_FOLDS(KEY_FOLDS),
    {"place", KEY_PLACE, "NAMES", 0,
     "time folds on these placements, with commas between them, and on one core; may be given several times (every "
     "placement of `topo`)",
     0},
    {"repeats", KEY_REPEATS, "N", 0, "repeat the folds N times (until all workers have the same number)", 0},
    OPTION_GROUP(KEY_GROUP),
    {"soak", KEY_SOAK, "MINUTES", 0,
     "time nothing: repeat kernels and fits on every core and compare every result (`sgdmark soak` does more)", 0},
    OPTION_PERF_CTL,
    {"perf-case", KEY_PERF_CASE, "CASE", 0, "the case that perf counts, as results name it: epoch/f32/avx2", 0},
    OPTIONS_OUTPUT,
    {"label", KEY_LABEL, "TEXT", 0, "a name for this result, kept in it (none)", 0},
    {"notebook", KEY_NOTEBOOK, NULL, 0, "print the notebook step by step, up to the trade-off that it announces", 0},
    {"json", KEY_JSON, "FILE", 0,
     "where the result goes, - for stdout and nothing else there (results/<host>-<UTC time>.json)", 0},
    {0}};
static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
const struct argp run_argp = {list,
                              parse,
                              NULL,
                              "The whole job: the notebook's results, every backend checked, then timed. Without "
                              "--engine and --isa that is engine f64, and engines f32 and int on every backend "
                              "that runs here (`sgdmark kernels`), on one core and on every placement (`sgdmark "
                              "topo`), in five processes and under a minute. --engine and --isa choose among them; "
                              "the scalar backends are checked all the same.\v"
                              "Examples:\n"
                              "  sgdmark run                                 all of it, under a minute\n"
                              "  sgdmark run --quick --notebook              with every step of the notebook\n"
                              "  sgdmark run --quick --place core            epochs and folds on one core\n"
                              "  sgdmark run --quick --place core,all-cores  folds on these placements\n"
                              "  sgdmark run --engine f32 --isa avx2,avx512  these two, beside f32/scalar\n"
                              "  sgdmark run --resolve 1% --place core       until 1 % is told apart\n"
                              "  sgdmark run --isa avx2 --json avx2.json     one, beside the scalar backends\n",
                              children,
                              NULL,
                              NULL};
