/* SPDX-License-Identifier: MIT */
#include "measure/analysis.h"

#include <math.h>
#include <stdlib.h>

const char *const roof_verdict_names[] = {"possible", "unclear", "broken"};

static const double roof_tolerance = 102.0; /* percent */
static const double ns = 1e9;

/* Summary of the undisturbed samples; n is 0 if there are none. */
static int summarize_quiet(struct summary *summary, const struct rounds *rounds, size_t which, struct error *err) {
    double *kept = malloc(rounds->rounds * sizeof *kept);
    size_t n = 0;
    if (!kept) return fail_program(err, "out of memory for %zu samples", rounds->rounds);
    for (size_t r = 0; r < rounds->rounds; r++)
        if (rounds_observed(rounds, which)[r].disturbance.flags == 0) kept[n++] = rounds_of(rounds, which)[r];
    *summary = (struct summary){0};
    int bad = n > 0 ? summarize(summary, kept, n, err) : 0;
    free(kept);
    return bad;
}

static bool counts_rows(const struct case_facts *facts) {
    return facts->unit && facts->unit[0] == 'r';
}

static void fill_rates(struct case_analysis *out, const struct experiment *experiment, size_t which, double ghz) {
    const struct case_facts *facts = &experiment->facts[which];
    const double median = out->all.median;
    const bool rows = counts_rows(facts);
    out->ns_per_row = rows ? median * ns / facts->work : (double)NAN;
    out->cycles_per_pixel = rows && facts->workers == 1 ? out->ns_per_row * ghz / experiment->pixels : (double)NAN;
    double bytes = rows ? facts->work * facts->row_bytes : facts->work;
    out->gb_per_second = bytes > 0 ? bytes / median * 1e-9 : (double)NAN;
    out->bytes_per_cycle = facts->workers == 1 ? out->gb_per_second / ghz : (double)NAN;
    bool folds = facts->kind == CASE_FOLDS;
    out->seconds_per_fold = folds ? median * facts->workers / facts->folds : (double)NAN;
    out->folds_per_second = folds ? facts->folds / median : (double)NAN;
    out->mrows_per_second = folds ? facts->work / median * 1e-6 : (double)NAN;
}

/* How many shares there are, A/A twins left out. Their intervals hold together (Bonferroni). */
static unsigned share_count(const struct experiment *experiment) {
    unsigned count = 0;
    for (size_t c = 0; c < experiment->count; c++)
        count += experiment->facts[c].roofs.read != NO_CASE && experiment->facts[c].control_of == NO_CASE;
    return count > 0 ? count : 1;
}

static double ns_of_roof(const struct analysis *a, int roof) {
    return roof == NO_CASE ? (double)NAN : a->cases[roof].ns_per_row;
}

static enum roof_verdict roof_verdict_of(const struct roof_share *share) {
    if (share->low > roof_tolerance) return ROOF_BROKEN;
    return share->percent > roof_tolerance ? ROOF_UNCLEAR : ROOF_POSSIBLE;
}

static int fill_share(struct roof_share *share, const struct analysis *a, size_t which, struct roof_pair roofs,
                      struct error *err) {
    const struct experiment *experiment = a->experiment;
    const struct rounds *rounds = &experiment->rounds;
    *share = (struct roof_share){.known = false};
    if (roofs.read == NO_CASE || rounds->failed[which] || rounds->failed[roofs.read]) return 0;
    if (roofs.compute != NO_CASE && rounds->failed[roofs.compute]) return 0;
    double read = ns_of_roof(a, roofs.read), compute = ns_of_roof(a, roofs.compute);
    bool computes = compute > read; /* false without a compute roof */
    size_t binding = (size_t)(computes ? roofs.compute : roofs.read);
    double scale = 100.0 * experiment->facts[which].work / experiment->facts[binding].work;
    struct comparison c;
    if (compare_paired(&c, rounds_of(rounds, binding), rounds_of(rounds, which), rounds->rounds, experiment_confidence,
                       share_count(experiment), err) != 0)
        return -1;
    *share = (struct roof_share){.known = true,
                                 .binds = computes ? "compute" : "read",
                                 .read_ns = read,
                                 .compute_ns = compute,
                                 .percent = scale * c.ratio,
                                 .low = scale * c.low,
                                 .high = scale * c.high};
    share->verdict = roof_verdict_of(share);
    return 0;
}

