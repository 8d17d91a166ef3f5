/* SPDX-License-Identifier: MIT */
/* sweep.json: what a sweep computes. Every share of a sweep has the same; nothing of machine, time or path is in it. */
#ifndef SGDMARK_RECORD_SWEEP_HEAD_H
#define SGDMARK_RECORD_SWEEP_HEAD_H

#include "record/point_json.h"

#include <jansson.h>
#include <limits.h>

/* The part of a sweep that one process computes: points number - 1, number - 1 + of, number - 1 + 2 of, ... */
struct share {
    unsigned number, of; /* 1 of 1: all */
};

bool share_has(const struct share *share, size_t point);

/* Names of files in the folder of a sweep. */
enum { SWEEP_PATH = PATH_MAX };

/* Writes FOLDER/points.jsonl, or FOLDER/points-03-of-16.jsonl; with another stem in the place of "points". Returns 0,
 * or -1 if it is too long. */
int sweep_path(char path[SWEEP_PATH], const char *folder, const char *stem, const struct share *share,
               struct error *err);

/* FOLDER/NAME. */
int sweep_file(char path[SWEEP_PATH], const char *folder, const char *name, struct error *err);

/* The content of sweep.json for a plan whose data set has been hashed. NULL when memory runs out. */
json_t *sweep_head_json(const struct sweep_plan *plan);

/* FNV-1a 64 of the content as text: the name of a sweep. 0 when memory runs out. */
uint64_t sweep_head_hash(const json_t *head);

/* Writes sweep.json, or checks that the one which is there is the same. Returns 0, or -1 with what differs. */
int sweep_head_store(const char *folder, const json_t *head, struct error *err);

/* A sweep as its sweep.json has it. */
struct sweep_head {
    json_t *json;
    struct grid grid;
    struct point_rules rules;
};

/* Reads sweep.json. Returns 0, or -1 with the reason; sweep_head_free releases it. */
int sweep_head_read(struct sweep_head *head, const char *folder, struct error *err);
void sweep_head_free(struct sweep_head *head);

#endif
