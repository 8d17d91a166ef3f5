/* SPDX-License-Identifier: MIT */
#include "measure/stats.h"
#include "record/fleet_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Groups */

static bool comparable(const struct fleet_node *a, const struct fleet_node *b) {
    return a->memory_gib == b->memory_gib && a->core_count == b->core_count && strcmp(a->cpu, b->cpu) == 0 &&
           strcmp(a->microcode, b->microcode) == 0 && strcmp(a->build, b->build) == 0 &&
           strcmp(a->backend, b->backend) == 0;
}

static int find_groups(struct fleet *fleet, struct error *err) {
    for (size_t i = 0; i < fleet->count; i++) {
        size_t g = 0;
        if (!fleet->node[i].done || fleet->judged[i].state == NODE_DOUBLED) continue;
        while (g < fleet->groups && !comparable(&fleet->node[fleet->group[g].first], &fleet->node[i]))
            g++;
        if (g == fleet->groups) {
            struct fleet_group *larger = realloc(fleet->group, (g + 1) * sizeof *larger);
            if (!larger) return fail_program(err, "out of memory for the groups of nodes");
            fleet->group = larger;
            fleet->group[fleet->groups++] = (struct fleet_group){.first = i};
        }
        fleet->judged[i].group = g;
        fleet->group[g].nodes++;
    }
    return 0;
}

/* ---- Times of a group */

static double both_rounds(const struct fleet_node *node, size_t metric) {
    double sum = 0.0;
    for (size_t r = 0; r < NODE_ROUNDS; r++) {
        if (node->metric[metric][r] == 0) return 0.0;
        sum += (double)node->metric[metric][r];
    }
    return sum / NODE_ROUNDS;
}

/* The metric's values of the nodes of a group, in one round or, for NODE_ROUNDS, of both together. */
static size_t take_values(double *value, const struct fleet *fleet, size_t group, size_t metric, size_t round) {
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        if (!fleet_timed(fleet, i) || fleet->judged[i].group != group) continue;
        const struct fleet_node *node = &fleet->node[i];
        const double x = round == NODE_ROUNDS ? both_rounds(node, metric) : (double)node->metric[metric][round];
        if (x > 0.0) value[count++] = x;
    }
    return count;
}

double fleet_floor(const struct summary *times) {
    return fmax(FLEET_MADS * times->mad / times->median, FLEET_SHARE);
}

static int summarize_group(struct fleet *fleet, size_t g, double *value, struct error *err) {
    for (size_t m = 0; m < NODE_METRICS; m++) {
        struct group_metric *metric = &fleet->group[g].metric[m];
        for (size_t r = 0; r <= NODE_ROUNDS; r++) {
            struct summary s = {0};
            const size_t count = take_values(value, fleet, g, m, r);
            if (count > 0 && summarize(&s, value, count, err) != 0) return -1;
            if (r < NODE_ROUNDS) {
                metric->round[r] = s.median;
                metric->round_mad[r] = s.mad;
            } else if (count > 0) {
                metric->nodes = count;
                metric->median = s.median;
                metric->mad = s.mad;
                metric->floor = fleet_floor(&s);
            }
        }
    }
    return 0;
}

/* ---- Nodes */

/* In how many rounds the node is beyond the floor; sets *excess to that of the better round. */
static unsigned rounds_beyond(double *excess, const struct fleet_node *node, size_t m,
                              const struct group_metric *group) {
    unsigned beyond = 0;
    *excess = NAN;
    for (size_t r = 0; r < NODE_ROUNDS; r++) {
        if (node->metric[m][r] == 0 || group->round[r] <= 0.0) continue;
        const double over = (double)node->metric[m][r] / group->round[r] - 1.0;
        if (over > fmax(FLEET_MADS * group->round_mad[r] / group->round[r], FLEET_SHARE)) beyond++;
        if (isnan(*excess) || over < *excess) *excess = over;
    }
    return beyond;
}

