/* SPDX-License-Identifier: MIT */
/* Clock, counters, disturbances, control group, expected times and environment. */
#include "machine/cgroup.h"
#include "machine/clock.h"
#include "machine/counters.h"
#include "machine/disturbance.h"
#include "machine/environment.h"
#include "machine/plan.h"
#include "setup.h"
#include "transcendental.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <cmocka.h>

/* ---- clock ---- */

static void test_timer(void **state) {
    (void)state;
    struct timer_facts facts = timer_measure();
    assert_true(facts.resolution_ns >= 1 && facts.resolution_ns < 1e6);
    assert_true(facts.overhead_ns > 0 && facts.overhead_ns < 1e5);
    uint64_t start = now_ns();
    struct timespec nap = {.tv_nsec = 2000000};
    nanosleep(&nap, NULL);
    assert_true(now_ns() - start >= 2000000);
}

/* A chain that the renamer executes (Golden Cove does with additions) would show 11 GHz and more. */
static void test_clock_probe(void **state) {
    (void)state;
    double best = 0;
    for (int i = 0; i < 10; i++)
        best = fmax(best, clock_probe());
    if (best < 0.2 || best > 7.0) fail_msg("the probe says %.3f GHz", best);
}

/* ---- counters ---- */

static void test_counter_reasons(void **state) {
    (void)state;
    char text[256];
    counter_reason(text, sizeof text, ENOENT, 2);
    assert_non_null(strstr(text, "no PMU"));
    counter_reason(text, sizeof text, EACCES, 3);
    assert_non_null(strstr(text, "no permission"));
    assert_non_null(strstr(text, "perf_event_paranoid is 3"));
    assert_non_null(strstr(text, "sysctl kernel.perf_event_paranoid=2"));
    counter_reason(text, sizeof text, EPERM, 1);
    assert_non_null(strstr(text, "seccomp"));
    counter_reason(text, sizeof text, ENOSYS, INT_MIN);
    assert_non_null(strstr(text, "no perf_event_open"));
}

/* Two counters that ran for a quarter of the time they were enabled. */
static void test_counters_are_scaled(void **state) {
    (void)state;
    struct counters counters = {.pass = PASS_MAIN, .fd = {5, -1, 6, -1}, .id = {11, 0, 12, 0}};
    struct counter_values values;
    counter_values_clear(&values);
    uint64_t words[] = {2, 4000, 1000, 100, 11, 7, 12};
    counters_decode(&counters, words, 7, &values);
    assert_true(values.multiplexed);
    assert_false(values.lost);
    assert_near(values.running, 0.25);
    assert_near(values.value[COUNTER_CYCLES], 400);
    assert_near(values.value[COUNTER_BRANCH_MISSES], 28);
    assert_true(isnan(values.value[COUNTER_INSTRUCTIONS]));
    words[2] = 4000;
    counter_values_clear(&values);
    counters_decode(&counters, words, 7, &values);
    assert_false(values.multiplexed);
    assert_near(values.value[COUNTER_CYCLES], 100);
}

/* A group that never ran, an empty read and a read that announces too many values yield no counts. */
static void test_counters_that_are_lost(void **state) {
    (void)state;
    struct counters counters = {.pass = PASS_MAIN, .fd = {5, -1, -1, -1}, .id = {11, 0, 0, 0}};
    const uint64_t never[] = {1, 4000, 0, 100, 11};
    const uint64_t too_many[] = {1u << 30, 4000, 4000, 100, 11};
    const struct {
        const uint64_t *words;
        size_t count;
    } list[] = {{never, 5}, {never, 0}, {too_many, 5}};
    for (size_t i = 0; i < 3; i++) {
        struct counter_values values;
        counter_values_clear(&values);
        counters_decode(&counters, list[i].words, list[i].count, &values);
        assert_true(values.lost);
        assert_true(isnan(values.value[COUNTER_CYCLES]));
    }
}

/* On this machine a counter either counts, or has a reason and no value. */
static void test_counters_here(void **state) {
    (void)state;
    struct counters counters;
    struct counter_values values;
    counter_values_clear(&values);
    int there = counters_open(&counters, PASS_MAIN);
    counters_start(&counters);
    volatile double sink = 0;
    for (int i = 0; i < 1000000; i++)
        sink = sink + i;
    counters_stop(&counters);
    counters_read(&counters, &values);
    for (int i = 0; i < PASS_COUNTERS; i++) {
        if (counters.fd[i] >= 0) continue;
        assert_true(counters.reason[i][0] != 0);
        assert_true(isnan(values.value[i]));
    }
    if (there == PASS_COUNTERS && !values.lost) {
        assert_true(values.value[COUNTER_INSTRUCTIONS] > 3e6);
        assert_true(values.value[COUNTER_CYCLES] > 1e6);
    }
    print_message("%d of %d counters are there%s%s\n", there, PASS_COUNTERS, there ? "" : ": ",
                  there ? "" : counters.reason[0]);
    counters_close(&counters);
}

