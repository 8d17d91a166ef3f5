/* SPDX-License-Identifier: MIT */
#include "record/difference.h"

#include "base/json.h"
#include "base/text.h"
#include "learn/hyper_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHOWN = 72, /* bytes of a value that are shown */
    MAX_KEY = 256
};

/* How a difference affects the times. A key takes the first entry whose `part` it contains. Weight 0 hides the key: it
 * differs between any two runs, or repeats another key. */
static const struct {
    const char *part;
    unsigned weight;
    const char *effect;
} effects[] = {
    {"tuning.", 92, "another prefetch distance was chosen: the times compare tunings too"},
    {"load_average", 0, NULL},
    {"uptime", 0, NULL},
    {"threads", 0, NULL},
    {"temperature", 0, NULL},
    {"throttle", 0, NULL},
    {"available", 0, NULL},
    {"_free", 0, NULL},
    {"of_process", 0, NULL},
    {"probed", 0, NULL},
    {"steal_share", 0, NULL},
    {"allowed_pus", 0, NULL},
    {"capabilities", 0, NULL},
    {"smt_active", 0, NULL},
    {"quota_folder", 0, NULL},
    {"clocksources", 0, NULL},
    {"store_bypass", 61, "whether loads wait for the addresses of earlier stores"},
    {"container", 54, "its limits, its filters of system calls, its file systems"},
    {"cpu_pmu", 13, "which counters can be read; no effect on times"},
    {"topology.xml", 0, NULL},
    {"hwloc_environment", 0, NULL},
    {"memory_location", 0, NULL},
    {"thread_binding", 86, "threads that are not bound move from core to core"},
    {"memory_binding", 48, "rows may be remote"},
    {"topology.sha256", 0, NULL},
    {"program_sha256", 0, NULL},
    {"hypervisor", 95, "a virtual machine shares its cores and hides clocks: wider noise, shifts between runs"},
    {"mitigation", 60, "the cost of system calls and interrupts"},
    {"microcode", 80, "the cost of instructions and mitigations"},
    {"smt", 65, "sibling threads share a core's units and caches"},
    {"idle", 60, "how long a core takes to wake up"},
    {"governor", 70, "the clock, and how fast it rises"},
    {"energy", 70, "the clock, and how fast it rises"},
    {"frequency", 70, "the clock"},
    {"cpu_max", 62, "the kernel stops the program when its share is used up"},
    {"quota", 62, "the kernel stops the program when its share is used up"},
    {"cgroup.path", 0, NULL},
    {"cgroup", 55, "limits on cores, memory or time"},
    {"allowed", 55, "other cores were allowed"},
    {"_pus", 55, "which cores exist, and how quiet they are"},
    {"page", 50, "page size sets the number of TLB misses"},
    {"numa", 48, "memory may be remote, or migrate between nodes"},
    {"clocksource", 40, "resolution and cost of the timer"},
    {"tsc", 40, "resolution and cost of the timer"},
    {"aslr", 20, "memory layout: up to a few percent either way"},
    {"swap", 25, "matters only where memory runs short"},
    {"memory.", 25, "matters only where memory runs short"},
    {"watchdog", 14, "takes one hardware counter"},
    {"paranoid", 12, "which counters can be read; no effect on times"},
    {"build.backends", 78, "the kernels were compiled with other flags"},
    {"build.transcendental", 77, "exp and log of another class: probabilities and log loss differ in their last bits"},
    {"build.flags", 76, "the program was compiled with other flags"},
    {"build.compiler", 75, "another compiler made the code"},
    {"build.", 74, "the program was built in another way"},
    {"tool.", 74, "another version of sgdmark: the code may differ"},
    {"system_", 90, "another machine"},
    {"os.machine", 100, "another architecture: the ratios compare machines, not code"},
    {"distribution", 30, "other libraries and settings"},
    {"kernel", 45, "scheduler, page faults and mitigations may differ"},
    {"libraries", 15, "outside of the timed loops"},
    {"topology", 85, "cores, caches and memory decide which roof binds"},
    {"cpu", 100, "another processor: the ratios compare machines, not code"},
    {"", 10, "effect unknown"},
};

