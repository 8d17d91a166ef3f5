/* The JSON of train and cv: one object for each backend. */
#ifndef SGDMARK_CLI_RESULTS_H
#define SGDMARK_CLI_RESULTS_H

#include "base/json.h"
#include "learn/prefetch.h"

/* Adds "prefetch" and "tuning_seconds", the time that its choice took. */
void json_prefetch(json_t *to, const struct prefetch *prefetch, double seconds);

/* Appends one object, which is taken over, to the list; NULL counts as out of memory. Returns 0, or -1 with the reason.
 */
int append_result(json_t *results, json_t *result, struct error *err);

/* Writes the list where --json says (NULL: nowhere); an object that is alone without a list around it. Returns 0, or -1
 * with the reason. */
int write_results(const char *json, const json_t *results, struct error *err);

#endif
