/* SPDX-License-Identifier: MIT */
#include "record/groups.h"

#include "record/difference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool same_work(const struct result_file *a, const struct result_file *b) {
    struct error why;
    return refuse_other_work(a, b, &why) == 0;
}

static bool is_repeat(const struct result_file *a, const struct result_file *b) {
    struct error why;
    return refuse_other_build(a, b, &why) == 0 && same_settings(a, b);
}

static int drop_unfit(struct inputs *inputs, struct error *err) {
    char why[sizeof err->text];
    for (size_t i = 0; i < inputs->count;) {
        const struct result_file *file = &inputs->files[i], *twin = NULL;
        for (size_t before = 0; before < i && !twin; before++)
            if (same_run(file, &inputs->files[before])) twin = &inputs->files[before];
        if (file->complete && !twin) {
            i++;
            continue;
        }
        if (twin)
            snprintf(why, sizeof why, "%.450s: is the same run as %.450s", file->path, twin->path);
        else
            snprintf(why, sizeof why, "%.900s: is incomplete: its run was interrupted", file->path);
        if (inputs_drop(inputs, i, why, err) != 0) return -1;
    }
    return 0;
}

/* Moves file `from` to place `to`, before it, and those between by one. */
static void move_file(struct result_file *files, size_t from, size_t to) {
    const struct result_file moved = files[from];
    memmove(&files[to + 1], &files[to], (from - to) * sizeof *files);
    files[to] = moved;
}

/* Brings all files of [first, end) that are like the first one together, by `like`; returns how many there are. */
static size_t gather(struct result_file *files, size_t first, size_t end,
                     bool (*like)(const struct result_file *a, const struct result_file *b)) {
    size_t count = 1;
    for (size_t i = first + 1; i < end; i++)
        if (like(&files[first], &files[i])) move_file(files, i, first + count++);
    return count;
}

static int make_sides(struct group *group, struct result_file *files, enum side_of side, struct error *err) {
    const size_t end = group->first + group->count;
    group->sides = calloc(group->count, sizeof *group->sides);
    if (!group->sides) return fail_program(err, "out of memory for %zu result files", group->count);
    for (size_t at = group->first; at < end; at += group->sides[group->side_count++])
        group->sides[group->side_count] = side == SIDE_REPEATS ? gather(files, at, end, is_repeat) : 1;
    if (group->side_count > 1) return 0;
    for (group->side_count = 0; group->side_count < group->count; group->side_count++)
        group->sides[group->side_count] = 1;
    return 0;
}

int groups_make(struct groups *groups, struct inputs *inputs, enum side_of side, struct error *err) {
    *groups = (struct groups){calloc(inputs->count + 1, sizeof *groups->list), 0};
    if (!groups->list) return fail_program(err, "out of memory for %zu result files", inputs->count);
    int bad = drop_unfit(inputs, err);
    for (size_t at = 0; !bad && at < inputs->count;) {
        struct group *group = &groups->list[groups->count++];
        *group = (struct group){.first = at, .count = gather(inputs->files, at, inputs->count, same_work)};
        bad = make_sides(group, inputs->files, side, err);
        at += group->count;
    }
    if (bad) groups_free(groups);
    return bad;
}

void groups_free(struct groups *groups) {
    for (size_t i = 0; i < groups->count; i++)
        free(groups->list[i].sides);
    free(groups->list);
    *groups = (struct groups){0};
}
