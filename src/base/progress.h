/* Who is told how far long work has come. */
#ifndef SGDMARK_BASE_PROGRESS_H
#define SGDMARK_BASE_PROGRESS_H

#include <stddef.h>

/* Told after every part; `done` of `all` units of work. */
struct progress_sink {
    void (*step)(void *context, size_t done, size_t all);
    void *context;
};

/* A NULL sink is told nothing. */
static inline void progress_tell(const struct progress_sink *sink, size_t done, size_t all) {
    if (sink) sink->step(sink->context, done, all);
}

#endif
