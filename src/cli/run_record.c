/* The result file of `sgdmark run`. */
#include "cli/run.h"

#include "base/file.h"
#include "machine/clock.h"
#include "machine/environment.h"
#include "record/receipts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The counters of one arm's samples, as columns. */
struct columns {
    double value[COUNTERS][64]; /* no more than 51 rounds are ever made */
    struct sample_counter list[COUNTERS];
    const char *disturbed[64];
    char text[64][48];
};

static void fill_columns(struct columns *columns, const struct rounds *rounds, size_t arm) {
    const struct observation *seen = rounds_observed(rounds, arm);
    for (size_t r = 0; r < rounds->rounds; r++) {
        for (int c = 0; c < COUNTERS; c++)
            columns->value[c][r] = seen[r].counted.value[c];
        disturbance_text(seen[r].disturbance.flags, columns->text[r], sizeof columns->text[r]);
        columns->disturbed[r] = seen[r].disturbance.flags ? columns->text[r] : NULL;
    }
    for (int c = 0; c < COUNTERS; c++) {
        const char *reason = rounds->counter_reason[c];
        columns->list[c] = (struct sample_counter){.name = counter_names[c],
                                                   .values = columns->value[c],
                                                   .missing = reason[0] ? reason : "counted in every other round"};
    }
}

/* Whether any hardware counter is there. Where none is, it is said once, beside the clock. */
static bool counted(const struct rounds *rounds) {
    for (int c = 0; c < COUNTERS; c++)
        if (!rounds->counter_reason[c][0]) return true;
    return false;
}

static json_t *missing_counters(const struct rounds *rounds) {
    json_t *out = json_object();
    for (int c = 0; c < COUNTERS; c++) {
        if (!rounds->counter_reason[c][0]) continue;
        char reason[48];
        snprintf(reason, sizeof reason, "%s_reason", counter_names[c]);
        json_object_set_new(out, counter_names[c], json_null());
        json_object_set_new(out, reason, json_string(rounds->counter_reason[c]));
    }
    return out;
}

static int add_timing(struct result *result, const struct rounds *rounds, const struct arm *arms, size_t arm,
                      const struct verified_job *trial, unsigned threads, struct error *err) {
    struct columns *columns = malloc(sizeof *columns);
    if (!columns) return fail_program(err, "out of memory");
    fill_columns(columns, rounds, arm);
    const struct timing timing = {.name = arms[arm].name,
                                  .engine = engine_names[trial->engine],
                                  .backend = engine_backend_name(trial->engine, trial->backend),
                                  .seconds = rounds_of(rounds, arm),
                                  .cpu_seconds = rounds_cpu_of(rounds, arm),
                                  .samples = rounds->rounds,
                                  .iterations = 1,
                                  .threads = threads,
                                  .disturbed = columns->disturbed,
                                  .counters = columns->list,
                                  .counter_count = counted(rounds) ? COUNTERS : 0};
    int bad = result_timing(result, &timing, err);
    free(columns);
    return bad;
}

static int add_roof(struct result *result, const struct rounds *rounds, const struct arm *arms, size_t arm,
                    const char *what, const char *unit, double work, struct error *err) {
    const struct roof roof = {.name = arms[arm].name + strlen("roof/"),
                              .what = what,
                              .unit = unit,
                              .work = work,
                              .seconds = rounds_of(rounds, arm),
                              .samples = rounds->rounds};
    return result_roof(result, &roof, err);
}

static int add_levels(struct result *result, const struct epochs *epochs, struct error *err) {
    for (int level = 0; level < ROOF_LEVELS; level++) {
        const struct level_roof *roof = &epochs->levels[level].roof;
        if (epochs->level_of[level] != NO_ARM &&
            add_roof(result, &epochs->rounds, epochs->arms, (size_t)epochs->level_of[level],
                     "reading a buffer that lies in this cache, front to back", "bytes",
                     (double)roof->bytes * (double)roof->passes, err) != 0)
            return -1;
    }
    return 0;
}

static int add_reading(struct result *result, const struct run *run, const struct epochs *epochs, int arm,
                       const char *what, struct error *err) {
    if (arm == NO_ARM) return 0;
    return add_roof(result, &epochs->rounds, epochs->arms, (size_t)arm, what, "rows", (double)run->job.view.n, err);
}

static int add_mix_roof(struct result *result, const struct epochs *epochs, int arm, const struct mix_roof *mix,
                        const char *what, struct error *err) {
    if (arm == NO_ARM) return 0;
    return add_roof(result, &epochs->rounds, epochs->arms, (size_t)arm, what, "rows", (double)mix->calls, err);
}

