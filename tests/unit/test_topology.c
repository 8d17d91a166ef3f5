/* SPDX-License-Identifier: MIT */
/* Topologies and placements: golden plans of made-up machines, expressions, damaged descriptions, this machine.
 *
 * tests/golden/topologies/NAME.txt (synthetic) or NAME.xml is a machine, NAME.plan its expected plan. After an intended
 * change, run with SGDMARK_WRITE_PLANS=1 in the environment: it writes the plans instead of comparing them. */
#include "machine/binding.h"
#include "machine/placement.h"
#include "machine/plan.h"
#include "machine/topology.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER "tests/golden/topologies/"

static const char *const machines[] = {"one-core.txt",
                                       "two-cores-one-l3.txt",
                                       "two-packages-four-nodes-smt.txt",
                                       "eight-l3-smt.txt",
                                       "four-nodes-no-l3.txt",
                                       "arm-128-cores.txt",
                                       "no-node-listed.txt",
                                       "no-core-listed.txt",
                                       "two-dies.txt",
                                       "smt8.txt",
                                       "node-with-two-memories.txt",
                                       "hybrid-p-e.xml",
                                       "big-little.xml",
                                       "two-boost-clocks.xml",
                                       "cgroup-subset.xml",
                                       "cgroup-one-node.xml",
                                       "one-pu-allowed.xml",
                                       "four-packages-distances.xml",
                                       "node-without-memory.xml",
                                       "cores-without-node.xml",
                                       "nvdimm.xml",
                                       "cxl.xml",
                                       "dram-and-cxl.xml",
                                       "memory-side-cache.xml",
                                       "pu-0-off-line.xml",
                                       "clusters-of-two-kinds.xml",
                                       "two-fast-clusters.xml"};

/* A growing text. */
struct text {
    char bytes[16384];
    size_t length;
};

static void append(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void append(struct text *text, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int wrote = vsnprintf(text->bytes + text->length, sizeof text->bytes - text->length, format, args);
    va_end(args);
    text->length += (size_t)wrote;
    assert_true(text->length < sizeof text->bytes);
}

static int read_whole(const char *path, char *bytes, size_t size) {
    FILE *file = fopen(path, "r");
    if (!file) return -1;
    size_t length = fread(bytes, 1, size - 1, file);
    fclose(file);
    bytes[length] = 0;
    return 0;
}

static struct topology *load_machine(const char *file) {
    char path[128];
    char line[512];
    struct topology *topology = NULL;
    struct error err = {.text = ""};
    snprintf(path, sizeof path, FOLDER "%s", file);
    const char *spec = path;
    if (strstr(file, ".txt")) {
        if (read_whole(path, line, sizeof line) != 0) fail_msg("%s cannot be read", path);
        line[strcspn(line, "\n")] = 0;
        spec = line;
    }
    if (topology_load(&topology, spec, &err) != 0) fail_msg("%s: %s", path, err.text);
    return topology;
}

static void write_placement(struct text *plan, const struct topology *topology, const struct placement *placement) {
    char pus[PU_LIST_TEXT];
    char nodes[PU_LIST_TEXT];
    if (!placement->available) {
        append(plan, "%-16s -  %s\n", placement->name, placement->reason);
        return;
    }
    placement_pus(placement, pus);
    placement_nodes(placement, topology, nodes);
    char remote[PU_LIST_TEXT];
    placement_remote_pus(placement, remote);
    append(plan, "%-16s %zu workers on PUs %s, rows %s on nodes %s%s%s%s%s\n", placement->name, placement->count, pus,
           memory_policy_names[placement->slots[0].policy], nodes, remote[0] ? ", remote for PUs " : "", remote,
           placement->same_as[0] ? ", same as " : "", placement->same_as);
}

static void write_plan(struct text *plan, const struct topology *topology) {
    struct topology_summary summary;
    topology_summarize(topology, &summary);
    append(plan,
           "%u packages, %u nodes, %u caches of level %u, %u cores, %u PUs; kinds: %s; allowed: %s; not allowed: %s\n",
           summary.packages, summary.nodes, summary.last_caches, summary.last_cache_level, summary.cores, summary.pus,
           summary.kinds > 1 ? summary.kind_names : "one", summary.allowed,
           summary.not_allowed[0] ? summary.not_allowed : "none");
    struct placement *list;
    size_t count;
    assert_int_equal(placement_list(&list, &count, topology, NULL), 0);
    for (size_t i = 0; i < count; i++)
        write_placement(plan, topology, &list[i]);
    placement_list_free(list, count);
}

static void compare_plan(const char *machine, const struct text *plan) {
    char path[128];
    snprintf(path, sizeof path, FOLDER "%.*s.plan", (int)(strlen(machine) - 4), machine);
    if (getenv("SGDMARK_WRITE_PLANS")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(plan->bytes, file);
        assert_int_equal(fclose(file), 0);
        return;
    }
    char golden[16384];
    if (read_whole(path, golden, sizeof golden) != 0) fail_msg("%s cannot be read", path);
    if (strcmp(golden, plan->bytes) != 0) fail_msg("%s differs from what is planned now:\n%s", path, plan->bytes);
}

static void test_golden_plans(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        struct topology *topology = load_machine(machines[i]);
        assert_false(topology_is_this_system(topology));
        struct text plan = {.length = 0};
        write_plan(&plan, topology);
        compare_plan(machines[i], &plan);
        topology_free(topology);
    }
}

