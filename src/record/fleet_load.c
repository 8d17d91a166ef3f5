/* SPDX-License-Identifier: MIT */
#include "record/fleet_load.h"

#include "measure/stats.h"
#include "record/fleet.h"
#include "record/load_private.h"
#include "record/seal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_NODES = 100000,
    MOST_GROUPS = 10000,
    MOST_PUS = 1 << 20,
    LONGEST_WORDS = 4 * FLEET_DIFFERS /* each byte escaped */
};
#define MOST_COUNT 9007199254740992.0 /* 2^53 */
#define MOST_TIME  1e30

static const struct rule fleet_rules[] = {
    {"verdict", 0, FLEET_VERDICT - 1, TEXT, false},
    {"well", 0, 0, BOOLEAN, false},
    {"singletons", 0, 0, BOOLEAN, false},
    {"counted", 0, MOST_NODES, WHOLE, false},
    {"expected", 0, 1e9, WHOLE, false},
    {"slow", 0, MOST_NODES, WHOLE, false},
    {"unconfirmed", 0, MOST_NODES, WHOLE, false},
    {"wrong", 0, MOST_NODES, WHOLE, false},
    {"dead", 0, MOST_NODES, WHOLE, false},
    {"missing_count", 0, 1e9, WHOLE, false},
    {"missing", 0, MISSING_LISTED, ARRAY, false},
    {"bad_files", 0, MOST_NODES, ARRAY, false},
    {"groups", 0, MOST_GROUPS, ARRAY, false},
    {"nodes", 0, 0, OBJECT, false},
};

static const struct rule bad_file_rules[] = {{"file", 0, 4096, TEXT, false}, {"why", 0, 4096, TEXT, false}};

static const struct rule group_rules[] = {
    {"cpu", 0, 1024, TEXT, false},          {"microcode", 0, 1024, TEXT, false},
    {"build", 0, 1024, TEXT, false},        {"backend", 0, 1024, TEXT, false},
    {"memory_gib", 0, 1e9, WHOLE, false},   {"cores", 0, MOST_PUS, WHOLE, false},
    {"nodes", 0, MOST_NODES, WHOLE, false}, {"slow", 0, MOST_NODES, WHOLE, false},
    {"wrong", 0, MOST_NODES, WHOLE, false}, {"judged", 0, 0, BOOLEAN, false},
    {"metrics", 0, 0, OBJECT, false},
};

static const struct rule metric_rules[] = {
    {"nodes", 1, MOST_NODES, WHOLE, false},
    {"median", 0, MOST_TIME, REAL, false},
    {"mad", 0, MOST_TIME, REAL, false},
    {"floor", 0, MOST_TIME, REAL, false},
};

static const struct rule node_rules[] = {
    {"state", 0, 16, TEXT, false},
    {"rank", -1, 2147483647, WHOLE, false},
    {"group", -1, MOST_GROUPS, WHOLE, false},
    {"started", 0, 64, TEXT, false},
    {"checks", 0, MOST_COUNT, WHOLE, false},
    {"wrong", 0, MOST_COUNT, WHOLE, false},
    {"away_permille", 0, 1000, WHOLE, false},
    {"times", 0, 0, OBJECT, false},
    {"excess", 0, 0, OBJECT, false},
    {"faults", 0, NODE_FAULTS, ARRAY, false},
};

static const struct rule fault_rules[] = {
    {"pu", -1, MOST_PUS, WHOLE, false},
    {"core", -1, MOST_PUS, WHOLE, false},
    {"package", -1, MOST_PUS, WHOLE, false},
    {"what", 0, 4096, TEXT, false},
};

bool is_fleet(const json_t *root) {
    return json_object_get(json_object_get(root, "sgdmark"), "fleet") != NULL;
}

static size_t count_of(const json_t *object, const char *key) {
    return (size_t)json_integer_value(json_object_get(object, key));
}

static int check_origin(const json_t *facts, const struct reader *reader) {
    const json_t *version = json_object_get(facts, "fleet");
    if (!json_is_integer(version) || json_integer_value(version) < 1)
        return fault(reader, "", "fleet", "is not a whole number from 1 up");
    if (json_integer_value(version) > FLEET_VERSION)
        return fail(reader->err, "%s: was gathered by a newer sgdmark (version %lld of its format; this one reads %d)",
                    reader->path, (long long)json_integer_value(version), FLEET_VERSION);
    if (!json_object_get(facts, "singletons"))
        return fail(reader->err, "%s: was gathered by an older sgdmark, which recorded too little: gather it again",
                    reader->path);
    return 0;
}

