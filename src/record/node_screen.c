/* SPDX-License-Identifier: MIT */
#include "record/node_screen.h"

#include "base/hash.h"
#include "base/json.h"
#include "learn/hyper_table.h"
#include "machine/doctor.h"
#include "machine/environment.h"
#include "measure/stats.h"
#include "version.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void node_job(char text[17], const struct job *job, const struct job_spec *spec, unsigned folds) {
    json_t *all =
        json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:o}", "version", SGDMARK_VERSION, "pixels", job->ds.pixels_sha256,
                  "labels", job->ds.labels_sha256, "hyper", hyper_json(spec, folds), "n", (json_int_t)job->row_list.n,
                  "digit", (json_int_t)spec->digit, "order", json_hex(view_hash(&job->view)));
    char *line = all ? json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    hex_text(text, line ? fnv1a(FNV_START, line, strlen(line)) : 0);
    free(line);
    json_decref(all);
}

/* ---- The machine */

/* What is compared between the nodes of a group: it stays the same from run to run on a machine that is left alone. */
static const struct {
    const char *part, *key;
} compared[] = {{"frequency", "driver"},
                {"frequency", "governor"},
                {"frequency", "governors"},
                {"frequency", "energy_preference"},
                {"frequency", "idle_driver"},
                {"frequency", "smt"},
                {"frequency", "min_khz"},
                {"frequency", "max_khz"},
                {"frequency", "boost"},
                {"frequency", "no_turbo"},
                {"memory", "huge_pages"},
                {"memory", "transparent_huge_pages"},
                {"memory", "transparent_huge_pages_defrag"},
                {"memory", "online_nodes"},
                {"memory", "numa_balancing"},
                {"memory", "swappiness"},
                {"memory", "swap_total_bytes"},
                {"memory", "dimm_speed"},
                {"os", "kernel"},
                {"os", "kernel_parameters"},
                {"os", "distribution"},
                {"os", "isolated_pus"},
                {"os", "nohz_full_pus"},
                {"os", "online_pus"},
                {"os", "allowed_pus"},
                {"os", "clocksource"},
                {"os", "system_product"},
                {"os", "nmi_watchdog"},
                {"os", "mitigations"},
                {"os", "container"},
                {"cgroup", "quota_cpus"}};

enum { MOST_VALUE = 100 };

/* A value as text of at most MOST_VALUE bytes; of a longer one its hash. */
static json_t *short_text(const json_t *value) {
    if (!value || json_is_null(value)) return json_string("unknown");
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    char hash[HEX_TEXT];
    if (!text) return NULL;
    const size_t length = strlen(text);
    if (length > MOST_VALUE) hex_text(hash, fnv1a(FNV_START, text, length));
    json_t *out = length > MOST_VALUE ? json_sprintf("hash %s", hash) : json_escaped(text);
    free(text);
    return out;
}

/* Installed memory in GiB: what the system may use lies a little below it and differs from node to node. Rounded up to
 * a sixteenth of its power of two. */
static unsigned installed_gib(uint64_t bytes) {
    const uint64_t gib = (bytes >> 30) + 1;
    uint64_t step = 1;
    while (step * 16 <= gib / 2)
        step *= 2;
    return (unsigned)((gib + step - 1) / step * step);
}

static void take_group(struct fleet_node *node, const json_t *environment, const struct topology *topology) {
    struct topology_summary machine;
    char cpu[sizeof machine.cpu_model];
    topology_summarize(topology, &machine);
    const char *microcode = json_string_value(json_object_get(json_object_get(environment, "cpu"), "microcode"));
    const char *build = json_string_value(json_object_get(json_object_get(environment, "build"), "program_sha256"));
    const json_t *memory = json_object_get(json_object_get(environment, "memory"), "total_bytes");
    snprintf(cpu, sizeof cpu, "%s", machine.cpu_model[0] ? machine.cpu_model : "unnamed CPU");
    char *escaped = escape_text(cpu, true);
    snprintf(node->cpu, sizeof node->cpu, "%.120s", escaped ? escaped : "unnamed CPU");
    free(escaped);
    snprintf(node->microcode, sizeof node->microcode, "%.31s", microcode ? microcode : "unknown");
    snprintf(node->build, sizeof node->build, "%.16s", build ? build : "unknown");
    node->memory_gib = installed_gib(json_is_integer(memory) ? (uint64_t)json_integer_value(memory) : 0);
    node->core_count = machine.allowed_cores;
}

