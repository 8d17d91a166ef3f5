/* SPDX-License-Identifier: MIT */
#include "cli/arguments.h"

#include "base/near.h"
#include "cli/outputs.h"
#include "cli/terminal.h"
#include "version.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a parser of the take_arguments in progress noted first; argp hands no error through. */
static struct error noted;

error_t bad_use(const struct error *err) {
    if (!noted.text[0]) noted = *err;
    return EINVAL;
}

error_t bad_option(const char *format, ...) {
    struct error err = {.kind = ERROR_INPUT};
    va_list args;
    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    return bad_use(&err);
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

/* Tries every option of the parser and its children. */
static void try_options(struct near *meant, const struct argp *argp) {
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++)
        if (o->name && !(o->flags & OPTION_HIDDEN)) near_try(meant, o->name);
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        try_options(meant, child->argp);
}

static int fail_unknown(const struct argp *argp, const char *word, const char *command, struct error *err) {
    const char *name = word + strspn(word, "-");
    char hint[NEAR_TEXT];
    struct near meant;
    near_begin(&meant, name, strcspn(name, "="));
    try_options(&meant, argp);
    near_try(&meant, "help");
    near_try(&meant, "version");
    return fail(err, "there is no option '%s'%s (%s --help lists them)", word, near_text(hint, &meant, "--"), command);
}

/* Finds the option that a word means. Returns 0, or -1 with the reason. */
static int find_option(const struct argp_option **option, const struct argp *argp, const char *word,
                       const char *command, struct error *err) {
    const char *name = word + 2;
    unsigned matches =
        word[1] == '-' ? count_options(argp, name, strcspn(name, "="), option) : count_letter(argp, word + 1, option);
    if (matches == 0) return fail_unknown(argp, word, command, err);
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

void print_version(void) {
    printf("sgdmark %s (%s)\n", SGDMARK_VERSION, SGDMARK_COMMIT);
}

bool asks_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* argp's help has 79 columns unless ARGP_HELP_FMT says otherwise. Gives it one column less than the terminal has. On a
 * narrow terminal the descriptions of options begin further left. */
static void fit_help(void) {
    enum { USUAL = 80, LEAST = 40, MOST = 100, NARROW = 60 };
    char format[64];
    const int columns = terminal_columns(USUAL);
    const int margin = (columns < LEAST ? LEAST : columns > MOST ? MOST : columns) - 1;
    snprintf(format, sizeof format, "rmargin=%d%s", margin, margin < NARROW ? ",opt-doc-col=10" : "");
    setenv("ARGP_HELP_FMT", format, 0);
}

/* --help and --version, wherever they stand. Returns true when one was there and is answered. */
static bool answer_questions(const struct argp *argp, int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (asks_help(argv[i])) {
            fit_help();
            argp_help(argp, stdout, ARGP_HELP_STD_HELP, argv[0]);
            return true;
        }
        if (strcmp(argv[i], "--version") == 0) {
            print_version();
            return true;
        }
    }
    return false;
}

int take_arguments(const struct argp *argp, int argc, char **argv, void *input, struct error *err) {
    if (answer_questions(argp, argc, argv)) return 1;
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
    return bad_use(&err);
}
