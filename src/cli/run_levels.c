/* The read bandwidth of each cache, timed in the rounds of the epochs. */
#include "cli/run.h"

#include "machine/binding.h"

#include <stdio.h>

enum { SAMPLE_BYTES = 64 << 20 }; /* a third of a millisecond from L1, three from a last-level cache */

static void drive_rows_out(void *context) {
    cool_down(((struct level_turn *)context)->warmth);
}

static void read_level(void *context) {
    level_roof_run(&((struct level_turn *)context)->roof);
}

/* Memory is left out: its buffer would throw the rows out of the caches in every round, and where the rows themselves
 * do not fit the caches the roof in the epoch's order is memory's. */
int levels_add(struct epochs *epochs, const struct run *run, struct error *err) {
    for (int level = 0; level < ROOF_LEVELS; level++)
        epochs->level_of[level] = NO_ARM;
    for (enum roof_level level = ROOF_L1; level <= ROOF_LAST; level++) {
        size_t bytes = roof_level_bytes(run->topology, level);
        if (bytes == 0) continue;
        struct level_roof *roof = &epochs->levels[level].roof;
        if (level_roof_new(roof, bytes, SAMPLE_BYTES, run->jobs.list[epochs->best].backend->read_u8, err) != 0)
            return -1;
        struct arm *arm = &epochs->arms[epochs->count];
        snprintf(arm->name, sizeof arm->name, "roof/read/%s", roof_level_names[level]);
        if (level == ROOF_LAST) arm->prepare = drive_rows_out;
        arm->run = read_level;
        arm->early = true;
        arm->context = &epochs->levels[level];
        epochs->levels[level].warmth = epochs->warmth;
        epochs->level_of[level] = (int)epochs->count++;
    }
    return 0;
}

static void stay_on_core(void *context) {
    const struct run *run = ((struct pace *)context)->run;
    bind_worker(run->topology, &run->core.slots[0], NULL); /* it was bound there before; elsewhere L1 is as fast */
}

static void read_l1(void *context) {
    level_roof_run(&((struct pace *)context)->roof);
}

int pace_new(struct pace *pace, struct arm *arm, const struct run *run, struct error *err) {
    size_t bytes = roof_level_bytes(run->topology, ROOF_L1);
    *pace = (struct pace){.run = run};
    if (bytes == 0) return 0;
    *arm = (struct arm){.prepare = stay_on_core, .run = read_l1, .context = pace};
    snprintf(arm->name, sizeof arm->name, "roof/read/L1/beside-folds");
    return level_roof_new(&pace->roof, bytes, SAMPLE_BYTES,
                          run->jobs.list[verified_jobs_best(&run->jobs, ENGINE_F32)].backend->read_u8, err);
}

void levels_free(struct epochs *epochs) {
    for (int level = 0; level < ROOF_LEVELS; level++)
        level_roof_free(&epochs->levels[level].roof);
}

void print_levels(const struct epochs *epochs, double ghz) {
    const struct rounds *rounds = &epochs->rounds;
    bool any = false;
    for (int level = 0; level < ROOF_LEVELS; level++) {
        struct summary s;
        int arm = epochs->level_of[level];
        if (arm == NO_ARM || summarize(&s, rounds_of(rounds, (size_t)arm), rounds->rounds, NULL) != 0) continue;
        const struct level_roof *roof = &epochs->levels[level].roof;
        double speed = (double)roof->bytes * (double)roof->passes / s.median * 1e-9;
        printf("%s %s %.1f GB/s (%.1f B/cycle)", any ? "," : "Reading from", roof_level_names[level], speed,
               speed / ghz);
        any = true;
    }
    if (any) puts(".");
}
