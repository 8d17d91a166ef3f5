/* SPDX-License-Identifier: MIT */
/* Where a slow node is slow, and what differs in its environment. */
#include "record/fleet_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is known of a core. */
enum part { PART_EPOCH, PART_COMPUTE, PART_MEMORY, PART_CYCLE, PARTS };

static double part_of(const struct node_core *core, enum part part) {
    switch (part) {
    case PART_EPOCH:
        return (double)(core->epoch[0] < core->epoch[1] ? core->epoch[0] : core->epoch[1]);
    case PART_COMPUTE:
        return (double)core->compute;
    case PART_MEMORY:
        return (double)core->memory;
    default:
        return (double)core->cycle;
    }
}

/* The medians of one PU over the nodes of a group. */
struct usual_core {
    unsigned pu;
    double value[PARTS];
};

struct usual_cores {
    struct usual_core *list; /* [count] by PU */
    size_t count;
};

struct sample {
    unsigned pu;
    double value;
};

static int by_pu(const void *a, const void *b) {
    const struct sample *x = a, *y = b;
    if (x->pu != y->pu) return x->pu < y->pu ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static size_t take_samples(struct sample *sample, const struct fleet *fleet, size_t group, enum part part) {
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        if (!fleet_timed(fleet, i) || fleet->judged[i].group != group) continue;
        for (size_t c = 0; c < fleet->node[i].kept; c++)
            sample[count++] = (struct sample){fleet->node[i].cores[c].pu, part_of(&fleet->node[i].cores[c], part)};
    }
    return count;
}

/* One median for each PU; every part has the same PUs. */
static size_t take_medians(struct usual_core *list, struct sample *sample, size_t count, enum part part) {
    size_t pus = 0;
    qsort(sample, count, sizeof *sample, by_pu);
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first; end < count && sample[end].pu == sample[first].pu;)
            end++;
        list[pus].pu = sample[first].pu;
        list[pus++].value[part] = sample[first + (end - first) / 2].value;
    }
    return pus;
}

static int find_usual(struct usual_cores *usual, const struct fleet *fleet, size_t group, struct error *err) {
    size_t cores = 1;
    for (size_t i = 0; i < fleet->count; i++)
        cores += fleet->node[i].kept;
    struct sample *sample = malloc(cores * sizeof *sample);
    usual->list = calloc(cores, sizeof *usual->list);
    if (!sample || !usual->list) {
        free(sample);
        free(usual->list);
        return fail_program(err, "out of memory for %zu cores", cores);
    }
    for (unsigned p = 0; p < PARTS; p++) {
        const size_t count = take_samples(sample, fleet, group, p);
        usual->count = take_medians(usual->list, sample, count, p);
    }
    free(sample);
    return 0;
}

/* ---- Where */

static int compare_pu(const void *key, const void *element) {
    const unsigned pu = *(const unsigned *)key, other = ((const struct usual_core *)element)->pu;
    return (pu > other) - (pu < other);
}

/* By how much more than usual the core takes; 0: not known. */
static double excess_of(const struct node_core *core, const struct usual_cores *usual, enum part part) {
    const struct usual_core *known = bsearch(&core->pu, usual->list, usual->count, sizeof *usual->list, compare_pu);
    const double value = part_of(core, part);
    return known && known->value[part] > 0.0 && value > 0.0 ? value / known->value[part] - 1.0 : 0.0;
}

struct slow_cores {
    size_t count, most_in_package, in_that_package; /* slow cores; of the package with most of them; all cores there */
    unsigned package, first_pu, first_core;
    double mean[PARTS]; /* excess of the slow cores */
};

static size_t count_package(const struct fleet_node *node, const struct usual_cores *usual, unsigned package,
                            bool slow) {
    size_t count = 0;
    for (size_t c = 0; c < node->kept; c++)
        count +=
            node->cores[c].package == package && (!slow || excess_of(&node->cores[c], usual, PART_EPOCH) > FLEET_SHARE);
    return count;
}

static struct slow_cores find_slow_cores(const struct fleet_node *node, const struct usual_cores *usual) {
    struct slow_cores slow = {0};
    for (size_t c = 0; c < node->kept; c++) {
        const struct node_core *core = &node->cores[c];
        if (excess_of(core, usual, PART_EPOCH) <= FLEET_SHARE) continue;
        if (slow.count++ == 0) {
            slow.first_pu = core->pu;
            slow.first_core = core->core;
            slow.package = core->package;
        }
        for (unsigned p = 0; p < PARTS; p++)
            slow.mean[p] += excess_of(core, usual, p);
    }
    for (unsigned p = 0; p < PARTS && slow.count > 0; p++)
        slow.mean[p] /= (double)slow.count;
    slow.most_in_package = count_package(node, usual, slow.package, true);
    slow.in_that_package = count_package(node, usual, slow.package, false);
    return slow;
}

