/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include "base/near.h"
#include "base/number.h"
#include "cli/data_source.h"
#include "cli/outputs.h"
#include "kernels.h"
#include "learn/classes.h"
#include "learn/prefetch.h"
#include "machine/perf_control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

error_t take_integer(uint64_t *to, const char *option, const char *value, uint64_t low, uint64_t high) {
    struct error err;
    return read_whole(to, value, low, high, &err) == 0 ? 0 : bad_value(option, &err);
}

error_t take_real(double *to, const char *option, const char *value, double low, double high) {
    struct error err;
    return read_real(to, value, low, high, &err) == 0 ? 0 : bad_value(option, &err);
}

error_t take_percent(double *to, const char *option, const char *value) {
    char number[64];
    snprintf(number, sizeof number, "%s", value);
    size_t length = strlen(number);
    if (length > 1 && number[length - 1] == '%') number[length - 1] = 0;
    error_t bad = take_real(to, option, number, 0, 1000);
    *to /= 100;
    return bad;
}

error_t take_choice(int *to, const char *option, const char *value, const char *const choices[]) {
    struct error err;
    unsigned choice = 0;
    if (read_choice(&choice, value, choices, &err) != 0) return bad_value(option, &err);
    *to = (int)choice;
    return 0;
}

static error_t take_hyper(double *to, enum hyper_id id, const char *value) {
    struct error err;
    return hyper_read(to, id, value, &err) == 0 ? 0 : bad_value(hyper_table[id].option, &err);
}

error_t take_group(unsigned *to, const char *value) {
    uint64_t models = 0;
    if (strcmp(value, "auto") == 0) return 0;
    const error_t bad = take_integer(&models, "group", value, 1, MODELS_MOST);
    *to = (unsigned)models;
    return bad;
}

error_t take_folds(unsigned *to, const char *value) {
    double folds = 0.0;
    error_t bad = take_hyper(&folds, HYPER_FOLDS, value);
    if (!bad) *to = (unsigned)folds;
    return bad;
}

/* Notes an output, which take_arguments checks at the end. */
static error_t take_path(const char **to, const char *option, const char *path) {
    *to = path;
    if (!*path) return bad_option("--%s: the name of a file is empty", option);
    outputs_add(option, path);
    return 0;
}

error_t take_output(const char **to, const char *option, const char *value) {
    return take_path(to, option, names_stdout(value) ? "-" : value);
}

error_t take_output_file(const char **to, const char *option, const char *value) {
    if (strcmp(value, "-") == 0)
        return bad_option("--%s: '-' is no file, and standard output holds the report (./- is a file of that name)",
                          option);
    return take_path(to, option, value);
}

error_t take_perf_control(const char **to, const char *value) {
    struct error why;
    if (perf_control_check(value, &why) != 0) return bad_option("%s", why.text);
    *to = value;
    return 0;
}

bool to_stdout(const char *json) {
    return json && strcmp(json, "-") == 0;
}

enum { KEY_DATA = 0x100, KEY_SPLIT, KEY_ORDER, KEY_ORDER_SEED, KEY_LIMIT };
enum { KEY_ENGINE = 0x120, KEY_ISA, KEY_PREFETCH, KEY_PAGES, KEY_HYPER = 0x140 };

