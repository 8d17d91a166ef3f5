/* SPDX-License-Identifier: MIT */
#include "learn/job.h"

#include "data/row_pages.h"
#include "learn/classes.h"
#include "learn/hyper_table.h"

#include <stdlib.h>

void row_spec_defaults(struct row_spec *rows) {
    *rows = (struct row_spec){.data = "data/mnist", .order = ORDER_NOTEBOOK, .order_seed = 42};
}

void job_spec_defaults(struct job_spec *spec) {
    *spec = (struct job_spec){.hyper = {.engine = ENGINE_F32}};
    row_spec_defaults(&spec->rows);
    for (enum hyper_id id = HYPER_DIGIT; id < HYPER_FOLDS; id++)
        hyper_set(spec, id, hyper_table[id].fallback);
}

static int check_classes(const struct job *job, unsigned digit, struct error *err) {
    size_t positives = 0, n = job->view.n;
    for (size_t i = 0; i < n; i++)
        positives += job->at[i].positive;
    if (positives > 0 && positives < n) return 0;
    return fail(err, "%s: %s of the %zu rows is a %u, and a classifier needs both classes (another --digit or --limit)",
                job->ds.name, positives ? "every one" : "none", n, digit);
}

static int check_ten_classes(const struct job *job, struct error *err) {
    size_t count[CLASSES];
    classes_count(count, &job->row_list);
    for (unsigned c = 0; c < CLASSES; c++)
        if (count[c] == 0)
            return fail(err,
                        "%s: none of the %zu rows is a %u, and --digit all needs all ten digits (another --limit or "
                        "--split)",
                        job->ds.name, job->view.n, c);
    return 0;
}

/* Puts the rows of the data set in order, and the row list over them. */
static int list_rows(struct job *job, const struct row_spec *rows, unsigned positive, struct error *err) {
    if (view_make(&job->view, &job->ds, rows->order, rows->order_seed, rows->limit, err) != 0) return -1;
    if (dataset_arrange(&job->ds, job->view.index, err) != 0) return -1;
    const size_t n = job->view.n;
    job->at = malloc(n * sizeof *job->at);
    if (!job->at) return fail_program(err, "out of memory for %zu rows", n);
    for (uint32_t row = 0; row < n; row++)
        row_refs_fill(&job->at[row], &job->ds, &row, 1, positive);
    job->row_list = (struct row_list){&job->ds, job->at, n};
    return 0;
}

int job_open_rows(struct job *job, const struct row_spec *rows, unsigned positive, struct error *err) {
    *job = (struct job){0};
    int bad = dataset_load(&job->ds, rows->data, rows->split, err);
    if (!bad) bad = list_rows(job, rows, positive, err);
    if (!bad) bad = row_pages_move(&job->ds, rows->pages, err);
    if (bad) job_close(job);
    return bad;
}

int job_open_images(struct job *job, const char *path, size_t limit, struct error *err) {
    const struct row_spec in_file_order = {.order = ORDER_FILE, .limit = limit};
    const unsigned no_label = 10;
    *job = (struct job){0};
    int bad = dataset_load_images(&job->ds, path, err);
    if (!bad) bad = list_rows(job, &in_file_order, no_label, err);
    if (bad) job_close(job);
    return bad;
}

int job_open(struct job *job, const struct job_spec *spec, struct error *err) {
    if (job_open_rows(job, &spec->rows, spec->digit, err) != 0) return -1;
    if ((spec->digit == DIGIT_ALL ? check_ten_classes(job, err) : check_classes(job, spec->digit, err)) == 0) return 0;
    job_close(job);
    return -1;
}

int job_pack(struct job *job, const struct backend_list *chosen, struct error *err) {
    bool wanted = false;
    for (size_t i = 0; i < chosen->count; i++)
        wanted = wanted || chosen->list[i]->dot_packed;
    if (wanted && job->ds.packed.blocks == 0) packed_make(&job->ds.packed, &job->ds);
    return row_pages_move(&job->ds, job->ds.pages, err);
}

void job_close(struct job *job) {
    free(job->at);
    view_free(&job->view);
    dataset_free(&job->ds);
    *job = (struct job){0};
}