/* Workers without memory of their own read at half the rate of a core; others are slowed by nothing. */
static void test_remote_rate(void **state) {
    (void)state;
    static const struct plan_job job = {.rows = 60000, .row_bytes = 784, .folds = 3, .epochs = 5};
    static const struct roofs roofs = {20e9, 1e15};
    static const struct {
        const char *machine, *place;
        double slow; /* times as long as one core with memory of its own */
    } list[] = {{"node-without-memory.xml", "core", 2},
                {"node-without-memory.xml", "pu:2", 1},
                {"cores-without-node.xml", "core", 1},
                {"cores-without-node.xml", "all-cores", 2},
                {"cgroup-one-node.xml", "pu:4", 2},
                {"nvdimm.xml", "core", 1},
                {"cxl.xml", "all-cores", 1},
                {"cxl.xml", "numa-interleave", 1.0 / 3 + 2 * 2.0 / 3},
                {"memory-side-cache.xml", "all-cores", 1},
                {"dram-and-cxl.xml", "numa-remote", 2},
                {"dram-and-cxl.xml", "core", 1},
                {"four-packages-distances.xml", "numa-remote", 2}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct topology *topology = load_machine(list[i].machine);
        struct topology_summary summary;
        struct placement placement;
        assert_int_equal(placement_resolve(&placement, topology, list[i].place, NULL), 0);
        topology_summarize(topology, &summary);
        const struct plan plan = plan_placement(&placement, summary.usable_nodes, &job, &roofs);
        const double slow = plan.fold_seconds * roofs.core / plan_fold_bytes(&job);
        if (slow < 0.999 * list[i].slow || slow > 1.001 * list[i].slow)
            fail_msg("%s, %s: %g times as long", list[i].machine, list[i].place, slow);
        placement_free(&placement);
        topology_free(topology);
    }
}

/* All indexes of a slot belong to the same PU. */
static void test_slots_agree(void **state) {
    (void)state;
    struct topology *topology = load_machine("two-packages-four-nodes-smt.txt");
    struct placement all;
    assert_int_equal(placement_resolve(&all, topology, "all-pus", NULL), 0);
    assert_int_equal(all.count, 32);
    for (size_t i = 0; i < all.count; i++) {
        const struct slot *slot = &all.slots[i];
        assert_int_equal(slot->pu, i);
        assert_int_equal(slot->pu_os, i % 2 * 16 + i / 2);
        assert_int_equal(slot->core, i / 2);
        assert_int_equal(slot->cache, i / 8);
        assert_int_equal(slot->node, i / 8);
        assert_int_equal(slot->memory_node, i / 8);
        assert_int_equal(slot->package, i / 16);
    }
    placement_free(&all);
    topology_free(topology);
}

