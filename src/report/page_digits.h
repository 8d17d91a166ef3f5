/* SPDX-License-Identifier: MIT */
/* What the data of a run show beside its result: learned weights, misread digits, the whole curve. */
#ifndef SGDMARK_REPORT_PAGE_DIGITS_H
#define SGDMARK_REPORT_PAGE_DIGITS_H

#include "base/error.h"

#include <stdbool.h>
#include <stdio.h>

struct page_digits;

/* Writes them into the section of the notebook. Returns 0, or -1 with the reason. */
int page_digits_write(FILE *to, const struct page_digits *digits, size_t number, bool drawn, struct error *err);

#endif
