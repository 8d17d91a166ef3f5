/* SPDX-License-Identifier: MIT */
/* A comparison in one sentence: what `compare` says first. */
#ifndef SGDMARK_RECORD_ANSWER_H
#define SGDMARK_RECORD_ANSWER_H

#include "record/compare.h"

#include <stddef.h>

/* What a subject is against the base. */
enum answer_kind {
    ANSWER_FASTER,  /* in some benchmarks, and slower in none */
    ANSWER_SLOWER,  /* the other way round */
    ANSWER_BOTH,    /* faster in some, slower in others */
    ANSWER_PERHAPS, /* neither beyond the floors; some intervals exclude 1 */
    ANSWER_SAME,    /* not told apart */
    ANSWER_NOISY,   /* no verdict, as the machine was not quiet enough */
    ANSWER_NONE     /* no verdict for another reason, or no benchmark in common */
};
enum { ANSWER_KINDS = ANSWER_NONE + 1 };

/* "faster", "slower", "faster and slower", "perhaps different", "not told apart", "too noisy", "no verdict". */
extern const char *const answer_words[];

enum answer_kind answer_kind(const struct compare_report *report, size_t subject);

/* Size of a sentence, and of the name of a side in it. */
enum { ANSWER_TEXT = 2048, SIDE_TEXT = 300 };

/* A side in a sentence: the name of its file, printable, without the folder if the names of all files differ; "a.json
 * and 4 more" for several. */
const char *side_name(char text[SIDE_TEXT], const struct compare_report *report, size_t pool);

/* Writes one sentence, without a newline, about the subject, or about all subjects if there are several. It holds what
 * is known and nothing else: how many benchmarks are faster, slower or not told apart, the clearest of them with its
 * interval, or why there is no verdict. */
void answer_sentence(char text[ANSWER_TEXT], const struct compare_report *report);

#endif
