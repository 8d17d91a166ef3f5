/* SPDX-License-Identifier: MIT */
/* JSON that a command writes; that of train and cv has one object for each backend. */
#ifndef SGDMARK_CLI_RESULTS_H
#define SGDMARK_CLI_RESULTS_H

#include "base/json.h"
#include "learn/prefetch.h"
#include "verify/self_check.h"

/* Writes the value to the file `path`, or to standard output when it is "-". Returns 0, or -1 with the reason. */
int output_json(const char *path, const json_t *value, struct error *err);

/* Adds "prefetch" and "prefetch_reason", why it was chosen (prefetch_choose). */
void json_prefetch(json_t *to, const struct prefetch *prefetch, const char *reason);

/* Adds "self_check": the calls compared and the time. */
void json_self_check(json_t *to, const struct self_check *check);

/* Appends one object, which is taken over, to the list; NULL counts as out of memory. Returns 0, or -1 with the reason.
 */
int append_result(json_t *results, json_t *result, struct error *err);

/* Writes the list where --json says (NULL: nowhere); an object that is alone without a list around it, and an empty
 * list not at all. Returns 0, or -1
 * with the reason. */
int write_results(const char *json, const json_t *results, struct error *err);

#endif
