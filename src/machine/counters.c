/* SPDX-License-Identifier: MIT */
#include "machine/counters.h"

#include "machine/sysfs.h"

#include <errno.h>
#include <limits.h>
#include <linux/perf_event.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *const counter_names[COUNTERS] = {"cycles",     "instructions", "branch_misses", "l1d_read_misses",
                                             "ref_cycles", "llc_misses",   "branches",      "dtlb_read_misses"};

#define READ_MISS(cache) ((cache) | PERF_COUNT_HW_CACHE_OP_READ << 8 | (unsigned)PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static const struct {
    uint32_t type;
    uint64_t config;
} events[COUNTERS] = {
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},          {PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},       {PERF_TYPE_HW_CACHE, READ_MISS(PERF_COUNT_HW_CACHE_L1D)},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES},      {PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    {PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS}, {PERF_TYPE_HW_CACHE, READ_MISS(PERF_COUNT_HW_CACHE_DTLB)}};

static int paranoid_level(void) {
    char text[32];
    if (sysfs_read(text, sizeof text, "/proc/sys/kernel/perf_event_paranoid") != 0) return INT_MIN;
    return (int)strtol(text, NULL, 10);
}

void counter_reason(char *text, size_t size, int error, int paranoid) {
    if (error == ENOENT || error == ENODEV || error == EOPNOTSUPP) {
        snprintf(text, size,
                 "no PMU: this processor or virtual machine has no such counter (%s); software events are counted",
                 strerror(error));
    } else if ((error == EACCES || error == EPERM) && paranoid > 2) {
        snprintf(text, size,
                 "no permission (%s): kernel.perf_event_paranoid is %d; `sudo sysctl kernel.perf_event_paranoid=2` "
                 "grants it",
                 strerror(error), paranoid);
    } else if (error == EACCES || error == EPERM) {
        snprintf(text, size,
                 "no permission (%s) although kernel.perf_event_paranoid is %d: a container's seccomp filter or a "
                 "security module forbids perf_event_open; --cap-add PERFMON grants it in most containers",
                 strerror(error), paranoid);
    } else if (error == ENOSYS) {
        snprintf(text, size, "the kernel has no perf_event_open");
    } else {
        snprintf(text, size, "perf_event_open: %s", strerror(error));
    }
}

static int open_event(enum counter counter, int leader) {
    struct perf_event_attr attr = {
        .type = events[counter].type,
        .size = sizeof attr,
        .config = events[counter].config,
        .read_format =
            PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING | PERF_FORMAT_ID,
        .disabled = leader < 0,
        .pinned = leader < 0,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

static int leader_of(const struct counters *counters) {
    for (int i = 0; i < PASS_COUNTERS; i++)
        if (counters->fd[i] >= 0) return counters->fd[i];
    return -1;
}

int counters_open(struct counters *counters, enum counter_pass pass) {
    *counters = (struct counters){.pass = pass, .fd = {-1, -1, -1, -1}};
    int paranoid = paranoid_level();
    int there = 0;
    for (int i = 0; i < PASS_COUNTERS; i++) {
        int fd = open_event((enum counter)((int)pass * PASS_COUNTERS + i), leader_of(counters));
        if (fd < 0) {
            counter_reason(counters->reason[i], sizeof counters->reason[i], errno, paranoid);
        } else if (ioctl(fd, PERF_EVENT_IOC_ID, &counters->id[i]) != 0) {
            snprintf(counters->reason[i], sizeof counters->reason[i], "the kernel gives events no identifiers");
            close(fd);
        } else {
            counters->fd[i] = fd;
            there++;
        }
    }
    return there;
}

void counters_close(struct counters *counters) {
    for (int i = PASS_COUNTERS - 1; i >= 0; i--) {
        if (counters->fd[i] >= 0) close(counters->fd[i]);
        counters->fd[i] = -1;
    }
}

void counters_start(const struct counters *counters) {
    int leader = leader_of(counters);
    if (leader < 0) return;
    ioctl(leader, PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP);
    ioctl(leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
}

void counters_stop(const struct counters *counters) {
    int leader = leader_of(counters);
    if (leader >= 0) ioctl(leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
}

void counter_values_clear(struct counter_values *values) {
    *values = (struct counter_values){.running = NAN};
    for (int i = 0; i < COUNTERS; i++)
        values->value[i] = NAN;
}

void counters_decode(const struct counters *counters, const uint64_t *words, size_t count,
                     struct counter_values *values) {
    /* A pinned group that could not be scheduled reads as empty, or as never running. */
    if (count < 3 || words[2] == 0 || words[0] > (count - 3) / 2) {
        values->lost = true;
        return;
    }
    double scale = (double)words[1] / (double)words[2];
    values->running = fmin(isnan(values->running) ? 1.0 : values->running, 1.0 / scale);
    values->multiplexed = values->multiplexed || words[2] < words[1];
    for (uint64_t k = 0; k < words[0]; k++) {
        for (int i = 0; i < PASS_COUNTERS; i++) {
            if (counters->fd[i] < 0 || counters->id[i] != words[4 + 2 * k]) continue;
            values->value[(int)counters->pass * PASS_COUNTERS + i] = (double)words[3 + 2 * k] * scale;
        }
    }
}

void counters_read(const struct counters *counters, struct counter_values *values) {
    int leader = leader_of(counters);
    if (leader < 0) return;
    uint64_t words[3 + 2 * PASS_COUNTERS];
    ssize_t got = read(leader, words, sizeof words);
    counters_decode(counters, words, got > 0 ? (size_t)got / sizeof *words : 0, values);
}
