/* SPDX-License-Identifier: MIT */
/* What surrounds this process: its PUs and capabilities, its container, and what a hypervisor took. */
#include "machine/environment_private.h"

#include "base/json.h"
#include "machine/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The lines "Name:\tvalue" of /proc/self/status, as strings. */
static void add_status(json_t *into) {
    static const struct {
        const char *key, *line;
    } facts[] = {{"allowed_pus", "\nCpus_allowed_list:"},
                 {"effective_capabilities", "\nCapEff:"},
                 {"store_bypass", "\nSpeculation_Store_Bypass:"}};
    char text[8192];
    const bool bad = sysfs_read(text, sizeof text, "/proc/self/status") != 0;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        const char *found = bad ? NULL : strstr(text, facts[i].line);
        if (!found) {
            json_missing(into, facts[i].key, "/proc/self/status does not say");
            continue;
        }
        found += strlen(facts[i].line);
        found += strspn(found, " \t");
        json_put(into, facts[i].key, json_escaped_part(found, strcspn(found, "\n")));
    }
}

/* The share of all time since the start that the hypervisor gave to other machines: "cpu  user nice system idle iowait
 * irq softirq steal ..." (proc_stat(5)). Kernels before 2.6.11 end before steal. */
static void add_steal(json_t *into) {
    char text[512];
    double ticks[8];
    double all = 0;
    const bool bad = sysfs_read(text, sizeof text, "/proc/stat") != 0;
    // NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers
    if (bad || sscanf(text, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &ticks[0], &ticks[1], &ticks[2], &ticks[3],
                      &ticks[4], &ticks[5], &ticks[6], &ticks[7]) != 8) {
        json_missing(into, "steal_share", "/proc/stat does not say");
        return;
    }
    for (size_t i = 0; i < 8; i++)
        all += ticks[i];
    if (all > 0) {
        json_put(into, "steal_share", json_number(ticks[7] / all));
    } else {
        json_missing(into, "steal_share", "/proc/stat counts no time");
    }
}

/* Container programs leave these files, or name their control groups so. */
static void add_container(json_t *into) {
    static const struct {
        const char *path, *name;
    } files[] = {{"/.dockerenv", "docker"}, {"/run/.containerenv", "podman"}, {"/run/systemd/container", "systemd"}};
    static const char *const groups[] = {"docker", "kubepods", "lxc", "libpod", "containerd"};
    char text[4096];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (access(files[i].path, F_OK) == 0) {
            json_put(into, "container", json_string(files[i].name));
            return;
        }
    if (sysfs_read(text, sizeof text, "/proc/self/cgroup") != 0) text[0] = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (strstr(text, groups[i])) {
            json_put(into, "container", json_string(groups[i]));
            return;
        }
    json_missing(into, "container", "no sign of one");
}

/* "cpu" on x86, "cpu_core" beside "cpu_atom" on hybrid machines, "armv8_pmuv3_0" and the like on Arm. Event sources
 * that count something else than a core's work have other names (uncore_imc_0, arm_cmn_0, msr). */
static bool is_cpu_pmu(const char *name) {
    return strcmp(name, "cpu") == 0 || strcmp(name, "cpu_core") == 0 || strncmp(name, "armv", 4) == 0;
}

static void add_cpu_pmu(json_t *into) {
    DIR *folder = opendir("/sys/bus/event_source/devices");
    if (!folder) {
        json_missing(into, "cpu_pmu", "the kernel lists no event sources");
        return;
    }
    struct dirent *entry;
    do
        entry = readdir(folder);
    while (entry && !is_cpu_pmu(entry->d_name));
    if (entry) {
        json_put(into, "cpu_pmu", json_escaped(entry->d_name));
    } else {
        json_missing(into, "cpu_pmu", "the kernel lists no PMU of the cores");
    }
    closedir(folder);
}

void environment_add_process(json_t *os) {
    add_status(os);
    add_steal(os);
    add_container(os);
    add_cpu_pmu(os);
}