/* An expression, and what it resolves to. */
struct expression {
    const char *text;
    const char *expected; /* PUs, or after '!' a part of the error */
};

static void check_expressions(const char *machine, const struct expression *list, size_t count) {
    struct topology *topology = load_machine(machine);
    for (size_t i = 0; i < count; i++) {
        struct placement placement;
        struct error err = {.text = ""};
        int bad = placement_resolve(&placement, topology, list[i].text, &err);
        if (list[i].expected[0] == '!') {
            if (!bad) fail_msg("%s: '%s' was accepted", machine, list[i].text);
            if (!strstr(err.text, list[i].expected + 1)) fail_msg("%s: '%s': %s", machine, list[i].text, err.text);
            assert_null(strchr(err.text, '\n'));
            continue;
        }
        if (bad) fail_msg("%s: %s", machine, err.text);
        char pus[PU_LIST_TEXT];
        placement_pus(&placement, pus);
        if (strcmp(pus, list[i].expected) != 0) fail_msg("%s: '%s' is on PUs %s", machine, list[i].text, pus);
        placement_free(&placement);
    }
    topology_free(topology);
}
#define CHECK(machine, list) check_expressions(machine, list, sizeof(list) / sizeof *(list))

static void test_expressions(void **state) {
    (void)state;
    static const struct expression smt[] = {{"core:3", "3"},
                                            {"core:0-3", "0-3"},
                                            {"pu:0-7", "0-7"},
                                            {"pu:0,16", "0,16"},
                                            {"pu:31", "31"},
                                            {"pu:0-30:2", "0,16,2,18,4,20,6,22,8,24,10,26,12,28,14,30"},
                                            {"pu:1-4:3,20-22:2", "1,4,20,22"},
                                            {"pu:5-5:7", "5"},
                                            {"core:0-8:4", "0,4,8"},
                                            {"package:1.pu:8,31", "8,31"},
                                            {"thread:0-3", "0,16,1,17"},
                                            {"l3:1", "4-7"},
                                            {"numa:3", "12-15"},
                                            {"package:1", "8-15"},
                                            {"package:1.core:0-1", "8-9"},
                                            {"package:all.core:0-1", "0-1,8-9"},
                                            {"package:0-1.numa:1.core:3", "7,15"},
                                            {"package:all.core:all.thread:1", "16-31"},
                                            {"numa:2.pu:all", "8,24,9,25,10,26,11,27"},
                                            {"package:1.numa:1.core:3.thread:1", "31"},
                                            {"numa-local", "0-3"},
                                            {"packages", "0,8"},
                                            {"core:3.pu:1", "!PU 1 is not in that part, whose PUs are 3,19 (thread:1"},
                                            {"pu:32", "!there is no PU 32; the PUs are 0-31"},
                                            {"pu:0-40:20", "!there is no PU 40"},
                                            {"pu:0-30:0", "!not a list"},
                                            {"pu:0-30:", "!not a list"},
                                            {"pu:0:2", "!not a list"},
                                            {"pu:0-30:2:2", "!not a list"},
                                            {"pu:0-4:2,4", "!pu:4 is named twice"},
                                            {"core:16", "!the last one is core:15"},
                                            {"core:15-16", "!there is no core:16"},
                                            {"package:0.core:8", "!the last one is core:7"},
                                            {"die:0", "!the machine lists no die"},
                                            {"core:0,0", "!named twice"},
                                            {"core:0-2,1", "!named twice"},
                                            {"core:2-1", "!not a list"},
                                            {"core:", "!not a list"},
                                            {"core:1,", "!not a list"},
                                            {"core:-1", "!not a list"},
                                            {"core:99999999999999999999", "!not a list"},
                                            {"core:1 ", "!not a list"},
                                            {"core:allx", "!not a list"},
                                            {"core:0.", "!unknown"},
                                            {"socket", "!unknown"},
                                            {"", "!unknown"},
                                            {"kind:P", "!all cores are of one kind"},
                                            {"kind:", "!all cores are of one kind"},
                                            {"fast", "!sgdmark topo lists them"}};
    CHECK("two-packages-four-nodes-smt.txt", smt);
    static const struct expression hybrid[] = {
        {"kind:P", "0,2,4,6,8,10"}, {"kind:X", "!the kinds of core are P, E"}, {"core:6", "12"}};
    CHECK("hybrid-p-e.xml", hybrid);
    static const struct expression subset[] = {
        {"core:2", "4"},
        {"pu:0", "!not allowed here"},
        {"core:1-2", "!core:1 is not allowed here"},
        {"package:0", "4,6"},
        {"pu:4", "4"},
        {"pu:3", "!pu:3 is not allowed here (cgroup or taskset): the allowed PUs are 4-9"},
        {"all-pus", "4-9"}};
    CHECK("cgroup-subset.xml", subset);
    static const struct expression off_line[] = {
        {"pu:1-7:2", "1,3,5,7"}, {"pu:0", "!there is no PU 0; the PUs are 1-7"}, {"thread:0", "1"}};
    CHECK("pu-0-off-line.xml", off_line);
    static const struct expression bare[] = {
        {"core:2", "2"}, {"l3:0", "!lists no l3"}, {"package:0", "!lists no package"}};
    CHECK("no-core-listed.txt", bare);
}

