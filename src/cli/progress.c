/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include "base/clock.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <unistd.h>

enum { BAR = 10 };

void progress_make_way(void) {
    if (terminal_rewrites(STDERR_FILENO)) fputs("\r\033[K", stderr);
}

void progress_begin(struct progress *progress, const char *what) {
    progress_begin_part(progress, what, 0.0, 1.0);
    progress->part = false;
}

void progress_begin_part(struct progress *progress, const char *what, double from, double share) {
    const double now = seconds_now();
    *progress = (struct progress){.what = what,
                                  .shown = terminal_rewrites(STDERR_FILENO),
                                  .part = true,
                                  .from = from,
                                  .share = share,
                                  .begin = now,
                                  .last = now};
}

void progress_step(void *context, size_t done, size_t all) {
    struct progress *progress = context;
    if (!progress->shown || done == 0 || done > all) return;
    const double now = seconds_now(), spent = now - progress->begin;
    if ((spent < 0.5 && !progress->part) || now - progress->last < 0.1) return;
    progress->last = now;
    const double mine = progress->share * (double)done / (double)all, whole = progress->from + mine;
    char bar[BAR + 1];
    for (int i = 0; i < BAR; i++)
        bar[i] = i < (int)(whole * BAR) ? '#' : '.';
    bar[BAR] = 0;
    fprintf(stderr, "\r\033[K%s %s %3.0f %%, about %.0f s left", progress->what, bar, whole * 100.0,
            spent / mine * (1.0 - whole) + 0.5);
}

void progress_end(struct progress *progress) {
    const bool last = !progress->part || progress->from + progress->share > 0.9999;
    if (progress->shown && last) progress_make_way();
    progress->shown = false;
}
