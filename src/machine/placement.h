/* SPDX-License-Identifier: MIT */
/* Placements: the PUs that workers run on, and the memory nodes that their rows lie on. */
#ifndef SGDMARK_MACHINE_PLACEMENT_H
#define SGDMARK_MACHINE_PLACEMENT_H

#include "base/error.h"
#include "machine/topology.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Where the rows lie, seen from the workers. */
enum memory_policy {
    MEMORY_LOCAL,     /* on each worker's own node, or the one nearest to it: one copy per node */
    MEMORY_REMOTE,    /* on the node farthest from the workers */
    MEMORY_INTERLEAVE /* page by page over all allowed nodes that have memory */
};
extern const char *const memory_policy_names[]; /* "local", "remote", "interleave" */

/* One worker. Indexes are logical unless named os; -1 where the machine lists no such part. `node` is the PU's own
 * memory node; -1 also where it has none. */
struct slot {
    unsigned pu_os, pu;
    int core, cache, package, node; /* `cache` is the last-level cache */
    enum memory_policy policy;
    int memory_node; /* of its rows; -1: MEMORY_INTERLEAVE, or no node is listed */
};

enum { PLACEMENT_NAME = 96, MOST_PLACEMENT_NAMES = 16 };

struct placement {
    char name[PLACEMENT_NAME];
    bool available;
    char reason[192];   /* why it is not available, or "" */
    char note[480];     /* what the system refused of it, or "" */
    bool unbound;       /* the system refuses to bind threads: the workers run where it puts them, not on their PUs */
    char same_as[96];   /* the placement of the list that has the same PUs and memory and stands for it, or "" */
    struct slot *slots; /* [count] workers; none when not available */
    size_t count;
};

/* Resolves the name of a placement or an expression. Names: core, smt, l3, l3-spread, numa-local, numa-remote,
 * numa-interleave, packages, kind:NAME, all-cores, all-pus. Expressions: TYPE:LIST. TYPE is pu, thread, core, l1,
 * l2, l3, l4, die, numa or package; LIST is "all" or numbers, ranges and ranges with a step ("0,2,4-7,8-30:2"). A dot
 * selects inside: "package:1.core:0-3". PUs have the operating system's numbers; the other parts are counted from 0
 * inside the part before the dot, as hwloc-calc counts them: "core:all.thread:1" is the second thread of each core.
 * TYPE pu and thread give one worker per PU, every other type one per core. Returns 0, or -1 with the reason: the text
 * is wrong, the machine lacks such a part, or the process may not use it. placement_free releases the placement. */
int placement_resolve(struct placement *placement, const struct topology *topology, const char *text,
                      struct error *err);

/* What several names or expressions ask for, each once, in the order given. */
struct placement_names {
    char name[MOST_PLACEMENT_NAMES][PLACEMENT_NAME];
    size_t count;
};

/* Adds the names of a list with commas between them. A comma ahead of a digit belongs to an expression:
 * "core,pu:0,2,all-cores" are three. Whether the machine has them is for placement_resolve to say. Returns 0, or -1
 * with the reason: one is empty or too long, or they are too many. */
int placement_names_add(struct placement_names *names, const char *text, struct error *err);

/* All named placements in a fixed order; those that the machine lacks are in the list with a reason. Returns 0, or -1
 * when memory runs out. placement_list_free releases the list. */
int placement_list(struct placement **list, size_t *count, const struct topology *topology, struct error *err);

void placement_free(struct placement *placement);
void placement_list_free(struct placement *list, size_t count);

/* The OS indexes of its PUs in worker order, "0,2,4-7". */
void placement_pus(const struct placement *placement, char text[PU_LIST_TEXT]);

/* The OS indexes of its PUs that have no memory of their own, "0-3": the rows lie on another node. "": all have. */
void placement_remote_pus(const struct placement *placement, char text[PU_LIST_TEXT]);

/* The logical indexes of the memory nodes that its rows lie on, ascending; "" where no node is listed. */
void placement_nodes(const struct placement *placement, const struct topology *topology, char text[PU_LIST_TEXT]);

/* name, available, reason, slots: for result files. */
json_t *placement_json(const struct placement *placement);

#endif
