/* SPDX-License-Identifier: MIT */
#include "record/node_file.h"

#include "base/file.h"
#include "base/json.h"
#include "record/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const node_metric_names[NODE_METRICS] = {
    "epoch",     "slowest core", "folds on one core", "folds on all cores",
    "read roof", "compute roof", "memory roof",       "clock"};

/* Their keys. */
static const char *const keys[NODE_METRICS] = {
    "epoch_ps_per_row", "slowest_ps_per_row",     "folds_core_ns",      "folds_all_ns",
    "read_all_ns",      "compute_fs_per_feature", "memory_fs_per_byte", "cycle_fs"};

void node_free(struct fleet_node *node) {
    free(node->file);
    free(node->cores);
    json_decref(node->environment);
    json_decref(node->findings);
    json_decref(node->fingerprints);
    *node = (struct fleet_node){0};
}

static bool fits(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c != 0 && strchr("._-", c));
}

bool node_name_fits(const char *name) {
    const size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if (!fits(name[i])) return false;
    return length > 0 && length < NODE_NAME && name[0] != '-' && name[0] != '.';
}

void node_name_make(char name[NODE_NAME], const char *text) {
    snprintf(name, NODE_NAME, "%.*s", NODE_NAME - 1, text);
    for (size_t i = 0; name[i]; i++)
        if (!fits(name[i]) || (i == 0 && strchr(".-", name[i]))) name[i] = i == 0 ? '_' : '-';
    if (!name[0]) snprintf(name, NODE_NAME, "unnamed");
}

int node_path(char *path, size_t size, const char *folder, const struct fleet_node *node, struct error *err) {
    char rank[16] = "";
    if (node->rank >= 0) snprintf(rank, sizeof rank, "%05d-", node->rank);
    if (snprintf(path, size, "%s/node-%s%s.json", folder, rank, node->name) < (int)size) return 0;
    return fail(err, "%.200s...: the name of a folder is too long", folder);
}

/* ---- Writing */

static json_t *number_or_null(uint64_t number) {
    return number ? json_integer((json_int_t)number) : json_null();
}

static json_t *metrics_json(const struct fleet_node *node) {
    json_t *out = json_object();
    for (size_t m = 0; m < NODE_METRICS; m++) {
        json_t *rounds = json_array();
        for (size_t r = 0; r < NODE_ROUNDS; r++)
            json_add(rounds, number_or_null(node->metric[m][r]));
        json_put(out, keys[m], rounds);
    }
    return out;
}

/* One list for each kind of number: shorter than a list of objects. */
static const char *const core_keys[] = {"pu",
                                        "core",
                                        "package",
                                        "epoch_ps_per_row",
                                        "epoch_ps_per_row_again",
                                        "compute_fs_per_feature",
                                        "memory_fs_per_byte",
                                        "cycle_fs"};
enum { CORE_KEYS = sizeof core_keys / sizeof *core_keys };

static void core_numbers(uint64_t number[CORE_KEYS], const struct node_core *core) {
    const uint64_t all[CORE_KEYS] = {core->pu,       core->core,    core->package, core->epoch[0],
                                     core->epoch[1], core->compute, core->memory,  core->cycle};
    memcpy(number, all, sizeof all);
}

static json_t *cores_json(const struct fleet_node *node) {
    json_t *out = json_object();
    for (size_t k = 0; k < CORE_KEYS; k++) {
        json_t *list = json_array();
        for (size_t c = 0; c < node->kept; c++) {
            uint64_t number[CORE_KEYS];
            core_numbers(number, &node->cores[c]);
            json_add(list, json_integer((json_int_t)number[k]));
        }
        json_put(out, core_keys[k], list);
    }
    return out;
}

static json_t *checks_json(const struct fleet_node *node) {
    json_t *faults = json_array();
    for (size_t f = 0; f < node->faults; f++) {
        const struct node_fault *one = &node->fault[f];
        json_add(faults, json_pack("{s:i, s:i, s:i, s:o}", "pu", one->pu, "core", one->core, "package", one->package,
                                   "what", json_escaped(one->what)));
    }
    return json_pack("{s:I, s:I, s:o}", "made", (json_int_t)node->checks, "wrong", (json_int_t)node->wrong, "faults",
                     faults);
}

