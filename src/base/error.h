/* SPDX-License-Identifier: MIT */
/* Errors as values: one line of text, and whose fault it is. The command line prints the line. */
#ifndef SGDMARK_BASE_ERROR_H
#define SGDMARK_BASE_ERROR_H

/* Whose fault it is, which decides the exit status. */
enum error_kind {
    ERROR_INPUT,   /* the caller's: a wrong option or file, or something that this machine lacks */
    ERROR_PROGRAM, /* the program's: out of memory, a bug */
    ERROR_CHECK,   /* the work was done and is wrong: a fit that diverged */
    ERROR_OUTPUT   /* the work was done, and its result could not be written where it should go */
};

struct error {
    char text[1024];
    enum error_kind kind;
};

/* Writes an error of kind ERROR_INPUT. The line names the input, the fault and, where there is one, the way out; it
 * has no newline. Always returns -1, so that a function can `return fail(err, ...)`. `err` may be NULL. */
int fail(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same with kind ERROR_PROGRAM, and with any kind. */
int fail_program(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
int fail_as(struct error *err, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

#ifdef __clang_analyzer__ /* The analyzer does not look into variadic functions: tell it that these return -1. */
static inline int failed(void) {
    return -1;
}
#define fail(...)         (fail(__VA_ARGS__), failed())
#define fail_program(...) (fail_program(__VA_ARGS__), failed())
#define fail_as(...)      (fail_as(__VA_ARGS__), failed())
#endif

#endif