int node_describe(struct fleet_node *node, const struct topology *topology, struct error *err) {
    struct doctor doctor;
    json_t *environment = environment_json(topology);
    node->environment = json_object();
    node->findings = json_array();
    for (size_t i = 0; i < sizeof compared / sizeof *compared; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%s", compared[i].part, compared[i].key);
        json_put(node->environment, name,
                 short_text(json_object_get(json_object_get(environment, compared[i].part), compared[i].key)));
    }
    take_group(node, environment, topology);
    doctor_examine(&doctor, environment);
    for (size_t i = 0; i < doctor.count; i++)
        json_add(node->findings, json_string(doctor.list[i].name));
    json_decref(environment);
    return environment && !json_lost() ? 0 : fail_program(err, "out of memory for the facts of this machine");
}

/* ---- Checks */

static void add_fault(struct fleet_node *node, const struct slot *slot, const char *what) {
    node->wrong++;
    if (node->faults == NODE_FAULTS) return;
    struct node_fault *fault = &node->fault[node->faults++];
    char *shown = escape_text(what, true);
    *fault = (struct node_fault){slot ? (int)slot->pu_os : -1, slot ? slot->core : -1, slot ? slot->package : -1, ""};
    snprintf(fault->what, sizeof fault->what, "%.190s", shown ? shown : "");
    free(shown);
}

void node_take_checks(struct fleet_node *node, const struct check_list *checks, const struct verified_jobs *jobs) {
    const struct verified_job *best = &jobs->list[verified_jobs_best(jobs, ENGINE_F32)];
    verified_job_name(node->backend, best);
    node->checks += checks->made;
    for (size_t i = 0; i < checks->count; i++) {
        char what[sizeof checks->failed->what + sizeof checks->failed->case_name];
        snprintf(what, sizeof what, "%.190s: %.250s", checks->failed[i].case_name, checks->failed[i].what);
        add_fault(node, NULL, what);
    }
    node->fingerprints = json_object();
    for (size_t i = 0; i < jobs->count; i++) {
        char name[JOB_NAME];
        verified_job_name(name, &jobs->list[i]);
        json_put(node->fingerprints, name, json_hex(jobs->list[i].model.fingerprint));
    }
}

static const struct slot *slot_of(const struct screen *screen, unsigned pu) {
    for (size_t c = 0; c < screen->cores; c++)
        if (screen->core[c].slot.pu_os == pu) return &screen->core[c].slot;
    return NULL;
}

/* The first wrong result of each kernel on each core. */
static void take_soak(struct fleet_node *node, const struct screen *screen) {
    const struct soak_outcome *soak = &screen->soak;
    for (size_t i = 0; i < soak->fault_count; i++) {
        const struct soak_fault *fault = &soak->faults[i];
        const struct soak_unit *unit = &soak->units[fault->unit];
        const struct soak_count *ran = &soak->ran[fault->core * soak->unit_count + fault->unit];
        char what[NODE_TEXT], got[REAL_TEXT], right[REAL_TEXT];
        format_real(got, soak_value(fault, fault->got));
        format_real(right, soak_value(fault, fault->right));
        snprintf(what, sizeof what, "%s of %s is wrong, %" PRIu64 " times in %" PRIu64 ": %s, correct is %s (%s)",
                 soak_unit_name(unit), unit->backend->name, ran->wrong, ran->calls, got, right,
                 soak_cause_names[fault->cause]);
        add_fault(node, slot_of(screen, soak->cores[fault->core].pu_os), what);
    }
    if (soak->reference[0]) add_fault(node, NULL, soak->reference);
}

