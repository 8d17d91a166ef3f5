/* SPDX-License-Identifier: MIT */
/* Fleets in memory: generated ones without a fault name nobody; planted faults are named with their place and cause;
 * lists of names; launchers that started each process alone. */
#include "base/json.h"
#include "learn/fit.h"
#include "machine/launcher.h"
#include "record/fleet.h"
#include "record/fleet_names.h"
#include "record/node_screen.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NODES = 1000, CORES = 8, KINDS = 3 };
static const double noise = 0.005;

/* xorshift64*: the same numbers on every machine. */
static uint64_t state;
static double uniform(void) {
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return ((double)(state * 2685821657736338717ULL >> 11) + 0.5) / 0x1p53;
}

static double normal(void) {
    return sqrt(-2.0 * log(uniform())) * cos(2.0 * 3.14159265358979323846 * uniform());
}

/* A time of this node with its noise; the rounds of a node differ by a third of it. */
static uint64_t near(double usual, double node) {
    return (uint64_t)(usual * node * (1.0 + noise / 3.0 * normal()));
}

static struct fleet_node make_node(int i, int size) {
    static const double usual[NODE_METRICS] = {9000.0, 9150.0, 1.3e7, 1.5e7, 1.1e7, 17000.0, 90000.0, 300000.0};
    struct fleet_node node = {.rank = i, .size = size, .done = true, .checks = 50, .core_count = CORES};
    const int kind = i % KINDS;
    snprintf(node.name, sizeof node.name, "n%04d", i);
    strcpy(node.run, "slurm-7");
    strcpy(node.job, "0123456789abcdef");
    strcpy(node.started, "2026-01-01T00:00:00Z");
    snprintf(node.cpu, sizeof node.cpu, "CPU %d", kind);
    node.environment = json_pack("{s:s}", "frequency.governor", "performance");
    node.cores = calloc(CORES, sizeof *node.cores);
    node.kept = CORES;
    assert_non_null(node.cores);
    for (size_t m = 0; m < NODE_METRICS; m++) {
        const double own = 1.0 + noise * normal();
        for (size_t r = 0; r < NODE_ROUNDS; r++)
            node.metric[m][r] = near(usual[m] * (1.0 + 0.2 * kind), own);
    }
    for (unsigned c = 0; c < CORES; c++)
        node.cores[c] = (struct node_core){.pu = c,
                                           .core = c,
                                           .package = c / (CORES / 2),
                                           .epoch = {near(9000.0, 1.0), near(9000.0, 1.0)},
                                           .compute = near(17000.0, 1.0),
                                           .memory = near(90000.0, 1.0),
                                           .cycle = near(300000.0, 1.0)};
    return node;
}

static void make_fleet(struct fleet *fleet, int nodes, uint64_t seed) {
    *fleet = (struct fleet){0};
    state = seed * 0x9e3779b97f4a7c15ULL + 1;
    for (int i = 0; i < nodes; i++) {
        struct fleet_node node = make_node(i, nodes);
        assert_int_equal(fleet_add(fleet, &node, NULL), 0);
    }
}

static void judge(struct fleet *fleet) {
    struct error err;
    if (fleet_judge(fleet, NULL, &err) != 0) fail_msg("%s", err.text);
}

static void a_hundred_fleets_without_a_fault(void **unused) {
    size_t named = 0, unconfirmed = 0;
    (void)unused;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct fleet fleet;
        make_fleet(&fleet, NODES, seed);
        judge(&fleet);
        assert_int_equal(fleet.groups, KINDS);
        assert_int_equal(fleet.counted, NODES);
        assert_int_equal(fleet.missing_count, 0);
        named += fleet.slow;
        unconfirmed += fleet.unconfirmed;
        fleet_free(&fleet);
    }
    print_message("# %zu nodes of 100,000 called slow, %zu unconfirmed\n", named, unconfirmed);
    assert_in_range(named, 0, 1);
}

