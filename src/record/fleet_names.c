/* SPDX-License-Identifier: MIT */
#include "record/fleet_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct names {
    char (*list)[NODE_NAME];
    size_t count, room;
};

static int add_name(struct names *names, const char *name, struct error *err) {
    if (!node_name_fits(name)) return fail(err, "'%.100s' is no name of a node", name);
    if (names->count == NAMES_MOST) return fail(err, "more than %d names", NAMES_MOST);
    if (names->count == names->room) {
        const size_t room = names->room ? 2 * names->room : 64;
        char(*larger)[NODE_NAME] = realloc(names->list, room * sizeof *larger);
        if (!larger) return fail_program(err, "out of memory for the names of nodes");
        names->list = larger;
        names->room = room;
    }
    snprintf(names->list[names->count++], NODE_NAME, "%s", name);
    return 0;
}

/* A number of decimal digits at *at, with the width that it is written in. Returns 0, or -1: there is none. */
static int take_digits(const char **at, unsigned long *number, int *width) {
    const size_t length = strspn(*at, "0123456789");
    if (length == 0 || length > 9) return -1;
    *number = strtoul(*at, NULL, 10);
    *width = (int)length;
    *at += length;
    return 0;
}

/* Adds "n" with each number of "1-3,7" and "-ib" behind it. */
static int add_numbers(struct names *names, const char *item, const char *open, const char *close, struct error *err) {
    const char *at = open + 1;
    while (at < close) {
        unsigned long first = 0, last = 0;
        int width = 0, other = 0;
        bool good = take_digits(&at, &first, &width) == 0;
        last = first;
        if (good && *at == '-') {
            at++;
            good = take_digits(&at, &last, &other) == 0 && first <= last;
        }
        if (!good || (at != close && *at != ',')) return fail(err, "'%.100s' has a wrong list of numbers", item);
        if (*at == ',') at++;
        for (unsigned long k = first; k <= last; k++) {
            char name[4 * NODE_NAME];
            snprintf(name, sizeof name, "%.*s%0*lu%.*s", (int)(open - item), item, width, k, NODE_NAME, close + 1);
            if (add_name(names, name, err) != 0) return -1;
        }
    }
    return 0;
}

static int add_item(struct names *names, const char *item, struct error *err) {
    const char *open = strchr(item, '['), *close = open ? strchr(open, ']') : NULL;
    if (!open) return add_name(names, item, err);
    if (!close || close == open + 1 || open - item >= NODE_NAME)
        return fail(err, "'%.100s' has a wrong list of numbers", item);
    return add_numbers(names, item, open, close, err);
}

/* The length of the item at `text`: up to a comma or blank outside brackets. */
static size_t item_length(const char *text) {
    size_t length = 0;
    for (bool inside = false; text[length] && (inside || !strchr(", \n\t", text[length])); length++)
        inside = text[length] == '[' || (inside && text[length] != ']');
    return length;
}

char (*node_names_expand(const char *text, size_t *count, struct error *err))[NODE_NAME] {
    struct names names = {0};
    int bad = 0;
    while (!bad && *text) {
        const size_t length = item_length(text);
        char *item = strndup(text, length);
        if (!item) bad = fail_program(err, "out of memory for the names of nodes");
        if (!bad && length > 0) bad = add_item(&names, item, err);
        free(item);
        text += length + (text[length] ? 1 : 0);
    }
    if (!bad && names.count == 0) bad = fail(err, "there is no name in the list");
    *count = names.count;
    if (!bad) return names.list;
    free(names.list);
    return NULL;
}
