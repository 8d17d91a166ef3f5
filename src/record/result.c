/* SPDX-License-Identifier: MIT */
#include "record/result.h"

#include "base/json.h"
#include "base/sha256.h"
#include "kernels.h"
#include "record/result_private.h"
#include "record/seal.h"
#include "version.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <unistd.h>

int put_number(json_t *object, const char *key, double value, const char *reason) {
    if (json_put(object, key, json_number(value)) != 0) return -1;
    if (isfinite(value)) return 0;
    char reason_key[128];
    snprintf(reason_key, sizeof reason_key, "%s_reason", key);
    return json_put(object, reason_key, json_escaped(reason ? reason : "not measured"));
}

static int put_text_or_reason(json_t *object, const char *key, const char *value, const char *reason) {
    if (json_put(object, key, json_escaped(value)) != 0) return -1;
    if (value) return 0;
    char reason_key[128];
    snprintf(reason_key, sizeof reason_key, "%s_reason", key);
    return json_put(object, reason_key, json_escaped(reason ? reason : "not known"));
}

int append_or_fail(json_t *array, json_t *value, struct error *err) {
    return json_add(array, value) == 0 ? 0 : fail_program(err, "the result: out of memory");
}

static int set_or_fail(json_t *object, const char *key, json_t *value, struct error *err) {
    return json_put(object, key, value) == 0 ? 0 : fail_program(err, "the result: out of memory");
}

static json_t *hash_value(uint64_t hash) {
    return json_sprintf("%016" PRIx64, hash);
}

/* A hash of 0 means that no model was trained. */
static int put_hash(json_t *object, const char *key, uint64_t hash) {
    if (hash == 0) return put_text_or_reason(object, key, NULL, "no model was trained");
    return json_put(object, key, hash_value(hash));
}

static void utc_now(char text[32], const char *format) {
    time_t now = time(NULL);
    struct tm parts;
    gmtime_r(&now, &parts);
    strftime(text, 32, format, &parts);
}

/* 16 random bytes. Where the system refuses them: a hash of what differs from run to run, which is enough for a name.
 */
static void random_bytes(unsigned char b[16]) {
    if (getrandom(b, 16, 0) == 16) return;
    struct {
        unsigned char start[16]; /* the kernel gives these to every program */
        struct timespec now, up;
        pid_t pid;
    } seed;
    char hex[SHA256_TEXT], byte[3] = "";
    memset(&seed, 0, sizeof seed);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel hands addresses over as numbers
    const void *start = (const void *)getauxval(AT_RANDOM);
    if (start) memcpy(seed.start, start, sizeof seed.start);
    clock_gettime(CLOCK_REALTIME, &seed.now);
    clock_gettime(CLOCK_MONOTONIC, &seed.up);
    seed.pid = getpid();
    sha256_bytes(&seed, sizeof seed, hex);
    for (size_t i = 0; i < 16; i++) {
        memcpy(byte, hex + 2 * i, 2);
        b[i] = (unsigned char)strtoul(byte, NULL, 16);
    }
}

