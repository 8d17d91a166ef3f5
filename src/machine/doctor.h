/* SPDX-License-Identifier: MIT */
/* What of a machine's settings and state would disturb a measurement, and the command that mends it. Nothing is
 * changed, and nothing is measured: the findings follow from the facts of environment.h alone. */
#ifndef SGDMARK_MACHINE_DOCTOR_H
#define SGDMARK_MACHINE_DOCTOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { MOST_FINDINGS = 24, FINDING_TEXT = 256, MEND_TEXT = 1024 };

/* How much a finding matters, from 1 to 100: from 80 on what stops the program, takes its time or holds the clock at
 * its lowest; from 50 on what else makes times longer or disturbs them by more than a few percent; below 10 what does
 * not touch the times. */
enum { WEIGHT_DISTURBS = 50 };

struct finding {
    const char *name; /* "governor": stable */
    unsigned weight;
    char what[FINDING_TEXT]; /* what is found, in a phrase */
    const char *effect;      /* what it is likely to do to the times */
    char mend[MEND_TEXT];    /* a shell command; "": there is none on this machine, see no_mend */
    const char *no_mend;     /* what helps instead; NULL beside a command */
    bool root;               /* the command needs root */
};

struct doctor {
    struct finding list[MOST_FINDINGS]; /* the worst first */
    size_t count;
    bool container; /* in one: commands that need root are for its host */
};

/* The facts that the findings follow from: the parts cpu, frequency, memory, os and cgroup of environment_json, without
 * those that take long or need a topology. NULL when memory runs out. */
json_t *doctor_facts(void);

/* Examines the facts, of doctor_facts or environment_json. A fact that is missing finds nothing. */
void doctor_examine(struct doctor *doctor, const json_t *facts);

#endif
