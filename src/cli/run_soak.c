/* sgdmark run --soak: does any core ever compute something else? */
#include "base/clock.h"
#include "cli/progress.h"
#include "cli/run.h"
#include "verify/soak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The f32 model of the published job, on every machine. */
static const uint64_t PUBLISHED_FINGERPRINT = 0x29533d195ca7d0a4;

static bool print_core(const struct run *run, const struct soak_core *core) {
    if (core->wrong == 0) {
        printf("PU %-4u %zu fits, all equal to the reference in every decision\n", core->pu_os, core->fits);
        return true;
    }
    const struct soak_fault *first = &core->first;
    char got[REAL_TEXT], right[REAL_TEXT];
    format_real(got, first->got);
    format_real(right, first->right);
    printf("PU %-4u WRONG in %zu of %zu fits: first in epoch %u at position %zu, row %" PRIu32
           ": backend %s decided %s, right is %s\n",
           core->pu_os, core->wrong, core->fits, first->epoch + 1, first->position, run->job.view.index[first->row],
           first->backend->name, got, right);
    return false;
}

/* Every backend with the scalar bits, on one core after the other, until the time is up; each core at least once. */
static int soak_cores(struct soak *soak, const struct run *run, const struct placement *cores, struct soak_core *core,
                      double seconds, struct error *err) {
    struct progress progress;
    progress_begin(&progress, "soaking");
    double begin = seconds_now();
    do {
        for (size_t c = 0; c < cores->count; c++)
            for (size_t i = 0; i < run->jobs.count; i++) {
                const struct verified_job *trial = &run->jobs.list[i];
                if (trial->engine != ENGINE_F32 || trial->backend->parity != PARITY_BITS) continue;
                if (soak_fit(soak, run->topology, &cores->slots[c], trial->backend, &core[c], err) != 0) return -1;
                progress_step(&progress, (size_t)(1e3 * (seconds_now() - begin)), (size_t)(1e3 * seconds));
            }
    } while (seconds_now() - begin < seconds);
    progress_end(&progress);
    return 0;
}

bool run_soak(const struct run *run, double minutes) {
    struct error err;
    struct placement cores;
    struct soak *soak = soak_new(&run->job.row_list, &run->options.spec.hyper, &err);
    if (!soak || placement_resolve(&cores, run->topology, "all-cores", &err) != 0) usage_error("%s", err.text);
    struct soak_core *core = calloc(cores.count, sizeof *core);
    if (!core) usage_error("out of memory");
    printf("\nSOAK for %g minutes: every fit on every core against f32/scalar, fingerprint %016" PRIx64 "\n", minutes,
           soak_fingerprint(soak));
    bool held = true;
    if (run->published && soak_fingerprint(soak) != PUBLISHED_FINGERPRINT) {
        held = false;
        printf("the reference itself is WRONG: right is %016" PRIx64 "\n", PUBLISHED_FINGERPRINT);
    }
    if (soak_cores(soak, run, &cores, core, minutes * 60.0, &err) != 0) usage_error("%s", err.text);
    for (size_t c = 0; c < cores.count; c++)
        held = print_core(run, &core[c]) && held;
    free(core);
    placement_free(&cores);
    soak_free(soak);
    return held;
}