/* ---- disturbances ---- */

static void test_steal_of_a_pu(void **state) {
    (void)state;
    const char *stat = "cpu  1 2 3 4 5 6 7 88 9 10\ncpu0 1 2 3 4 5 6 7 30 0 0\ncpu1 1 2 3 4 5 6 7 58 0 0\n"
                       "cpu11 1 2 3 4 5 6 7 99 0 0\nintr 5\n";
    assert_int_equal(steal_ticks(stat, -1), 88);
    assert_int_equal(steal_ticks(stat, 0), 30);
    assert_int_equal(steal_ticks(stat, 1), 58);
    assert_int_equal(steal_ticks(stat, 11), 99);
    assert_int_equal(steal_ticks(stat, 2), 0);
    assert_int_equal(steal_ticks("cpu1 1 2", 1), 0);
    assert_int_equal(steal_ticks("", 0), 0);
}

static void test_flags(void **state) {
    (void)state;
    struct snapshot before = {.pu = 3, .steal_ticks = 10};
    struct snapshot after = before;
    assert_int_equal(disturbance_between(&before, &after).flags, 0);
    after.pu = 4;
    assert_int_equal(disturbance_between(&before, &after).flags, DISTURBED_MIGRATION);
    after = before;
    after.involuntary = 1;
    after.run_delay_ns = 5000;
    after.minor_faults = 2;
    after.steal_ticks = 11;
    struct disturbance d = disturbance_between(&before, &after);
    assert_int_equal(d.flags, DISTURBED_SWITCH | DISTURBED_DELAY | DISTURBED_FAULT | DISTURBED_STEAL);
    char text[64];
    disturbance_text(d.flags, text, sizeof text);
    assert_string_equal(text, "switch, fault, delay, steal");
    after = before;
    after.steal_ticks = 3; /* the kernel's steal may step back */
    assert_int_equal(disturbance_between(&before, &after).flags, 0);
    after = before;
    after.major_faults = 1;
    assert_int_equal(disturbance_between(&before, &after).flags, DISTURBED_FAULT | DISTURBED_DISK);
}

/* The share of the wall time, not of the CPU time, in which the thread had no CPU. */
static void test_time_off_the_cpu(void **state) {
    (void)state;
    static const struct {
        double wall, cpu, away;
        unsigned flags;
    } samples[] = {{2, 2, 0, 0},   {2, 1.99, 0.005, 0}, {2, 1.96, 0.02, DISTURBED_AWAY}, {2, 0.5, 0.75, DISTURBED_AWAY},
                   {2, 2.1, 0, 0}, {0, 0, 0, 0},        {2, 0, 1, DISTURBED_AWAY}};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const struct snapshot before = {.wall = 100, .cpu = 30};
        const struct snapshot after = {.wall = 100 + samples[i].wall, .cpu = 30 + samples[i].cpu};
        const struct disturbance d = disturbance_between(&before, &after);
        if (!(fabs(d.away - samples[i].away) < 1e-9)) fail_msg("%zu: away %g", i, d.away);
        assert_int_equal(d.flags, samples[i].flags);
        assert_true(fabs(d.cpu - samples[i].cpu) < 1e-9);
    }
}

/* Several threads in one sample: counts add up, the one that was away longest counts. */
static void test_disturbances_add_up(void **state) {
    (void)state;
    struct disturbance all = {1, 2, 3, 4, 5, 6, 0.25, 1.5, DISTURBED_SWITCH};
    const struct disturbance other = {10, 20, 30, 40, 50, 60, 0.5, 2.5, DISTURBED_STEAL};
    const struct disturbance quiet = {.away = 0.125};
    disturbance_add(&all, &other);
    disturbance_add(&all, &quiet);
    assert_int_equal(all.switches, 11);
    assert_int_equal(all.migrations, 22);
    assert_int_equal(all.minor_faults, 33);
    assert_int_equal(all.major_faults, 44);
    assert_int_equal(all.run_delay_ns, 55);
    assert_int_equal(all.steal_ticks, 66);
    assert_true(all.away == 0.5 && all.cpu == 4.0);
    assert_int_equal(all.flags, DISTURBED_SWITCH | DISTURBED_STEAL);
}

