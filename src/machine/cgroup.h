/* What the process's control group allows it. */
#ifndef SGDMARK_MACHINE_CGROUP_H
#define SGDMARK_MACHINE_CGROUP_H

#include <jansson.h>

struct cgroup {
    int version;         /* 1 or 2; 0 when the process is in none that can be read */
    char path[512];      /* of the CPU controller, as /proc/self/cgroup says */
    char folder[768];    /* where its files are */
    double quota;        /* CPUs' worth of time per second, the least of the group and its parents; NAN: no quota */
    char quota_text[64]; /* the line of the least one: cpu.max, or quota and period */
    char cpuset[256];    /* cpuset.cpus.effective; "" when it cannot be read */
    char memory_nodes[256];
    long long throttled; /* nr_throttled so far; -1 when it cannot be read */
};

void cgroup_read(struct cgroup *cgroup);

/* nr_throttled now, for a difference; -1 when it cannot be read. */
long long cgroup_throttled(const struct cgroup *cgroup);

json_t *cgroup_json(const struct cgroup *cgroup);

#endif
