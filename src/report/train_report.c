/* SPDX-License-Identifier: MIT */
#include "report/train_report.h"

#include "base/json.h"

#include <inttypes.h>

void print_train(FILE *out, const struct train_report *report) {
    char intercept[REAL_TEXT], accuracy[REAL_TEXT];
    format_real(intercept, report->model->intercept);
    format_real(accuracy, report->accuracy);
    fprintf(out, "engine       %s, backend %s\n", report->engine, report->backend);
    fprintf(out, "updates      %" PRIu64 " of %" PRIu64 " row visits (%.2f %%)\n", report->updates, report->visits,
            report->update_percent);
    if (report->stopped) fprintf(out, "stopped      after %u epochs, by the tolerance\n", report->model->epochs);
    fprintf(out, "intercept    %s\n", intercept);
    fprintf(out, "accuracy     %s on the rows it was trained on\n", accuracy);
    fprintf(out, "fingerprint  %016" PRIx64 "\n", report->model->fingerprint);
    fprintf(out, "update hash  %016" PRIx64 "\n", report->model->update_hash);
    fprintf(out, "fit          %.3f ms, %.1f ns/row (one run; `sgdmark run` compares)\n", report->model->seconds * 1e3,
            report->fit_ns);
    fprintf(out, "predict      %.3f ms, %.1f ns/row\n", report->predict_seconds * 1e3, report->predict_ns);
}
