/* SPDX-License-Identifier: MIT */
/* Binding and memory on a machine of four packages with a memory node each, which this test plays: hwloc is told that a
 * recorded topology is this machine's, and the system calls that hwloc makes end here. */
#include "learn/job.h"
#include "machine/binding.h"
#include "machine/topology_private.h"
#include "measure/fold_pool.h"
#include "measure/tried.h"
#include "played_syscall.h"
#include "setup.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PUS = 8, NODES = 4 };
enum { BIND = 2, INTERLEAVE = 3 }; /* the kernel's memory policies */

/* How the system answers, and what it was last asked for. */
static struct {
    int bind_error, tell_error, place_error, locate_error, policy_error;
    int lies_about_pus; /* mask that sched_getaffinity answers; 0: the truth */
    int runs_on;        /* PU that every thread runs on; -1: the first it is bound to */
    int lies_about_node;
    long mode; /* of the last mbind */
    unsigned long nodes;
    int places;
} played;
static _Thread_local unsigned long bound;

/* Here hwloc reads its variables: they play the machine. */
void hwloc_variables(char text[VARIABLES_TEXT]) {
    text[0] = 0;
}

static void play(void) {
    memset(&played, 0, sizeof played);
    played.runs_on = -1;
    played.lies_about_node = -1;
    bound = (1UL << PUS) - 1;
}

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set) {
    (void)pid;
    if (played.bind_error) {
        errno = played.bind_error;
        return -1;
    }
    bound = 0;
    for (size_t pu = 0; pu < PUS; pu++)
        if (CPU_ISSET_S(pu, size, set)) bound |= 1UL << pu;
    return 0;
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set) {
    (void)pid;
    if (played.tell_error) {
        errno = played.tell_error;
        return -1;
    }
    unsigned long told = played.lies_about_pus ? (unsigned long)played.lies_about_pus : bound ? bound : 0xff;
    CPU_ZERO_S(size, set);
    for (size_t pu = 0; pu < PUS; pu++)
        if (told >> pu & 1) CPU_SET_S(pu, size, set);
    return 0;
}

int sched_getcpu(void) {
    return played.runs_on >= 0 ? played.runs_on : bound ? __builtin_ctzl(bound) : 0;
}

static long locate(unsigned long count, int *node) {
    for (unsigned long i = 0; i < count; i++)
        node[i] =
            played.lies_about_node >= 0 ? played.lies_about_node : __builtin_ctzl(played.nodes | 1UL << NODES) % NODES;
    return 0;
}

static bool play_syscall(long number, const long argument[6], long *result) {
    if (number != SYS_mbind && number != SYS_move_pages && number != SYS_get_mempolicy) return false;
    *result = -1;
    errno = number == SYS_mbind        ? played.place_error
            : number == SYS_move_pages ? played.locate_error
                                       : played.policy_error;
    if (errno) return true;
    if (number == SYS_get_mempolicy) {
        *result = 0;
    } else if (number == SYS_mbind) {
        played.places++;
        played.mode = argument[2];
        if (argument[3] == 0) return (*result = 0), true;   /* asks for nothing */
        played.nodes = *(const unsigned long *)argument[3]; // NOLINT(performance-no-int-to-ptr): as the kernel takes it
        *result = 0;
    } else {
        *result = locate((unsigned long)argument[1], (int *)argument[4]); // NOLINT
    }
    return true;
}

static struct topology *machine;
static char *page;
static size_t length;

