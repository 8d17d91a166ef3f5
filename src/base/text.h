/* SPDX-License-Identifier: MIT */
/* Bytes from outside as text that can be shown. Names of files, hosts and arguments, and the strings of result files,
 * may hold anything: other encodings, escape sequences, marks that turn the direction of the text around. */
#ifndef SGDMARK_BASE_TEXT_H
#define SGDMARK_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the UTF-8 character at `text`, 1 to 4 bytes, with its number in *point; the NUL has length 1. Returns 0
 * where the bytes are not UTF-8: cut off, longer than needed, a surrogate, above U+10FFFF. */
size_t utf8_length(const char *text, uint32_t *point);

/* May the character be shown as it is? Not: control characters (C0, DEL, and C1, in which NEL ends a line and CSI
 * begins an escape sequence), line and paragraph separators, and the marks of bidirectional text. */
bool is_printable(uint32_t point);

/* Any bytes as printable UTF-8 of one line: each byte of a character that is not printable, or not UTF-8, becomes \xNN.
 * A backslash stays. This writes what stands for the next character, or byte, of *text, which does not end here, moves
 * *text behind it, and returns its length. */
enum { PRINTABLE = 5 }; /* bytes of that, the NUL included */
size_t printable_next(char shown[PRINTABLE], const char **text);

/* The same of a whole text, into to[size], cut behind a whole character or \xNN; returns the length that the whole has,
 * as snprintf does. */
size_t printable_copy(char *to, size_t size, const char *text);

/* The same in memory that the caller frees; NULL when it runs out. */
char *printable_text(const char *text);

#endif
