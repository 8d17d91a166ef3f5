/* SPDX-License-Identifier: MIT */
#include "measure/rounds.h"

#include "base/clock.h"
#include "machine/clock.h"
#include "machine/perf_control.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Observes the calling thread around its samples. */
struct watch {
    struct monitor monitor;
    struct counters counters[2]; /* the two groups that take turns: PASS_MAIN, PASS_REST */
    int opened[2];               /* how many counters are open in each group */
    struct watcher *watcher;     /* NULL: in the discarded round */
    struct energy energy;        /* a first reading, which tells the packages */
    const char *energy_folder;
};

struct timed_sample {
    double seconds, cpu_seconds;
    struct observation seen;
    double joules; /* NAN: not known */
    char energy_reason[ENERGY_REASON];
};

enum { NO_ROUND = -1, MOST_REPEATS = 2 };
static const double repeated_share = 0.25; /* of the plan's time that repetitions may take */

/* The stack starts at STACK_PLACES offsets, STACK_STEP bytes apart: together one 4 KiB page. */
enum { STACK_STEP = 16, STACK_PLACES = 256 };

/* Times the case with its stack moved down by `stack_offset` bytes, against 4K aliasing: a store to the stack delays a
 * load at the same offset of another page, so the stack's address makes a loop faster or slower for the life of the
 * process. */
static void time_case(struct timed_sample *taken, const struct timed_case *timed, size_t stack_offset) {
    volatile unsigned char padding[stack_offset];
    padding[0] = 0;
    double cpu_begin = thread_seconds();
    double begin = seconds_now();
    timed->run(timed->context);
    taken->seconds = seconds_now() - begin;
    taken->cpu_seconds = thread_seconds() - cpu_begin;
    (void)padding[0]; /* keeps the array alive during the sample */
}

/* Joules since the reading `before`, or the reason why they are not known. */
static void take_energy(struct timed_sample *taken, const struct watch *watch, const struct energy *before) {
    struct energy after;
    energy_read_again(&after, &watch->energy, watch->energy_folder);
    taken->joules = energy_between(before, &after);
    const char *reason = before->reason[0] ? before->reason : after.reason;
    if (!reason[0]) reason = "the counters ran beyond their range";
    snprintf(taken->energy_reason, sizeof taken->energy_reason, "%s", isfinite(taken->joules) ? "" : reason);
}

/* One sample and its check: 0, or -1 with the reason. Every system call comes before or after the two readings of the
 * wall clock. */
static int take_sample(struct timed_sample *taken, const struct timed_case *timed, const struct watch *watch,
                       unsigned pass, size_t stack_offset, struct error *err) {
    struct snapshot before, after;
    struct energy energy;
    if (timed->prepare) timed->prepare(timed->context);
    energy_read_again(&energy, &watch->energy, watch->energy_folder);
    monitor_read(&watch->monitor, &before);
    if (watch->watcher) perf_control_enter(timed->name);
    if (watch->opened[pass]) counters_start(&watch->counters[pass]);
    time_case(taken, timed, stack_offset);
    if (watch->opened[pass]) counters_stop(&watch->counters[pass]);
    perf_control_leave();
    monitor_read(&watch->monitor, &after);
    take_energy(taken, watch, &energy);
    const struct disturbance mine = disturbance_between(&before, &after);
    taken->seen.disturbance = mine;
    counter_values_clear(&taken->seen.counted);
    if (watch->opened[pass]) counters_read(&watch->counters[pass], &taken->seen.counted);
    int bad = timed->check ? timed->check(timed->context, err) : 0;
    if (timed->observe) timed->observe(timed->context, &mine, &taken->seen.disturbance, watch->watcher);
    if (watch->watcher) watcher_saw(watch->watcher, &taken->seen.disturbance);
    return bad;
}

int rounds_allocate(struct rounds *result, size_t cases, size_t rounds, struct error *err) {
    const size_t samples = cases * rounds;
    *result = (struct rounds){.cases = cases,
                              .rounds = rounds,
                              .process = calloc(rounds, sizeof *result->process),
                              .seconds = calloc(samples, sizeof *result->seconds),
                              .cpu_seconds = calloc(samples, sizeof *result->cpu_seconds),
                              .observed = calloc(samples, sizeof *result->observed),
                              .ghz = calloc(rounds, sizeof *result->ghz),
                              .joules = calloc(cases, sizeof *result->joules),
                              .failed = calloc(cases, sizeof *result->failed)};
    if (result->process && result->seconds && result->cpu_seconds && result->observed && result->ghz &&
        result->joules && result->failed)
        return 0;
    rounds_free(result);
    return fail_program(err, "out of memory for %zu rounds of %zu cases", rounds, cases);
}

