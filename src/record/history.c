/* SPDX-License-Identifier: MIT */
#include "record/history.h"

#include "record/compare.h"
#include "record/difference.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A result of the folder, known by its start only. */
struct entry {
    char *path;
    char start[RESULT_START];
};

struct entries {
    struct entry *list;
    size_t count;
};

static void entries_free(struct entries *entries) {
    for (size_t i = 0; i < entries->count; i++)
        free(entries->list[i].path);
    free(entries->list);
}

static bool is_result_name(const char *name) {
    static const char end[] = ".json";
    const size_t length = strlen(name);
    return name[0] != '.' && length >= sizeof end - 1 && strcmp(name + length - (sizeof end - 1), end) == 0 &&
           strcmp(name, "schema.json") != 0;
}

static int add_entry(struct entries *entries, struct inputs *inputs, const char *folder, const char *name,
                     struct error *err) {
    struct error why;
    struct entry entry;
    if (entries->count == MOST_IN_FOLDER)
        return fail(err, "%s: holds more than %d result files: move old ones away", folder, MOST_IN_FOLDER);
    struct entry *grown = realloc(entries->list, (entries->count + 1) * sizeof *grown);
    if (!grown) return fail_program(err, "out of memory for the files of %s", folder);
    entries->list = grown;
    const size_t length = strlen(folder);
    if (asprintf(&entry.path, "%s%s%s", folder, length > 0 && folder[length - 1] == '/' ? "" : "/", name) < 0)
        return fail_program(err, "out of memory for the files of %s", folder);
    int bad = result_start(entry.start, entry.path, &why);
    if (!bad) {
        entries->list[entries->count++] = entry;
        return 0;
    }
    bad = why.kind == ERROR_INPUT ? inputs_leave_out(inputs, why.text, err) : -1;
    if (why.kind != ERROR_INPUT) *err = why;
    free(entry.path);
    return bad;
}

/* Oldest first; of one second, by name. */
static int by_start(const void *left, const void *right) {
    const struct entry *a = left, *b = right;
    const int order = strcmp(a->start, b->start);
    return order ? order : strcmp(a->path, b->path);
}

static int list_folder(struct entries *entries, struct inputs *inputs, const char *folder, struct error *err) {
    DIR *open = opendir(folder);
    if (!open) return fail(err, "%s: cannot be read: %s", folder, strerror(errno));
    int bad = 0;
    for (const struct dirent *entry; !bad && (entry = readdir(open));)
        if (is_result_name(entry->d_name)) bad = add_entry(entries, inputs, folder, entry->d_name, err);
    closedir(open);
    if (entries->count > 0) qsort(entries->list, entries->count, sizeof *entries->list, by_start);
    return bad;
}

static const char *start_of(const struct result_file *file) {
    const char *start = json_string_value(json_object_get(file->facts, "start"));
    return start ? start : "";
}

/* Loads the newest result that can be used, and drops it and what is newer from `entries`. */
static int load_newest(struct inputs *inputs, struct entries *entries, const char *folder, struct error *err) {
    while (entries->count > 0 && inputs->count == 0) {
        const struct entry *entry = &entries->list[--entries->count];
        if (inputs_try(inputs, entry->path, err) != 0) return -1;
    }
    return inputs->count > 0 ? 0 : fail(err, "%s: holds no result of `sgdmark run` that can be used", folder);
}

/* May the file that was loaded last be compared with the first one, the newest? Drops it otherwise. */
static void keep_or_drop(struct inputs *inputs, size_t *passed_over) {
    const size_t last = inputs->count - 1;
    struct result_file *file = &inputs->files[last], *newest = &inputs->files[0];
    struct error why;
    bool repeated = false;
    for (size_t i = 0; i < last; i++)
        repeated = repeated || same_run(file, &inputs->files[i]);
    const bool other = refuse_other_work(newest, file, &why) != 0 || !same_machine(newest, file);
    if (file->complete && !repeated && !other && strcmp(start_of(file), start_of(newest)) <= 0) return;
    *passed_over += file->complete && other;
    inputs_remove(inputs, last);
}

static void reverse(struct result_file *files, size_t count) {
    for (size_t i = 0; i < count / 2; i++) {
        const struct result_file swapped = files[i];
        files[i] = files[count - 1 - i];
        files[count - 1 - i] = swapped;
    }
}

int history_load(struct inputs *inputs, const char *folder, const char *newest, size_t *passed_over,
                 struct error *err) {
    struct entries entries = {NULL, 0};
    *passed_over = 0;
    int bad = list_folder(&entries, inputs, folder, err);
    if (!bad) bad = newest ? inputs_add(inputs, newest, err) : load_newest(inputs, &entries, folder, err);
    if (!bad && inputs->count == 0) bad = fail(err, "%s: is no result of a run", newest);
    while (!bad && entries.count > 0 && inputs->count <= HISTORY_RUNS) {
        const size_t before = inputs->count;
        bad = inputs_try(inputs, entries.list[--entries.count].path, err);
        if (!bad && inputs->count > before) keep_or_drop(inputs, passed_over);
    }
    if (!bad) reverse(inputs->files, inputs->count);
    entries_free(&entries);
    return bad;
}
