/* SPDX-License-Identifier: MIT */
#include "record/figure.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double figure_number(const json_t *object, const char *key) {
    return json_number_at(object, key);
}

const char *figure_text(const json_t *object, const char *key) {
    return json_text_at(object, key);
}

const json_t *figure_find(const json_t *list, const char *key, const char *text) {
    return json_find(list, key, text);
}

struct figure_row *figure_row(struct figure *figure, const char *name) {
    if (figure->count == figure->room) {
        const size_t room = figure->room ? 2 * figure->room : 16;
        struct figure_row *rows = realloc(figure->rows, room * sizeof *rows);
        figure->failed |= !rows;
        if (!rows) return NULL;
        figure->rows = rows;
        figure->room = room;
    }
    struct figure_row *row = &figure->rows[figure->count++];
    *row = (struct figure_row){.mark = FIGURE_PLAIN};
    snprintf(row->name, sizeof row->name, "%s", name);
    for (size_t i = 0; i < FIGURE_VALUES; i++)
        row->value[i] = (double)NAN;
    return row;
}

double figure_joules(const json_t *one, const char *unit) {
    return figure_number(json_object_get(one, "energy"),
                         strcmp(unit, "fold") == 0 ? "joules_per_fold" : "joules_per_epoch");
}

size_t figure_energy_column(struct figure *figure, const json_t *cases, const char *unit) {
    bool any = false;
    size_t i, column = 0;
    json_t *one;
    json_array_foreach(cases, i, one) {
        any |= isfinite(figure_joules(one, unit));
    }
    if (!any) return FIGURE_VALUES;
    while (figure->columns[column])
        column++;
    figure->columns[column] = strcmp(unit, "fold") == 0 ? "J/fold" : "J/epoch";
    figure->formats[column] = "%.3g";
    return column;
}

void figure_free(struct figure *figure) {
    free(figure->rows);
    *figure = (struct figure){0};
}

int figures_make(struct figure_set *set, const struct result_file *file, struct error *err) {
    static void (*const makers[])(struct figure *, const json_t *) = {figure_speeds,  figure_ratios,  figure_roofline,
                                                                      figure_samples, figure_scaling, figure_trade_off,
                                                                      figure_shuffles};
    const size_t most = sizeof makers / sizeof *makers + 1;
    *set = (struct figure_set){.figures = calloc(most, sizeof *set->figures)};
    if (!set->figures) return fail_program(err, "%s: out of memory", file->path);
    bool lost = false;
    for (size_t i = 0; i < most; i++) {
        struct figure *figure = &set->figures[set->count];
        *figure = (struct figure){.band = (double)NAN};
        if (i < most - 1)
            makers[i](figure, file->facts);
        else
            figure_steps(figure, file);
        lost |= figure->failed;
        if (figure->count > 0)
            set->count++;
        else
            figure_free(figure);
    }
    if (!lost) return 0;
    figures_free(set);
    return fail_program(err, "%s: out of memory", file->path);
}

void figures_free(struct figure_set *set) {
    for (size_t i = 0; i < set->count; i++)
        figure_free(&set->figures[i]);
    free(set->figures);
    *set = (struct figure_set){0};
}
