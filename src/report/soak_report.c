/* SPDX-License-Identifier: MIT */
#include "report/soak_report.h"

#include "base/json.h"

#include <inttypes.h>

void print_soak_head(FILE *to, double minutes, uint64_t fingerprint, bool right, uint64_t published) {
    fprintf(to, "\nSOAK for %g minutes: every fit on every core against f32/scalar, fingerprint %016" PRIx64 "\n",
            minutes, fingerprint);
    if (!right) fprintf(to, "the reference itself is WRONG: its fingerprint should be %016" PRIx64 "\n", published);
}

void print_soak_core(FILE *to, const struct job *job, const struct soak_core *core) {
    if (core->wrong == 0) {
        fprintf(to, "PU %-4u %zu fits, all equal to the reference in every decision\n", core->pu_os, core->fits);
        return;
    }
    const struct soak_fault *first = &core->first;
    char got[REAL_TEXT], right[REAL_TEXT];
    format_real(got, first->got);
    format_real(right, first->right);
    fprintf(to,
            "PU %-4u WRONG in %zu of %zu fits: first in epoch %u at position %zu, row %" PRIu32
            ": backend %s decided %s, correct is %s\n",
            core->pu_os, core->wrong, core->fits, first->epoch + 1, first->position, job->view.index[first->row],
            first->backend->name, got, right);
}
