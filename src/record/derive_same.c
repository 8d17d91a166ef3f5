/* SPDX-License-Identifier: MIT */
/* Compares what is recorded with what is derived. */
#include "base/json.h"
#include "record/derive_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double tolerance = 1e-9; /* relative */

enum { SHOWN = 100 };

int no_memory(const struct reader *reader) {
    return fail_program(reader->err, "%s: out of memory", reader->path);
}

/* A key of an untrusted file. */
static void plain_key(char text[SHOWN], const char *key) {
    snprintf(text, SHOWN, "%s", key);
    for (char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~') *at = '?';
}

static void show(char text[SHOWN], const json_t *value) {
    if (json_is_array(value)) {
        snprintf(text, SHOWN, "a list of %zu values", json_array_size(value));
    } else if (json_is_object(value)) {
        snprintf(text, SHOWN, "an object");
    } else if (json_is_real(value)) {
        char number[REAL_TEXT];
        format_real(number, json_real_value(value));
        snprintf(text, SHOWN, "%s", number);
    } else {
        char *dumped = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
        snprintf(text, SHOWN, "%s", dumped ? dumped : "no such value");
        free(dumped);
    }
}

static int contradiction(const struct reader *reader, const char *where, const json_t *recorded, const json_t *derived,
                         const char *source) {
    char is[SHOWN], gives[SHOWN], what[3 * SHOWN];
    show(is, recorded);
    show(gives, derived);
    snprintf(what, sizeof what, "is %.*s, but %s %.*s", SHOWN, recorded ? is : "missing", source, SHOWN, gives);
    return fault(reader, where, "", what);
}

static bool same_number(const json_t *recorded, const json_t *derived) {
    if (json_is_integer(recorded) && json_is_integer(derived))
        return json_integer_value(recorded) == json_integer_value(derived);
    const double a = json_number_value(recorded), b = json_number_value(derived);
    return fabs(a - b) <= tolerance * fmax(fabs(a), fabs(b));
}

static bool same_leaf(const json_t *recorded, const json_t *derived) {
    if (json_is_number(recorded) && json_is_number(derived)) return same_number(recorded, derived);
    return json_equal(recorded, derived);
}

/* Are they the same? Places are named only where they are not: that takes longer than the comparison. */
static bool is_same(const json_t *recorded, const json_t *derived) {
    if (json_is_array(recorded) && json_is_array(derived)) {
        if (json_array_size(recorded) != json_array_size(derived)) return false;
        for (size_t i = 0; i < json_array_size(recorded); i++)
            if (!is_same(json_array_get(recorded, i), json_array_get(derived, i))) return false;
        return true;
    }
    if (json_is_object(recorded) && json_is_object(derived)) {
        const char *key;
        json_t *value;
        json_object_foreach((json_t *)recorded, key, value) {
            if (!is_same(value, json_object_get(derived, key))) return false;
        }
        return json_object_size(recorded) == json_object_size(derived);
    }
    return recorded && derived ? same_leaf(recorded, derived) : recorded == derived;
}

static int extra_member(const struct reader *reader, const char *where, const char *key, const json_t *value,
                        const char *source) {
    char plain[SHOWN], place[MOST_WHERE];
    plain_key(plain, key);
    snprintf(place, sizeof place, "%.140s.%s", where, plain);
    return contradiction(reader, place, value, NULL, source);
}

static int same_object(const struct reader *reader, const char *where, const json_t *recorded, const json_t *derived,
                       const char *source) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)recorded, key, value) {
        const json_t *given = json_object_get(derived, key);
        if (!given) return extra_member(reader, where, key, value, source);
        if (same_member(reader, where, recorded, key, given, source) != 0) return -1;
    }
    json_object_foreach((json_t *)derived, key, value) {
        if (!json_object_get(recorded, key)) return same_member(reader, where, recorded, key, value, source);
    }
    return 0;
}

static int same_array(const struct reader *reader, const char *where, const json_t *recorded, const json_t *derived,
                      const char *source) {
    const size_t count = json_array_size(recorded);
    if (count != json_array_size(derived)) return contradiction(reader, where, recorded, derived, source);
    for (size_t i = 0; i < count; i++) {
        char place[MOST_WHERE];
        snprintf(place, sizeof place, "%.220s[%zu]", where, i);
        if (same_value(reader, place, json_array_get(recorded, i), json_array_get(derived, i), source) != 0) return -1;
    }
    return 0;
}

int same_value(const struct reader *reader, const char *where, const json_t *recorded, const json_t *derived,
               const char *source) {
    if (is_same(recorded, derived)) return 0;
    if (json_is_object(recorded) && json_is_object(derived))
        return same_object(reader, where, recorded, derived, source);
    if (json_is_array(recorded) && json_is_array(derived)) return same_array(reader, where, recorded, derived, source);
    return contradiction(reader, where, recorded, derived, source);
}

int same_member(const struct reader *reader, const char *where, const json_t *recorded, const char *key,
                const json_t *derived, const char *source) {
    char place[MOST_WHERE];
    snprintf(place, sizeof place, "%.150s%s%.100s", where, *where ? "." : "", key);
    return same_value(reader, place, json_object_get(recorded, key), derived, source);
}

int same_made(const struct reader *reader, const char *where, const json_t *recorded, const char *key, json_t *derived,
              const char *source) {
    int bad = derived ? same_member(reader, where, recorded, key, derived, source) : no_memory(reader);
    json_decref(derived);
    return bad;
}
