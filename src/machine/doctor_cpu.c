/* SPDX-License-Identifier: MIT */
/* Findings on the processor: its clock, its threads, its hypervisor. */
#include "machine/doctor_private.h"

#include <stdio.h>
#include <string.h>

/* Drivers that choose the clock themselves under the governors "powersave" and "performance" alone: "powersave" there
 * is the default and scales with the load (Documentation/admin-guide/pm/intel_pstate.rst and amd-pstate.rst). */
static bool driver_scales(const char *driver) {
    return strcmp(driver, "intel_pstate") == 0 || strcmp(driver, "amd-pstate-epp") == 0 ||
           strcmp(driver, "amd_pstate_epp") == 0;
}

/* How much a governor matters; 0: not at all. */
static unsigned governor_weight(const struct patient *patient, const char *governor) {
    static const struct {
        const char *name;
        unsigned weight;
    } governors[] = {{"powersave", 80}, {"userspace", 60}, {"conservative", 55}, {"ondemand", 45}, {"schedutil", 45}};
    const char *preference = text_fact(patient->frequency, "energy_preference");
    if (strcmp(governor, "powersave") == 0 && driver_scales(text_fact(patient->frequency, "driver")))
        return strcmp(preference, "power") == 0 || strcmp(preference, "balance_power") == 0 ? 60 : 40;
    for (size_t i = 0; i < sizeof governors / sizeof *governors; i++)
        if (strcmp(governor, governors[i].name) == 0) return governors[i].weight;
    return 0;
}

static const char *governor_effect(unsigned weight) {
    if (weight >= 80) return "the clock stays at its lowest: every time is longer than the machine can do";
    if (weight >= 60) return "the clock is held below what the processor could do";
    return "the clock rises only after some milliseconds of work: the first samples are slower";
}

static void examine_governors(struct doctor *doctor, const struct patient *patient) {
    const json_t *names = json_object_get(patient->frequency, "governors");
    const size_t count = json_array_size(names);
    const char *worst = "";
    unsigned weight = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        const unsigned one = name ? governor_weight(patient, name) : 0;
        if (one <= weight) continue;
        worst = name;
        weight = one;
    }
    if (weight == 0 && count < 2) return;
    struct finding *finding = finding_add(doctor, "governor", weight, governor_effect(weight));
    if (count > 1) {
        if (finding->weight < 75) finding->weight = 75;
        finding->effect = "cores run at different clocks: the same work takes another time on another core";
        snprintf(finding->what, sizeof finding->what, "cores have %zu different frequency governors", count);
    } else {
        const char *preference = text_fact(patient->frequency, "energy_preference");
        snprintf(finding->what, sizeof finding->what, "the frequency governor is %.40s%s%.40s", worst,
                 preference[0] ? ", with the energy preference " : "", preference);
    }
    snprintf(finding->mend, sizeof finding->mend, "cpupower frequency-set -g performance");
    finding->root = true;
}

/* Which file there is depends on the driver. */
static void examine_boost(struct doctor *doctor, const struct patient *patient) {
    const bool turbo = number_fact(patient->frequency, "no_turbo") == 0;
    if (!turbo && !(number_fact(patient->frequency, "boost") == 1)) return;
    struct finding *finding =
        finding_add(doctor, "boost", 20,
                    "the clock depends on heat and on how many cores work: times drift, and one core alone is faster "
                    "(leave it on to see the machine at its fastest)");
    snprintf(finding->what, sizeof finding->what, "the processor may boost its clock");
    snprintf(finding->mend, sizeof finding->mend, "%s",
             turbo ? "echo 1 > /sys/devices/system/cpu/intel_pstate/no_turbo"
                   : "echo 0 > /sys/devices/system/cpu/cpufreq/boost");
    finding->root = true;
}

/* A limit below the hardware's. With boost off some drivers report the limit of boost as the hardware's. */
static void examine_limit(struct doctor *doctor, const struct patient *patient) {
    const double limit = number_fact(patient->frequency, "max_khz");
    const double hardware = number_fact(patient->frequency, "hardware_max_khz");
    if (number_fact(patient->frequency, "no_turbo") == 1 || number_fact(patient->frequency, "boost") == 0) return;
    if (!(limit > 0) || !(limit < 0.98 * hardware)) return;
    struct finding *finding = finding_add(doctor, "clock-limit", 55, "every time is longer than the machine can do");
    snprintf(finding->what, sizeof finding->what, "the clock is limited to %.2f of %.2f GHz", limit / 1e6,
             hardware / 1e6);
    snprintf(finding->mend, sizeof finding->mend, "cpupower frequency-set -u %.0fkHz", hardware);
    finding->root = true;
}

