/* SPDX-License-Identifier: MIT */
#include "machine/energy.h"

#include "machine/sysfs.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_zone(char *text, size_t size, const char *folder, size_t zone, const char *name) {
    char path[PATH_MAX];
    const int length = snprintf(path, sizeof path, "%s/intel-rapl:%zu", folder, zone);
    if (length < 0 || (size_t)length >= sizeof path) return -1;
    return sysfs_read_in(text, size, path, name);
}

/* A file that holds one number. Returns 0, or -1 with errno. */
static int read_count(uint64_t *count, const char *folder, size_t zone, const char *name) {
    char text[64], *end;
    if (read_zone(text, sizeof text, folder, zone, name) != 0) return -1;
    errno = 0;
    *count = strtoull(text, &end, 10);
    if (errno != 0) return -1;
    if (isdigit((unsigned char)text[0]) && *end == 0) return 0;
    errno = EINVAL;
    return -1;
}

/* Adds the package of a zone. Zones of memory or of the whole system are not its part. */
static void add_zone(struct energy *now, const char *folder, size_t zone) {
    char name[64];
    const size_t k = now->packages;
    if (now->reason[0] || k == ENERGY_PACKAGES || read_zone(name, sizeof name, folder, zone, "name") != 0) return;
    if (strncmp(name, "package-", 8) != 0) return;
    if (read_count(&now->microjoules[k], folder, zone, "energy_uj") != 0 ||
        read_count(&now->range[k], folder, zone, "max_energy_range_uj") != 0) {
        snprintf(now->reason, sizeof now->reason, "the energy of %.40s cannot be read: %.60s%s", name, strerror(errno),
                 errno == EACCES ? " (as root: chmod a+r /sys/class/powercap/*/energy_uj)" : "");
        return;
    }
    now->zone[k] = (int)zone;
    now->packages++;
}

void energy_read(struct energy *now, const char *folder) {
    *now = (struct energy){.packages = 0};
    for (size_t zone = 0; zone < ENERGY_PACKAGES; zone++)
        add_zone(now, folder, zone);
    if (now->reason[0])
        now->packages = 0; /* a part is not the whole */
    else if (now->packages == 0)
        snprintf(now->reason, sizeof now->reason, "this machine shows no energy counters of its packages (powercap)");
}

void energy_read_again(struct energy *now, const struct energy *earlier, const char *folder) {
    *now = *earlier;
    for (size_t k = 0; k < now->packages; k++)
        if (read_count(&now->microjoules[k], folder, (size_t)now->zone[k], "energy_uj") != 0) {
            snprintf(now->reason, sizeof now->reason, "the energy of package %zu cannot be read any more: %.60s", k,
                     strerror(errno));
            now->packages = 0; /* a part of them is not the whole */
        }
}

double energy_between(const struct energy *before, const struct energy *after) {
    double joules = 0;
    if (before->packages == 0 || before->packages != after->packages) return (double)NAN;
    for (size_t k = 0; k < before->packages; k++) {
        const uint64_t from = before->microjoules[k], to = after->microjoules[k];
        if (before->zone[k] != after->zone[k] || (to < from && from > after->range[k])) return (double)NAN;
        joules += 1e-6 * (double)(to >= from ? to - from : to + (after->range[k] - from));
    }
    return joules;
}
