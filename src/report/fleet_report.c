/* SPDX-License-Identifier: MIT */
#include "report/fleet_report.h"

#include "report/facts.h"
#include "report/table.h"

#include <math.h>

enum { LISTED = 50 }; /* of each kind; the JSON has all */

static void print_rest(FILE *to, size_t count) {
    if (count > LISTED) fprintf(to, "            and %zu more (--json lists all)\n", count - LISTED);
}

static void print_wrong(FILE *to, const struct fleet_node *node) {
    fprintf(to, "WRONG       %s: %llu of %llu checks failed\n", node->name, (unsigned long long)node->wrong,
            (unsigned long long)node->checks);
    for (size_t f = 0; f < node->faults; f++) {
        const struct node_fault *fault = &node->fault[f];
        fputs("            ", to);
        if (fault->pu >= 0) fprintf(to, "core %d (PU %d, package %d): ", fault->core, fault->pu, fault->package);
        print_plain(to, fault->what);
        fputc('\n', to);
    }
}

static void print_slow(FILE *to, const struct fleet_node *node, const struct node_judged *judged) {
    const bool sure = judged->state == NODE_SLOW;
    fprintf(to, "%-12s%s", sure ? "slow" : "unconfirmed", node->name);
    if (judged->worst >= 0)
        fprintf(to, ": %s +%.1f %%", node_metric_names[judged->worst], 100.0 * judged->excess[judged->worst]);
    else
        fputs(": slow in one of its two rounds only", to);
    fputs("\n            where: ", to);
    print_plain(to, judged->where);
    if (judged->differs[0]) {
        fputs("\n            differs: ", to);
        print_plain(to, judged->differs);
    }
    fputc('\n', to);
    if (node->away > 50)
        fprintf(to, "            it had no CPU for %.1f %% of the time: other programs run there\n", node->away / 10.0);
}

static void print_changed(FILE *to, const struct fleet_node *node, const struct node_judged *judged) {
    fprintf(to, "changed     %s: %.1f %% slower than in the history, beside its group\n", node->name,
            100.0 * judged->change);
}

/* The nodes of one state, the first ones in full. */
static void print_state(FILE *to, const struct fleet *fleet, enum node_state state) {
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct fleet_node *node = &fleet->node[i];
        if (fleet->judged[i].state != state || ++count > LISTED) continue;
        if (state == NODE_WRONG)
            print_wrong(to, node);
        else if (state == NODE_DEAD)
            fprintf(to, "dead        %s: it began at %s and never finished\n", node->name, node->started);
        else
            print_slow(to, node, &fleet->judged[i]);
    }
    print_rest(to, count);
}

static void print_changes(FILE *to, const struct fleet *fleet) {
    size_t count = 0;
    for (size_t i = 0; i < fleet->count; i++)
        if (fleet->judged[i].changed && ++count <= LISTED) print_changed(to, &fleet->node[i], &fleet->judged[i]);
    print_rest(to, count);
}

static void print_missing(FILE *to, const struct fleet *fleet) {
    if (fleet->missing_count == 0) return;
    fputs("missing     ", to);
    for (size_t i = 0; i < fleet->missing_count && i < LISTED; i++)
        fprintf(to, "%s%s", i ? ", " : "", fleet->missing[i]);
    fputc('\n', to);
    print_rest(to, fleet->missing_count);
}

static void print_bad(FILE *to, const struct fleet *fleet) {
    for (size_t i = 0; i < fleet->bad_count && i < LISTED; i++) {
        fputs("not counted ", to);
        print_plain(to, fleet->bad[i].name);
        fputs(": ", to);
        print_plain(to, fleet->bad[i].why);
        fputc('\n', to);
    }
    print_rest(to, fleet->bad_count);
}

static void put_metric(struct table *table, const struct group_metric *metric, const char *name, double unit) {
    if (metric->nodes == 0) return;
    table_row(table);
    table_cell(table, 0, "%s", name);
    table_cell(table, 1, "%.4g", metric->median * unit);
    table_cell(table, 2, "%.2f %%", 100.0 * metric->mad / metric->median);
    table_cell(table, 3, "%.1f %%", 100.0 * metric->floor);
}

/* Units in which people read them. */
static const struct {
    const char *name;
    double unit;
} shown[NODE_METRICS] = {
    [NODE_EPOCH] = {"epoch, ns a row", 1e-3},
    [NODE_SLOWEST] = {"slowest core, ns a row", 1e-3},
    [NODE_FOLDS_CORE] = {"folds on one core, ms", 1e-6},
    [NODE_FOLDS_ALL] = {"folds on all cores, ms", 1e-6},
    [NODE_READ_ALL] = {"read roof of all cores, ms", 1e-6},
    [NODE_COMPUTE] = {"compute roof, ps a feature", 1e-3},
    [NODE_MEMORY] = {"memory roof, ps a byte", 1e-3},
    [NODE_CYCLE] = {"clock, ps a cycle", 1e-3},
};

static int print_group(FILE *to, const struct fleet *fleet, const struct fleet_group *group, struct error *err) {
    static const struct table_column columns[] = {
        {"median of the nodes", false}, {"time", true}, {"MAD", true}, {"slow beyond", true}};
    const struct fleet_node *first = &fleet->node[group->first];
    fprintf(to, "\n%zu nodes  ", group->nodes);
    print_plain(to, first->cpu);
    fprintf(to, ", %u cores, %u GiB, microcode ", first->core_count, first->memory_gib);
    print_plain(to, first->microcode);
    fputs(", ", to);
    print_plain(to, first->backend);
    fputs(", build ", to);
    print_plain(to, first->build);
    fputc('\n', to);
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t m = 0; m < NODE_METRICS; m++)
        put_metric(table, &group->metric[m], shown[m].name, shown[m].unit);
    if (table_finish(table, to, "  ", err) != 0) return -1;
    if (!group->judged) fprintf(to, "  too few nodes to tell a slow one: %d are needed\n", FLEET_FEWEST);
    return 0;
}

/* Names are made of letters, digits, '.', '-' and '_' alone, so that they are safe in a shell. */
static void print_drain(FILE *to, const struct fleet *fleet) {
    bool any = false;
    if (fleet->slow + fleet->wrong == 0 || fleet->singletons) return;
    fputs("\nto take slow and wrong nodes out of service (not run):\n  scontrol update State=DRAIN Reason=sgdmark "
          "NodeName=",
          to);
    for (size_t i = 0; i < fleet->count; i++) {
        const enum node_state state = fleet->judged[i].state;
        if (state != NODE_SLOW && state != NODE_WRONG) continue;
        fprintf(to, "%s%s", any ? "," : "", fleet->node[i].name);
        any = true;
    }
    fputc('\n', to);
}

int print_fleet(FILE *to, const struct fleet *fleet, struct error *err) {
    static const enum node_state order[] = {NODE_WRONG, NODE_SLOW, NODE_DEAD, NODE_UNCONFIRMED};
    char verdict[FLEET_VERDICT];
    fleet_verdict(verdict, fleet);
    fprintf(to, "FLEET       %s\n", verdict);
    if (fleet->singletons)
        fputs("            start them as one job: srun -N 3 --ntasks-per-node=1 ..., or mpirun of the MPI that "
              "`sgdmark fleet script mpi` names\n",
              to);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        print_state(to, fleet, order[i]);
    print_changes(to, fleet);
    print_missing(to, fleet);
    print_bad(to, fleet);
    for (size_t g = 0; g < fleet->groups; g++)
        if (print_group(to, fleet, &fleet->group[g], err) != 0) return -1;
    print_drain(to, fleet);
    return 0;
}
