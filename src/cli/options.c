/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include "base/number.h"
#include "cli/outputs.h"
#include "kernels.h"
#include "learn/classes.h"
#include "learn/prefetch.h"
#include "machine/perf_control.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a parser of the take_arguments in progress noted first; argp hands no error through. */
static struct error noted;

static error_t note(const struct error *err) {
    if (!noted.text[0]) noted = *err;
    return EINVAL;
}

error_t bad_option(const char *format, ...) {
    struct error err = {.kind = ERROR_INPUT};
    va_list args;
    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    return note(&err);
}

/* The options of the parser and its children that `name` may mean; an exact match counts alone. */
static unsigned count_options(const struct argp *argp, const char *name, size_t length,
                              const struct argp_option **found) {
    unsigned matches = 0;
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++) {
        if (!o->name || strncmp(o->name, name, length) != 0) continue;
        *found = o;
        if (o->name[length] == 0) return 1;
        matches++;
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++) {
        const struct argp_option *below = NULL;
        unsigned more = count_options(child->argp, name, length, &below);
        if (!below) continue;
        *found = below;
        if (below->name[length] == 0) return 1;
        matches += more;
    }
    return matches;
}

/* The option of the parser with this one letter, as -o; its value is the next word. */
static unsigned count_letter(const struct argp *argp, const char *letter, const struct argp_option **found) {
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++) {
        if (!o->name || o->key != *letter || letter[1]) continue;
        *found = o;
        return 1;
    }
    return 0;
}

/* Finds the option that a word means. Returns 0, or -1 with the reason. */
static int find_option(const struct argp_option **option, const struct argp *argp, const char *word,
                       const char *command, struct error *err) {
    const char *name = word + 2;
    unsigned matches =
        word[1] == '-' ? count_options(argp, name, strcspn(name, "="), option) : count_letter(argp, word + 1, option);
    if (matches == 0) return fail(err, "there is no option '%s' (%s --help lists them)", word, command);
    if (matches > 1) return fail(err, "option '%s' is ambiguous (%s --help lists them)", word, command);
    return 0;
}

/* argp reports a mistake in two or three lines, which do not name the word. */
static int check_words(const struct argp *argp, int argc, char **argv, struct error *err) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--") == 0) return 0;
        if (word[0] != '-' || word[1] == 0) continue;
        const struct argp_option *option = NULL;
        if (find_option(&option, argp, word, argv[0], err) != 0) return -1;
        bool with_value = strchr(word, '=');
        if (!option->arg && with_value) return fail(err, "--%s takes no value", option->name);
        if (option->arg && !(option->flags & OPTION_ARG_OPTIONAL) && !with_value && ++i == argc)
            return fail(err, "--%s needs a value: %s", option->name, option->arg);
    }
    return 0;
}

int take_arguments(const struct argp *argp, int argc, char **argv, void *input, struct error *err) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") != 0) continue;
        argp_help(argp, stdout, ARGP_HELP_STD_HELP, argv[0]);
        return 1;
    }
    if (check_words(argp, argc, argv, err) != 0) return -1;
    noted.text[0] = 0;
    outputs_begin();
    int next = argc;
    error_t bad = argp_parse(argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, &next, input);
    if (bad && noted.text[0]) {
        *err = noted;
        return -1;
    }
    if (bad == ENOMEM) return fail_program(err, "out of memory for the options");
    if (next < argc)
        return fail(err, "unexpected argument '%s' (%s --help lists what is accepted)", argv[next], argv[0]);
    if (bad) return fail(err, "the arguments cannot be understood (%s --help lists what is accepted)", argv[0]);
    return outputs_check(err);
}

error_t bad_value(const char *option, const struct error *why) {
    struct error err = {.kind = why->kind};
    snprintf(err.text, sizeof err.text, "--%s: %.900s", option, why->text);
    return note(&err);
}

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
enum { KEY_ENGINE = 0x120, KEY_ISA, KEY_PREFETCH, KEY_HYPER = 0x140 };

static error_t parse_rows(int key, char *value, struct argp_state *state) {
    struct row_spec *rows = state->input;
    uint64_t number = 0;
    int choice = 0;
    error_t bad = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        row_spec_defaults(rows);
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
     "(data/mnist)",
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
    if (hyper_check(&spec->hyper, &err) != 0) return note(&err);
    return spec->digit == DIGIT_ALL && classes_check(&spec->hyper, &err) != 0 ? note(&err) : 0;
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
    {NULL, 0, NULL, 0, "Classifier:", 2},
    {"digit", KEY_HYPER + HYPER_DIGIT, "K|all", 0,
     "the positive class, 0 to 9; all, of train and cv: each against the others (5)", 0},
#define HYPER_NUMBER(type, member, option, kind, low, high, fallback, argument, help)                                  \
    {option, KEY_HYPER + HYPER_##member, argument, 0, help " (" #fallback ")", 0},
#define HYPER_NAME(type, member, option, names, argument, help)                                                        \
    {option, KEY_HYPER + HYPER_##member, argument, 0, help, 0},
#define HYPER_FLAG(member, option, fallback, help)                      HYPER_NAME(, member, option, , NULL, help)
#define HYPER_OPTIONAL(type, member, option, low, high, argument, help) HYPER_NAME(, member, option, , argument, help)
#include "learn/hyper.def"
    {NULL, 0, NULL, 0, "Hot loop:", 3},
    {"engine", KEY_ENGINE, "NAME", 0, "number type of the weights: f32, f64, int (f32)", 0},
    {"isa", KEY_ISA, "NAME[,NAME...]", 0,
     "backends: auto, all, or names that `sgdmark kernels` lists (auto, or $SGDMARK_ISA)", 0},
    {"prefetch", KEY_PREFETCH, "L1,BLOCK[,L2]", 0,
     "rows ahead to prefetch: L1 of them into the L1 cache, L2 into the L2 cache. BLOCK above 1: before that, the "
     "starts of BLOCK rows go into L2 together, so that their page walks overlap (auto: by a rule on the sizes of rows "
     "and cache)",
     0},
    {0}};

static const struct argp_child job_children[] = {{&rows_argp, 0, "Rows:", 1}, {0}};

const struct argp job_argp = {.options = job_list, .parser = parse_job, .children = job_children};

static void list_backends(char *text, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < backend_count && used < size; i++) {
        char reason[160];
        backend_reason(&backends[i], reason, sizeof reason);
        used += (size_t)snprintf(text + used, size - used, "%s%s (%s)", i ? ", " : "", backends[i].name, reason);
    }
}

/* Takes one name of --isa, of this length. */
static int choose_named(const struct job_options *job, const char *name, size_t length, bool taken[],
                        struct error *err) {
    char list[2048], one[64];
    snprintf(one, sizeof one, "%.*s", (int)(length < sizeof one ? length : sizeof one - 1), name);
    const struct backend *backend = length < sizeof one ? backend_find(one) : NULL;
    if (backend && backend_state(backend) == BACKEND_OK) {
        taken[backend - backends] = true;
        return 0;
    }
    list_backends(list, sizeof list);
    if (!backend)
        return fail(err, "%s: there is no backend '%s'; the choices are auto, all, %s", job->isa_source, one, list);
    return fail(err, "%s: backend '%s' cannot run here; the choices are auto, all, %s", job->isa_source, one, list);
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
    chosen->count = 0;
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
