/* What train, cv and run say of their job. */
#ifndef SGDMARK_CLI_JOB_H
#define SGDMARK_CLI_JOB_H

#include "base/json.h"
#include "cli/options.h"

/* One line each on the rows and on the classifier's parameters. */
void print_job(const struct job *job, const struct job_options *options);

/* Settles how rows are fetched for the job's engine on this backend, which takes up to 50 ms where --prefetch leaves it
 * to the program, and returns the job's parameters with it. *seconds says how long it took. */
struct hyper job_tune(const struct job *job, const struct job_options *options, const struct backend *backend,
                      double *seconds);

/* One line on that; and the same as members "prefetch" and "tuning_seconds" of an object. */
void print_prefetch(const struct prefetch *ahead, double seconds);
void json_prefetch(json_t *to, const struct prefetch *ahead, double seconds);

/* Writes the results of a command where --json says (NULL: nowhere) and releases them; one alone is not in a list. A
 * fault ends the program. */
void write_results(const char *json, json_t *results);

/* 16 hex digits. */
enum { HEX_TEXT = 17 };
void hex_text(char text[HEX_TEXT], uint64_t value);

/* `value` as the JSON string of its 16 hex digits. */
json_t *json_hex(uint64_t value);

#endif
