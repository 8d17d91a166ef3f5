/* SPDX-License-Identifier: MIT */
#include "cli/results.h"

#include "base/file.h"
#include "base/target.h"
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void json_prefetch(json_t *to, const struct prefetch *prefetch, const char *reason) {
    char text[PREFETCH_TEXT];
    prefetch_text(text, prefetch);
    json_put(to, "prefetch", json_string(text));
    json_put(to, "prefetch_reason", json_string(reason));
}

void json_group(json_t *to, const struct group_choice *choice) {
    json_put(to, "group", json_integer(choice->models));
    json_put(to, "group_reason", json_string(choice->reason));
}

void json_self_check(json_t *to, const struct self_check *check) {
    json_put(to, "self_check",
             json_pack("{s:I, s:o}", "calls", (json_int_t)check->calls, "seconds", json_number(check->seconds)));
}

int append_result(json_t *results, json_t *result, struct error *err) {
    if (json_add(results, result) == 0) return 0;
    return fail_program(err, "out of memory for the result");
}

int output_json(const char *path, const json_t *value, struct error *err) {
    return to_stdout(path) ? json_print(stdout, value, err) : json_write(path, value, err);
}

int output_work(const char *path, const json_t *value, struct error *err) {
    static const char spare[] = "sgdmark.json";
    char *text = json_text(value);
    if (!text) return fail_program(err, "%s: out of memory", path);
    const struct span whole = {text, strlen(text)};
    int bad = 0;
    if (!to_stdout(path))
        bad = write_output(path, spare, &whole, 1, err);
    else if (json_print(stdout, value, err) != 0)
        bad = write_elsewhere(spare, &whole, 1, err);
    free(text);
    return bad;
}

int output_new_work(const char *path, const json_t *value, char where[PATH_MAX], struct error *err) {
    char folder[PATH_MAX];
    const char *name = path_name(path);
    char *text = json_text(value);
    if (!text) return fail_program(err, "%s: out of memory", path);
    const struct span whole = {text, strlen(text)};
    snprintf(folder, sizeof folder, "%.*s", (int)(name > path ? name - path - 1 : 0), path);
    int bad = write_new_file(name > path ? folder : ".", name, &whole, 1, where, err);
    if (bad) write_elsewhere(name, &whole, 1, err);
    free(text);
    return bad;
}

int join_outputs(int bad, struct error *err, int second_bad, const struct error *second) {
    if (!second_bad) return bad;
    if (!bad) {
        *err = *second;
        return -1;
    }
    const struct error first = *err;
    return fail_as(err, ERROR_OUTPUT, "%.500s; %.500s", first.text, second->text);
}

int finish_results(int bad, const char *json, const json_t *results, struct error *err) {
    struct error why;
    if (bad && err->kind != ERROR_OUTPUT) return -1;
    int second_bad = write_results(json, results, &why);
    return join_outputs(bad, err, second_bad, &why);
}

int write_results(const char *json, const json_t *results, struct error *err) {
    if (!json || json_array_size(results) == 0) return 0;
    return output_work(json, json_array_size(results) == 1 ? json_array_get(results, 0) : results, err);
}
