/* SPDX-License-Identifier: MIT */
/* What a core tells of itself while it works: temperature, throttling, microcode, serial number. */
#ifndef SGDMARK_MACHINE_SENSORS_H
#define SGDMARK_MACHINE_SENSORS_H

#include <limits.h>
#include <stdint.h>

enum { SENSORS_PACKAGES = 16, SENSOR_TEXT = 24 };

/* The files of temperatures. */
struct sensors {
    char root[128];                           /* "" for the machine's own /sys */
    char package[SENSORS_PACKAGES][PATH_MAX]; /* by physical number; "": none was found */
};

/* Looks for the temperatures of the packages: hwmon's coretemp, k10temp, zenpower and cpu_thermal, else thermal zones
 * of the kind x86_pkg_temp or with "cpu" in their name. `root` is put before /sys, "" is this machine. */
void sensors_find(struct sensors *sensors, const char *root);

/* Degrees Celsius of a package, by physical number; NaN: not readable. Takes some microseconds. */
double sensors_celsius(const struct sensors *sensors, int package);

/* What is known of a PU, by OS index. */
struct pu_facts {
    int package;                 /* physical number; -1: not listed */
    char microcode[SENSOR_TEXT]; /* "0xb002151"; "": not readable */
    char ppin[SENSOR_TEXT];      /* the processor's serial number, "0x..."; "": not readable (only root may) */
    int64_t throttles;           /* of core and package since the start of the system; -1: not readable */
    double mhz;                  /* as the kernel says (cpufreq); NaN: not readable */
};
void sensors_pu(const struct sensors *sensors, unsigned pu, struct pu_facts *facts);

#endif
