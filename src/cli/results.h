/* SPDX-License-Identifier: MIT */
/* JSON that a command writes; that of train and cv has one object for each backend. */
#ifndef SGDMARK_CLI_RESULTS_H
#define SGDMARK_CLI_RESULTS_H

#include "base/json.h"
#include "learn/group_choice.h"
#include "learn/prefetch.h"
#include "verify/self_check.h"

#include <limits.h>

/* Writes the value to where `path` leads, or to standard output when it is "-". Returns 0, or -1 with the reason. */
int output_json(const char *path, const json_t *value, struct error *err);

/* The same for what was measured: if it cannot be written there, it goes to the current folder or to $TMPDIR, and the
 * reason says where it is. output_new_work writes a file that was not there: where `path` is taken, it adds a number
 * (write_new_file), and where[] is the path that it got. */
int output_work(const char *path, const json_t *value, struct error *err);
int output_new_work(const char *path, const json_t *value, char where[PATH_MAX], struct error *err);

/* Adds "prefetch" and "prefetch_reason", why it was chosen (prefetch_choose). */
void json_prefetch(json_t *to, const struct prefetch *prefetch, const char *reason);

/* Adds "group" and "group_reason": how many fits share each read of a row, and why (group_choose). */
void json_group(json_t *to, const struct group_choice *choice);

/* Adds "self_check": the calls compared and the time. */
void json_self_check(json_t *to, const struct self_check *check);

/* Appends one object, which is taken over, to the list; NULL counts as out of memory. Returns 0, or -1 with the reason.
 */
int append_result(json_t *results, json_t *result, struct error *err);

/* Two outputs of one command, each written or not: an output that fails does not stop the next one. `bad` and *err say
 * how the first went, second_bad and *second the other. Returns 0, or -1 with both reasons. */
int join_outputs(int bad, struct error *err, int second_bad, const struct error *second);

/* write_results at the end of a command that ended as `bad` and *err say: also when no more than another output has
 * failed. Returns 0, or -1 with the reason, or both. */
int finish_results(int bad, const char *json, const json_t *results, struct error *err);

/* Writes the list where --json says (NULL: nowhere); an object that is alone without a list around it, and an empty
 * list not at all. Returns 0, or -1 with the reason. */
int write_results(const char *json, const json_t *results, struct error *err);

#endif