static void test_what_spoils_a_sample(void **state) {
    (void)state;
    static const struct {
        unsigned flag;
        const char *name;
        bool spoils;
    } flags[] = {{DISTURBED_SWITCH, "switch", false}, {DISTURBED_MIGRATION, "migration", true},
                 {DISTURBED_FAULT, "fault", false},   {DISTURBED_DELAY, "delay", false},
                 {DISTURBED_STEAL, "steal", true},    {DISTURBED_AWAY, "off CPU", true},
                 {DISTURBED_DISK, "disk", true}};
    unsigned all = 0;
    char text[64];
    assert_int_equal(sizeof flags / sizeof *flags, DISTURBANCE_FLAGS);
    for (size_t i = 0; i < DISTURBANCE_FLAGS; i++) {
        assert_int_equal(flags[i].flag, 1 << i);
        assert_string_equal(disturbance_names[i], flags[i].name);
        assert_int_equal(disturbance_spoils(&(struct disturbance){.flags = flags[i].flag}), flags[i].spoils);
        disturbance_text(flags[i].flag, text, sizeof text);
        assert_string_equal(text, flags[i].name);
        all |= flags[i].flag;
    }
    assert_false(
        disturbance_spoils(&(struct disturbance){.flags = DISTURBED_SWITCH | DISTURBED_FAULT | DISTURBED_DELAY}));
    disturbance_text(all, text, sizeof text);
    assert_string_equal(text, "switch, migration, fault, delay, steal, off CPU, disk");
    disturbance_text(0, text, sizeof text);
    assert_string_equal(text, "");
}

static void test_disturbances_here(void **state) {
    (void)state;
    struct monitor monitor;
    struct snapshot before;
    struct snapshot after;
    assert_int_equal(monitor_open(&monitor, sched_getcpu(), NULL), 0);
    monitor_read(&monitor, &before);
    struct timespec nap = {.tv_nsec = 1000000};
    nanosleep(&nap, NULL);
    size_t length = 1 << 20;
    char *fresh = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(fresh != MAP_FAILED);
    memset(fresh, 1, length);
    monitor_read(&monitor, &after);
    struct disturbance d = disturbance_between(&before, &after);
    assert_true(d.flags & DISTURBED_SWITCH);
    assert_true(d.flags & DISTURBED_FAULT);
    assert_true(d.away > 0.01 && d.flags & DISTURBED_AWAY); /* asleep for a millisecond */
    assert_true(disturbance_spoils(&d));
    munmap(fresh, length);

    /* A snapshot is cheap enough between samples of a millisecond. */
    enum { SNAPSHOTS = 200 };
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < SNAPSHOTS; i++) {
        uint64_t start = now_ns();
        monitor_read(&monitor, &after);
        uint64_t each = now_ns() - start;
        if (each < least) least = each;
    }
    print_message("a snapshot takes %.1f us\n", (double)least / 1e3);
    assert_true(least < 1000000);
    monitor_close(&monitor);
}

/* ---- control group ---- */

static void test_cgroup_here(void **state) {
    (void)state;
    struct cgroup cgroup;
    cgroup_read(&cgroup);
    assert_true(isnan(cgroup.quota) || cgroup.quota > 0);
    json_t *json = cgroup_json(&cgroup);
    json_t *quota = json_object_get(json, "quota_cpus");
    assert_true(json_is_null(quota) == (isnan(cgroup.quota) != 0));
    json_decref(json);
}

/* ---- expected times ---- */

static const struct plan_job job = {.rows = 60000, .row_bytes = 784, .folds = 3, .epochs = 5};
static const struct roofs roofs = {.core = 20e9, .node = 50e9};

static struct plan plan_on(const char *machine, const char *where, unsigned nodes) {
    struct topology *topology;
    struct placement placement;
    struct error err = {.text = ""};
    if (topology_load(&topology, machine, &err) != 0) fail_msg("%s", err.text);
    if (placement_resolve(&placement, topology, where, &err) != 0) fail_msg("%s", err.text);
    struct plan plan = plan_placement(&placement, nodes, &job, &roofs);
    placement_free(&placement);
    topology_free(topology);
    return plan;
}