static json_t *or_empty(const json_t *value, json_t *empty) {
    if (!value) return empty;
    json_decref(empty);
    return json_incref((json_t *)value);
}

static json_t *node_json(const struct fleet_node *node) {
    json_t *group = json_pack("{s:o, s:s, s:s, s:s, s:i, s:i}", "cpu", json_escaped(node->cpu), "microcode",
                              node->microcode, "build", node->build, "backend", node->backend, "memory_gib",
                              (int)node->memory_gib, "cores", (int)node->core_count);
    json_t *facts = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:I, s:i, s:o}", "fleet_node",
                              NODE_VERSION, "node", node->name, "run", node->run, "job", node->job, "version",
                              node->version, "started", node->started, "launcher", node->launcher, "rank", node->rank,
                              "size", node->size, "status", node->done ? "done" : "begun", "milliseconds",
                              (json_int_t)node->milliseconds, "away_permille", (int)node->away, "group", group);
    json_put(facts, "metrics", metrics_json(node));
    json_put(facts, "cores", cores_json(node));
    json_put(facts, "checks", checks_json(node));
    json_put(facts, "environment", or_empty(node->environment, json_object()));
    json_put(facts, "findings", or_empty(node->findings, json_array()));
    json_put(facts, "fingerprints", or_empty(node->fingerprints, json_object()));
    return json_pack("{s:o}", "sgdmark", facts);
}

int node_write(const struct fleet_node *node, const char *path, struct error *err) {
    json_t *json = node_json(node);
    char *text = json && seal_result(json) == 0 && !json_lost() ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text) return fail_program(err, "%s: out of memory", path);
    const struct span pieces[] = {{text, strlen(text)}, {"\n", 1}};
    const int bad =
        pieces[0].length < NODE_BYTES
            ? write_file(path, pieces, 2, err)
            : fail_program(err, "%s: %zu bytes are more than a node's file may have", path, pieces[0].length);
    free(text);
    return bad;
}

/* ---- Reading */

/* Copies object[key], a text without control characters. */
static int take_text(char *to, size_t size, const json_t *object, const char *key, struct error *err) {
    const char *text = json_string_value(json_object_get(object, key));
    if (!text || strlen(text) >= size) return fail(err, "\"%s\" is not a text of at most %zu bytes", key, size - 1);
    memcpy(to, text, strlen(text) + 1);
    return 0;
}

static int take_name(char to[NODE_NAME], const json_t *object, const char *key, struct error *err) {
    if (take_text(to, NODE_NAME, object, key, err) != 0) return -1;
    return node_name_fits(to) ? 0
                              : fail(err, "\"%s\" has other characters than letters, digits, '.', '-' and '_'", key);
}

static int take_number(uint64_t *to, const json_t *value, const char *key, uint64_t most, struct error *err) {
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > most)
        return fail(err, "\"%s\" is not a whole number up to %llu", key, (unsigned long long)most);
    *to = (uint64_t)number;
    return 0;
}

static int take_int(int *to, const json_t *object, const char *key, int low, int high, struct error *err) {
    const json_t *value = json_object_get(object, key);
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < low || number > high)
        return fail(err, "\"%s\" is not a whole number from %d to %d", key, low, high);
    *to = (int)number;
    return 0;
}

#define MOST_TIME ((uint64_t)1 << 60)

static int read_metrics(struct fleet_node *node, const json_t *metrics, struct error *err) {
    for (size_t m = 0; m < NODE_METRICS; m++) {
        const json_t *rounds = json_object_get(metrics, keys[m]);
        if (json_array_size(rounds) != NODE_ROUNDS) return fail(err, "\"%s\" does not have two rounds", keys[m]);
        for (size_t r = 0; r < NODE_ROUNDS; r++) {
            const json_t *value = json_array_get(rounds, r);
            if (json_is_null(value)) continue;
            if (take_number(&node->metric[m][r], value, keys[m], MOST_TIME, err) != 0) return -1;
        }
    }
    return 0;
}

