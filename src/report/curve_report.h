/* SPDX-License-Identifier: MIT */
/* Precision, recall and false positive rate over the threshold: as CSV, drawn, and in words. */
#ifndef SGDMARK_REPORT_CURVE_REPORT_H
#define SGDMARK_REPORT_CURVE_REPORT_H

#include "learn/curve.h"

#include <jansson.h>
#include <stdio.h>

/* A heading and a line for each point, from the lowest threshold up: threshold, precision and recall as
 * precision_recall_curve returns them, the false positive rate, true and false positives, and roc_curve: 1 where that
 * function keeps the point. The last line is the end of both curves; its threshold is inf. */
void print_curve_csv(FILE *out, const struct curve *curve);

/* Draws precision and recall over the threshold, and the ROC curve. */
void print_curve(FILE *out, const struct curve *curve);

/* Of trade_off_json: a line on each threshold that was asked for, after `indent` blanks. whole: with its confusion
 * matrix, and with both scores also where one of them was asked for. */
void print_thresholds(FILE *out, const json_t *trade_off, int indent, bool whole);

#endif
