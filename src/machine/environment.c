/* SPDX-License-Identifier: MIT */
/* The operating system: kernel, its settings, memory and load. */
#include "machine/environment.h"

#include "base/json.h"
#include "base/pages.h"
#include "base/text.h"
#include "machine/cgroup.h"
#include "machine/environment_private.h"
#include "machine/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* A file, and the key of its content. */
struct source {
    const char *key, *path;
};

static void add_strings(json_t *into, const struct source *sources, size_t count) {
    for (size_t i = 0; i < count; i++)
        sysfs_string(into, sources[i].key, sources[i].path);
}

static void add_integers(json_t *into, const struct source *sources, size_t count) {
    for (size_t i = 0; i < count; i++)
        sysfs_integer(into, sources[i].key, sources[i].path);
}
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A line "Name:   123 kB" of a /proc file, stored in bytes; a number without a unit is stored as it is. */
struct line {
    const char *key, *name;
};

static void add_lines(json_t *into, const char *path, const struct line *lines, size_t count) {
    char text[16384];
    int bad = sysfs_read(text, sizeof text, path);
    char why[128];
    snprintf(why, sizeof why, "%s: %s", path, bad ? strerror(errno) : "does not list it");
    for (size_t i = 0; i < count; i++) {
        char start[64];
        snprintf(start, sizeof start, "\n%s:", lines[i].name);
        const char *found = strncmp(text, start + 1, strlen(start) - 1) == 0 ? text : strstr(text, start);
        if (bad || !found) {
            json_missing(into, lines[i].key, why);
            continue;
        }
        char *unit;
        long long number = strtoll(strchr(found, ':') + 1, &unit, 10);
        json_put(into, lines[i].key, json_integer(strncmp(unit, " kB", 3) == 0 ? number * 1024 : number));
    }
}

/* Whether the system took the request for huge pages that large arrays make. */
static void add_huge_page_request(json_t *into) {
    char why[128];
    int number;
    const enum huge_pages state = pages_huge(&number);
    if (state == HUGE_PAGES_GRANTED) {
        json_put(into, "huge_pages_requested", json_true());
        return;
    }
    snprintf(why, sizeof why, "no array of 2 MiB or more was made");
    if (state == HUGE_PAGES_REFUSED)
        snprintf(why, sizeof why, "the system refuses the request (madvise: %s)", strerror(number));
    json_missing(into, "huge_pages_requested", why);
}

json_t *environment_memory_json(void) {
    static const struct line meminfo[] = {{"total_bytes", "MemTotal"},        {"available_bytes", "MemAvailable"},
                                          {"swap_total_bytes", "SwapTotal"},  {"swap_free_bytes", "SwapFree"},
                                          {"huge_pages", "HugePages_Total"},  {"huge_pages_free", "HugePages_Free"},
                                          {"huge_page_bytes", "Hugepagesize"}};
    static const struct line smaps[] = {{"anon_huge_bytes_of_process", "AnonHugePages"},
                                        {"resident_bytes_of_process", "Rss"}};
    static const struct source sources[] = {
        {"transparent_huge_pages", "/sys/kernel/mm/transparent_hugepage/enabled"},
        {"transparent_huge_pages_defrag", "/sys/kernel/mm/transparent_hugepage/defrag"},
        {"online_nodes", "/sys/devices/system/node/online"}};
    static const struct source integers[] = {{"numa_balancing", "/proc/sys/kernel/numa_balancing"},
                                             {"swappiness", "/proc/sys/vm/swappiness"}};
    json_t *out = json_object();
    json_put(out, "page_bytes", json_integer(sysconf(_SC_PAGESIZE)));
    add_lines(out, "/proc/meminfo", meminfo, COUNT(meminfo));
    add_lines(out, "/proc/self/smaps_rollup", smaps, COUNT(smaps));
    add_strings(out, sources, COUNT(sources));
    add_integers(out, integers, COUNT(integers));
    add_huge_page_request(out);
    json_missing(out, "dimm_speed", "only root can read it (dmidecode)");
    return out;
}

/* All files of the folder, by name. */
static json_t *folder_json(const char *folder) {
    DIR *dir = opendir(folder);
    if (!dir) return NULL;
    json_t *out = json_object();
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[512];
        if (entry->d_name[0] == '.') continue;
        int length = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if ((size_t)length < sizeof path) sysfs_string(out, entry->d_name, path);
    }
    closedir(dir);
    return out;
}

/* "0.10 0.20 0.30 2/345 678": load averages, runnable threads / all threads. */
static void add_load(json_t *into) {
    char text[128];
    double load[3];
    long long runnable = 0;
    long long threads = 0;
    int bad = sysfs_read(text, sizeof text, "/proc/loadavg");
    // NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers
    if (bad || sscanf(text, "%lf %lf %lf %lld/%lld", &load[0], &load[1], &load[2], &runnable, &threads) != 5) {
        json_missing(into, "load_average", "/proc/loadavg cannot be read");
        return;
    }
    json_put(into, "load_average",
             json_pack("[o, o, o]", json_number(load[0]), json_number(load[1]), json_number(load[2])));
    json_put(into, "runnable_threads", json_integer(runnable));
    json_put(into, "threads", json_integer(threads));
}

static void add_kernel(json_t *into) {
    struct utsname name;
    if (uname(&name) != 0) {
        json_missing(into, "kernel", strerror(errno));
        return;
    }
    json_put(into, "kernel", json_escaped(name.release));
    json_put(into, "kernel_version", json_escaped(name.version));
    json_put(into, "machine", json_escaped(name.machine));
}