/* Median of the samples of a case in the rounds [first, end) that are not spoiled; of all if each is. */
static int median_of_process(double *median, const struct rounds *rounds, size_t which, size_t first, size_t end,
                             struct error *err) {
    double *kept = malloc((end - first + 1) * sizeof *kept);
    struct summary summary;
    size_t n = 0;
    if (!kept) return fail_program(err, "out of memory for %zu samples", end - first);
    for (size_t r = first; r < end; r++)
        if (!disturbance_spoils(&rounds_observed(rounds, which)[r].disturbance))
            kept[n++] = rounds_of(rounds, which)[r];
    int bad = n > 0 ? summarize(&summary, kept, n, err)
                    : summarize(&summary, rounds_of(rounds, which) + first, end - first, err);
    if (!bad) *median = summary.median;
    free(kept);
    return bad;
}

bool analysis_unexplained(const struct analysis *a, size_t which, size_t round) {
    const struct rounds *rounds = &a->experiment->rounds;
    const double median = a->cases[which].process_medians[a->process_of_round[round]];
    return rounds_observed(rounds, which)[round].disturbance.flags == 0 &&
           rounds_of(rounds, which)[round] > LONG_SAMPLE * median;
}

/* Fills in the median of each process, and counts the samples that are far above it without a cause. */
static int fill_processes(struct analysis *a, size_t which, struct error *err) {
    const struct rounds *rounds = &a->experiment->rounds;
    struct case_analysis *out = &a->cases[which];
    out->process_medians = calloc(a->processes, sizeof *out->process_medians);
    if (!out->process_medians) return fail_program(err, "out of memory for %zu processes", a->processes);
    for (size_t k = 0; k < a->processes; k++) {
        size_t first, end;
        rounds_of_process(rounds, k, &first, &end);
        if (median_of_process(&out->process_medians[k], rounds, which, first, end, err) != 0) return -1;
    }
    for (size_t r = 0; r < rounds->rounds; r++)
        out->unexplained += analysis_unexplained(a, which, r);
    return 0;
}

static int fill_process_of_round(struct analysis *a, struct error *err) {
    const struct rounds *rounds = &a->experiment->rounds;
    a->process_of_round = calloc(rounds->rounds + 1, sizeof *a->process_of_round);
    if (!a->process_of_round) return fail_program(err, "out of memory for %zu rounds", rounds->rounds);
    for (size_t k = 0; k < a->processes; k++) {
        size_t first, end;
        rounds_of_process(rounds, k, &first, &end);
        for (size_t r = first; r < end; r++)
            a->process_of_round[r] = k;
    }
    return 0;
}

static bool has_migrated(const struct rounds *rounds, size_t which) {
    for (size_t r = 0; r < rounds->rounds; r++)
        if (rounds_observed(rounds, which)[r].disturbance.flags & DISTURBED_MIGRATION) return true;
    return false;
}

static void fill_energy(struct case_analysis *out, const struct experiment *experiment, size_t which) {
    const struct case_facts *facts = &experiment->facts[which];
    const double per_sample = facts->kind == CASE_FOLDS ? facts->folds : 1;
    out->joules = experiment->rounds.joules[which];
    out->joules_each = out->joules > 0 ? out->joules / ((double)experiment->rounds.rounds * per_sample) : (double)NAN;
}

static int fill_case(struct analysis *a, size_t which, struct error *err) {
    const struct rounds *rounds = &a->experiment->rounds;
    struct case_analysis *out = &a->cases[which];
    out->failed = rounds->failed[which];
    if (out->failed) return 0;
    if (summarize(&out->all, rounds_of(rounds, which), rounds->rounds, err) != 0 ||
        summarize_quiet(&out->quiet, rounds, which, err) != 0 || fill_processes(a, which, err) != 0)
        return -1;
    out->disturbed = rounds_disturbed(rounds, which);
    out->spoiled = rounds_spoiled(rounds, which);
    a->disturbed += out->disturbed;
    fill_rates(out, a->experiment, which, a->ghz);
    fill_energy(out, a->experiment, which);
    out->migrated = has_migrated(rounds, which);
    return 0;
}

static int fill_cases(struct analysis *a, struct error *err) {
    const struct experiment *experiment = a->experiment;
    for (size_t c = 0; c < experiment->count; c++)
        if (fill_case(a, c, err) != 0) return -1;
    for (size_t c = 0; c < experiment->count; c++)
        if (fill_share(&a->cases[c].stored, a, c, experiment->facts[c].roofs, err) != 0 ||
            fill_share(&a->cases[c].whole, a, c, experiment->facts[c].whole_roofs, err) != 0)
            return -1;
    return 0;
}