static void examine_throttling(struct doctor *doctor, const struct patient *patient) {
    const double core = number_fact(patient->frequency, "core_throttles");
    const double package = number_fact(patient->frequency, "package_throttles");
    const double most = core > package || !(package >= 0) ? core : package;
    if (!(most > 0)) return;
    struct finding *finding = finding_add(doctor, "throttled", 40, "under load the clock falls and rises again");
    snprintf(finding->what, sizeof finding->what, "the processor was too hot %.0f times since the start", most);
    finding->no_mend = "better cooling, or a lower limit of the clock (cpupower frequency-set -u)";
}

static void examine_smt(struct doctor *doctor, const struct patient *patient) {
    const char *control = text_fact(patient->frequency, "smt");
    const double active = number_fact(patient->frequency, "smt_active");
    if (active == 0 || (strcmp(control, "on") != 0 && !(active == 1))) return;
    struct finding *finding =
        finding_add(doctor, "smt", 30, "what runs on a core's other thread takes up to half of the core");
    snprintf(finding->what, sizeof finding->what, "threads share their cores (SMT)");
    snprintf(finding->mend, sizeof finding->mend, "echo off > /sys/devices/system/cpu/smt/control");
    finding->root = true;
}

/* Vendor and product names by which firmware names a virtual machine. Clouds sell bare machines under the same vendor:
 * those are products of their own. */
static bool firmware_is_virtual(const char *vendor, const char *product) {
    static const char *const vendors[] = {"QEMU", "VMware", "innotek GmbH", "Xen", "Parallels"};
    static const char *const products[] = {"KVM",      "Virtual Machine",       "VirtualBox", "VMware",
                                           "HVM domU", "Google Compute Engine", "OpenStack"};
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
        if (strncmp(vendor, vendors[i], strlen(vendors[i])) == 0) return true;
    for (size_t i = 0; i < sizeof products / sizeof *products; i++)
        if (strstr(product, products[i])) return true;
    return strcmp(vendor, "Amazon EC2") == 0 && !strstr(product, "metal");
}

/* On x86 the kernel lists a CPU feature of this name in every virtual machine; its list begins with "fpu". Elsewhere
 * only the firmware says. */
static bool is_virtual(const struct patient *patient) {
    const char *flags = text_fact(patient->cpu, "flags");
    if (strstr(flags, " hypervisor")) return true;
    return strncmp(flags, "fpu ", 4) != 0 &&
           firmware_is_virtual(text_fact(patient->os, "system_vendor"), text_fact(patient->os, "system_product"));
}

static void examine_hypervisor(struct doctor *doctor, const struct patient *patient) {
    const double steal = number_fact(patient->os, "steal_share");
    if (steal >= 0.01) {
        struct finding *finding = finding_add(doctor, "steal", steal >= 0.05 ? 95 : 85,
                                              "samples are interrupted; those where it shows are marked and repeated");
        snprintf(finding->what, sizeof finding->what,
                 "the hypervisor gave %.1f %% of the time since the start to other machines", 100.0 * steal);
        finding->no_mend = "a machine whose cores are not shared, such as a dedicated or bare-metal instance";
    }
    if (!is_virtual(patient)) return;
    const char *vendor = text_fact(patient->os, "system_vendor"), *product = text_fact(patient->os, "system_product");
    struct finding *finding =
        finding_add(doctor, "hypervisor", 35,
                    "others may use the same cores, caches and memory: wider noise, shifts between runs, and much of "
                    "it is not seen from here");
    snprintf(finding->what, sizeof finding->what, "this is a virtual machine%s%.60s%s%.60s%s",
             vendor[0] || product[0] ? " (" : "", vendor, vendor[0] && product[0] ? ", " : "", product,
             vendor[0] || product[0] ? ")" : "");
    finding->no_mend = "a bare-metal machine; runs at several times of day show the noise";
}

void doctor_examine_cpu(struct doctor *doctor, const struct patient *patient) {
    examine_governors(doctor, patient);
    examine_boost(doctor, patient);
    examine_limit(doctor, patient);
    examine_throttling(doctor, patient);
    examine_smt(doctor, patient);
    examine_hypervisor(doctor, patient);
}
