/* SPDX-License-Identifier: MIT */
#include "record/derive.h"

#include "base/json.h"
#include "record/derive_private.h"
#include "record/seal.h"

#include <math.h>
#include <string.h>

int check_seal(const struct result_file *file, const struct reader *reader) {
    const char *recorded = json_string_value(json_object_get(file->facts, "sha256"));
    char text[SHA256_TEXT];
    if (file->schema < 3) return 0;
    if (!recorded) return fault(reader, "", "sha256", "is missing");
    if (seal_of(text, file->root) != 0) return no_memory(reader);
    if (strcmp(text, recorded) == 0) return 0;
    return fail(reader->err,
                "%s: its content does not have the hash it was written with: the file was changed or damaged",
                reader->path);
}

/* {name of a member of the list: its index}; NULL when memory runs out. */
static json_t *index_list(const json_t *list) {
    json_t *index = json_object();
    for (size_t i = 0; i < json_array_size(list); i++)
        json_put(index, json_string_value(json_object_get(json_array_get(list, i), "name")),
                 json_integer((json_int_t)i));
    return index;
}

/* {run_name: [indexes of its rows]}; NULL when memory runs out. */
static json_t *index_rows(const json_t *benchmarks) {
    json_t *index = json_object();
    size_t i;
    json_t *row;
    json_array_foreach(benchmarks, i, row) {
        const char *name = json_string_value(json_object_get(row, "run_name"));
        json_t *list = json_object_get(index, name);
        if (!list) {
            list = json_array();
            json_put(index, name, list);
        }
        json_add(list, json_integer((json_int_t)i));
    }
    return index;
}

int contents_open(struct contents *contents, const struct result_file *file, const struct reader *reader) {
    *contents = (struct contents){.file = file,
                                  .reader = reader,
                                  .samples = index_list(json_object_get(file->facts, "samples")),
                                  .roofs = index_list(json_object_get(file->facts, "roofs")),
                                  .rows = index_rows(json_object_get(file->root, "benchmarks")),
                                  .jobs = index_jobs(file)};
    if (contents->samples && contents->roofs && contents->rows && contents->jobs && !json_lost()) return 0;
    contents_close(contents);
    return no_memory(reader);
}

void contents_close(struct contents *contents) {
    json_decref(contents->samples);
    json_decref(contents->roofs);
    json_decref(contents->rows);
    json_decref(contents->jobs);
}

static int derive_schema_3(const struct contents *contents) {
    const size_t count = json_array_size(json_object_get(contents->file->facts, "experiments"));
    struct whole whole = {.usable = {.above = (double)NAN}, .correct = true, .timed = json_object()};
    int bad = whole.timed ? 0 : no_memory(contents->reader);
    for (size_t i = 0; i < count && !bad; i++)
        bad = derive_experiment(contents, i, &whole);
    if (!bad) bad = derive_rows(contents);
    if (!bad) bad = derive_receipts(contents, &whole);
    json_decref(whole.timed);
    return bad;
}

int derive_again(const struct result_file *file, const struct reader *reader) {
    struct contents contents;
    if (contents_open(&contents, file, reader) != 0) return -1;
    int bad = derive_summaries(&contents);
    if (!bad && file->schema >= 3) bad = derive_schema_3(&contents);
    contents_close(&contents);
    return bad;
}
