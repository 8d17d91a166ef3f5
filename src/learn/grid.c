/* SPDX-License-Identifier: MIT */
#include "learn/grid.h"

#include "base/json.h"
#include "base/near.h"
#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ParameterGrid sorts by scikit-learn's names. They are ours, but for these. */
static const char *sort_name(unsigned parameter) {
    const char *name = parameter_name(parameter);
    if (strcmp(name, "epochs") == 0) return "max_iter";
    return strcmp(name, "seed") == 0 ? "random_state" : name;
}

const char *parameter_name(unsigned parameter) {
    return parameter == GRID_ORDER_SEED ? "order_seed" : hyper_table[parameter].name;
}

void parameter_word(char text[VALUE_TEXT], unsigned parameter) {
    snprintf(text, VALUE_TEXT, "%s", parameter_name(parameter));
    for (char *c = text; *c; c++)
        if (*c == '_') *c = '-';
}

void grid_init(struct grid *grid) {
    *grid = (struct grid){.points = 1};
}

void grid_free(struct grid *grid) {
    for (size_t a = 0; a < grid->axes; a++)
        free(grid->axis[a].value);
    grid_init(grid);
}

bool grid_varies(const struct grid *grid, unsigned parameter) {
    for (size_t a = 0; a < grid->axes; a++)
        if (grid->axis[a].parameter == parameter) return true;
    return false;
}

/* ---- Reading */

static bool is_whole(unsigned parameter) {
    return parameter == GRID_ORDER_SEED || hyper_table[parameter].kind == HYPER_KIND_WHOLE;
}

static int read_value(double *value, unsigned parameter, const char *text, struct error *err) {
    uint64_t seed = 0;
    if (parameter < HYPER_COUNT) return hyper_read(value, (enum hyper_id)parameter, text, err);
    if (read_whole(&seed, text, 0, UINT32_MAX, err) != 0) return -1;
    *value = (double)seed;
    return 0;
}

static int add_value(struct axis *axis, double value, struct error *err) {
    if (axis->count == GRID_MOST) return fail(err, "has more than %d values", GRID_MOST);
    if ((axis->count & (axis->count - 1)) == 0) { /* full: 0, or a power of two */
        double *larger = realloc(axis->value, (axis->count ? 2 * axis->count : 1) * sizeof *larger);
        if (!larger) return fail_program(err, "out of memory for %zu values", axis->count + 1);
        axis->value = larger;
    }
    axis->value[axis->count++] = value;
    return 0;
}

/* Adds one value, or a range of whole numbers, "0..99". */
static int add_values(struct axis *axis, char *text, struct error *err) {
    double first = 0.0, last = 0.0;
    char *dots = is_whole(axis->parameter) ? strstr(text, "..") : NULL;
    if (dots) *dots = 0;
    if (read_value(&first, axis->parameter, text, err) != 0) return -1;
    if (!dots) return add_value(axis, first, err);
    if (read_value(&last, axis->parameter, dots + 2, err) != 0) return -1;
    if (last < first) return fail(err, "the range %s..%s ends before it begins", text, dots + 2);
    const uint64_t more = (uint64_t)(last - first);
    for (uint64_t i = 0; i <= more; i++)
        if (add_value(axis, first + (double)i, err) != 0) return -1;
    return 0;
}