static void test_long_expression(void **state) {
    (void)state;
    struct topology *topology = load_machine("one-core.txt");
    char text[4096];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    struct placement placement;
    struct error err = {.text = ""};
    assert_int_equal(placement_resolve(&placement, topology, text, &err), -1);
    assert_non_null(strstr(err.text, "longer than"));
    topology_free(topology);
}

static void refuse(const char *text, size_t length, const char *part) {
    struct topology *topology = NULL;
    struct error err = {.text = ""};
    if (topology_parse(&topology, "input", text, length, &err) == 0) fail_msg("accepted: %.60s", text);
    if (strncmp(err.text, "input: ", 7) != 0 || strchr(err.text, '\n') || !strstr(err.text, part))
        fail_msg("%.60s: %s", text, err.text);
}

static void test_damaged_descriptions(void **state) {
    (void)state;
    static const char *const wrong[] = {"nonsense",  "core:0", "core:-1 pu:1", "core:2 core:2 core:2", "pu:2 core:2",
                                        "core:2 pu", "[numa",  "numa(",        "pu:4(indexes=0,0,0,0", ":",
                                        "core: pu:1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuse(wrong[i], strlen(wrong[i]), "neither a file nor an hwloc synthetic description");
    refuse("", 0, "empty");
    refuse("core:2\0pu:1", 11, "NUL");
    refuse("core:100000 pu:1", 16, "more than 4096 PUs");
    refuse("100 100 100", 11, "more than 4096 PUs");
    refuse("core:99999999999999999999 pu:2", 30, "more than 4096 PUs");
    refuse("<", 1, "not hwloc XML");
    refuse("<html></html>", 13, "not hwloc XML");
    refuse("<?xml version=\"1.0\"?>\n<topology version=\"2.0\">\n</topology>\n", 58, "");
    char *large = malloc(17 << 20);
    assert_non_null(large);
    memset(large, ' ', 17 << 20);
    refuse(large, 4096, "at most 4095 bytes are read");
    large[0] = '<';
    refuse(large, 17 << 20, "at most 16777215 bytes are read");
    free(large);
}

/* XML that is cut anywhere, or has one byte changed, is either read or refused with one line. */
static void test_damaged_xml(void **state) {
    (void)state;
    char whole[16384];
    assert_int_equal(read_whole(FOLDER "big-little.xml", whole, sizeof whole), 0);
    size_t length = strlen(whole);
    for (size_t at = 1; at < length; at += 97) {
        char cut[16384];
        memcpy(cut, whole, at);
        cut[at] = 0;
        if (at < length - 16) refuse(cut, at, "");
        memcpy(cut, whole, length + 1);
        cut[at] = (char)(cut[at] ^ 0x15);
        struct topology *topology = NULL;
        struct error err = {.text = ""};
        if (!cut[at] || topology_parse(&topology, "input", cut, length, &err) != 0) continue;
        struct text plan = {.length = 0};
        write_plan(&plan, topology);
        topology_free(topology);
    }
}

static void test_missing_files(void **state) {
    (void)state;
    static const struct {
        const char *spec, *part;
    } list[] = {{"/nowhere/at/all", "cannot be read"},
                {"nowhere.xml", "cannot be read"},
                {"tests", "neither a file nor a pipe"},
                {"Makefile", "not hwloc XML"},
                {"/dev/zero", "neither a file nor a pipe"}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct topology *topology;
        struct error err = {.text = ""};
        assert_int_equal(topology_load(&topology, list[i].spec, &err), -1);
        if (!strstr(err.text, list[i].part)) fail_msg("%s: %s", list[i].spec, err.text);
    }
}

/* No variable of hwloc changes what is found, or makes a description this machine; a result names those that were set.
 */
static void test_variables_are_ignored(void **state) {
    (void)state;
    static const char *const settings[][2] = {{"HWLOC_THISSYSTEM", "1"},
                                              {"HWLOC_XMLFILE", FOLDER "big-little.xml"},
                                              {"HWLOC_SYNTHETIC", "core:4000 pu:1"},
                                              {"HWLOC_COMPONENTS", "no_os"},
                                              {"HWLOC_THISSYSTEM_ALLOWED_RESOURCES", "1"},
                                              {"HWLOC_FSROOT", "/nowhere"},
                                              {"HWLOC_CPUID_PATH", "/nowhere"}};
    struct topology *topology, *here;
    struct topology_summary before, after;
    struct error err;
    if (topology_load(&here, NULL, &err) != 0) fail_msg("%s", err.text);
    topology_summarize(here, &before);
    assert_string_equal(before.variables, "");
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        setenv(settings[i][0], settings[i][1], 1);
        if (topology_load(&topology, NULL, &err) != 0) fail_msg("%s: %s", settings[i][0], err.text);
        topology_summarize(topology, &after);
        assert_null(getenv(settings[i][0]));
        assert_non_null(strstr(after.variables, settings[i][0]));
        assert_true(after.this_system);
        assert_int_equal(after.pus, before.pus);
        assert_int_equal(after.cores, before.cores);
        assert_string_equal(after.allowed, before.allowed);
        json_t *recorded = topology_json(topology);
        assert_string_equal(json_string_value(json_object_get(recorded, "hwloc_environment")), after.variables);
        json_decref(recorded);
        topology_free(topology);
        setenv(settings[i][0], settings[i][1], 1);
        if (topology_load(&topology, "package:1 core:8 pu:1", &err) != 0) fail_msg("%s: %s", settings[i][0], err.text);
        topology_summarize(topology, &after);
        assert_false(after.this_system);
        assert_string_equal(after.allowed, "0-7");
        topology_free(topology);
    }
    topology_free(here);
}

