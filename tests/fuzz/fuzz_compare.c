/* SPDX-License-Identifier: MIT */
/* libFuzzer target: `compare` of a real result with one made from it. The input is one byte, which chooses the result,
 * how it is checked and in which format it is compared, and edits: each has a path, one byte for each member on the way
 * and 255 at its end, an operation, and what it takes. Edits of values reach deeper than those of bytes, which break
 * the JSON first. The edited result is checked with a hash that fits, or without any derived number being checked; what
 * is taken must be compared in good order. */
#include "base/json.h"
#include "record/compare.h"
#include "record/load_private.h"
#include "record/seal.h"
#include "report/compare_report.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"tests/fuzz/corpus/result/whole.json", "tests/fuzz/corpus/result/schema-3.json",
                                    "tests/golden/result.json", "tests/golden/result-schema-1.json"};
enum { RESULTS = sizeof names / sizeof *names, MOST_EDITS = 12, END = 255 };

static struct result_file bases[RESULTS];
static json_t *originals[RESULTS];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    for (size_t i = 0; i < RESULTS; i++) {
        struct error err;
        originals[i] = json_load_file(names[i], 0, NULL);
        if (result_load(&bases[i], names[i], &err) != 0) {
            fprintf(stderr, "%s\n", err.text);
            abort();
        }
        result_lighten(&bases[i]);
    }
    return 0;
}

/* What is left of the input. */
struct input {
    const uint8_t *at, *end;
};

static unsigned next(struct input *input) {
    return input->at < input->end ? *input->at++ : 0;
}

/* A number as a file may hold it: ordinary, huge, tiny, negative, or any float64. */
static double next_number(struct input *input) {
    static const double special[] = {0,    -1,    1,      0.5,    1e-15,   1e15, 1e300, -1e300,
                                     1e-3, 1e308, 5e-324, 4294e6, 9007e12, 64,   1000,  1e7};
    const unsigned kind = next(input);
    uint64_t bits = 0;
    double x;
    if (kind < sizeof special / sizeof *special) return special[kind];
    for (int i = 0; i < 8; i++)
        bits = bits << 8 | next(input);
    memcpy(&x, &bits, sizeof x);
    return x - x == 0 ? x : 1;
}

static json_t *next_text(struct input *input) {
    char text[64];
    size_t length = next(input) % sizeof text;
    for (size_t i = 0; i < length; i++)
        text[i] = (char)next(input);
    return json_escaped_part(text, length);
}

/* A place in a container. */
struct place {
    json_t *in;
    const char *key; /* in an object */
    size_t index;    /* in an array */
    json_t *value;
};

static struct place child(json_t *in, size_t which) {
    struct place place = {.in = in};
    if (json_is_array(in)) {
        place.index = which % json_array_size(in);
        place.value = json_array_get(in, place.index);
        return place;
    }
    void *iter = json_object_iter(in);
    for (which %= json_object_size(in); which > 0; which--)
        iter = json_object_iter_next(in, iter);
    place.key = json_object_iter_key(iter);
    place.value = json_object_iter_value(iter);
    return place;
}

static bool has_children(const json_t *value) {
    return json_array_size(value) > 0 || json_object_size(value) > 0;
}

static struct place next_place(json_t *root, struct input *input) {
    struct place place = child(root, next(input));
    for (unsigned step; has_children(place.value) && (step = next(input)) != END;)
        place = child(place.value, step == END - 1 ? next(input) << 8 | next(input) : step);
    return place;
}

static void set(const struct place *place, json_t *value) {
    if (place->key)
        json_object_set_new(place->in, place->key, value);
    else
        json_array_set_new(place->in, place->index, value);
}

static void edit(json_t *root, struct input *input) {
    const struct place place = next_place(root, input);
    char key[64];
    switch (next(input) % 9) {
    case 0:
        if (place.key)
            json_object_del(place.in, place.key);
        else
            json_array_remove(place.in, place.index);
        return;
    case 1:
        set(&place, json_real(next_number(input)));
        return;
    case 2:
        set(&place, json_integer((json_int_t)(int32_t)(next(input) << 24 | next(input) << 8 | next(input))));
        return;
    case 3:
        set(&place, next_text(input));
        return;
    case 4:
        set(&place, json_null());
        return;
    case 5: /* once more */
        snprintf(key, sizeof key, "more%u", next(input));
        if (place.key)
            json_object_set_new(place.in, key, json_deep_copy(place.value));
        else
            json_array_append_new(place.in, json_deep_copy(place.value));
        return;
    case 6: /* from another place */
        set(&place, json_deep_copy(next_place(root, input).value));
        return;
    case 7: /* a little more or less */
        if (json_is_number(place.value))
            set(&place, json_real(json_number_value(place.value) * (0.5 + next(input) / 255.0)));
        return;
    default:
        set(&place, next(input) & 1 ? json_array() : json_object());
    }
}

/* What is printed has lines, and no other control character. */
static void check_printed(const struct group_comparison *group, unsigned form) {
    char *text = NULL;
    size_t length = 0;
    struct error err;
    FILE *out = open_memstream(&text, &length);
    if (!out) abort();
    fputs(group->answer, out);
    if (form == 0 && print_one_group(out, group, true, &err) != 0) abort();
    if (form == 1) print_group_markdown(out, group);
    if (form == 2) print_group_csv(out, &group->report);
    if (fclose(out) != 0) abort();
    for (size_t i = 0; i < length; i++)
        if (((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\r') || text[i] == 0x7f) abort();
    free(text);
}

static void check_json(const struct compare_report *report) {
    json_t *value = compare_json(report, 0.05);
    char *text = value ? json_text(value) : NULL;
    if (!text) abort();
    free(text);
    json_decref(value);
}

static void compare(const struct result_file *base, const struct result_file *edited, size_t base_count,
                    unsigned form) {
    const struct result_file files[] = {*base, *edited};
    static struct group_comparison group;
    struct error err = {.text = ""};
    if (compare_results(&group.report, files, 2, base_count, &err) != 0) {
        if (!err.text[0] || err.kind == ERROR_PROGRAM) abort();
        return;
    }
    if (columns_make(&group.columns, &group.report, &err) != 0) abort();
    answer_sentence(group.answer, &group.report);
    if (form == 3)
        check_json(&group.report);
    else
        check_printed(&group, form);
    columns_free(&group.columns);
    compare_free(&group.report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, data + size};
    const unsigned choice = next(&input);
    const struct result_file *base = &bases[choice % RESULTS];
    const bool alone = choice >> 2 & 1;
    struct result_file edited;
    struct error err = {.text = ""};
    json_t *root = json_deep_copy(originals[choice % RESULTS]);
    if (!root || json_lost()) abort(); /* nothing is ever lost while there is memory */
    for (int i = 0; i < MOST_EDITS && input.at < input.end && json_object_size(root) > 0; i++)
        edit(root, &input);
    if (!alone && json_is_object(json_object_get(root, "sgdmark")) && seal_result(root) != 0) abort();
    if (result_of_json(&edited, "edited.json", root, alone, &err) == 0) {
        compare(base, &edited, choice >> 3 & 1, choice >> 4 & 3);
        result_unload(&edited);
    } else if (err.kind == ERROR_PROGRAM || strncmp(err.text, "edited.json: ", 13) != 0 || strchr(err.text, '\n')) {
        abort();
    }
    return 0;
}
