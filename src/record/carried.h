/* SPDX-License-Identifier: MIT */
/* Result files that ride along in a page: each is the target of a link, compressed by gzip and written in base64, so
 * that a reader of the page can save it and `compare` can read it. */
#ifndef SGDMARK_RECORD_CARRIED_H
#define SGDMARK_RECORD_CARRIED_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* What stands before the base64 of a carried file, and behind it. */
#define CARRIED_BEGIN "href=\"data:application/gzip;base64,"
#define CARRIED_END   '"'

/* The base64 of text[length], compressed. The caller frees it. NULL: out of memory. */
char *carried_text(const char *text, size_t length);

/* Is this a page, and no JSON? */
bool is_page(const char *bytes, size_t length);

/* How many files a page carries. */
size_t carried_count(const char *page, size_t length);

/* The file with this number, from 1; 0: the only one. *bytes is its text, at most RESULT_BYTES; the caller frees it.
 * `path` names the page in messages. Returns 0, or -1 with one line: there is no such file, or several, or it is
 * damaged. */
int carried_get(char **bytes, size_t *size, const char *page, size_t length, size_t number, const char *path,
                struct error *err);

#endif
