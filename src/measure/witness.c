/* SPDX-License-Identifier: MIT */
#include "measure/witness.h"

#include "base/clock.h"
#include "machine/cgroup.h"
#include "machine/pu_load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct watcher {
    const struct topology *topology;
    int home;
    double wall, cpu; /* at the start */
    struct pu_load before;
    double *own; /* [before.count] CPU seconds of this program */
    bool *timed; /* [before.count] */
    struct cgroup cgroup;
    unsigned moved;
};

struct watcher *watcher_start(const struct topology *topology, int home, struct error *err) {
    const size_t pus = topology_pu_count(topology);
    struct watcher *watcher = calloc(1, sizeof *watcher);
    if (watcher && pu_load_new(&watcher->before, pus, err) == 0) {
        watcher->own = calloc(pus + 1, sizeof *watcher->own);
        watcher->timed = calloc(pus + 1, sizeof *watcher->timed);
    }
    if (!watcher || !watcher->own || !watcher->timed) {
        watcher_free(watcher);
        fail_program(err, "out of memory for a watch of %zu PUs", pus);
        return NULL;
    }
    watcher->topology = topology;
    watcher->home = home;
    if (home >= 0 && (size_t)home < pus) watcher->timed[home] = true;
    cgroup_read(&watcher->cgroup);
    watcher->wall = seconds_now();
    watcher->cpu = thread_usage();
    pu_load_read(&watcher->before);
    return watcher;
}

void watcher_free(struct watcher *watcher) {
    if (!watcher) return;
    pu_load_free(&watcher->before);
    free(watcher->own);
    free(watcher->timed);
    free(watcher);
}

void watcher_own(struct watcher *watcher, unsigned pu, double seconds) {
    if (pu >= watcher->before.count) return;
    watcher->own[pu] += seconds;
    watcher->timed[pu] = true;
}

void watcher_elsewhere(struct watcher *watcher, double seconds) {
    if (watcher->home >= 0 && (size_t)watcher->home < watcher->before.count) watcher->own[watcher->home] -= seconds;
}

void watcher_saw(struct watcher *watcher, const struct disturbance *seen) {
    watcher->moved |= seen->flags;
}

/* True for a PU that is not timed but shares a cache with one that is. */
static bool is_near(const struct watcher *watcher, unsigned pu) {
    if (watcher->timed[pu]) return false;
    for (unsigned other = 0; other < watcher->before.count; other++)
        if (watcher->timed[other] && topology_shares_cache(watcher->topology, pu, other)) return true;
    return false;
}

/* Sets the shares of other programs, from the load now. */
static void fill_others(struct witness *witness, const struct watcher *watcher, const struct pu_load *after) {
    witness->here = witness->near = 0;
    for (unsigned pu = 0; pu < after->count; pu++) {
        const double others = after->busy[pu] - watcher->before.busy[pu] - watcher->own[pu];
        const double share = fmax(0, others / witness->seconds);
        if (watcher->timed[pu] && share >= witness->here) {
            witness->here = share;
            witness->here_pu = (int)pu;
        }
        if (share > witness->near && is_near(watcher, pu)) {
            witness->near = share;
            witness->near_pu = (int)pu;
        }
    }
}

void watcher_end(struct watcher *watcher, struct witness *witness) {
    const double wall = seconds_now() - watcher->wall, cpu = thread_usage() - watcher->cpu;
    const long long throttled = cgroup_throttled(&watcher->cgroup);
    struct pu_load after;
    *witness = (struct witness){.seconds = wall,
                                .away = fmax(0, 1 - cpu / wall),
                                .here = NAN,
                                .near = NAN,
                                .here_pu = -1,
                                .near_pu = -1,
                                .throttled = -1,
                                .moved = watcher->moved};
    if (throttled >= 0 && watcher->cgroup.throttled >= 0) witness->throttled = throttled - watcher->cgroup.throttled;
    watcher_elsewhere(watcher, -cpu);
    if (pu_load_new(&after, watcher->before.count, NULL) != 0) {
        snprintf(witness->load_reason, sizeof witness->load_reason, "out of memory");
    } else {
        pu_load_read(&after);
        const char *reason = watcher->before.reason[0] ? watcher->before.reason : after.reason;
        if (watcher->home < 0) reason = "the timed threads are not bound to PUs";
        snprintf(witness->load_reason, sizeof witness->load_reason, "%s", reason);
        if (!reason[0]) fill_others(witness, watcher, &after);
        pu_load_free(&after);
    }
    watcher_free(watcher);
}

/* The mean of two shares over their times; the known one where the other is not known. */
static double mean_share(double a, double seconds_a, double b, double seconds_b) {
    if (isnan(a) || isnan(b)) return isnan(a) ? b : a;
    return (a * seconds_a + b * seconds_b) / (seconds_a + seconds_b);
}

void witness_add(struct witness *to, const struct witness *more) {
    if (!(more->seconds > 0)) return;
    if (!(to->seconds > 0)) {
        *to = *more;
        return;
    }
    if (isnan(to->here) || more->here >= to->here) to->here_pu = more->here_pu;
    if (isnan(to->near) || more->near >= to->near) to->near_pu = more->near_pu;
    to->away = mean_share(to->away, to->seconds, more->away, more->seconds);
    to->here = mean_share(to->here, to->seconds, more->here, more->seconds);
    to->near = mean_share(to->near, to->seconds, more->near, more->seconds);
    if (more->throttled >= 0) to->throttled = more->throttled + (to->throttled > 0 ? to->throttled : 0);
    to->moved |= more->moved;
    if (more->load_reason[0]) snprintf(to->load_reason, sizeof to->load_reason, "%s", more->load_reason);
    to->seconds += more->seconds;
}
