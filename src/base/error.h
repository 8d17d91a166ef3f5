/* One line of text about what went wrong, filled in by whoever notices and printed by the command line. */
#ifndef SGDMARK_BASE_ERROR_H
#define SGDMARK_BASE_ERROR_H

/* Whose fault it is, which decides the exit status. */
enum error_kind {
    ERROR_INPUT,  /* the caller's: an option, a file, what this machine lacks */
    ERROR_PROGRAM /* ours: out of memory, a bug */
};

struct error {
    char text[1024];
    enum error_kind kind;
};

/* Writes the line (it names the input and the fault and, where there is one, the way out; no trailing newline).
 * Always returns -1, so that a function can `return fail(err, ...)`. A null err is allowed. */
int fail(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for faults of kind ERROR_PROGRAM. */
int fail_program(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__ /* it does not look into variadic functions; this tells it what they return */
static inline int failed(void) {
    return -1;
}
#define fail(...)         (fail(__VA_ARGS__), failed())
#define fail_program(...) (fail_program(__VA_ARGS__), failed())
#endif

#endif
