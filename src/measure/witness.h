/* SPDX-License-Identifier: MIT */
/* The witness of an experiment: what else used the machine while its rounds ran, between samples too. A short sample
 * may fit between two turns of another program and look quiet; the witness sees that program all the same. */
#ifndef SGDMARK_MEASURE_WITNESS_H
#define SGDMARK_MEASURE_WITNESS_H

#include "base/error.h"
#include "machine/disturbance.h"
#include "machine/topology.h"

#include <stdbool.h>

/* Shares are 0 to 1; NAN: not known. */
struct witness {
    double seconds;        /* wall time that was watched */
    double away;           /* share of it in which the timing thread had no CPU */
    double here, near;     /* share of a timed PU, and of a PU that shares a last-level cache with one, that other
                              programs took: the largest */
    int here_pu, near_pu;  /* which PU, by OS index; -1: none */
    long long throttled;   /* times that the kernel stopped the control group for its quota; -1: not known */
    unsigned moved;        /* enum disturbance_flag bits: sources that showed anything at all, in any sample */
    char load_reason[128]; /* why `here` and `near` are not known, or "" */
};

/* A watch over one stretch of rounds. */
struct watcher;

/* Starts a watch of the calling thread, which is bound to PU `home`; -1: it is not bound, and what others took of its
 * PU is not known. NULL with the reason when memory runs out. */
struct watcher *watcher_start(const struct topology *topology, int home, struct error *err);
/* Notes `seconds` of CPU time that this program used on a PU, other than by the calling thread on its home. A PU noted
 * here is a timed one. */
void watcher_own(struct watcher *watcher, unsigned pu, double seconds);
/* Notes CPU time of the calling thread that it did not use on its home but on a PU that watcher_own was told of. */
void watcher_elsewhere(struct watcher *watcher, double seconds);
/* Notes what disturbed a sample. */
void watcher_saw(struct watcher *watcher, const struct disturbance *seen);
/* Ends the watch and releases it. */
void watcher_end(struct watcher *watcher, struct witness *witness);
void watcher_free(struct watcher *watcher);

/* Adds another stretch: shares are averaged over time. A witness of 0 seconds adds nothing. */
void witness_add(struct witness *to, const struct witness *more);

#endif