/* A description from a pipe, and one with the byte order mark of other systems. */
static void read_from_pipe(const char *text, unsigned cores) {
    int ends[2];
    char path[32];
    struct topology *topology;
    struct topology_summary summary;
    struct error err;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    if (topology_load(&topology, path, &err) != 0) fail_msg("%s", err.text);
    topology_summarize(topology, &summary);
    assert_int_equal(summary.cores, cores);
    topology_free(topology);
    close(ends[0]);
}

static void test_pipes(void **state) {
    (void)state;
    char whole[16384], marked[16384 + 8];
    assert_int_equal(read_whole(FOLDER "big-little.xml", whole, sizeof whole), 0);
    snprintf(marked, sizeof marked, "\xef\xbb\xbf%s\n", whole);
    read_from_pipe(whole, 6);
    read_from_pipe(marked, 6);
    read_from_pipe("package:2 core:4 pu:1\n", 8);
}

/* A format of a later hwloc: read, or refused by its version with the command that writes the older one. */
static void test_newer_xml(void **state) {
    (void)state;
    static const char text[] = "<?xml version=\"1.0\"?>\n<!DOCTYPE topology SYSTEM \"hwloc9.dtd\">\n"
                               "<topology version=\"9.1\">\n  <machine cpus=\"4\"/>\n</topology>\n";
    refuse(text, sizeof text - 1, "hwloc XML of version 9.1, which hwloc");
    refuse(text, sizeof text - 1, "lstopo --export-xml-flags v2 FILE.xml");
}