static void slow_down(struct fleet_node *node, unsigned first, unsigned end, bool clock, double by) {
    for (size_t r = 0; r < NODE_ROUNDS; r++)
        node->metric[NODE_SLOWEST][r] = (uint64_t)((double)node->metric[NODE_SLOWEST][r] * by);
    for (unsigned c = first; c < end; c++) {
        for (size_t r = 0; r < NODE_ROUNDS; r++)
            node->cores[c].epoch[r] = (uint64_t)((double)node->cores[c].epoch[r] * by);
        uint64_t *roof = clock ? &node->cores[c].cycle : &node->cores[c].memory;
        *roof = (uint64_t)((double)*roof * by);
    }
}

static void expect_where(const struct fleet *fleet, size_t node, const char *text) {
    assert_int_equal(fleet->judged[node].state, NODE_SLOW);
    if (!strstr(fleet->judged[node].where, text)) fail_msg("'%s' is not in '%s'", text, fleet->judged[node].where);
}

static void slow_nodes_are_named_with_place_and_cause(void **unused) {
    struct fleet fleet;
    (void)unused;
    make_fleet(&fleet, 60, 5);
    slow_down(&fleet.node[7], 3, 4, true, 1.08);
    slow_down(&fleet.node[11], 4, 8, false, 1.08);
    slow_down(&fleet.node[20], 0, 8, true, 1.08);
    json_object_set_new(fleet.node[20].environment, "frequency.governor", json_string("powersave"));
    judge(&fleet);
    assert_int_equal(fleet.slow, 3);
    expect_where(&fleet, 7, "core 3 (PU 3, package 0): its clock is");
    expect_where(&fleet, 11, "package 1: its memory roof is");
    expect_where(&fleet, 20, "all cores: its clock is");
    assert_non_null(strstr(fleet.judged[20].differs, "governor is powersave, with 19 others performance"));
    assert_string_equal(fleet.judged[7].differs, "");
    fleet_free(&fleet);
}

/* Slow in one of its rounds only, or by less than 3 %, or in a group of four: not called slow. */
static void doubtful_nodes_are_not_called_slow(void **unused) {
    struct fleet fleet;
    (void)unused;
    make_fleet(&fleet, 60, 6);
    fleet.node[4].metric[NODE_FOLDS_ALL][1] = fleet.node[4].metric[NODE_FOLDS_ALL][1] / 10 * 12;
    judge(&fleet);
    assert_int_equal(fleet.slow, 0);
    assert_int_equal(fleet.judged[4].state, NODE_UNCONFIRMED);
    fleet_free(&fleet);

    make_fleet(&fleet, 60, 7);
    for (int i = 0; i < 60; i++) /* no noise at all: 6 MAD are nothing */
        for (size_t m = 0; m < NODE_METRICS; m++)
            for (size_t r = 0; r < NODE_ROUNDS; r++)
                fleet.node[i].metric[m][r] = 100000;
    fleet.node[9].metric[NODE_EPOCH][0] = fleet.node[9].metric[NODE_EPOCH][1] = 102900;
    fleet.node[10].metric[NODE_EPOCH][0] = fleet.node[10].metric[NODE_EPOCH][1] = 103100;
    judge(&fleet);
    assert_int_equal(fleet.slow, 1);
    assert_int_equal(fleet.judged[10].state, NODE_SLOW);
    fleet_free(&fleet);

    make_fleet(&fleet, KINDS * (FLEET_FEWEST - 1), 8);
    slow_down(&fleet.node[0], 0, 8, true, 2.0);
    judge(&fleet);
    assert_int_equal(fleet.slow, 0);
    assert_false(fleet.group[0].judged);
    fleet_free(&fleet);
}

