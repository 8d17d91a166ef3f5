/* SPDX-License-Identifier: MIT */
/* The witness: the load of PUs from the text of /proc/stat, and what others took of the timed PUs, on a played clock.
 */
#include "measure/witness.h"

#include "machine/pu_load.h"
#include "setup.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* ---- load of PUs */

enum { PUS = 4 };

static void assert_load(const char *stat, const double busy[PUS]) {
    struct pu_load load;
    assert_int_equal(pu_load_new(&load, PUS, NULL), 0);
    for (int pu = 0; pu < PUS; pu++)
        load.busy[pu] = 99; /* of an earlier reading */
    pu_load_parse(&load, stat, 100);
    for (int pu = 0; pu < PUS; pu++)
        if (load.busy[pu] != busy[pu]) fail_msg("PU %d: %g s, not %g s of: %s", pu, load.busy[pu], busy[pu], stat);
    pu_load_free(&load);
}

static void load_is_read_from_proc_stat(void **state) {
    (void)state;
    /* user nice system idle iowait irq softirq steal guest guest_nice: idle, iowait and steal are no use of the PU */
    assert_load("cpu  600 0 0 9000 9 0 0 0 0 0\n"
                "cpu0 100 20 3 5000 700 40 5 6 7 8\n"
                "cpu1 200 0 0 4000 0 0 0 0 0 0\n"
                "cpu2 0 0 0 0 0 0 0 0 0 0\n"
                "cpu3 1 1 1 1 1 1 1 1 1 1\n"
                "intr 12345 0 0\ncpu3 900 0 0 0 0 0 0\n",
                (double[]){1.68, 2.0, 0, 0.05});
    /* PU 1 is off line, PU 9 came after the topology was read, the last line ends the text */
    assert_load(
        "cpu  1 0 0 0 0 0 0\ncpu0 100 0 0 0 0 0 0\ncpu2 300 0 0 0 0 0 0\ncpu9 900 0 0 0 0 0 0\ncpu3 50 0 0 0 0 0 0",
        (double[]){1, 0, 3, 0.5});
    assert_load("cpu0 100 20\ncpu1 100 x 3 4 5 6 7\ncpu2\ncpu3 \n", (double[]){1.2, 1, 0, 0});
    assert_load("intr 5\ncpu0 100 0 0 0 0 0 0\n", (double[]){0, 0, 0, 0});
    assert_load("", (double[]){0, 0, 0, 0});
}

/* The line of all PUs together, even where its first number is the index of a PU. */
static void all_pus_together_are_no_pu(void **state) {
    (void)state;
    assert_load("cpu  1 200 3 4 5 6 7 8 9 10\n", (double[]){0, 0, 0, 0});
    assert_load("cpu 2 200 3 4 5 6 7 8 9 10\ncpu0 100 0 0 0 0 0 0\n", (double[]){1, 0, 0, 0});
}

static void load_grows_here(void **state) {
    (void)state;
    struct pu_load before, after;
    const size_t pus = 1024;
    double sum = 0;
    assert_int_equal(pu_load_new(&before, pus, NULL), 0);
    assert_int_equal(pu_load_new(&after, pus, NULL), 0);
    pu_load_read(&before);
    pu_load_read(&after);
    assert_string_equal(after.reason, "");
    for (size_t pu = 0; pu < pus; pu++) {
        assert_true(after.busy[pu] >= before.busy[pu]);
        sum += after.busy[pu];
    }
    assert_true(sum > 0);
    pu_load_free(&before);
    pu_load_free(&after);
}

/* ---- a played machine: while `playing`, the clock, the thread's CPU time and /proc/stat are what the test says */

static struct {
    bool playing;
    double wall, cpu;    /* seconds */
    double busy[PUS];    /* seconds */
    long long throttled; /* -1: there is no cpu.stat */
    bool no_stat;        /* /proc/stat cannot be read */
} machine;

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (machine.playing) {
        *now = (struct timespec){.tv_sec = (time_t)machine.wall,
                                 .tv_nsec = (long)(1e9 * (machine.wall - floor(machine.wall)))};
        return 0;
    }
    int (*libc)(clockid_t, struct timespec *);
    *(void **)&libc = dlsym(RTLD_NEXT, "clock_gettime");
    return libc(clock, now);
}