static int read_cores(struct fleet_node *node, const json_t *cores, struct error *err) {
    const size_t count = json_array_size(json_object_get(cores, core_keys[0]));
    if (count > NODE_CORES) return fail(err, "more than %d cores", NODE_CORES);
    node->cores = calloc(count + 1, sizeof *node->cores);
    if (!node->cores) return fail_program(err, "out of memory");
    node->kept = count;
    for (size_t c = 0; c < count; c++) {
        uint64_t number[CORE_KEYS];
        for (size_t k = 0; k < CORE_KEYS; k++) {
            const json_t *list = json_object_get(cores, core_keys[k]);
            if (json_array_size(list) != count)
                return fail(err, "\"%s\" does not have a number for each core", core_keys[k]);
            if (take_number(&number[k], json_array_get(list, c), core_keys[k], k < 3 ? NODE_PARTS : MOST_TIME, err) !=
                0)
                return -1;
        }
        node->cores[c] = (struct node_core){.pu = (unsigned)number[0],
                                            .core = (unsigned)number[1],
                                            .package = (unsigned)number[2],
                                            .epoch = {number[3], number[4]},
                                            .compute = number[5],
                                            .memory = number[6],
                                            .cycle = number[7]};
    }
    return 0;
}

static int read_checks(struct fleet_node *node, const json_t *checks, struct error *err) {
    const json_t *faults = json_object_get(checks, "faults");
    if (take_number(&node->checks, json_object_get(checks, "made"), "made", MOST_TIME, err) != 0 ||
        take_number(&node->wrong, json_object_get(checks, "wrong"), "wrong", node->checks, err) != 0)
        return -1;
    if (!json_is_array(faults) || json_array_size(faults) > NODE_FAULTS)
        return fail(err, "\"faults\" is not a list of at most %d", NODE_FAULTS);
    for (size_t f = 0; f < json_array_size(faults); f++) {
        const json_t *one = json_array_get(faults, f);
        struct node_fault *fault = &node->fault[f];
        if (take_int(&fault->pu, one, "pu", -1, NODE_PARTS, err) != 0 ||
            take_int(&fault->core, one, "core", -1, NODE_PARTS, err) != 0 ||
            take_int(&fault->package, one, "package", -1, NODE_PARTS, err) != 0 ||
            take_text(fault->what, sizeof fault->what, one, "what", err) != 0)
            return -1;
    }
    node->faults = json_array_size(faults);
    if ((node->faults == 0) != (node->wrong == 0)) return fail(err, "\"wrong\" and \"faults\" contradict each other");
    return 0;
}

/* An object or list of texts; sets *to to a new reference. */
static int read_texts(json_t **to, const json_t *facts, const char *key, bool object, struct error *err) {
    json_t *value = json_object_get(facts, key), *one;
    const char *name;
    size_t at;
    if (object ? !json_is_object(value) : !json_is_array(value))
        return fail(err, "\"%s\" is not %s", key, object ? "an object" : "a list");
    if (object) {
        json_object_foreach(value, name, one) if (!json_is_string(one)) return fail(err, "\"%s\" holds no text", key);
    } else {
        json_array_foreach(value, at, one) if (!json_is_string(one)) return fail(err, "\"%s\" holds no text", key);
    }
    *to = json_incref(value);
    return 0;
}

static int read_group(struct fleet_node *node, const json_t *group, struct error *err) {
    int memory = 0, cores = 0;
    if (take_text(node->cpu, sizeof node->cpu, group, "cpu", err) != 0 ||
        take_text(node->microcode, sizeof node->microcode, group, "microcode", err) != 0 ||
        take_text(node->build, sizeof node->build, group, "build", err) != 0 ||
        take_text(node->backend, sizeof node->backend, group, "backend", err) != 0 ||
        take_int(&memory, group, "memory_gib", 0, 1 << 30, err) != 0 ||
        take_int(&cores, group, "cores", 0, NODE_PARTS, err) != 0)
        return -1;
    node->memory_gib = (unsigned)memory;
    node->core_count = (unsigned)cores;
    return 0;
}