/* Wide noise: 3 % is nothing there. */
static void six_mad_bound_noisy_groups(void **unused) {
    struct fleet fleet;
    (void)unused;
    make_fleet(&fleet, 90, 9);
    for (size_t i = 0; i < 90; i++)
        for (size_t r = 0; r < NODE_ROUNDS; r++)
            fleet.node[i].metric[NODE_EPOCH][r] = 9000 + 300 * (i / 3 % 5);
    judge(&fleet);
    assert_int_equal(fleet.slow + fleet.unconfirmed, 0);
    fleet_free(&fleet);
}

static void wrong_dead_missing_and_doubled_nodes(void **unused) {
    struct fleet fleet;
    char verdict[FLEET_VERDICT];
    (void)unused;
    make_fleet(&fleet, 60, 10);
    fleet.node[3].wrong = 1;
    fleet.node[3].faults = 1;
    fleet.node[6].done = false;
    for (int i = 0; i < 60; i++)
        fleet.node[i].size = 62; /* two more ranks never came */
    strcpy(fleet.node[50].name, fleet.node[40].name);
    judge(&fleet);
    assert_int_equal(fleet.wrong, 1);
    assert_int_equal(fleet.dead, 1);
    assert_int_equal(fleet.missing_count, 2);
    assert_string_equal(fleet.missing[0], "rank-60");
    assert_int_equal(fleet.bad_count, 2);
    assert_int_equal(fleet.counted, 58);
    assert_false(fleet_is_well(&fleet));
    fleet_verdict(verdict, &fleet);
    assert_string_equal(verdict, "58 nodes counted of 62: 1 wrong, 1 dead, 2 missing; 2 files not counted");
    fleet_free(&fleet);
}

static void names_tell_who_is_missing(void **unused) {
    struct fleet fleet;
    struct error err;
    (void)unused;
    make_fleet(&fleet, 8, 11);
    assert_int_equal(fleet_expect(&fleet, "n[0000-0009],m1", 0, &err), 0);
    judge(&fleet);
    assert_int_equal(fleet.missing_count, 3);
    assert_string_equal(fleet.missing[0], "n0008");
    assert_string_equal(fleet.missing[2], "m1");
    fleet_free(&fleet);
}

static void singletons_are_no_fleet(void **unused) {
    struct fleet fleet;
    (void)unused;
    make_fleet(&fleet, 3, 12);
    for (int i = 0; i < 3; i++) {
        fleet.node[i].rank = 0;
        fleet.node[i].size = 1;
    }
    judge(&fleet);
    assert_true(fleet.singletons);
    assert_false(fleet_is_well(&fleet));
    fleet_free(&fleet);
}

static void history_names_what_became_slower(void **unused) {
    struct fleet fleet;
    struct error err;
    (void)unused;
    make_fleet(&fleet, 60, 13);
    judge(&fleet);
    json_t *then = fleet_json(&fleet);
    assert_non_null(then);
    fleet_free(&fleet);
    make_fleet(&fleet, 60, 13);
    for (int i = 0; i < 60; i++) /* all 10 % slower; one 14 % */
        for (size_t r = 0; r < NODE_ROUNDS; r++) {
            fleet.node[i].metric[NODE_EPOCH][r] = fleet.node[i].metric[NODE_EPOCH][r] * (i == 33 ? 116 : 110) / 100;
            fleet.node[i].metric[NODE_FOLDS_ALL][r] = fleet.node[i].metric[NODE_FOLDS_ALL][r] * 110 / 100;
        }
    assert_int_equal(fleet_judge(&fleet, then, &err), 0);
    assert_int_equal(fleet.changed, 1);
    assert_true(fleet.judged[33].changed);
    fleet_free(&fleet);
    json_decref(then);
}

