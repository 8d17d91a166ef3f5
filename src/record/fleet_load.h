/* SPDX-License-Identifier: MIT */
/* Reads the JSON of `sgdmark fleet gather`. It is untrusted input, like a result file. */
#ifndef SGDMARK_RECORD_FLEET_LOAD_H
#define SGDMARK_RECORD_FLEET_LOAD_H

#include "record/load.h"

/* A gathered fleet. Every value has the type and range of docs/fleet-schema.json, names are those of nodes, and the
 * counts and the numbers of groups are those of the nodes. Texts may hold any UTF-8. */
struct fleet_file {
    json_t *root;        /* NULL: the file was no fleet */
    const json_t *facts; /* root["sgdmark"] */
};

/* Is this the JSON of a gathered fleet, of whatever version? */
bool is_fleet(const json_t *root);

/* Checks the JSON of a fleet; `path` names it in messages. Takes ownership of `root`, also on failure. Returns 0, or -1
 * with one line: another version, a hash that does not fit, a wrong type, a count that contradicts the nodes. */
int fleet_of_json(struct fleet_file *fleet, const char *path, json_t *root, struct error *err);

/* Reads what is at `path`, as result_load does (record/load.h): a fleet goes to *fleet; otherwise fleet->root is NULL
 * and the result is in *file. Returns 0, or -1 with one line. fleet_unload and result_unload release them. */
int fleet_or_result_load(struct fleet_file *fleet, struct result_file *file, const char *path, struct error *err);
void fleet_unload(struct fleet_file *fleet);

#endif
