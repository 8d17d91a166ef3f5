/* SPDX-License-Identifier: MIT */
/* Parts of fleet_judge (record/fleet.h). */
#ifndef SGDMARK_RECORD_FLEET_PRIVATE_H
#define SGDMARK_RECORD_FLEET_PRIVATE_H

#include "record/fleet.h"

/* Takes out what does not belong together, if fleet_collect has not yet. */
int fleet_settle(struct fleet *fleet, struct error *err);

/* Fills in `missing`, from the names or the number that is expected. */
int fleet_find_missing(struct fleet *fleet, struct error *err);

/* Does the node take part in the times of its group? */
static inline bool fleet_timed(const struct fleet *fleet, size_t node) {
    return fleet->node[node].done && fleet->node[node].wrong == 0 && fleet->judged[node].state != NODE_DOUBLED;
}

/* Fills in where a slow node is slow and what differs in its environment. */
int fleet_explain(struct fleet *fleet, struct error *err);

/* Fills in the changes against an earlier fleet_json. */
int fleet_compare(struct fleet *fleet, const json_t *history, struct error *err);

#endif