static int set_up(void **state) {
    (void)state;
    struct error err;
    setenv("HWLOC_XMLFILE", "tests/golden/topologies/four-packages-distances.xml", 1);
    setenv("HWLOC_THISSYSTEM", "1", 1);
    play();
    if (topology_load(&machine, NULL, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return -1;
    }
    length = 16 * (size_t)sysconf(_SC_PAGESIZE);
    page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED || !topology_is_this_system(machine) ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    munmap(page, length);
    topology_free(machine);
    return 0;
}

static int begin(void **state) {
    (void)state;
    play();
    return 0;
}

/* Though hwloc takes HWLOC_THISSYSTEM to mean it. */
static void test_description_is_not_this_machine(void **state) {
    (void)state;
    struct topology *other;
    struct error err;
    if (topology_load(&other, "package:1 core:8 pu:1", &err) != 0) fail_msg("%s", err.text);
    assert_false(topology_is_this_system(other));
    topology_free(other);
}

static void test_bound(void **state) {
    (void)state;
    struct error err;
    const struct slot slot = {.pu_os = 5};
    struct affinity *before = affinity_save(machine, &err);
    assert_non_null(before);
    if (bind_worker(machine, &slot, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(bound, 1UL << 5);
    assert_int_equal(current_pu(), 5);
    assert_int_equal(affinity_restore(machine, before, &err), 0);
    assert_int_equal(bound, 0xff);
}

static void refused(const char *words) {
    const struct slot slot = {.pu_os = 5};
    struct error err;
    assert_int_equal(bind_worker(machine, &slot, &err), -1);
    if (!strstr(err.text, words)) fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_not_bound(void **state) {
    (void)state;
    played.bind_error = EPERM;
    refused("PU 5: the system refuses to bind a thread to it: Operation not permitted");
    play();
    played.tell_error = ENOSYS;
    refused("PU 5: the system does not report what the thread is bound to");
    play();
    played.lies_about_pus = 0x0c;
    refused("PU 5: the system bound the thread to PUs 2-3 instead");
    play();
    played.runs_on = 1;
    refused("PU 5: the thread is bound to it but runs on PU 1");
}

static void test_affinity_errors(void **state) {
    (void)state;
    struct error err;
    const struct slot slot = {.pu_os = 5};
    struct affinity *before = affinity_save(machine, &err);
    assert_int_equal(bind_worker(machine, &slot, &err), 0);
    played.bind_error = EPERM;
    assert_int_equal(affinity_restore(machine, before, &err), -1);
    assert_non_null(strstr(err.text, "cannot be restored: Operation not permitted"));
    /* Nothing has changed, so that there is nothing to restore. */
    before = affinity_save(machine, &err);
    assert_int_equal(affinity_restore(machine, before, &err), 0);
    played.tell_error = ENOSYS;
    assert_null(affinity_save(machine, &err));
    assert_non_null(strstr(err.text, "cannot be read"));
}

/* Worker 0 of a placement. */
static struct slot first_slot(const char *name) {
    struct placement placement;
    struct error err;
    if (placement_resolve(&placement, machine, name, &err) != 0) fail_msg("%s", err.text);
    struct slot slot = placement.slots[0];
    placement_free(&placement);
    return slot;
}

static void test_memory_is_placed(void **state) {
    (void)state;
    static const struct {
        const char *placement;
        long mode;
        unsigned long nodes;
    } cases[] = {{"numa-local", BIND, 1}, {"numa-remote", BIND, 1 << 2}, {"numa-interleave", INTERLEAVE, 0xf}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error err;
        char nodes[PU_LIST_TEXT];
        struct slot slot = first_slot(cases[i].placement);
        if (place_memory(machine, page, length, &slot, &err) != 0) fail_msg("%s", err.text);
        assert_int_equal(played.mode, cases[i].mode);
        assert_int_equal(played.nodes, cases[i].nodes);
        if (check_memory(machine, page, length, &slot, &err) != 0) fail_msg("%s", err.text);
        played.lies_about_node = 3;
        assert_int_equal(memory_nodes(machine, page, length, nodes, &err), 0);
        assert_string_equal(nodes, "3");
        played.lies_about_node = -1;
    }
}

static void test_memory_elsewhere(void **state) {
    (void)state;
    struct error err;
    struct slot slot = first_slot("numa-remote");
    assert_int_equal(place_memory(machine, page, length, &slot, &err), 0);
    played.lies_about_node = 1;
    assert_int_equal(check_memory(machine, page, length, &slot, &err), -1);
    assert_string_equal(err.text, "memory: lies on nodes 1 instead of 2");
    played.locate_error = ENOSYS;
    assert_int_equal(check_memory(machine, page, length, &slot, &err), -1);
    assert_non_null(strstr(err.text, "does not report it"));
    char nodes[PU_LIST_TEXT];
    assert_int_equal(memory_nodes(machine, page, length, nodes, &err), -1);
    assert_string_equal(nodes, "");
    played.place_error = EPERM;
    assert_int_equal(place_memory(machine, page, length, &slot, &err), -1);
    assert_non_null(strstr(err.text, "memory, remote on node 2: the system refuses to place"));
    slot.memory_node = NODES;
    assert_int_equal(place_memory(machine, page, length, &slot, &err), -1);
    assert_non_null(strstr(err.text, "not on this machine"));
}

/* A range without a whole page cannot be placed, which is no error. */
static void test_too_little_memory(void **state) {
    (void)state;
    struct error err;
    char nodes[PU_LIST_TEXT];
    struct slot slot = first_slot("numa-remote");
    assert_int_equal(place_memory(machine, page + 1, 100, &slot, &err), 0);
    assert_int_equal(check_memory(machine, page + 1, 100, &slot, &err), 0);
    assert_int_equal(memory_nodes(machine, page + 1, 100, nodes, &err), 0);
    assert_int_equal(played.places, 0);
}

/* Cross-validates on the workers of a placement. Returns the error, "" for none. */
static const char *fold_on(const char *name) {
    static struct error err;
    static struct small_job job;
    struct placement placement;
    struct cv_plan plan;
    struct cv_result expected, result;
    if (small_job_load(&job, 784, &err) != 0 || placement_resolve(&placement, machine, name, &err) != 0 ||
        cv_plan_make(&plan, &job.row_list, FOLDS, ESTIMATOR_SGD, &job.hyper, &err) != 0 ||
        cross_validate(&expected, &job.row_list, FOLDS, &job.hyper, backend_scalar(), NULL, &err) != 0)
        fail_msg("%s", err.text);
    err.text[0] = 0;
    int bad = cross_validate_on(&result, machine, &placement, &plan, backend_scalar(), 1, &err);
    for (unsigned f = 0; !bad && f < FOLDS; f++)
        assert_int_equal(result.fold[f].fingerprint, expected.fold[f].fingerprint);
    if (!bad) cv_free(&result);
    cv_free(&expected);
    cv_plan_free(&plan);
    placement_free(&placement);
    dataset_free(&job.ds);
    return bad ? err.text : "";
}

static void test_rows_of_their_own(void **state) {
    (void)state;
    assert_string_equal(fold_on("numa-remote"), "");
    assert_int_equal(played.places, 1); /* two workers share one copy */
    assert_int_equal(played.nodes, 1 << 2);
    play();
    assert_string_equal(fold_on("all-cores"), "");
    assert_int_equal(played.places, NODES);
    play();
    played.lies_about_node = 3;
    assert_string_equal(fold_on("numa-remote"), "memory: lies on nodes 3 instead of 2");
    play();
    played.place_error = ENOMEM;
    assert_non_null(strstr(fold_on("numa-remote"), "refuses to place"));
}

/* The machine, loaded while the system refuses what `played` says, in place of `machine`; returns the one before. */
static struct topology *load_refused(struct topology_summary *summary) {
    struct error err;
    struct topology *before = machine;
    if (topology_load(&machine, NULL, &err) != 0) fail_msg("%s", err.text);
    topology_summarize(machine, summary);
    return before;
}

static void load_again(struct topology *before) {
    topology_free(machine);
    machine = before;
    play();
}

static void not_here(const char *name, const char *reason) {
    struct placement placement;
    struct error err;
    assert_int_equal(placement_resolve(&placement, machine, name, &err), -1);
    if (!strstr(err.text, reason)) fail_msg("%s: %s", name, err.text);
}

static void noted(const char *name, const char *note) {
    struct placement placement;
    struct error err;
    if (placement_resolve(&placement, machine, name, &err) != 0) fail_msg("%s", err.text);
    if (!strstr(placement.note, note)) fail_msg("%s: '%s' does not say '%s'", name, placement.note, note);
    placement_free(&placement);
}

/* A container refuses memory policies: rows of local placements lie where the bound worker writes them first. */
static void test_placing_refused(void **state) {
    (void)state;
    struct topology_summary summary;
    played.place_error = played.locate_error = EPERM;
    struct topology *before = load_refused(&summary);
    assert_string_equal(summary.no_binding, "");
    assert_string_equal(summary.no_placing,
                        "the system refuses to place memory on a node (mbind: Operation not permitted)");
    assert_non_null(strstr(summary.no_locating, "move_pages: Operation not permitted"));
    not_here("numa-remote", "refuses to place memory on a node (mbind");
    not_here("numa-interleave", "refuses to place memory on a node (mbind");
    noted("core", "its rows lie where their worker first wrote them");
    noted("numa-local", "where its rows lie is not verified");
    assert_string_equal(fold_on("core"), "");
    assert_string_equal(fold_on("all-cores"), "");
    assert_int_equal(played.places, 0);
    load_again(before);
}

/* Only the answer where memory lies is refused: it is placed all the same. */
static void test_locating_refused(void **state) {
    (void)state;
    struct topology_summary summary;
    played.locate_error = ENOSYS;
    struct topology *before = load_refused(&summary);
    assert_string_equal(summary.no_placing, "");
    played.places = 0;
    assert_string_equal(fold_on("numa-remote"), "");
    assert_int_equal(played.places, 1);
    noted("numa-remote", "not verified");
    load_again(before);
}

/* hwloc would repeat get_mempolicy for ever. */
static void test_policy_refused(void **state) {
    (void)state;
    struct topology_summary summary;
    played.policy_error = EINVAL;
    struct topology *before = load_refused(&summary);
    assert_non_null(strstr(summary.no_placing, "get_mempolicy: Invalid argument"));
    assert_string_equal(fold_on("all-cores"), "");
    load_again(before);
}

static void test_binding_refused(void **state) {
    (void)state;
    struct topology_summary summary;
    struct placement placement;
    struct error err;
    played.bind_error = EPERM;
    struct topology *before = load_refused(&summary);
    assert_non_null(strstr(summary.no_binding, "sched_setaffinity: Operation not permitted"));
    not_here("numa-local", "refuses to bind threads to PUs");
    not_here("core:1", "refuses to bind threads to PUs");
    noted("core", "its threads are not bound");
    assert_int_equal(placement_resolve(&placement, machine, "all-cores", &err), 0);
    assert_true(placement.unbound);
    assert_int_equal(bind_worker(machine, &placement.slots[5], &err), 0);
    assert_int_equal(bound_pu(machine, &placement.slots[5]), -1);
    assert_int_equal(bound, 0xff);
    placement_free(&placement);
    assert_string_equal(fold_on("all-cores"), "");
    load_again(before);
}

/* Where one PU is allowed, no permission is needed. */
static void test_one_pu_and_no_binding(void **state) {
    (void)state;
    struct topology_summary summary;
    struct placement placement;
    struct error err;
    bound = 1UL << 5;
    played.bind_error = EPERM;
    struct topology *before = load_refused(&summary);
    assert_string_equal(summary.no_binding, "");
    assert_int_equal(placement_resolve(&placement, machine, "core", &err), 0);
    assert_int_equal(placement.slots[0].pu_os, 5);
    if (bind_worker(machine, placement.slots, &err) != 0) fail_msg("%s", err.text);
    placement_free(&placement);
    assert_string_equal(fold_on("core"), "");
    load_again(before);
}

static void test_affinity_untold(void **state) {
    (void)state;
    static const int errors[] = {EPERM, ENOSYS, EINVAL};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct topology *none;
        struct error err;
        played.tell_error = errors[i];
        assert_int_equal(topology_load(&none, NULL, &err), -1);
        assert_non_null(strstr(err.text, "does not say which PUs this process may use (sched_getaffinity: "));
    }
}

/* What `doctor --measure` asks, on a small job of its own. */
struct asked {
    struct job job;
    struct job_spec spec;
    struct verified_job verified;
    uint32_t permutation[SMALL_ROWS];
    struct alternatives_setup setup;
    struct alternatives made;
};

/* Returns the error, "" for none. */
static const char *ask(struct asked *asked, enum question question, const struct topology *where) {
    static struct error err;
    *asked = (struct asked){.verified = {.engine = ENGINE_F32}};
    job_spec_defaults(&asked->spec);
    asked->spec.rows.data = "synthetic:n=120";
    if (job_open(&asked->job, &asked->spec, &err) != 0 ||
        verified_job_run(&asked->verified, &asked->job.row_list, &asked->spec.hyper, FOLDS, backend_scalar(), &err) !=
            0)
        fail_msg("%s", err.text);
    hyper_permutation(asked->permutation, SMALL_ROWS, &asked->spec.hyper);
    asked->setup = (struct alternatives_setup){.job = &asked->job,
                                               .hyper = &asked->spec.hyper,
                                               .verified = &asked->verified,
                                               .topology = where,
                                               .permutation = asked->permutation};
    return alternatives_make(&asked->made, question, &asked->setup, &err) == 0 ? "" : err.text;
}

static void close_asked(struct asked *asked) {
    alternatives_free(&asked->made);
    verified_job_free(&asked->verified);
    job_close(&asked->job);
}

/* Times what was asked, and judges it. */
static void answer(const struct asked *asked, const struct topology *where) {
    struct tried_outcome outcome;
    struct error err;
    struct alternatives made = asked->made;
    if (alternatives_run(&made, 0.02, 1, where, NULL, &err) != 0) fail_msg("%s", err.text);
    if (tried_judge(&outcome, made.experiment, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(outcome.count, 1);
    assert_true(outcome.ratios[0].speed > 0);
    tried_free(&outcome);
}

static void test_far_memory_is_tried(void **state) {
    (void)state;
    struct asked asked;
    assert_string_equal(ask(&asked, ASK_MEMORY, machine), "");
    assert_int_equal(asked.made.experiment->count, 3);
    assert_int_equal(played.places, 2); /* a near copy and a far one, which stands last */
    assert_int_equal(played.nodes, 1 << 2);
    assert_ptr_equal(asked.made.rows[0], asked.made.rows[1]);
    assert_ptr_not_equal(asked.made.rows[0]->pixels, asked.made.rows[2]->pixels);
    answer(&asked, machine);
    close_asked(&asked);
    assert_int_equal(bound, 0xff);
    play();
    played.lies_about_node = 3;
    assert_string_equal(ask(&asked, ASK_MEMORY, machine), "memory: lies on nodes 3 instead of 0");
    close_asked(&asked);
}

static void test_both_threads_are_tried(void **state) {
    (void)state;
    struct asked asked;
    struct topology *smt;
    struct error err;
    unsetenv("HWLOC_XMLFILE");
    setenv("HWLOC_SYNTHETIC", "package:1 core:4 pu:2", 1);
    if (topology_load(&smt, NULL, &err) != 0) fail_msg("%s", err.text);
    assert_true(topology_is_this_system(smt));
    assert_string_equal(ask(&asked, ASK_SMT, smt), "");
    assert_int_equal(asked.made.experiment->count, 3);
    assert_int_equal(asked.made.experiment->facts[2].workers, 2);
    assert_true(asked.made.experiment->facts[2].work == 2.0 * SMALL_ROWS);
    answer(&asked, smt);
    close_asked(&asked);
    assert_int_equal(bound, 0xff);
    /* Both fits of the last sample are checked. */
    assert_string_equal(ask(&asked, ASK_SMT, smt), "");
    asked.verified.model.epoch_hash[0] ^= 1;
    assert_int_equal(alternatives_run(&asked.made, 0.02, 1, smt, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_CHECK);
    close_asked(&asked);
    topology_free(smt);
    unsetenv("HWLOC_SYNTHETIC");
    setenv("HWLOC_XMLFILE", "tests/golden/topologies/four-packages-distances.xml", 1);
}

/* Where threads cannot be bound, places cannot be compared. */
static void test_no_binding_is_no_question(void **state) {
    (void)state;
    struct topology_summary summary;
    struct asked asked;
    played.bind_error = EPERM;
    struct topology *before = load_refused(&summary);
    assert_string_equal(ask(&asked, ASK_PLACEMENT, machine), "");
    assert_null(asked.made.experiment);
    assert_int_equal(asked.made.not_tried_count, 1);
    assert_non_null(strstr(asked.made.not_tried[0].why, "refuses to bind threads to PUs"));
    close_asked(&asked);
    load_again(before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_description_is_not_this_machine, begin),
        cmocka_unit_test_setup(test_bound, begin),
        cmocka_unit_test_setup(test_not_bound, begin),
        cmocka_unit_test_setup(test_affinity_errors, begin),
        cmocka_unit_test_setup(test_memory_is_placed, begin),
        cmocka_unit_test_setup(test_memory_elsewhere, begin),
        cmocka_unit_test_setup(test_too_little_memory, begin),
        cmocka_unit_test_setup(test_rows_of_their_own, begin),
        cmocka_unit_test_setup(test_placing_refused, begin),
        cmocka_unit_test_setup(test_locating_refused, begin),
        cmocka_unit_test_setup(test_policy_refused, begin),
        cmocka_unit_test_setup(test_binding_refused, begin),
        cmocka_unit_test_setup(test_one_pu_and_no_binding, begin),
        cmocka_unit_test_setup(test_affinity_untold, begin),
        cmocka_unit_test_setup(test_far_memory_is_tried, begin),
        cmocka_unit_test_setup(test_both_threads_are_tried, begin),
        cmocka_unit_test_setup(test_no_binding_is_no_question, begin),
    };
    return cmocka_run_group_tests_name("numa", tests, set_up, tear_down);
}
