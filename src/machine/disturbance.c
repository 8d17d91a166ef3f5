/* SPDX-License-Identifier: MIT */
#include "machine/disturbance.h"

#include "base/clock.h"
#include "machine/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *const disturbance_names[DISTURBANCE_FLAGS] = {"switch", "migration", "fault", "delay",
                                                          "steal",  "off CPU",   "disk"};

/* /proc/stat starts with a line per PU, of about 60 bytes; the rest of the file is not read. */
enum { STAT_LINE = 128, STAT_MOST = 1 << 20 };

static int open_migrations(char *reason, size_t size) {
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_CPU_MIGRATIONS, .exclude_hv = 1};
    int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0)
        snprintf(reason, size, "perf_event_open: %s; the PUs before and after each sample are compared instead",
                 strerror(errno));
    return fd;
}

/* Is there surely no hypervisor? Only x86 processors say so. */
static bool bare_metal(void) {
    char text[16384];
    if (sysfs_read(text, sizeof text, "/proc/cpuinfo") != 0) return false;
    const char *flags = strstr(text, "\nflags");
    if (!flags) return false;
    const char *end = strchr(flags + 1, '\n');
    const char *found = strstr(flags, " hypervisor");
    return end && (!found || found > end);
}

static int open_steal(struct monitor *monitor) {
    if (bare_metal()) {
        snprintf(monitor->steal_reason, sizeof monitor->steal_reason, "no hypervisor that could steal time");
        return -1;
    }
    int fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) snprintf(monitor->steal_reason, sizeof monitor->steal_reason, "/proc/stat: %s", strerror(errno));
    return fd;
}

int monitor_open(struct monitor *monitor, int pu, struct error *err) {
    *monitor = (struct monitor){.pu = pu, .cpu_clock = CLOCK_THREAD_CPUTIME_ID};
    pthread_getcpuclockid(pthread_self(), &monitor->cpu_clock);
    size_t lines = pu < 0 ? 1 : (size_t)pu + 2;
    monitor->buffer_size = lines * STAT_LINE < STAT_MOST ? lines * STAT_LINE : STAT_MOST;
    monitor->buffer = malloc(monitor->buffer_size);
    if (!monitor->buffer) return fail_program(err, "disturbance monitor: out of memory");
    monitor->run_delay_fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    if (monitor->run_delay_fd < 0)
        snprintf(monitor->run_delay_reason, sizeof monitor->run_delay_reason, "/proc/thread-self/schedstat: %s",
                 strerror(errno));
    monitor->steal_fd = open_steal(monitor);
    monitor->migrations_fd = open_migrations(monitor->migrations_reason, sizeof monitor->migrations_reason);
    return 0;
}

void monitor_close(struct monitor *monitor) {
    if (monitor->run_delay_fd >= 0) close(monitor->run_delay_fd);
    if (monitor->steal_fd >= 0) close(monitor->steal_fd);
    if (monitor->migrations_fd >= 0) close(monitor->migrations_fd);
    free(monitor->buffer);
    *monitor = (struct monitor){.run_delay_fd = -1, .steal_fd = -1, .migrations_fd = -1};
}

uint64_t steal_ticks(const char *stat, int pu) {
    char name[24];
    int length = pu < 0 ? snprintf(name, sizeof name, "cpu ") : snprintf(name, sizeof name, "cpu%d ", pu);
    for (const char *line = stat; line && *line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, name, (size_t)length) != 0) continue;
        /* user nice system idle iowait irq softirq steal */
        const char *at = line + length;
        unsigned long long ticks = 0;
        for (int field = 0; field < 8; field++) {
            char *end;
            ticks = strtoull(at, &end, 10);
            if (end == at) return 0;
            at = end;
        }
        return ticks;
    }
    return 0;
}

static ssize_t read_text(int fd, char *text, size_t size) {
    if (fd < 0) return -1;
    ssize_t got = pread(fd, text, size - 1, 0);
    text[got > 0 ? got : 0] = 0;
    return got;
}

static double seconds_of(struct timeval time) {
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

double thread_usage(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_THREAD, &usage) != 0) return 0;
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