static int watch_open(struct watch *watch, const struct rounds_plan *plan, struct error *err) {
    *watch = (struct watch){.energy_folder = plan->energy_folder ? plan->energy_folder : ENERGY_FOLDER};
    if (monitor_open(&watch->monitor, plan->pu, err) != 0) return -1;
    energy_read(&watch->energy, watch->energy_folder);
    for (int pass = 0; pass < 2; pass++)
        watch->opened[pass] = counters_open(&watch->counters[pass], (enum counter_pass)pass);
    return 0;
}

static void watch_close(struct watch *watch) {
    for (int pass = 0; pass < 2; pass++)
        counters_close(&watch->counters[pass]);
    monitor_close(&watch->monitor);
    watcher_free(watch->watcher);
}

static void note_missing_counters(struct rounds *result, const struct watch *watch) {
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < PASS_COUNTERS; i++)
            snprintf(result->counter_reason[pass * PASS_COUNTERS + i], sizeof result->counter_reason[0], "%s",
                     watch->counters[pass].reason[i]);
}

/* Stack offset of a round, the same for all its cases. 159 / 256 is close to the golden ratio, so any number of rounds
 * is spread evenly over the page. */
static size_t stack_offset_of(size_t round) {
    return STACK_STEP * (1 + round * 159 % STACK_PLACES);
}

/* The rounds being made. */
struct making {
    struct rounds *result;
    const struct timed_case *cases;
    const struct rounds_plan *plan;
    struct watch watch;
    double repeated; /* seconds that repetitions took so far */
};

/* Notes that the work of a case was wrong. Returns 0; -1 for an error of another kind, which stays in `err`. */
static int note_failure(struct making *making, size_t which, int round, struct error *err) {
    struct check_failure failure = {.process = (int)making->plan->process, .round = round};
    if (err->kind != ERROR_CHECK) return -1;
    snprintf(failure.case_name, sizeof failure.case_name, "%s", making->cases[which].name);
    snprintf(failure.what, sizeof failure.what, "%.255s", err->text);
    making->result->failed[which] = true;
    return check_list_add(&making->result->checks, &failure, err);
}

static int keep_spoiled(struct rounds *result, size_t which, size_t round, const struct timed_sample *taken,
                        struct error *err) {
    struct spoiled_sample *grown = realloc(result->spoiled, (result->spoiled_count + 1) * sizeof *grown);
    if (!grown) return fail_program(err, "out of memory for %zu samples", result->spoiled_count + 1);
    result->spoiled = grown;
    grown[result->spoiled_count++] = (struct spoiled_sample){.which = which,
                                                             .round = round,
                                                             .seconds = taken->seconds,
                                                             .cpu_seconds = taken->cpu_seconds,
                                                             .disturbance = taken->seen.disturbance};
    return 0;
}

/* Times one case of a round until a sample is not spoiled, or there is no time for another one. */
static int time_one(struct making *making, size_t which, size_t round, struct error *err) {
    struct rounds *result = making->result;
    const struct timed_case *timed = &making->cases[which];
    const size_t at = which * result->rounds + round;
    struct timed_sample taken;
    for (int repeat = 0;; repeat++) {
        const double begin = seconds_now();
        const int wrong = take_sample(&taken, timed, &making->watch, round % 2, stack_offset_of(round), err);
        result->checks.made += timed->check != NULL;
        if (wrong) return note_failure(making, which, (int)round, err);
        result->timed += taken.seconds;
        if (repeat > 0) making->repeated += seconds_now() - begin;
        if (repeat == MOST_REPEATS || !disturbance_spoils(&taken.seen.disturbance) ||
            making->repeated > repeated_share * making->plan->seconds)
            break;
        if (keep_spoiled(result, which, round, &taken, err) != 0) return -1;
    }
    result->seconds[at] = taken.seconds;
    result->cpu_seconds[at] = taken.cpu_seconds;
    result->observed[at] = taken.seen;
    result->joules[which] += taken.joules;
    if (!result->energy_reason[0])
        snprintf(result->energy_reason, sizeof result->energy_reason, "%s", taken.energy_reason);
    if (timed->keep) timed->keep(timed->context);
    return 0;
}

