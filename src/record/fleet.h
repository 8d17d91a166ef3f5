/* SPDX-License-Identifier: MIT */
/* The nodes of a fleet, gathered from their files and judged: which are slow, which compute wrongly, which are missing.
 */
#ifndef SGDMARK_RECORD_FLEET_H
#define SGDMARK_RECORD_FLEET_H

#include "measure/stats.h"
#include "record/node_file.h"

/* A node is slow if a time of it lies beyond the median of its group by more than both of these, in both rounds. Normal
 * noise passes 6 MAD (4 standard deviations) once in 40,000 times; the second bound and the second round make that
 * rarer still, and keep differences that nobody would act on out. */
#define FLEET_MADS  6.0
#define FLEET_SHARE 0.03
enum { FLEET_FEWEST = 5 }; /* with fewer nodes in a group, none is called slow */

/* What is known of one node. */
enum node_state {
    NODE_GOOD,
    NODE_SLOW,        /* in both rounds */
    NODE_UNCONFIRMED, /* in one of the two */
    NODE_WRONG,       /* a check failed; it is not judged slow besides */
    NODE_DEAD,        /* it began and never finished */
    NODE_DOUBLED      /* it has several files, so none is counted */
};
extern const char *const node_state_names[];

/* A group's times of one metric, of both rounds together: the mean of a node's two. */
struct group_metric {
    size_t nodes;       /* that have it */
    double median, mad; /* in the metric's unit */
    double floor;       /* relative: the smallest excess that counts, the larger of 6 MAD and 3 % */
    double round[NODE_ROUNDS], round_mad[NODE_ROUNDS];
};

struct fleet_group {
    size_t first; /* a node of it, which stands for cpu, microcode, memory, cores, build and backend */
    size_t nodes, slow, wrong;
    bool judged; /* it has enough nodes */
    struct group_metric metric[NODE_METRICS];
};

/* Where a slow node is slow. */
enum { FLEET_WHERE = 192, FLEET_DIFFERS = 512 };
struct node_judged {
    enum node_state state;
    size_t group;
    double excess[NODE_METRICS]; /* relative to the group's median, of the smaller round; NAN: not known */
    int worst;                   /* the metric with the largest excess beyond its floor; -1: none */
    char where[FLEET_WHERE];     /* "package 1: its clock is 7.9 % slower", or "" */
    char differs[FLEET_DIFFERS]; /* "governor is powersave, 99 of 100 others have performance", or "" */
    double change; /* of the epoch against the history's, less the group's own: 0.05 is 5 % slower; NAN: not known */
    bool changed;  /* beyond FLEET_MADS and FLEET_SHARE */
};

/* A file that is not counted. */
struct bad_file {
    char *name;
    char why[256];
};

enum { MISSING_LISTED = 10000 };
struct fleet {
    struct fleet_node *node; /* [count] by rank, then by name */
    struct node_judged *judged;
    size_t count, room;
    struct bad_file *bad;
    size_t bad_count;
    struct fleet_group *group;
    size_t groups;
    char (*names)[NODE_NAME]; /* [name_count] that are expected; NULL: only their number is */
    size_t name_count;
    char (*missing)[NODE_NAME]; /* "n7", "rank-12": the first MISSING_LISTED */
    size_t missing_count;
    size_t expected;                                         /* nodes; 0: not known */
    bool singletons;                                         /* several files are each of a process that was alone */
    size_t slow, unconfirmed, wrong, dead, changed, counted; /* nodes */
    bool with_history;
};

/* Reads every node-*.json of a folder. A bad file is noted; so is one of another run or another job than the most
 * frequent one, and all files of a node that has several of this run. Returns 0, or -1 with the reason: the folder
 * cannot be read, or memory runs out. fleet_free releases it, also after a failure. */
int fleet_collect(struct fleet *fleet, const char *folder, struct error *err);

/* Takes over a node, for fleets in memory. */
int fleet_add(struct fleet *fleet, struct fleet_node *node, struct error *err);

/* What should be there: the names of the nodes, "n[1-3,7],m1" as Slurm writes them, or NULL; and their number, 0: what
 * the launcher said. Call it before fleet_judge. Returns 0, or -1 with the reason. */
int fleet_expect(struct fleet *fleet, const char *names, size_t number, struct error *err);

/* Judges all nodes. `history` is the JSON of an earlier fleet_json, or NULL. Returns 0, or -1 with the reason. */
int fleet_judge(struct fleet *fleet, const json_t *history, struct error *err);
void fleet_free(struct fleet *fleet);

/* Is nothing wrong, slow, missing, dead or bad? */
bool fleet_is_well(const struct fleet *fleet);

/* The smallest excess that counts (struct group_metric), of the times of all nodes of a group. */
double fleet_floor(const struct summary *times);

/* All of it as JSON: {"sgdmark": {"fleet": FLEET_VERSION, ...}}, which docs/fleet-schema.json describes and
 * record/fleet_load.h reads. NULL: out of memory. */
enum { FLEET_VERSION = 1 };
json_t *fleet_json(const struct fleet *fleet);

/* The state of the fleet in one line. */
enum { FLEET_VERDICT = 256 };
void fleet_verdict(char text[FLEET_VERDICT], const struct fleet *fleet);

#endif