static size_t effect_of(const char *key) {
    size_t i = 0;
    while (!strcasestr(key, effects[i].part))
        i++;
    return i;
}

static char *text_of(const json_t *value) {
    char number[REAL_TEXT];
    if (!value) return strdup("not recorded");
    if (json_is_string(value)) return printable_text(json_string_value(value));
    if (!json_is_real(value)) return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);
    format_real(number, json_real_value(value));
    return strdup(number);
}

static bool inside_character(char byte) {
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Cuts the text to at most SHOWN bytes. Text that is too long loses most of its first `skip`
 * bytes, which all values share. */
static void shorten(char *text, size_t skip) {
    static const char dots[] = "...";
    size_t length = strlen(text);
    if (length > SHOWN && skip > SHOWN / 2) {
        skip -= SHOWN / 4;
        while (inside_character(text[skip]))
            skip--;
        length -= skip;
        memmove(text + sizeof dots - 1, text + skip, length + 1);
        memcpy(text, dots, sizeof dots - 1);
        length += sizeof dots - 1;
    }
    if (length > SHOWN) {
        length = SHOWN - (sizeof dots - 1);
        while (inside_character(text[length]))
            length--;
        memcpy(text + length, dots, sizeof dots);
    }
}

/* The length of the prefix that all texts share. */
static size_t common_prefix(char *const *texts, size_t count) {
    size_t length = 0;
    for (;; length++) {
        for (size_t i = 0; i < count; i++)
            if (!texts[i][length] || texts[i][length] != texts[0][length]) return length;
    }
}

/* Appends "name (VALUE of a and VALUE of b)" to text[size], cut to fit. */
static void note_difference(char *text, size_t size, const char *name, const json_t *a, const json_t *b) {
    char *left = text_of(a);
    char *right = text_of(b);
    size_t length = strlen(text);
    if (left && right && length < size) {
        shorten(left, 0);
        shorten(right, 0);
        snprintf(text + length, size - length, "%s%s (%s and %s)", length > 0 ? ", " : "", name, left, right);
    }
    free(left);
    free(right);
}

/* Compares every member except "hyper", which compare_hyper does, and "data", a path that differs between machines. */
static void compare_work(char *text, size_t size, const json_t *a, const json_t *b) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)a, key, value) {
        const json_t *other = json_object_get(b, key);
        if (strcmp(key, "data") != 0 && strcmp(key, "hyper") != 0 && !json_equal(value, other))
            note_difference(text, size, key, value, other);
    }
}

/* Compares each hyper-parameter of the table. A file that lacks one was made with its default. */
static void compare_hyper(char *text, size_t size, const json_t *a, const json_t *b) {
    for (size_t i = 0; i < hyper_count; i++) {
        json_t *one = hyper_json_value(a, (enum hyper_id)i), *two = hyper_json_value(b, (enum hyper_id)i);
        if (!json_equal(one, two)) note_difference(text, size, hyper_table[i].name, one, two);
        json_decref(one);
        json_decref(two);
    }
}

int refuse_other_work(const struct result_file *a, const struct result_file *b, struct error *err) {
    const json_t *one = json_object_get(a->facts, "workload");
    const json_t *two = json_object_get(b->facts, "workload");
    if (json_is_null(one) != json_is_null(two))
        return fail(err, "%s and %s are not comparable: only one of them says what was trained", a->path, b->path);
    char text[600] = "";
    compare_work(text, sizeof text, one, two);
    compare_hyper(text, sizeof text, json_object_get(one, "hyper"), json_object_get(two, "hyper"));
    if (!*text) return 0;
    return fail(err, "%s and %s are not comparable: their work differs in %s", a->path, b->path, text);
}

/* Adds all leaves below `value` to a flat object: {"cpu.model": ..., ...}. Leaves out nulls and their reasons. Keys are
 * cut at MAX_KEY. */