static int check_hash(const json_t *root, const json_t *facts, const struct reader *reader) {
    char hash[SHA256_TEXT];
    const char *there = json_string_value(json_object_get(facts, "sha256"));
    if (seal_of(hash, root) != 0) return fail_program(reader->err, "%s: out of memory", reader->path);
    if (there && strcmp(there, hash) == 0) return 0;
    return fail(reader->err,
                "%s: its content does not have the hash it was written with: the file was changed or damaged",
                reader->path);
}

/* ---- Nodes */

/* The state with this name; or -1. A node that has several files is not in the JSON. */
static int state_of(const json_t *node) {
    const char *name = json_string_value(json_object_get(node, "state"));
    for (int state = 0; name && state < NODE_DOUBLED; state++)
        if (strcmp(name, node_state_names[state]) == 0) return state;
    return -1;
}

/* A number for each metric, or null. */
static int check_numbers(const json_t *object, const char *where, double low, const struct reader *reader) {
    for (size_t m = 0; m < NODE_METRICS; m++) {
        const json_t *value = json_object_get(object, node_metric_names[m]);
        const double number = json_number_value(value);
        if (json_is_null(value) || (json_is_number(value) && number >= low && number <= MOST_TIME)) continue;
        return fault(reader, where, node_metric_names[m], "is neither null nor a number in its range");
    }
    return 0;
}

/* What only some nodes have. */
static int check_words(const json_t *node, const char *where, int state, const struct reader *reader) {
    static const char *const keys[] = {"where", "differs"};
    const json_t *worst = json_object_get(node, "worst"), *change = json_object_get(node, "change");
    bool known = !worst;
    for (size_t i = 0; i < COUNT(keys); i++) {
        const json_t *text = json_object_get(node, keys[i]);
        if (text && !(json_is_string(text) && json_string_length(text) < LONGEST_WORDS))
            return fault(reader, where, keys[i], "is not a text of that length");
    }
    for (size_t m = 0; m < NODE_METRICS && worst && !known; m++)
        known = json_is_string(worst) && strcmp(json_string_value(worst), node_metric_names[m]) == 0;
    if (!known || (worst && state != NODE_SLOW)) return fault(reader, where, "worst", "is no metric of a slow node");
    if (change && !json_is_null(change) && !json_is_number(change))
        return fault(reader, where, "change", "is no number");
    return 0;
}

static int check_node(const json_t *node, const char *name, const json_t *groups, const struct reader *reader) {
    char where[NODE_NAME + 16];
    if (!node_name_fits(name))
        return fault(reader, "", "nodes", "has a name with other characters than letters, digits, '.', '-' and '_'");
    snprintf(where, sizeof where, "nodes.%s", name);
    if (check_members(reader, node, where, node_rules, COUNT(node_rules)) != 0) return -1;
    const int state = state_of(node);
    const json_int_t group = json_integer_value(json_object_get(node, "group"));
    if (state < 0) return fault(reader, where, "state", "is none of good, slow, unconfirmed, wrong and dead");
    if (group >= (json_int_t)json_array_size(groups) || (group < 0) != (state == NODE_DEAD))
        return fault(reader, where, "group", "is not the number of its group");
    if ((count_of(node, "wrong") > 0) != (state == NODE_WRONG) && state != NODE_DEAD)
        return fault(reader, where, "wrong", "contradicts its state");
    if (check_numbers(json_object_get(node, "times"), where, SHORTEST, reader) != 0 ||
        check_numbers(json_object_get(node, "excess"), where, -1.0, reader) != 0 ||
        check_list(reader, json_object_get(node, "faults"), where, fault_rules, COUNT(fault_rules)) != 0)
        return -1;
    return check_words(node, where, state, reader);
}

/* ---- What follows from the nodes */

struct tally {
    size_t state[NODE_DOUBLED], counted;
};

static int check_nodes(struct tally *tally, const json_t *facts, const struct reader *reader) {
    const json_t *groups = json_object_get(facts, "groups");
    const char *name;
    json_t *node;
    json_object_foreach(json_object_get(facts, "nodes"), name, node) {
        if (check_node(node, name, groups, reader) != 0) return -1;
        tally->state[state_of(node)]++;
        tally->counted++;
    }
    return 0;
}