static int run_all(struct making *making, const struct progress_sink *progress, struct error *err) {
    struct rounds *result = making->result;
    double begin = seconds_now();
    making->watch.watcher = watcher_start(making->plan->topology, making->plan->pu, err);
    if (!making->watch.watcher) return -1;
    for (size_t r = 0; r < result->rounds; r++) {
        result->ghz[r] = clock_probe();
        result->process[r] = making->plan->process;
        for (size_t slot = 0; slot < result->cases; slot++) {
            size_t c = schedule_case(&result->schedule, r, slot);
            if (!result->failed[c] && time_one(making, c, r, err) != 0) return -1;
        }
        progress_tell(progress, r + 1, result->rounds);
    }
    watcher_end(making->watch.watcher, &result->witness);
    making->watch.watcher = NULL;
    result->total = seconds_now() - begin;
    return 0;
}

/* Runs the discarded round. *rounds is how many rounds fit the plan. What fails in it goes to `early`. */
static int warm_up(struct making *making, struct rounds *early, size_t *rounds, struct error *err) {
    struct timed_sample taken;
    double begin = seconds_now();
    making->result = early;
    for (size_t c = 0; c < early->cases; c++) /* at the largest offset, so no sample touches a new page */
        if (take_sample(&taken, &making->cases[c], &making->watch, 0, (size_t)STACK_STEP * STACK_PLACES, err) != 0 &&
            note_failure(making, c, NO_ROUND, err) != 0)
            return -1;
    const struct rounds_plan *plan = making->plan;
    double fitting = plan->seconds / (seconds_now() - begin);
    if (fitting < (double)plan->fewest) fitting = (double)plan->fewest;
    *rounds = fitting > (double)plan->at_most ? plan->at_most : (size_t)fitting;
    return 0;
}

/* Makes the rounds in `result`, which has the failures of the discarded round. */
static int make_rounds(struct making *making, struct rounds *result, const struct rounds *early,
                       const struct progress_sink *progress, struct error *err) {
    size_t leading = 0;
    while (leading < result->cases && making->cases[leading].leads)
        leading++;
    making->result = result;
    note_missing_counters(result, &making->watch);
    memcpy(result->failed, early->failed, result->cases * sizeof *result->failed);
    for (size_t i = 0; i < early->checks.count; i++)
        if (check_list_add(&result->checks, &early->checks.failed[i], err) != 0) return -1;
    result->checks.made = early->checks.count; /* those that held are not counted: the round is discarded */
    if (schedule_make(&result->schedule, result->cases, leading, result->rounds, making->plan->seed, err) != 0)
        return -1;
    return run_all(making, progress, err);
}

int rounds_run(struct rounds *result, const struct timed_case *cases, size_t count, const struct rounds_plan *plan,
               const struct progress_sink *progress, struct error *err) {
    struct making making = {.cases = cases, .plan = plan};
    struct rounds early;
    size_t rounds;
    *result = (struct rounds){0};
    if (rounds_allocate(&early, count, 1, err) != 0) return -1;
    int bad = watch_open(&making.watch, plan, err);
    if (!bad) {
        bad = warm_up(&making, &early, &rounds, err);
        if (!bad) bad = rounds_allocate(result, count, rounds, err);
        if (!bad) bad = make_rounds(&making, result, &early, progress, err);
        watch_close(&making.watch);
    }
    rounds_free(&early);
    if (bad) rounds_free(result);
    return bad;
}

void rounds_free(struct rounds *result) {
    schedule_free(&result->schedule);
    check_list_free(&result->checks);
    free(result->process);
    free(result->seconds);
    free(result->cpu_seconds);
    free(result->observed);
    free(result->ghz);
    free(result->spoiled);
    free(result->joules);
    free(result->failed);
    *result = (struct rounds){0};
}

