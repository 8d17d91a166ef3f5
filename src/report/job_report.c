#include "report/job_report.h"

#include "base/json.h"
#include "learn/prefetch.h"

#include <inttypes.h>

void print_job(FILE *out, const struct job *job, const struct job_spec *spec) {
    char alpha[REAL_TEXT];
    format_real(alpha, spec->hyper.alpha);
    fprintf(out, "data         %s%s: %zu rows of %zu pixels, split %s, %s order", job->ds.name,
            job->ds.synthetic ? " (SYNTHETIC, not MNIST)" : "", job->view.n, job->ds.d, split_names[spec->rows.split],
            order_names[spec->rows.order]);
    if (spec->rows.order == ORDER_NOTEBOOK) fprintf(out, " (seed %" PRIu32 ")", spec->rows.order_seed);
    fprintf(out,
            "\nclassifier   %u or not %u: hinge loss, L2 penalty, alpha %s, optimal rate, %u epochs,\n"
            "             seed %" PRIu32 ", as scikit-learn %s\n",
            spec->digit, spec->digit, alpha, spec->hyper.epochs, spec->hyper.seed, compat_names[spec->hyper.compat]);
}

void print_prefetch(FILE *out, const struct prefetch *prefetch, double seconds) {
    char text[PREFETCH_TEXT];
    prefetch_text(text, prefetch);
    fprintf(out, "prefetch     %s", text);
    if (seconds > 0.0)
        fprintf(out, ", the fastest of a few here (tried for %.1f ms)\n", seconds * 1e3);
    else
        fputs(", as asked\n", out);
}