/* A twin whose rounds were all spoiled has the ratio of all rounds, and no interval. */
static void drop_intervals(struct aa_gate *aa) {
    struct comparison *const both[] = {&aa->shown, &aa->gate};
    for (size_t i = 0; i < 2; i++) {
        both[i]->low = both[i]->high = both[i]->coverage = NAN;
        both[i]->verdict = VERDICT_UNKNOWN;
    }
    judge_aa_gate(aa);
}

/* A planned experiment is judged by processes throughout. */
static int make_gate(struct control_analysis *control, const struct experiment *experiment, struct error *err) {
    const struct rounds *rounds = &experiment->rounds;
    const size_t twin = (size_t)control->twin, of = (size_t)control->of;
    struct paired_times times = {.n = 0};
    if (experiment->plan.made && paired_times_make(&times, rounds, twin, of, err) != 0) return -1;
    int bad = times.n > 0
                  ? make_aa_gate_by_process(&control->aa, &times, err)
                  : make_aa_gate(&control->aa, rounds_of(rounds, twin), rounds_of(rounds, of), rounds->rounds, err);
    if (!bad && experiment->plan.made && times.n == 0) drop_intervals(&control->aa);
    paired_times_free(&times);
    return bad;
}

static int fill_controls(struct analysis *a, struct error *err) {
    const struct experiment *experiment = a->experiment;
    const struct rounds *rounds = &experiment->rounds;
    for (size_t i = 0; i < experiment->control_count; i++) {
        struct control_analysis *control = &a->controls[a->control_count];
        const size_t twin = (size_t)experiment->controls[i];
        *control = (struct control_analysis){.twin = (int)twin, .of = experiment->facts[twin].control_of};
        if (rounds->failed[twin] || rounds->failed[control->of]) continue;
        if (make_gate(control, experiment, err) != 0) return -1;
        a->control_count++;
    }
    return 0;
}

const struct control_analysis *analysis_control(const struct analysis *a, size_t which) {
    for (size_t i = 0; i < a->control_count; i++)
        if (a->controls[i].twin == a->experiment->facts[which].control) return &a->controls[i];
    return NULL;
}

static int fill_clock(struct analysis *a, struct error *err) {
    const struct rounds *rounds = &a->experiment->rounds;
    struct summary ghz;
    a->ghz = NAN; /* also on architectures without a clock probe */
    if (!isfinite(rounds->ghz[0])) return 0;
    if (summarize(&ghz, rounds->ghz, rounds->rounds, err) != 0) return -1;
    a->ghz = ghz.median;
    return 0;
}

int analyse(struct analysis *analysis, const struct experiment *experiment, struct error *err) {
    const struct rounds *rounds = &experiment->rounds;
    *analysis = (struct analysis){.experiment = experiment,
                                  .cases = calloc(experiment->count, sizeof *analysis->cases),
                                  .pairs = calloc(experiment->pair_count + 1, sizeof *analysis->pairs),
                                  .controls = calloc(experiment->control_count + 1, sizeof *analysis->controls),
                                  .processes = rounds_processes(rounds),
                                  .samples = experiment->count * rounds->rounds,
                                  .between = 1.0 - rounds->timed / rounds->total};
    int bad = analysis->cases && analysis->pairs && analysis->controls
                  ? 0
                  : fail_program(err, "out of memory for %zu cases", experiment->count);
    if (!bad && fill_process_of_round(analysis, err) == 0 && fill_clock(analysis, err) == 0 &&
        fill_cases(analysis, err) == 0 && fill_controls(analysis, err) == 0) {
        judge_usable(analysis);
        bad = analyse_pairs(analysis, err);
        if (!bad && experiment->plan.made) fill_outcome(analysis);
        if (!bad) judge_resolution(analysis);
        if (!bad) return 0;
    }
    analysis_free(analysis);
    return -1;
}

void analysis_free(struct analysis *analysis) {
    for (size_t c = 0; analysis->cases && c < analysis->experiment->count; c++)
        free(analysis->cases[c].process_medians);
    free(analysis->process_of_round);
    free(analysis->cases);
    free(analysis->pairs);
    free(analysis->controls);
    *analysis = (struct analysis){0};
}

bool analysis_possible(const struct analysis *a) {
    for (size_t c = 0; c < a->experiment->count && a->usable.state != NOT_USABLE; c++)
        if (a->cases[c].stored.known && a->cases[c].stored.verdict == ROOF_BROKEN) return false;
    return true;
}
