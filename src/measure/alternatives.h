/* SPDX-License-Identifier: MIT */
/* Alternatives: what can be tried on this machine without root, each timed against the plain way in the same rounds.
 * What is timed is the first epoch of a verified job; its weights are checked after every sample. */
#ifndef SGDMARK_MEASURE_ALTERNATIVES_H
#define SGDMARK_MEASURE_ALTERNATIVES_H

#include "base/page_use.h"
#include "machine/placement.h"
#include "measure/experiment.h"

/* A question is one experiment. Its first case is the plain way, its second case the A/A twin of that, and each other
 * case is an alternative. */
enum question {
    ASK_PAGES,     /* rows on small pages; on transparent huge pages, on explicit ones */
    ASK_SMT,       /* one thread of a core; an epoch on each of its threads */
    ASK_PLACEMENT, /* bound to the first PU; not bound, bound to the last PU */
    ASK_MEMORY     /* rows on the memory node of the PU; on the node farthest from it */
};
enum { QUESTIONS = ASK_MEMORY + 1, MOST_ALTERNATIVES = 3 };
extern const char *const question_names[]; /* "pages", "smt", "placement", "memory" */

struct alternatives_setup {
    const struct job *job;
    const struct hyper *hyper;
    const struct verified_job *verified; /* whose epoch is timed; of engine f32 */
    const struct topology *topology;
    const uint32_t *permutation; /* the rows' order in an epoch, [job->row_list.n] */
};

/* What cannot be tried here. */
struct not_tried {
    const char *name;        /* of the alternative, or of the whole question */
    char why[512];           /* in a phrase */
    char mend[HUGE_COMMAND]; /* the command that makes it possible, given as root, or "" */
};

struct alternatives {
    enum question question;
    struct experiment *experiment; /* NULL: there is nothing to try */
    /* Of each case: what it is, in a phrase, and the rows that it reads. [experiment->count] */
    const char *what[2 + MOST_ALTERNATIVES];
    const struct dataset *rows[2 + MOST_ALTERNATIVES];
    struct not_tried not_tried[MOST_ALTERNATIVES];
    size_t not_tried_count;
};

/* Makes the cases of a question that this machine can answer. `setup` must outlive them. The calling thread must be as
 * free as the user left it; its affinity is restored by alternatives_free. Returns 0, or -1 with the reason. */
int alternatives_make(struct alternatives *made, enum question question, const struct alternatives_setup *setup,
                      struct error *err);
void alternatives_free(struct alternatives *made);

/* Times the cases for about `seconds`, or longer if an interval needs more rounds. Returns 0, or -1 with the reason:
 * ERROR_CHECK where a sample ended with other weights than the verified job. */
int alternatives_run(struct alternatives *made, double seconds, uint32_t seed, const struct topology *topology,
                     const struct progress_sink *progress, struct error *err);

#endif
