/* SPDX-License-Identifier: MIT */
/* The file and the command line of this program. Somebody may have started the dynamic loader by hand, with the program
 * as its argument; /proc/self/exe is then the loader. */
#ifndef SGDMARK_BASE_PROGRAM_H
#define SGDMARK_BASE_PROGRAM_H

#include <stddef.h>

/* A path of the program's own file. */
const char *program_file(void);

/* How to start this program again. */
struct program_command {
    const char *path; /* to execute */
    char **words;     /* [count], then NULL; there is room for one more word before that */
    size_t count;
    char *text; /* that the words point into */
};

/* The command that started this process, word by word as the system knows it: what a loader was told before the
 * program's name is among them. Where the system does not say (/proc is not mounted), the file that the variable
 * SGDMARK_START names (tools/packaging/start.c sets it), else the program's own, and words[count]. Returns 0, or -1
 * when memory runs out; program_command_free releases it. */
int program_command_make(struct program_command *command, char *const *words, size_t count);
void program_command_free(struct program_command *command);

#endif
