/* SPDX-License-Identifier: MIT */
#include "record/point_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int point_set_new(struct point_set *set, const struct sweep_head *head, struct error *err) {
    const size_t points = head->grid.points;
    *set = (struct point_set){.head = head};
    set->line = calloc(points, sizeof *set->line);
    set->state = calloc(points, sizeof *set->state);
    if (set->line && set->state) return 0;
    point_set_free(set);
    return fail_program(err, "out of memory for %zu points", points);
}

void point_set_free(struct point_set *set) {
    for (size_t f = 0; f < set->files; f++) {
        unmap_file(&set->file[f].content);
        free(set->file[f].path);
    }
    free(set->file);
    free(set->line);
    free(set->state);
    *set = (struct point_set){0};
}

/* The file that a line lies in. */
static const char *path_of(const struct point_set *set, const char *at) {
    for (size_t f = 0; f < set->files; f++) {
        const struct mapped_file *content = &set->file[f].content;
        if (content->bytes && at >= content->bytes && at < content->bytes + content->length) return set->file[f].path;
    }
    return "";
}

static void note_contradiction(struct point_set *set, size_t point, struct span line) {
    if (set->state[point] != POINT_CONTRADICTED && !set->contradiction[0])
        snprintf(set->contradiction, sizeof set->contradiction,
                 "point %zu has one outcome in %.200s and another in %.200s", point,
                 path_of(set, set->line[point].bytes), path_of(set, line.bytes));
    set->state[point] = POINT_CONTRADICTED;
}

/* Adds one line, which has its newline. */
static void add_line(struct point_set *set, size_t point, struct span line) {
    const struct span *there = &set->line[point];
    if (set->state[point] == POINT_MISSING) {
        set->line[point] = line;
        set->state[point] = POINT_THERE;
    } else if (there->length != line.length || memcmp(there->bytes, line.bytes, line.length) != 0) {
        note_contradiction(set, point, line);
    } else if (set->state[point] == POINT_THERE) {
        set->state[point] = POINT_DOUBLED;
    }
}

static int add_lines(struct point_set *set, const struct point_file *file, struct error *err) {
    struct span line;
    size_t at = 0;
    for (size_t number = 1; next_line(&line, &file->content, &at); number++) {
        struct point_result result;
        struct error why;
        if (point_read(&result, &set->head->rules, line, &why) != 0)
            return fail_as(err, why.kind, "%s: line %zu: %.600s", file->path, number, why.text);
        free(result.fold);
        line.length++;
        add_line(set, result.point, line);
    }
    return 0;
}

int point_set_add(struct point_set *set, const char *path, struct error *err) {
    struct point_file *larger = realloc(set->file, (set->files + 1) * sizeof *larger);
    if (!larger) return fail_program(err, "out of memory for the name of a file");
    set->file = larger;
    struct point_file *file = &set->file[set->files];
    *file = (struct point_file){.path = strdup(path)};
    if (!file->path) return fail_program(err, "out of memory for the name of a file");
    set->files++;
    if (map_file(&file->content, path, err) != 0) return -1;
    return add_lines(set, file, err);
}

size_t point_set_count(const struct point_set *set, const struct share *share, enum point_state state) {
    size_t count = 0;
    for (size_t point = share->number - 1; point < set->head->grid.points; point += share->of)
        count += set->state[point] == state;
    return count;
}

void point_set_text(char text[POINTS_TEXT], const struct point_set *set, enum point_state state) {
    const size_t points = set->head->grid.points;
    size_t used = 0;
    text[0] = 0;
    for (size_t first = 0, end; first < points; first = end) {
        end = first + 1;
        if (set->state[first] != state) continue;
        while (end < points && set->state[end] == state)
            end++;
        char item[64];
        if (end - first > 1)
            snprintf(item, sizeof item, "%s%zu..%zu", used ? ", " : "", first, end - 1);
        else
            snprintf(item, sizeof item, "%s%zu", used ? ", " : "", first);
        if (used + strlen(item) + sizeof ", ..." > POINTS_TEXT) {
            snprintf(text + used, POINTS_TEXT - used, ", ...");
            return;
        }
        used += (size_t)snprintf(text + used, POINTS_TEXT - used, "%s", item);
    }
}

int point_set_get(struct point_result *result, const struct point_set *set, size_t point, struct error *err) {
    const struct span line = {set->line[point].bytes, set->line[point].length - 1};
    return point_read(result, &set->head->rules, line, err);
}

int point_set_write(const struct point_set *set, const struct share *share, const char *path, struct error *err) {
    const size_t points = set->head->grid.points;
    struct span *pieces = malloc(points * sizeof *pieces);
    if (!pieces) return fail_program(err, "%s: out of memory", path);
    size_t count = 0;
    for (size_t point = 0; point < points; point++)
        if (share_has(share, point) && set->state[point] != POINT_MISSING) pieces[count++] = set->line[point];
    int bad = write_file(path, pieces, count, err);
    free(pieces);
    return bad;
}
