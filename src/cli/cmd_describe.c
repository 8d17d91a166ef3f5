/* sgdmark describe: the data set. */
#include "cli/commands.h"
#include "cli/job.h"
#include "report/picture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_JSON = 0x200, KEY_SHOW, KEY_PNG };

struct describe_options {
    struct row_spec rows;
    const char *json, *png;
    bool show;
    size_t row; /* to show, as a place in the order */
};

/* What is counted of the rows in the view. */
struct counts {
    size_t of_class[10];
    double nonzero; /* share of the features that are not zero */
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct describe_options *options = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->rows;
        return 0;
    case KEY_JSON:
        options->json = parse_output("json", value);
        return 0;
    case KEY_SHOW:
        options->show = true;
        options->row = parse_integer("show", value, 0, UINT32_MAX);
        return 0;
    case KEY_PNG:
        options->png = parse_output_file("png", value);
        return 0;
    case ARGP_KEY_END:
        if (options->png && !options->show) usage_error("--png: --show ROW must say which row");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"show", KEY_SHOW, "ROW", 0, "draw a row, counted from 0 in the order asked for", 0},
    {"png", KEY_PNG, "FILE", 0, "write that drawing as a PNG file, eight times as large", 0},
    {"json", KEY_JSON, "FILE or -", 0, "write the description as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp_child children[] = {{&rows_argp, 0, "Rows:", 1}, {0}};
static const struct argp argp = {
    list, parse, NULL, "Describe the data set: shapes, classes, hashes; draw its digits.", children, NULL, NULL};

static struct counts count_rows(const struct dataset *ds, const struct view *view) {
    struct counts counts = {0};
    uint64_t nonzero = 0;
    for (size_t k = 0; k < view->n; k++) {
        size_t i = view->index[k];
        const uint8_t *window = ds->pixels + i * ds->stride;
        counts.of_class[ds->labels[i]]++;
        for (size_t j = 0; j < ds->width; j++)
            nonzero += window[j] != 0;
    }
    counts.nonzero = (double)nonzero / ((double)view->n * (double)ds->d);
    return counts;
}

static void print_description(const struct dataset *ds, const struct view *view, const struct row_spec *rows,
                              const struct counts *counts) {
    double mib = 1 << 20;
    printf("data         %s%s\n", ds->name, ds->synthetic ? " (SYNTHETIC, not MNIST)" : "");
    printf("rows         %zu: split %s, %s order", view->n, split_names[rows->split], order_names[rows->order]);
    if (rows->order == ORDER_NOTEBOOK) printf(" (seed %" PRIu32 ")", rows->order_seed);
    printf("\nread         %zu rows for training, %zu for testing\n", ds->n_train, ds->n - ds->n_train);
    printf("features     %zu (%zu x %zu) of uint8, %.2f %% of them not zero\n", ds->d, ds->image_height,
           ds->image_width, 100.0 * counts->nonzero);
    printf("in memory    %zu features of each row, all others are zero: %.1f MiB\n", ds->width,
           (double)ds->n * (double)ds->stride / mib);
    printf("classes     ");
    for (int digit = 0; digit < 10; digit++)
        printf(" %d: %zu%s", digit, counts->of_class[digit], digit < 9 ? "," : "\n");
    printf("pixels       SHA-256 %s\n", ds->pixels_sha256);
    printf("labels       SHA-256 %s\n", ds->labels_sha256);
    printf("order        FNV-1a  %016" PRIx64 "\n", view_hash(view));
}

static json_t *description_json(const struct dataset *ds, const struct view *view, const struct row_spec *rows,
                                const struct counts *counts) {
    json_t *classes = json_array();
    for (int digit = 0; digit < 10; digit++)
        json_array_append_new(classes, json_integer((json_int_t)counts->of_class[digit]));
    json_t *json = json_pack(
        "{s:s, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:[I, I], s:I, s:o, s:o, s:s, s:s, s:o}", "data", ds->name,
        "synthetic", ds->synthetic, "split", split_names[rows->split], "order", order_names[rows->order], "n",
        (json_int_t)view->n, "n_train", (json_int_t)ds->n_train, "n_test", (json_int_t)(ds->n - ds->n_train), "d",
        (json_int_t)ds->d, "image", (json_int_t)ds->image_height, (json_int_t)ds->image_width, "window",
        (json_int_t)ds->width, "class_counts", classes, "nonzero_share", json_number(counts->nonzero), "pixels_sha256",
        ds->pixels_sha256, "labels_sha256", ds->labels_sha256, "order_hash", json_hex(view_hash(view)));
    if (rows->order == ORDER_NOTEBOOK) {
        json_object_set_new(json, "order_seed", json_integer(rows->order_seed));
    } else {
        json_object_set_new(json, "order_seed", json_null());
        json_object_set_new(json, "order_seed_reason", json_string("file order"));
    }
    return json;
}

static void print_picture(const struct dataset *ds, size_t i, size_t row, const struct picture *picture) {
    bool training = i < ds->n_train;
    printf("\nrow %zu is a %u (in file order, row %zu of the %s split)\n", row, ds->labels[i],
           training ? i : i - ds->n_train, training ? "training" : "test");
    picture_print(picture);
}

static void check_show(const struct dataset *ds, const struct view *view, const struct describe_options *options) {
    if (!options->show) return;
    if (options->row >= view->n)
        usage_error("--show %zu: there are %zu rows, 0 to %zu", options->row, view->n, view->n - 1);
    if (ds->image_height == 1)
        usage_error("--show: the rows of %s are no images (1 x %zu) and cannot be drawn", ds->name, ds->d);
}

int command_describe(int argc, char **argv, struct error *err) {
    (void)err;
    struct describe_options options = {0};
    parse_arguments(&argp, argc, argv, &options);
    bool quiet = to_stdout(options.json);
    const struct row_spec *rows = &options.rows;
    struct error why;
    struct dataset ds;
    struct view view;
    if (dataset_load(&ds, rows->data, rows->split, &why) != 0 ||
        view_make(&view, &ds, rows->order, rows->order_seed, rows->limit, &why) != 0)
        usage_error("%s", why.text);
    check_show(&ds, &view, &options);
    uint8_t pixels[UINT16_MAX];
    struct picture picture = {pixels, ds.image_height, ds.image_width};
    if (options.show) dataset_row(&ds, view.index[options.row], pixels);
    dataset_hash(&ds);
    struct counts counts = count_rows(&ds, &view);
    json_t *json = description_json(&ds, &view, rows, &counts);

    /* Files first: when one cannot be written, the reason is all there is to read. */
    if (options.png && picture_write_png(&picture, options.png, &why) != 0) usage_error("%s", why.text);
    if (options.json && write_json(options.json, json, &why) != 0) usage_error("%s", why.text);
    if (!quiet) print_description(&ds, &view, rows, &counts);
    if (!quiet && options.show) print_picture(&ds, view.index[options.row], options.row, &picture);

    json_decref(json);
    view_free(&view);
    dataset_free(&ds);
    return EXIT_DONE;
}
