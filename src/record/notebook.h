/* SPDX-License-Identifier: MIT */
/* The section "notebook" of a result file: the notebook's steps and their outcome. */
#ifndef SGDMARK_RECORD_NOTEBOOK_H
#define SGDMARK_RECORD_NOTEBOOK_H

#include "measure/shuffles.h"
#include "verify/notebook.h"

#include <jansson.h>

/* The notebook's steps and the metrics of the verified job that they were taken with. is_published: the job is the
 * textbook's, so that its printed numbers apply. shuffles: others that were tried; none have count 0. NULL when memory
 * runs out. */
json_t *notebook_json(const struct job *job, const struct notebook *notebook, bool is_published,
                      const struct shuffles *shuffles);

/* The widest and the highest picture in a result file. */
enum { MOST_PICTURE_SIDE = 100 };

/* Reads the picture of a digit ("own_digit") into pixels[], height rows of width. Returns false if there is none or it
 * is damaged. */
bool picture_of_digit(const json_t *digit, uint8_t pixels[MOST_PICTURE_SIDE * MOST_PICTURE_SIDE], size_t *height,
                      size_t *width);

#endif
