/* The epochs of `sgdmark run`, on one core, in interleaved rounds with their roofs. */
#include "base/clock.h"
#include "cli/progress.h"
#include "cli/run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* An epoch that takes so many times as long as the fastest hardly feels where its rows are, but leaves others cold
 * caches: in its time other machines' work on the same host drives the rows out. */
static const double SLOW = 4.0;

void cool_down(struct warmth *warmth) {
    for (int form = 0; form < STORED_FORMS; form++)
        warmth->passes[form] = COLD_PASSES;
}

/* Inside a fit an epoch follows one that read the same rows. So the fast epochs of a round are timed one after the
 * other, and before the first of them the rows are read again, twice: a last-level cache may keep only what is used
 * more than once. After arms that read little even a cache that kept the rows was seen to be slower at first. After an
 * epoch on rows of another form they are read once: those were few, and these have been used before. */
static void warm_up(struct warmth *warmth, enum row_form form) {
    for (; warmth->passes[form] > 0; warmth->passes[form]--)
        warmth->sum = warmth->read(warmth->bytes[form], warmth->size[form]);
    for (int other = 0; other < STORED_FORMS; other++)
        if (other != (int)form && warmth->passes[other] == 0) warmth->passes[other] = 1;
}

/* An arm that runs one epoch of a fit a round; all arms of a round are in the same epoch. */
struct epoch_turn {
    struct trainer *trainer;
    const struct row_list *row_list;
    const uint32_t *permutation;
    unsigned epochs, done;
    bool slow;
    enum row_form form;
    struct warmth *warmth;
};

static void next_epoch(void *context) {
    struct epoch_turn *turn = context;
    if (turn->done++ % turn->epochs == 0) trainer_start(turn->trainer, turn->row_list, turn->permutation);
    if (turn->slow)
        cool_down(turn->warmth);
    else
        warm_up(turn->warmth, turn->form);
}

/* The reading roof's turn. */
struct reading_turn {
    struct read_roof *roof;
    enum row_form form;
    struct warmth *warmth;
};

static void next_reading(void *context) {
    struct reading_turn *turn = context;
    read_roof_next(turn->roof);
    warm_up(turn->warmth, turn->form);
}

static void run_reading(void *context) {
    read_roof_run(((struct reading_turn *)context)->roof);
}

static void run_epoch(void *context) {
    trainer_epoch(((struct epoch_turn *)context)->trainer);
}

size_t affordable_rounds(const struct arm *arms, size_t count, const struct budget *budget) {
    double begin = seconds_now();
    for (size_t a = 0; a < count; a++) {
        if (arms[a].prepare) arms[a].prepare(arms[a].context);
        arms[a].run(arms[a].context);
        struct error ignored; /* the rounds themselves check */
        if (arms[a].check) arms[a].check(arms[a].context, &ignored);
    }
    double fitting = budget->seconds / (seconds_now() - begin);
    size_t fewest = rounds_needed(0.999, 1);
    if (fitting < (double)fewest) return fewest;
    return fitting > (double)budget->at_most ? budget->at_most : (size_t)fitting;
}

static enum row_form form_of(const struct run *run, size_t trial) {
    const struct verified_job *which = &run->jobs.list[trial];
    return reads_packed(&run->job.ds, which->engine, which->backend) ? FORM_PACKED : FORM_CROPPED;
}

static struct arm *new_arm(struct epochs *epochs, const char *family, const char *of, const char *suffix) {
    struct arm *arm = &epochs->arms[epochs->count++];
    snprintf(arm->name, sizeof arm->name, "%s/%s%s", family, of, suffix);
    return arm;
}

bool is_slow(const struct run *run, size_t trial) {
    double fastest = run->jobs.list[trial].model.seconds;
    for (size_t i = 0; i < run->jobs.count; i++)
        if (run->jobs.list[i].passed && run->jobs.list[i].model.seconds < fastest)
            fastest = run->jobs.list[i].model.seconds;
    return run->jobs.list[trial].model.seconds > SLOW * fastest;
}