static void flatten(json_t *flat, const char *prefix, json_t *value) {
    if (!json_is_object(value)) {
        if (!json_is_null(value)) json_put(flat, prefix, json_incref(value));
        return;
    }
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member) {
        char path[MAX_KEY];
        size_t length = strlen(key);
        bool reason = length > 7 && strcmp(key + length - 7, "_reason") == 0;
        snprintf(path, sizeof path, "%s.%s", prefix, key);
        if (!reason) flatten(flat, path, member);
    }
}

/* Appends each member whose value is not the same in both flat objects. */
static void compare_members(char *text, size_t size, const json_t *a, const json_t *b) {
    json_t *all = json_object();
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)a, key, value) json_put(all, key, json_incref(value));
    json_object_foreach((json_t *)b, key, value) json_put(all, key, json_incref(value));
    json_object_foreach(all, key, value) {
        const json_t *one = json_object_get(a, key), *two = json_object_get(b, key);
        if (one != two && !json_equal(one, two)) note_difference(text, size, key, one, two);
    }
    json_decref(all);
}

int refuse_other_build(const struct result_file *a, const struct result_file *b, struct error *err) {
    static const char *const sections[] = {"tool", "build", "cpu"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        json_t *one = json_object();
        json_t *two = json_object();
        flatten(one, sections[i], json_object_get(a->facts, sections[i]));
        flatten(two, sections[i], json_object_get(b->facts, sections[i]));
        char text[600] = "";
        compare_members(text, sizeof text, one, two);
        json_decref(one);
        json_decref(two);
        if (json_lost()) return fail_program(err, "out of memory for the comparison of %s and %s", a->path, b->path);
        if (*text) return fail(err, "%s and %s are not runs of one build on one machine: %s", a->path, b->path, text);
    }
    if (same_machine(a, b)) return 0;
    return fail(err, "%s and %s are not known to be of one machine: its topology differs or was not recorded", a->path,
                b->path);
}

bool same_machine(const struct result_file *a, const struct result_file *b) {
    const json_t *cpu = json_object_get(a->facts, "cpu");
    const json_t *topology = json_object_get(json_object_get(a->facts, "topology"), "sha256");
    return json_is_object(cpu) && json_equal(cpu, json_object_get(b->facts, "cpu")) && topology &&
           json_equal(topology, json_object_get(json_object_get(b->facts, "topology"), "sha256"));
}

static const char tuning[] = "tuning.";

/* Adds the prefetch distances of each engine and backend: {"tuning.f32/avx512": "8,16"}. */
static void add_tuning(json_t *flat, const struct result_file *file) {
    size_t i;
    json_t *receipt;
    json_array_foreach(json_object_get(json_object_get(file->facts, "receipts"), "parity"), i, receipt) {
        char key[MAX_KEY];
        json_t *prefetch = json_object_get(receipt, "prefetch");
        snprintf(key, sizeof key, "%s%s/%s", tuning, json_string_value(json_object_get(receipt, "engine")),
                 json_string_value(json_object_get(receipt, "backend")));
        if (json_is_string(prefetch)) json_put(flat, key, json_incref(prefetch));
    }
}

/* Adds the kind of pages that the rows were put on: {"pages.asked": "huge"}. Files of earlier versions had no choice.
 */
static void add_pages(json_t *flat, const struct result_file *file) {
    const json_t *asked = json_object_get(json_object_get(file->facts, "pages"), "asked");
    json_put(flat, "pages.asked", json_string(json_is_string(asked) ? json_string_value(asked) : "auto"));
}

static json_t *facts_of(const struct result_file *file) {
    static const char *const sections[] = {"tool", "build", "libraries", "cpu", "topology", "environment"};
    json_t *flat = json_object();
    for (size_t i = 0; flat && i < sizeof sections / sizeof *sections; i++)
        flatten(flat, sections[i], json_object_get(file->facts, sections[i]));
    if (flat) add_tuning(flat, file);
    if (flat) add_pages(flat, file);
    return flat;
}

