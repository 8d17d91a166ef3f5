#include "cli/options.h"

#include "base/file.h"
#include "cli/commands.h"
#include "learn/prefetch.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *command_name = "sgdmark";

void usage_error(const char *format, ...) {
    char line[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    for (char *c = line; *c; c++)
        if (iscntrl((unsigned char)*c)) *c = '?'; /* what was typed is quoted, and the message is one line */
    fprintf(stderr, "%s: %s\n", command_name, line);
    exit(EXIT_BAD_INPUT);
}

/* Counts the options of the parser and its children that `name` may mean; an exact match counts alone. */
static unsigned count_options(const struct argp *argp, const char *name, size_t length,
                              const struct argp_option **found) {
    unsigned matches = 0;
    for (const struct argp_option *o = argp->options; o && (o->name || o->key); o++) {
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

/* argp tells a mistake in two or three lines and does not say which word it was; here it is told in one. */
static void check_words(const struct argp *argp, int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (strcmp(word, "--") == 0) return;
        if (word[0] != '-' || word[1] == 0) continue;
        if (word[1] != '-') usage_error("there is no option '%s' (%s --help lists them)", word, argv[0]);
        const char *name = word + 2;
        size_t length = strcspn(name, "=");
        const struct argp_option *option = NULL;
        unsigned matches = count_options(argp, name, length, &option);
        if (matches == 0) usage_error("there is no option '%s' (%s --help lists them)", word, argv[0]);
        if (matches > 1) usage_error("option '%s' is ambiguous (%s --help lists them)", word, argv[0]);
        if (!option->arg && name[length] == '=') usage_error("--%s takes no value", option->name);
        if (option->arg && !(option->flags & OPTION_ARG_OPTIONAL) && name[length] == 0 && ++i == argc)
            usage_error("--%s needs a value: %s", option->name, option->arg);
    }
}

void parse_arguments(const struct argp *argp, int argc, char **argv, void *input) {
    command_name = argv[0];
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") != 0) continue;
        argp_help(argp, stdout, ARGP_HELP_STD_HELP, argv[0]);
        exit(EXIT_DONE);
    }
    check_words(argp, argc, argv);
    int next = argc;
    error_t bad = argp_parse(argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, &next, input);
    if (next < argc) usage_error("unexpected argument '%s' (%s --help lists what is accepted)", argv[next], argv[0]);
    if (bad) usage_error("the arguments cannot be understood (%s --help lists what is accepted)", argv[0]);
}

const char *parse_output(const char *option, const char *value) {
    struct error err;
    if (!*value) usage_error("--%s: the name of a file is empty", option);
    if (strcmp(value, "-") != 0 && check_writable(value, &err) != 0) usage_error("--%s: %s", option, err.text);
    return value;
}

bool to_stdout(const char *json) {
    return json && strcmp(json, "-") == 0;
}

const char *parse_output_file(const char *option, const char *value) {
    if (strcmp(value, "-") == 0)
        usage_error("--%s: '-' is no file, and standard output holds the report (./- is a file of that name)", option);
    return parse_output(option, value);
}

uint64_t parse_integer(const char *option, const char *value, uint64_t low, uint64_t high) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || number < low || number > high)
        usage_error("--%s: '%s' is not a whole number from %llu to %llu", option, value, (unsigned long long)low,
                    (unsigned long long)high);
    return number;
}

double parse_real(const char *option, const char *value, double low, double high) {
    char *end;
    errno = 0;
    double number = strtod(value, &end);
    bool decimal = strspn(value, "+-.0123456789eE") == strlen(value);
    if (!decimal || end == value || *end || !isfinite(number) || number <= low || number > high)
        usage_error("--%s: '%s' is not a number above %g and up to %g", option, value, low, high);
    return number;
}

int parse_choice(const char *option, const char *value, const char *const choices[]) {
    char list[256] = "";
    for (int i = 0; choices[i]; i++) {
        if (strcmp(value, choices[i]) == 0) return i;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", choices[i]);
    }
    usage_error("--%s: '%s' is none of %s", option, value, list);
}

enum { KEY_DATA = 0x100, KEY_SPLIT, KEY_ORDER, KEY_ORDER_SEED, KEY_LIMIT };
enum { KEY_DIGIT = 0x120, KEY_ENGINE, KEY_ISA, KEY_EPOCHS, KEY_ALPHA, KEY_SEED, KEY_COMPAT, KEY_PREFETCH };

