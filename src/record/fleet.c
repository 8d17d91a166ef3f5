/* SPDX-License-Identifier: MIT */
#include "record/fleet.h"

#include "record/fleet_names.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const node_state_names[] = {"good", "slow", "unconfirmed", "wrong", "dead", "doubled"};

void fleet_free(struct fleet *fleet) {
    for (size_t i = 0; i < fleet->count; i++)
        node_free(&fleet->node[i]);
    for (size_t i = 0; i < fleet->bad_count; i++)
        free(fleet->bad[i].name);
    free(fleet->node);
    free(fleet->judged);
    free(fleet->bad);
    free(fleet->group);
    free(fleet->names);
    free(fleet->missing);
    *fleet = (struct fleet){0};
}

int fleet_add(struct fleet *fleet, struct fleet_node *node, struct error *err) {
    if (fleet->count == fleet->room) {
        const size_t room = fleet->room ? 2 * fleet->room : 64;
        struct fleet_node *larger = realloc(fleet->node, room * sizeof *larger);
        if (!larger) {
            node_free(node);
            return fail_program(err, "out of memory for %zu nodes", room);
        }
        fleet->node = larger;
        fleet->room = room;
    }
    fleet->node[fleet->count++] = *node;
    *node = (struct fleet_node){0};
    return 0;
}

static int add_bad(struct fleet *fleet, const char *name, const char *why, struct error *err) {
    struct bad_file *larger = realloc(fleet->bad, (fleet->bad_count + 1) * sizeof *larger);
    if (!larger) return fail_program(err, "out of memory for the names of files");
    fleet->bad = larger;
    struct bad_file *bad = &fleet->bad[fleet->bad_count];
    bad->name = strdup(name);
    if (!bad->name) return fail_program(err, "out of memory for the names of files");
    snprintf(bad->why, sizeof bad->why, "%s", why);
    fleet->bad_count++;
    return 0;
}

/* ---- The folder */

static int is_node_file(const struct dirent *entry) {
    const size_t length = strlen(entry->d_name);
    return strncmp(entry->d_name, "node-", 5) == 0 && length > 10 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static int add_file(struct fleet *fleet, const char *folder, const char *name, struct error *err) {
    struct fleet_node node;
    struct error why;
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return add_bad(fleet, name, "its path is too long", err);
    if (node_read(&node, path, &why) != 0) {
        if (why.kind == ERROR_PROGRAM) return fail_as(err, why.kind, "%.900s", why.text);
        return add_bad(fleet, name, why.text, err);
    }
    node.file = strdup(name);
    return fleet_add(fleet, &node, err);
}

/* ---- What is not counted */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The most frequent of the texts, or the last in order of those; the list is sorted. */
static const char *most_frequent(const char **list, size_t count) {
    size_t most = 0;
    const char *found = "";
    qsort(list, count, sizeof *list, by_text);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first; end < count && strcmp(list[end], list[first]) == 0;)
            end++;
        if (end - first < most) continue;
        most = end - first;
        found = list[first];
    }
    return found;
}

static void drop(struct fleet *fleet, size_t at) {
    node_free(&fleet->node[at]);
    memmove(&fleet->node[at], &fleet->node[at + 1], (fleet->count - at - 1) * sizeof *fleet->node);
    fleet->count--;
}

static const char *run_of(const struct fleet_node *node) {
    return node->run;
}

static const char *job_of(const struct fleet_node *node) {
    return node->job;
}

/* Drops the nodes whose text is not the most frequent one. */
static int keep_most_frequent(struct fleet *fleet, const char *(*text_of)(const struct fleet_node *), const char *what,
                              struct error *err) {
    const char **list = calloc(fleet->count + 1, sizeof *list);
    char kept[NODE_NAME];
    int bad = 0;
    if (!list) return fail_program(err, "out of memory for %zu nodes", fleet->count);
    for (size_t i = 0; i < fleet->count; i++)
        list[i] = text_of(&fleet->node[i]);
    snprintf(kept, sizeof kept, "%s", most_frequent(list, fleet->count));
    free(list);
    for (size_t i = 0; i < fleet->count && !bad;) {
        struct fleet_node *node = &fleet->node[i];
        char why[256];
        if (strcmp(text_of(node), kept) == 0) {
            i++;
            continue;
        }
        snprintf(why, sizeof why, "it is of another %s, %s, than most files, %s", what, text_of(node), kept);
        bad = add_bad(fleet, node->file ? node->file : node->name, why, err);
        drop(fleet, i);
    }
    return bad;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct fleet_node *)a)->name, ((const struct fleet_node *)b)->name);
}

static int by_rank(const void *a, const void *b) {
    const struct fleet_node *x = a, *y = b;
    return x->rank != y->rank ? (x->rank > y->rank) - (x->rank < y->rank) : by_name(a, b);
}

static int double_node(struct fleet *fleet, struct fleet_node *node, const char *why, struct error *err) {
    if (node->doubled) return 0;
    node->doubled = true;
    return add_bad(fleet, node->file ? node->file : node->name, why, err);
}

/* Marks neighbours that have the same name. */
static int mark_same_names(struct fleet *fleet, struct error *err) {
    for (size_t i = 0; i + 1 < fleet->count; i++) {
        struct fleet_node *a = &fleet->node[i], *b = &fleet->node[i + 1];
        char why[256];
        if (strcmp(a->name, b->name) != 0) continue;
        snprintf(why, sizeof why, "node %s has several files: start one process on each node", a->name);
        if (double_node(fleet, a, why, err) != 0 || double_node(fleet, b, why, err) != 0) return -1;
    }
    return 0;
}

