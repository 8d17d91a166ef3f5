/* SPDX-License-Identifier: MIT */
/* Findings on memory, the kernel, and what other programs do. */
#include "machine/doctor_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB 1048576.0
#define GIB 1073741824.0

/* Is `word` the chosen one of "always [madvise] never"? */
static bool is_chosen(const char *choices, const char *word) {
    const char *begin = strchr(choices, '[');
    return begin && strncmp(begin + 1, word, strlen(word)) == 0 && begin[1 + strlen(word)] == ']';
}

static void examine_quota(struct doctor *doctor, const struct patient *patient) {
    const double quota = number_fact(patient->cgroup, "quota_cpus");
    const unsigned pus = list_count(text_fact(patient->os, "allowed_pus"));
    const char *folder = text_fact(patient->cgroup, "quota_folder");
    if (!(quota > 0) || (pus > 0 && quota >= pus)) return;
    struct finding *finding = finding_add(doctor, "quota", 90,
                                          "the kernel stops the program for the rest of each period once its share is "
                                          "used up: times of several workers measure the quota");
    if (pus > 0)
        snprintf(finding->what, sizeof finding->what, "a quota allows the time of %.3g CPUs, on %u PUs", quota, pus);
    else
        snprintf(finding->what, sizeof finding->what, "a quota allows the time of %.3g CPUs", quota);
    if (doctor->container || !folder[0] || strchr(folder, '\'')) {
        finding->no_mend = "start the container without a CPU limit (docker run without --cpus, Kubernetes without "
                           "limits.cpu), or give it whole CPUs (--cpuset-cpus)";
        return;
    }
    const bool old = number_fact(patient->cgroup, "version") == 1;
    snprintf(finding->mend, sizeof finding->mend, "echo %s > '%.900s/%s'", old ? "-1" : "max", folder,
             old ? "cpu.cfs_quota_us" : "cpu.max");
    finding->root = true;
}

/* Others that run right now: the load average alone also remembers what has ended. One runnable thread is this one. */
static void examine_load(struct doctor *doctor, const struct patient *patient) {
    const double load = json_number_value(json_array_get(json_object_get(patient->os, "load_average"), 0));
    const double others = number_fact(patient->os, "runnable_threads") - 1;
    const unsigned pus = list_count(text_fact(patient->os, "online_pus"));
    if (!(load >= 0.5) || !(others >= 1)) return;
    struct finding *finding = finding_add(doctor, "load", pus > 0 && load >= 0.5 * pus ? 88 : 65,
                                          "other programs take PUs, caches and memory bandwidth: samples are disturbed "
                                          "and repeated, and times may become unusable");
    snprintf(finding->what, sizeof finding->what, "%.0f other thread%s run%s now; load average %.2f", others,
             others > 1 ? "s" : "", others > 1 ? "" : "s", load);
    snprintf(finding->mend, sizeof finding->mend, "ps -eo pid,user,pcpu,args --sort=-pcpu | head");
}

static void examine_memory(struct doctor *doctor, const struct patient *patient) {
    const double available = number_fact(patient->memory, "available_bytes");
    const double unused =
        number_fact(patient->memory, "huge_pages_free") * number_fact(patient->memory, "huge_page_bytes");
    const double total = number_fact(patient->memory, "total_bytes");
    if (available < 512 * MIB) {
        struct finding *finding = finding_add(
            doctor, "memory", 70, "pages are taken away and read from disk, or the kernel ends the program");
        snprintf(finding->what, sizeof finding->what, "%.0f MiB of memory are available", available / MIB);
        snprintf(finding->mend, sizeof finding->mend, "ps -eo pid,user,rss,args --sort=-rss | head");
    }
    if (total > 0 && unused > 0.5 * total) {
        struct finding *finding = finding_add(
            doctor, "huge-pages", available < 2 * GIB ? 50 : 10,
            "they are taken from all other memory, and this program uses them only where it is told to (--pages huge)");
        snprintf(finding->what, sizeof finding->what, "%.1f of %.1f GiB are reserved as huge pages that nobody uses",
                 unused / GIB, total / GIB);
        snprintf(finding->mend, sizeof finding->mend, "sysctl vm.nr_hugepages=0");
        finding->root = true;
    }
}

/* Rows are asked for on huge pages, which "always" and "madvise" grant. On Arm with pages of 64 KiB a huge page has 512
 * MiB: no array has one, and small pages are large enough. */
