/* SPDX-License-Identifier: MIT */
#include "machine/cgroup.h"

#include "base/json.h"
#include "machine/sysfs.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOT "/sys/fs/cgroup"

/* Is `wanted` in the comma-separated list of controllers? */
static bool lists(const char *controllers, size_t length, const char *wanted) {
    size_t size = strlen(wanted);
    for (const char *at = controllers; at < controllers + length;) {
        size_t part = strcspn(at, ",:");
        if (part == size && strncmp(at, wanted, size) == 0) return true;
        at += part + 1;
    }
    return false;
}

/* Finds the group's path in the lines "id:controllers:path" of /proc/self/cgroup: the group with the controller
 * `wanted` (version 1), or the only group (version 2, `wanted` is ""). */
static bool find_path(const char *lines, const char *wanted, char *path, size_t size) {
    for (const char *line = lines; line && *line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        const char *controllers = strchr(line, ':');
        if (!controllers) return false;
        const char *start = strchr(++controllers, ':');
        if (!start) return false;
        size_t length = (size_t)(start - controllers);
        if (wanted[0] ? lists(controllers, length, wanted) : length == 0) {
            snprintf(path, size, "%.*s", (int)strcspn(start + 1, "\n"), start + 1);
            return true;
        }
    }
    return false;
}

/* Finds the folder of a group. In a container the path may be the host's; then the mount itself is the group. */
static bool find_folder(const char *mount, const char *path, char *folder, size_t size) {
    snprintf(folder, size, "%s%s", mount, strcmp(path, "/") == 0 ? "" : path);
    if (access(folder, R_OK) == 0) return true;
    snprintf(folder, size, "%s", mount);
    return access(folder, R_OK) == 0;
}

/* CPU seconds per second that the files of this folder allow; NAN: no limit. */
static double folder_quota(const char *folder, int version, char *text, size_t size) {
    char quota[64];
    char period[64];
    if (version == 2) {
        if (sysfs_read_in(text, size, folder, "cpu.max") != 0) return NAN;
        snprintf(quota, sizeof quota, "%s", text);
        snprintf(period, sizeof period, "%s", strchr(text, ' ') ? strchr(text, ' ') + 1 : "100000");
    } else {
        if (sysfs_read_in(quota, sizeof quota, folder, "cpu.cfs_quota_us") != 0) return NAN;
        if (sysfs_read_in(period, sizeof period, folder, "cpu.cfs_period_us") != 0) return NAN;
        snprintf(text, size, "%.30s %.30s", quota, period);
    }
    double time = strtod(quota, NULL); /* no limit: "max" reads as 0, version 1 has -1 */
    double each = strtod(period, NULL);
    return time > 0 && each > 0 ? time / each : NAN;
}

/* Finds the least quota of the group and its parents. */
static void find_quota(struct cgroup *cgroup, const char *mount) {
    char folder[sizeof cgroup->folder];
    snprintf(folder, sizeof folder, "%s", cgroup->folder);
    for (;;) {
        char text[64];
        double quota = folder_quota(folder, cgroup->version, text, sizeof text);
        if (!isnan(quota) && !(cgroup->quota <= quota)) {
            cgroup->quota = quota;
            snprintf(cgroup->quota_text, sizeof cgroup->quota_text, "%s", text);
            snprintf(cgroup->quota_folder, sizeof cgroup->quota_folder, "%s", folder);
        }
        char *last = strrchr(folder, '/');
        if (!last || strlen(folder) <= strlen(mount)) break;
        *last = 0;
    }
}

static void read_version_1(struct cgroup *cgroup, const char *lines) {
    char path[sizeof cgroup->path];
    char folder[sizeof cgroup->folder];
    cgroup->version = 1;
    if (!find_folder(ROOT "/cpu", cgroup->path, cgroup->folder, sizeof cgroup->folder)) cgroup->folder[0] = 0;
    find_quota(cgroup, ROOT "/cpu");
    if (!find_path(lines, "cpuset", path, sizeof path)) return;
    if (!find_folder(ROOT "/cpuset", path, folder, sizeof folder)) return;
    sysfs_read_in(cgroup->cpuset, sizeof cgroup->cpuset, folder, "cpuset.effective_cpus");
    sysfs_read_in(cgroup->memory_nodes, sizeof cgroup->memory_nodes, folder, "cpuset.effective_mems");
}

static void read_version_2(struct cgroup *cgroup) {
    cgroup->version = 2;
    if (!find_folder(ROOT, cgroup->path, cgroup->folder, sizeof cgroup->folder)) cgroup->folder[0] = 0;
    find_quota(cgroup, ROOT);
    sysfs_read_in(cgroup->cpuset, sizeof cgroup->cpuset, cgroup->folder, "cpuset.cpus.effective");
    sysfs_read_in(cgroup->memory_nodes, sizeof cgroup->memory_nodes, cgroup->folder, "cpuset.mems.effective");
}

long long cgroup_throttled(const struct cgroup *cgroup) {
    char text[1024];
    if (cgroup->version == 0 || sysfs_read_in(text, sizeof text, cgroup->folder, "cpu.stat") != 0) return -1;
    const char *line = strstr(text, "nr_throttled ");
    return line ? strtoll(line + strlen("nr_throttled "), NULL, 10) : -1;
}

void cgroup_read(struct cgroup *cgroup) {
    *cgroup = (struct cgroup){.quota = NAN};
    char lines[4096];
    if (sysfs_read(lines, sizeof lines, "/proc/self/cgroup") == 0) {
        if (find_path(lines, "cpu", cgroup->path, sizeof cgroup->path)) {
            read_version_1(cgroup, lines);
        } else if (find_path(lines, "", cgroup->path, sizeof cgroup->path)) {
            read_version_2(cgroup);
        }
    }
    cgroup->throttled = cgroup_throttled(cgroup);
}

/* into[key] = text, or null and a reason when the text is empty. */
static void add_text(json_t *into, const char *key, const char *text, const char *why) {
    if (text[0]) {
        json_put(into, key, json_escaped(text));
    } else {
        json_missing(into, key, why);
    }
}

json_t *cgroup_json(const struct cgroup *cgroup) {
    json_t *out = json_object();
    json_put(out, "version", json_integer(cgroup->version));
    add_text(out, "path", cgroup->path, "the process is in no control group");
    add_text(out, "cpuset", cgroup->cpuset, "the controller is off or its files cannot be read");
    add_text(out, "memory_nodes", cgroup->memory_nodes, "the controller is off or its files cannot be read");
    add_text(out, "cpu_max", cgroup->quota_text, "no quota is set");
    add_text(out, "quota_folder", cgroup->quota_folder, "no quota is set");
    if (isnan(cgroup->quota)) {
        json_missing(out, "quota_cpus", "no quota is set");
    } else {
        json_put(out, "quota_cpus", json_number(cgroup->quota));
    }
    if (cgroup->throttled < 0) {
        json_missing(out, "nr_throttled", "cpu.stat does not say");
    } else {
        json_put(out, "nr_throttled", json_integer(cgroup->throttled));
    }
    return out;
}
