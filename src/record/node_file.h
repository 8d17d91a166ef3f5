/* SPDX-License-Identifier: MIT */
/* The file that the screening of one node of a fleet leaves behind: at most NODE_BYTES, sealed, with whole numbers
 * only.
 */
#ifndef SGDMARK_RECORD_NODE_FILE_H
#define SGDMARK_RECORD_NODE_FILE_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NODE_VERSION = 1,
    NODE_BYTES = 20000,  /* of a file */
    NODE_NAME = 65,      /* of a node or a run, with the NUL */
    NODE_TEXT = 192,     /* other texts */
    NODE_CORES = 256,    /* of a larger node the slowest are kept */
    NODE_FAULTS = 8,     /* kept of a node; struct fleet_node counts all */
    NODE_PARTS = 1 << 20 /* PUs, cores and packages have smaller numbers */
};

/* What is compared between nodes; each a time, so that more is slower. */
enum node_metric {
    NODE_EPOCH,      /* ps a row: an epoch on one core, median of the cores */
    NODE_SLOWEST,    /* ps a row: of the slowest core */
    NODE_FOLDS_CORE, /* ns: the cross-validation on one core */
    NODE_FOLDS_ALL,  /* ns: the same on all cores, each of which takes equally many folds */
    NODE_READ_ALL,   /* ns: all cores only read the rows of those folds */
    NODE_COMPUTE,    /* fs a feature: dot products of a row in L1, median of the cores */
    NODE_MEMORY,     /* fs a byte: one core reads memory, median of the cores */
    NODE_CYCLE,      /* fs: a cycle of the core's clock, median of the cores */
    NODE_METRICS
};
extern const char *const node_metric_names[NODE_METRICS];

/* All metrics are timed twice, at the start and at the end. */
enum { NODE_ROUNDS = 2 };

/* Of one core; numbers as above, 0: not known. */
struct node_core {
    unsigned pu, core, package; /* the operating system's PU, logical core and package */
    uint64_t epoch[NODE_ROUNDS], compute, memory, cycle;
};

/* A wrong result. pu -1: not of one core. */
struct node_fault {
    int pu, core, package;
    char what[NODE_TEXT];
};

struct fleet_node {
    char *file;                           /* name of the file that it was read from; NULL: none */
    bool doubled;                         /* there are several files of this node or rank (record/fleet.h) */
    char name[NODE_NAME], run[NODE_NAME]; /* the node; the launcher's job that it is part of */
    char job[17];                         /* hash of rows, hyper-parameters and version */
    char version[32], started[32], launcher[16];
    int rank, size; /* -1 and 0: the launcher does not say */
    bool done;      /* false: the screening has begun */
    uint64_t milliseconds;
    unsigned away; /* share of the timed part in which the timing thread had no CPU, in thousandths */

    /* Nodes are comparable if these are equal. */
    char cpu[128], microcode[32], build[17], backend[32];
    unsigned memory_gib, core_count;

    uint64_t metric[NODE_METRICS][NODE_ROUNDS]; /* 0: not known */
    struct node_core *cores;                    /* [kept] */
    size_t kept;
    uint64_t checks, wrong; /* checks made, and failed ones */
    struct node_fault fault[NODE_FAULTS];
    size_t faults;
    json_t *environment;  /* texts by name */
    json_t *findings;     /* names of the doctor's findings */
    json_t *fingerprints; /* by engine and backend */
};

void node_free(struct fleet_node *node);

/* May a node or a run be called so? Letters, digits, '.', '-' and '_', at most NODE_NAME - 1. */
bool node_name_fits(const char *name);

/* Makes such a name of any text: other bytes become '-'. */
void node_name_make(char name[NODE_NAME], const char *text);

/* FOLDER/node-RANK-NAME.json, without the rank where there is none. Returns 0, or -1 if it is too long. */
int node_path(char *path, size_t size, const char *folder, const struct fleet_node *node, struct error *err);

/* Writes the file, whole or not at all. Returns 0, or -1 with the reason. */
int node_write(const struct fleet_node *node, const char *path, struct error *err);

/* Reads and checks a file, which is untrusted. Returns 0, or -1 with what is wrong, without the file's name. node_free
 * releases the node. */
int node_read(struct fleet_node *node, const char *path, struct error *err);

#endif