static void examine_pages(struct doctor *doctor, const struct patient *patient) {
    const double bytes = number_fact(patient->memory, "huge_page_bytes");
    if (!is_chosen(text_fact(patient->memory, "transparent_huge_pages"), "never") || bytes > 32 * MIB) return;
    struct finding *finding = finding_add(
        doctor, "transparent-huge-pages", 60,
        "rows lie on small pages, and reading them takes page walks: 4 to 15 % slower where it was measured (Zen 5)");
    snprintf(finding->what, sizeof finding->what, "transparent huge pages are off");
    snprintf(finding->mend, sizeof finding->mend, "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
    finding->root = true;
}

static void examine_numa(struct doctor *doctor, const struct patient *patient) {
    const unsigned nodes = list_count(text_fact(patient->memory, "online_nodes"));
    if (!(number_fact(patient->memory, "numa_balancing") > 0) || nodes < 2) return;
    struct finding *finding = finding_add(
        doctor, "numa-balancing", 45,
        "the kernel unmaps pages to see who uses them, and moves them: page faults in samples, times that drift");
    snprintf(finding->what, sizeof finding->what, "the kernel moves pages between %u memory nodes on its own", nodes);
    snprintf(finding->mend, sizeof finding->mend, "sysctl kernel.numa_balancing=0");
    finding->root = true;
}

/* Random addresses are wanted: a run averages over the layouts of its processes. */
static void examine_layout(struct doctor *doctor, const struct patient *patient) {
    if (!(number_fact(patient->os, "aslr") == 0)) return;
    struct finding *finding = finding_add(doctor, "aslr", 12,
                                          "the processes of a run share one layout of addresses, so its intervals do "
                                          "not show what another layout would do (below 1 % where it was measured)");
    snprintf(finding->what, sizeof finding->what, "addresses are not random (ASLR is off)");
    snprintf(finding->mend, sizeof finding->mend, "sysctl kernel.randomize_va_space=2");
    finding->root = true;
}

static void examine_isolated(struct doctor *doctor, const struct patient *patient) {
    const char *isolated = text_fact(patient->os, "isolated_pus"), *allowed = text_fact(patient->os, "allowed_pus");
    if (list_count(isolated) == 0 || list_count(allowed) == 0 || lists_overlap(isolated, allowed)) return;
    struct finding *finding =
        finding_add(doctor, "isolated", 25, "the PUs that the kernel keeps quiet are not among those that are timed");
    snprintf(finding->what, sizeof finding->what, "PUs %.100s are isolated, and this process may not use them",
             isolated);
    snprintf(finding->mend, sizeof finding->mend, "taskset -c %.200s sgdmark run", isolated);
}

/* Clocks that are read by a system call or from a slow device. */
static void examine_clock(struct doctor *doctor, const struct patient *patient) {
    static const char *const slow[] = {"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit", "xen"};
    const char *name = text_fact(patient->os, "clocksource"), *all = text_fact(patient->os, "clocksources");
    bool found = false;
    for (size_t i = 0; i < sizeof slow / sizeof *slow; i++)
        found = found || strcmp(name, slow[i]) == 0;
    if (!found) return;
    struct finding *finding =
        finding_add(doctor, "clocksource", 50,
                    "reading the clock takes a system call, often a microsecond: short samples are too long");
    snprintf(finding->what, sizeof finding->what, "the kernel reads the time from %.40s", name);
    if (strncmp(all, "tsc", 3) == 0 || strstr(all, " tsc")) {
        snprintf(finding->mend, sizeof finding->mend,
                 "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource");
        finding->root = true;
    } else {
        finding->no_mend =
            "the kernel offers no faster clock; its log says why (dmesg | grep -i -e tsc -e clocksource)";
    }
}

/* Most mitigations cost system calls and interrupts, which timed code does not make. This one slows loads. */
static void examine_mitigations(struct doctor *doctor, const struct patient *patient) {
    const char *state = text_fact(patient->os, "store_bypass");
    if (!strstr(state, "mitigated")) return;
    struct finding *finding =
        finding_add(doctor, "mitigations", 50,
                    "loads wait until the addresses of all earlier stores are known: kernels that "
                    "write weights become slower");
    snprintf(finding->what, sizeof finding->what, "speculative store bypass is off for this process (%.60s)", state);
    if (strncmp(state, "globally", strlen("globally")) == 0)
        finding->no_mend =
            "another kernel parameter (x86: spec_store_bypass_disable=prctl, Arm: ssbd=kernel), where no "
            "untrusted code runs";
    else
        finding->no_mend = "no seccomp (docker run --security-opt seccomp=unconfined), or Linux 5.16 or newer";
}

/* Capabilities of capability.h: 21 SYS_ADMIN, 38 PERFMON. */
static bool may_count(const struct patient *patient) {
    const unsigned long long set = strtoull(text_fact(patient->os, "effective_capabilities"), NULL, 16);
    return (set >> 21 & 1) || (set >> 38 & 1);
}

static void examine_counters(struct doctor *doctor, const struct patient *patient) {
    const double paranoid = number_fact(patient->os, "perf_event_paranoid");
    if (!text_fact(patient->os, "cpu_pmu")[0] || !(paranoid > 2) || may_count(patient)) return;
    struct finding *finding =
        finding_add(doctor, "paranoid", 5, "hardware counters stay unread: no cycles, no misses; times are the same");
    snprintf(finding->what, sizeof finding->what, "kernel.perf_event_paranoid is %.0f", paranoid);
    snprintf(finding->mend, sizeof finding->mend, "sysctl kernel.perf_event_paranoid=2");
    finding->root = true;
}

void doctor_examine_system(struct doctor *doctor, const struct patient *patient) {
    examine_quota(doctor, patient);
    examine_load(doctor, patient);
    examine_memory(doctor, patient);
    examine_pages(doctor, patient);
    examine_numa(doctor, patient);
    examine_layout(doctor, patient);
    examine_isolated(doctor, patient);
    examine_clock(doctor, patient);
    examine_mitigations(doctor, patient);
    examine_counters(doctor, patient);
}