/* On a topology that is not this machine's hwloc reports success and binds nothing; our functions must fail. */
static void test_binding_is_refused_elsewhere(void **state) {
    (void)state;
    struct topology *topology = load_machine("two-packages-four-nodes-smt.txt");
    struct placement placement;
    assert_int_equal(placement_resolve(&placement, topology, "numa-remote", NULL), 0);
    struct error err = {.text = ""};
    char page[4096];
    char nodes[PU_LIST_TEXT];
    assert_int_equal(bind_worker(topology, placement.slots, &err), -1);
    assert_non_null(strstr(err.text, "not this machine's"));
    assert_null(affinity_save(topology, NULL));
    assert_int_equal(place_memory(topology, page, sizeof page, placement.slots, NULL), -1);
    assert_int_equal(check_memory(topology, page, sizeof page, placement.slots, NULL), -1);
    assert_int_equal(memory_nodes(topology, page, sizeof page, nodes, NULL), -1);
    placement_free(&placement);
    topology_free(topology);
}

static void test_bind_here(void **state) {
    (void)state;
    struct topology *topology;
    struct error err = {.text = ""};
    if (topology_load(&topology, NULL, &err) != 0) fail_msg("%s", err.text);
    assert_true(topology_is_this_system(topology));
    struct affinity *saved = affinity_save(topology, &err);
    assert_non_null(saved);
    struct placement all;
    assert_int_equal(placement_resolve(&all, topology, "all-pus", &err), 0);
    for (size_t i = 0; i < all.count; i++) {
        if (bind_worker(topology, &all.slots[i], &err) != 0) fail_msg("%s", err.text);
        assert_int_equal(current_pu(), all.slots[i].pu_os);
    }
    struct slot absent = all.slots[0];
    absent.pu_os = 4000;
    assert_int_equal(bind_worker(topology, &absent, &err), -1);
    assert_non_null(strstr(err.text, "PU 4000: the system refuses"));
    placement_free(&all);
    assert_int_equal(affinity_restore(topology, saved, &err), 0);
    topology_free(topology);
}

static void test_memory_here(void **state) {
    (void)state;
    struct topology *topology;
    struct error err = {.text = ""};
    assert_int_equal(topology_load(&topology, NULL, &err), 0);
    struct placement core;
    assert_int_equal(placement_resolve(&core, topology, "core", &err), 0);
    size_t length = 8 << 20;
    char *rows = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(rows != MAP_FAILED);
    if (place_memory(topology, rows, length, core.slots, &err) != 0) {
        print_message("placing memory is refused here: %s\n", err.text);
        munmap(rows, length);
        placement_free(&core);
        topology_free(topology);
        skip();
    }
    memset(rows, 1, length);
    if (check_memory(topology, rows, length, core.slots, &err) != 0) fail_msg("%s", err.text);
    char nodes[PU_LIST_TEXT];
    char expected[16];
    if (memory_nodes(topology, rows, length, nodes, &err) != 0) fail_msg("%s", err.text);
    snprintf(expected, sizeof expected, "%d", core.slots[0].memory_node);
    assert_string_equal(nodes, expected);
    munmap(rows, length);
    placement_free(&core);
    topology_free(topology);
}

/* Under taskset the topology still lists the rest of the machine, but placements do not use it. */
static void test_affinity_is_respected(void **state) {
    (void)state;
    cpu_set_t before;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    if (CPU_COUNT(&before) < 2) skip();
    size_t last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &before))
        last--;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    struct topology *topology;
    assert_int_equal(topology_load(&topology, NULL, NULL), 0);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    struct topology_summary summary;
    topology_summarize(topology, &summary);
    assert_int_equal(summary.allowed_pus, 1);
    assert_true(summary.pus >= 2);
    assert_true(summary.not_allowed[0] != 0);
    struct placement all;
    assert_int_equal(placement_resolve(&all, topology, "all-pus", NULL), 0);
    assert_int_equal(all.count, 1);
    assert_int_equal(all.slots[0].pu_os, last);
    placement_free(&all);
    topology_free(topology);
}