static int check_counts(const struct tally *tally, const json_t *facts, const struct reader *reader) {
    const struct fleet fleet = {.slow = tally->state[NODE_SLOW],
                                .unconfirmed = tally->state[NODE_UNCONFIRMED],
                                .wrong = tally->state[NODE_WRONG],
                                .dead = tally->state[NODE_DEAD],
                                .counted = tally->counted,
                                .expected = count_of(facts, "expected"),
                                .missing_count = count_of(facts, "missing_count"),
                                .bad_count = json_array_size(json_object_get(facts, "bad_files")),
                                .singletons = json_is_true(json_object_get(facts, "singletons"))};
    const struct {
        const char *key;
        size_t count;
    } counts[] = {{"counted", fleet.counted},
                  {"slow", fleet.slow},
                  {"unconfirmed", fleet.unconfirmed},
                  {"wrong", fleet.wrong},
                  {"dead", fleet.dead}};
    char verdict[FLEET_VERDICT];
    for (size_t i = 0; i < COUNT(counts); i++)
        if (count_of(facts, counts[i].key) != counts[i].count)
            return fault(reader, "", counts[i].key, "is not the number of such nodes");
    const size_t listed = json_array_size(json_object_get(facts, "missing"));
    if (listed != (fleet.missing_count < MISSING_LISTED ? fleet.missing_count : MISSING_LISTED))
        return fault(reader, "", "missing_count", "is not the number of missing nodes");
    fleet_verdict(verdict, &fleet);
    if (strcmp(json_string_value(json_object_get(facts, "verdict")), verdict) != 0)
        return fault(reader, "", "verdict", "contradicts the nodes");
    if (json_is_true(json_object_get(facts, "well")) != fleet_is_well(&fleet))
        return fault(reader, "", "well", "contradicts the nodes");
    return 0;
}

static bool is_near(double a, double b) {
    return fabs(a - b) <= 1e-9 * fabs(b);
}

/* Times of one metric, those of a group side by side: value[end[g - 1]] to value[end[g] - 1]. */
struct times {
    double *value;
    size_t *end;
    size_t groups;
};

static int times_make(struct times *times, const json_t *facts, const struct reader *reader) {
    const size_t nodes = json_object_size(json_object_get(facts, "nodes"));
    times->groups = json_array_size(json_object_get(facts, "groups"));
    times->value = malloc((nodes + 1) * sizeof *times->value);
    times->end = calloc(times->groups + 2, sizeof *times->end);
    return times->value && times->end ? 0 : fail_program(reader->err, "%s: out of memory", reader->path);
}

/* Nodes that died have no times, and those of wrong ones do not count. */
static bool is_timed(const json_t *node) {
    const int state = state_of(node);
    return state != NODE_DEAD && state != NODE_WRONG;
}

static void times_take(struct times *times, const json_t *facts, const char *metric) {
    const char *name;
    json_t *node;
    memset(times->end, 0, (times->groups + 2) * sizeof *times->end);
    for (int filling = 0; filling < 2; filling++) {
        json_object_foreach(json_object_get(facts, "nodes"), name, node) {
            const json_t *time = json_object_get(json_object_get(node, "times"), metric);
            const size_t group = count_of(node, "group");
            if (!is_timed(node) || !json_is_number(time)) continue;
            if (filling)
                times->value[times->end[group]++] = json_number_value(time);
            else
                times->end[group + 1]++;
        }
        for (size_t g = 1; g <= times->groups && !filling; g++)
            times->end[g] += times->end[g - 1];
    }
}

/* Compares a group's numbers of one metric with the times of its nodes. */
static int check_metric(const json_t *metric, const char *where, const double *value, size_t count,
                        const struct reader *reader) {
    struct summary s;
    if (!metric && count == 0) return 0;
    if (check_members(reader, metric, where, metric_rules, COUNT(metric_rules)) != 0) return -1;
    if (count != count_of(metric, "nodes")) return fault(reader, where, "nodes", "is not their number");
    if (summarize(&s, value, count, reader->err) != 0) return -1;
    if (!is_near(json_number_value(json_object_get(metric, "median")), s.median))
        return fault(reader, where, "median", "is not that of its nodes");
    if (!is_near(json_number_value(json_object_get(metric, "mad")), s.mad))
        return fault(reader, where, "mad", "is not that of its nodes");
    if (!is_near(json_number_value(json_object_get(metric, "floor")), fleet_floor(&s)))
        return fault(reader, where, "floor", "does not follow from the median and the MAD");
    return 0;
}

