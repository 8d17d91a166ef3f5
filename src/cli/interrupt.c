/* SPDX-License-Identifier: MIT */
#include "cli/interrupt.h"

#include "base/file.h"
#include "cli/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char line[2][128]; /* what is said: nothing was written, something was */
static pid_t process;     /* the one that the handlers were made for; its children share them until they execute */
static bool wipes;        /* a progress bar may stand on the terminal */

/* Calls only what a signal handler may. */
static void on_signal(int number) {
    const int why = errno;
    if (getpid() == process) {
        discard_unfinished_file();
        const char *said = line[files_written() > 0];
        if (wipes) (void)!write(STDERR_FILENO, "\r\033[K", 4);
        (void)!write(STDERR_FILENO, said, strlen(said));
    }
    raise(number); /* SA_RESETHAND: it ends the process as soon as this function returns */
    errno = why;
}

void interrupt_begin(const char *name) {
    static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART)}, before;
    process = getpid();
    wipes = terminal_rewrites(STDERR_FILENO);
    snprintf(line[0], sizeof line[0], "%s: interrupted, nothing written\n", name);
    snprintf(line[1], sizeof line[1], "%s: interrupted; what was written before is whole\n", name);
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (sigaction(ending[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(ending[i], &action, NULL);
}

void ignore_file_limit(void) {
    signal(SIGXFSZ, SIG_IGN);
}

void ignore_broken_pipes(void) {
    signal(SIGPIPE, SIG_IGN);
}