/* Is it a kernel parameter that changes the speed of programs? The others may name disks, hosts or programs, which do
 * not belong in a file that people share. */
static bool is_about_speed(const char *parameter) {
    static const char *const starts[] = {"mitigations",  "spectre",
                                         "spec_",        "retbleed",
                                         "l1tf",         "mds",
                                         "tsx",          "srbds",
                                         "gather_data",  "reg_file_data",
                                         "mmio_",        "nopti",
                                         "pti=",         "nosmt",
                                         "maxcpus",      "nr_cpus",
                                         "isolcpus",     "nohz",
                                         "rcu_nocb",     "irqaffinity",
                                         "skew_tick",    "preempt",
                                         "intel_pstate", "amd_pstate",
                                         "cpufreq",      "cpuidle",
                                         "haltpoll",     "idle=",
                                         "processor.",   "intel_idle",
                                         "clocksource",  "tsc=",
                                         "nohpet",       "transparent_hugepage",
                                         "hugepages",    "default_hugepagesz",
                                         "numa",         "mem=",
                                         "init_on_",     "page_poison",
                                         "slub_debug",   "nowatchdog",
                                         "nmi_watchdog", "threadirqs",
                                         "psi=",         "workqueue",
                                         "sched_",       "noxsave",
                                         "clearcpuid"};
    for (size_t i = 0; i < COUNT(starts); i++)
        if (strncmp(parameter, starts[i], strlen(starts[i])) == 0) return true;
    return false;
}

static void add_kernel_parameters(json_t *into) {
    char text[4096];
    if (sysfs_read(text, sizeof text, "/proc/cmdline") != 0) {
        json_missing(into, "kernel_parameters", strerror(errno));
        return;
    }
    json_t *kept = json_array();
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest); word && strcmp(word, "--") != 0; word = strtok_r(NULL, " ", &rest))
        if (is_about_speed(word)) json_add(kept, json_escaped(word));
    json_put(into, "kernel_parameters", kept);
}

static void add_uptime(json_t *into) {
    struct timespec up;
    if (clock_gettime(CLOCK_BOOTTIME, &up) == 0) json_put(into, "uptime_seconds", json_integer((json_int_t)up.tv_sec));
}

/* Copies the value at `from`: in double quotes, where a backslash escapes, in single quotes, or up to the end of the
 * line without its last blanks. */
static void copy_value(char *to, size_t size, const char *from) {
    const char quote = *from == '"' || *from == '\'' ? *from++ : '\n';
    size_t used = 0;
    for (; *from && *from != '\n' && *from != quote && used + 1 < size; from++) {
        if (quote == '"' && *from == '\\' && from[1] && from[1] != '\n') from++;
        to[used++] = *from;
    }
    while (quote == '\n' && used > 0 && (to[used - 1] == ' ' || to[used - 1] == '\t' || to[used - 1] == '\r'))
        used--;
    to[used] = 0;
}

int os_release_name(char *name, size_t size, const char *text) {
    static const char key[] = "PRETTY_NAME=";
    name[0] = 0;
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, sizeof key - 1) == 0)
            copy_value(name, size, line + sizeof key - 1); /* the last one counts */
        if (!*line) break;
    }
    return name[0] ? 0 : -1;
}

static void add_distribution(json_t *into) {
    char text[4096], name[256];
    if ((sysfs_read(text, sizeof text, "/etc/os-release") == 0 ||
         sysfs_read(text, sizeof text, "/usr/lib/os-release") == 0) &&
        os_release_name(name, sizeof name, text) == 0)
        json_put(into, "distribution", json_escaped(name));
    else
        json_missing(into, "distribution", "/etc/os-release does not say");
}

json_t *environment_os_json(void) {
    static const struct source strings[] = {
        {"isolated_pus", "/sys/devices/system/cpu/isolated"},
        {"nohz_full_pus", "/sys/devices/system/cpu/nohz_full"},
        {"online_pus", "/sys/devices/system/cpu/online"},
        {"clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
        {"clocksources", "/sys/devices/system/clocksource/clocksource0/available_clocksource"},
        {"system_vendor", "/sys/class/dmi/id/sys_vendor"},
        {"system_product", "/sys/class/dmi/id/product_name"}};
    static const struct source integers[] = {{"aslr", "/proc/sys/kernel/randomize_va_space"},
                                             {"perf_event_paranoid", "/proc/sys/kernel/perf_event_paranoid"},
                                             {"nmi_watchdog", "/proc/sys/kernel/nmi_watchdog"}};
    json_t *out = json_object();
    add_kernel(out);
    add_distribution(out);
    add_kernel_parameters(out);
    add_strings(out, strings, COUNT(strings));
    add_integers(out, integers, COUNT(integers));
    add_load(out);
    add_uptime(out);
    environment_add_process(out);
    json_t *mitigations = folder_json("/sys/devices/system/cpu/vulnerabilities");
    if (mitigations) {
        json_put(out, "mitigations", mitigations);
    } else {
        json_missing(out, "mitigations", "the kernel does not list them");
    }
    return out;
}

json_t *environment_json(const struct topology *topology) {
    struct cgroup cgroup;
    cgroup_read(&cgroup);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cpu", environment_cpu_json(), "topology",
                     topology_json(topology), "frequency", environment_frequency_json(), "memory",
                     environment_memory_json(), "os", environment_os_json(), "cgroup", cgroup_json(&cgroup), "build",
                     environment_build_json());
}
