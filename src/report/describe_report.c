/* SPDX-License-Identifier: MIT */
#include "report/describe_report.h"

#include "report/facts.h"
#include "report/job_report.h"

#include <inttypes.h>

void print_description(FILE *out, const struct description *description) {
    const struct dataset *ds = description->ds;
    const struct row_spec *rows = description->rows;
    fputs("data         ", out);
    print_plain(out, ds->name);
    fputs(ds->synthetic ? " (SYNTHETIC, not MNIST)\n" : "\n", out);
    print_files(out, ds);
    fprintf(out, "rows         %zu: split %s, %s order", description->n, split_names[rows->split],
            order_names[rows->order]);
    if (rows->order == ORDER_NOTEBOOK) fprintf(out, " (seed %" PRIu32 ")", rows->order_seed);
    fprintf(out, "\nread         %zu rows for training, %zu for testing\n", ds->n_train, description->n_test);
    fprintf(out, "features     %zu (%zu x %zu) of uint8, %.2f %% of them not zero\n", ds->d, ds->image_height,
            ds->image_width, 100.0 * description->nonzero);
    fprintf(out, "in memory    %zu features of each row, all others are zero: %.1f MiB\n", ds->width,
            description->mebibytes);
    fprintf(out, "classes     ");
    for (int digit = 0; digit < 10; digit++)
        fprintf(out, " %d: %zu%s", digit, description->class_counts[digit], digit < 9 ? "," : "\n");
    fprintf(out, "pixels       SHA-256 %s\n", ds->pixels_sha256);
    fprintf(out, "labels       SHA-256 %s\n", ds->labels_sha256);
    fprintf(out, "order        FNV-1a  %016" PRIx64 "\n", description->order_hash);
}

void print_row(FILE *out, const struct description *description, size_t i, size_t row, const struct picture *picture) {
    const struct dataset *ds = description->ds;
    bool training = i < ds->n_train;
    fprintf(out, "\nrow %zu", row);
    if (description->rows->order == ORDER_SORTED) fprintf(out, ", X[%zu] of the sorted rows,", row);
    fprintf(out, " is a %u (in file order, row %zu of the %s split)\n", ds->labels[i], training ? i : i - ds->n_train,
            training ? "training" : "test");
    picture_print(out, picture);
}
