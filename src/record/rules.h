/* SPDX-License-Identifier: MIT */
/* Checks JSON objects of untrusted files against rules for their members. */
#ifndef SGDMARK_RECORD_RULES_H
#define SGDMARK_RECORD_RULES_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes of the longest name of a benchmark, engine or backend. */
enum { MAX_NAME = 200 };

/* NAME: printable ASCII without blanks, 1 to MAX_NAME bytes. HEX: exactly `high` lower-case hexadecimal digits. */
enum kind { WHOLE, REAL, TEXT, NAME, HEX, BOOLEAN, OBJECT, ARRAY };

struct rule {
    const char *key;
    double low, high; /* the range of a number; `high` bounds the length of a text or an array */
    enum kind kind;
    bool nullable; /* may be null beside a "<key>_reason" */
};

/* The file being read, and where errors go. */
struct reader {
    const char *path;
    struct error *err;
};

/* Checks the object against rules[count]: every key is present and its value has the kind and range of the rule.
 * Ignores other keys. `where` names the object in messages; "" is the outermost. Returns 0, or -1 with one line. */
int check_members(const struct reader *reader, const json_t *object, const char *where, const struct rule *rules,
                  size_t count);

/* The same for each element of the array `list`, which messages call `name`. */
int check_list(const struct reader *reader, const json_t *list, const char *name, const struct rule *rules,
               size_t count);

/* Sets the error "FILE: where.key what (the file is damaged ...)". Returns -1. */
int fault(const struct reader *reader, const char *where, const char *key, const char *what);

#endif
