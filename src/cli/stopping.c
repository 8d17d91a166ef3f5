/* SPDX-License-Identifier: MIT */
#include "cli/stopping.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>

/* The signal that came; 0: none yet. */
static volatile sig_atomic_t came;

static void note(int number) {
    came = number;
}

void stopping_begin(void) {
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = note, .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct sigaction before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
            sigaction(numbers[i], &action, NULL);
    }
}

bool stopping(void) {
    return came != 0;
}

void stopping_end(void) {
    if (came == 0) return;
    fflush(stdout);
    raise((int)came);
}