static void lists_of_names(void **unused) {
    static const char *const wrong[] = {"", "n[", "n[]", "n[3-1]", "n[1-x]", "a b;c", "$(reboot)", "n[1-9999999]"};
    struct error err;
    size_t count = 0;
    (void)unused;
    char(*names)[NODE_NAME] = node_names_expand("n[01-03,7]-ib, m1", &count, &err);
    assert_non_null(names);
    assert_int_equal(count, 5);
    assert_string_equal(names[0], "n01-ib");
    assert_string_equal(names[3], "n7-ib");
    assert_string_equal(names[4], "m1");
    free(names);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_null(node_names_expand(wrong[i], &count, &err));
}

/* Slurm says three, and the launcher one. */
static void a_launcher_that_starts_each_alone(void **unused) {
    const struct launcher alone = {"mpirun", 0, 1}, of_three = {"mpirun", 1, 3}, none = {0}, srun = {"srun", 0, 1};
    struct error err;
    (void)unused;
    unsetenv("SLURM_JOB_NUM_NODES");
    unsetenv("SLURM_NNODES");
    unsetenv("SLURM_NTASKS");
    unsetenv("ENVIRONMENT");
    assert_int_equal(launcher_check_alone(&alone, &err), 0);
    setenv("SLURM_NTASKS", "3", 1);
    assert_int_equal(launcher_check_alone(&alone, &err), -1);
    assert_non_null(strstr(err.text, "SLURM_NTASKS is 3"));
    assert_non_null(strstr(err.text, "srun --ntasks-per-node=1"));
    assert_int_equal(launcher_check_alone(&of_three, &err), 0);
    assert_int_equal(launcher_check_alone(&srun, &err), 0);
    assert_int_equal(launcher_check_alone(&none, &err), 0);
    setenv("ENVIRONMENT", "BATCH", 1);
    assert_int_equal(launcher_check_alone(&none, &err), -1);
    assert_non_null(strstr(err.text, "batch script itself"));
    unsetenv("ENVIRONMENT");
    unsetenv("SLURM_NTASKS");
}

/* The world of MPI has one process, though others were started. */
static void a_world_of_one(void **unused) {
    const struct launcher of_three = {"mpiexec", 1, 3}, alone = {"mpirun", 0, 1}, none = {0}, srun = {"srun", 0, 1};
    struct error err;
    (void)unused;
    unsetenv("SLURM_JOB_NUM_NODES");
    unsetenv("SLURM_NNODES");
    unsetenv("SLURM_NTASKS");
    assert_int_equal(launcher_check_world(&of_three, 3, &err), 0);
    assert_int_equal(launcher_check_world(&of_three, 1, &err), -1);
    assert_non_null(strstr(err.text, "mpiexec started 3 processes, but MPI knows of 1"));
    assert_int_equal(launcher_check_world(&alone, 1, &err), 0);
    assert_int_equal(launcher_check_world(&none, 1, &err), 0);
    setenv("SLURM_NTASKS", "4", 1);
    assert_int_equal(launcher_check_world(&none, 4, &err), 0);
    assert_int_equal(launcher_check_world(&srun, 1, &err), 0);
    assert_int_equal(launcher_check_world(&alone, 1, &err), -1);
    assert_int_equal(launcher_check_world(&none, 1, &err), -1);
    assert_non_null(strstr(err.text, "SLURM_NTASKS is 4"));
    assert_non_null(strstr(err.text, "put mpirun before the command"));
    unsetenv("SLURM_NTASKS");
}