void monitor_read(const struct monitor *monitor, struct snapshot *snapshot) {
    struct rusage usage;
    char text[96];
    uint64_t count;
    struct timespec cpu;
    *snapshot = (struct snapshot){.pu = sched_getcpu()};
    if (getrusage(RUSAGE_THREAD, &usage) == 0) {
        snapshot->voluntary = (uint64_t)usage.ru_nvcsw;
        snapshot->involuntary = (uint64_t)usage.ru_nivcsw;
        snapshot->minor_faults = (uint64_t)usage.ru_minflt;
        snapshot->major_faults = (uint64_t)usage.ru_majflt;
    }
    if (read_text(monitor->run_delay_fd, text, sizeof text) > 0) {
        const char *second = strchr(text, ' ');
        snapshot->run_delay_ns = second ? strtoull(second, NULL, 10) : 0;
    }
    if (read_text(monitor->steal_fd, monitor->buffer, monitor->buffer_size) > 0)
        snapshot->steal_ticks = steal_ticks(monitor->buffer, monitor->pu);
    if (monitor->migrations_fd >= 0 && read(monitor->migrations_fd, &count, sizeof count) == (ssize_t)sizeof count)
        snapshot->migrations = count;
    snapshot->wall = seconds_now();
    snapshot->cpu = clock_gettime(monitor->cpu_clock, &cpu) == 0 ? (double)cpu.tv_sec + 1e-9 * (double)cpu.tv_nsec : 0;
}

/* Kernel counters only grow, except steal, which may step back. */
static uint64_t grown(uint64_t before, uint64_t after) {
    return after > before ? after - before : 0;
}

struct disturbance disturbance_between(const struct snapshot *before, const struct snapshot *after) {
    struct disturbance d = {
        .switches = grown(before->voluntary, after->voluntary) + grown(before->involuntary, after->involuntary),
        .migrations = grown(before->migrations, after->migrations),
        .minor_faults = grown(before->minor_faults, after->minor_faults),
        .major_faults = grown(before->major_faults, after->major_faults),
        .run_delay_ns = grown(before->run_delay_ns, after->run_delay_ns),
        .steal_ticks = grown(before->steal_ticks, after->steal_ticks),
    };
    const double wall = after->wall - before->wall;
    d.cpu = after->cpu - before->cpu;
    if (wall > 0 && d.cpu < wall) d.away = 1 - d.cpu / wall;
    if (d.away > AWAY_MOST) d.flags |= DISTURBED_AWAY;
    if (d.migrations == 0 && before->pu != after->pu) d.migrations = 1;
    if (d.switches) d.flags |= DISTURBED_SWITCH;
    if (d.migrations) d.flags |= DISTURBED_MIGRATION;
    if (d.minor_faults || d.major_faults) d.flags |= DISTURBED_FAULT;
    if (d.major_faults) d.flags |= DISTURBED_DISK;
    if (d.run_delay_ns > DELAY_NS) d.flags |= DISTURBED_DELAY;
    if (d.steal_ticks) d.flags |= DISTURBED_STEAL;
    return d;
}

void disturbance_add(struct disturbance *to, const struct disturbance *from) {
    to->switches += from->switches;
    to->migrations += from->migrations;
    to->minor_faults += from->minor_faults;
    to->major_faults += from->major_faults;
    to->run_delay_ns += from->run_delay_ns;
    to->steal_ticks += from->steal_ticks;
    to->away = from->away > to->away ? from->away : to->away;
    to->cpu += from->cpu;
    to->flags |= from->flags;
}

bool disturbance_spoils(const struct disturbance *disturbance) {
    return disturbance->flags & (DISTURBED_AWAY | DISTURBED_MIGRATION | DISTURBED_STEAL | DISTURBED_DISK);
}

void disturbance_text(unsigned flags, char *text, size_t size) {
    size_t used = 0;
    text[0] = 0;
    for (int i = 0; i < DISTURBANCE_FLAGS; i++) {
        if (!(flags & 1u << i) || used >= size) continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", disturbance_names[i]);
    }
}