/* ---- Times */

static uint64_t whole(double seconds, double unit) {
    const double number = seconds / unit;
    return number >= 0.5 && number < 0x1p59 ? (uint64_t)llround(number) : 0;
}

enum { PS = 0, FS = 1 };
static const double units[] = {1e-12, 1e-15};

static struct node_core core_of(const struct screen_core *core) {
    struct node_core out = {.pu = core->slot.pu_os,
                            .core = core->slot.core < 0 ? 0 : (unsigned)core->slot.core,
                            .package = core->slot.package < 0 ? 0 : (unsigned)core->slot.package,
                            .compute = whole(fmin(core->compute[0], core->compute[1]), units[FS]),
                            .memory = whole(fmin(core->memory[0], core->memory[1]), units[FS]),
                            .cycle = whole(fmin(core->cycle[0], core->cycle[1]), units[FS])};
    for (size_t r = 0; r < NODE_ROUNDS; r++)
        out.epoch[r] = whole(core->epoch[r], units[PS]);
    return out;
}

static int slowest_first(const void *a, const void *b) {
    const struct node_core *x = a, *y = b;
    return (x->epoch[0] < y->epoch[0]) - (x->epoch[0] > y->epoch[0]);
}

/* Medians of the cores in one round. value[] has room for all cores. */
static void take_round(struct fleet_node *node, const struct screen *screen, size_t r, double *value) {
    const struct {
        enum node_metric metric;
        size_t offset;
        double unit, at; /* `at`: which quantile */
    } list[] = {{NODE_EPOCH, offsetof(struct screen_core, epoch), units[PS], 0.5},
                {NODE_SLOWEST, offsetof(struct screen_core, epoch), units[PS], 1.0},
                {NODE_COMPUTE, offsetof(struct screen_core, compute), units[FS], 0.5},
                {NODE_MEMORY, offsetof(struct screen_core, memory), units[FS], 0.5},
                {NODE_CYCLE, offsetof(struct screen_core, cycle), units[FS], 0.5}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        for (size_t c = 0; c < screen->cores; c++)
            memcpy(&value[c], (const char *)&screen->core[c] + list[i].offset + r * sizeof *value, sizeof *value);
        sort_doubles(value, screen->cores);
        node->metric[list[i].metric][r] = whole(quantile(value, screen->cores, list[i].at), list[i].unit);
    }
    node->metric[NODE_FOLDS_CORE][r] = whole(screen->folds[r].core, 1e-9);
    node->metric[NODE_FOLDS_ALL][r] = whole(screen->folds[r].all, 1e-9);
    node->metric[NODE_READ_ALL][r] = whole(screen->folds[r].read_all, 1e-9);
}

int node_take_screen(struct fleet_node *node, const struct screen *screen, struct error *err) {
    double *value = malloc((screen->cores + 1) * sizeof *value);
    node->cores = calloc(screen->cores + 1, sizeof *node->cores);
    if (!value || !node->cores) {
        free(value);
        return fail_program(err, "out of memory for %zu cores", screen->cores);
    }
    for (size_t r = 0; r < NODE_ROUNDS; r++)
        take_round(node, screen, r, value);
    take_soak(node, screen);
    for (size_t c = 0; c < screen->cores; c++) {
        node->cores[c] = core_of(&screen->core[c]);
        if (screen->core[c].wrong[0]) add_fault(node, &screen->core[c].slot, screen->core[c].wrong);
    }
    if (screen->cores > NODE_CORES) qsort(node->cores, screen->cores, sizeof *node->cores, slowest_first);
    node->kept = screen->cores > NODE_CORES ? NODE_CORES : screen->cores;
    node->checks += screen->checks;
    node->away = (unsigned)lround(1000.0 * fmin(screen->away, 1.0));
    if (screen->wrong[0]) add_fault(node, NULL, screen->wrong);
    free(value);
    return 0;
}
