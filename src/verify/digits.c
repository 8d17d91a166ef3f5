/* SPDX-License-Identifier: MIT */
#include "verify/digits.h"

#include "learn/classes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void verified_digits_leave(struct verified_digits *digits, const char *reason) {
    digits->job = NULL;
    snprintf(digits->reason, sizeof digits->reason, "%.*s", (int)sizeof digits->reason - 1, reason);
}

static bool all_are_there(const struct row_list *rows) {
    size_t count[CLASSES];
    classes_count(count, rows);
    for (unsigned c = 0; c < CLASSES; c++)
        if (count[c] == 0) return false;
    return true;
}

/* Why the ten digits are not timed with this job, or NULL. */
static const char *left_out(const struct digits_request *request, const struct verified_job *job) {
    const struct row_list *rows = &request->job->row_list;
    if (!job->passed || !job->timed) return "no engine and backend passed its check";
    if (job->engine == ENGINE_F64) return "engine f64 is the reference only";
    if (job->backend == backend_scalar()) return "scalar code takes too long for them";
    if (job->backend->parity != PARITY_BITS) return "the backend does not promise the bits of each fit alone";
    if (!all_are_there(rows)) return "the rows do not hold all ten digits";
    if (!classes_share_order(request->hyper, rows)) return "each digit's fit has an order of rows of its own";
    return NULL;
}

/* Notes the first epoch after which the fit of the job's own digit has other weights than the job. */
static void compare_own(struct verified_digits *digits, const struct digits_request *request) {
    const struct model *own = &digits->job->model;
    if (request->digit >= CLASSES) return;
    const uint64_t *hash = digits->hash + (size_t)request->digit * digits->epochs;
    for (unsigned epoch = 0; epoch < digits->epochs; epoch++) {
        if (epoch < own->epochs && hash[epoch] == own->epoch_hash[epoch]) continue;
        snprintf(digits->wrong, sizeof digits->wrong,
                 "digit %u: epoch %u of its fit among ten ended with other weights than in the verified fit",
                 request->digit, epoch + 1);
        return;
    }
}

/* Trains each digit by itself and keeps the hashes. Returns 0, or -1 with the reason. */
static int fit_alone(struct verified_digits *digits, const struct digits_request *request, const struct hyper *hyper,
                     struct error *err) {
    struct model models[CLASSES];
    const struct classes_means one_by_one = {.backend = digits->job->backend, .group = 1};
    if (classes_fit(models, &request->job->row_list, hyper, &one_by_one, err) != 0) return -1;
    digits->epochs = models[0].epochs; /* plain fits all run as many */
    digits->fingerprint = classes_fingerprint(models);
    digits->hash = malloc((size_t)CLASSES * digits->epochs * sizeof *digits->hash);
    for (unsigned c = 0; c < CLASSES && digits->hash; c++)
        memcpy(digits->hash + (size_t)c * digits->epochs, models[c].epoch_hash, digits->epochs * sizeof *digits->hash);
    classes_free(models);
    if (!digits->hash) return fail_program(err, "out of memory for the ten digits");
    compare_own(digits, request);
    return 0;
}

/* Chooses how many fits share a read. Returns 0, or -1 with the reason. */
static int choose(struct verified_digits *digits, const struct digits_request *request, const struct hyper *hyper,
                  struct error *err) {
    const struct group_question question = {.asked = request->asked,
                                            .most = CLASSES,
                                            .rows = &request->job->row_list,
                                            .hyper = hyper,
                                            .backend = digits->job->backend};
    struct group_choice choice;
    if (group_choose(&choice, &question, err) != 0) return -1;
    digits->group = classes_part(1, choice.models);
    if (digits->group == 1)
        verified_digits_leave(digits, choice.reason);
    else
        snprintf(digits->reason, sizeof digits->reason, "%s", choice.reason);
    return 0;
}

int verified_digits_make(struct verified_digits *digits, const struct digits_request *request, struct error *err) {
    const struct verified_job *best = &request->jobs->list[verified_jobs_best(request->jobs, ENGINE_F32)];
    const char *why = left_out(request, best);
    struct hyper hyper = *request->hyper;
    struct error cause;
    *digits = (struct verified_digits){.job = best};
    if (why) verified_digits_leave(digits, why);
    if (why) return 0;
    hyper.engine = best->engine;
    hyper.prefetch = best->prefetch;
    if (choose(digits, request, &hyper, err) != 0) return -1;
    if (!digits->job) return 0;
    if (fit_alone(digits, request, &hyper, &cause) != 0) {
        verified_digits_free(digits);
        if (cause.kind == ERROR_PROGRAM) return fail_program(err, "%.900s", cause.text);
        verified_digits_leave(digits, cause.text);
    }
    if (digits->wrong[0]) verified_digits_leave(digits, "the fits differ from the verified job");
    return 0;
}

void verified_digits_free(struct verified_digits *digits) {
    free(digits->hash);
    *digits = (struct verified_digits){.job = NULL};
}
