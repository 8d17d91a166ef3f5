/* SPDX-License-Identifier: MIT */
/* A sweep from its options to its summary, for those who compute it: `sgdmark sweep` alone or in shares, sgdmark-mpi
 * with all ranks of a job. */
#ifndef SGDMARK_CLI_SWEEP_JOB_H
#define SGDMARK_CLI_SWEEP_JOB_H

#include "cli/options.h"
#include "learn/group_choice.h"
#include "learn/sweep.h"
#include "machine/launcher.h"
#include "machine/placement.h"
#include "measure/node_rows.h"
#include "record/sweep_files.h"

/* What is computed, and where it goes. */
struct sweep_options {
    struct job_options job;
    unsigned folds;
    struct grid grid;
    bool varies; /* --vary was there */
    const char *place, *out, *json;
};

/* The options of every sweep, as a child of a command's parser; its input is a struct sweep_options. */
extern const struct argp sweep_argp;

/* For that parser's end: 0, or EINVAL with what is noted (bad_option). */
error_t sweep_options_check(const struct sweep_options *options);

/* What a sweep holds. The caller fills options, argc, argv, launcher and share; sweep_close releases the rest. */
struct sweep_job {
    const struct sweep_options *options;
    int argc;
    char **argv;
    struct launcher launcher;
    struct share share;
    struct backend_list chosen;
    struct topology *topology;
    struct placement placement;
    struct dataset ds;
    struct job_spec spec;
    struct sweep_plan plan;
    struct group_choice group; /* .models is 0 where nothing was left to compute */
    struct node_rows *rows;
    struct sweep_head head;
    char folder[SWEEP_PATH];
    struct sweep_work *work;
};

/* The steps of a sweep, in this order. Each returns 0, or -1 with the reason.
 * Reads the machine and the rows, chooses the backend and checks its kernels: job->plan but for its points. */
int sweep_load(struct sweep_job *job, struct error *err);
/* Opens the folder, and lists the points of the share that it does not hold yet: job->plan.todo. */
int sweep_open(struct sweep_job *job, struct error *err);
/* Chooses how many points are computed in one pass over the rows; there is at least one point to do. */
int sweep_choose_group(struct sweep_job *job, struct error *err);
/* Brings the rows to the memory of the workers: job->plan.rows. */
int sweep_place_rows(struct sweep_job *job, struct error *err);
void sweep_close(struct sweep_job *job);

/* Who begins to compute, for times.jsonl. NULL when memory runs out. */
json_t *sweep_facts(const struct sweep_job *job);

/* Says on stderr that a signal ended the sweep, and what is kept. `command` is the program's name. */
void sweep_say_kept(const struct sweep_job *job, const char *command);

/* Summarizes a whole sweep: writes its files and `json` (NULL: none), prints it. Returns the exit status, or -1 with
 * the reason. */
int sweep_conclude(const struct point_set *set, const char *folder, const char *json, struct error *err);

/* The same for the points of a job that is the only share. */
int sweep_conclude_whole(const struct sweep_job *job, struct error *err);

#endif
