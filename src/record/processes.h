/* SPDX-License-Identifier: MIT */
/* Spreads the rounds of a run over several processes. A process has one memory layout (physical pages, addresses of
 * code and heap) for its whole life, so only processes show what layout does to the times.
 *
 * The run itself verifies the jobs and never times. Each process is this program again, with the same arguments and
 * --process: it reads its order from standard input, loads the data anew, times its share of the rounds one experiment
 * after the other, and writes them to standard output. */
#ifndef SGDMARK_RECORD_PROCESSES_H
#define SGDMARK_RECORD_PROCESSES_H

#include "measure/experiment.h"

#include <jansson.h>

/* The experiments of a run, as indexes. A planned run has the first two (planner.h). */
enum { EPOCHS_EXPERIMENT, FOLDS_EXPERIMENT, DIGITS_EXPERIMENT, EXPERIMENTS };

/* What the processes are to do. Pointers must outlive the calls below. */
struct process_order {
    unsigned processes; /* at most */
    uint32_t seed;      /* process k makes its schedule from seed + k */
    struct budget budget[EXPERIMENTS];
    struct experiment *experiments[EXPERIMENTS]; /* not run; NULL: there is none. The rounds are appended to them */
    const struct verified_jobs *jobs;
    const struct verified_digits *digits; /* for the experiment of digits; NULL: there is none */
    /* Before each process; `started` were started so far. Sets which experiments it times, none: there are enough
     * processes. Returns 0, or -1 with the reason. NULL: all experiments in all processes. */
    int (*next)(void *context, unsigned started, bool wanted[EXPERIMENTS], struct error *err);
    void (*ended)(void *context, unsigned process, double seconds); /* after each process; may be NULL */
    void *context;
};

/* How one process ended. */
struct process_end {
    bool failed;
    char reason[256];
    double seconds; /* that it took, start and end included */
};

/* Can a process be started at all? Call it before work that would be lost. Returns 0, or -1 with the reason. */
int processes_check(struct error *err);

/* Runs the processes one after the other: this program with argv[1..argc-1] and --process. ends[order->processes] says
 * how each of the first *ran ended; one that failed adds no rounds and a failed check to the first experiment. Returns
 * 0, or -1 with the reason if none added any. */
int processes_run(const struct process_order *order, int argc, char *const *argv, struct process_end *ends,
                  unsigned *ran, struct error *err);

/* ---- The other side. */

/* An order as a process reads it. */
struct process_work {
    struct process_share share;
    struct budget budget[EXPERIMENTS];
    bool wanted[EXPERIMENTS];
    struct verified_jobs jobs;     /* without models: what timing and its checks need */
    struct verified_digits digits; /* .job NULL: none */
    json_t *works;                 /* work per sample of each case, by name */
};

/* Reads the order from standard input. Returns 0, or -1 with the reason; process_work_free releases it. */
int process_work_read(struct process_work *work, struct error *err);
void process_work_free(struct process_work *work);

/* Gives each case of the experiment the work per sample that it has in the run. */
void process_work_resize(const struct process_work *work, struct experiment *experiment);

/* Writes the rounds of the experiments that were run (NULL: not) to standard output. */
int process_answer(struct experiment *const experiments[EXPERIMENTS], struct error *err);

#endif
