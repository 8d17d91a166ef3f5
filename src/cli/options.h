/* SPDX-License-Identifier: MIT */
/* Command-line parsing shared by the subcommands: GNU argp, with faults as values. */
#ifndef SGDMARK_CLI_OPTIONS_H
#define SGDMARK_CLI_OPTIONS_H

#include "base/error.h"
#include "cli/arguments.h"
#include "learn/hyper_table.h"
#include "learn/job.h"
#include "machine/placement.h"

#include <stdbool.h>
#include <stdint.h>

/* Option values, for argp parsers. Each returns 0, or what bad_option returns, with a message that names option, value
 * and what is accepted. */
error_t take_integer(uint64_t *to, const char *option, const char *value, uint64_t low, uint64_t high);
error_t take_real(double *to, const char *option, const char *value, double low, double high); /* low < value <= high */
/* "5%" or "5", as 0.05; at most 1000%. */
error_t take_percent(double *to, const char *option, const char *value);
/* The index of `value` in the NULL-terminated list. */
error_t take_choice(int *to, const char *option, const char *value, const char *const choices[]);
/* The number of folds, within the bounds of hyper_table. */
error_t take_folds(unsigned *to, const char *value);
/* --group: fits that share each read of a row, 0 for "auto". */
error_t take_group(unsigned *to, const char *value);
/* A file to write, or "-" for standard output, which *to also is for its other names, such as /dev/stdout. The name is
 * not empty; take_arguments checks the file (cli/outputs.h) after all options. */
error_t take_output(const char **to, const char *option, const char *value);
/* The same for an option that does not take "-". */
error_t take_output_file(const char **to, const char *option, const char *value);

/* Which perf to tell what to count, checked as far as that goes without it (machine/perf_control.h). */
error_t take_perf_control(const char **to, const char *value);

/* Whether --json (NULL: not given) makes standard output the result's alone. */
bool to_stdout(const char *json);

/* What is trained, --data --split --order --order-seed --limit --digit --engine --prefetch --pages and the
 * hyper-parameters, and by which backends, --isa. */
struct job_options {
    struct job_spec spec;
    bool takes_all;         /* set by a command that takes --digit all, before its options are read */
    bool engine_given;      /* --engine was there; otherwise spec.hyper.engine is the default */
    unsigned group;         /* --group, of commands that have it; 0: auto */
    const char *isa;        /* "auto", "all", or names with commas between them */
    const char *isa_source; /* "--isa" or "SGDMARK_ISA" */
};

/* The backends that SGDMARK_ISA asks for, or "auto": what --isa replaces. */
void isa_defaults(struct job_options *job);

/* argp children; their input is a struct row_spec and a struct job_options. The parsers fill in the defaults
 * themselves. A parser that has job_argp as its only child sets state->child_inputs[0] to the struct. */
extern const struct argp rows_argp;
extern const struct argp job_argp;

/* The groups in which argp lists options: those that only this command has come first, then its output, then what all
 * commands share. A command has up to three groups of its own: OPTIONS_OWN, + 1, + 2. */
enum { OPTIONS_OWN = 1, OPTIONS_ROWS = 5, OPTIONS_CLASSIFIER, OPTIONS_HOT_LOOP };

/* Lines of options that several commands have; KEY is the command's. */
#define OPTION_JSON(KEY)                                                                                               \
    { "json", KEY, "FILE", 0, "write the result as JSON; with - nothing else goes to stdout", 0 }
#define OPTION_PNG(KEY)                                                                                                \
    { "png", KEY, "FILE", 0, "with --digit all: draw the confusion matrix as a heat map", 0 }
#define OPTION_FOLDS(KEY)                                                                                              \
    { "folds", KEY, "K", 0, "stratified folds (3)", 0 }
#define OPTION_ISA(KEY)                                                                                                \
    {                                                                                                                  \
        "isa", KEY, "NAME[,NAME...]", 0,                                                                               \
            "backends: auto, all, or names that `sgdmark kernels` lists (auto, or $SGDMARK_ISA)", 0                    \
    }
#define OPTION_GROUP(KEY)                                                                                              \
    { "group", KEY, "N", 0, "how many fits share each read of a row, 1 to 12 (auto: all that can)", 0 }

#define OPTIONS_OUTPUT                                                                                                 \
    { NULL, 0, NULL, 0, "Output:", OPTIONS_OWN + 1 }

/* Options of perf, for argp tables, with keys above those of every command. */
enum { KEY_PERF_CTL = 0x300, KEY_PERF_CASE };
#define OPTION_PERF_CTL                                                                                                \
    {                                                                                                                  \
        "perf-ctl", KEY_PERF_CTL, "fd:C,A or fifo:C,A", 0,                                                             \
            "perf --control with the same counts nothing but what is timed", 0                                         \
    }

/* The backends that --isa (or SGDMARK_ISA) names, in the order of the registry: the best one for "auto", every one that
 * runs here for "all", both as engine_backends has them for the job's engine; else those of a list of names, each once.
 * It makes chosen->list, with room for every backend; the caller frees it, also after a failure. Returns 0, or -1 where
 * a name is unknown, not compiled in or not supported: with the list of choices and the state of each. */
int choose_backends(const struct job_options *job, struct backend_list *chosen, struct error *err);

/* The same for all engines together: "auto" is "all", and the job's engine does not matter. */
int choose_for_every_engine(const struct job_options *job, struct backend_list *chosen, struct error *err);

/* The placement that an option ("place") names. Returns 0, or -1 with the option and the reason. */
int find_placement(struct placement *placement, const struct topology *topology, const char *option, const char *name,
                   struct error *err);

#endif