/* Marks neighbours that have the same rank. */
static int mark_same_ranks(struct fleet *fleet, struct error *err) {
    for (size_t i = 0; i + 1 < fleet->count; i++) {
        struct fleet_node *a = &fleet->node[i], *b = &fleet->node[i + 1];
        char why[256];
        if (a->rank < 0 || a->rank != b->rank || fleet->singletons) continue;
        snprintf(why, sizeof why, "rank %d has several files: gather each run from a folder of its own", a->rank);
        if (double_node(fleet, a, why, err) != 0 || double_node(fleet, b, why, err) != 0) return -1;
    }
    return 0;
}

static int mark_doubled(struct fleet *fleet, struct error *err) {
    fleet->judged = calloc(fleet->count + 1, sizeof *fleet->judged);
    if (!fleet->judged) return fail_program(err, "out of memory for %zu nodes", fleet->count);
    qsort(fleet->node, fleet->count, sizeof *fleet->node, by_name);
    if (mark_same_names(fleet, err) != 0) return -1;
    qsort(fleet->node, fleet->count, sizeof *fleet->node, by_rank);
    if (mark_same_ranks(fleet, err) != 0) return -1;
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->node[i].doubled) fleet->judged[i].state = NODE_DOUBLED;
    return 0;
}

static void note_size(struct fleet *fleet) {
    size_t alone = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const int size = fleet->node[i].size;
        alone += size == 1;
        if (size > 0 && (size_t)size > fleet->expected) fleet->expected = (size_t)size;
    }
    fleet->singletons = alone > 1;
}

/* After all nodes were added: what does not belong together is taken out. */
static int settle(struct fleet *fleet, struct error *err) {
    if (keep_most_frequent(fleet, run_of, "run", err) != 0 || keep_most_frequent(fleet, job_of, "job", err) != 0)
        return -1;
    note_size(fleet);
    return mark_doubled(fleet, err);
}

int fleet_collect(struct fleet *fleet, const char *folder, struct error *err) {
    struct dirent **entry;
    *fleet = (struct fleet){0};
    const int count = scandir(folder, &entry, is_node_file, alphasort);
    if (count < 0) return fail(err, "%s: cannot be read: %s", folder, strerror(errno));
    int bad = 0;
    for (int i = 0; i < count; i++) {
        if (!bad) bad = add_file(fleet, folder, entry[i]->d_name, err);
        free(entry[i]);
    }
    free(entry);
    if (bad) return -1;
    if (count == 0)
        return fail(err, "%s: no file node-*.json is in it (`sgdmark fleet run --out DIR` writes them)", folder);
    return settle(fleet, err);
}

/* ---- What is missing */

int fleet_expect(struct fleet *fleet, const char *names, size_t number, struct error *err) {
    if (number > 0) fleet->expected = number;
    if (!names) return 0;
    fleet->names = node_names_expand(names, &fleet->name_count, err);
    if (!fleet->names) return -1;
    if (number == 0) fleet->expected = fleet->name_count;
    return 0;
}

static void add_missing(struct fleet *fleet, const char *prefix, const char *name, size_t rank) {
    if (fleet->missing_count < MISSING_LISTED) {
        char *to = fleet->missing[fleet->missing_count];
        if (name)
            snprintf(to, NODE_NAME, "%s", name);
        else
            snprintf(to, NODE_NAME, "%s%zu", prefix, rank);
    }
    fleet->missing_count++;
}

static int by_text_inside(const void *a, const void *b) {
    return strcmp(a, b);
}

static int find_missing_names(struct fleet *fleet, struct error *err) {
    char(*there)[NODE_NAME] = calloc(fleet->count + 1, sizeof *there);
    if (!there) return fail_program(err, "out of memory for %zu nodes", fleet->count);
    for (size_t i = 0; i < fleet->count; i++)
        memcpy(there[i], fleet->node[i].name, NODE_NAME);
    qsort(there, fleet->count, sizeof *there, by_text_inside);
    for (size_t k = 0; k < fleet->name_count; k++)
        if (!bsearch(fleet->names[k], there, fleet->count, sizeof *there, by_text_inside))
            add_missing(fleet, "", fleet->names[k], 0);
    free(there);
    return 0;
}

/* The ranks that no node has, as far as all nodes have one; else only how many. */
static void find_missing_ranks(struct fleet *fleet) {
    size_t next = 0;
    const bool ranked = fleet->count > 0 && fleet->node[0].rank >= 0;
    for (size_t i = 0; ranked && i < fleet->count; i++) { /* by rank */
        for (; next < (size_t)fleet->node[i].rank && next < fleet->expected; next++)
            add_missing(fleet, "rank-", NULL, next);
        next = (size_t)fleet->node[i].rank + 1;
    }
    if (!ranked) next = fleet->count;
    for (; next < fleet->expected; next++)
        add_missing(fleet, ranked ? "rank-" : "node-", NULL, next);
}

int fleet_find_missing(struct fleet *fleet, struct error *err) {
    fleet->missing = calloc(MISSING_LISTED, sizeof *fleet->missing);
    if (!fleet->missing) return fail_program(err, "out of memory for the missing nodes");
    if (fleet->names) return find_missing_names(fleet, err);
    find_missing_ranks(fleet);
    return 0;
}

int fleet_settle(struct fleet *fleet, struct error *err) {
    return fleet->judged ? 0 : settle(fleet, err);
}
