/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static int fill(struct error *err, enum error_kind kind, const char *format, va_list args) {
    if (!err) return -1;
    err->kind = kind;
    vsnprintf(err->text, sizeof err->text, format, args);
    return -1;
}

/* The brackets keep the macros of error.h, which exist under the clang analyzer, from expanding here. */
int(fail)(struct error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int bad = fill(err, ERROR_INPUT, format, args);
    va_end(args);
    return bad;
}

int(fail_program)(struct error *err, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int bad = fill(err, ERROR_PROGRAM, format, args);
    va_end(args);
    return bad;
}

int(fail_as)(struct error *err, enum error_kind kind, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int bad = fill(err, kind, format, args);
    va_end(args);
    return bad;
}
