/* SPDX-License-Identifier: MIT */
/* All that `compare` says of the files it was given: a comparison for each group of files, and one sentence. */
#ifndef SGDMARK_RECORD_COMPARISON_H
#define SGDMARK_RECORD_COMPARISON_H

#include "record/answer.h"
#include "record/columns.h"
#include "record/compare.h"
#include "record/groups.h"
#include "record/inputs.h"

/* The files of one group. */
struct group_comparison {
    bool compared; /* report is set; otherwise the group has one file, or no two sides with a benchmark in common */
    struct compare_report report;
    struct columns columns;   /* of compared ones */
    char answer[ANSWER_TEXT]; /* one sentence */
    const char *differs;      /* why it shares no ratio with the first group; NULL: it is the first */
};

struct comparison_of_files {
    struct inputs *inputs;         /* the caller's; must outlive this */
    struct groups groups;          /* of many files; none where sides are given */
    struct group_comparison *list; /* [count] */
    size_t count;
    char (*differs)[ANSWER_TEXT]; /* [count] */
    char answer[ANSWER_TEXT];     /* one sentence about all */
    const char *kind;             /* one word: of answer_words, "several" subjects or groups */
};

/* How the files are compared. */
struct comparing {
    size_t base_count; /* not 0: the first files are the base, all others the subject */
    enum side_of side;
    bool history; /* the last file is the subject, those before it are the base (record/history.h) */
};

/* Compares all files. Returns 0, or -1 with the reason: nothing can be compared, or what compare_sides refuses where
 * sides are given or there are only two files. comparison_free releases it. */
int comparison_make(struct comparison_of_files *all, struct inputs *inputs, const struct comparing *how,
                    struct error *err);
void comparison_free(struct comparison_of_files *all);

/* All of it as JSON: of one group its comparison (compare_json) with `answer`, `answer_kind` and `left_out`; of several
 * a list of these under `groups`. `threshold` is NaN when the user gave none. NULL when memory runs out. */
json_t *comparison_of_files_json(const struct comparison_of_files *all, double threshold);

#endif
