/* SPDX-License-Identifier: MIT */
#include "machine/placement.h"

#include <string.h>

/* The length of the first name: up to a comma behind which a letter stands. Behind that of "pu:0,2" stands a digit. */
static size_t first_length(const char *text) {
    size_t length = 0;
    while (text[length] && (text[length] != ',' || (text[length + 1] >= '0' && text[length + 1] <= '9')))
        length++;
    return length;
}

static bool has_name(const struct placement_names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0) return true;
    return false;
}

static int add_name(struct placement_names *names, const char *name, size_t length, struct error *err) {
    if (length == 0) return fail(err, "placement '': the name is empty (sgdmark topo lists its placements)");
    if (length >= sizeof names->name[0])
        return fail(err, "placement '%.40s...': longer than %zu characters", name, sizeof names->name[0] - 1);
    if (names->count == MOST_PLACEMENT_NAMES) return fail(err, "takes at most %d placements", MOST_PLACEMENT_NAMES);
    memcpy(names->name[names->count], name, length);
    names->name[names->count][length] = 0;
    if (!has_name(names, names->name[names->count])) names->count++;
    return 0;
}

int placement_names_add(struct placement_names *names, const char *text, struct error *err) {
    for (;;) {
        const size_t length = first_length(text);
        if (add_name(names, text, length, err) != 0) return -1;
        if (text[length] == 0) return 0;
        text += length + 1;
    }
}