static int add_epochs(struct result *result, const struct run *run, const struct epochs *epochs, struct error *err) {
    const struct rounds *rounds = &epochs->rounds;
    const struct arm *arms = epochs->arms;
    size_t best = (size_t)epochs->epoch_of[epochs->best], again = (size_t)epochs->again;
    const char **names = calloc(epochs->count, sizeof *names);
    if (!names) return fail_program(err, "out of memory");
    for (size_t a = 0; a < epochs->count; a++)
        names[a] = arms[a].name;
    int bad = result_schedule(result, &rounds->schedule, names, err);
    free(names);
    if (bad) return -1;
    for (size_t i = 0; i < run->jobs.count; i++) {
        if (epochs->epoch_of[i] == NO_ARM) continue;
        if (add_timing(result, rounds, arms, (size_t)epochs->epoch_of[i], &run->jobs.list[i], 1, err) != 0) return -1;
        if (add_mix_roof(result, epochs, epochs->mix_of[i], &epochs->mixes[i],
                         "the dot product of a row that stays in the first-level cache", err) != 0 ||
            add_mix_roof(result, epochs, epochs->whole.mix_of[i], &epochs->whole.mixes[i],
                         "the same of a row with its empty border", err) != 0)
            return -1;
    }
    if (add_timing(result, rounds, arms, again, &run->jobs.list[epochs->best], 1, err) != 0 ||
        add_reading(result, run, epochs, epochs->read[FORM_CROPPED], "reading the rows of an epoch in its order",
                    err) != 0 ||
        add_reading(result, run, epochs, epochs->read[FORM_PACKED], "reading the packed rows of an epoch in its order",
                    err) != 0 ||
        add_reading(result, run, epochs, epochs->whole.read,
                    "reading the rows of an epoch with their empty border in its order", err) != 0 ||
        add_levels(result, epochs, err) != 0 ||
        result_aa(result, arms[again].name, arms[best].name, &epochs->aa, err) != 0)
        return -1;
    for (size_t i = 0; i < run->jobs.count; i++) {
        struct comparison c;
        if (epochs->epoch_of[i] == NO_ARM || i == epochs->best) continue;
        size_t other = (size_t)epochs->epoch_of[i];
        if (compare_paired(&c, rounds_of(rounds, best), rounds_of(rounds, other), rounds->rounds, 0.95,
                           (unsigned)run->jobs.count - 1, err) != 0)
            return -1;
        apply_aa_gate(&c, &epochs->aa);
        if (result_comparison(result, arms[best].name, arms[other].name, &c, aa_reason(epochs->aa.state), err) != 0)
            return -1;
    }
    return 0;
}

static int add_places(struct result *result, const struct run *run, const struct places *places, struct error *err) {
    for (size_t a = 0; a < places->count; a++) {
        const struct place_arm *arm = &places->arm[a];
        unsigned threads = (unsigned)arm->placement->count;
        int bad = arm->task == FOLD_READ
                      ? add_roof(result, &places->rounds, places->arms, a,
                                 "all workers of the placement reading the rows of their folds", "rows",
                                 arm->repeats * (double)run->job.view.n *
                                     ((run->folds - 1.0) * run->options.spec.hyper.epochs + 1.0),
                                 err)
                      : add_timing(result, &places->rounds, places->arms, a, &run->jobs.list[arm->trial], threads, err);
        if (bad) return -1;
    }
    const struct level_roof *pace = &places->pace.roof;
    if (pace->bytes > 0 && add_roof(result, &places->rounds, places->arms, places->count,
                                    "reading from L1 in the rounds of the folds: how fast the core was then", "bytes",
                                    (double)pace->bytes * (double)pace->passes, err) != 0)
        return -1;
    json_t *list = json_array();
    for (size_t i = 0; i < places->listed; i++)
        json_array_append_new(list, placement_json(&places->list[i]));
    return result_facts(result, "placements", list, err);
}

static int add_machine(struct result *result, const struct run *run, const struct rounds *rounds, struct error *err) {
    if (result_environment(result, environment_json(run->topology), err) != 0) return -1;
    json_t *ghz = json_array();
    for (size_t r = 0; r < rounds->rounds; r++)
        json_array_append_new(ghz, json_number(rounds->ghz[r]));
    struct timer_facts timer = timer_measure();
    return result_facts(result, "clock",
                        json_pack("{s:o, s:o, s:o, s:o}", "ghz_per_round", ghz, "counters_missing",
                                  missing_counters(rounds), "timer_resolution_ns", json_number(timer.resolution_ns),
                                  "timer_overhead_ns", json_number(timer.overhead_ns)),
                        err);
}

static int fill(struct result *result, struct run *run, const struct epochs *epochs, const struct places *places,
                struct error *err) {
    dataset_hash(&run->job.ds);
    if (run->job.ds.synthetic && result_context(result, "data_note", "SYNTHETIC rows, not MNIST", err) != 0) return -1;
    if (record_workload(result, &run->job, &run->options.spec, run->folds, err) != 0 ||
        add_machine(result, run, &epochs->rounds, err) != 0)
        return -1;
    for (size_t i = 0; i < run->jobs.count; i++) {
        if (run->jobs.list[i].engine == ENGINE_F32 &&
            record_dispatch(result, run->options.isa, run->jobs.list[i].backend, err) != 0)
            return -1;
        if (record_parity(result, &run->jobs.list[i], err) != 0) return -1;
    }
    for (size_t i = 0; i < run->jobs.count; i++) {
        if (run->jobs.list[i].passed) continue;
        char name[JOB_NAME], arm[ARM_NAME];
        verified_job_name(name, &run->jobs.list[i]);
        snprintf(arm, sizeof arm, "epoch/%s", name);
        if (result_not_timed(result, arm, "its parity check failed", err) != 0) return -1;
    }
    if (add_epochs(result, run, epochs, err) != 0) return -1;
    return add_places(result, run, places, err);
}

int make_results_folder(struct error *err) {
    struct error why;
    if (mkdir("results", 0777) != 0 && errno != EEXIST)
        return fail(err, "results: cannot be created: %s (--json says where else)", strerror(errno));
    if (check_writable("results/run.json", &why) != 0) return fail(err, "%s (--json says where else)", why.text);
    return 0;
}

int write_run(struct result *result, struct run *run, const struct epochs *epochs, const struct places *places,
              const char *path, struct error *err) {
    char chosen[512];
    if (fill(result, run, epochs, places, err) != 0) return -1;
    if (!path) {
        if (result_path(result, "results", chosen, sizeof chosen, err) != 0) return -1;
        path = chosen;
    }
    if (result_write(result, path, true, err) != 0) return -1;
    if (strcmp(path, "-") != 0) printf("result written to %s\n", path);
    return 0;
}
