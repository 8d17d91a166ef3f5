/* SPDX-License-Identifier: MIT */
/* Rounds of played cases: the order of the calls, checks that fail, samples that are repeated, and the rounds of
 * several processes put together. */
#include "base/clock.h"
#include "measure/experiment.h"
#include "measure/stats.h"
#include "setup.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CASES = 3, ROUNDS = 6, PROCESS = 4, MOST_CALLS = 4096 };

static struct topology *topology;

static int set_up(void **state) {
    (void)state;
    return topology_load(&topology, NULL, NULL);
}

static int tear_down(void **state) {
    (void)state;
    topology_free(topology);
    return 0;
}

/* A played case. `observe` overwrites what the machine did: a sample is quiet unless the case says otherwise. */
struct played {
    int number;
    unsigned samples;        /* tries so far, the discarded round included */
    unsigned kept;           /* calls of keep */
    int fails_at;            /* the try whose check fails, from 0; -1: none */
    enum error_kind kind;    /* of that error */
    unsigned spoiled;        /* the first so many tries of each round are spoiled */
    unsigned tries;          /* since the last call of keep */
    unsigned flags;          /* of a spoiled try */
    double first_run, run;   /* CPU seconds that the first try of a round takes, and each other one */
    struct watcher *watcher; /* that the last call of observe got */
    bool watched_in_first;   /* the discarded round had a watcher */
};

/* The calls of all cases: "p0" is prepare of case 0. */
static char calls[MOST_CALLS][3];
static size_t call_count;

static void note(char what, const struct played *self) {
    assert_true(call_count < MOST_CALLS);
    calls[call_count][0] = what;
    calls[call_count++][1] = (char)('0' + self->number);
}

static void play_prepare(void *context) {
    note('p', context);
}

static void play_run(void *context) {
    struct played *self = context;
    const double begin = thread_seconds(), least = self->tries == 0 ? self->first_run : self->run;
    note('r', self);
    while (thread_seconds() - begin < least)
        continue;
}

static int play_check(void *context, struct error *err) {
    struct played *self = context;
    note('c', self);
    if ((int)self->samples != self->fails_at) return 0;
    return fail_as(err, self->kind, "try %u came out wrong", self->samples);
}

static void play_keep(void *context) {
    struct played *self = context;
    note('k', self);
    self->kept++;
    self->tries = 0;
}

static void play_observe(void *context, const struct disturbance *mine, struct disturbance *all,
                         struct watcher *watcher) {
    struct played *self = context;
    note('o', self);
    assert_true(mine != all);
    if (self->samples == 0)
        self->watched_in_first = watcher != NULL;
    else
        assert_non_null(watcher);
    *all = (struct disturbance){.away = 1e-6 * self->samples}; /* away tells which try a sample is */
    if (self->samples > 0 && self->tries < self->spoiled) {
        all->flags = self->flags;
    }
    if (self->samples++ > 0) self->tries++;
}

static void play(struct timed_case cases[CASES], struct played played[CASES]) {
    call_count = 0;
    for (int c = 0; c < CASES; c++) {
        played[c] = (struct played){.number = c, .fails_at = -1, .kind = ERROR_CHECK, .flags = DISTURBED_AWAY};
        cases[c] = (struct timed_case){.prepare = play_prepare,
                                       .run = play_run,
                                       .check = play_check,
                                       .keep = play_keep,
                                       .observe = play_observe,
                                       .context = &played[c]};
        snprintf(cases[c].name, sizeof cases[c].name, "played/%d", c);
    }
}

static struct rounds_plan plan_of(size_t rounds, double seconds) {
    return (struct rounds_plan){.seconds = seconds,
                                .fewest = rounds,
                                .at_most = rounds,
                                .seed = 7,
                                .process = PROCESS,
                                .pu = -1,
                                .topology = topology};
}

