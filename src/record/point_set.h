/* SPDX-License-Identifier: MIT */
/* The points of a sweep, collected from files in any order: which are there, which are missing, which are doubled. */
#ifndef SGDMARK_RECORD_POINT_SET_H
#define SGDMARK_RECORD_POINT_SET_H

#include "record/lines.h"
#include "record/sweep_head.h"

enum point_state {
    POINT_MISSING,
    POINT_THERE,
    POINT_DOUBLED,     /* there more than once, always the same */
    POINT_CONTRADICTED /* there more than once, with different outcomes */
};

/* One file of points. */
struct point_file {
    char *path;
    struct mapped_file content;
};

struct point_set {
    const struct sweep_head *head;
    struct span *line;       /* [points] with its newline, in a file; the first one found */
    uint8_t *state;          /* [points] enum point_state */
    struct point_file *file; /* [files] */
    size_t files;
    char contradiction[512]; /* the first point that has two outcomes, and the files; or "" */
};

/* An empty set; the head must outlive it. Returns 0, or -1 when memory runs out. point_set_free releases it. */
int point_set_new(struct point_set *set, const struct sweep_head *head, struct error *err);
void point_set_free(struct point_set *set);

/* Adds the points of a file, each of which is checked (record/point_json.h). A last line that is not whole counts as
 * not there. Returns 0, or -1 with file, line and fault. */
int point_set_add(struct point_set *set, const char *path, struct error *err);

/* How many points of a share are in this state. */
size_t point_set_count(const struct point_set *set, const struct share *share, enum point_state state);

/* The points of a state as text, "3, 7..9, 12"; long lists end in "...". */
enum { POINTS_TEXT = 256 };
void point_set_text(char text[POINTS_TEXT], const struct point_set *set, enum point_state state);

/* Reads the outcome of a point that is there. The caller frees result->fold. Returns 0, or -1 when memory runs out. */
int point_set_get(struct point_result *result, const struct point_set *set, size_t point, struct error *err);

/* Writes the points of a share that are there as a file, in their order, whole or not at all. Returns 0, or -1 with the
 * reason. */
int point_set_write(const struct point_set *set, const struct share *share, const char *path, struct error *err);

#endif