static error_t parse_rows(int key, char *value, struct argp_state *state) {
    struct row_spec *rows = state->input;
    uint64_t number = 0;
    int choice = 0;
    error_t bad = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        row_spec_defaults(rows);
        rows->data = default_data();
        return 0;
    case KEY_DATA:
        rows->data = value;
        return *value ? 0 : bad_option("--data: the name of a folder is empty");
    case KEY_SPLIT:
        bad = take_choice(&choice, "split", value, split_names);
        rows->split = (enum split)choice;
        return bad;
    case KEY_ORDER:
        bad = take_choice(&choice, "order", value, order_names);
        rows->order = (enum row_order)choice;
        return bad;
    case KEY_ORDER_SEED:
        bad = take_integer(&number, "order-seed", value, 0, UINT32_MAX);
        rows->order_seed = (uint32_t)number;
        return bad;
    case KEY_LIMIT:
        bad = take_integer(&number, "limit", value, 1, UINT32_MAX);
        rows->limit = number;
        return bad;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option rows_list[] = {
    {"data", KEY_DATA, "SOURCE", 0,
     "folder with the four IDX files, plain or .gz, or one above it, such as that of MNIST/raw; of several sets in one "
     "folder, with what the names begin: EMNIST/raw/emnist-digits; or synthetic[:n=N,d=D,seed=S] for made-up rows "
     "($SGDMARK_DATA, else data/mnist, else that of the installed program)",
     0},
    {"split", KEY_SPLIT, "NAME", 0, "which rows: train, test, all (train)", 0},
    {"order", KEY_ORDER, "NAME", 0,
     "file: as stored; sorted: by label, as in the old \"MNIST original\"; notebook: that, then numpy's permutation "
     "(notebook)",
     0},
    {"order-seed", KEY_ORDER_SEED, "S", 0, "seed of the notebook order's permutation (42)", 0},
    {"limit", KEY_LIMIT, "N", 0, "only the first N rows, in the order of --order", 0},
    {0}};

const struct argp rows_argp = {.options = rows_list, .parser = parse_rows};

void isa_defaults(struct job_options *job) {
    const char *isa = getenv("SGDMARK_ISA");
    job->isa = isa ? isa : "auto";
    job->isa_source = isa ? "SGDMARK_ISA" : "--isa";
}

static void set_job_defaults(struct job_options *job) {
    job_spec_defaults(&job->spec);
    isa_defaults(job);
}

static error_t take_prefetch(struct prefetch *to, const char *value) {
    if (strcmp(value, "auto") == 0 || prefetch_parse(to, value) == 0) return 0;
    return bad_option("--prefetch: '%s' is neither auto nor L1,BLOCK or L1,BLOCK,L2 with numbers from 1 to %d", value,
                      PREFETCH_MOST);
}

/* "False:W,True:W": scikit-learn's dict, each class at most once. A class that is not named weighs 1. */
static error_t take_class_weights(struct job_spec *spec, char *value) {
    static const char *const classes[] = {"False:", "True:"};
    static const enum hyper_id ids[] = {HYPER_class_weight_false, HYPER_class_weight_true};
    bool taken[2] = {false, false};
    char *rest = value, *word;
    while ((word = strsep(&rest, ","))) {
        const int c = strncmp(word, classes[0], strlen(classes[0])) == 0 ? 0 : 1;
        double weight = 0.0;
        if (taken[c] || strncmp(word, classes[c], strlen(classes[c])) != 0)
            return bad_option("--class-weight: '%s' is neither False:WEIGHT nor True:WEIGHT, each once", word);
        if (take_hyper(&weight, ids[c], word + strlen(classes[c])) != 0) return EINVAL;
        hyper_set(spec, ids[c], weight);
        taken[c] = true;
    }
    return 0;
}

/* "all". */
static error_t take_all_digits(struct job_options *job) {
    if (!job->takes_all) return bad_option("--digit: only train and cv take all; this command takes one digit, 0 to 9");
    job->spec.digit = DIGIT_ALL;
    return 0;
}

/* Do the hyper-parameters fit together, and with the digit? */
static error_t check_job(const struct job_spec *spec) {
    struct error err;
    if (hyper_check(&spec->hyper, &err) != 0) return bad_use(&err);
    return spec->digit == DIGIT_ALL && classes_check(&spec->hyper, &err) != 0 ? bad_use(&err) : 0;
}

static error_t take_hyper_option(struct job_spec *spec, enum hyper_id id, char *value) {
    double number = 0.0;
    if (id == HYPER_class_weight && strchr(value, ':')) return take_class_weights(spec, value);
    if (hyper_table[id].kind == HYPER_KIND_FLAG)
        number = hyper_table[id].fallback == 0.0;
    else if (take_hyper(&number, id, value) != 0)
        return EINVAL;
    hyper_set(spec, id, number);
    return 0;
}

static error_t parse_job(int key, char *value, struct argp_state *state) {
    struct job_options *job = state->input;
    int choice = 0;
    error_t bad = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        set_job_defaults(job);
        state->child_inputs[0] = &job->spec.rows;
        return 0;
    case KEY_ENGINE:
        bad = take_choice(&choice, "engine", value, engine_names);
        job->spec.hyper.engine = (enum engine)choice;
        job->engine_given = true;
        return bad;
    case KEY_ISA:
        job->isa = value;
        return 0;
    case KEY_PREFETCH:
        return take_prefetch(&job->spec.hyper.prefetch, value);
    case KEY_PAGES:
        bad = take_choice(&choice, "pages", value, page_kind_names);
        job->spec.rows.pages = (enum page_kind)choice;
        return bad;
    case KEY_HYPER + HYPER_DIGIT:
        return strcmp(value, "all") == 0 ? take_all_digits(job) : take_hyper_option(&job->spec, HYPER_DIGIT, value);
    case ARGP_KEY_END:
        return check_job(&job->spec);
    default:
        break;
    }
    if (key < KEY_HYPER || key >= KEY_HYPER + HYPER_FOLDS) return ARGP_ERR_UNKNOWN;
    return take_hyper_option(&job->spec, (enum hyper_id)(key - KEY_HYPER), value);
}