static void judge_times(struct fleet *fleet, size_t i) {
    struct node_judged *judged = &fleet->judged[i];
    struct fleet_group *group = &fleet->group[judged->group];
    double most = 0.0;
    for (size_t m = 0; m < NODE_METRICS; m++) {
        const unsigned beyond = rounds_beyond(&judged->excess[m], &fleet->node[i], m, &group->metric[m]);
        if (!group->judged || beyond == 0) continue;
        if (beyond < NODE_ROUNDS) {
            if (judged->state == NODE_GOOD) judged->state = NODE_UNCONFIRMED;
            continue;
        }
        judged->state = NODE_SLOW;
        if (judged->excess[m] > most) {
            most = judged->excess[m];
            judged->worst = (int)m;
        }
    }
    group->slow += judged->state == NODE_SLOW;
}

static void judge_node(struct fleet *fleet, size_t i) {
    struct node_judged *judged = &fleet->judged[i];
    const struct fleet_node *node = &fleet->node[i];
    judged->worst = -1;
    judged->change = NAN;
    for (size_t m = 0; m < NODE_METRICS; m++)
        judged->excess[m] = NAN;
    if (judged->state == NODE_DOUBLED) return;
    if (!node->done) {
        judged->state = NODE_DEAD;
    } else if (node->wrong > 0) {
        judged->state = NODE_WRONG;
        fleet->group[judged->group].wrong++;
    } else {
        judge_times(fleet, i);
    }
    fleet->counted++;
    fleet->slow += judged->state == NODE_SLOW;
    fleet->unconfirmed += judged->state == NODE_UNCONFIRMED;
    fleet->wrong += judged->state == NODE_WRONG;
    fleet->dead += judged->state == NODE_DEAD;
}

int fleet_judge(struct fleet *fleet, const json_t *history, struct error *err) {
    if (fleet_settle(fleet, err) != 0 || fleet_find_missing(fleet, err) != 0 || find_groups(fleet, err) != 0) return -1;
    double *value = malloc((fleet->count + 1) * sizeof *value);
    int bad = value ? 0 : fail_program(err, "out of memory for %zu nodes", fleet->count);
    for (size_t g = 0; g < fleet->groups && !bad; g++) {
        bad = summarize_group(fleet, g, value, err);
        fleet->group[g].judged = fleet->group[g].nodes >= FLEET_FEWEST;
    }
    free(value);
    if (bad) return -1;
    for (size_t i = 0; i < fleet->count; i++)
        judge_node(fleet, i);
    if (fleet_explain(fleet, err) != 0) return -1;
    return history ? fleet_compare(fleet, history, err) : 0;
}

bool fleet_is_well(const struct fleet *fleet) {
    return fleet->slow + fleet->wrong + fleet->dead + fleet->missing_count == 0 && !fleet->singletons &&
           fleet->counted > 0;
}

void fleet_verdict(char text[FLEET_VERDICT], const struct fleet *fleet) {
    const struct {
        size_t count;
        const char *what;
    } parts[] = {
        {fleet->slow, "slow"}, {fleet->wrong, "wrong"}, {fleet->dead, "dead"}, {fleet->missing_count, "missing"}};
    size_t used = 0;
    if (fleet->singletons) {
        snprintf(text, FLEET_VERDICT,
                 "no fleet: the launcher started %zu processes that each believe to be alone (size 1)", fleet->count);
        return;
    }
    used += (size_t)snprintf(text, FLEET_VERDICT, "%zu nodes counted", fleet->counted);
    if (fleet->expected) used += (size_t)snprintf(text + used, FLEET_VERDICT - used, " of %zu", fleet->expected);
    used += (size_t)snprintf(text + used, FLEET_VERDICT - used, ":");
    const size_t begin = used;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        if (parts[p].count > 0)
            used += (size_t)snprintf(text + used, FLEET_VERDICT - used, "%s %zu %s", used > begin ? "," : "",
                                     parts[p].count, parts[p].what);
    if (used == begin)
        used +=
            (size_t)snprintf(text + used, FLEET_VERDICT - used, fleet->counted ? " all are well" : " no node to judge");
    if (fleet->bad_count > 0)
        snprintf(text + used, FLEET_VERDICT - used, "; %zu file%s not counted", fleet->bad_count,
                 fleet->bad_count == 1 ? "" : "s");
}
