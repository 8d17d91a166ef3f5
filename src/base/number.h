/* SPDX-License-Identifier: MIT */
/* Numbers and choices from text, for options and their like. Each function returns 0, or -1 with one line that quotes
 * the text and says what is accepted. */
#ifndef SGDMARK_BASE_NUMBER_H
#define SGDMARK_BASE_NUMBER_H

#include "base/error.h"

#include <stdint.h>

/* Decimal digits alone: no sign, no blank. */
int read_whole(uint64_t *to, const char *text, uint64_t low, uint64_t high, struct error *err);

/* A decimal number with low < number <= high; neither hexadecimal nor infinite. */
int read_real(double *to, const char *text, double low, double high, struct error *err);

/* The same for low <= number <= high. */
int read_real_from(double *to, const char *text, double low, double high, struct error *err);

/* The index of the text in the NULL-terminated list. */
int read_choice(unsigned *to, const char *text, const char *const choices[], struct error *err);

#endif