static const struct argp_option job_list[] = {
    {NULL, 0, NULL, 0, "Classifier:", OPTIONS_CLASSIFIER},
    {"digit", KEY_HYPER + HYPER_DIGIT, "K|all", 0,
     "the positive class, 0 to 9; all, of train and cv: each against the others (5)", 0},
#define HYPER_NUMBER(type, member, option, kind, low, high, fallback, argument, help)                                  \
    {option, KEY_HYPER + HYPER_##member, argument, 0, help " (" #fallback ")", 0},
#define HYPER_NAME(type, member, option, names, argument, help)                                                        \
    {option, KEY_HYPER + HYPER_##member, argument, 0, help, 0},
#define HYPER_FLAG(member, option, fallback, help)                      HYPER_NAME(, member, option, , NULL, help)
#define HYPER_OPTIONAL(type, member, option, low, high, argument, help) HYPER_NAME(, member, option, , argument, help)
#include "learn/hyper.def"
    {NULL, 0, NULL, 0, "Hot loop:", OPTIONS_HOT_LOOP},
    {"engine", KEY_ENGINE, "NAME", 0, "number type of the weights: f32, f64, int (f32)", 0},
    OPTION_ISA(KEY_ISA),
    {"prefetch", KEY_PREFETCH, "L1,BLOCK[,L2]", 0,
     "rows ahead to prefetch: L1 of them into the L1 cache, L2 into the L2 cache. BLOCK above 1: before that, the "
     "starts of BLOCK rows go into L2 together, so that their page walks overlap (auto: by a rule on the sizes of rows "
     "and cache)",
     0},
    {"pages", KEY_PAGES, "KIND", 0,
     "pages that the rows lie on: 4k, small ones; thp, transparent huge ones as far as the kernel gives them; huge, "
     "explicit ones of 2 MiB that root has reserved, or an error (auto: thp from 2 MiB on)",
     0},
    {0}};

static const struct argp_child job_children[] = {{&rows_argp, 0, "Rows:", OPTIONS_ROWS}, {0}};

const struct argp job_argp = {.options = job_list, .parser = parse_job, .children = job_children};

/* Appends the backends that run here, or the others, each of these with the reason. `first` goes before the first. */
static void list_backends(char *text, size_t size, const char *first, bool here) {
    for (size_t i = 0; i < backend_count; i++) {
        char reason[160];
        const size_t used = strlen(text);
        if ((backend_state(&backends[i]) == BACKEND_OK) != here) continue;
        backend_reason(&backends[i], reason, sizeof reason);
        snprintf(text + used, size - used, here ? "%s%s" : "%s%s (%s)", first, backends[i].name, reason);
        first = ", ";
    }
}

/* "auto, all, scalar, avx2; not here: avx512 (why)". */
static void list_choices(char *text, size_t size) {
    snprintf(text, size, "auto, all");
    list_backends(text, size, ", ", true);
    list_backends(text, size, "; not here: ", false);
}

/* Takes one name of --isa, of this length. */
static int choose_named(const struct job_options *job, const char *name, size_t length, bool taken[],
                        struct error *err) {
    char list[2048], one[64], hint[NEAR_TEXT];
    snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one - 1), name);
    const struct backend *backend = length < sizeof one ? backend_find(one) : NULL;
    if (backend && backend_state(backend) == BACKEND_OK) {
        taken[backend - backends] = true;
        return 0;
    }
    list_choices(list, sizeof list);
    if (backend) return fail(err, "%s: backend '%s' cannot run here; the choices are %s", job->isa_source, one, list);
    struct near meant;
    near_begin(&meant, one, strlen(one));
    for (size_t i = 0; i < backend_count; i++)
        near_try(&meant, backends[i].name);
    near_try(&meant, "auto");
    return fail(err, "%s: there is no backend '%s'%s%s choices are %s", job->isa_source, one,
                near_text(hint, &meant, ""), meant.best ? " The" : "; the", list);
}

/* The names between commas, in the order of the registry. */
static int choose_list(const struct job_options *job, struct backend_list *chosen, struct error *err) {
    bool *taken = calloc(backend_count, sizeof *taken);
    const char *name = job->isa;
    size_t length = strcspn(name, ",");
    int bad = taken ? choose_named(job, name, length, taken, err) : fail_program(err, "out of memory");
    for (; !bad && name[length]; bad = choose_named(job, name, length, taken, err)) {
        name += length + 1;
        length = strcspn(name, ",");
    }
    for (size_t i = 0; !bad && i < backend_count; i++)
        if (taken[i]) chosen->list[chosen->count++] = &backends[i];
    free(taken);
    return bad;
}

int choose_backends(const struct job_options *job, struct backend_list *chosen, struct error *err) {
    *chosen = (struct backend_list){calloc(backend_count, sizeof *chosen->list), 0};
    if (!chosen->list) return fail_program(err, "out of memory");
    if (strcmp(job->isa, "auto") == 0) {
        chosen->list[chosen->count++] = backend_best();
    } else if (strcmp(job->isa, "all") == 0) {
        for (size_t i = 0; i < backend_count; i++)
            if (backend_state(&backends[i]) == BACKEND_OK) chosen->list[chosen->count++] = &backends[i];
    } else {
        return choose_list(job, chosen, err);
    }
    engine_backends(job->spec.hyper.engine, chosen);
    return 0;
}

int choose_for_every_engine(const struct job_options *job, struct backend_list *chosen, struct error *err) {
    struct job_options every = *job;
    if (strcmp(every.isa, "auto") == 0) every.isa = "all";
    every.spec.hyper.engine = ENGINE_INT; /* some backends differ only in its kernels */
    return choose_backends(&every, chosen, err);
}

int find_placement(struct placement *placement, const struct topology *topology, const char *option, const char *name,
                   struct error *err) {
    struct error why;
    if (placement_resolve(placement, topology, name, &why) == 0) return 0;
    return fail_as(err, why.kind, "--%s: %.1000s", option, why.text);
}
