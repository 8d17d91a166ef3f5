/* SPDX-License-Identifier: MIT */
#include "record/answer.h"

#include "base/target.h"
#include "base/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *const answer_words[] = {"faster",         "slower",    "faster and slower", "perhaps different",
                                    "not told apart", "too noisy", "no verdict"};

enum { FIGURE_TEXT = 32 };

/* A sentence that grows, cut to fit. */
struct sentence {
    char *text;
    size_t length;
};

static void say(struct sentence *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct sentence *to, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(to->text + to->length, ANSWER_TEXT - to->length, format, arguments);
    va_end(arguments);
    if (length > 0) to->length += (size_t)length;
    if (to->length >= ANSWER_TEXT) to->length = ANSWER_TEXT - 1;
}

static bool names_differ(const struct compare_report *report) {
    for (size_t f = 1; f < report->file_count; f++)
        for (size_t before = 0; before < f; before++)
            if (strcmp(path_name(report->files[f].path), path_name(report->files[before].path)) == 0) return false;
    return true;
}

const char *side_name(char text[SIDE_TEXT], const struct compare_report *report, size_t pool) {
    enum { MORE = 32 };
    const struct pool *side = &report->pools[pool];
    const char *path = report->files[side->first].path;
    if (report->pooling == POOL_MACHINE && pool == 0) {
        if (side->count == 1)
            snprintf(text, SIDE_TEXT, "the run before it");
        else
            snprintf(text, SIDE_TEXT, "the %zu runs before it", side->count);
        return text;
    }
    printable_copy(text, SIDE_TEXT - MORE, names_differ(report) ? path_name(path) : path);
    if (side->count > 1) snprintf(text + strlen(text), MORE, " and %zu more", side->count - 1);
    return text;
}

enum answer_kind answer_kind(const struct compare_report *report, size_t subject) {
    const size_t *verdicts = report->totals[subject].verdicts;
    const struct ratio_row *row = headline_row(report, subject);
    if (verdicts[VERDICT_FASTER] > 0) return verdicts[VERDICT_SLOWER] > 0 ? ANSWER_BOTH : ANSWER_FASTER;
    if (verdicts[VERDICT_SLOWER] > 0) return ANSWER_SLOWER;
    if (verdicts[VERDICT_PERHAPS_FASTER] + verdicts[VERDICT_PERHAPS_SLOWER] > 0) return ANSWER_PERHAPS;
    if (verdicts[VERDICT_NOT_RESOLVED] > 0) return ANSWER_SAME;
    return row && row->noisy ? ANSWER_NOISY : ANSWER_NONE;
}

static bool has_verdict(const struct ratio_row *row, enum verdict one, enum verdict other) {
    return row->times.verdict == one || row->times.verdict == other;
}

/* The row that stands for all with one of two verdicts: the headline if it has one, or else the most certain. */
static const struct ratio_row *clearest(const struct compare_report *report, size_t subject, enum verdict one,
                                        enum verdict other) {
    const struct ratio_row *best = headline_row(report, subject);
    if (best && has_verdict(best, one, other)) return best;
    best = NULL;
    for (size_t i = 0; i < report->row_count; i++) {
        const struct ratio_row *row = &report->rows[i];
        if (row->subject != subject || !has_verdict(row, one, other)) continue;
        if (!best || row->times.p < best->times.p) best = row;
    }
    return best;
}

/* Three decimals, and more where these would round too much away. */
static const char *plain_number(char text[FIGURE_TEXT], double x) {
    snprintf(text, FIGURE_TEXT, x >= 0.1 && x < 1000 ? "%.3f" : "%.4g", x);
    return text;
}

/* "epoch/f32/avx512 runs 1.100x as fast [1.081, 1.120]" */
static void say_row(struct sentence *to, const struct ratio_row *row) {
    char value[FIGURE_TEXT], low[FIGURE_TEXT], high[FIGURE_TEXT];
    say(to, "%s runs %sx as fast", row->name, plain_number(value, row->speedup.value));
    if (isnan(row->times.low)) return;
    say(to, " [%s, %s]", plain_number(low, row->speedup.low), plain_number(high, row->speedup.high));
}

