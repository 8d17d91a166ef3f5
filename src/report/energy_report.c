/* SPDX-License-Identifier: MIT */
#include "report/energy_report.h"

#include "base/json.h"
#include "machine/sysfs.h"

#include <math.h>

struct energy_report energy_report_of(const struct energy *before, const struct energy *after, const char *unit,
                                      double count) {
    const char *reason = before->reason[0] ? before->reason : after->reason;
    return (struct energy_report){.unit = unit,
                                  .reason = reason[0] ? reason : "other counters after the work than before it",
                                  .joules = energy_between(before, after) / count};
}

void print_energy(FILE *out, const struct energy_report *energy) {
    if (isfinite(energy->joules))
        fprintf(out, "energy       %.3g J per %s, of the whole processor packages\n", energy->joules, energy->unit);
}

void energy_json(json_t *into, const struct energy_report *energy) {
    char key[64];
    snprintf(key, sizeof key, "joules_per_%.40s", energy->unit);
    if (isfinite(energy->joules))
        json_put(into, key, json_number(energy->joules));
    else
        json_missing(into, key, energy->reason);
}
