/* The parity table of `sgdmark run`. */
#include "cli/cv_report.h"
#include "cli/run.h"

#include <inttypes.h>
#include <stdio.h>

void trial_name(char text[TRIAL_TEXT], const struct trial *trial) {
    snprintf(text, TRIAL_TEXT, "%s/%s", engine_names[trial->engine], isa_name(trial->engine, trial->backend));
}

static void print_row(const struct trial *trial, const struct judgement *judged) {
    char name[TRIAL_TEXT], against[TRIAL_TEXT];
    const struct confusion *c = &trial->cv.confusion;
    trial_name(name, trial);
    printf("%-15s %016" PRIx64 " %016" PRIx64 " ", name, trial->model.fingerprint, trial->model.update_hash);
    if (!judged->against) {
        printf("reference\n");
    } else {
        trial_name(against, judged->against);
        if (judged->passed)
            printf("pass: %s = %s\n", parity_words(judged->reached), against);
        else
            printf("FAIL: needs %s of %s, has %s\n", parity_words(judged->needed), against,
                   parity_words(judged->reached));
    }
    printf("%-15s ", "");
    print_accuracies(&trial->cv);
    printf(", confusion %" PRIu64 " %" PRIu64 " / %" PRIu64 " %" PRIu64 "\n", c->tn, c->fp, c->fn, c->tp);
}

bool print_parity(const struct run *run) {
    bool all = true;
    printf("\nPARITY (fit and %u folds; a row that fails is not timed)\n", run->folds);
    printf("%-15s %-16s %-16s %s\n", "engine/backend", "fingerprint", "update hash", "verdict");
    for (size_t i = 0; i < run->trial_count; i++) {
        print_row(&run->trials[i], &run->judged[i]);
        all = all && run->judged[i].passed;
    }
    if (run->no_integers[0]) printf("%-15s not here: %s\n", "int", run->no_integers);
    return all;
}
