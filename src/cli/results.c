/* SPDX-License-Identifier: MIT */
#include "cli/results.h"

#include "cli/options.h"

void json_prefetch(json_t *to, const struct prefetch *prefetch, const char *reason) {
    char text[PREFETCH_TEXT];
    prefetch_text(text, prefetch);
    json_object_set_new(to, "prefetch", json_string(text));
    json_object_set_new(to, "prefetch_reason", json_string(reason));
}

void json_self_check(json_t *to, const struct self_check *check) {
    json_object_set_new(
        to, "self_check",
        json_pack("{s:I, s:o}", "calls", (json_int_t)check->calls, "seconds", json_number(check->seconds)));
}

int append_result(json_t *results, json_t *result, struct error *err) {
    if (json_array_append_new(results, result) == 0) return 0;
    return fail_program(err, "out of memory for the result");
}

int output_json(const char *path, const json_t *value, struct error *err) {
    return to_stdout(path) ? json_print(stdout, value, err) : json_write(path, value, err);
}

int write_results(const char *json, const json_t *results, struct error *err) {
    if (!json || json_array_size(results) == 0) return 0;
    return output_json(json, json_array_size(results) == 1 ? json_array_get(results, 0) : results, err);
}
