/* SPDX-License-Identifier: MIT */
/* jansson values as text, with real numbers in their shortest form. */
#ifndef SGDMARK_BASE_JSON_H
#define SGDMARK_BASE_JSON_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Longest text of format_real, including the NUL. */
enum { REAL_TEXT = 32 };

/* Writes x as the shortest decimal that reads back as the same float64 (at most 17 significant digits), with a point
 * or an exponent, so that JSON reads it as a real number. */
void format_real(char text[REAL_TEXT], double x);

/* The value as JSON text, indented by two, with a newline at the end. Characters that are not printable are escaped.
 * The caller frees it; NULL: out of memory. */
char *json_text(const json_t *value);

/* `value` as 16 hex digits, and as a JSON string of them. */
enum { HEX_TEXT = 17 };
void hex_text(char text[HEX_TEXT], uint64_t value);
json_t *json_hex(uint64_t value);

/* Makes every string and key in the value printable (base/text.h): result files come from outside. Returns 0, or -1
 * when memory runs out. */
int json_make_printable(json_t *value);

/* A finite number as a JSON real; NaN and infinities as null. */
json_t *json_number(double x);

/* Writes the value to where `path` leads (write_file), or prints it on `out`. Both return 0, or -1 with the reason. */
int json_write(const char *path, const json_t *value, struct error *err);
int json_print(FILE *out, const json_t *value, struct error *err);

#endif
