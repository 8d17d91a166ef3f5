/* One line of text about what went wrong, filled in by whoever notices and printed by the command line. */
#ifndef SGDMARK_BASE_ERROR_H
#define SGDMARK_BASE_ERROR_H

struct error {
    char text[1024];
};

/* Writes the line (it names the input and the fault and, where there is one, the way out; no trailing newline).
 * Always returns -1, so that a function can `return fail(err, ...)`. A null err is allowed. */
int fail(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#ifdef __clang_analyzer__ /* it does not look into variadic functions; this tells it what fail returns */
static inline int failed(void) {
    return -1;
}
#define fail(...) (fail(__VA_ARGS__), failed())
#endif

#endif