/* A random UUID (version 4). */
static json_t *run_id(void) {
    unsigned char b[16];
    random_bytes(b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    return json_sprintf("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3],
                        b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static json_t *argv_value(int argc, char *const *argv) {
    json_t *array = json_array();
    for (int i = 0; i < argc; i++)
        json_add(array, json_escaped(argv[i]));
    return array;
}

/* {"avx512": "-O2 ...", "neon": null}: null if the backend is not compiled in. */
static json_t *backend_flags(void) {
    json_t *flags = json_object();
    for (size_t i = 0; i < backend_count; i++)
        json_put(flags, backends[i].name, json_escaped(backends[i].compiled ? backends[i].flags : NULL));
    return flags;
}

static json_t *load_averages(void) {
    double load[3];
    int count = getloadavg(load, 3);
    json_t *array = json_array();
    for (int i = 0; i < count; i++)
        json_add(array, json_number(load[i]));
    return array;
}

/* The context that Google Benchmark would write, as far as it applies. */
static json_t *new_context(const struct result *result, const char *executable) {
    char date[32];
    utc_now(date, "%Y-%m-%dT%H:%M:%S+00:00");
    return json_pack("{s:s, s:o, s:o, s:I, s:o}", "date", date, "host_name", json_escaped(result->host), "executable",
                     json_escaped(executable), "num_cpus", (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "load_avg",
                     load_averages());
}

static json_t *new_facts(const struct result *result, int argc, char *const *argv) {
    return json_pack(
        "{s:i, s:o, s:s, s:s, s:o, s:{s:s, s:s}, s:{s:s, s:s, s:o}, s:{s:[], s:[], s:[]}, s:[], s:[], s:[]}",
        "schema_version", RESULT_SCHEMA, "run_id", run_id(), "status", "incomplete", "start", result->start, "argv",
        argv_value(argc, argv), "tool", "version", SGDMARK_VERSION, "commit", SGDMARK_COMMIT, "build", "compiler",
        __VERSION__, "flags", SGDMARK_CFLAGS, "backends", backend_flags(), "receipts", "dispatch", "parity",
        "no_engine", "roofs", "experiments", "samples");
}

struct result *result_new(int argc, char *const *argv, struct error *err) {
    struct result *result = calloc(1, sizeof *result);
    if (!result) {
        fail_program(err, "the result: out of memory");
        return NULL;
    }
    clock_gettime(CLOCK_MONOTONIC, &result->began);
    utc_now(result->start, "%Y-%m-%dT%H:%M:%SZ");
    if (gethostname(result->host, sizeof result->host - 1) != 0) strcpy(result->host, "unknown");
    result->context = new_context(result, argc > 0 ? argv[0] : "sgdmark");
    result->facts = new_facts(result, argc, argv);
    result->benchmarks = json_array();
    result->root = json_pack("{s:o, s:o, s:o}", "context", result->context, "benchmarks", result->benchmarks, "sgdmark",
                             result->facts);
    if (!result->root) {
        fail_program(err, "the result: out of memory");
        result_free(result);
        return NULL;
    }
    result->samples = json_object_get(result->facts, "samples");
    return result;
}

void result_free(struct result *result) {
    if (!result) return;
    json_decref(result->root);
    json_decref(result->names);
    json_decref(result->outcomes);
    free(result);
}

int result_context(struct result *result, const char *key, const char *value, struct error *err) {
    return set_or_fail(result->context, key, json_escaped(value), err);
}

/* Moves from[key], if it exists, to into[key]. */
static int move_member(json_t *into, json_t *from, const char *key) {
    json_t *value = json_object_get(from, key);
    if (!value) return 0;
    if (json_put(into, key, json_incref(value)) != 0) return -1;
    return json_object_del(from, key);
}

int result_environment(struct result *result, json_t *environment, struct error *err) {
    static const char *const of_build[] = {"program_sha256", "program_sha256_reason", "assertions", "transcendental"};
    json_t *build = json_object_get(environment, "build");
    json_t *our_build = json_object_get(result->facts, "build");
    int bad = 0;
    for (size_t i = 0; i < sizeof of_build / sizeof *of_build; i++)
        bad |= move_member(our_build, build, of_build[i]);
    bad |= move_member(result->facts, build, "libraries") | move_member(result->facts, environment, "cpu") |
           move_member(result->facts, environment, "topology");
    if (build) bad |= json_object_del(environment, "build"); /* what is left repeats our build section */
    if (!bad) return set_or_fail(result->facts, "environment", environment, err);
    json_decref(environment);
    return fail_program(err, "the result: out of memory");
}

static const char *const fact_keys[] = {"clock",   "machine",  "job",  "notebook", "placements", "processes",
                                        "verdict", "findings", "soak", "pages",    "digits"};

int result_section(struct result *result, const char *key, json_t *value, struct error *err) {
    for (size_t i = 0; i < sizeof fact_keys / sizeof *fact_keys; i++)
        if (strcmp(key, fact_keys[i]) == 0) return set_or_fail(result->facts, key, value, err);
    json_decref(value);
    return fail(err, "the result has no section '%s'", key);
}

int result_workload(struct result *result, const struct workload *w, json_t *hyper, struct error *err) {
    json_t *workload =
        json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:I, s:I, s:o, s:o}", "data", json_escaped(w->data), "split",
                  json_escaped(w->split), "order", json_escaped(w->order), "order_seed", (json_int_t)w->order_seed,
                  "limit", (json_int_t)w->limit, "pixels_sha256", json_escaped(w->pixels_sha256), "labels_sha256",
                  json_escaped(w->labels_sha256), "n", (json_int_t)w->n, "d", (json_int_t)w->d, "permutation_hash",
                  hash_value(w->permutation_hash), "hyper", hyper);
    return set_or_fail(result->facts, "workload", workload, err);
}

static json_t *receipts(struct result *result, const char *kind) {
    return json_object_get(json_object_get(result->facts, "receipts"), kind);
}

int result_dispatch(struct result *result, const struct dispatch_receipt *r, struct error *err) {
    json_t *value =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "asked", json_escaped(r->asked), "chosen", json_escaped(r->chosen),
                  "why", json_escaped(r->why), "kernel", json_escaped(r->kernel), "symbol", json_escaped(r->symbol));
    if (append_or_fail(receipts(result, "dispatch"), value, err) != 0) return -1;
    if (put_text_or_reason(value, "code_sha256", r->code_sha256, r->code_reason) == 0) return 0;
    return fail_program(err, "the result: out of memory");
}

static int put_folds(json_t *value, const struct cv_result *cv) {
    const struct confusion *c = &cv->confusion;
    json_t *accuracy = json_array();
    for (unsigned f = 0; f < cv->folds; f++)
        json_add(accuracy, json_number(cv->fold[f].accuracy));
    if (json_put(value, "fold_accuracy", accuracy) != 0) return -1;
    return json_put(
        value, "confusion",
        json_pack("[[I, I], [I, I]]", (json_int_t)c->tn, (json_int_t)c->fp, (json_int_t)c->fn, (json_int_t)c->tp));
}

int result_parity(struct result *result, const struct parity_receipt *r, struct error *err) {
    json_t *value =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "engine", json_escaped(r->engine), "backend",
                  json_escaped(r->backend), "needed", json_escaped(r->needed), "reached", json_escaped(r->reached),
                  "reference", json_escaped(r->reference), "passed", r->passed, "detail", json_escaped(r->detail));
    json_decref(result->outcomes);
    result->outcomes = NULL;
    if (append_or_fail(receipts(result, "parity"), value, err) != 0) return -1;
    if (r->cv && put_folds(value, r->cv) != 0) return fail_program(err, "the result: out of memory");
    if (put_hash(value, "fingerprint", r->fingerprint) == 0 && put_hash(value, "update_hash", r->update_hash) == 0 &&
        put_number(value, "accuracy", r->accuracy, NULL) == 0 &&
        put_number(value, "max_deviation", r->max_deviation, NULL) == 0 &&
        put_number(value, "tolerance", r->tolerance, "not a bound of this level") == 0 &&
        (!r->prefetch || json_put(value, "prefetch", json_escaped(r->prefetch)) == 0))
        return 0;
    return fail_program(err, "the result: out of memory");
}