static void say_share(struct sentence *to, size_t some, size_t all) {
    if (some < all)
        say(to, "%zu of %zu benchmark%s", some, all, all == 1 ? "" : "s");
    else if (all == 1)
        say(to, "the one benchmark");
    else
        say(to, "all %zu benchmarks", all);
}

/* The rows that the sentence has not counted yet. */
static void say_others(struct sentence *to, const struct subject_totals *totals, bool perhaps_said) {
    const size_t perhaps =
        perhaps_said ? 0 : totals->verdicts[VERDICT_PERHAPS_FASTER] + totals->verdicts[VERDICT_PERHAPS_SLOWER];
    const size_t without = totals->verdicts[VERDICT_WITHHELD] + totals->verdicts[VERDICT_UNKNOWN];
    const struct {
        size_t rows;
        const char *are;
    } others[] = {{perhaps, "perhaps different"},
                  {totals->verdicts[VERDICT_NOT_RESOLVED], "not told apart"},
                  {without, "without a verdict"}};
    const char *before = "; ";
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (others[i].rows == 0) continue;
        say(to, "%s%zu %s %s", before, others[i].rows, others[i].rows == 1 ? "is" : "are", others[i].are);
        before = ", ";
    }
}

static void say_difference(struct sentence *to, const struct compare_report *report, size_t subject, enum verdict what,
                           const char *base) {
    const struct subject_totals *totals = &report->totals[subject];
    say(to, " is %s than %s in ", verdict_words(what), base);
    say_share(to, totals->verdicts[what], totals->ratio_count);
    say(to, ": ");
    say_row(to, clearest(report, subject, what, what));
    say_others(to, totals, false);
}

static void say_both(struct sentence *to, const struct compare_report *report, size_t subject, const char *base) {
    const struct subject_totals *totals = &report->totals[subject];
    say(to, " is faster than %s in %zu and slower in ", base, totals->verdicts[VERDICT_FASTER]);
    say_share(to, totals->verdicts[VERDICT_SLOWER], totals->ratio_count);
    say(to, ": ");
    say_row(to, clearest(report, subject, VERDICT_FASTER, VERDICT_FASTER));
    say(to, ", ");
    say_row(to, clearest(report, subject, VERDICT_SLOWER, VERDICT_SLOWER));
    say_others(to, totals, false);
}

static void say_perhaps(struct sentence *to, const struct compare_report *report, size_t subject, const char *base) {
    const struct subject_totals *totals = &report->totals[subject];
    const struct ratio_row *row = clearest(report, subject, VERDICT_PERHAPS_FASTER, VERDICT_PERHAPS_SLOWER);
    say(to, " differs perhaps from %s in ", base);
    say_share(to, totals->verdicts[VERDICT_PERHAPS_FASTER] + totals->verdicts[VERDICT_PERHAPS_SLOWER],
              totals->ratio_count);
    say(to, ": ");
    say_row(to, row);
    say(to, ", but not surely by more than its floor of %.1f %%", row->floor * 100);
    say_others(to, totals, true);
}

static void say_same(struct sentence *to, const struct compare_report *report, size_t subject, const char *base) {
    const struct subject_totals *totals = &report->totals[subject];
    const struct ratio_row *row = clearest(report, subject, VERDICT_NOT_RESOLVED, VERDICT_NOT_RESOLVED);
    const size_t without = totals->verdicts[VERDICT_WITHHELD] + totals->verdicts[VERDICT_UNKNOWN];
    say(to, " and %s are not told apart in ", base);
    if (without == 0 && totals->ratio_count > 1)
        say(to, "any of %zu benchmarks", totals->ratio_count);
    else
        say_share(to, totals->verdicts[VERDICT_NOT_RESOLVED], totals->ratio_count);
    say(to, ": ");
    say_row(to, row);
    say(to, ", and only a change above %.1f %% would show", smallest_visible_change(row) * 100);
    if (without > 0) say(to, "; %zu %s without a verdict", without, without == 1 ? "is" : "are");
}

