/* SPDX-License-Identifier: MIT */
/* The limits of the process's control group (cgroup, version 1 or 2). */
#ifndef SGDMARK_MACHINE_CGROUP_H
#define SGDMARK_MACHINE_CGROUP_H

#include <jansson.h>

struct cgroup {
    int version;            /* 1 or 2; 0: no group that can be read */
    char path[512];         /* of the CPU controller's group, from /proc/self/cgroup */
    char folder[768];       /* with its files */
    double quota;           /* CPU seconds per second: the least of the group and its parents; NAN: no quota */
    char quota_text[64];    /* the line with that quota: cpu.max, or quota and period */
    char quota_folder[768]; /* the group with that quota; "": no quota */
    char cpuset[256];       /* cpuset.cpus.effective; "": cannot be read */
    char memory_nodes[256];
    long long throttled; /* nr_throttled so far; -1: cannot be read */
};

void cgroup_read(struct cgroup *cgroup);

/* nr_throttled now; -1: cannot be read. */
long long cgroup_throttled(const struct cgroup *cgroup);

json_t *cgroup_json(const struct cgroup *cgroup);

#endif
