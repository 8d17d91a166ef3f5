/* SPDX-License-Identifier: MIT */
#include "base/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

static const char self[] = "/proc/self/exe";

const char *program_file(void) {
    /* A loader that is started by hand puts the program's name here, in place of its own. */
    const char *name = (const char *)getauxval(AT_EXECFN);
    struct stat executed, named;
    if (!name || stat(name, &named) != 0) return self;
    if (stat(self, &executed) != 0) return name;
    return executed.st_dev == named.st_dev && executed.st_ino == named.st_ino ? self : name;
}

/* What to execute where /proc is not mounted. A program that came with its own loader runs under no other: what started
 * both says where it is. */
static const char *started_by(void) {
    const char *start = getenv("SGDMARK_START");
    return start && access(start, X_OK) == 0 ? start : program_file();
}

/* The words of /proc/self/cmdline, each with a NUL behind it. The caller frees them; NULL: they cannot be read, or
 * there is no memory. */
static char *read_words(size_t *length) {
    FILE *file = fopen("/proc/self/cmdline", "re");
    size_t room = 4096;
    char *text = file ? malloc(room) : NULL;
    *length = 0;
    while (text) {
        const size_t got = fread(text + *length, 1, room - *length, file);
        *length += got;
        if (got == 0 || *length < room) break;
        char *larger = realloc(text, room *= 2);
        if (!larger) free(text);
        text = larger;
    }
    if (file) fclose(file);
    if (text && *length > 0 && text[*length - 1] == 0) return text;
    free(text);
    return NULL;
}

static size_t count_words(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += text[i] == 0;
    return count;
}

int program_command_make(struct program_command *command, char *const *words, size_t count) {
    size_t length = 0;
    *command = (struct program_command){.path = self, .text = read_words(&length)};
    if (command->text)
        count = count_words(command->text, length);
    else
        command->path = started_by();
    command->words = calloc(count + 2, sizeof *command->words);
    if (!command->words) {
        program_command_free(command);
        return -1;
    }
    for (char *word = command->text; command->count < count; command->count++) {
        command->words[command->count] = word ? word : words[command->count];
        if (word) word += strlen(word) + 1;
    }
    return 0;
}

void program_command_free(struct program_command *command) {
    free(command->words);
    free(command->text);
    *command = (struct program_command){.path = NULL};
}
