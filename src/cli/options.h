/* Command-line parsing shared by the subcommands: GNU argp, with one-line errors and exit status 2. */
#ifndef SGDMARK_CLI_OPTIONS_H
#define SGDMARK_CLI_OPTIONS_H

#include "base/error.h"
#include "learn/job.h"

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* Prints "sgdmark <command>: <text>" as one line on stderr and ends the program with status 2. */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- Faults as values. What stands above and the parse_ functions below go when the last command uses these. ---- */

/* For argp parsers: notes what is wrong with an option, for take_arguments to report. Always returns EINVAL, so that a
 * parser can `return bad_option(...)`. */
error_t bad_option(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Runs argp over the command's arguments. Returns 0 to go on, 1 when --help was asked for and printed (the command is
 * done then), or -1 with the reason: unknown option, missing or surplus argument, or what a parser noted. */
int take_arguments(const struct argp *argp, int argc, char **argv, void *input, struct error *err);

/* Option values, for argp parsers. Each returns 0, or what bad_option returns, with a message that names option, value
 * and what is accepted. */
error_t take_integer(uint64_t *to, const char *option, const char *value, uint64_t low, uint64_t high);
error_t take_real(double *to, const char *option, const char *value, double low, double high); /* low < value <= high */
/* The index of `value` in the NULL-terminated list. */
error_t take_choice(int *to, const char *option, const char *value, const char *const choices[]);
/* A file to write, or "-" for standard output: not empty, and one that can be created. */
error_t take_output(const char **to, const char *option, const char *value);
/* The same for an option that does not take "-". */
error_t take_output_file(const char **to, const char *option, const char *value);

/* Runs argp over the command's arguments. Any mistake (unknown option, missing or surplus argument) ends the program
 * through usage_error. --help prints the help on stdout and exits 0. */
void parse_arguments(const struct argp *argp, int argc, char **argv, void *input);

/* Option values. Each ends the program through usage_error, naming option, value and what is accepted. */
uint64_t parse_integer(const char *option, const char *value, uint64_t low, uint64_t high);
double parse_real(const char *option, const char *value, double low, double high); /* low < value <= high */
/* A file to write, or "-" for standard output: not empty, and one that can be created. */
const char *parse_output(const char *option, const char *value);
/* Whether --json (NULL: not given) makes standard output the result's alone. */
bool to_stdout(const char *json);
/* As parse_output, for an option that does not take "-". */
const char *parse_output_file(const char *option, const char *value);
/* The index of `value` in the NULL-terminated list. */
int parse_choice(const char *option, const char *value, const char *const choices[]);

/* What is trained, --data --split --order --order-seed --limit --digit --engine --epochs --alpha --seed --compat
 * --prefetch, and by which backends, --isa. */
struct job_options {
    struct job_spec spec;
    bool engine_given;      /* --engine was there; otherwise hyper.engine is the default */
    const char *isa;        /* "auto", "all" or a name */
    const char *isa_source; /* "--isa" or "SGDMARK_ISA" */
};

/* argp children; their input is a struct row_spec and a struct job_options. The parsers fill in the defaults
 * themselves. */
extern const struct argp rows_argp;
extern const struct argp job_argp;

/* The backends that --isa (or SGDMARK_ISA) names: the best one for "auto", every one that runs here for "all", both as
 * engine_backends has them for the job's engine. chosen->list has room for backend_count. A name that is unknown, not
 * compiled in or not supported ends the program through usage_error, with the list of choices and the state of each. */
void choose_backends(const struct job_options *job, struct backend_list *chosen);

#endif