static int check_metrics(const json_t *facts, size_t m, struct times *times, const struct reader *reader) {
    const json_t *groups = json_object_get(facts, "groups");
    times_take(times, facts, node_metric_names[m]);
    for (size_t g = 0; g < times->groups; g++) {
        const json_t *metrics = json_object_get(json_array_get(groups, g), "metrics");
        const size_t first = g ? times->end[g - 1] : 0;
        char where[64];
        snprintf(where, sizeof where, "groups[%zu].metrics.%s", g, node_metric_names[m]);
        if (check_metric(json_object_get(metrics, node_metric_names[m]), where, times->value + first,
                         times->end[g] - first, reader) != 0)
            return -1;
    }
    return 0;
}

/* How many nodes a group has, and how many of them are slow and wrong; end[] counts them. */
static int check_sizes(const json_t *facts, struct times *times, const struct reader *reader) {
    static const struct {
        const char *key;
        int state; /* -1: any */
    } counts[] = {{"nodes", -1}, {"slow", NODE_SLOW}, {"wrong", NODE_WRONG}};
    const json_t *groups = json_object_get(facts, "groups");
    for (size_t i = 0; i < COUNT(counts); i++) {
        const char *name;
        json_t *node;
        memset(times->end, 0, (times->groups + 2) * sizeof *times->end);
        json_object_foreach(json_object_get(facts, "nodes"), name, node) {
            const int state = state_of(node);
            if (state != NODE_DEAD && (counts[i].state < 0 || counts[i].state == state))
                times->end[count_of(node, "group")]++;
        }
        for (size_t g = 0; g < times->groups; g++)
            if (count_of(json_array_get(groups, g), counts[i].key) != times->end[g])
                return fault(reader, "groups", counts[i].key, "is not the number of such nodes");
    }
    return 0;
}

static int check_groups(const json_t *facts, const struct reader *reader) {
    struct times times = {NULL, NULL, 0};
    int bad = check_list(reader, json_object_get(facts, "groups"), "groups", group_rules, COUNT(group_rules));
    if (!bad) bad = times_make(&times, facts, reader);
    if (!bad) bad = check_sizes(facts, &times, reader);
    for (size_t m = 0; m < NODE_METRICS && !bad; m++)
        bad = check_metrics(facts, m, &times, reader);
    free(times.value);
    free(times.end);
    return bad;
}

static int check_missing(const json_t *facts, const struct reader *reader) {
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(facts, "missing"), i, name) {
        const char *text = json_string_value(name);
        if (!text || !node_name_fits(text)) return fault(reader, "", "missing", "holds what is no name of a node");
    }
    return 0;
}

static int check_fleet(const struct fleet_file *fleet, const struct reader *reader) {
    struct tally tally = {.counted = 0};
    if (check_origin(fleet->facts, reader) != 0 || check_hash(fleet->root, fleet->facts, reader) != 0 ||
        check_members(reader, fleet->facts, "", fleet_rules, COUNT(fleet_rules)) != 0 ||
        check_list(reader, json_object_get(fleet->facts, "bad_files"), "bad_files", bad_file_rules,
                   COUNT(bad_file_rules)) != 0)
        return -1;
    if (check_missing(fleet->facts, reader) != 0 || check_nodes(&tally, fleet->facts, reader) != 0) return -1;
    return check_counts(&tally, fleet->facts, reader) != 0 ? -1 : check_groups(fleet->facts, reader);
}

int fleet_of_json(struct fleet_file *fleet, const char *path, json_t *root, struct error *err) {
    const struct reader reader = {path, err};
    *fleet = (struct fleet_file){root, json_object_get(root, "sgdmark")};
    if (check_fleet(fleet, &reader) == 0) return 0;
    fleet_unload(fleet);
    return -1;
}

int fleet_or_result_load(struct fleet_file *fleet, struct result_file *file, const char *path, struct error *err) {
    char *bytes = NULL;
    size_t length = 0;
    json_t *root = NULL;
    *fleet = (struct fleet_file){NULL, NULL};
    int bad = read_result(path, &bytes, &length, err);
    if (!bad) bad = decode_result(&root, path, bytes, length, err);
    if (!bad && is_fleet(root)) {
        bad = fleet_of_json(fleet, path, root, err);
    } else if (!bad) {
        bad = result_of_json(file, path, root, false, err);
        file->bytes = bad ? 0 : length;
    }
    free(bytes);
    return bad;
}

void fleet_unload(struct fleet_file *fleet) {
    json_decref(fleet->root);
    *fleet = (struct fleet_file){NULL, NULL};
}