static int add_epoch(struct epochs *epochs, const struct run *run, size_t trial, size_t place, const char *suffix,
                     struct error *err) {
    const struct verified_job *which = &run->jobs.list[trial];
    struct hyper hyper = run->options.spec.hyper;
    hyper.engine = which->engine;
    hyper.prefetch = which->prefetch;
    struct trainer *trainer = trainer_new(run->job.row_list.n, run->job.ds.d, &hyper, which->backend, err);
    if (!trainer) return NO_ARM;
    epochs->trainers[place] = trainer;
    epochs->turns[place] = (struct epoch_turn){
        .trainer = trainer, .row_list = &run->job.row_list, .permutation = run->permutation, .epochs = hyper.epochs};
    epochs->turns[place].slow = is_slow(run, trial);
    epochs->turns[place].form = form_of(run, trial);
    epochs->turns[place].warmth = epochs->warmth;
    char name[JOB_NAME];
    verified_job_name(name, which);
    struct arm *arm = new_arm(epochs, "epoch", name, suffix);
    arm->prepare = next_epoch;
    arm->run = run_epoch;
    arm->early = epochs->turns[place].slow;
    arm->context = &epochs->turns[place];
    return (int)(arm - epochs->arms);
}

int add_mix(struct epochs *epochs, const struct run *run, size_t trial, size_t d, bool packed, const char *suffix,
            struct compute_roof *mix, struct error *err) {
    const struct verified_job *which = &run->jobs.list[trial];
    char name[JOB_NAME];
    verified_job_name(name, which);
    enum compute_kind kind = compute_kind_of(which->engine, packed ? FORM_PACKED : FORM_CROPPED);
    if (compute_roof_new(mix, which->backend, kind, d, err) != 0) return NO_ARM;
    struct arm *arm = new_arm(epochs, "roof/mix", name, suffix);
    arm->run = compute_roof_run;
    arm->early = true;
    arm->context = mix;
    return (int)(arm - epochs->arms);
}

/* The epochs that are slow, or those that are not; the best one's twice. */
static int add_epochs(struct epochs *epochs, const struct run *run, bool slow, struct error *err) {
    for (size_t i = 0; i < run->jobs.count; i++) {
        if (!run->jobs.list[i].passed || is_slow(run, i) != slow) continue;
        epochs->epoch_of[i] = add_epoch(epochs, run, i, i, "", err);
        if (epochs->epoch_of[i] == NO_ARM) return -1;
    }
    if (is_slow(run, epochs->best) != slow) return 0;
    epochs->again = add_epoch(epochs, run, epochs->best, run->jobs.count, "/again", err);
    return epochs->again == NO_ARM ? -1 : 0;
}

static int add_mixes(struct epochs *epochs, const struct run *run, struct error *err) {
    for (size_t i = 0; i < run->jobs.count; i++) {
        if (!run->jobs.list[i].passed || run->jobs.list[i].engine == ENGINE_F64) continue;
        bool packed = form_of(run, i) == FORM_PACKED;
        size_t d = compute_features(&run->job.ds, form_of(run, i));
        epochs->mix_of[i] = add_mix(epochs, run, i, d, packed, "", &epochs->mixes[i], err);
        if (epochs->mix_of[i] == NO_ARM) return -1;
    }
    return 0;
}

static int add_reading(struct epochs *epochs, const struct run *run, enum row_form form, struct error *err) {
    struct reading_turn *turn = &epochs->reading[form];
    epochs->reader[form] = read_roof_new(&(struct read_roof_spec){&run->job.row_list, form, run->permutation,
                                                                  run->options.spec.hyper.epochs,
                                                                  run->jobs.list[epochs->best].backend->read_u8},
                                         err);
    if (!epochs->reader[form]) return -1;
    *turn = (struct reading_turn){.roof = epochs->reader[form], .form = form, .warmth = epochs->warmth};
    struct arm *arm = new_arm(epochs, "roof/read", "epoch-order", form == FORM_PACKED ? "/packed" : "");
    arm->prepare = next_reading;
    arm->run = run_reading;
    arm->context = turn;
    epochs->read[form] = (int)(arm - epochs->arms);
    return 0;
}

/* First what comes early in each round: arms that read the rows slowly or not at all. */
static int add_arms(struct epochs *epochs, const struct run *run, struct error *err) {
    for (size_t i = 0; i < run->jobs.count; i++)
        epochs->epoch_of[i] = epochs->mix_of[i] = NO_ARM;
    epochs->read[FORM_CROPPED] = epochs->read[FORM_PACKED] = NO_ARM;
    epochs->best = verified_jobs_best(&run->jobs, ENGINE_F32);
    if (add_epochs(epochs, run, true, err) != 0 || add_mixes(epochs, run, err) != 0 ||
        whole_add(epochs, run, err) != 0 || levels_add(epochs, run, err) != 0 ||
        add_epochs(epochs, run, false, err) != 0)
        return -1;
    if (add_reading(epochs, run, FORM_CROPPED, err) != 0) return -1;
    bool packed = false;
    for (size_t i = 0; i < run->jobs.count; i++)
        packed = packed || (run->jobs.list[i].passed && form_of(run, i) == FORM_PACKED);
    return packed ? add_reading(epochs, run, FORM_PACKED, err) : 0;
}