/* What a soak and a roof found on a core stands in the node's file, with that core. */
static void wrong_cores_are_named(void **unused) {
    struct screen_core core[2] = {{.slot = {.pu_os = 4, .core = 2, .package = 1}},
                                  {.slot = {.pu_os = 6, .core = 3, .package = 1}, .wrong = "a roof is wrong"}};
    struct soak_core soaked = {.pu_os = 4};
    struct soak_unit unit = {.kernel = -1, .backend = backend_scalar(), .known = true};
    struct soak_count ran = {.calls = 5, .wrong = 2};
    struct soak_fault found = {.bytes = 8, .real = true, .got = 0x3ff8000000000000, .right = 0x4004000000000000};
    struct screen screen = {.core = core,
                            .cores = 2,
                            .checks = 9,
                            .wrong = "folds differ",
                            .soak = {.cores = &soaked,
                                     .core_count = 1,
                                     .units = &unit,
                                     .unit_count = 1,
                                     .ran = &ran,
                                     .faults = &found,
                                     .fault_count = 1}};
    struct fleet_node node = {0};
    struct error err;
    (void)unused;
    core[0].epoch[0] = core[0].epoch[1] = 9e-9;
    core[1].epoch[0] = core[1].epoch[1] = 10e-9;
    assert_int_equal(node_take_screen(&node, &screen, &err), 0);
    assert_int_equal(node.wrong, 3);
    assert_int_equal(node.faults, 3);
    assert_int_equal(node.fault[0].pu, 4);
    assert_int_equal(node.fault[0].core, 2);
    assert_int_equal(node.fault[0].package, 1);
    assert_non_null(strstr(node.fault[0].what, "fit of scalar is wrong, 2 times in 5: 1.5, correct is 2.5 (core)"));
    assert_int_equal(node.fault[1].pu, 6);
    assert_int_equal(node.fault[2].pu, -1);
    assert_int_equal(node.metric[NODE_EPOCH][0], 9500);
    assert_int_equal(node.metric[NODE_SLOWEST][1], 10000);
    node_free(&node);
}

/* The largest file of a node: all cores and all texts at their longest. */
static void a_file_has_at_most_20_kb(void **unused) {
    struct error err;
    struct fleet_node node = make_node(1, 1000), again;
    char path[] = "/tmp/test_fleet.XXXXXX";
    (void)unused;
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    free(node.cores);
    node.cores = calloc(NODE_CORES, sizeof *node.cores);
    node.kept = NODE_CORES;
    assert_non_null(node.cores);
    for (unsigned c = 0; c < NODE_CORES; c++)
        node.cores[c] = (struct node_core){1000 + c, 1000 + c, 15, {20000, 20000}, 99999, 999999, 999999};
    for (int k = 0; k < 31; k++) {
        char key[32], value[101] = "";
        snprintf(key, sizeof key, "memory.a_rather_long_name_%02d", k);
        memset(value, 'x', sizeof value - 1);
        json_object_set_new(node.environment, key, json_string(value));
    }
    node.wrong = node.faults = NODE_FAULTS;
    for (size_t f = 0; f < NODE_FAULTS; f++) {
        node.fault[f] = (struct node_fault){1000, 1000, 15, ""};
        memset(node.fault[f].what, 'x', NODE_TEXT - 1);
    }
    if (node_write(&node, path, &err) != 0) fail_msg("%s", err.text);
    if (node_read(&again, path, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(again.kept, NODE_CORES);
    assert_memory_equal(again.cores, node.cores, NODE_CORES * sizeof *node.cores);
    assert_memory_equal(again.metric, node.metric, sizeof node.metric);
    node_free(&again);
    node_free(&node);
    remove(path);
    (void)fd;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_fleets_without_a_fault),
        cmocka_unit_test(slow_nodes_are_named_with_place_and_cause),
        cmocka_unit_test(doubtful_nodes_are_not_called_slow),
        cmocka_unit_test(six_mad_bound_noisy_groups),
        cmocka_unit_test(wrong_dead_missing_and_doubled_nodes),
        cmocka_unit_test(names_tell_who_is_missing),
        cmocka_unit_test(singletons_are_no_fleet),
        cmocka_unit_test(history_names_what_became_slower),
        cmocka_unit_test(lists_of_names),
        cmocka_unit_test(a_launcher_that_starts_each_alone),
        cmocka_unit_test(a_world_of_one),
        cmocka_unit_test(wrong_cores_are_named),
        cmocka_unit_test(a_file_has_at_most_20_kb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
