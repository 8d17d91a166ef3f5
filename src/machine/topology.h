/* SPDX-License-Identifier: MIT */
/* The topology of a machine: packages, memory nodes, caches, cores and PUs, and which of them this process may use. */
#ifndef SGDMARK_MACHINE_TOPOLOGY_H
#define SGDMARK_MACHINE_TOPOLOGY_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A loaded topology. It is read-only after loading and may be used by several threads. */
struct topology;

/* Loads this machine (`spec` is NULL) or another one: `spec` is the path of an hwloc XML file, "-" or a pipe with XML
 * or a description, or an hwloc synthetic description such as "package:2 [numa] l3:2 core:4 pu:2". What is described is
 * never this machine. Takes the variables HWLOC_* out of the environment: none of them changes what is found. Load it
 * before starting threads: discovery may rebind the calling thread for a moment. Returns 0, or -1 with the reason;
 * topology_free releases the result. */
int topology_load(struct topology **topology, const char *spec, struct error *err);

/* The same from text: XML (it starts with '<') or a synthetic description of `length` bytes and a NUL. Errors call it
 * `name`. The text is untrusted: its size is limited, and a child process reads it first. */
int topology_parse(struct topology **topology, const char *name, const char *text, size_t length, struct error *err);

void topology_free(struct topology *topology);

/* Is it this machine's, so that threads can be bound to it and timed? */
bool topology_is_this_system(const struct topology *topology);

/* Why threads cannot be bound to PUs here, or "": they can. */
const char *topology_no_binding(const struct topology *topology);

/* Longest list of PUs as text ("0-7,16-23"); longer lists end in "...". */
enum { PU_LIST_TEXT = 512 };

struct topology_summary {
    bool this_system;
    unsigned packages, nodes, cores, pus; /* of the machine, including those not allowed */
    unsigned allowed_cores, allowed_pus, allowed_nodes;
    unsigned usable_nodes;          /* of the allowed ones those that have memory */
    unsigned last_caches;           /* last-level caches */
    unsigned last_cache_level;      /* 2, 3, ...; 0: no cache is listed */
    unsigned last_cache_cores;      /* cores that share the first one, at least 1 */
    uint64_t last_cache_bytes;      /* of the first one */
    uint64_t l1_bytes, l2_bytes;    /* data caches of the first allowed core; 0: not listed */
    uint64_t memory_bytes;          /* of all nodes; 0: not listed */
    unsigned kinds;                 /* of core; 1 unless the machine is hybrid */
    char cpu_model[128];            /* name that the processor reports, or "" */
    char kind_names[128];           /* "P, E"; "" unless the machine is hybrid */
    char allowed[PU_LIST_TEXT];     /* OS indexes of the allowed PUs */
    char not_allowed[PU_LIST_TEXT]; /* OS indexes of the others, or "" */
    /* Why the system refuses to bind threads to PUs, to place memory on a node, and to tell which node memory lies on,
     * each or "". They live as long as the topology, as does `variables`. */
    const char *no_binding, *no_placing, *no_locating;
    const char *variables; /* what became of HWLOC_* variables, "HWLOC_XMLFILE: ignored", or "" where there were none */
};
void topology_summarize(const struct topology *topology, struct topology_summary *summary);

/* The largest OS index of a PU, plus 1. */
unsigned topology_pu_count(const struct topology *topology);

/* True if two PUs, by OS index, share a last-level cache, or if it is not known that they do not. */
bool topology_shares_cache(const struct topology *topology, unsigned pu, unsigned other);

/* One part of a drawing of the machine. */
enum outline_type { OUTLINE_MACHINE, OUTLINE_PACKAGE, OUTLINE_DIE, OUTLINE_NODE, OUTLINE_CACHE, OUTLINE_CORE };
struct outline_item {
    enum outline_type type;
    unsigned depth;   /* 0: the machine */
    unsigned level;   /* of a cache */
    unsigned index;   /* logical */
    uint64_t bytes;   /* of a cache or a memory node; 0: not listed */
    bool allowed;     /* one of its PUs (of a node: its memory) is allowed */
    char kind[16];    /* of a core on a hybrid machine, else "" */
    char memory[32];  /* of a memory node: "no memory", "NVDIMM" and so on; "" for plain memory */
    char threads[96]; /* of a core: OS indexes of its PUs, "0 64"; those not allowed in brackets */
};
/* The parts of the machine in pre-order, without caches that belong to one core. The caller frees the array; NULL when
 * memory runs out. */
struct outline_item *topology_outline(const struct topology *topology, size_t *count);

/* The topology as hwloc XML, without names of host, processes and cgroups and without serial numbers. The caller frees
 * it; NULL and the reason on failure. */
char *topology_xml(const struct topology *topology, struct error *err);

/* For result files: XML, synthetic description, SHA-256 of the XML without memory sizes, allowed and complete sets,
 * kinds of core, distances of nodes. NULL when memory runs out. */
json_t *topology_json(const struct topology *topology);

#endif