int epochs_measure(struct epochs *epochs, const struct run *run, const struct budget *budget, uint32_t seed,
                   struct error *err) {
    size_t trials = run->jobs.count;
    *epochs = (struct epochs){.arms = calloc(3 * trials + 1 + FORMS + ROOF_LEVELS, sizeof *epochs->arms),
                              .epoch_of = calloc(trials, sizeof *epochs->epoch_of),
                              .mix_of = calloc(trials, sizeof *epochs->mix_of),
                              .trainers = calloc(trials + 1, sizeof *epochs->trainers),
                              .turns = calloc(trials + 1, sizeof *epochs->turns),
                              .mixes = calloc(trials, sizeof *epochs->mixes),
                              .reading = calloc(STORED_FORMS, sizeof *epochs->reading),
                              .warmth = calloc(1, sizeof *epochs->warmth)};
    if (!epochs->arms || !epochs->epoch_of || !epochs->mix_of || !epochs->trainers || !epochs->turns ||
        !epochs->mixes || !epochs->reading || !epochs->warmth)
        return fail_program(err, "out of memory");
    const struct dataset *ds = &run->job.ds;
    *epochs->warmth = (struct warmth){.bytes = {ds->pixels, ds->packed.bytes},
                                      .size = {ds->n * ds->stride, ds->packed.size},
                                      .passes = {COLD_PASSES, COLD_PASSES},
                                      .read = backend_best()->read_u8};
    if (add_arms(epochs, run, err) != 0) return -1;
    size_t rounds = affordable_rounds(epochs->arms, epochs->count, budget);
    for (size_t i = 0; i <= trials; i++)
        epochs->turns[i].done = 0;
    struct progress progress;
    progress_begin(&progress, "timing epochs");
    int bad = rounds_run(&epochs->rounds, epochs->arms, epochs->count, rounds, seed, (int)run->core.slots[0].pu_os,
                         &(struct progress_sink){progress_step, &progress}, err);
    progress_end(&progress);
    if (bad) return -1;
    return judge_aa(&epochs->aa, rounds_of(&epochs->rounds, (size_t)epochs->again),
                    rounds_of(&epochs->rounds, (size_t)epochs->epoch_of[epochs->best]), rounds, err);
}

void epochs_free(struct epochs *epochs, const struct run *run) {
    for (size_t i = 0; i <= run->jobs.count; i++)
        trainer_free(epochs->trainers[i]);
    for (size_t i = 0; i < run->jobs.count; i++)
        compute_roof_free(&epochs->mixes[i]);
    for (int form = 0; form < STORED_FORMS; form++)
        read_roof_free(epochs->reader[form]);
    whole_free(epochs, run);
    levels_free(epochs);
    free(epochs->arms);
    free(epochs->epoch_of);
    free(epochs->mix_of);
    free(epochs->trainers);
    free(epochs->turns);
    free(epochs->mixes);
    free(epochs->reading);
    free(epochs->warmth);
    rounds_free(&epochs->rounds);
}

static double median(const double *x, size_t n) {
    struct summary s;
    struct error err;
    return summarize(&s, x, n, &err) == 0 ? s.median : (double)NAN;
}

struct roof_share roof_share(const struct epochs *epochs, const struct run *run, size_t trial, int read_arm,
                             int mix_arm, const struct compute_roof *mix_roof) {
    const struct rounds *rounds = &epochs->rounds;
    size_t count = rounds->rounds;
    const double *roof = rounds_of(rounds, (size_t)read_arm);
    double scale = 1.0;
    struct roof_share share = {.read = median(roof, count),
                               .binds = "read",
                               .mix = (double)NAN,
                               .percent = (double)NAN,
                               .low = (double)NAN,
                               .high = (double)NAN};
    if (mix_arm != NO_ARM) {
        const double *mix = rounds_of(rounds, (size_t)mix_arm);
        double per_call = (double)run->job.view.n / (double)mix_roof->calls;
        share.mix = median(mix, count) * per_call;
        if (share.mix > share.read) {
            share.binds = "mix";
            roof = mix;
            scale = per_call;
        }
    }
    struct comparison c;
    if (compare_paired(&c, roof, rounds_of(rounds, (size_t)epochs->epoch_of[trial]), count, 0.95,
                       (unsigned)run->jobs.count, NULL) != 0)
        return share;
    share.percent = 100.0 * scale * c.ratio;
    share.low = 100.0 * scale * c.low;
    share.high = 100.0 * scale * c.high;
    return share;
}

