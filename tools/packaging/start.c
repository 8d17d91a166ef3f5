/* SPDX-License-Identifier: MIT */
/* Starts the program of an archive (tools/make-dist) with the loader and the libraries in the archive. It is linked
 * statically, so that it needs nothing of the machine: the path of a loader in a program is absolute, and a shell may
 * not be there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Exit status where the program cannot be started, as in a shell. */
enum { NO_PROGRAM = 127 };

/* The archive's folder; NULL where it cannot be found. /proc may not be mounted, so it follows the name given. */
static char *folder_of(char *file) {
    char *slash = file ? strrchr(file, '/') : NULL;
    if (slash) *slash = 0;
    return slash ? file : NULL;
}

static char *in_folder(const char *folder, const char *name) {
    char *path = NULL;
    if (asprintf(&path, "%s/lib/%s", folder, name) < 0) exit(NO_PROGRAM);
    return path;
}

int main(int argc, char **argv) {
    const char *name = (const char *)getauxval(AT_EXECFN);
    char *self = name ? realpath(name, NULL) : NULL;
    const char *folder = folder_of(self ? strdup(self) : NULL);
    char **words = calloc((size_t)argc + 5, sizeof *words);
    if (!folder || !words) {
        fprintf(stderr, "sgdmark: its own folder is not found: start it by its path\n");
        return NO_PROGRAM;
    }
    /* The machine's locales, the cache of its libraries, and what it loads before them, belong to another C library. */
    char *loader = in_folder(folder, LOADER), *program = in_folder(folder, "sgdmark");
    unsetenv("LD_PRELOAD");
    setenv("LOCPATH", in_folder(folder, "locale"), 0);
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
    return NO_PROGRAM;
}