static void test_expected_times(void **state) {
    (void)state;
    const char *machine = "package:2 [numa] l3:1 core:4 pu:2";
    double fold = 60000 * 784.0 * 11 / 3; /* bytes: five epochs over two thirds, then one third */
    assert_near(plan_fold_bytes(&job), fold);
    struct plan core = plan_on(machine, "core", 2);
    assert_near(core.fold_seconds, fold / 20e9);
    assert_near(core.folds_per_second, 20e9 / fold);
    assert_int_equal(core.node_bytes, 60000 * 784);
    /* Siblings share their core. Four cores are limited by their node; two nodes give twice that. */
    assert_near(plan_on(machine, "smt", 2).folds_per_second, 20e9 / fold);
    assert_near(plan_on(machine, "numa-local", 2).folds_per_second, 50e9 / fold);
    assert_near(plan_on(machine, "all-cores", 2).folds_per_second, 100e9 / fold);
    assert_near(plan_on(machine, "all-pus", 2).folds_per_second, 100e9 / fold);
    /* A remote node at half the rate: 4 x 10 GB/s; interleaved 4 x 13.3, and each node gives half of it. */
    assert_near(plan_on(machine, "numa-remote", 2).folds_per_second, 40e9 / fold);
    struct plan interleaved = plan_on(machine, "numa-interleave", 2);
    assert_near(interleaved.folds_per_second, 4 * 20e9 / 1.5 / fold);
    assert_int_equal(interleaved.node_bytes, 60000 * 784 / 2);
}

/* ---- environment ---- */

/* Checks that every null has a reason. Returns the number of nulls. */
static size_t check_nulls(const char *where, json_t *object) {
    size_t nulls = 0;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        char reason[128];
        if (json_is_object(value)) nulls += check_nulls(key, value);
        if (!json_is_null(value)) continue;
        snprintf(reason, sizeof reason, "%s_reason", key);
        nulls++;
        if (!json_string_length(json_object_get(object, reason)))
            fail_msg("%s.%s is null without a reason", where, key);
    }
    return nulls;
}

static void test_environment(void **state) {
    (void)state;
    struct topology *topology;
    assert_int_equal(topology_load(&topology, NULL, NULL), 0);
    json_t *all = environment_json(topology);
    assert_non_null(all);
    static const char *const parts[] = {"cpu", "topology", "frequency", "memory", "os", "cgroup", "build"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_true(json_object_size(json_object_get(all, parts[i])) > 3);
    print_message("%zu facts cannot be read here\n", check_nulls("environment", all));
    json_t *build = json_object_get(all, "build");
    assert_int_equal(json_string_length(json_object_get(build, "program_sha256")), 64);
    assert_string_equal(json_string_value(json_object_get(build, "transcendental")), TRANSCENDENTAL_CLASS);
    assert_true(json_integer_value(json_object_get(json_object_get(all, "memory"), "total_bytes")) > 1 << 20);
    assert_true(json_string_length(json_object_get(json_object_get(all, "os"), "kernel")) > 0);
    json_decref(all);
    topology_free(topology);
}

static void test_distribution_name(void **state) {
    (void)state;
    static const struct {
        const char *text, *name;
    } files[] = {
        {"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=x\n", "Debian GNU/Linux 12 (bookworm)"},
        {"NAME=x\nPRETTY_NAME=Alpine\nID=y", "Alpine"},
        {"PRETTY_NAME=Void Linux \t\r\nID=y", "Void Linux"},
        {"PRETTY_NAME='A \"B\"'", "A \"B\""},
        {"PRETTY_NAME=\"A \\\"B\\\" \\$C\"", "A \"B\" $C"},
        {"PRETTY_NAME=\"cut off\nID=y", "cut off"},
        {"OLD_PRETTY_NAME=\"no\"\n#PRETTY_NAME=no\nPRETTY_NAME=yes", "yes"},
    };
    static const char *const none[] = {
        "", "\n\n", "NAME=x", "XPRETTY_NAME=x\n", "PRETTY_NAME=", "PRETTY_NAME=\"\"\nA=b"};
    char name[64];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_int_equal(os_release_name(name, sizeof name, files[i].text), 0);
        assert_string_equal(name, files[i].name);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(os_release_name(name, sizeof name, none[i]), -1);
    assert_int_equal(os_release_name(name, 4, "PRETTY_NAME=abcdef"), 0);
    assert_string_equal(name, "abc");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timer),
        cmocka_unit_test(test_clock_probe),
        cmocka_unit_test(test_counter_reasons),
        cmocka_unit_test(test_counters_are_scaled),
        cmocka_unit_test(test_counters_that_are_lost),
        cmocka_unit_test(test_counters_here),
        cmocka_unit_test(test_steal_of_a_pu),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_time_off_the_cpu),
        cmocka_unit_test(test_disturbances_add_up),
        cmocka_unit_test(test_what_spoils_a_sample),
        cmocka_unit_test(test_disturbances_here),
        cmocka_unit_test(test_cgroup_here),
        cmocka_unit_test(test_expected_times),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_distribution_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