/* The first roof, from the clock up, that explains half of the excess. */
static void why_slow(char text[FLEET_WHERE], const double mean[PARTS]) {
    static const struct {
        enum part part;
        const char *what;
    } roofs[] = {{PART_CYCLE, "its clock"},
                 {PART_COMPUTE, "its compute roof, not its clock,"},
                 {PART_MEMORY, "its memory roof"}};
    for (size_t i = 0; i < sizeof roofs / sizeof *roofs; i++) {
        if (mean[roofs[i].part] < 0.5 * mean[PART_EPOCH]) continue;
        snprintf(text, FLEET_WHERE, "%s is %.1f %% slower", roofs[i].what, 100.0 * mean[roofs[i].part]);
        return;
    }
    snprintf(text, FLEET_WHERE, "%.1f %% slower, though clock, compute and memory roof are not",
             100.0 * mean[PART_EPOCH]);
}

static void name_slow_cores(char text[FLEET_WHERE], const struct slow_cores *slow, const struct fleet_node *node) {
    if (4 * slow->count >= 3 * node->kept)
        snprintf(text, FLEET_WHERE, "all cores");
    else if (4 * slow->most_in_package >= 3 * slow->in_that_package && slow->count == slow->most_in_package)
        snprintf(text, FLEET_WHERE, "package %u", slow->package);
    else if (slow->count == 1)
        snprintf(text, FLEET_WHERE, "core %u (PU %u, package %u)", slow->first_core, slow->first_pu, slow->package);
    else
        snprintf(text, FLEET_WHERE, "%zu cores, the first is core %u (PU %u, package %u)", slow->count,
                 slow->first_core, slow->first_pu, slow->package);
}

static void find_where(struct node_judged *judged, const struct fleet_node *node, const struct fleet_group *group,
                       const struct usual_cores *usual) {
    char place[FLEET_WHERE], why[FLEET_WHERE];
    const struct slow_cores slow = find_slow_cores(node, usual);
    if (slow.count == 0) {
        const bool reads = judged->excess[NODE_READ_ALL] > 0.5 * judged->excess[NODE_FOLDS_ALL] &&
                           judged->excess[NODE_READ_ALL] > group->metric[NODE_READ_ALL].floor;
        const bool memory = judged->excess[NODE_MEMORY] > group->metric[NODE_MEMORY].floor;
        snprintf(judged->where, sizeof judged->where, "%s",
                 memory  ? "memory: its roof is slower, and the job feels it little"
                 : reads ? "memory, when all cores read it"
                         : "no core alone: only when all cores work (power, heat, memory), or a roof that the job does "
                           "not reach");
        return;
    }
    name_slow_cores(place, &slow, node);
    why_slow(why, slow.mean);
    snprintf(judged->where, sizeof judged->where, "%.90s: %.95s", place, why);
}

/* ---- What differs */

static const char *value_of(const struct fleet_node *node, const char *key) {
    const char *text = json_string_value(json_object_get(node->environment, key));
    return text ? text : "unknown";
}

/* How many nodes of the group have this value. */
static size_t count_value(const struct fleet *fleet, size_t group, const char *key, const char *value) {
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        count += fleet_timed(fleet, i) && fleet->judged[i].group == group &&
                 strcmp(value_of(&fleet->node[i], key), value) == 0;
    return count;
}

/* The value that more than half of the group have, if there is one (Boyer and Moore's vote); NULL: there is none. */
static const char *usual_value(const struct fleet *fleet, size_t group, const char *key, size_t *have) {
    const char *usual = NULL;
    size_t votes = 0, timed = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        if (!fleet_timed(fleet, i) || fleet->judged[i].group != group) continue;
        const char *value = value_of(&fleet->node[i], key);
        timed++;
        if (votes == 0) usual = value;
        votes += usual && strcmp(usual, value) == 0 ? 1 : (size_t)-1;
    }
    *have = usual ? count_value(fleet, group, key, usual) : 0;
    return 2 * *have > timed ? usual : NULL;
}

static void find_differences(const struct fleet *fleet, size_t at) {
    struct node_judged *judged = &fleet->judged[at];
    const char *key;
    const json_t *unused;
    size_t used = 0;
    json_object_foreach(fleet->node[at].environment, key, unused) {
        size_t have;
        const char *mine = value_of(&fleet->node[at], key), *usual = usual_value(fleet, judged->group, key, &have);
        char item[FLEET_DIFFERS];
        if (!usual || strcmp(mine, usual) == 0) continue;
        const int length = snprintf(item, sizeof item, "%s%.60s is %.80s, with %zu others %.80s", used ? "; " : "", key,
                                    mine, have, usual);
        if (used + (size_t)length >= sizeof judged->differs) return;
        memcpy(judged->differs + used, item, (size_t)length + 1);
        used += (size_t)length;
    }
    (void)unused;
}

int fleet_explain(struct fleet *fleet, struct error *err) {
    for (size_t g = 0; g < fleet->groups; g++) {
        struct usual_cores usual = {0};
        for (size_t i = 0; i < fleet->count; i++) {
            const enum node_state state = fleet->judged[i].state;
            if (fleet->judged[i].group != g || (state != NODE_SLOW && state != NODE_UNCONFIRMED)) continue;
            if (!usual.list && find_usual(&usual, fleet, g, err) != 0) return -1;
            find_where(&fleet->judged[i], &fleet->node[i], &fleet->group[g], &usual);
            find_differences(fleet, i);
        }
        free(usual.list);
    }
    return 0;
}