/* Copies the rounds of `from` behind the first `offset` rounds of `to`, which has room for them. */
static void copy_rounds(struct rounds *to, const struct rounds *from, size_t offset) {
    const size_t n = from->rounds;
    for (size_t c = 0; c < from->cases; c++) {
        const size_t source = c * n, target = c * to->rounds + offset;
        memcpy(to->seconds + target, from->seconds + source, n * sizeof *to->seconds);
        memcpy(to->cpu_seconds + target, from->cpu_seconds + source, n * sizeof *to->cpu_seconds);
        memcpy(to->observed + target, from->observed + source, n * sizeof *to->observed);
        to->joules[c] += from->joules[c];
        to->failed[c] = to->failed[c] || from->failed[c];
    }
    memcpy(to->ghz + offset, from->ghz, n * sizeof *to->ghz);
    memcpy(to->process + offset, from->process, n * sizeof *to->process);
    memcpy(to->schedule.which + offset * to->cases, from->schedule.which, n * from->cases * sizeof *to->schedule.which);
}

/* Adds what is not an array of rounds. */
static int add_rest(struct rounds *to, const struct rounds *from, size_t offset, struct error *err) {
    for (size_t i = 0; i < from->checks.count; i++)
        if (check_list_add(&to->checks, &from->checks.failed[i], err) != 0) return -1;
    to->checks.made += from->checks.made;
    struct spoiled_sample *grown = realloc(to->spoiled, (to->spoiled_count + from->spoiled_count + 1) * sizeof *grown);
    if (!grown) return fail_program(err, "out of memory for %zu samples", from->spoiled_count);
    to->spoiled = grown;
    for (size_t i = 0; i < from->spoiled_count; i++) {
        grown[to->spoiled_count] = from->spoiled[i];
        grown[to->spoiled_count++].round += offset;
    }
    witness_add(&to->witness, &from->witness);
    if (!to->energy_reason[0]) memcpy(to->energy_reason, from->energy_reason, sizeof to->energy_reason);
    to->timed += from->timed;
    to->total += from->total;
    return 0;
}

int rounds_append(struct rounds *to, const struct rounds *more, struct error *err) {
    struct rounds both;
    if (rounds_allocate(&both, more->cases, to->rounds + more->rounds, err) != 0) return -1;
    both.schedule = (struct schedule){.cases = more->cases,
                                      .rounds = both.rounds,
                                      .seed = to->rounds > 0 ? to->schedule.seed : more->schedule.seed,
                                      .which = calloc(both.rounds * both.cases, sizeof *both.schedule.which)};
    int bad = both.schedule.which ? 0 : fail_program(err, "out of memory for %zu rounds", both.rounds);
    if (!bad) {
        if (to->rounds > 0) copy_rounds(&both, to, 0);
        copy_rounds(&both, more, to->rounds);
        memcpy(both.counter_reason, more->counter_reason, sizeof both.counter_reason);
        bad = (to->rounds > 0 ? add_rest(&both, to, 0, err) : 0) || add_rest(&both, more, to->rounds, err);
    }
    if (bad) {
        rounds_free(&both);
        return -1;
    }
    rounds_free(to);
    *to = both;
    return 0;
}

const double *rounds_of(const struct rounds *result, size_t which) {
    return result->seconds + which * result->rounds;
}

const double *rounds_cpu_of(const struct rounds *result, size_t which) {
    return result->cpu_seconds + which * result->rounds;
}

const struct observation *rounds_observed(const struct rounds *result, size_t which) {
    return result->observed + which * result->rounds;
}

size_t rounds_disturbed(const struct rounds *result, size_t which) {
    size_t disturbed = 0;
    for (size_t r = 0; r < result->rounds; r++)
        disturbed += rounds_observed(result, which)[r].disturbance.flags != 0;
    return disturbed;
}

size_t rounds_spoiled(const struct rounds *result, size_t which) {
    size_t spoiled = 0;
    for (size_t r = 0; r < result->rounds; r++)
        spoiled += disturbance_spoils(&rounds_observed(result, which)[r].disturbance);
    return spoiled;
}

size_t rounds_processes(const struct rounds *result) {
    size_t count = result->rounds > 0;
    for (size_t r = 1; r < result->rounds; r++)
        count += result->process[r] != result->process[r - 1];
    return count;
}

void rounds_of_process(const struct rounds *result, size_t k, size_t *first, size_t *end) {
    size_t r = 0;
    for (size_t number = 0;; number++) {
        *first = r;
        while (r < result->rounds && result->process[r] == result->process[*first])
            r++;
        if (number == k || r >= result->rounds) break;
    }
    *end = r;
}