static int by_value(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* A value that is there twice would make two points of one. */
static int check_values(const struct axis *axis, struct error *err) {
    if (axis->count == 0) return fail(err, "there is no value");
    double *sorted = malloc(axis->count * sizeof *sorted);
    if (!sorted) return fail_program(err, "out of memory for %zu values", axis->count);
    memcpy(sorted, axis->value, axis->count * sizeof *sorted);
    qsort(sorted, axis->count, sizeof *sorted, by_value);
    int bad = 0;
    for (size_t i = 1; i < axis->count && !bad; i++) {
        char text[VALUE_TEXT];
        if (sorted[i] != sorted[i - 1]) continue;
        bad = parameter_text(text, axis->parameter, sorted[i]) == 0 ? fail(err, "%s is there twice", text)
                                                                    : fail_program(err, "out of memory for a value");
    }
    free(sorted);
    return bad;
}

static int read_values(struct axis *axis, const char *text, struct error *err) {
    char *copy = strdup(text);
    if (!copy) return fail_program(err, "out of memory for the values");
    int bad = 0;
    for (char *at = copy; at && !bad;) {
        char *comma = strchr(at, ',');
        if (comma) *comma++ = 0;
        bad = add_values(axis, at, err);
        at = comma;
    }
    free(copy);
    return bad ? -1 : check_values(axis, err);
}

/* Does the word name this parameter? Dashes and underscores count as the same. */
static bool names(unsigned parameter, const char *word, size_t length) {
    const char *name = parameter_name(parameter);
    if (strlen(name) != length) return false;
    for (size_t i = 0; i < length; i++)
        if ((word[i] == '-' ? '_' : word[i]) != name[i]) return false;
    return true;
}

static int find_parameter(unsigned *parameter, const char *text, size_t length, struct error *err) {
    char list[800] = "", word[VALUE_TEXT], hint[NEAR_TEXT];
    struct near meant;
    near_begin(&meant, text, length);
    for (unsigned p = 0; p < GRID_PARAMETERS; p++) {
        if (names(p, text, length)) {
            *parameter = p;
            return 0;
        }
        size_t used = strlen(list);
        parameter_word(word, p);
        snprintf(list + used, sizeof list - used, "%s%s", p ? ", " : "", word);
        near_try_part(&meant, list + strlen(list) - strlen(word), strlen(word));
    }
    return fail(err, "'%.*s' cannot vary: it is none of %s%s", length < 80 ? (int)length : 80, text, list,
                near_text(hint, &meant, ""));
}

static void insert_axis(struct grid *grid, struct axis axis) {
    size_t at = grid->axes++;
    for (; at > 0 && strcmp(sort_name(grid->axis[at - 1].parameter), sort_name(axis.parameter)) > 0; at--)
        grid->axis[at] = grid->axis[at - 1];
    grid->axis[at] = axis;
    grid->points *= axis.count;
}

int grid_vary(struct grid *grid, const char *text, struct error *err) {
    struct axis axis = {0};
    struct error why = {.kind = ERROR_INPUT};
    const size_t length = strcspn(text, "=");
    if (!text[length]) return fail(err, "'%.200s' has no '=': NAME=VALUE,VALUE or NAME=FIRST..LAST", text);
    if (find_parameter(&axis.parameter, text, length, err) != 0) return -1;
    char word[VALUE_TEXT];
    parameter_word(word, axis.parameter);
    if (grid_varies(grid, axis.parameter)) return fail(err, "%s varies already", word);
    if (read_values(&axis, text + length + 1, &why) != 0) {
        free(axis.value);
        return fail_as(err, why.kind, "%s: %.900s", word, why.text);
    }
    if (axis.count > GRID_MOST / grid->points) {
        free(axis.value);
        return fail(err, "%s: with its values the grid has more than %d points", word, GRID_MOST);
    }
    insert_axis(grid, axis);
    return 0;
}

/* ---- Points */

double grid_value(const struct grid *grid, size_t point, size_t axis) {
    for (size_t a = grid->axes - 1; a > axis; a--)
        point /= grid->axis[a].count;
    return grid->axis[axis].value[point % grid->axis[axis].count];
}

void grid_apply(const struct grid *grid, size_t point, struct job_spec *spec, unsigned *folds) {
    for (size_t a = 0; a < grid->axes; a++) {
        const unsigned parameter = grid->axis[a].parameter;
        const double value = grid_value(grid, point, a);
        if (parameter == GRID_ORDER_SEED)
            spec->rows.order_seed = (uint32_t)value;
        else if (parameter == HYPER_FOLDS)
            *folds = (unsigned)value;
        else
            hyper_set(spec, (enum hyper_id)parameter, value);
    }
}

/* ---- Text */

json_t *parameter_json(unsigned parameter, double value) {
    return parameter == GRID_ORDER_SEED ? json_integer((json_int_t)value)
                                        : hyper_value_json((enum hyper_id)parameter, value);
}

static int value_text(char text[VALUE_TEXT], unsigned parameter, double value, const char *quote) {
    json_t *json = parameter_json(parameter, value);
    char real[REAL_TEXT];
    if (json_is_string(json)) {
        snprintf(text, VALUE_TEXT, "%s%s%s", quote, json_string_value(json), quote);
    } else if (json_is_real(json)) {
        format_real(real, json_real_value(json));
        snprintf(text, VALUE_TEXT, "%s", real);
    } else if (json_is_integer(json)) {
        snprintf(text, VALUE_TEXT, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
    } else {
        snprintf(text, VALUE_TEXT, "%s", json_is_true(json) ? "true" : "false");
    }
    const bool lost = !json;
    json_decref(json);
    return lost ? -1 : 0;
}

int parameter_json_text(char text[VALUE_TEXT], unsigned parameter, double value) {
    return value_text(text, parameter, value, "\"");
}

int parameter_text(char text[VALUE_TEXT], unsigned parameter, double value) {
    return value_text(text, parameter, value, "");
}

/* How many values from number i on are whole and each one more than the last. */
static size_t run_length(const struct axis *axis, size_t i) {
    size_t end = i + 1;
    while (is_whole(axis->parameter) && end < axis->count && axis->value[end] == axis->value[end - 1] + 1.0)
        end++;
    return end - i;
}

/* Writes the values, runs of three or more as ranges. Returns 0, or -1 when memory runs out. */
static int put_values(FILE *to, const struct axis *axis) {
    char value[VALUE_TEXT];
    for (size_t i = 0, run; i < axis->count; i += run) {
        run = run_length(axis, i);
        if (run < 3) run = 1;
        if (parameter_text(value, axis->parameter, axis->value[i]) != 0) return -1;
        fprintf(to, "%s%s", i ? "," : "", value);
        if (run == 1) continue;
        if (parameter_text(value, axis->parameter, axis->value[i + run - 1]) != 0) return -1;
        fprintf(to, "..%s", value);
    }
    return 0;
}

char *axis_text(const struct axis *axis) {
    char *text = NULL, word[VALUE_TEXT];
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    if (!to) return NULL;
    parameter_word(word, axis->parameter);
    fprintf(to, "%s=", word);
    const bool bad = put_values(to, axis) != 0 || ferror(to);
    if (fclose(to) == 0 && !bad) return text;
    free(text);
    return NULL;
}
