/* SPDX-License-Identifier: MIT */
/* sgdmark describe: the data set. */
#include "base/json.h"
#include "cli/commands.h"
#include "cli/data_source.h"
#include "cli/options.h"
#include "cli/results.h"
#include "report/describe_report.h"
#include "report/picture.h"

#include <stdio.h>
#include <stdlib.h>

enum { KEY_JSON = 0x200, KEY_SHOW, KEY_PNG, KEY_FETCH };

struct describe_options {
    struct row_spec rows;
    const char *json, *png;
    const char *fetch; /* the folder that MNIST is put into, and described; NULL: none */
    bool show;
    size_t row; /* to show, as a place in the order */
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct describe_options *options = state->input;
    uint64_t row = 0;
    error_t bad = 0;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->rows;
        return 0;
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_SHOW:
        bad = take_integer(&row, "show", value, 0, UINT32_MAX);
        options->show = true;
        options->row = row;
        return bad;
    case KEY_PNG:
        return take_output_file(&options->png, "png", value);
    case KEY_FETCH:
        options->fetch = value;
        return *value && *value != '-' ? 0 : bad_option("--fetch: '%s' is no name of a folder (./-x is)", value);
    case ARGP_KEY_END:
        if (options->fetch) options->rows.data = options->fetch;
        return options->png && !options->show ? bad_option("--png: --show ROW must say which row") : 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Pictures:", OPTIONS_OWN},
    {"show", KEY_SHOW, "ROW", 0, "draw this row, counted from 0 in the order asked for", 0},
    {"png", KEY_PNG, "FILE", 0, "write that drawing as a PNG file, eight times as large", 0},
    OPTIONS_OUTPUT,
    {"fetch", KEY_FETCH, "DIR", 0,
     "put MNIST into this folder if it is not there yet, from the public mirrors, and describe it", 0},
    {"json", KEY_JSON, "FILE", 0, "write the description as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp_child children[] = {{&rows_argp, 0, "Rows:", OPTIONS_ROWS}, {0}};
static const struct argp argp = {list,
                                 parse,
                                 NULL,
                                 "Describe the data set: shapes, classes, hashes; draw its digits.\v"
                                 "Examples:\n"
                                 "  sgdmark describe                            the rows of the notebook\n"
                                 "  sgdmark describe --order file --show 0      the first digit of the file\n"
                                 "  sgdmark describe --order sorted --show 34911\n"
                                 "                                              X[34911] of \"MNIST original\"\n"
                                 "  sgdmark describe --show 7 --png seven.png\n"
                                 "  sgdmark describe --fetch data/mnist         bring MNIST first\n"
                                 "  sgdmark describe --data datasets            MNIST/raw or the like in it\n",
                                 children,
                                 NULL,
                                 NULL};

static void count_rows(struct description *description, const struct view *view) {
    const struct dataset *ds = description->ds;
    uint64_t nonzero = 0;
    for (size_t k = 0; k < view->n; k++) {
        size_t i = view->index[k];
        const uint8_t *stored = ds->pixels + i * ds->stride;
        description->class_counts[ds->labels[i]]++;
        for (size_t j = 0; j < ds->width; j++)
            nonzero += stored[j] != 0;
    }
    description->nonzero = (double)nonzero / ((double)view->n * (double)ds->d);
}

static struct description sum_up(const struct dataset *ds, const struct view *view, const struct row_spec *rows) {
    struct description description = {.ds = ds,
                                      .rows = rows,
                                      .n = view->n,
                                      .n_test = ds->n - ds->n_train,
                                      .mebibytes = (double)ds->n * (double)ds->stride / 0x1p20,
                                      .order_hash = view_hash(view)};
    count_rows(&description, view);
    return description;
}

static json_t *description_json(const struct description *description) {
    const struct dataset *ds = description->ds;
    const struct row_spec *rows = description->rows;
    json_t *classes = json_array();
    for (int digit = 0; digit < 10; digit++)
        json_add(classes, json_integer((json_int_t)description->class_counts[digit]));
    json_t *json = json_pack("{s:o, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:[I, I], s:I, s:o, s:o, s:s, s:s, s:o}", "data",
                             json_escaped(ds->name), "synthetic", ds->synthetic, "split", split_names[rows->split],
                             "order", order_names[rows->order], "n", (json_int_t)description->n, "n_train",
                             (json_int_t)ds->n_train, "n_test", (json_int_t)description->n_test, "d", (json_int_t)ds->d,
                             "image", (json_int_t)ds->image_height, (json_int_t)ds->image_width, "window",
                             (json_int_t)ds->width, "class_counts", classes, "nonzero_share",
                             json_number(description->nonzero), "pixels_sha256", ds->pixels_sha256, "labels_sha256",
                             ds->labels_sha256, "order_hash", json_hex(description->order_hash));
    json_put(json, "files", *ds->files ? json_escaped(ds->files) : json_null());
    if (!*ds->files) json_put(json, "files_reason", json_string("synthetic"));
    if (rows->order == ORDER_NOTEBOOK) {
        json_put(json, "order_seed", json_integer(rows->order_seed));
    } else {
        json_put(json, "order_seed", json_null());
        char reason[32];
        snprintf(reason, sizeof reason, "%s order", order_names[rows->order]);
        json_put(json, "order_seed_reason", json_string(reason));
    }
    return json;
}

static int check_show(const struct dataset *ds, const struct view *view, const struct describe_options *options,
                      struct error *err) {
    if (!options->show) return 0;
    if (options->row >= view->n)
        return fail(err, "--show %zu: there are %zu rows, 0 to %zu", options->row, view->n, view->n - 1);
    if (ds->image_height == 1)
        return fail(err, "--show: the rows of %s are no images (1 x %zu) and cannot be drawn", ds->name, ds->d);
    return 0;
}

static int describe(struct dataset *ds, const struct view *view, const struct describe_options *options,
                    struct error *err) {
    if (check_show(ds, view, options, err) != 0) return -1;
    uint8_t pixels[UINT16_MAX];
    struct picture picture = {pixels, ds->image_height, ds->image_width};
    if (options->show) dataset_row(ds, view->index[options->row], pixels);
    dataset_hash(ds);
    const struct description description = sum_up(ds, view, &options->rows);

    /* Files first: when one cannot be written, the reason is all there is to read. */
    if (options->png && picture_write_png(&picture, options->png, err) != 0) return -1;
    if (options->json) {
        json_t *json = description_json(&description);
        int bad = json ? output_json(options->json, json, err) : fail_program(err, "out of memory for the description");
        json_decref(json);
        if (bad) return -1;
    }
    if (to_stdout(options->json)) return 0;
    print_description(stdout, &description);
    if (options->show) print_row(stdout, &description, view->index[options->row], options->row, &picture);
    return 0;
}

int command_describe(int argc, char **argv, struct error *err) {
    struct describe_options options = {0};
    int asked = take_arguments(&argp, argc, argv, &options, err);
    if (asked != 0) return asked < 0 ? -1 : EXIT_DONE;
    const struct row_spec *rows = &options.rows;
    struct dataset ds;
    struct view view = {0};
    if (options.fetch && fetch_data(options.fetch, err) != 0) return -1;
    if (dataset_load(&ds, rows->data, rows->split, err) != 0) return -1;
    int bad = view_make(&view, &ds, rows->order, rows->order_seed, rows->limit, err);
    if (!bad) bad = describe(&ds, &view, &options, err);
    view_free(&view);
    dataset_free(&ds);
    return bad ? -1 : EXIT_DONE;
}
