/* SPDX-License-Identifier: MIT */
/* Progress of long work, reported to a callback. */
#ifndef SGDMARK_BASE_PROGRESS_H
#define SGDMARK_BASE_PROGRESS_H

#include <stddef.h>

/* step is called after every part of the work: `done` of `all` units. */
struct progress_sink {
    void (*step)(void *context, size_t done, size_t all);
    void *context;
};

/* `sink` may be NULL. */
static inline void progress_tell(const struct progress_sink *sink, size_t done, size_t all) {
    if (sink) sink->step(sink->context, done, all);
}

#endif
