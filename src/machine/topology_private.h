/* What a topology is made of: for src/machine only, the one place that knows hwloc. */
#ifndef SGDMARK_MACHINE_TOPOLOGY_PRIVATE_H
#define SGDMARK_MACHINE_TOPOLOGY_PRIVATE_H

#include "machine/topology.h"

#include <hwloc.h>

enum { MAX_KINDS = 16 };

/* The trial of a description of another machine. */
enum {
    TRIAL_SECONDS = 10,     /* CPU time that hwloc may take */
    TRIAL_BYTES = 1 << 30,  /* memory that it may take */
    TRIAL_TOO_MANY_PUS = 3, /* what description_trial returns, an exit status */
    TRIAL_REFUSED = 4
};

/* Cores of one kind on a hybrid machine. */
struct core_kind {
    char name[16];
    hwloc_bitmap_t pus;
};

struct topology {
    hwloc_topology_t hw;    /* holds the parts that are not allowed as well, so that indexes do not depend on them */
    hwloc_bitmap_t allowed; /* PUs that this process may use: cgroup and affinity */
    hwloc_bitmap_t allowed_nodes; /* memory nodes that it may use */
    bool this_system;
    hwloc_obj_t *core; /* [cores] by logical index; PUs where no core is listed */
    unsigned cores;
    hwloc_obj_t *pu; /* [pus] by OS index, NULL where there is none */
    unsigned pus;
    unsigned last_level;              /* type of the last-level cache as its level, 0: none listed */
    unsigned kinds;                   /* 0 unless the machine is hybrid */
    struct core_kind kind[MAX_KINDS]; /* the fastest first */
};

/* Fills kinds: 0 when all cores are alike. */
void find_kinds(struct topology *topology);

/* The kind of the PU, or "" unless the machine is hybrid. */
const char *kind_of(const struct topology *topology, unsigned pu_os);

/* The number of objects of the type, 0 where none is listed. */
unsigned count_objects(const struct topology *topology, hwloc_obj_type_t type);

/* The type of the last-level caches; only where last_level is not 0. */
hwloc_obj_type_t last_cache_type(const struct topology *topology);

/* The core (or, where none is listed, the PU) number of the object's set; -1 outside of any. */
int core_of(const struct topology *topology, hwloc_obj_t pu);

/* The allowed memory node nearest to the PU: among those local to it the one with the fewest PUs. NULL: none. */
hwloc_obj_t node_of(const struct topology *topology, hwloc_obj_t pu);

/* The k-th (0, 1, ...) allowed PU inside the set, by OS index, or NULL. */
hwloc_obj_t allowed_pu(const struct topology *topology, hwloc_const_cpuset_t set, unsigned k);

/* The set as "0-7,16-23". */
void list_text(char text[PU_LIST_TEXT], hwloc_const_bitmap_t set);

/* Checks a description of another machine: bounded in size, and hwloc reads it without failing, stopping or taking
 * long, which is tried in a process of its own. Returns 0, or -1 with the reason. */
int description_check(const char *name, const char *text, size_t length, struct error *err);

/* Whether hwloc loads the text, and how many PUs it finds: 0, TRIAL_TOO_MANY_PUS (or none) or TRIAL_REFUSED. hwloc may
 * abort, crash or not come back: only for the sandbox. */
int description_trial(const char *text, size_t length);

/* Runs description_trial in a process of its own, of bounded CPU time and memory. Returns the wait status of that
 * process and in said[size] the beginning of hwloc's complaints; -1 and errno when there is no process to be had. */
int sandbox_trial(const char *text, size_t length, char *said, size_t size);

/* Sets up hw from the text and loads it. Returns what hwloc returns. */
int description_load(hwloc_topology_t *hw, const char *text, size_t length);

#endif