static error_t parse_rows(int key, char *value, struct argp_state *state) {
    struct row_spec *rows = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        *rows = (struct row_spec){.data = "data/mnist", .order = ORDER_NOTEBOOK, .order_seed = 42};
        return 0;
    case KEY_DATA:
        if (!*value) usage_error("--data: the name of a folder is empty");
        rows->data = value;
        return 0;
    case KEY_SPLIT:
        rows->split = (enum split)parse_choice("split", value, split_names);
        return 0;
    case KEY_ORDER:
        rows->order = (enum row_order)parse_choice("order", value, order_names);
        return 0;
    case KEY_ORDER_SEED:
        rows->order_seed = (uint32_t)parse_integer("order-seed", value, 0, UINT32_MAX);
        return 0;
    case KEY_LIMIT:
        rows->limit = parse_integer("limit", value, 1, UINT32_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option rows_list[] = {
    {"data", KEY_DATA, "DIR or synthetic[:n=N,d=D,seed=S]", 0,
     "folder with the four IDX files, plain or .gz, or made-up rows (data/mnist)", 0},
    {"split", KEY_SPLIT, "NAME", 0, "which rows: train, test, all (train)", 0},
    {"order", KEY_ORDER, "NAME", 0,
     "file: as stored; notebook: stably sorted by label, then a numpy permutation (notebook)", 0},
    {"order-seed", KEY_ORDER_SEED, "S", 0, "seed of that permutation (42)", 0},
    {"limit", KEY_LIMIT, "N", 0, "only the first N rows of that order", 0},
    {0}};

const struct argp rows_argp = {.options = rows_list, .parser = parse_rows};

static error_t parse_job(int key, char *value, struct argp_state *state) {
    struct job_options *job = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        job_spec_defaults(&job->spec);
        job->isa = getenv("SGDMARK_ISA");
        job->isa_source = job->isa ? "SGDMARK_ISA" : "--isa";
        if (!job->isa) job->isa = "auto";
        state->child_inputs[0] = &job->spec.rows;
        return 0;
    case KEY_DIGIT:
        job->spec.digit = (unsigned)parse_integer("digit", value, 0, 9);
        return 0;
    case KEY_ENGINE:
        job->spec.hyper.engine = (enum engine)parse_choice("engine", value, engine_names);
        job->engine_given = true;
        return 0;
    case KEY_ISA:
        job->isa = value;
        return 0;
    case KEY_EPOCHS:
        job->spec.hyper.epochs = (unsigned)parse_integer("epochs", value, 1, 1000000);
        return 0;
    case KEY_ALPHA:
        job->spec.hyper.alpha = parse_real("alpha", value, 0.0, 1e6);
        return 0;
    case KEY_SEED:
        job->spec.hyper.seed = (uint32_t)parse_integer("seed", value, 0, UINT32_MAX);
        return 0;
    case KEY_COMPAT:
        job->spec.hyper.compat = (enum compat)parse_choice("compat", value, compat_names);
        return 0;
    case KEY_PREFETCH:
        if (strcmp(value, "auto") != 0 && prefetch_parse(&job->spec.hyper.prefetch, value) != 0)
            usage_error("--prefetch: '%s' is neither auto nor NEAR,BLOCK or NEAR,BLOCK,FAR with numbers from 1 to %d",
                        value, PREFETCH_MOST);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option job_list[] = {
    {"digit", KEY_DIGIT, "K", 0, "the digit that counts as True (5)", 0},
    {"engine", KEY_ENGINE, "NAME", 0, "type of the weights: f32, f64, int (f32)", 0},
    {"isa", KEY_ISA, "NAME", 0, "backend: auto, all or one that `sgdmark kernels` lists (auto, or $SGDMARK_ISA)", 0},
    {"epochs", KEY_EPOCHS, "N", 0, "max_iter (5)", 0},
    {"alpha", KEY_ALPHA, "A", 0, "strength of the L2 penalty (1e-4)", 0},
    {"seed", KEY_SEED, "S", 0, "random_state (42)", 0},
    {"compat", KEY_COMPAT, "VERSION", 0, "scikit-learn whose seeds and folds are kept: 0.19, 1.2 (0.19)", 0},
    {"prefetch", KEY_PREFETCH, "NEAR,BLOCK[,FAR]", 0,
     "how rows are fetched before their turn: into the first-level cache NEAR rows ahead, into the second FAR rows "
     "ahead; before that, of BLOCK rows at once, the first lines (if BLOCK is not 1) (auto: what is fastest at "
     "start-up)",
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

void choose_backends(const struct job_options *job, struct backend_list *chosen) {
    const char *isa = job->isa;
    chosen->count = 0;
    if (strcmp(isa, "auto") == 0) {
        chosen->list[chosen->count++] = backend_best();
        engine_backends(job->spec.hyper.engine, chosen);
        return;
    }
    if (strcmp(isa, "all") == 0) {
        for (size_t i = 0; i < backend_count; i++)
            if (backend_state(&backends[i]) == BACKEND_OK) chosen->list[chosen->count++] = &backends[i];
        engine_backends(job->spec.hyper.engine, chosen);
        return;
    }
    const struct backend *backend = backend_find(isa);
    if (backend && backend_state(backend) == BACKEND_OK) {
        chosen->list[chosen->count++] = backend;
        return;
    }
    char list[2048];
    list_backends(list, sizeof list);
    if (!backend)
        usage_error("%s: there is no backend '%s'; the choices are auto, all, %s", job->isa_source, isa, list);
    usage_error("%s: backend '%s' cannot run here; the choices are auto, all, %s", job->isa_source, isa, list);
}

/* What the parsers of the take_arguments in progress noted first; argp hands no error through. */
static struct error noted;

error_t bad_option(const char *format, ...) {
    if (noted.text[0]) return EINVAL;
    va_list args;
    va_start(args, format);
    vsnprintf(noted.text, sizeof noted.text, format, args);
    va_end(args);
    return EINVAL;
}

int take_arguments(const struct argp *argp, int argc, char **argv, void *input, struct error *err) {
    command_name = argv[0];
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") != 0) continue;
        argp_help(argp, stdout, ARGP_HELP_STD_HELP, argv[0]);
        return 1;
    }
    check_words(argp, argc, argv);
    noted.text[0] = 0;
    int next = argc;
    error_t bad = argp_parse(argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_EXIT | ARGP_NO_HELP, &next, input);
    if (bad && noted.text[0]) return fail(err, "%s", noted.text);
    if (next < argc)
        return fail(err, "unexpected argument '%s' (%s --help lists what is accepted)", argv[next], argv[0]);
    if (bad) return fail(err, "the arguments cannot be understood (%s --help lists what is accepted)", argv[0]);
    return 0;
}

error_t take_integer(uint64_t *to, const char *option, const char *value, uint64_t low, uint64_t high) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end || errno || number < low || number > high)
        return bad_option("--%s: '%s' is not a whole number from %llu to %llu", option, value, (unsigned long long)low,
                          (unsigned long long)high);
    *to = number;
    return 0;
}

error_t take_real(double *to, const char *option, const char *value, double low, double high) {
    char *end;
    errno = 0;
    double number = strtod(value, &end);
    bool decimal = strspn(value, "+-.0123456789eE") == strlen(value);
    if (!decimal || end == value || *end || !isfinite(number) || number <= low || number > high)
        return bad_option("--%s: '%s' is not a number above %g and up to %g", option, value, low, high);
    *to = number;
    return 0;
}

error_t take_choice(int *to, const char *option, const char *value, const char *const choices[]) {
    char list[256] = "";
    for (*to = 0; choices[*to]; ++*to) {
        if (strcmp(value, choices[*to]) == 0) return 0;
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *to ? ", " : "", choices[*to]);
    }
    return bad_option("--%s: '%s' is none of %s", option, value, list);
}

error_t take_output(const char **to, const char *option, const char *value) {
    struct error err;
    *to = value;
    if (!*value) return bad_option("--%s: the name of a file is empty", option);
    if (strcmp(value, "-") != 0 && check_writable(value, &err) != 0) return bad_option("--%s: %s", option, err.text);
    return 0;
}

error_t take_output_file(const char **to, const char *option, const char *value) {
    if (strcmp(value, "-") == 0)
        return bad_option("--%s: '-' is no file, and standard output holds the report (./- is a file of that name)",
                          option);
    return take_output(to, option, value);
}
