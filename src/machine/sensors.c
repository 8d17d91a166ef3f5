/* SPDX-License-Identifier: MIT */
#include "machine/sensors.h"

#include "machine/sysfs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDERS_MOST = 256, INPUTS_MOST = 32, FOLDER_TEXT = 256 };

/* The first number of a file; -1: not readable. */
static int64_t number_in(const char *folder, const char *name) {
    char text[64], *end;
    if (sysfs_read_in(text, sizeof text, folder, name) != 0) return -1;
    const long long number = strtoll(text, &end, 10);
    return end == text ? -1 : number;
}

/* The package of a hwmon folder that belongs to a processor; -1: it belongs to none. coretemp has a folder for each
 * package and says which in a label, "Package id 1"; of the others the n-th folder is the n-th package. */
static int hwmon_package(const char *folder, const char *name, int *others) {
    char label[64];
    int package = -1;
    if (strcmp(name, "coretemp") == 0 && sysfs_read_in(label, sizeof label, folder, "temp1_label") == 0 &&
        strncmp(label, "Package id ", 11) == 0)
        package = (int)strtol(label + 11, NULL, 10);
    else if (strcmp(name, "coretemp") == 0 || strcmp(name, "k10temp") == 0 || strcmp(name, "zenpower") == 0 ||
             strcmp(name, "cpu_thermal") == 0)
        package = (*others)++;
    return package >= 0 && package < SENSORS_PACKAGES ? package : -1;
}

static void find_hwmon(struct sensors *sensors) {
    int others = 0;
    for (int i = 0; i < FOLDERS_MOST; i++) {
        char folder[FOLDER_TEXT], name[64];
        snprintf(folder, sizeof folder, "%s/sys/class/hwmon/hwmon%d", sensors->root, i);
        if (sysfs_read_in(name, sizeof name, folder, "name") != 0) continue;
        const int package = hwmon_package(folder, name, &others);
        if (package >= 0 && number_in(folder, "temp1_input") >= 0 && !sensors->package[package][0])
            snprintf(sensors->package[package], sizeof sensors->package[package], "%s/temp1_input", folder);
    }
}

static void find_zones(struct sensors *sensors) {
    int next = 0;
    for (int i = 0; i < FOLDERS_MOST && next < SENSORS_PACKAGES; i++) {
        char folder[FOLDER_TEXT], type[64];
        snprintf(folder, sizeof folder, "%s/sys/class/thermal/thermal_zone%d", sensors->root, i);
        if (sysfs_read_in(type, sizeof type, folder, "type") != 0) break;
        if (strcmp(type, "x86_pkg_temp") != 0 && !strstr(type, "cpu")) continue;
        snprintf(sensors->package[next], sizeof sensors->package[next], "%s/temp", folder);
        next++;
    }
}

void sensors_find(struct sensors *sensors, const char *root) {
    *sensors = (struct sensors){0};
    snprintf(sensors->root, sizeof sensors->root, "%s", root);
    find_hwmon(sensors);
    for (int i = 0; i < SENSORS_PACKAGES; i++)
        if (sensors->package[i][0]) return;
    find_zones(sensors);
}

double sensors_celsius(const struct sensors *sensors, int package) {
    char text[64], *end;
    if (package < 0 || package >= SENSORS_PACKAGES || !sensors->package[package][0] ||
        sysfs_read(text, sizeof text, sensors->package[package]) != 0)
        return NAN;
    const double millidegrees = strtod(text, &end);
    return end == text ? NAN : millidegrees / 1000.0;
}

/* A hexadecimal number as text, "0xb002151"; "" where there is none. */
static void hex_in(char to[SENSOR_TEXT], const char *folder, const char *name) {
    char text[64], *end;
    to[0] = 0;
    if (sysfs_read_in(text, sizeof text, folder, name) != 0) return;
    const unsigned long long number = strtoull(text, &end, 16);
    if (end != text) snprintf(to, SENSOR_TEXT, "0x%llx", number);
}

void sensors_pu(const struct sensors *sensors, unsigned pu, struct pu_facts *facts) {
    char folder[FOLDER_TEXT];
    snprintf(folder, sizeof folder, "%s/sys/devices/system/cpu/cpu%u", sensors->root, pu);
    facts->package = (int)number_in(folder, "topology/physical_package_id");
    hex_in(facts->microcode, folder, "microcode/version");
    hex_in(facts->ppin, folder, "topology/ppin");
    const int64_t core = number_in(folder, "thermal_throttle/core_throttle_count"),
                  package = number_in(folder, "thermal_throttle/package_throttle_count");
    facts->throttles = core < 0 ? package : package < 0 ? core : core + package;
    const int64_t khz = number_in(folder, "cpufreq/scaling_cur_freq");
    facts->mhz = khz < 0 ? (double)NAN : (double)khz / 1000.0;
}
