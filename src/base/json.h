/* SPDX-License-Identifier: MIT */
/* jansson values as text, with real numbers in their shortest form. */
#ifndef SGDMARK_BASE_JSON_H
#define SGDMARK_BASE_JSON_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Longest text of format_real, including the NUL. */
enum { REAL_TEXT = 32 };

/* Writes x as the shortest decimal that reads back as the same float64 (at most 17 significant digits), with a point
 * or an exponent, so that JSON reads it as a real number. */
void format_real(char text[REAL_TEXT], double x);

/* ---- Text from outside: names of files, hosts and arguments may hold any bytes, JSON holds UTF-8.
 *
 * UTF-8 stays as it is. A byte that is not part of it becomes \xHH, a backslash, x and two lower-case hexadecimal
 * digits. Where such four characters stand in the text itself, their backslash becomes \x5c. So each \xHH of an escaped
 * text stands for one byte, and the text can be had back. */

/* The escaped text. With `printable`, control characters and those that turn the direction of writing are escaped in
 * the same way, so that the text can be shown. The caller frees it; NULL: out of memory. */
char *escape_text(const char *text, bool printable);

/* The escaped text as a JSON string; null for NULL. */
json_t *json_escaped(const char *text);
json_t *json_escaped_part(const char *text, size_t length);

/* The same for text that was read from JSON and holds its escapes already: only what is not UTF-8 is escaped. */
json_t *json_escaped_before(const char *text);

/* Makes JSON of text that only looks like it, as Google Benchmark writes names from outside: inside strings, bytes that
 * are not UTF-8 are escaped as above, and control characters as JSON wants it. The caller frees it; NULL: out of
 * memory. */
char *json_repair(const char *text);

/* ---- Values are put together here only, so that none is lost unseen. */

/* Sets object[key], where a key that is not UTF-8 is escaped, or appends to the list. Takes ownership of the value,
 * also on failure. Returns 0, or -1 without memory; a value that is NULL counts as that. What was lost is remembered:
 * json_lost is true from then on, and no JSON is made any more. */
int json_put(json_t *object, const char *key, json_t *value);
int json_add(json_t *list, json_t *value);
bool json_lost(void);

/* The value as JSON text, indented by two, with a newline at the end. Control characters, and characters that turn the
 * direction of writing, are \uXXXX in it. The caller frees it; NULL: out of memory, also if something was lost. */
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

/* ---- Facts of a file from outside, where anything may be missing or of another type. */

/* The value, or object[key], as a number; NaN if it is none. */
double json_number_of(const json_t *value);
double json_number_at(const json_t *object, const char *key);
/* object[key] as a text; "" if it is none. */
const char *json_text_at(const json_t *object, const char *key);
/* Is object[key] there, and not null? */
bool json_known_at(const json_t *object, const char *key);

/* The first object of a list whose member `key` is this text, or NULL. */
const json_t *json_find(const json_t *list, const char *key, const char *text);

/* ---- Writing. */

/* Writes the value to where `path` leads (write_file), or prints it on `out`. Both return 0, or -1 with the reason. */
int json_write(const char *path, const json_t *value, struct error *err);
int json_print(FILE *out, const json_t *value, struct error *err);

#endif
