/* SPDX-License-Identifier: MIT */
/* The processor: model, features and frequency settings. */
#include "base/json.h"
#include "machine/clock.h"
#include "machine/environment.h"
#include "machine/sysfs.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

/* The value of "name : value" in the first block of /proc/cpuinfo, or NULL. */
static json_t *cpuinfo_value(const char *text, const char *name) {
    const char *end = strstr(text, "\n\n");
    size_t length = strlen(name);
    for (const char *line = text; line && *line && (!end || line < end); line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, name, length) != 0 || !strchr("\t :", line[length])) continue;
        const char *value = line + strcspn(line, ":\n");
        if (*value != ':') continue;
        value += strspn(value, ": \t");
        return json_escaped_part(value, strcspn(value, "\n"));
    }
    return NULL;
}

static void add_cpuinfo(json_t *into) {
    static const struct {
        const char *key, *name;
    } facts[] = {
#if defined(__aarch64__)
        {"implementer", "CPU implementer"},
        {"variant", "CPU variant"},
        {"part", "CPU part"},
        {"revision", "CPU revision"},
        {"architecture", "CPU architecture"},
        {"flags", "Features"},
#else
        {"vendor", "vendor_id"},
        {"family", "cpu family"},
        {"model", "model"},
        {"stepping", "stepping"},
        {"brand", "model name"},
        {"microcode", "microcode"},
        {"flags", "flags"},
#endif
    };
    char text[16384];
    int bad = sysfs_read(text, sizeof text, "/proc/cpuinfo");
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        json_t *value = bad ? NULL : cpuinfo_value(text, facts[i].name);
        if (value) {
            json_put(into, facts[i].key, value);
        } else {
            json_missing(into, facts[i].key, "/proc/cpuinfo does not say");
        }
    }
}

static void add_hex(json_t *into, const char *key, uint64_t bits) {
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, bits);
    json_put(into, key, json_string(text));
}

#if defined(__x86_64__)
static void add_hypervisor(json_t *into) {
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    bool present = __get_cpuid(1, &a, &b, &c, &d) && (c & 1u << 31);
    if (!present) {
        json_missing(into, "hypervisor", "the processor reports none");
        return;
    }
    char vendor[13] = "";
    __cpuid(0x40000000, a, b, c, d);
    memcpy(vendor, &b, 4);
    memcpy(vendor + 4, &c, 4);
    memcpy(vendor + 8, &d, 4);
    for (char *at = vendor; *at; at++)
        if (*at < ' ' || *at > '~') *at = '?';
    json_put(into, "hypervisor", json_escaped(vendor));
}

/* XCR0: register state that the operating system saves (bits 0x06: AVX, 0xe6: AVX-512). */
static void add_saved_state(json_t *into) {
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) {
        json_missing(into, "xcr0", "OSXSAVE is off");
        return;
    }
    uint32_t low;
    uint32_t high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    add_hex(into, "xcr0", (uint64_t)high << 32 | low);
}

static void add_invariant_tsc(json_t *into) {
    unsigned a;
    unsigned b;
    unsigned c;
    unsigned d;
    bool invariant = __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
    json_put(into, "tsc_invariant", json_boolean(invariant));
}

static void add_architecture(json_t *into) {
    add_hypervisor(into);
    add_saved_state(into);
    add_invariant_tsc(into);
}
#else
static void add_architecture(json_t *into) {
    sysfs_string(into, "hypervisor", "/sys/hypervisor/type");
    sysfs_string(into, "midr", "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1");
#if defined(PR_SVE_GET_VL)
    int length = prctl(PR_SVE_GET_VL);
    if (length >= 0) {
        json_put(into, "sve_bytes", json_integer(length & PR_SVE_VL_LEN_MASK));
        return;
    }
#endif
    json_missing(into, "sve_bytes", "no SVE");
}
#endif

json_t *environment_cpu_json(void) {
    json_t *out = json_object();
    add_cpuinfo(out);
    add_hex(out, "hwcap", getauxval(AT_HWCAP));
    add_hex(out, "hwcap2", getauxval(AT_HWCAP2));
    add_architecture(out);
    return out;
}

/* The governors of all PUs, each once: PUs with different governors are a common mistake. */
static void add_governors(json_t *into) {
    json_t *all = json_object();
    for (int pu = 0; pu < 8192; pu++) {
        char folder[80];
        char text[64];
        snprintf(folder, sizeof folder, "/sys/devices/system/cpu/cpu%d/cpufreq", pu);
        if (sysfs_read_in(text, sizeof text, folder, "scaling_governor") == 0) {
            json_put(all, text, json_true());
            continue;
        }
        snprintf(folder, sizeof folder, "/sys/devices/system/cpu/cpu%d", pu);
        if (sysfs_read_in(text, sizeof text, folder, "uevent") != 0) break;
    }
    if (json_object_size(all) == 0) {
        json_missing(into, "governors", "no PU has cpufreq (a virtual machine, or it is switched off)");
        json_decref(all);
        return;
    }
    json_t *names = json_array();
    const char *name;
    json_t *unused;
    json_object_foreach(all, name, unused) json_add(names, json_escaped(name));
    json_put(into, "governors", names);
    json_decref(all);
}

json_t *environment_frequency_json(void) {
#define CPUFREQ  "/sys/devices/system/cpu/cpu0/cpufreq/"
#define THROTTLE "/sys/devices/system/cpu/cpu0/thermal_throttle/"
    static const struct {
        const char *key, *path;
    } strings[] = {{"driver", CPUFREQ "scaling_driver"},
                   {"governor", CPUFREQ "scaling_governor"},
                   {"energy_preference", CPUFREQ "energy_performance_preference"},
                   {"idle_driver", "/sys/devices/system/cpu/cpuidle/current_driver"},
                   {"smt", "/sys/devices/system/cpu/smt/control"}},
      integers[] = {{"smt_active", "/sys/devices/system/cpu/smt/active"},
                    {"min_khz", CPUFREQ "scaling_min_freq"},
                    {"max_khz", CPUFREQ "scaling_max_freq"},
                    {"hardware_max_khz", CPUFREQ "cpuinfo_max_freq"},
                    {"boost", "/sys/devices/system/cpu/cpufreq/boost"},
                    {"no_turbo", "/sys/devices/system/cpu/intel_pstate/no_turbo"},
                    {"core_throttles", THROTTLE "core_throttle_count"},
                    {"package_throttles", THROTTLE "package_throttle_count"},
                    {"temperature_millidegrees", "/sys/class/thermal/thermal_zone0/temp"}};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        sysfs_string(out, strings[i].key, strings[i].path);
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
        sysfs_integer(out, integers[i].key, integers[i].path);
    add_governors(out);
    double ghz = clock_probe();
    if (isnan(ghz)) {
        json_missing(out, "probed_ghz", "no instruction chain of known latency on this architecture");
    } else {
        json_put(out, "probed_ghz", json_number(ghz));
    }
    return out;
}
