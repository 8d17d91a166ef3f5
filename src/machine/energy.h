/* SPDX-License-Identifier: MIT */
/* Energy of the processor packages, from the RAPL counters that Linux shows as powercap zones (Intel and AMD on
 * x86-64). They count whole packages, all cores and other programs included, and are brought up to date every
 * millisecond or so: of work that takes 10 ms a tenth may be missing or too much. */
#ifndef SGDMARK_MACHINE_ENERGY_H
#define SGDMARK_MACHINE_ENERGY_H

#include <stddef.h>
#include <stdint.h>

enum { ENERGY_PACKAGES = 64, ENERGY_REASON = 200 };
#define ENERGY_FOLDER "/sys/class/powercap"

/* A reading of all packages. */
struct energy {
    size_t packages; /* 0: nothing can be read */
    int zone[ENERGY_PACKAGES];
    uint64_t microjoules[ENERGY_PACKAGES], range[ENERGY_PACKAGES]; /* a counter begins again at 0 behind its range */
    char reason[ENERGY_REASON];                                    /* why there are none, and what mends it */
};

/* Reads all packages of the folder. Makes system calls: call it outside what is timed. */
void energy_read(struct energy *now, const char *folder);

/* Reads the packages of an earlier reading again, and looks for no others: without packages it makes no system call,
 * else it reads one file of each. */
void energy_read_again(struct energy *now, const struct energy *earlier, const char *folder);

/* Joules between two readings; NAN where one of them has no packages, or others. */
double energy_between(const struct energy *before, const struct energy *after);

#endif