/* Of the rows as they are stored. */
static struct roof_share stored_share(const struct epochs *epochs, const struct run *run, size_t trial) {
    return roof_share(epochs, run, trial, epochs->read[form_of(run, trial)], epochs->mix_of[trial],
                      &epochs->mixes[trial]);
}

/* The median of the samples that nothing hit. */
static double undisturbed_median(const struct rounds *rounds, size_t arm) {
    double *kept = malloc(rounds->rounds * sizeof *kept);
    size_t n = 0;
    if (!kept) return (double)NAN;
    for (size_t r = 0; r < rounds->rounds; r++)
        if (rounds_observed(rounds, arm)[r].disturbance.flags == 0) kept[n++] = rounds_of(rounds, arm)[r];
    double result = median(kept, n);
    free(kept);
    return result;
}

/* How many times as fast as the base; "1" for the base itself, "-" without one. */
static void print_speed(const struct epochs *epochs, int arm, int base) {
    struct comparison c;
    struct error err;
    if (base == NO_ARM ||
        compare_paired(&c, rounds_of(&epochs->rounds, (size_t)base), rounds_of(&epochs->rounds, (size_t)arm),
                       epochs->rounds.rounds, 0.95, 1, &err) != 0)
        printf(" %7s", "-");
    else
        printf(" %7.4g", c.ratio);
}

static int scalar_arm(const struct run *run, const struct epochs *epochs, enum engine engine) {
    for (size_t i = 0; i < run->jobs.count; i++)
        if (run->jobs.list[i].engine == engine && run->jobs.list[i].backend == backend_scalar())
            return epochs->epoch_of[i];
    return NO_ARM;
}

static void print_verdicts(const struct run *run, const struct epochs *epochs) {
    char best[JOB_NAME];
    verified_job_name(best, &run->jobs.list[epochs->best]);
    printf("%s, round by round (95 %% intervals that hold together):\n", best);
    for (size_t i = 0; i < run->jobs.count; i++) {
        struct comparison c;
        struct error err;
        /* Speed: the other one's time over the best one's. */
        if (i == epochs->best || epochs->epoch_of[i] == NO_ARM ||
            compare_paired(&c, rounds_of(&epochs->rounds, (size_t)epochs->epoch_of[i]),
                           rounds_of(&epochs->rounds, (size_t)epochs->epoch_of[epochs->best]), epochs->rounds.rounds,
                           0.95, (unsigned)run->jobs.count - 1, &err) != 0)
            continue;
        const char *words = c.verdict == VERDICT_SLOWER   ? "faster"
                            : c.verdict == VERDICT_FASTER ? "slower"
                                                          : verdict_words(c.verdict);
        char other[JOB_NAME];
        verified_job_name(other, &run->jobs.list[i]);
        printf("  %.4g times as fast as %s [%.4g, %.4g]: %s\n", c.ratio, other, c.low, c.high,
               epochs->aa.state == AA_QUIET ? words : verdict_words(VERDICT_WITHHELD));
    }
}

static void print_quality(const struct epochs *epochs) {
    const struct rounds *rounds = &epochs->rounds;
    size_t disturbed = 0;
    for (size_t a = 0; a < epochs->count; a++)
        disturbed += rounds_disturbed(rounds, a);
    const struct comparison *aa = &epochs->aa.shown;
    printf("A/A, the best one against itself: %.4f [%.4f, %.4f], %s; less than %.1f %% is not resolved\n", aa->ratio,
           aa->low, aa->high, aa_words(epochs->aa.state), 100.0 * resolution(aa));
    if (aa_reason(epochs->aa.state)) printf("verdicts are withheld: %s\n", aa_reason(epochs->aa.state));
    printf("disturbed samples: %zu of %zu (kept); clock %.2f GHz; %.1f %% of the time was between samples\n", disturbed,
           epochs->count * rounds->rounds, median(rounds->ghz, rounds->rounds),
           100.0 * (1.0 - rounds->timed / rounds->total));
    if (rounds->counter_reason[COUNTER_CYCLES][0])
        printf("no hardware counters:\n  %s\n", rounds->counter_reason[COUNTER_CYCLES]);
}