static void test_export(void **state) {
    (void)state;
    struct topology *topology;
    assert_int_equal(topology_load(&topology, NULL, NULL), 0);
    struct error err = {.text = ""};
    char *xml = topology_xml(topology, &err);
    assert_non_null(xml);
    char host[256];
    assert_int_equal(gethostname(host, sizeof host), 0);
    static const char *const names[] = {"HostName", "ProcessName", "CommandLine", "LinuxCgroup", "OSVersion", "Serial"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(strstr(xml, names[i]));
    /* The export loads again, as another machine, with the same placements. */
    struct topology *again;
    if (topology_parse(&again, "export", xml, strlen(xml), &err) != 0) fail_msg("%s", err.text);
    assert_false(topology_is_this_system(again));
    struct topology_summary a;
    struct topology_summary b;
    topology_summarize(topology, &a);
    topology_summarize(again, &b);
    assert_int_equal(a.pus, b.pus);
    assert_int_equal(a.cores, b.cores);
    assert_int_equal(a.memory_bytes, b.memory_bytes);
    free(xml);
    json_t *json = topology_json(topology);
    assert_non_null(json);
    assert_int_equal(strlen(json_string_value(json_object_get(json, "sha256"))), 64);
    json_decref(json);
    topology_free(again);
    topology_free(topology);
}

static void assert_names(const char *text, size_t count, const char *last) {
    struct placement_names names = {.count = 0};
    struct error err;
    if (placement_names_add(&names, text, &err) != 0) fail_msg("%s: %s", text, err.text);
    assert_int_equal(names.count, count);
    assert_string_equal(names.name[count - 1], last);
}

/* Commas part names, but not the numbers of an expression. */
static void test_several_names(void **state) {
    (void)state;
    struct placement_names names = {.count = 0};
    struct error err;
    char many[400] = "pu:0";
    assert_names("core", 1, "core");
    assert_names("core,all-cores", 2, "all-cores");
    assert_names("pu:0,4-7", 1, "pu:0,4-7");
    assert_names("core,pu:0,4-7,8-30:2,all-cores", 3, "all-cores");
    assert_names("pu:0,2,pu:0,3,pu:0,2", 2, "pu:0,3");
    assert_int_equal(placement_names_add(&names, "core,core", &err), 0);
    assert_int_equal(placement_names_add(&names, "core", &err), 0);
    assert_int_equal(names.count, 1);
    static const char *const empty[] = {"", ",", "core,", ",core", "core,,all-cores"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        assert_int_equal(placement_names_add(&names, empty[i], &err), -1);
        assert_string_equal(err.text, "placement '': the name is empty (sgdmark topo lists its placements)");
    }
    for (int i = 1; i <= 16; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), ",pu:%d", i);
    names.count = 0;
    assert_int_equal(placement_names_add(&names, many, &err), -1);
    assert_string_equal(err.text, "takes at most 16 placements");
    memset(many, 'x', 96);
    many[96] = 0;
    names.count = 0;
    assert_int_equal(placement_names_add(&names, many, &err), -1);
    many[95] = 0;
    assert_int_equal(placement_names_add(&names, many, &err), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden_plans),
        cmocka_unit_test(test_remote_rate),
        cmocka_unit_test(test_slots_agree),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_long_expression),
        cmocka_unit_test(test_damaged_descriptions),
        cmocka_unit_test(test_damaged_xml),
        cmocka_unit_test(test_missing_files),
        cmocka_unit_test(test_variables_are_ignored),
        cmocka_unit_test(test_pipes),
        cmocka_unit_test(test_newer_xml),
        cmocka_unit_test(test_binding_is_refused_elsewhere),
        cmocka_unit_test(test_several_names),
        cmocka_unit_test(test_bind_here),
        cmocka_unit_test(test_memory_here),
        cmocka_unit_test(test_affinity_is_respected),
        cmocka_unit_test(test_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
