/* SPDX-License-Identifier: MIT */
/* Runs description_trial in a child process, because hwloc may crash or hang on untrusted text. */
#include "machine/topology_private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void limit_trial(void) {
    struct rlimit cpu = {TRIAL_SECONDS, TRIAL_SECONDS};
    setrlimit(RLIMIT_CPU, &cpu);
    struct rlimit core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    /* Address space beyond what is mapped already: the shadow memory of a sanitizer is terabytes. */
    unsigned long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    if (!statm) return;
    if (fscanf(statm, "%lu", &pages) == 1) { // NOLINT(cert-err34-c): the kernel's own number
        rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + TRIAL_BYTES;
        struct rlimit space = {most, most};
        setrlimit(RLIMIT_AS, &space);
    }
    fclose(statm);
}

/* The child: tries the text; hwloc's messages go to the pipe. */
static _Noreturn void run_trial(const char *text, size_t length, int pipe_end) {
    limit_trial();
    signal(SIGABRT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    dup2(pipe_end, STDERR_FILENO);
    setenv("HWLOC_SYNTHETIC_VERBOSE", "1", 1);
    _exit(description_trial(text, length));
}

/* Reads all that the child writes, so that it never blocks, and keeps the beginning as a string. */
static void drain(int fd, char *kept, size_t size) {
    char buffer[512];
    size_t used = 0;
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        size_t room = size - 1 - used, part = (size_t)got < room ? (size_t)got : room;
        memcpy(kept + used, buffer, part);
        used += part;
    }
    kept[used] = 0;
}

int sandbox_trial(const char *text, size_t length, char *said, size_t size) {
    int ends[2];
    if (pipe(ends) != 0) return -1;
    pid_t child = fork();
    if (child < 0) {
        int why = errno;
        close(ends[0]);
        close(ends[1]);
        errno = why;
        return -1;
    }
    if (child == 0) run_trial(text, length, ends[1]);
    close(ends[1]);
    drain(ends[0], said, size);
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}
