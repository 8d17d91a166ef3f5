/* SPDX-License-Identifier: MIT */
#include "record/receipts.h"

#include "learn/hyper_table.h"
#include "learn/prefetch.h"
#include "machine/code.h"

#include <stdio.h>

int record_workload(struct result *result, const struct job *job, const struct job_spec *spec, unsigned folds,
                    struct error *err) {
    const struct dataset *ds = &job->ds;
    const struct workload workload = {.data = ds->name,
                                      .split = split_names[spec->rows.split],
                                      .order = order_names[spec->rows.order],
                                      .order_seed = spec->rows.order_seed,
                                      .limit = spec->rows.limit,
                                      .pixels_sha256 = ds->pixels_sha256,
                                      .labels_sha256 = ds->labels_sha256,
                                      .n = job->view.n,
                                      .d = ds->d,
                                      .permutation_hash = view_hash(&job->view)};
    return result_workload(result, &workload, hyper_json(spec, folds), err);
}

#define KERNEL_NAME(kernel, unused)  #kernel,
#define KERNEL_CODE(kernel, backend) (void (*)(void))(backend)->kernel,

int record_dispatch(struct result *result, const char *asked, const struct backend *backend, struct error *err) {
    static const char *const names[] = {KERNEL_LIST(KERNEL_NAME, )};
    void (*const functions[])(void) = {KERNEL_LIST(KERNEL_CODE, backend)};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!functions[i]) continue; /* this backend has no kernels for packed rows */
        struct code code;
        struct error missing;
        bool found = code_of(&code, functions[i], &missing) == 0;
        char symbol[64];
        snprintf(symbol, sizeof symbol, "%s_%s", names[i], backend->name);
        const struct dispatch_receipt receipt = {
            .asked = asked,
            .chosen = backend->name,
            .why = backend == backend_best() ? "the last of the registry with the scalar bits that runs here"
                                             : "runs here",
            .kernel = names[i],
            .symbol = found ? code.symbol : symbol,
            .code_sha256 = found ? code.sha256 : NULL,
            .code_reason = found ? NULL : missing.text};
        if (result_dispatch(result, &receipt, err) != 0) return -1;
    }
    return 0;
}

int record_parity(struct result *result, const struct verified_job *verified, struct error *err) {
    char reference[JOB_NAME] = "itself: the reference", detail[sizeof verified->failure], prefetch[PREFETCH_TEXT];
    if (verified->reference) verified_job_name(reference, verified->reference);
    if (verified->passed)
        snprintf(detail, sizeof detail, "fit and %u folds: needs %s, has %s; every decision compared",
                 verified->cv.folds,
                 verified->needed == PARITY_NONE ? parity_words(PARITY_NONE) : parity_meaning(verified->needed),
                 parity_meaning(verified->reached));
    else
        snprintf(detail, sizeof detail, "%s", verified->failure);
    prefetch_text(prefetch, &verified->prefetch);
    const struct parity_receipt receipt = {.engine = engine_names[verified->engine],
                                           .backend = engine_backend_name(verified->engine, verified->backend),
                                           .needed = parity_words(verified->needed),
                                           .reached = parity_words(verified->reached),
                                           .reference = reference,
                                           .passed = verified->passed,
                                           .detail = detail,
                                           .fingerprint = verified->model.fingerprint,
                                           .update_hash = verified->model.update_hash,
                                           .accuracy = accuracy_score(&verified->cv.confusion),
                                           .cv = &verified->cv,
                                           .max_deviation = verified->max_deviation,
                                           .tolerance = verified->tolerance,
                                           .prefetch = prefetch};
    return result_parity(result, &receipt, err);
}
