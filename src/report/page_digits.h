/* SPDX-License-Identifier: MIT */
/* What the rows of a run show beside its result: learned weights, misread digits, the whole curve. */
#ifndef SGDMARK_REPORT_PAGE_DIGITS_H
#define SGDMARK_REPORT_PAGE_DIGITS_H

#include "base/error.h"
#include "record/rows_again.h"

#include <stdbool.h>
#include <stdio.h>

/* Writes them into the section of the notebook. Returns 0, or -1 with the reason. */
int page_digits(FILE *to, const struct rows_again *again, size_t number, bool drawn, struct error *err);

#endif
