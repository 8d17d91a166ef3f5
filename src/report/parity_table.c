/* The parity table of `sgdmark run`. */
#include "cli/run.h"
#include "report/cv_report.h"

#include <inttypes.h>
#include <stdio.h>

static void print_row(const struct verified_job *trial) {
    char name[JOB_NAME], against[JOB_NAME];
    const struct confusion *c = &trial->cv.confusion;
    verified_job_name(name, trial);
    printf("%-15s %016" PRIx64 " %016" PRIx64 " ", name, trial->model.fingerprint, trial->model.update_hash);
    if (!trial->reference) {
        printf("reference\n");
    } else {
        verified_job_name(against, trial->reference);
        if (trial->passed)
            printf("pass: %s = %s\n", parity_words(trial->reached), against);
        else
            printf("FAIL: needs %s of %s, has %s\n", parity_words(trial->needed), against,
                   parity_words(trial->reached));
    }
    printf("%-15s ", "");
    print_accuracies(stdout, &trial->cv);
    printf(", confusion %" PRIu64 " %" PRIu64 " / %" PRIu64 " %" PRIu64 "\n", c->tn, c->fp, c->fn, c->tp);
}

bool print_parity(const struct run *run) {
    bool all = true;
    printf("\nPARITY (fit and %u folds; a row that fails is not timed)\n", run->folds);
    printf("%-15s %-16s %-16s %s\n", "engine/backend", "fingerprint", "update hash", "verdict");
    for (size_t i = 0; i < run->jobs.count; i++) {
        print_row(&run->jobs.list[i]);
        all = all && run->jobs.list[i].passed;
    }
    if (run->jobs.no_integers[0]) printf("%-15s not here: %s\n", "int", run->jobs.no_integers);
    return all;
}
