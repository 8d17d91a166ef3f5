/* The timings of `sgdmark run`: epochs, side by side. */
#include "cli/run.h"

#include "base/clock.h"
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>

/* An arm that runs one epoch of a fit a round; all arms of a round are in the same epoch. */
struct epoch_arm {
    struct trainer *trainer;
    const struct examples *examples;
    const uint32_t *permutation;
    unsigned epochs, done;
};

static void prepare_epoch(void *context) {
    struct epoch_arm *arm = context;
    if (arm->done++ % arm->epochs == 0) trainer_start(arm->trainer, arm->examples, arm->permutation);
}

static void run_epoch(void *context) {
    trainer_epoch(((struct epoch_arm *)context)->trainer);
}

static int add_arm(struct times *times, const struct run *run, size_t trial, const char *suffix, struct error *err) {
    const struct trial *which = &run->trials[trial];
    struct hyper hyper = run->options.hyper;
    hyper.engine = which->engine;
    struct epoch_arm *context = calloc(1, sizeof *context);
    if (!context) return fail(err, "out of memory");
    struct arm *arm = &times->arms[times->count];
    *arm = (struct arm){.prepare = prepare_epoch, .run = run_epoch, .context = context};
    times->trial[times->count++] = trial;
    char name[ARM_TEXT];
    trial_name(name, which);
    snprintf(arm->name, sizeof arm->name, "epoch/%s%s", name, suffix);
    context->epochs = hyper.epochs;
    context->examples = &run->job.examples;
    context->permutation = times->permutation;
    context->trainer = trainer_new(run->job.examples.n, run->job.ds.d, &hyper, which->backend, err);
    return context->trainer ? 0 : -1;
}

/* Rounds that fit the budget, from one timed pass over the arms. */
static size_t affordable_rounds(const struct times *times, const struct timing_plan *plan) {
    double begin = seconds_now();
    for (size_t a = 0; a < times->count; a++) {
        times->arms[a].prepare(times->arms[a].context);
        times->arms[a].run(times->arms[a].context);
    }
    double fitting = plan->budget / (seconds_now() - begin);
    size_t fewest = rounds_needed(0.999, 1);
    if (fitting < (double)fewest) return fewest;
    return fitting > (double)plan->at_most ? plan->at_most : (size_t)fitting;
}

int times_measure(struct times *times, const struct run *run, const struct timing_plan *plan, uint32_t seed,
                  struct error *err) {
    *times = (struct times){0};
    times->arms = calloc(run->trial_count + 1, sizeof *times->arms);
    times->trial = calloc(run->trial_count + 1, sizeof *times->trial);
    times->permutation = malloc(run->job.view.n * sizeof *times->permutation);
    if (!times->arms || !times->trial || !times->permutation) return fail(err, "out of memory");
    const struct hyper *hyper = &run->options.hyper;
    epoch_permutation(times->permutation, run->job.view.n, epoch_seed(hyper->seed, hyper->compat));
    for (size_t i = 0; i < run->trial_count; i++) {
        if (!run->judged[i].passed) continue;
        if (run->trials[i].engine == ENGINE_F32 && run->trials[i].backend->parity == PARITY_BITS)
            times->best = times->count;
        if (add_arm(times, run, i, "", err) != 0) return -1;
    }
    if (add_arm(times, run, times->trial[times->best], "/again", err) != 0) return -1;

    size_t rounds = affordable_rounds(times, plan);
    for (size_t a = 0; a < times->count; a++)
        ((struct epoch_arm *)times->arms[a].context)->done = 0;
    struct progress progress;
    progress_begin(&progress, "timing");
    int bad = rounds_run(&times->rounds, times->arms, times->count, rounds, seed, -1, progress_step, &progress, err);
    progress_end(&progress);
    if (bad) return -1;
    return aa_gate(&times->aa, rounds_of(&times->rounds, times->best), rounds_of(&times->rounds, times->count - 1),
                   rounds, err);
}

void times_free(struct times *times) {
    for (size_t a = 0; a < times->count; a++) {
        struct epoch_arm *context = times->arms[a].context;
        trainer_free(context->trainer);
        free(context);
    }
    free(times->arms);
    free(times->trial);
    free(times->permutation);
    rounds_free(&times->rounds);
}

/* The arm of the first trial with this engine and backend; `count` when there is none. */
static size_t arm_of(const struct times *times, const struct run *run, enum engine engine,
                     const struct backend *backend) {
    for (size_t a = 0; a < times->count; a++) {
        const struct trial *trial = &run->trials[times->trial[a]];
        if (trial->engine == engine && (engine == ENGINE_F64 || trial->backend == backend)) return a;
    }
    return times->count;
}

static void print_ratio(const struct times *times, size_t arm, size_t base) {
    struct comparison c;
    struct error err;
    if (base == times->count || arm == base) {
        printf(" %22s", arm == base ? "1" : "-");
        return;
    }
    /* Speed, so the base's time stands above: how many times as fast. */
    if (compare_paired(&c, rounds_of(&times->rounds, base), rounds_of(&times->rounds, arm), times->rounds.rounds, 0.95,
                       (unsigned)times->count - 1, &err) != 0) {
        printf(" %22s", "-");
        return;
    }
    char text[48];
    snprintf(text, sizeof text, "%.4g [%.4g, %.4g]", c.ratio, c.low, c.high);
    printf(" %22s", text);
}

void print_times(const struct run *run, const struct times *times) {
    const struct dataset *ds = &run->job.ds;
    double rows = (double)run->job.view.n;
    size_t scalar = arm_of(times, run, ENGINE_F32, backend_scalar());
    size_t f64 = arm_of(times, run, ENGINE_F64, NULL);
    printf("\nTIMES of one epoch of %zu rows, one core, %zu interleaved rounds (seed %u)\n", run->job.view.n,
           times->rounds.rounds, times->rounds.schedule.seed);
    printf("%-15s %8s %8s %7s %7s %6s %22s %22s\n", "engine/backend", "ms", "min", "MAD", "ns/row", "GB/s",
           "x f32/scalar", "x f64");
    for (size_t a = 0; a + 1 < times->count; a++) {
        struct summary s;
        struct error err;
        char name[ARM_TEXT];
        if (summarize(&s, rounds_of(&times->rounds, a), times->rounds.rounds, &err) != 0) continue;
        trial_name(name, &run->trials[times->trial[a]]);
        printf("%-15s %8.3f %8.3f %7.3f %7.1f %6.1f", name, s.median * 1e3, s.min * 1e3, s.mad * 1e3,
               s.median * 1e9 / rows, (double)ds->width * rows / s.median * 1e-9);
        print_ratio(times, a, scalar);
        print_ratio(times, a, f64);
        putchar('\n');
    }
    printf(
        "ms: median. GB/s: the %zu stored bytes of each row. x: times as fast, 95 %% interval of the paired rounds.\n",
        ds->width);
    printf("A/A: the best backend against itself %.4f [%.4f, %.4f]: %s\n", times->aa.shown.ratio, times->aa.shown.low,
           times->aa.shown.high, aa_words(times->aa.state));
}
