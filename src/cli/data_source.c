/* SPDX-License-Identifier: MIT */
#include "cli/data_source.h"

#include "base/program.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* "<folder above that of the program>/NAME". Returns false where it does not fit or is not there. */
static bool beside_program(char path[PATH_MAX], const char *name) {
    char *file = realpath(program_file(), NULL);
    if (!file) return false;
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(file, '/');
        if (slash) *slash = 0;
    }
    const int length = snprintf(path, PATH_MAX, "%s/%s", file, name);
    free(file);
    return length > 0 && length < PATH_MAX && access(path, R_OK) == 0;
}

const char *default_data(void) {
    static char installed[PATH_MAX];
    static const char here[] = "data/mnist";
    const char *named = getenv("SGDMARK_DATA");
    if (named && *named) return named;
    if (access(here, F_OK) == 0) return here;
    return beside_program(installed, "share/sgdmark/mnist") ? installed : here;
}

/* In the child: becomes the script. Its output is not the command's. */
static void become_script(const char *script, const char *folder) {
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execl("/bin/sh", "sh", script, folder, (char *)NULL);
    _exit(127);
}

int fetch_data(const char *folder, struct error *err) {
    char script[PATH_MAX];
    if (!beside_program(script, "share/sgdmark/fetch-mnist") && !beside_program(script, "tools/fetch-mnist"))
        return fail(err, "--fetch: the script fetch-mnist is neither installed with this program nor in its source");
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) become_script(script, folder);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return fail_program(err, "--fetch: %s cannot be run: %s", script, strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    return fail(err, "--fetch: no source had MNIST for %s; see above", folder);
}
