/* SPDX-License-Identifier: MIT */
/* libFuzzer target: a result file. One that is taken must also come through a comparison with a copy of itself. */
#include "record/compare.h"
#include "record/seal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The input with a hash that fits it, or NULL if that is not needed: no change of a byte would come past the hash. */
static char *resealed(const uint8_t *bytes, size_t length) {
    json_t *root = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *facts = json_object_get(root, "sgdmark");
    char *text = NULL;
    if (json_integer_value(json_object_get(facts, "schema_version")) == 3 && seal_result(root) == 0)
        text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

static void take(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    char *sealed = resealed(bytes, length);
    take(bytes, length);
    if (sealed) take((const uint8_t *)sealed, strlen(sealed));
    free(sealed);
    return 0;
}

static void take(const uint8_t *bytes, size_t length) {
    struct result_file files[2];
    struct error err;
    if (result_parse(&files[0], "fuzz.json", (const char *)bytes, length, &err) != 0) return;
    if (result_parse(&files[1], "fuzz.json", (const char *)bytes, length, &err) != 0) abort();
    json_object_set_new(json_object_get(files[1].root, "sgdmark"), "run_id", json_string("another run"));
    struct compare_report report;
    if (compare_results(&report, files, 2, 0, &err) == 0) {
        json_t *value = compare_json(&report, 0.05);
        if (!value) abort();
        json_decref(value);
        compare_free(&report);
    }
    result_unload(&files[0]);
    result_unload(&files[1]);
}