static double shortest_epoch(const struct run *run, const struct epochs *epochs) {
    double shortest = (double)INFINITY;
    for (size_t i = 0; i < run->jobs.count; i++)
        if (epochs->epoch_of[i] != NO_ARM)
            shortest =
                fmin(shortest, median(rounds_of(&epochs->rounds, (size_t)epochs->epoch_of[i]), epochs->rounds.rounds));
    return shortest;
}

bool print_epochs(const struct run *run, const struct epochs *epochs) {
    const struct dataset *ds = &run->job.ds;
    const struct rounds *rounds = &epochs->rounds;
    double n = (double)run->job.view.n, ghz = median(rounds->ghz, rounds->rounds);
    const struct time_unit unit = time_unit_for(shortest_epoch(run, epochs));
    bool possible = true;
    printf("\nEPOCHS of %.0f rows on PU %u, %zu interleaved rounds (order seed %u)\n", n, run->core.slots[0].pu_os,
           rounds->rounds, rounds->schedule.seed);
    printf("%-15s %7s %7s %7s %6s %7s %6s %5s %9s %7s %7s\n", "engine/backend", unit.name, "unhit", "min", "MAD",
           "ns/row", "cy/px", "GB/s", "of roof", "xscalar", "xf64");
    for (size_t i = 0; i < run->jobs.count; i++) {
        struct summary s;
        struct error err;
        int arm = epochs->epoch_of[i];
        if (arm == NO_ARM || summarize(&s, rounds_of(rounds, (size_t)arm), rounds->rounds, &err) != 0) continue;
        struct roof_share share = stored_share(epochs, run, i);
        char name[JOB_NAME], roof[24], unhit[16] = "-";
        verified_job_name(name, &run->jobs.list[i]);
        double quiet = undisturbed_median(rounds, (size_t)arm);
        if (isfinite(quiet)) snprintf(unhit, sizeof unhit, "%.2f", quiet * unit.per_second);
        if (epochs->mix_of[i] == NO_ARM)
            snprintf(roof, sizeof roof, "-"); /* the reference order has no roof of its own */
        else
            snprintf(roof, sizeof roof, "%.0f %% %s", share.percent, share.binds);
        printf("%-15s %7.2f %7s %7.2f %6.2f %7.1f %6.3f %5.1f %9s", name, s.median * unit.per_second, unhit,
               s.min * unit.per_second, s.mad * unit.per_second, s.median * 1e9 / n,
               s.median * 1e9 * ghz / n / (double)ds->d,
               row_bytes(ds, run->jobs.list[i].engine, run->jobs.list[i].backend) * n / s.median * 1e-9, roof);
        print_speed(epochs, arm, scalar_arm(run, epochs, ENGINE_F32));
        print_speed(epochs, arm, scalar_arm(run, epochs, ENGINE_F64));
        putchar('\n');
        if (share.low > 102.0) {
            possible = false;
            printf("ERROR %s stands at %.1f %% of its roof [%.1f, %.1f]: one of the two numbers is wrong\n", name,
                   share.percent, share.low, share.high);
        } else if (share.percent > 102.0) {
            printf("NOTE %s: the rounds were too unquiet to tell its share of the roof [%.1f %%, %.1f %%]\n", name,
                   share.low, share.high);
        }
    }
    struct roof_share share = stored_share(epochs, run, epochs->best);
    if (epochs->read[FORM_PACKED] != NO_ARM) {
        double bytes = (double)ds->packed.size / (double)ds->n,
               packed = median(rounds_of(rounds, (size_t)epochs->read[FORM_PACKED]), rounds->rounds);
        printf("Packed rows, which some of engine int read instead, take %.0f bytes; their own roof in the epochs'\n"
               "order is %.1f ns/row.\n",
               bytes, packed * 1e9 / n);
    }
    printf("%s: median; unhit: of the samples that nothing disturbed. GB/s: the %zu stored of a row's %zu\n"
           "bytes. xscalar, xf64: times as fast as f32/scalar and as f64/scalar. Roofs: reading the rows in\n"
           "the epochs' order %.1f ns/row (%.1f GB/s); the best one's multiply-adds on rows in the first-level\n"
           "cache %.1f ns/row.\n",
           unit.name, ds->width, ds->d, share.read * 1e9 / n, (double)ds->width * n / share.read * 1e-9,
           share.mix * 1e9 / n);
    print_whole(run, epochs);
    print_levels(epochs, ghz);
    print_verdicts(run, epochs);
    print_quality(epochs);
    return possible;
}
