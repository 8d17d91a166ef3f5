/* SPDX-License-Identifier: MIT */
#include "measure/usable.h"

#include "measure/analysis.h"

#include <math.h>
#include <stdio.h>

const char *const usable_names[] = {"usable", "usable above", "not usable"};

static const double most_away = 0.05, most_here = 0.05, most_near = 0.10;
static const double most_spoiled = 0.25, most_unexplained = 0.2;

static void refuse(struct usable *usable, const char *advice) {
    usable->state = NOT_USABLE;
    snprintf(usable->advice, sizeof usable->advice, "%s", advice);
}

/* The timing thread had no CPU for a part of the time: throttled, kept waiting, or stopped. */
static void judge_away(struct usable *usable, const struct witness *witness) {
    const double percent = 100.0 * witness->away;
    if (witness->throttled > 0) {
        snprintf(usable->reason, sizeof usable->reason,
                 "the kernel stopped this control group %lld times for its CPU quota: no CPU for %.0f %% of the time",
                 witness->throttled, percent);
        refuse(usable, "raise the quota (cpu.max) or run outside of this control group");
    } else if (witness->here > most_here) {
        snprintf(usable->reason, sizeof usable->reason,
                 "PU %d was busy with other programs: no CPU for %.0f %% of the time", witness->here_pu, percent);
        refuse(usable, "quit other programs, or give this one a processor of its own (taskset -c)");
    } else {
        snprintf(usable->reason, sizeof usable->reason, "the program had no CPU for %.0f %% of the time", percent);
        refuse(usable, "something stops it or keeps it waiting: a signal, a debugger, a host that is overbooked");
    }
}

/* What the witness saw between and inside samples. */
static void judge_witness(struct usable *usable, const struct witness *witness) {
    if (witness->away > most_away) {
        judge_away(usable, witness);
    } else if (witness->here > most_here) {
        snprintf(usable->reason, sizeof usable->reason, "other programs took %.0f %% of PU %d, which was timed",
                 100.0 * witness->here, witness->here_pu);
        refuse(usable, "quit other programs, or give this one processors of its own (taskset -c)");
    } else if (witness->near > most_near) {
        snprintf(usable->reason, sizeof usable->reason,
                 "other programs took %.0f %% of PU %d, which shares a cache with the timed ones",
                 100.0 * witness->near, witness->near_pu);
        refuse(usable, "quit other programs");
    }
}

/* True if the case is above its roof by more than an alarm. */
static bool above_roof(const struct case_analysis *one) {
    return one->stored.known && one->stored.percent > ROOF_ALARM;
}

static void judge_case(struct case_analysis *one, const struct analysis *a, size_t which) {
    const struct case_facts *facts = &a->experiment->facts[which];
    const struct control_analysis *control = analysis_control(a, which);
    const double n = (double)a->experiment->rounds.rounds;
    if (facts->control == NO_CASE)
        snprintf(one->unusable, sizeof one->unusable, "it has no A/A control");
    else if (!control || control->aa.state != AA_QUIET)
        snprintf(one->unusable, sizeof one->unusable, "its A/A control %s is %s",
                 a->experiment->cases[facts->control].name, control ? aa_words(control->aa.state) : "wrong");
    else if ((double)one->spoiled > most_spoiled * n)
        snprintf(one->unusable, sizeof one->unusable, "%zu of %.0f samples were spoiled, repeated or not", one->spoiled,
                 n);
    else if ((double)one->unexplained > most_unexplained * n)
        snprintf(one->unusable, sizeof one->unusable, "%zu of %.0f samples were far too long, and no source shows why",
                 one->unexplained, n);
    else if (above_roof(one))
        snprintf(one->unusable, sizeof one->unusable, "it reaches %.0f %% of its roof: one of the two times is wrong",
                 one->stored.percent);
}

void judge_usable(struct analysis *a) {
    const struct experiment *experiment = a->experiment;
    size_t cases = 0, bad = 0, first = 0;
    a->usable = (struct usable){.state = USABLE, .above = NAN};
    judge_witness(&a->usable, &experiment->rounds.witness);
    for (size_t c = 0; c < experiment->count; c++) {
        if (a->cases[c].failed || !case_is_work(&experiment->facts[c]) || experiment->facts[c].control_of != NO_CASE)
            continue;
        judge_case(&a->cases[c], a, c);
        cases++;
        if (!a->cases[c].unusable[0]) continue;
        if (bad++ == 0) first = c;
    }
    if (bad == 0 || a->usable.state == NOT_USABLE) return;
    snprintf(a->usable.reason, sizeof a->usable.reason, "%zu of %zu cases are not usable; %.90s: %.100s", bad, cases,
             experiment->cases[first].name, a->cases[first].unusable);
    if (2 * bad > cases) refuse(&a->usable, "run it again on a quieter machine");
}

/* True if the main table has pairs (analysis_resolution). */
static bool has_pairs(const struct experiment *experiment) {
    for (size_t p = 0; p < experiment->pair_count; p++)
        if (is_main_pair(experiment->pairs[p].family)) return true;
    return false;
}

void judge_resolution(struct analysis *a) {
    a->usable.above = analysis_resolution(a);
    if (!has_pairs(a->experiment)) return; /* nothing that could be too small to tell */
    if (a->usable.state == USABLE && !(a->usable.above <= USABLE_FINE)) a->usable.state = USABLE_ABOVE;
}

struct usable usable_both(const struct usable *a, const struct usable *b) {
    struct usable both = b->state > a->state ? *b : *a;
    const struct usable *other = b->state > a->state ? a : b;
    if (!both.reason[0]) snprintf(both.reason, sizeof both.reason, "%s", other->reason);
    both.above = fmax(both.above, other->above); /* fmax ignores NAN */
    return both;
}
