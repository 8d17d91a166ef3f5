/* Command-line parsing shared by the subcommands: GNU argp, with one-line errors and exit status 2. */
#ifndef SGDMARK_CLI_OPTIONS_H
#define SGDMARK_CLI_OPTIONS_H

#include "base/error.h"
#include "data/order.h"
#include "kernels.h"
#include "learn/cv.h"

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* Prints "sgdmark <command>: <text>" as one line on stderr and ends the program with status 2. */
_Noreturn void usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

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

/* Which rows: the options --data --split --order --order-seed --limit. */
struct rows_options {
    const char *data;
    enum split split;
    enum row_order order;
    uint32_t order_seed;
    size_t limit; /* 0: all */
};

/* What is trained and how: --digit --engine --epochs --alpha --seed --compat --prefetch. */
struct job_options {
    struct rows_options rows;
    unsigned digit;
    struct hyper hyper;
    bool engine_given;      /* --engine was there; otherwise hyper.engine is the default */
    const char *isa;        /* "auto", "all" or a name */
    const char *isa_source; /* "--isa" or "SGDMARK_ISA" */
};

/* argp children for the two groups; their input is the struct. The parsers fill in the defaults themselves. */
extern const struct argp rows_argp;
extern const struct argp job_argp;

extern const char *const split_names[], *const order_names[], *const engine_names[], *const compat_names[];

/* Of backends that differ only in the kernels of engine int, the other engines keep the one that the kernels are of.
 * Leaves chosen[0..] without the others and returns how many there are. */
size_t backends_for(enum engine engine, const struct backend **chosen, size_t count);

/* The backends that --isa (or SGDMARK_ISA) names: the best one for "auto", every one that runs here for "all", both as
 * backends_for the job's engine. Fills in chosen[] (room for backend_count) and returns how many. A name that is
 * unknown, not compiled in or not supported ends the program through usage_error, with the list of choices and the
 * state of each. */
size_t choose_backends(const struct job_options *job, const struct backend **chosen);

#endif
