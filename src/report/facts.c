/* SPDX-License-Identifier: MIT */
#include "report/facts.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

const char *fact_text_of(const json_t *value) {
    const char *text = json_string_value(value);
    return text ? text : "-";
}

const char *fact_text(const json_t *object, const char *key) {
    return fact_text_of(json_object_get(object, key));
}

double fact_number(const json_t *object, const char *key) {
    return json_number_at(object, key);
}

bool fact_true(const json_t *object, const char *key) {
    return json_is_true(json_object_get(object, key));
}

bool fact_known(const json_t *object, const char *key) {
    return json_known_at(object, key);
}

void print_plain(FILE *to, const char *text) {
    char shown[PRINTABLE];
    while (*text) {
        printable_next(shown, &text);
        fputs(shown, to);
    }
}

void print_count(FILE *to, double count, const char *what, const char *behind) {
    char number[FACT_TEXT];
    fprintf(to, "%s %s%s%s", format_fact(number, "%.0f", count), what, count == 1.0 ? "" : "s", behind);
}

const char *format_fact(char text[FACT_TEXT], const char *format, double value) {
    if (isfinite(value))
        snprintf(text, FACT_TEXT, format, value);
    else
        snprintf(text, FACT_TEXT, "-");
    return text;
}

struct time_unit time_unit_for(double shortest) {
    return shortest < 1e-4 ? (struct time_unit){"us", 1e6} : (struct time_unit){"ms", 1e3};
}

const json_t *find_experiment(const json_t *facts, const char *name) {
    return json_find(json_object_get(facts, "experiments"), "name", name);
}

const json_t *find_case(const json_t *experiment, const char *name) {
    return json_find(json_object_get(experiment, "cases"), "name", name);
}

const json_t *find_pair(const json_t *experiment, const char *family, const char *subject) {
    size_t i;
    json_t *pair;
    json_array_foreach(json_object_get(experiment, "pairs"), i, pair) {
        if (strcmp(fact_text(pair, "family"), family) == 0 && strcmp(fact_text(pair, "subject"), subject) == 0)
            return pair;
    }
    return NULL;
}

void print_numbers(FILE *to, const json_t *list) {
    size_t i;
    json_t *value;
    json_array_foreach(list, i, value) {
        char text[REAL_TEXT];
        format_real(text, json_number_value(value));
        fprintf(to, "%s%s", i ? " " : "", text);
    }
}

/* Element [row][column] of a confusion matrix. */
static long long confusion_at(const json_t *confusion, size_t row, size_t column) {
    return (long long)json_integer_value(json_array_get(json_array_get(confusion, row), column));
}

void print_confusion(FILE *to, const json_t *c) {
    fprintf(to, "%lld %lld / %lld %lld", confusion_at(c, 0, 0), confusion_at(c, 0, 1), confusion_at(c, 1, 0),
            confusion_at(c, 1, 1));
}

double energy_of(const json_t *one, const char *unit) {
    char key[32];
    snprintf(key, sizeof key, "joules_per_%.10s", unit);
    return fact_number(json_object_get(one, "energy"), key);
}

bool any_energy(const json_t *cases, const char *unit) {
    size_t i;
    json_t *one;
    json_array_foreach(cases, i, one) {
        if (isfinite(energy_of(one, unit))) return true;
    }
    return false;
}
