/* SPDX-License-Identifier: MIT */
#include "learn/hyper_table.h"

#include "base/json.h"
#include "base/number.h"

const struct hyper_parameter hyper_table[] = {
    {"digit", "digit", HYPER_KIND_WHOLE, 0, 9, NULL, 5},
#define HYPER_NUMBER(type, member, option, kind, low, high, fallback, ...)                                             \
    {#member, option, HYPER_KIND_##kind, low, high, NULL, fallback},
#define HYPER_NAME(type, member, option, names, ...) {#member, option, HYPER_KIND_CHOICE, 0, 0, names, 0},
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
#define HYPER_NAME(type, member, ...) HYPER_NUMBER(type, member, )
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
#include "learn/hyper.def"
    case HYPER_FOLDS:
    case HYPER_COUNT:
        return;
    }
}

int hyper_read(double *value, enum hyper_id id, const char *text, struct error *err) {
    const struct hyper_parameter *parameter = &hyper_table[id];
    uint64_t whole = 0;
    unsigned choice = 0;
    int bad = 0;
    switch (parameter->kind) {
    case HYPER_KIND_WHOLE:
        bad = read_whole(&whole, text, (uint64_t)parameter->low, (uint64_t)parameter->high, err);
        *value = (double)whole;
        break;
    case HYPER_KIND_REAL:
        bad = read_real(value, text, parameter->low, parameter->high, err);
        break;
    case HYPER_KIND_CHOICE:
        bad = read_choice(&choice, text, parameter->choices, err);
        *value = choice;
        break;
    }
    return bad;
}

json_t *hyper_value_json(enum hyper_id id, double value) {
    switch (hyper_table[id].kind) {
    case HYPER_KIND_WHOLE:
        return json_integer((json_int_t)value);
    case HYPER_KIND_CHOICE:
        return json_string(hyper_table[id].choices[(size_t)value]);
    case HYPER_KIND_REAL:
        break;
    }
    return json_number(value);
}

json_t *hyper_json(const struct job_spec *spec, unsigned folds) {
    json_t *all = json_object();
    for (enum hyper_id id = HYPER_DIGIT; all && id < HYPER_COUNT; id++) {
        if (json_object_set_new(all, hyper_table[id].name, hyper_value_json(id, hyper_get(spec, folds, id))) == 0)
            continue;
        json_decref(all);
        all = NULL;
    }
    return all;
}
