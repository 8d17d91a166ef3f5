/* SPDX-License-Identifier: MIT */
/* libFuzzer target: a result file. One that is taken must also come through a comparison with a copy of itself. */
#include "record/compare.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct result_file files[2];
    struct error err;
    if (result_parse(&files[0], "fuzz.json", (const char *)bytes, length, &err) != 0) return 0;
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
    return 0;
}
