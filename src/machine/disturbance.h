/* SPDX-License-Identifier: MIT */
/* What disturbed a sample: context switches, migrations, page faults, run delay, steal and time off the CPU, from
 * sources that every Linux machine has. */
#ifndef SGDMARK_MACHINE_DISTURBANCE_H
#define SGDMARK_MACHINE_DISTURBANCE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* The open sources of one thread. A reading takes six system calls and allocates nothing. */
struct monitor {
    int run_delay_fd;    /* /proc/thread-self/schedstat; -1: missing */
    int steal_fd;        /* /proc/stat; -1: missing, or no hypervisor that could steal */
    int migrations_fd;   /* perf software event; -1: not permitted, so the PUs before and after are compared */
    int pu;              /* read the steal of this PU; -1: of all */
    clockid_t cpu_clock; /* of the thread's CPU time */
    char *buffer;        /* for /proc/stat */
    size_t buffer_size;
    char run_delay_reason[128], steal_reason[128], migrations_reason[256]; /* why one is missing, or "" */
};

/* Totals since the start of the thread, at one moment. */
struct snapshot {
    uint64_t voluntary, involuntary; /* context switches */
    uint64_t migrations;             /* 0 when not counted */
    uint64_t minor_faults, major_faults;
    uint64_t run_delay_ns; /* time ready to run but not running */
    uint64_t steal_ticks;  /* time in which the hypervisor ran others, in 10 ms */
    int pu;                /* that the thread runs on; -1: unknown */
    double wall, cpu;      /* seconds: the wall clock, and the CPU time of the thread */
};

/* What happened between two snapshots. */
struct disturbance {
    uint64_t switches; /* both kinds */
    uint64_t migrations, minor_faults, major_faults, run_delay_ns, steal_ticks;
    double away;    /* share of the wall time in which the thread had no CPU, 0 to 1 */
    double cpu;     /* seconds of CPU time */
    unsigned flags; /* enum disturbance_flag bits; 0: a quiet sample */
};
enum disturbance_flag {
    DISTURBED_SWITCH = 1 << 0,
    DISTURBED_MIGRATION = 1 << 1,
    DISTURBED_FAULT = 1 << 2,
    DISTURBED_DELAY = 1 << 3, /* run delay above DELAY_NS */
    DISTURBED_STEAL = 1 << 4,
    DISTURBED_AWAY = 1 << 5, /* off the CPU for more than AWAY_MOST of the time */
    DISTURBED_DISK = 1 << 6  /* a page was read from a disk: a major fault */
};
enum { DISTURBANCE_FLAGS = 7, DELAY_NS = 1000 };
#define AWAY_MOST 0.01
extern const char *const disturbance_names[DISTURBANCE_FLAGS]; /* "switch", "migration", ... */

/* Opens the sources for the calling thread, which is bound to PU `pu` (-1: not bound). A missing source gets its
 * reason. Returns 0, or -1 when memory runs out. */
int monitor_open(struct monitor *monitor, int pu, struct error *err);
void monitor_close(struct monitor *monitor);

/* CPU seconds that the calling thread has used. For long stretches: getrusage, in microseconds. */
double thread_usage(void);

/* Reads the totals now. Only the thread that opened the monitor may call it. */
void monitor_read(const struct monitor *monitor, struct snapshot *snapshot);

struct disturbance disturbance_between(const struct snapshot *before, const struct snapshot *after);

/* Adds what happened to another thread during the same sample: counts add up, the larger `away` counts. */
void disturbance_add(struct disturbance *to, const struct disturbance *from);

/* True if the sample's time is not that of its work: the thread was off the CPU, moved, stolen from, or waited for a
 * page on a disk. A short switch or a minor fault alone does not spoil a sample. */
bool disturbance_spoils(const struct disturbance *disturbance);

/* "switch, steal", or "" for no flag. */
void disturbance_text(unsigned flags, char *text, size_t size);

/* Used by monitor_read: the steal ticks of "cpuN" ("cpu" for -1) in the text of /proc/stat; 0: not listed. */
uint64_t steal_ticks(const char *stat, int pu);

#endif
