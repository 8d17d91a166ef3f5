/* SPDX-License-Identifier: MIT */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MOST_BYTES = 64 << 20 };

bool child_exists(const char *program) {
    const char *at = getenv("PATH");
    while (at && *at) {
        const size_t length = strcspn(at, ":");
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%.*s/%s", (int)length, at, program);
        if (length > 0 && access(path, X_OK) == 0) return true;
        at += length + (at[length] == ':');
    }
    return false;
}

/* Input and output are files in memory: pipes would need care for a child that reads and writes at its own pace. */
static int open_input(const char *input, size_t length, const char *program, struct error *err) {
    const int fd = memfd_create("input", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < length) {
        const ssize_t put = write(fd, input + done, length - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) break;
        done += (size_t)put;
    }
    if (fd >= 0 && done == length && lseek(fd, 0, SEEK_SET) == 0) return fd;
    const int bad = fail_program(err, "%s: no memory for its input: %s", program, strerror(errno));
    if (fd >= 0) close(fd);
    return bad;
}

static int read_output(int fd, const char *program, char **output, size_t *size, struct error *err) {
    const off_t length = lseek(fd, 0, SEEK_END);
    if (length < 0 || length > MOST_BYTES) return fail(err, "%s printed more than %d bytes", program, MOST_BYTES);
    char *text = malloc((size_t)length + 1);
    size_t done = 0;
    if (!text) return fail_program(err, "%s: out of memory", program);
    while (done < (size_t)length) {
        const ssize_t got = pread(fd, text + done, (size_t)length - done, (off_t)done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += (size_t)got;
    }
    text[done] = 0;
    *output = text;
    *size = done;
    return 0;
}

/* Starts it and waits. Returns 0 where it ended well. */
static int run(const char *const *words, int input, int output, struct error *err) {
    posix_spawn_file_actions_t actions;
    pid_t child;
    int status = 0;
    int bad = posix_spawn_file_actions_init(&actions);
    if (bad) return fail_program(err, "%s: %s", words[0], strerror(bad));
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    bad = posix_spawnp(&child, words[0], &actions, NULL, (char *const *)words, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (bad) return fail(err, "%s: cannot be started: %s", words[0], strerror(bad));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return fail_program(err, "%s: %s", words[0], strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    return fail(err, "%s failed (%s %d)", words[0], WIFEXITED(status) ? "exit status" : "signal",
                WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

int child_filter(const char *const *words, const char *input, size_t length, char **output, size_t *size,
                 struct error *err) {
    const int from = open_input(input, length, words[0], err);
    if (from < 0) return -1;
    const int to = memfd_create("output", MFD_CLOEXEC);
    int bad = to < 0 ? fail_program(err, "%s: no memory for its output: %s", words[0], strerror(errno)) : 0;
    if (!bad) bad = run(words, from, to, err);
    if (!bad) bad = read_output(to, words[0], output, size, err);
    close(from);
    if (to >= 0) close(to);
    return bad;
}
