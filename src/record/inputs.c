/* SPDX-License-Identifier: MIT */
#include "record/inputs.h"

#include "base/target.h"

#include <stdlib.h>
#include <string.h>

/* All that is read at once, so that it fits the memory of a small machine. */
enum { MOST_MIB = 256 };

static int make_room(struct inputs *inputs, struct error *err) {
    if (inputs->count < inputs->room) return 0;
    const size_t room = inputs->room > 0 ? 2 * inputs->room : 8;
    struct result_file *grown = realloc(inputs->files, room * sizeof *grown);
    if (!grown) return fail_program(err, "out of memory for %zu result files", room);
    inputs->files = grown;
    inputs->room = room;
    return 0;
}

/* A copy of the path that lives as long as the files. NULL with the reason. */
static const char *keep_path(struct inputs *inputs, const char *path, struct error *err) {
    char **grown = realloc(inputs->paths, (inputs->path_count + 1) * sizeof *grown);
    if (grown) inputs->paths = grown;
    char *copy = grown ? strdup(path) : NULL;
    if (copy)
        inputs->paths[inputs->path_count++] = copy;
    else
        fail_program(err, "%s: out of memory", path);
    return copy;
}

static bool may_be_schema(const char *path, const struct error *why) {
    return why->kind == ERROR_INPUT && strcmp(path_name(path), "schema.json") == 0;
}

int inputs_add(struct inputs *inputs, const char *path, struct error *err) {
    const char *kept = make_room(inputs, err) == 0 ? keep_path(inputs, path, err) : NULL;
    if (!kept) return -1;
    struct result_file *file = &inputs->files[inputs->count];
    if (result_load(file, kept, err) != 0) return may_be_schema(path, err) ? 0 : -1;
    inputs->count++;
    inputs->bytes += file->bytes;
    result_lighten(file);
    if (inputs->bytes >> 20 < MOST_MIB) return 0;
    return fail(err, "the files have more than %d MiB together, too much to compare at once: give fewer", MOST_MIB);
}

int inputs_leave_out(struct inputs *inputs, const char *why, struct error *err) {
    struct left_out *grown = realloc(inputs->left_out, (inputs->left_out_count + 1) * sizeof *grown);
    if (grown) inputs->left_out = grown;
    char *text = grown ? strdup(why) : NULL;
    if (!text) return fail_program(err, "out of memory for the result files");
    inputs->left_out[inputs->left_out_count++].why = text;
    return 0;
}

int inputs_try(struct inputs *inputs, const char *path, struct error *err) {
    struct error why;
    const size_t before = inputs->count;
    if (inputs_add(inputs, path, &why) == 0) return 0;
    if (why.kind == ERROR_INPUT && inputs->count == before) return inputs_leave_out(inputs, why.text, err);
    *err = why;
    return -1;
}

void inputs_remove(struct inputs *inputs, size_t at) {
    inputs->bytes -= inputs->files[at].bytes;
    result_unload(&inputs->files[at]);
    inputs->count--;
    memmove(&inputs->files[at], &inputs->files[at + 1], (inputs->count - at) * sizeof *inputs->files);
}

int inputs_drop(struct inputs *inputs, size_t at, const char *why, struct error *err) {
    if (inputs_leave_out(inputs, why, err) != 0) return -1;
    inputs_remove(inputs, at);
    return 0;
}

void inputs_free(struct inputs *inputs) {
    for (size_t i = 0; i < inputs->count; i++)
        result_unload(&inputs->files[i]);
    for (size_t i = 0; i < inputs->left_out_count; i++)
        free(inputs->left_out[i].why);
    for (size_t i = 0; i < inputs->path_count; i++)
        free(inputs->paths[i]);
    free(inputs->paths);
    free(inputs->files);
    free(inputs->left_out);
    *inputs = (struct inputs){0};
}