int getrusage(__rusage_who_t who, struct rusage *usage) {
    if (machine.playing) {
        *usage =
            (struct rusage){.ru_utime = {.tv_sec = (time_t)machine.cpu,
                                         .tv_usec = (suseconds_t)(1e6 * (machine.cpu - floor(machine.cpu)) + 0.5)}};
        return 0;
    }
    int (*libc)(__rusage_who_t, struct rusage *);
    *(void **)&libc = dlsym(RTLD_NEXT, "getrusage");
    return libc(who, usage);
}

/* A pipe that holds the text. */
static int opened(const char *text) {
    int ends[2];
    const size_t length = strlen(text);
    if (pipe(ends) != 0 || write(ends[1], text, length) != (ssize_t)length) return -1;
    close(ends[1]);
    return ends[0];
}

int open(const char *path, int flags, ...) {
    char text[1024];
    int used = 0;
    if (machine.playing && strcmp(path, "/proc/self/cgroup") == 0) return opened("0::/\n");
    if (machine.playing && strstr(path, "cpu.stat")) {
        snprintf(text, sizeof text, "usage_usec 5\nnr_throttled %lld\n", machine.throttled);
        return machine.throttled < 0 ? -1 : opened(text);
    }
    if (machine.playing && strcmp(path, "/proc/stat") == 0) {
        if (machine.no_stat) return -1;
        for (int pu = 0; pu < PUS; pu++)
            used += snprintf(text + used, sizeof text - (size_t)used, "cpu%d %.0f 0 0 0 0 0 0\n", pu,
                             machine.busy[pu] * (double)sysconf(_SC_CLK_TCK));
        return opened(text);
    }
    int (*libc)(const char *, int, ...);
    *(void **)&libc = dlsym(RTLD_NEXT, "open");
    return libc(path, flags, 0600);
}

/* Two caches of two cores each. */
static struct topology *topology;

static int set_up(void **state) {
    (void)state;
    return topology_load(&topology, "package:1 l3:2 core:2 pu:1", NULL);
}

static int tear_down(void **state) {
    (void)state;
    topology_free(topology);
    return 0;
}

/* A watch of a thread on PU 0 for 10 seconds, in which it ran for `cpu`. */
static struct watcher *start(void) {
    machine.playing = true;
    machine.wall = 1000;
    machine.cpu = 50;
    machine.throttled = 7;
    machine.no_stat = false;
    for (int pu = 0; pu < PUS; pu++)
        machine.busy[pu] = 200 + pu;
    struct watcher *watcher = watcher_start(topology, 0, NULL);
    assert_non_null(watcher);
    return watcher;
}

static struct witness finish(struct watcher *watcher, double cpu, const double busy[PUS]) {
    struct witness witness;
    machine.wall += 10;
    machine.cpu += cpu;
    for (int pu = 0; pu < PUS; pu++)
        machine.busy[pu] += busy[pu];
    watcher_end(watcher, &witness);
    machine.playing = false;
    assert_true(fabs(witness.seconds - 10) < 1e-6);
    return witness;
}

static void close_to(double got, double want) {
    if (!(fabs(got - want) < 1e-3)) fail_msg("%.9g is not %.9g", got, want);
}

/* What the thread used of its own PU is its own; PU 1 shares a cache with it, PUs 2 and 3 do not. */
static void others_are_seen(void **state) {
    (void)state;
    struct watcher *watcher = start();
    watcher_saw(watcher, &(struct disturbance){.flags = DISTURBED_SWITCH});
    watcher_saw(watcher, &(struct disturbance){.flags = DISTURBED_AWAY});
    machine.throttled = 10;
    struct witness witness = finish(watcher, 9.5, (double[]){9.8, 2, 10, 10});
    close_to(witness.away, 0.05);
    close_to(witness.here, 0.03);
    assert_int_equal(witness.here_pu, 0);
    close_to(witness.near, 0.2);
    assert_int_equal(witness.near_pu, 1);
    assert_int_equal(witness.throttled, 3);
    assert_int_equal(witness.moved, DISTURBED_SWITCH | DISTURBED_AWAY);
    assert_string_equal(witness.load_reason, "");
    /* A quiet machine, and busy time that lags behind by a tick */
    witness = finish(start(), 10, (double[]){9.99, 0, 0, 0});
    close_to(witness.away, 0);
    assert_true(witness.here == 0 && witness.near == 0);
    assert_int_equal(witness.near_pu, -1);
    assert_int_equal(witness.throttled, 0);
}

