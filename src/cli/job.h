/* A job made ready: its data in memory and its rows in order. */
#ifndef SGDMARK_CLI_JOB_H
#define SGDMARK_CLI_JOB_H

#include "base/json.h"
#include "cli/options.h"

struct job {
    struct dataset ds;        /* arranged as the view says: row k of the job is row k */
    struct view view;         /* index[k] is that row's number in the files */
    struct example *at;       /* [view.n] */
    struct examples examples; /* those; two classes are sure to be among them */
};

/* Loads what the options name; any fault ends the program with one line and status 2. job_close releases it. */
void job_open(struct job *job, const struct job_options *options);
void job_close(struct job *job);

/* Packs the rows too, for engine int, if one of the chosen backends has kernels for them and they become smaller. */
void job_pack(struct job *job, const struct backend *const *chosen, size_t count);

/* One line each on the rows and on the classifier's parameters. */
void print_job(const struct job *job, const struct job_options *options);

/* Settles how rows are fetched for the job's engine on this backend, which takes up to 50 ms where --prefetch leaves it
 * to the program, and returns the job's parameters with it. *seconds says how long it took. */
struct hyper job_tune(const struct job *job, const struct job_options *options, const struct backend *backend,
                      double *seconds);

/* One line on that; and the same as members "prefetch" and "tuning_seconds" of an object. */
void print_prefetch(const struct lookahead *ahead, double seconds);
void json_prefetch(json_t *to, const struct lookahead *ahead, double seconds);

/* Writes the results of a command where --json says (NULL: nowhere) and releases them; one alone is not in a list. A
 * fault ends the program. */
void write_results(const char *json, json_t *results);

/* 16 hex digits. */
enum { HEX_TEXT = 17 };
void hex_text(char text[HEX_TEXT], uint64_t value);

/* `value` as the JSON string of its 16 hex digits. */
json_t *json_hex(uint64_t value);

/* The short name of the backend that did the work: engine f64 has one only. */
const char *isa_name(enum engine engine, const struct backend *backend);

#endif
