/* SPDX-License-Identifier: MIT */
#include "measure/analysis.h"

#include <math.h>
#include <stdlib.h>

const char *const roof_verdict_names[] = {"possible", "unclear", "broken"};

static const double confidence = 0.95;
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
    if (roofs.read == NO_CASE) return 0;
    double read = ns_of_roof(a, roofs.read), compute = ns_of_roof(a, roofs.compute);
    bool computes = compute > read; /* false without a compute roof */
    size_t binding = (size_t)(computes ? roofs.compute : roofs.read);
    double scale = 100.0 * experiment->facts[which].work / experiment->facts[binding].work;
    struct comparison c;
    if (compare_paired(&c, rounds_of(rounds, binding), rounds_of(rounds, which), rounds->rounds, confidence,
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

static int fill_cases(struct analysis *a, struct error *err) {
    const struct experiment *experiment = a->experiment;
    const struct rounds *rounds = &experiment->rounds;
    for (size_t c = 0; c < experiment->count; c++) {
        struct case_analysis *out = &a->cases[c];
        if (summarize(&out->all, rounds_of(rounds, c), rounds->rounds, err) != 0 ||
            summarize_quiet(&out->quiet, rounds, c, err) != 0)
            return -1;
        out->disturbed = rounds_disturbed(rounds, c);
        a->disturbed += out->disturbed;
        fill_rates(out, experiment, c, a->ghz);
        out->migrated = experiment->facts[c].migrated && *experiment->facts[c].migrated;
    }
    for (size_t c = 0; c < experiment->count; c++)
        if (fill_share(&a->cases[c].stored, a, c, experiment->facts[c].roofs, err) != 0 ||
            fill_share(&a->cases[c].whole, a, c, experiment->facts[c].whole_roofs, err) != 0)
            return -1;
    return 0;
}

static unsigned pairs_in_family(const struct experiment *experiment, enum pair_family family) {
    unsigned count = 0;
    for (size_t p = 0; p < experiment->pair_count; p++)
        count += experiment->pairs[p].family == family;
    return count;
}

/* Rows per worker in one sample. */
static double share_of_worker(const struct case_facts *facts) {
    return facts->work / facts->workers;
}

/* Computes speeds from the comparison of times. Contention compares times at equal rows per worker: `scale`. */
static void fill_speeds(struct pair_analysis *pair, const struct experiment *experiment) {
    const struct case_facts *subject = &experiment->facts[pair->of.subject], *base = &experiment->facts[pair->of.base];
    const struct comparison *c = &pair->times;
    const bool contention = pair->of.family == PAIR_CONTENTION;
    const double scale = contention ? share_of_worker(base) / share_of_worker(subject) : 1.0;
    const double workers = contention ? subject->workers : 1.0;
    pair->speed = workers / (c->ratio * scale);
    pair->speed_low = workers / (c->high * scale);
    pair->speed_high = workers / (c->low * scale);
    pair->contention = contention ? c->ratio * scale - 1.0 : (double)NAN;
    pair->contention_low = contention ? c->low * scale - 1.0 : (double)NAN;
    pair->contention_high = contention ? c->high * scale - 1.0 : (double)NAN;
    pair->efficiency = contention ? 1.0 / (c->ratio * scale) : (double)NAN;
}

/* The verdict on times at equal rows per worker. The plain times may be of different amounts of work. */
static enum verdict contention_verdict(const struct pair_analysis *pair) {
    if (pair->contention_low > 0) return VERDICT_SLOWER;
    if (pair->contention_high < 0) return VERDICT_FASTER;
    return VERDICT_NOT_RESOLVED; /* also when the interval is NAN */
}

static int fill_pairs(struct analysis *a, struct error *err) {
    const struct experiment *experiment = a->experiment;
    const struct rounds *rounds = &experiment->rounds;
    for (size_t p = 0; p < experiment->pair_count; p++) {
        struct pair_analysis *pair = &a->pairs[p];
        pair->of = experiment->pairs[p];
        if (compare_paired(&pair->times, rounds_of(rounds, pair->of.subject), rounds_of(rounds, pair->of.base),
                           rounds->rounds, confidence, pairs_in_family(experiment, pair->of.family), err) != 0)
            return -1;
        fill_speeds(pair, experiment);
        if (pair->of.family == PAIR_CONTENTION) pair->times.verdict = contention_verdict(pair);
        apply_aa_gate(&pair->times, &a->aa);
        pair->reason = aa_reason(a->aa.state);
    }
    return 0;
}

static int fill_gate(struct analysis *a, struct error *err) {
    const struct experiment *experiment = a->experiment;
    const struct rounds *rounds = &experiment->rounds;
    size_t twin = (size_t)experiment->control, of = (size_t)experiment->facts[twin].control_of;
    return make_aa_gate(&a->aa, rounds_of(rounds, twin), rounds_of(rounds, of), rounds->rounds, err);
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
                                  .samples = experiment->count * rounds->rounds,
                                  .between = 1.0 - rounds->timed / rounds->total};
    int bad =
        analysis->cases && analysis->pairs ? 0 : fail_program(err, "out of memory for %zu cases", experiment->count);
    if (!bad && fill_clock(analysis, err) == 0 && fill_cases(analysis, err) == 0 && fill_gate(analysis, err) == 0 &&
        fill_pairs(analysis, err) == 0)
        return 0;
    analysis_free(analysis);
    return -1;
}

void analysis_free(struct analysis *analysis) {
    free(analysis->cases);
    free(analysis->pairs);
    *analysis = (struct analysis){0};
}

bool analysis_possible(const struct analysis *analysis) {
    for (size_t c = 0; c < analysis->experiment->count; c++)
        if (analysis->cases[c].stored.known && analysis->cases[c].stored.verdict == ROOF_BROKEN) return false;
    return true;
}