/* Workers on PUs 1 and 2 are the program's own, too: nothing is left to others but on PU 2. PU 3 is near now. */
static void own_workers_are_not_others(void **state) {
    (void)state;
    struct watcher *watcher = start();
    watcher_own(watcher, 1, 3);
    watcher_own(watcher, 1, 3);
    watcher_own(watcher, 2, 4);
    watcher_own(watcher, 4000, 1); /* no such PU */
    struct witness witness = finish(watcher, 9, (double[]){9, 6, 5, 0.5});
    close_to(witness.here, 0.1);
    assert_int_equal(witness.here_pu, 2);
    close_to(witness.near, 0.05);
    assert_int_equal(witness.near_pu, 3);
    /* The thread itself worked on PU 3 for 4 of its 9 seconds. */
    watcher = start();
    watcher_own(watcher, 3, 4);
    watcher_elsewhere(watcher, 4);
    witness = finish(watcher, 9, (double[]){7, 0, 0, 4});
    close_to(witness.here, 0.2);
    assert_int_equal(witness.here_pu, 0);
    assert_true(witness.near == 0);
}

static void what_cannot_be_read_is_unknown(void **state) {
    (void)state;
    struct watcher *watcher = start();
    machine.no_stat = true;
    machine.throttled = -1;
    struct witness witness = finish(watcher, 10, (double[]){10, 0, 0, 0});
    assert_true(isnan(witness.here) && isnan(witness.near));
    assert_int_equal(witness.here_pu, -1);
    assert_int_equal(witness.near_pu, -1);
    assert_int_equal(witness.throttled, -1);
    assert_non_null(strstr(witness.load_reason, "/proc/stat"));
}

/* ---- stretches put together */

static struct witness stretch(double seconds, double away, double here, int pu) {
    return (struct witness){
        .seconds = seconds, .away = away, .here = here, .near = here, .here_pu = pu, .near_pu = pu, .throttled = -1};
}

static void shares_are_averaged_over_time(void **state) {
    (void)state;
    struct witness all = {0};
    struct witness none = {.seconds = 0, .away = 1, .throttled = 9, .moved = ~0U};
    struct witness one = stretch(1, 0.1, 0.2, 0), three = stretch(3, 0.02, 0.4, 1);
    witness_add(&all, &none);
    assert_true(all.seconds == 0 && all.moved == 0);
    one.moved = DISTURBED_SWITCH;
    three.moved = DISTURBED_STEAL;
    witness_add(&all, &one);
    assert_int_equal(all.throttled, -1);
    witness_add(&all, &three);
    witness_add(&all, &none);
    assert_near(all.seconds, 4);
    assert_near(all.away, 0.04);
    assert_near(all.here, 0.35);
    assert_near(all.near, 0.35);
    assert_int_equal(all.here_pu, 1); /* where the larger share was */
    assert_int_equal(all.moved, DISTURBED_SWITCH | DISTURBED_STEAL);
    three = stretch(1, 0, 0, 3);
    three.throttled = 2;
    witness_add(&all, &three);
    three.throttled = 3;
    witness_add(&all, &three);
    assert_int_equal(all.throttled, 5);
    assert_int_equal(all.here_pu, 1);
}

/* A stretch of which nothing is known hides nothing that is known of another one, whichever came first. */
static void unknown_shares_change_nothing(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct witness known = stretch(1, 0.1, 0.2, 2), unknown = stretch(3, 0.1, NAN, -1), all = {0};
        snprintf(unknown.load_reason, sizeof unknown.load_reason, "out of memory");
        witness_add(&all, first ? &unknown : &known);
        witness_add(&all, first ? &known : &unknown);
        assert_near(all.here, 0.2);
        assert_near(all.near, 0.2);
        assert_int_equal(all.here_pu, 2);
        assert_int_equal(all.near_pu, 2);
        assert_string_equal(all.load_reason, "out of memory");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_is_read_from_proc_stat),
        cmocka_unit_test(all_pus_together_are_no_pu),
        cmocka_unit_test(load_grows_here),
        cmocka_unit_test(others_are_seen),
        cmocka_unit_test(own_workers_are_not_others),
        cmocka_unit_test(what_cannot_be_read_is_unknown),
        cmocka_unit_test(shares_are_averaged_over_time),
        cmocka_unit_test(unknown_shares_change_nothing),
    };
    return cmocka_run_group_tests_name("witness", tests, set_up, tear_down);
}