static void run_rounds(struct rounds *rounds, const struct timed_case cases[CASES], size_t count, double seconds) {
    struct error err;
    const struct rounds_plan plan = plan_of(count, seconds);
    if (rounds_run(rounds, cases, CASES, &plan, NULL, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(rounds->rounds, count);
    assert_int_equal(rounds->cases, CASES);
}

/* The next calls are these letters, all of one case. */
static size_t expect_calls(size_t at, const char *letters, size_t which) {
    for (; *letters; letters++, at++) {
        const char want[] = {*letters, (char)('0' + which), 0};
        assert_true(at < call_count);
        assert_string_equal(calls[at], want);
    }
    return at;
}

static void calls_come_in_their_order(void **state) {
    (void)state;
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds rounds;
    size_t at = 0;
    play(cases, played);
    run_rounds(&rounds, cases, ROUNDS, 1000);
    for (size_t c = 0; c < CASES; c++)
        at = expect_calls(at, "prco", c); /* the discarded round counts for nothing */
    for (size_t r = 0; r < ROUNDS; r++)
        for (size_t slot = 0; slot < CASES; slot++)
            at = expect_calls(at, "prcok", schedule_case(&rounds.schedule, r, slot));
    assert_int_equal(at, call_count);
    for (size_t c = 0; c < CASES; c++) {
        assert_false(played[c].watched_in_first);
        for (size_t r = 0; r < ROUNDS; r++) {
            assert_true(rounds_of(&rounds, c)[r] > 0);
            assert_true(rounds_observed(&rounds, c)[r].disturbance.away == 1e-6 * (double)(r + 1));
        }
    }
    for (size_t r = 0; r < ROUNDS; r++)
        assert_int_equal(rounds.process[r], PROCESS);
    assert_int_equal(rounds.checks.made, CASES * ROUNDS);
    assert_int_equal(rounds.checks.count, 0);
    assert_int_equal(rounds.schedule.seed, 7);
    assert_true(rounds.witness.seconds > 0 && rounds.timed > 0 && rounds.timed < rounds.total);
    rounds_free(&rounds);
}

/* Cases that lead come first in each round, and a case need not have any callback but run. */
static void only_run_is_needed(void **state) {
    (void)state;
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds rounds;
    play(cases, played);
    cases[0].leads = true;
    for (int c = 0; c < CASES; c++) {
        cases[c].prepare = NULL;
        cases[c].check = NULL;
        cases[c].keep = NULL;
        cases[c].observe = NULL;
    }
    struct error err;
    struct rounds_plan plan = plan_of(ROUNDS, 0);
    if (rounds_run(&rounds, cases, CASES, &plan, NULL, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(rounds.checks.made, 0);
    for (size_t r = 0; r < ROUNDS; r++)
        assert_int_equal(schedule_case(&rounds.schedule, r, 0), 0);
    rounds_free(&rounds);
}

static void assert_failure(const struct rounds *rounds, size_t i, const char *name, int round, const char *what) {
    const struct check_failure *failure = &rounds->checks.failed[i];
    assert_string_equal(failure->case_name, name);
    assert_int_equal(failure->process, PROCESS);
    assert_int_equal(failure->round, round);
    assert_string_equal(failure->what, what);
    assert_string_equal(failure->command, "");
}

/* One case is wrong in the discarded round, one in its third. */
static void a_failed_check_ends_its_case(void **state) {
    (void)state;
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds rounds;
    play(cases, played);
    played[0].fails_at = 0;
    played[2].fails_at = 3;
    run_rounds(&rounds, cases, ROUNDS, 1000);
    assert_true(rounds.failed[0] && !rounds.failed[1] && rounds.failed[2]);
    assert_int_equal(rounds.checks.count, 2);
    assert_failure(&rounds, 0, "played/0", -1, "try 0 came out wrong");
    assert_failure(&rounds, 1, "played/2", 2, "try 3 came out wrong");
    assert_int_equal(rounds.checks.made, 1 + ROUNDS + 3);
    assert_int_equal(played[0].samples, 1);
    assert_int_equal(played[0].kept, 0);
    assert_int_equal(played[1].samples, 1 + ROUNDS);
    assert_int_equal(played[1].kept, ROUNDS);
    assert_int_equal(played[2].samples, 4);
    assert_int_equal(played[2].kept, 2); /* the wrong one is not kept */
    rounds_free(&rounds);
}

/* Work that cannot be done ends everything, whenever it happens. */
static void another_error_ends_the_rounds(void **state) {
    (void)state;
    for (int at = 0; at < 3; at++) {
        struct timed_case cases[CASES];
        struct played played[CASES];
        struct rounds rounds;
        struct error err = {.text = ""};
        const struct rounds_plan plan = plan_of(ROUNDS, 1000);
        play(cases, played);
        played[1].fails_at = at;
        played[1].kind = ERROR_PROGRAM;
        assert_int_equal(rounds_run(&rounds, cases, CASES, &plan, NULL, &err), -1);
        assert_int_equal(err.kind, ERROR_PROGRAM);
        assert_non_null(strstr(err.text, "came out wrong"));
        assert_int_equal(played[1].samples, at + 1);
        assert_int_equal(played[1].kept, at > 0 ? at - 1 : 0);
        assert_int_equal(rounds.rounds, 0);
        assert_null(rounds.seconds);
    }
}

/* ---- spoiled samples */

/* The first try of each round is spoiled and short, the second one is neither: it counts, though it took longer. */
static void a_spoiled_sample_is_timed_again(void **state) {
    (void)state;
    enum { LAST = 2 };
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds rounds;
    play(cases, played);
    played[LAST].spoiled = 1;
    played[LAST].first_run = 1e-4;
    played[LAST].run = 2e-3;
    run_rounds(&rounds, cases, ROUNDS, 1000);
    assert_int_equal(played[LAST].samples, 1 + 2 * ROUNDS);
    assert_int_equal(played[LAST].kept, ROUNDS);
    assert_int_equal(played[1].samples, 1 + ROUNDS);
    assert_int_equal(rounds.spoiled_count, ROUNDS);
    assert_int_equal(rounds.checks.made, (CASES + 1) * ROUNDS); /* every try is checked */
    for (size_t r = 0; r < ROUNDS; r++) {
        const struct spoiled_sample *spoiled = &rounds.spoiled[r];
        const struct observation *kept = &rounds_observed(&rounds, LAST)[r];
        assert_int_equal(spoiled->which, LAST);
        assert_int_equal(spoiled->round, r);
        assert_true(spoiled->cpu_seconds >= 1e-4 && spoiled->cpu_seconds < 2e-3);
        assert_true(spoiled->seconds > 0);
        assert_true(spoiled->disturbance.away == 1e-6 * (double)(2 * r + 1));
        assert_int_equal(spoiled->disturbance.flags, DISTURBED_AWAY);
        assert_true(rounds_of(&rounds, LAST)[r] >= 2e-3);
        assert_true(rounds_cpu_of(&rounds, LAST)[r] >= 2e-3);
        assert_true(kept->disturbance.away == 1e-6 * (double)(2 * r + 2));
        assert_int_equal(kept->disturbance.flags, 0);
    }
    assert_int_equal(rounds_spoiled(&rounds, LAST), 0);
    assert_int_equal(rounds_disturbed(&rounds, LAST), 0);
    rounds_free(&rounds);
}

/* A sample that is spoiled each time is repeated twice; the last try counts, and keep is called once: the same work is
 * repeated. */
static void a_sample_is_repeated_at_most_twice(void **state) {
    (void)state;
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds rounds;
    play(cases, played);
    played[1].spoiled = 100;
    run_rounds(&rounds, cases, ROUNDS, 1000);
    assert_int_equal(played[1].samples, 1 + 3 * ROUNDS);
    assert_int_equal(played[1].kept, ROUNDS);
    assert_int_equal(rounds.spoiled_count, 2 * ROUNDS);
    for (size_t r = 0; r < ROUNDS; r++) {
        assert_int_equal(rounds.spoiled[2 * r].round, r);
        assert_int_equal(rounds.spoiled[2 * r + 1].round, r);
        assert_true(rounds_observed(&rounds, 1)[r].disturbance.away == 1e-6 * (double)(3 * r + 3));
    }
    assert_int_equal(rounds_spoiled(&rounds, 1), ROUNDS);
    assert_int_equal(rounds_disturbed(&rounds, 1), ROUNDS);
    rounds_free(&rounds);
}

/* All repetitions together take a quarter of the plan's time: here 5 ms, at 2 ms each. */
static void repetitions_are_bounded_in_time(void **state) {
    (void)state;
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds rounds;
    play(cases, played);
    played[0].spoiled = 100;
    played[0].first_run = played[0].run = 2e-3;
    run_rounds(&rounds, cases, (size_t)2 * ROUNDS, 0.020);
    assert_true(rounds.spoiled_count >= 1 && rounds.spoiled_count <= 3);
    assert_int_equal(played[0].samples, 1 + 2 * ROUNDS + rounds.spoiled_count);
    assert_int_equal(played[0].kept, 2 * ROUNDS);
    rounds_free(&rounds);
}

/* A short switch or a page that was mapped at once is no reason to repeat; the others are. */
static void not_every_disturbance_spoils(void **state) {
    (void)state;
    static const struct {
        unsigned flags;
        bool repeated;
    } kinds[] = {{DISTURBED_SWITCH, false}, {DISTURBED_FAULT, false},    {DISTURBED_DELAY, false},
                 {DISTURBED_DISK, true},    {DISTURBED_MIGRATION, true}, {DISTURBED_STEAL, true},
                 {DISTURBED_AWAY, true}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct timed_case cases[CASES];
        struct played played[CASES];
        struct rounds rounds;
        play(cases, played);
        played[1].spoiled = 1;
        played[1].flags = kinds[i].flags;
        run_rounds(&rounds, cases, ROUNDS, 1000);
        assert_int_equal(rounds.spoiled_count, kinds[i].repeated ? ROUNDS : 0);
        assert_int_equal(rounds_disturbed(&rounds, 1), kinds[i].repeated ? 0 : ROUNDS);
        rounds_free(&rounds);
    }
}

/* A repetition that comes out wrong is a failed check of its round, too. */
static void a_repetition_is_checked(void **state) {
    (void)state;
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds rounds;
    play(cases, played);
    played[1].spoiled = 1;
    played[1].fails_at = 4; /* tries 1 and 2 are of round 0, tries 3 and 4 of round 1 */
    run_rounds(&rounds, cases, ROUNDS, 1000);
    assert_int_equal(rounds.checks.count, 1);
    assert_failure(&rounds, 0, "played/1", 1, "try 4 came out wrong");
    assert_int_equal(played[1].samples, 5);
    rounds_free(&rounds);
}

/* ---- energy, from a folder of one package */

static char powercap[64];
static unsigned long microjoules;

static void write_package(const char *name, const char *text) {
    char path[160];
    snprintf(path, sizeof path, "%s/intel-rapl:0/%s", powercap, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void use_energy(unsigned long more) {
    char text[32];
    snprintf(text, sizeof text, "%lu\n", microjoules += more);
    write_package("energy_uj", text);
}

static void make_powercap(void) {
    char path[128];
    snprintf(powercap, sizeof powercap, "/tmp/sgdmark-rounds.XXXXXX");
    assert_non_null(mkdtemp(powercap));
    snprintf(path, sizeof path, "%s/intel-rapl:0", powercap);
    assert_int_equal(mkdir(path, 0700), 0);
    write_package("name", "package-0\n");
    write_package("max_energy_range_uj", "262143328850\n");
    use_energy(1000000);
}

static void remove_powercap(void) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", powercap);
    assert_int_equal(system(command), 0);
}

/* Case k needs k + 1 J in each sample, and 50 J before and after it. */
static void prepare_for_50_joules(void *context) {
    (void)context;
    use_energy(50000000);
}

static void run_for_joules(void *context) {
    const struct played *self = context;
    use_energy(1000000 * (unsigned long)(self->number + 1));
}

static int check_for_50_joules(void *context, struct error *err) {
    (void)context, (void)err;
    use_energy(50000000);
    return 0;
}

/* Case 1 ends with a counter that is none. */
static void run_and_spoil(void *context) {
    run_for_joules(context);
    if (((const struct played *)context)->number == 1) write_package("energy_uj", "?\n");
}

static void time_energy(struct rounds *rounds, void (*run)(void *), unsigned spoiled) {
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds_plan plan = plan_of(ROUNDS, 1000);
    struct error err;
    play(cases, played);
    plan.energy_folder = powercap;
    for (int c = 0; c < CASES; c++) {
        cases[c].prepare = prepare_for_50_joules;
        cases[c].run = run;
        cases[c].check = check_for_50_joules;
        played[c].spoiled = spoiled;
    }
    if (rounds_run(rounds, cases, CASES, &plan, NULL, &err) != 0) fail_msg("%s", err.text);
}

/* The discarded round does not count, nor what lies between samples, nor a sample that was timed again. */
static void energy_is_that_of_the_samples(void **state) {
    (void)state;
    struct rounds rounds;
    make_powercap();
    for (unsigned spoiled = 0; spoiled < 2; spoiled++) {
        time_energy(&rounds, run_for_joules, spoiled);
        assert_int_equal(rounds.spoiled_count, spoiled * CASES * ROUNDS);
        for (int c = 0; c < CASES; c++)
            assert_near(rounds.joules[c], ROUNDS * (c + 1.0));
        assert_string_equal(rounds.energy_reason, "");
        rounds_free(&rounds);
    }
    remove_powercap();
}

static void energy_that_is_not_read_is_not_known(void **state) {
    (void)state;
    struct rounds rounds;
    make_powercap();
    time_energy(&rounds, run_and_spoil, 0);
    assert_near(rounds.joules[0], ROUNDS);
    assert_true(isnan(rounds.joules[1]));
    assert_near(rounds.joules[2], 3 * ROUNDS);
    assert_non_null(strstr(rounds.energy_reason, "cannot be read any more"));
    rounds_free(&rounds);
    remove_powercap(); /* and now there is none */
    snprintf(powercap, sizeof powercap, "/nonexistent");
    struct timed_case cases[CASES];
    struct played played[CASES];
    struct rounds_plan plan = plan_of(ROUNDS, 1000);
    play(cases, played);
    plan.energy_folder = powercap;
    assert_int_equal(rounds_run(&rounds, cases, CASES, &plan, NULL, NULL), 0);
    for (int c = 0; c < CASES; c++)
        assert_true(isnan(rounds.joules[c]));
    assert_non_null(strstr(rounds.energy_reason, "no energy counters"));
    rounds_free(&rounds);
}

/* ---- rounds of several processes */

/* Made-up rounds in which every number tells where it comes from. */
static void make_up(struct rounds *rounds, size_t count, unsigned process, double seconds) {
    assert_int_equal(rounds_allocate(rounds, CASES, count, NULL), 0);
    assert_int_equal(schedule_make(&rounds->schedule, CASES, 0, count, process + 1, NULL), 0);
    for (size_t r = 0; r < count; r++) {
        rounds->process[r] = process;
        rounds->ghz[r] = process + 0.01 * (double)r;
        for (size_t c = 0; c < CASES; c++) {
            const size_t at = c * count + r;
            rounds->seconds[at] = 1 + process + 0.1 * (double)c + 0.001 * (double)r;
            rounds->cpu_seconds[at] = 0.5 * rounds->seconds[at];
            rounds->observed[at].disturbance.switches = 100UL * process + 10 * c + r;
        }
    }
    rounds->spoiled = calloc(2, sizeof *rounds->spoiled);
    rounds->spoiled_count = 2;
    rounds->spoiled[0] = (struct spoiled_sample){.which = 1, .round = 0, .seconds = 10.0 + process};
    rounds->spoiled[1] = (struct spoiled_sample){.which = 2, .round = count - 1, .seconds = 20.0 + process};
    struct check_failure failure = {.process = (int)process, .round = 1};
    snprintf(failure.what, sizeof failure.what, "wrong in process %u", process);
    rounds->checks.made = 31;
    assert_int_equal(check_list_add(&rounds->checks, &failure, NULL), 0);
    rounds->failed[process % CASES] = true;
    rounds->witness = (struct witness){.seconds = seconds,
                                       .away = 0.01 * process,
                                       .here = NAN,
                                       .near = NAN,
                                       .here_pu = -1,
                                       .near_pu = -1,
                                       .throttled = process,
                                       .moved = 1u << process};
    for (size_t c = 0; c < CASES; c++)
        rounds->joules[c] = c == 1 && process == 1 ? (double)NAN : 10.0 * process + (double)c;
    if (process == 1) snprintf(rounds->energy_reason, sizeof rounds->energy_reason, "read by root only");
    rounds->timed = process;
    rounds->total = 2.0 * process;
    snprintf(rounds->counter_reason[0], sizeof rounds->counter_reason[0], "no PMU");
}

/* Rounds of process `process` that lie at `offset` of `all`. */
static void assert_same_rounds(const struct rounds *all, size_t offset, size_t count, unsigned process) {
    struct rounds one;
    make_up(&one, count, process, 1);
    for (size_t r = 0; r < count; r++) {
        assert_int_equal(all->process[offset + r], process);
        assert_true(all->ghz[offset + r] == one.ghz[r]);
        for (size_t c = 0; c < CASES; c++) {
            assert_true(rounds_of(all, c)[offset + r] == rounds_of(&one, c)[r]);
            assert_true(rounds_cpu_of(all, c)[offset + r] == rounds_cpu_of(&one, c)[r]);
            assert_int_equal(rounds_observed(all, c)[offset + r].disturbance.switches,
                             rounds_observed(&one, c)[r].disturbance.switches);
            assert_int_equal(schedule_case(&all->schedule, offset + r, c), schedule_case(&one.schedule, r, c));
        }
    }
    rounds_free(&one);
}

static void processes_are_appended(void **state) {
    (void)state;
    static const size_t counts[] = {4, 2, 5}, offsets[] = {0, 4, 6};
    struct rounds all = {.cases = CASES};
    for (unsigned k = 0; k < 3; k++) {
        struct rounds more;
        make_up(&more, counts[k], k, 1 + k);
        assert_int_equal(rounds_append(&all, &more, NULL), 0);
        rounds_free(&more);
    }
    assert_int_equal(all.rounds, 11);
    assert_int_equal(all.schedule.rounds, 11);
    assert_int_equal(all.schedule.seed, 1); /* of the first process */
    assert_int_equal(all.checks.count, 3);
    assert_int_equal(all.checks.made, 3 * 31);
    assert_int_equal(all.spoiled_count, 6);
    for (unsigned k = 0; k < 3; k++) {
        const struct spoiled_sample *spoiled = &all.spoiled[(size_t)2 * k];
        assert_same_rounds(&all, offsets[k], counts[k], k);
        assert_int_equal(spoiled[0].round, offsets[k]);
        assert_int_equal(spoiled[1].round, offsets[k] + counts[k] - 1);
        assert_int_equal(spoiled[1].which, 2);
        assert_true(spoiled[0].seconds == 10.0 + k);
        assert_int_equal(all.checks.failed[k].process, k);
        assert_int_equal(all.checks.failed[k].round, 1); /* of that process */
        assert_true(all.failed[k]);
    }
    assert_true(all.timed == 3 && all.total == 6);
    assert_near(all.witness.seconds, 6);
    assert_near(all.witness.away, (2 * 0.01 + 3 * 0.02) / 6);
    assert_int_equal(all.witness.throttled, 3);
    assert_int_equal(all.witness.moved, 7);
    assert_string_equal(all.counter_reason[0], "no PMU");
    assert_true(all.joules[0] == 30 && isnan(all.joules[1]) && all.joules[2] == 36);
    assert_string_equal(all.energy_reason, "read by root only");
    rounds_free(&all);
}

static void rounds_know_their_processes(void **state) {
    (void)state;
    static const unsigned process[] = {0, 0, 2, 2, 2, 3}; /* process 1 added none */
    static const size_t ends[] = {2, 5, 6};
    struct rounds rounds;
    size_t first, end;
    assert_int_equal(rounds_allocate(&rounds, 1, 6, NULL), 0);
    memcpy(rounds.process, process, sizeof process);
    assert_int_equal(rounds_processes(&rounds), 3);
    for (size_t k = 0; k < 3; k++) {
        rounds_of_process(&rounds, k, &first, &end);
        assert_int_equal(first, k ? ends[k - 1] : 0);
        assert_int_equal(end, ends[k]);
    }
    rounds_free(&rounds);
    assert_int_equal(rounds_processes(&rounds), 0);
}

/* Each process has its share of the rounds that the intervals of all pairs need, from its own seed. */
static void processes_share_the_rounds(void **state) {
    (void)state;
    enum { PAIRS = 24 };
    const struct budget budget = {.seconds = 0, .at_most = 1000}, small = {.seconds = 1000, .at_most = 7};
    uint32_t first[CASES * 1000];
    for (unsigned k = 0; k < 2; k++) {
        struct timed_case cases[CASES];
        struct played played[CASES];
        struct error err;
        const struct process_share share = {.process = k, .processes = 3, .seed = 40 + k};
        struct experiment *experiment = experiment_new("played", CASES, PAIRS, NULL);
        const struct case_facts facts = case_facts_of(CASE_EPOCH, "rows", 1);
        play(cases, played);
        for (int c = 0; c < CASES; c++)
            experiment_add(experiment, &cases[c], &facts);
        assert_int_equal(experiment_rounds_needed(experiment), 11); /* the A/A gate at 99.9 % */
        for (int pair = 0; pair < PAIRS; pair++)
            experiment_pair(experiment, PAIR_BEST, 1, 0);
        assert_int_equal(rounds_needed(0.99, PAIRS), 13);
        assert_int_equal(experiment_rounds_needed(experiment), rounds_needed(0.99, PAIRS));
        if (experiment_run(experiment, &budget, &share, topology, NULL, &err) != 0) fail_msg("%s", err.text);
        assert_int_equal(experiment->rounds.rounds, (rounds_needed(0.99, PAIRS) + 2) / 3);
        assert_int_equal(experiment->rounds.process[0], k);
        assert_int_equal(experiment->rounds.schedule.seed, 40 + k);
        const size_t size = CASES * experiment->rounds.rounds * sizeof *first;
        if (k == 0)
            memcpy(first, experiment->rounds.schedule.which, size);
        else
            assert_memory_not_equal(first, experiment->rounds.schedule.which, size);
        rounds_free(&experiment->rounds);
        play(cases, played);
        if (experiment_run(experiment, &small, &share, topology, NULL, &err) != 0) fail_msg("%s", err.text);
        assert_int_equal(experiment->rounds.rounds, 3); /* 7 of three processes */
        experiment_free(experiment);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_come_in_their_order),
        cmocka_unit_test(only_run_is_needed),
        cmocka_unit_test(a_failed_check_ends_its_case),
        cmocka_unit_test(another_error_ends_the_rounds),
        cmocka_unit_test(a_spoiled_sample_is_timed_again),
        cmocka_unit_test(a_sample_is_repeated_at_most_twice),
        cmocka_unit_test(repetitions_are_bounded_in_time),
        cmocka_unit_test(not_every_disturbance_spoils),
        cmocka_unit_test(a_repetition_is_checked),
        cmocka_unit_test(energy_is_that_of_the_samples),
        cmocka_unit_test(energy_that_is_not_read_is_not_known),
        cmocka_unit_test(processes_are_appended),
        cmocka_unit_test(rounds_know_their_processes),
        cmocka_unit_test(processes_share_the_rounds),
    };
    return cmocka_run_group_tests_name("rounds", tests, set_up, tear_down);
}
