/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void progress_begin(struct progress *progress, const char *what) {
    double now = seconds_now();
    *progress = (struct progress){
        .what = what, .shown = isatty(STDERR_FILENO) && !getenv("NO_COLOR"), .begin = now, .last = now};
}

void progress_step(void *context, size_t done, size_t all) {
    struct progress *progress = context;
    if (!progress->shown || done == 0 || done > all) return;
    double now = seconds_now(), spent = now - progress->begin;
    if (spent < 0.5 || now - progress->last < 0.1) return;
    progress->last = now;
    double share = (double)done / (double)all;
    char bar[21];
    for (int i = 0; i < 20; i++)
        bar[i] = i < (int)(share * 20.0) ? '#' : '.';
    bar[20] = 0;
    fprintf(stderr, "\r\033[K%s %s %3.0f %%, %.0f s left", progress->what, bar, share * 100.0,
            spent / share - spent + 0.5);
}

void progress_end(struct progress *progress) {
    if (progress->shown) fputs("\r\033[K", stderr);
    progress->shown = false;
}
