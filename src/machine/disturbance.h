/* SPDX-License-Identifier: MIT */
/* What disturbed a sample: context switches, migrations, page faults, run delay and steal, from sources that every
 * Linux machine has. */
#ifndef SGDMARK_MACHINE_DISTURBANCE_H
#define SGDMARK_MACHINE_DISTURBANCE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The open sources of one thread. A reading takes five system calls and allocates nothing. */
struct monitor {
    int run_delay_fd;  /* /proc/thread-self/schedstat; -1: missing */
    int steal_fd;      /* /proc/stat; -1: missing, or no hypervisor that could steal */
    int migrations_fd; /* perf software event; -1: not permitted, so the PUs before and after are compared */
    int pu;            /* read the steal of this PU; -1: of all */
    char *buffer;      /* for /proc/stat */
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
};

/* What happened between two snapshots. */
struct disturbance {
    uint64_t switches; /* both kinds */
    uint64_t migrations, minor_faults, major_faults, run_delay_ns, steal_ticks;
    unsigned flags; /* enum disturbance_flag bits; 0: a quiet sample */
};
enum disturbance_flag {
    DISTURBED_SWITCH = 1 << 0,
    DISTURBED_MIGRATION = 1 << 1,
    DISTURBED_FAULT = 1 << 2,
    DISTURBED_DELAY = 1 << 3, /* run delay above DELAY_NS */
    DISTURBED_STEAL = 1 << 4
};
enum { DISTURBANCE_FLAGS = 5, DELAY_NS = 1000 };
extern const char *const disturbance_names[DISTURBANCE_FLAGS]; /* "switch", "migration", ... */

/* Opens the sources for the calling thread, which is bound to PU `pu` (-1: not bound). A missing source gets its
 * reason. Returns 0, or -1 when memory runs out. */
int monitor_open(struct monitor *monitor, int pu, struct error *err);
void monitor_close(struct monitor *monitor);

/* Reads the totals now. Only the thread that opened the monitor may call it. */
void monitor_read(const struct monitor *monitor, struct snapshot *snapshot);

struct disturbance disturbance_between(const struct snapshot *before, const struct snapshot *after);

/* "switch, steal", or "" for no flag. */
void disturbance_text(unsigned flags, char *text, size_t size);

/* Used by monitor_read: the steal ticks of "cpuN" ("cpu" for -1) in the text of /proc/stat; 0: not listed. */
uint64_t steal_ticks(const char *stat, int pu);

#endif
