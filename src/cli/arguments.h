/* SPDX-License-Identifier: MIT */
/* The command line of a subcommand: GNU argp, with faults as values. */
#ifndef SGDMARK_CLI_ARGUMENTS_H
#define SGDMARK_CLI_ARGUMENTS_H

#include "base/error.h"

#include <argp.h>
#include <stdbool.h>

/* For argp parsers: notes what is wrong with an option, for take_arguments to report. The first note counts. Always
 * returns EINVAL, so that a parser can `return bad_option(...)`. */
error_t bad_option(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with an error of another function: the option's name, which is put before it, and its kind are kept. */
error_t bad_value(const char *option, const struct error *why);

/* The same with an error that is not of one option alone. */
error_t bad_use(const struct error *why);

/* Is the word -h or --help? */
bool asks_help(const char *word);

/* "sgdmark VERSION (COMMIT)" on standard output. */
void print_version(void);

/* Runs argp over the command's arguments. Returns 0 to go on, 1 when --help, -h or --version was asked for and answered
 * (the command is done then), or -1 with the reason: unknown option, missing or surplus argument, or what a parser
 * noted. */
int take_arguments(const struct argp *argp, int argc, char **argv, void *input, struct error *err);

#endif
