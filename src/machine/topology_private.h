/* SPDX-License-Identifier: MIT */
/* The inside of a topology; private to src/machine, the only folder that knows hwloc. */
#ifndef SGDMARK_MACHINE_TOPOLOGY_PRIVATE_H
#define SGDMARK_MACHINE_TOPOLOGY_PRIVATE_H

#include "machine/topology.h"

#include <hwloc.h>

enum { MAX_KINDS = 16 };

/* Limits and results of the trial of an untrusted description. */
enum {
    TRIAL_SECONDS = 10,     /* most CPU time */
    TRIAL_BYTES = 1 << 30,  /* most memory */
    TRIAL_TOO_MANY_PUS = 3, /* exit status */
    TRIAL_REFUSED = 4       /* exit status */
};

enum { VARIABLES_TEXT = 512, REFUSAL_TEXT = 160 };

/* Why the system refuses something to this process (a container's seccomp profile, an old kernel); "": it does not. */
struct refusals {
    char binding[REFUSAL_TEXT];  /* to bind threads to PUs */
    char placing[REFUSAL_TEXT];  /* to place memory on a node */
    char locating[REFUSAL_TEXT]; /* to tell which node memory lies on */
};

/* Cores of one kind on a hybrid machine. */
struct core_kind {
    char name[16];
    hwloc_bitmap_t pus;
};

struct topology {
    hwloc_topology_t hw;    /* includes the parts that are not allowed, so that indexes do not depend on a cgroup */
    hwloc_bitmap_t allowed; /* PUs that this process may use: cgroup and affinity */
    hwloc_bitmap_t allowed_nodes; /* memory nodes that it may use */
    hwloc_bitmap_t usable_nodes;  /* of those the ones that have memory */
    uint64_t memory_bytes;        /* of all nodes; 0: not listed */
    bool this_system;
    struct refusals refused;
    char variables[VARIABLES_TEXT]; /* what became of HWLOC_* variables, or "" where there were none */
    hwloc_obj_t *core;              /* [cores] by logical index; PUs where no core is listed */
    unsigned cores;
    hwloc_obj_t *pu; /* [pus] by OS index, NULL where there is none */
    unsigned pus;
    unsigned last_level;              /* of the last-level cache; 0: no cache is listed */
    unsigned kinds;                   /* 0 unless the machine is hybrid */
    struct core_kind kind[MAX_KINDS]; /* the fastest first */
};

/* Fills in the kinds; none when all cores are alike. */
void find_kinds(struct topology *topology);

/* The kind of the PU, or "" unless the machine is hybrid. */
const char *kind_of(const struct topology *topology, unsigned pu_os);

/* The number of objects of the type, 0 where none is listed. */
unsigned count_objects(const struct topology *topology, hwloc_obj_type_t type);

/* The type of the last-level caches. Needs last_level > 0. */
hwloc_obj_type_t last_cache_type(const struct topology *topology);

/* The index of the PU's core (of the PU itself where no core is listed); -1: in no core. */
int core_of(const struct topology *topology, hwloc_obj_t pu);

/* Fills in the usable nodes and the bytes of memory. Returns 0, or -1 when memory runs out. */
int find_memory(struct topology *topology);

/* A node without memory, on a machine that lists memory elsewhere. */
bool node_is_empty(const struct topology *topology, hwloc_obj_t node);

/* What the memory is, "NVDIMM" or "CXL memory", or "" for plain memory. Far: slower than plain memory. */
const char *node_kind(hwloc_obj_t node);
bool node_is_far(hwloc_obj_t node);

/* The PU's own memory node: of the usable nodes of plain memory that include it, the one with the fewest PUs. NULL: it
 * has none. */
hwloc_obj_t node_of(const struct topology *topology, hwloc_obj_t pu);

/* The PU's own node, or the usable node that is nearest to it. NULL: no node is usable. */
hwloc_obj_t nearest_node(const struct topology *topology, hwloc_obj_t pu);

/* The usable node that is farthest from `home`; plain memory before memory that is slower. NULL: none. */
hwloc_obj_t farthest_node(const struct topology *topology, hwloc_obj_t home);

/* Takes the variables HWLOC_* out of the environment, so that none changes which machine hwloc finds, and says what
 * became of them: "HWLOC_XMLFILE, HWLOC_THISSYSTEM: ignored", or "". Call it before hwloc and before any thread. */
void hwloc_variables(char text[VARIABLES_TEXT]);

/* Asks for the affinity of the calling thread: hwloc asks for it again and again where the system refuses. Returns 0,
 * or -1 with the reason. */
int affinity_check(struct error *err);

/* Fills in what the system refuses; needs the allowed PUs. */
void find_refusals(struct topology *topology);

/* The k-th (0, 1, ...) allowed PU inside the set, by OS index, or NULL. */
hwloc_obj_t allowed_pu(const struct topology *topology, hwloc_const_cpuset_t set, unsigned k);

/* The set as "0-7,16-23". */
void list_text(char text[PU_LIST_TEXT], hwloc_const_bitmap_t set);

/* Reads a description as a string: an XML file, or a pipe or standard input ("-") with XML or synthetic text. Removes a
 * byte order mark. The caller frees it; NULL with the reason. */
char *description_read(const char *path, size_t *length, struct error *err);

/* Checks a description of another machine: its size is limited, and a child process tries whether hwloc loads it
 * without an error, a crash or a hang. Returns 0, or -1 with the reason. */
int description_check(const char *name, const char *text, size_t length, struct error *err);

/* Loads the text with hwloc and counts PUs. Returns 0, TRIAL_TOO_MANY_PUS (also for none) or TRIAL_REFUSED. May abort,
 * crash or hang: call it only in the sandbox. */
int description_trial(const char *text, size_t length);

/* Runs description_trial in a child process with limits on CPU time and memory. Returns its wait status, and the start
 * of hwloc's messages in said[size]; -1 and errno when no process can be started. */
int sandbox_trial(const char *text, size_t length, char *said, size_t size);

/* Loads hw from the text. Returns what hwloc returns. */
int description_load(hwloc_topology_t *hw, const char *text, size_t length);

#endif
