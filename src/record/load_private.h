/* SPDX-License-Identifier: MIT */
/* Shared by load.c, load_bytes.c, load_gates.c, fleet_load.c, findings.c, pages_json.c and soak_json.c. */
#ifndef SGDMARK_RECORD_LOAD_PRIVATE_H
#define SGDMARK_RECORD_LOAD_PRIVATE_H

#include "record/load.h"
#include "record/rules.h"

#define SHORTEST      1e-15 /* seconds per iteration */
#define LONGEST       1e7   /* 115 days */
#define NS_PER_SECOND 1e9

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum {
    MAX_SERIES = 10000,  /* timings of one file */
    MAX_CASES = 1000,    /* of one experiment */
    MAX_SAMPLES = 100000 /* of one timing */
};

/* The text that result_load parses; the caller frees *bytes, also on failure. Returns 0, or -1 with the reason. */
int read_result(const char *path, char **bytes, size_t *length, struct error *err);

/* Its JSON. *root is NULL on failure. */
int decode_result(json_t **root, const char *path, const char *bytes, size_t length, struct error *err);

/* Checks the experiments of a file (the comparisons of a file of schema 1) and sets file->experiment_count. Returns 0,
 * or -1 with one line. */
int check_experiments(struct result_file *file, const struct reader *reader);

/* result_parse without the hash and without deriving anything again: each value is checked alone. For tests of what
 * such values lead to. */
int result_parse_alone(struct result_file *file, const char *path, const char *bytes, size_t length, struct error *err);

/* The same for a file that is parsed already, `alone` or with hash and derivation. Takes ownership of `root`. */
int result_of_json(struct result_file *file, const char *path, json_t *root, bool alone, struct error *err);

/* Fills in what the experiment that timed a benchmark says of it: all members from `processes` on. name, engine,
 * backend and seconds[n] are set. Returns 0, or -1 with one line. */
int read_witnesses(const struct result_file *file, struct series *series, const struct reader *reader);

/* Checks "findings", which files of earlier versions lack. Returns 0, or -1 with one line. */
int check_findings(const json_t *facts, const struct reader *reader);

/* Checks "pages", which files of earlier versions lack. Returns 0, or -1 with one line. */
int check_pages(const json_t *facts, const struct reader *reader);

/* Checks "soak", which only a soak's file has: ranges, and totals against those of the cores. Returns 0, or -1 with one
 * line. */
int check_soak(const json_t *facts, const struct reader *reader);

/* Fills in file->roofs. Returns 0, or -1 with one line. */
int read_roofs(struct result_file *file, const struct reader *reader);

#endif
