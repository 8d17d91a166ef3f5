/* SPDX-License-Identifier: MIT */
/* How many fits share each read of a row (learn/group.h)? As many as can, unless timings at the start say plainly that
 * one by one is faster here. The choice changes no bit of a result. */
#ifndef SGDMARK_LEARN_GROUP_CHOICE_H
#define SGDMARK_LEARN_GROUP_CHOICE_H

#include "learn/group.h"

enum { GROUP_REASON = 128 };

struct group_choice {
    unsigned models; /* most fits of a group; 1: one by one */
    char reason[GROUP_REASON];
};

/* What the choice is for. */
struct group_question {
    unsigned asked; /* the user's choice, at most MODELS_MOST; 0: none */
    size_t most;    /* fits that share an order, 1 or more */
    const struct row_list *rows;
    const struct hyper *hyper;
    const struct backend *backend;
};

/* Chooses. Where nothing is asked, pairs of timings compare a group with the same fits one by one, on rows of the job
 * in an order like the job's: at most 15 pairs and 50 ms, and as a rule four. One by one needs 12 of 15 pairs; chance
 * alone gives that in 2 % of all starts where both are equally fast. Returns 0, or -1 when memory runs out. */
int group_choose(struct group_choice *choice, const struct group_question *question, struct error *err);

/* The rule, given how often one by one was faster in `pairs` pairs, and the median of their ratios: so many times as
 * fast is the group of `most`. */
void group_rule(struct group_choice *choice, unsigned most, unsigned pairs, unsigned lost, double ratio);

/* Do more pairs than these decide nothing? */
bool group_is_decided(unsigned pairs, unsigned lost);

#endif
