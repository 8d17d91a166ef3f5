/* SPDX-License-Identifier: MIT */
#include "learn/hyper_table.h"

#include "base/json.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct hyper_parameter hyper_table[] = {
    {"digit", "digit", HYPER_KIND_WHOLE, 0, 9, NULL, 5},
#define HYPER_NUMBER(type, member, option, kind, low, high, fallback, ...)                                             \
    {#member, option, HYPER_KIND_##kind, low, high, NULL, fallback},
#define HYPER_NAME(type, member, option, names, ...) {#member, option, HYPER_KIND_CHOICE, 0, 0, names, 0},
#define HYPER_FLAG(member, option, fallback, ...)    {#member, option, HYPER_KIND_FLAG, 0, 1, NULL, fallback},
#define HYPER_OPTIONAL(type, member, option, low, high, ...)                                                           \
    {#member, option, HYPER_KIND_OPTIONAL, low, high, NULL, -(double)INFINITY},
#include "learn/hyper.def"
    {"folds", "folds", HYPER_KIND_WHOLE, 2, UINT16_MAX, NULL, 3},
};

const size_t hyper_count = HYPER_COUNT;
_Static_assert(sizeof hyper_table / sizeof *hyper_table == HYPER_COUNT, "one entry for each index");

double hyper_get(const struct job_spec *spec, unsigned folds, enum hyper_id id) {
    switch (id) {
    case HYPER_DIGIT:
        return spec->digit;
#define HYPER_NUMBER(type, member, ...)                                                                                \
    case HYPER_##member:                                                                                               \
        return (double)spec->hyper.member;
#define HYPER_NAME(type, member, ...)     HYPER_NUMBER(type, member, )
#define HYPER_FLAG(member, ...)           HYPER_NUMBER(bool, member, )
#define HYPER_OPTIONAL(type, member, ...) HYPER_NUMBER(type, member, )
#include "learn/hyper.def"
    case HYPER_FOLDS:
    case HYPER_COUNT:
        break;
    }
    return folds;
}

void hyper_set(struct job_spec *spec, enum hyper_id id, double value) {
    switch (id) {
    case HYPER_DIGIT:
        spec->digit = (unsigned)value;
        return;
#define HYPER_NUMBER(type, member, ...)                                                                                \
    case HYPER_##member:                                                                                               \
        spec->hyper.member = (type)value;                                                                              \
        return;
#define HYPER_NAME(type, member, ...)                                                                                  \
    case HYPER_##member:                                                                                               \
        spec->hyper.member = (type)(unsigned)value;                                                                    \
        return;
#define HYPER_FLAG(member, ...)                                                                                        \
    case HYPER_##member:                                                                                               \
        spec->hyper.member = value != 0.0;                                                                             \
        return;
#define HYPER_OPTIONAL(type, member, ...) HYPER_NUMBER(type, member, )
#include "learn/hyper.def"
    case HYPER_FOLDS:
    case HYPER_COUNT:
        return;
    }
}

static int read_number(double *value, const struct hyper_parameter *one, const char *text, struct error *err) {
    uint64_t whole = 0;
    int bad = 0;
    switch (one->kind) {
    case HYPER_KIND_WHOLE:
        bad = read_whole(&whole, text, (uint64_t)one->low, (uint64_t)one->high, err);
        *value = (double)whole;
        return bad;
    case HYPER_KIND_REAL:
        return read_real(value, text, one->low, one->high, err);
    case HYPER_KIND_OPEN:
        if (read_real(value, text, one->low, one->high, NULL) == 0 && *value < one->high) return 0;
        return fail(err, "'%s' is not a number between %g and %g", text, one->low, one->high);
    case HYPER_KIND_OPTIONAL:
        *value = -(double)INFINITY;
        if (strcmp(text, "none") == 0 || read_real_from(value, text, one->low, one->high, NULL) == 0) return 0;
        return fail(err, "'%s' is neither none nor a number from %g to %g", text, one->low, one->high);
    default:
        return read_real_from(value, text, one->low, one->high, err);
    }
}

int hyper_read(double *value, enum hyper_id id, const char *text, struct error *err) {
    static const char *const truth[] = {"false", "true", NULL};
    const struct hyper_parameter *one = &hyper_table[id];
    if (one->kind != HYPER_KIND_CHOICE && one->kind != HYPER_KIND_FLAG) return read_number(value, one, text, err);
    unsigned choice = 0;
    int bad = read_choice(&choice, text, one->kind == HYPER_KIND_FLAG ? truth : one->choices, err);
    *value = choice;
    return bad;
}

json_t *hyper_value_json(enum hyper_id id, double value) {
    if (id == HYPER_DIGIT && value == DIGIT_ALL) return json_string("all");
    switch (hyper_table[id].kind) {
    case HYPER_KIND_WHOLE:
        return json_integer((json_int_t)value);
    case HYPER_KIND_CHOICE:
        return json_string(hyper_table[id].choices[(size_t)value]);
    case HYPER_KIND_FLAG:
        return json_boolean(value != 0.0);
    default:
        return isfinite(value) ? json_number(value) : json_string("none");
    }
}

json_t *hyper_json_value(const json_t *hyper, enum hyper_id id) {
    json_t *value = json_object_get(hyper, hyper_table[id].name);
    return value ? json_incref(value) : hyper_value_json(id, hyper_table[id].fallback);
}

/* The number that hyper_set takes for a value; -1 where a choice has no such name. */
static double number_of(enum hyper_id id, const json_t *value) {
    const struct hyper_parameter *one = &hyper_table[id];
    unsigned choice = 0;
    if (one->kind == HYPER_KIND_FLAG) return json_is_true(value);
    if (one->kind == HYPER_KIND_OPTIONAL && json_is_string(value)) return -(double)INFINITY;
    if (one->kind != HYPER_KIND_CHOICE) return json_number_value(value);
    return read_choice(&choice, json_string_value(value), one->choices, NULL) == 0 ? choice : -1.0;
}

int hyper_from_json(struct job_spec *spec, const json_t *hyper) {
    for (enum hyper_id id = HYPER_DIGIT; id < HYPER_FOLDS; id++) {
        json_t *value = hyper_json_value(hyper, id);
        const double number = number_of(id, value);
        json_decref(value);
        if (hyper_table[id].kind == HYPER_KIND_CHOICE && number < 0.0) return -1;
        hyper_set(spec, id, number);
    }
    return 0;
}

bool hyper_json_is_default(const json_t *hyper, enum hyper_id id) {
    json_t *value = hyper_json_value(hyper, id), *fallback = hyper_value_json(id, hyper_table[id].fallback);
    const bool same = json_equal(value, fallback);
    json_decref(value);
    json_decref(fallback);
    return same;
}

/* Appends one option with its value. */
static size_t add_option(char *text, size_t size, const struct hyper_parameter *one, double value) {
    char real[REAL_TEXT] = "none";
    if (isfinite(value)) format_real(real, value);
    switch (one->kind) {
    case HYPER_KIND_FLAG:
        return (size_t)snprintf(text, size, " --%s", one->option);
    case HYPER_KIND_CHOICE:
        return (size_t)snprintf(text, size, " --%s %s", one->option, one->choices[(size_t)value]);
    case HYPER_KIND_WHOLE:
        return (size_t)snprintf(text, size, " --%s %.0f", one->option, value);
    default:
        return (size_t)snprintf(text, size, " --%s %s", one->option, real);
    }
}

size_t hyper_options(char *text, size_t size, const struct job_spec *spec, unsigned folds) {
    size_t used = strlen(text);
    for (enum hyper_id id = HYPER_DIGIT; id < HYPER_COUNT; id++) {
        const double value = hyper_get(spec, folds, id);
        if (value == hyper_table[id].fallback) continue;
        const size_t at = used < size ? used : size;
        used += add_option(text + at, size - at, &hyper_table[id], value);
    }
    return used;
}

json_t *hyper_json(const struct job_spec *spec, unsigned folds) {
    json_t *all = json_object();
    for (enum hyper_id id = HYPER_DIGIT; all && id < HYPER_COUNT; id++) {
        if (json_put(all, hyper_table[id].name, hyper_value_json(id, hyper_get(spec, folds, id))) == 0) continue;
        json_decref(all);
        all = NULL;
    }
    return all;
}
