/* The epochs against rows that nothing is left out of. An epoch reads and multiplies less than that, since rows are
 * stored without their empty border, and engine int's without most zeros: so it may pass this roof, which shows what
 * the storing gains, and never its own. */
#include "cli/run.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_BYTES = 64 << 20 }; /* of the copy: MNIST takes 50 MB */

static void next_reading(void *context) {
    struct whole_rows *whole = context;
    read_roof_next(whole->reader);
    for (int pass = 0; pass < COLD_PASSES; pass++)
        read_roof_run(whole->reader);
    cool_down(whole->warmth);
}

static void run_reading(void *context) {
    read_roof_run(((struct whole_rows *)context)->reader);
}

int whole_add(struct epochs *epochs, const struct run *run, struct error *err) {
    const struct dataset *ds = &run->job.ds;
    struct whole_rows *whole = &epochs->whole;
    *whole = (struct whole_rows){.warmth = epochs->warmth,
                                 .read = NO_ARM,
                                 .mix_of = malloc(run->jobs.count * sizeof *whole->mix_of),
                                 .mixes = calloc(run->jobs.count, sizeof *whole->mixes)};
    if (!whole->mix_of || !whole->mixes) return fail_program(err, "out of memory");
    for (size_t i = 0; i < run->jobs.count; i++)
        whole->mix_of[i] = NO_ARM;
    if (ds->width == ds->d || ds->n > MOST_BYTES / ds->d) return 0;
    for (size_t i = 0; i < run->jobs.count; i++) {
        if (epochs->mix_of[i] == NO_ARM || is_slow(run, i)) continue;
        whole->mix_of[i] = add_mix(epochs, run, i, ds->d, false, "/whole", &whole->mixes[i], err);
        if (whole->mix_of[i] == NO_ARM) return -1;
    }
    whole->reader = read_roof_new(&(struct read_roof_spec){&run->job.row_list, FORM_WHOLE, run->permutation,
                                                           run->options.spec.hyper.epochs,
                                                           run->jobs.list[epochs->best].backend->read_u8},
                                  err);
    if (!whole->reader) return -1;
    whole->read = (int)epochs->count;
    struct arm *arm = &epochs->arms[epochs->count++];
    snprintf(arm->name, sizeof arm->name, "roof/read/epoch-order/whole");
    arm->prepare = next_reading;
    arm->run = run_reading;
    arm->early = true;
    arm->context = whole;
    return 0;
}

void whole_free(struct epochs *epochs, const struct run *run) {
    struct whole_rows *whole = &epochs->whole;
    for (size_t i = 0; whole->mixes && i < run->jobs.count; i++)
        compute_roof_free(&whole->mixes[i]);
    read_roof_free(whole->reader);
    free(whole->mix_of);
    free(whole->mixes);
}

void print_whole(const struct run *run, const struct epochs *epochs) {
    const struct whole_rows *whole = &epochs->whole;
    const double n = (double)run->job.view.n;
    if (whole->read == NO_ARM) return;
    const double read = roof_share(epochs, run, epochs->best, whole->read, NO_ARM, NULL).read;
    printf("Whole rows, of which less is stored: %zu bytes, %.1f ns/row to read. Against that, or their mix on %zu\n"
           "pixels if it is slower (95 %% intervals; above 100 %%: by what is not read):\n",
           run->job.ds.d, read * 1e9 / n, run->job.ds.d);
    for (size_t i = 0; i < run->jobs.count; i++) {
        if (whole->mix_of[i] == NO_ARM) continue;
        struct roof_share share = roof_share(epochs, run, i, whole->read, whole->mix_of[i], &whole->mixes[i]);
        char name[JOB_NAME];
        verified_job_name(name, &run->jobs.list[i]);
        printf("  %-15s %3.0f %% %-4s [%.0f, %.0f], mix %.1f ns/row\n", name, share.percent, share.binds, share.low,
               share.high, share.mix * 1e9 / n);
    }
}
