/* The machine: packages, memory nodes, caches, cores and threads, and which of them this process may use. */
#ifndef SGDMARK_MACHINE_TOPOLOGY_H
#define SGDMARK_MACHINE_TOPOLOGY_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A loaded topology. It is read-only after loading and may be used by several threads. */
struct topology;

/* Loads this machine (spec NULL) or another one: `spec` is the path of an hwloc XML file, or an hwloc synthetic
 * description such as "package:2 [numa] l3:2 core:4 pu:2". Load before starting threads: discovery may rebind the
 * calling thread for a moment. Returns 0, or -1 with one line that names the input and the fault; topology_free
 * releases the result. */
int topology_load(struct topology **topology, const char *spec, struct error *err);

/* The same from text[length], with a NUL behind it, of an XML file (it begins with '<') or of a synthetic description;
 * `name` is what errors call it. The text is untrusted: it is bounded, and read in a process of its own before it is
 * read here. */
int topology_parse(struct topology **topology, const char *name, const char *text, size_t length, struct error *err);

void topology_free(struct topology *topology);

/* Whether threads can be bound and timed on it. */
bool topology_is_this_system(const struct topology *topology);

/* Longest list of PUs that is kept as text ("0-7,16-23"); longer ones end in "...". */
enum { PU_LIST_TEXT = 512 };

struct topology_summary {
    bool this_system;
    unsigned packages, nodes, cores, pus; /* of the machine, what is not allowed included */
    unsigned allowed_cores, allowed_pus, allowed_nodes;
    unsigned last_caches;           /* last-level caches */
    unsigned last_cache_level;      /* 2, 3, ... or 0 where no cache is listed */
    unsigned last_cache_cores;      /* cores that share the first one, at least 1 */
    uint64_t last_cache_bytes;      /* of the first one */
    uint64_t l1_bytes, l2_bytes;    /* data caches of the first allowed core, 0: not listed */
    uint64_t memory_bytes;          /* of all nodes, 0: not listed */
    unsigned kinds;                 /* kinds of core: 1 unless the machine is hybrid */
    char cpu_model[128];            /* as the processor names itself, "" where it does not */
    char kind_names[128];           /* "P, E"; "" unless the machine is hybrid */
    char allowed[PU_LIST_TEXT];     /* OS indexes of the PUs that may be used */
    char not_allowed[PU_LIST_TEXT]; /* and of those that may not; "" when all may */
};
void topology_summarize(const struct topology *topology, struct topology_summary *summary);

/* One line of a drawing, in pre-order. */
enum outline_type { OUTLINE_MACHINE, OUTLINE_PACKAGE, OUTLINE_DIE, OUTLINE_NODE, OUTLINE_CACHE, OUTLINE_CORE };
struct outline_item {
    enum outline_type type;
    unsigned depth;   /* 0 is the machine */
    unsigned level;   /* of a cache */
    unsigned index;   /* logical */
    uint64_t bytes;   /* of a cache or a memory node; 0: not listed */
    bool allowed;     /* at least one of its PUs (of a node: its memory) may be used */
    char kind[16];    /* of a core on a hybrid machine, else "" */
    char threads[96]; /* of a core: the OS indexes of its PUs, "0 64"; those not allowed stand in brackets */
};
/* All shared parts of the machine and its cores; caches of a single core are left out. The caller frees the array.
 * NULL when memory runs out. */
struct outline_item *topology_outline(const struct topology *topology, size_t *count);

/* The topology as hwloc XML without host, process, serial and cgroup names. The caller frees it; NULL and the reason on
 * failure. */
char *topology_xml(const struct topology *topology, struct error *err);

/* For result files: XML, synthetic line, SHA-256 of the XML without memory sizes, allowed and complete sets, kinds,
 * distances between nodes. NULL when memory runs out. */
json_t *topology_json(const struct topology *topology);

#endif