/* A file without a tuning did not train with that backend, which is no difference in how it was tuned. */
static bool all_equal(const char *key, json_t *const *facts, size_t files) {
    const bool may_lack = strncmp(key, tuning, strlen(tuning)) == 0;
    const json_t *first = json_object_get(facts[0], key);
    for (size_t f = 1; f < files; f++) {
        const json_t *other = json_object_get(facts[f], key);
        if (may_lack && !first) first = other;
        if (first == other || json_equal(first, other)) continue;
        if (!may_lack || other) return false;
    }
    return true;
}

bool same_settings(const struct result_file *a, const struct result_file *b) {
    json_t *facts[] = {facts_of(a), facts_of(b)};
    json_t *all = json_object();
    bool same =
        facts[0] && facts[1] && all && json_object_update(all, facts[0]) == 0 && json_object_update(all, facts[1]) == 0;
    const char *key;
    json_t *value;
    json_object_foreach(all, key, value) {
        const bool counts = strncmp(key, tuning, strlen(tuning)) != 0 && effects[effect_of(key)].weight > 0;
        same = same && (!counts || all_equal(key, facts, 2));
    }
    json_decref(facts[0]);
    json_decref(facts[1]);
    json_decref(all);
    return same;
}

static int add_difference(struct compare_report *report, const char *key, json_t *const *facts, struct error *err) {
    size_t effect = effect_of(key);
    if (effects[effect].weight == 0) return 0;
    struct difference *grown =
        realloc(report->differences, (report->difference_count + 1) * sizeof *report->differences);
    if (!grown) return fail_program(err, "out of memory for the differences");
    report->differences = grown;
    struct difference *added = &grown[report->difference_count];
    *added = (struct difference){.key = strdup(key),
                                 .values = calloc(report->file_count, sizeof *added->values),
                                 .weight = effects[effect].weight,
                                 .effect = effects[effect].effect};
    report->difference_count++;
    bool good = added->key && added->values;
    for (size_t f = 0; good && f < report->file_count; f++) {
        added->values[f] = text_of(json_object_get(facts[f], key));
        good = added->values[f] != NULL;
    }
    if (!good) return fail_program(err, "out of memory for the differences");
    size_t skip = common_prefix(added->values, report->file_count);
    for (size_t f = 0; f < report->file_count; f++)
        shorten(added->values[f], skip);
    shorten(added->key, 0);
    return 0;
}

/* Descending weight, then by key. */
static int by_weight(const void *left, const void *right) {
    const struct difference *a = left;
    const struct difference *b = right;
    if (a->weight != b->weight) return a->weight < b->weight ? 1 : -1;
    return strcmp(a->key, b->key);
}

/* Adds every key whose value is not the same in all files. facts[file_count]: one flat object per file; `all`: their
 * union. */
static int add_differences(struct compare_report *report, json_t *const *facts, json_t *all, struct error *err) {
    const char *key;
    json_t *value;
    json_object_foreach(all, key, value) {
        if (all_equal(key, facts, report->file_count)) continue;
        if (add_difference(report, key, facts, err) != 0) return -1;
    }
    if (report->difference_count > 0)
        qsort(report->differences, report->difference_count, sizeof *report->differences, by_weight);
    return 0;
}

int find_differences(struct compare_report *report, struct error *err) {
    json_t *facts[MAX_FILES] = {NULL};
    json_t *all = json_object();
    bool good = all != NULL;
    for (size_t f = 0; good && f < report->file_count; f++) {
        facts[f] = facts_of(&report->files[f]);
        good = facts[f] && json_object_update(all, facts[f]) == 0;
    }
    good = good && !json_lost();
    int bad = good ? add_differences(report, facts, all, err) : fail_program(err, "out of memory for the differences");
    for (size_t f = 0; f < report->file_count; f++)
        json_decref(facts[f]);
    json_decref(all);
    return bad;
}

void free_differences(struct compare_report *report) {
    for (size_t i = 0; i < report->difference_count; i++) {
        struct difference *difference = &report->differences[i];
        for (size_t f = 0; difference->values && f < report->file_count; f++)
            free(difference->values[f]);
        free(difference->values);
        free(difference->key);
    }
    free(report->differences);
}