int result_no_engine(struct result *result, const char *engine, const char *reason, struct error *err) {
    json_t *value = json_pack("{s:o, s:o}", "engine", json_escaped(engine), "reason", json_escaped(reason));
    return append_or_fail(receipts(result, "no_engine"), value, err);
}

const json_t *result_facts(const struct result *result) {
    return result->facts;
}

int result_take_benchmarks(struct result *result, const char *text, struct error *err) {
    json_error_t why;
    json_t *theirs = json_loads(text, 0, &why);
    json_t *context = json_object_get(theirs, "context");
    json_t *benchmarks = json_object_get(theirs, "benchmarks");
    int bad = 0;
    if (!json_is_object(context) || !json_is_array(benchmarks))
        bad = fail(err, "Google Benchmark's JSON cannot be read: %s", theirs ? "not its format" : why.text);
    else if (json_put(result->root, "context", json_incref(context)) != 0 ||
             json_put(result->root, "benchmarks", json_incref(benchmarks)) != 0)
        bad = fail_program(err, "the result: out of memory");
    json_decref(theirs);
    if (bad) return -1;
    result->context = context;
    result->benchmarks = benchmarks;
    return 0;
}

int result_path(const struct result *result, const char *folder, char *path, size_t size, struct error *err) {
    char host[sizeof result->host];
    char start[sizeof result->start];
    size_t length = 0;
    for (const char *at = result->host; *at; at++) {
        char c = *at;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        host[length++] = plain ? c : '-';
    }
    host[length] = 0;
    if (length == 0 || host[0] == '.') host[0] = '-';
    length = 0;
    for (const char *at = result->start; *at; at++)
        if (*at != ':') start[length++] = *at;
    start[length] = 0;
    int written = snprintf(path, size, "%s/%s-%s.json", folder, host, start);
    if (written > 0 && (size_t)written < size) return 0;
    return fail(err, "%s: the name of the result file is too long", folder);
}

/* Adds the required sections that this run did not fill in, as null with a reason. */
static int fill_gaps(struct result *result) {
    static const char *const required[] = {"libraries", "cpu", "topology", "environment", "workload"};
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (json_object_get(result->facts, required[i])) continue;
        if (put_text_or_reason(result->facts, required[i], NULL, "not part of this run") != 0) return -1;
    }
    return 0;
}

const json_t *result_finish(struct result *result, bool complete, struct error *err) {
    struct timespec now;
    char end[32];
    clock_gettime(CLOCK_MONOTONIC, &now);
    utc_now(end, "%Y-%m-%dT%H:%M:%SZ");
    double seconds = (double)(now.tv_sec - result->began.tv_sec) + 1e-9 * (double)(now.tv_nsec - result->began.tv_nsec);
    if (fill_gaps(result) != 0 || json_put(result->facts, "end", json_string(end)) != 0 ||
        json_put(result->facts, "duration_seconds", json_real(seconds)) != 0 ||
        json_put(result->facts, "status", json_string(complete ? "complete" : "incomplete")) != 0 || json_lost() ||
        seal_result(result->root) != 0) {
        fail_program(err, "out of memory for the result");
        return NULL;
    }
    return result->root;
}
