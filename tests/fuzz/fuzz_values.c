/* SPDX-License-Identifier: MIT */
/* libFuzzer target: one option with a value of arbitrary bytes. The input is one byte, which chooses the option, and
 * the value. A value is refused in good order, or taken; and as every value is recorded, it also goes to JSON and back.
 */
#include "base/json.h"
#include "cli/bench_flags.h"
#include "cli/options.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_OPTIONS = 64, MOST_BYTES = 4096 };

/* An option, and the argp that knows it. */
static struct {
    const struct argp *argp;
    const char *name;
} known[MOST_OPTIONS];
static size_t known_count;

/* All that take a value, but --benchmark_out, whose file would be tried. */
static void list_options(const struct argp *argp, const struct argp *whole) {
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++) {
        if (!o->name || !o->arg || strcmp(o->name, "benchmark_out") == 0) continue;
        if (known_count == MOST_OPTIONS) abort();
        known[known_count].argp = whole;
        known[known_count++].name = o->name;
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        list_options(child->argp, whole);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    list_options(&job_argp, &job_argp);
    list_options(&bench_flags_argp, &bench_flags_argp);
    return known_count > 0 ? 0 : -1;
}

static unsigned digit(char c) {
    return c >= 'a' ? (unsigned)(c - 'a') + 10 : (unsigned)(c - '0');
}

/* By the rule of base/json.h. */
static void unescape(char *text) {
    char *to = text;
    while (*text) {
        const bool escape = text[0] == '\\' && text[1] == 'x' && strspn(text + 2, "0123456789abcdef") >= 2;
        *to++ = escape ? (char)(digit(text[2]) << 4 | digit(text[3])) : *text;
        text += escape ? 4 : 1;
    }
    *to = 0;
}

/* The value comes through JSON whole, and no control character is raw in it. */
static void check_json(const char *value) {
    json_t *object = json_object();
    if (!object || json_put(object, value, json_escaped(value)) != 0) abort();
    char *text = json_text(object);
    if (!text) abort();
    for (const char *at = text; *at; at++)
        if (((unsigned char)*at < ' ' && *at != '\n') || *at == 0x7f) abort();
    json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_equal(object, again)) abort();
    char *back = strdup(json_string_value(json_object_iter_value(json_object_iter(again))));
    if (!back) abort();
    unescape(back);
    if (strcmp(back, value) != 0) abort();
    free(back);
    free(text);
    json_decref(again);
    json_decref(object);
}

static void check_context(const struct bench_flags *flags) {
    for (size_t i = 0; i < flags->context_count; i++) {
        char *plain = escape_text(flags->context[i].value, true);
        if (!plain || !*flags->context[i].key) abort();
        for (const char *at = plain; *at; at++)
            if ((unsigned char)*at < ' ' || *at == 0x7f) abort();
        free(plain);
    }
}

static void take(size_t which, const char *value) {
    static char name[] = "sgdmark bench";
    char word[MOST_BYTES + 64];
    char *argv[] = {name, word, NULL};
    struct bench_flags flags = {0};
    struct job_options job = {0};
    struct error err = {.text = ""};
    const bool bench = known[which].argp == &bench_flags_argp;
    snprintf(word, sizeof word, "--%s=%s", known[which].name, value);
    const int asked = take_arguments(known[which].argp, 2, argv, bench ? (void *)&flags : &job, &err);
    if (asked > 0) abort();
    if (asked < 0 && (err.kind != ERROR_INPUT || !err.text[0])) abort();
    if (bench && asked == 0) check_context(&flags);
    bench_flags_free(&flags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char value[MOST_BYTES];
    if (size < 1 || size > MOST_BYTES) return -1;
    memcpy(value, data + 1, size - 1);
    value[size - 1] = 0;
    take(data[0] % known_count, value);
    check_json(value);
    return 0;
}