static void say_no_verdict(struct sentence *to, const struct compare_report *report, size_t subject,
                           const struct ratio_row *row) {
    char base[SIDE_TEXT], name[SIDE_TEXT];
    side_name(base, report, 0);
    side_name(name, report, subject);
    if (!row)
        say(to, "%s and %s have no benchmark in common", name, base);
    else if (row->noisy)
        say(to, "The times are too noisy to tell %s from %s: %.600s", name, base, row->withheld);
    else if (row->withheld)
        say(to, "There is no verdict on %s against %s: %.600s", name, base, row->withheld);
    else {
        say(to, "There is no verdict on %s against %s: %zu process%s against %zu, and each side needs %d; ", name, base,
            row->shift.n_subject, row->shift.n_subject == 1 ? "" : "es", row->shift.n_base, FEWEST_PROCESSES);
        say_row(to, row);
        say(to, " in these");
    }
}

static void say_subject(struct sentence *to, const struct compare_report *report, size_t subject) {
    char base[SIDE_TEXT], name[SIDE_TEXT];
    const enum answer_kind kind = answer_kind(report, subject);
    side_name(base, report, 0);
    if (kind != ANSWER_NOISY && kind != ANSWER_NONE) say(to, "%s", side_name(name, report, subject));
    switch (kind) {
    case ANSWER_FASTER:
    case ANSWER_SLOWER:
        say_difference(to, report, subject, kind == ANSWER_FASTER ? VERDICT_FASTER : VERDICT_SLOWER, base);
        break;
    case ANSWER_BOTH:
        say_both(to, report, subject, base);
        break;
    case ANSWER_PERHAPS:
        say_perhaps(to, report, subject, base);
        break;
    case ANSWER_SAME:
        say_same(to, report, subject, base);
        break;
    case ANSWER_NOISY:
    case ANSWER_NONE:
        say_no_verdict(to, report, subject, headline_row(report, subject));
    }
    say(to, ".");
}

/* ", b.json and c.json are slower": the subjects of one kind. Returns how many there are. */
static size_t say_kind(struct sentence *to, const struct compare_report *report, enum answer_kind kind,
                       const char *before) {
    static const char *const are[] = {
        "faster",    "slower",           "faster in part and slower in part", "perhaps different", "not told apart",
        "too noisy", "without a verdict"};
    enum { NAMED = 3 };
    size_t of_kind = 0, said = 0;
    for (size_t p = 1; p < report->pool_count; p++)
        of_kind += answer_kind(report, p) == kind;
    for (size_t p = 1; p < report->pool_count && said < of_kind && said < NAMED; p++) {
        char name[SIDE_TEXT];
        if (answer_kind(report, p) != kind) continue;
        const bool last = said + 1 == of_kind;
        say(to, "%s%s", said == 0 ? before : last ? " and " : ", ", side_name(name, report, p));
        said++;
    }
    if (said < of_kind) say(to, " and %zu others", of_kind - said);
    if (of_kind > 0) say(to, " %s %s", of_kind == 1 ? "is" : "are", are[kind]);
    return of_kind;
}

void answer_sentence(char text[ANSWER_TEXT], const struct compare_report *report) {
    struct sentence to = {text, 0};
    text[0] = 0;
    if (report->pool_count == 2) {
        say_subject(&to, report, 1);
        return;
    }
    char base[SIDE_TEXT];
    const char *before = " ";
    say(&to, "Against %s:", side_name(base, report, 0));
    for (int kind = 0; kind < ANSWER_KINDS; kind++)
        if (say_kind(&to, report, (enum answer_kind)kind, before) > 0) before = "; ";
    say(&to, ".");
}