static int read_head(struct fleet_node *node, const json_t *facts, struct error *err) {
    char status[16];
    int away = 0;
    if (take_name(node->name, facts, "node", err) != 0 || take_name(node->run, facts, "run", err) != 0 ||
        take_text(node->job, sizeof node->job, facts, "job", err) != 0 ||
        take_text(node->version, sizeof node->version, facts, "version", err) != 0 ||
        take_text(node->started, sizeof node->started, facts, "started", err) != 0 ||
        take_text(node->launcher, sizeof node->launcher, facts, "launcher", err) != 0 ||
        take_text(status, sizeof status, facts, "status", err) != 0 ||
        take_int(&node->size, facts, "size", 0, 100000000, err) != 0 ||
        take_int(&node->rank, facts, "rank", -1, node->size ? node->size - 1 : 100000000, err) != 0 ||
        take_int(&away, facts, "away_permille", 0, 1000, err) != 0 ||
        take_number(&node->milliseconds, json_object_get(facts, "milliseconds"), "milliseconds", MOST_TIME, err) != 0)
        return -1;
    node->done = strcmp(status, "done") == 0;
    node->away = (unsigned)away;
    return node->done || strcmp(status, "begun") == 0 ? 0 : fail(err, "\"status\" is neither \"begun\" nor \"done\"");
}

static int check_seal(const json_t *json, struct error *err) {
    char seal[SHA256_TEXT];
    const char *there = json_string_value(json_object_get(json_object_get(json, "sgdmark"), "sha256"));
    if (seal_of(seal, json) != 0) return fail_program(err, "out of memory");
    return there && strcmp(there, seal) == 0
               ? 0
               : fail(err, "it was changed after it was written: \"sha256\" is not its hash");
}

static int read_node(struct fleet_node *node, json_t *json, struct error *err) {
    const json_t *facts = json_object_get(json, "sgdmark"), *version = json_object_get(facts, "fleet_node");
    if (!json_is_integer(version)) return fail(err, "it is no file of `sgdmark fleet run`");
    if (json_integer_value(version) != NODE_VERSION)
        return fail(err, "it has version %lld, and this program reads %d", (long long)json_integer_value(version),
                    NODE_VERSION);
    if (check_seal(json, err) != 0 || json_make_printable(json) != 0) return -1;
    if (read_head(node, facts, err) != 0 || read_group(node, json_object_get(facts, "group"), err) != 0 ||
        read_metrics(node, json_object_get(facts, "metrics"), err) != 0 ||
        read_cores(node, json_object_get(facts, "cores"), err) != 0 ||
        read_checks(node, json_object_get(facts, "checks"), err) != 0 ||
        read_texts(&node->environment, facts, "environment", true, err) != 0 ||
        read_texts(&node->findings, facts, "findings", false, err) != 0 ||
        read_texts(&node->fingerprints, facts, "fingerprints", true, err) != 0)
        return -1;
    return 0;
}

/* Reads at most size bytes of a regular file; a pipe would make the reader wait. */
static int read_bytes(char *text, size_t size, size_t *length, const char *path, struct error *err) {
    struct stat info;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(err, "it cannot be opened: %s", strerror(errno));
    int bad = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? 0 : fail(err, "it is not a regular file");
    ssize_t got = 1;
    for (*length = 0; !bad && got > 0 && *length < size; *length += (size_t)(got > 0 ? got : 0))
        got = read(fd, text + *length, size - *length);
    if (got < 0) bad = fail(err, "it cannot be read: %s", strerror(errno));
    close(fd);
    return bad;
}

int node_read(struct fleet_node *node, const char *path, struct error *err) {
    char text[NODE_BYTES + 1];
    json_error_t why;
    size_t length = 0;
    *node = (struct fleet_node){0};
    if (read_bytes(text, sizeof text, &length, path, err) != 0) return -1;
    if (length > NODE_BYTES) return fail(err, "it has more than %d bytes", NODE_BYTES);
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
    if (!json) return fail(err, "it is no whole JSON: line %d: %.200s", why.line, why.text);
    const int bad = read_node(node, json, err);
    json_decref(json);
    if (bad) node_free(node);
    return bad;
}
