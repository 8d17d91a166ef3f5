/* SPDX-License-Identifier: MIT */
/* What `sgdmark topo` shows: the machine, drawn, and the placements that it allows. */
#ifndef SGDMARK_REPORT_TOPO_REPORT_H
#define SGDMARK_REPORT_TOPO_REPORT_H

#include "machine/cgroup.h"
#include "machine/placement.h"
#include "machine/plan.h"
#include "machine/topology.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A placement and what it can be expected to take. */
struct planned_placement {
    const struct placement *placement;
    struct plan plan;                            /* zeros when the placement is not available */
    char pus[PU_LIST_TEXT], nodes[PU_LIST_TEXT]; /* as lists, "" when not available */
    char remote[PU_LIST_TEXT];                   /* PUs that have no memory of their own */
};

struct topo_view {
    const struct topology *topology;
    struct topology_summary summary;
    struct cgroup cgroup;
    struct outline_item *outline; /* [outline_count] */
    size_t outline_count;
    struct planned_placement *placements; /* [count] */
    size_t count;
    struct plan_job job;
    struct roofs roofs;
    bool expect; /* show the expected times */
};

/* How it is printed. */
struct topo_style {
    int columns; /* longest line */
    bool utf8;   /* may the drawing use box characters? */
};

void print_topo(FILE *out, const struct topo_view *view, const struct topo_style *style);

/* The drawing alone. */
void print_outline(FILE *out, const struct topo_view *view, const struct topo_style *style);

/* "32 MiB" */
enum { SIZE_TEXT = 24 };
const char *binary_size(char text[SIZE_TEXT], uint64_t bytes);

/* The view as JSON; NULL when memory runs out. */
json_t *topo_json(const struct topo_view *view);

#endif
