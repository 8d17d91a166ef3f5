/* SPDX-License-Identifier: MIT */
/* The HWLOC_* variables of the environment. A file of its own, so that a test build can replace it (tests/builds/). */
#include "machine/topology_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* Set here for every load, and changes only what is printed. */
#define OWN_VARIABLE "HWLOC_HIDE_ERRORS"

enum { NAME_TEXT = 64 };

/* The name of the first HWLOC_* variable, as it is; NULL: none is left. The caller frees it. */
static char *first_variable(void) {
    for (char **entry = environ; entry && *entry; entry++) {
        const size_t length = strcspn(*entry, "=");
        if (strncmp(*entry, "HWLOC_", 6) == 0 && (*entry)[length] == '=') return strndup(*entry, length);
    }
    return NULL;
}

/* Is the name in the list? */
static bool is_listed(const char *text, const char *name) {
    const size_t length = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if ((at == text || at[-1] == ' ') && (at[length] == 0 || at[length] == ',')) return true;
    return false;
}

/* Appends the name, with what is not printable replaced. */
static void append_name(char *text, size_t size, const char *name) {
    const size_t used = strlen(text);
    if (is_listed(text, name)) return;
    if (used + NAME_TEXT >= size) {
        if (used + 5 < size && strcmp(text + used - 3, "...") != 0) memcpy(text + used, ", ...", 6);
        return;
    }
    snprintf(text + used, size - used, "%s%.*s", used ? ", " : "", NAME_TEXT - 4, name);
    for (char *at = text + used; *at; at++)
        if (!isprint((unsigned char)*at)) *at = '?';
}

void hwloc_variables(char text[VARIABLES_TEXT]) {
    static char ignored[VARIABLES_TEXT - 16]; /* of all calls: a variable is there only before the first one */
    char *name;
    while ((name = first_variable()) != NULL) {
        if (strcmp(name, OWN_VARIABLE) != 0) append_name(ignored, sizeof ignored, name);
        const int bad = unsetenv(name);
        free(name);
        if (bad) break;
    }
    setenv(OWN_VARIABLE, "2", 1);
    snprintf(text, VARIABLES_TEXT, "%s%s", ignored, ignored[0] ? ": ignored" : "");
}
