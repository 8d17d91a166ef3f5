/* SPDX-License-Identifier: MIT */
/* Starts the program of an archive (tools/make-dist) with the loader and the libraries in the archive. It is linked
 * statically, so that it needs nothing of the machine: the path of a loader in a program is absolute, and a shell may
 * not be there. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Exit status where the program cannot be started, as in a shell. */
enum { NO_PROGRAM = 127 };

/* Paths of the archive, which end with the process. */
static char self[PATH_MAX], loader[PATH_MAX + 64], program[PATH_MAX + 64], locale[PATH_MAX + 64];

/* Finds them. /proc may not be mounted, so they follow the name that this program was started by. */
static int find_paths(void) {
    const char *name = (const char *)getauxval(AT_EXECFN);
    const char *end = name && realpath(name, self) ? strrchr(self, '/') : NULL;
    if (!end) return -1;
    const int length = (int)(end - self);
    snprintf(loader, sizeof loader, "%.*s/lib/%s", length, self, LOADER);
    snprintf(program, sizeof program, "%.*s/lib/sgdmark", length, self);
    snprintf(locale, sizeof locale, "%.*s/lib/locale", length, self);
    return 0;
}

int main(int argc, char **argv) {
    char **words = calloc((size_t)argc + 4, sizeof *words);
    if (!words || find_paths() != 0) {
        fprintf(stderr, "sgdmark: its own folder is not found: start it by its path\n");
        free(words);
        return NO_PROGRAM;
    }
    /* The machine's locales, the cache of its libraries, and what it loads before them, belong to another C library. */
    unsetenv("LD_PRELOAD");
    setenv("LOCPATH", locale, 0);
    setenv("SGDMARK_START", self, 1);
    size_t count = 0;
    words[count++] = loader;
    words[count++] = "--inhibit-cache";
    words[count++] = program;
    for (int i = 1; i < argc; i++)
        words[count++] = argv[i];
    execv(loader, words);
    fprintf(stderr, "sgdmark: cannot start %s: %s (the folder lib/ belongs beside %s)\n", loader, strerror(errno),
            self);
    free(words);
    return NO_PROGRAM;
}
