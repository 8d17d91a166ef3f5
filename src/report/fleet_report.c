/* SPDX-License-Identifier: MIT */
#include "report/fleet_report.h"

#include "report/facts.h"
#include "report/table.h"

#include <math.h>
#include <string.h>

enum { LISTED = 50 }; /* nodes that a list names at most; the JSON has all */

static void print_rest(FILE *to, size_t count) {
    if (count > LISTED) fprintf(to, "            and %zu more (--json lists all)\n", count - LISTED);
}

static void print_wrong(FILE *to, const char *name, const json_t *node) {
    size_t f;
    json_t *fault;
    fprintf(to, "WRONG       %s: %.0f of %.0f checks failed\n", name, fact_number(node, "wrong"),
            fact_number(node, "checks"));
    json_array_foreach(json_object_get(node, "faults"), f, fault) {
        fputs("            ", to);
        if (fact_number(fault, "pu") >= 0)
            fprintf(to, "core %.0f (PU %.0f, package %.0f): ", fact_number(fault, "core"), fact_number(fault, "pu"),
                    fact_number(fault, "package"));
        print_plain(to, fact_text(fault, "what"));
        fputc('\n', to);
    }
}

static void print_slow(FILE *to, const char *name, const json_t *node) {
    const char *worst = json_string_value(json_object_get(node, "worst"));
    const double away = fact_number(node, "away_permille");
    fprintf(to, "%-12s%s", fact_text(node, "state"), name);
    if (worst)
        fprintf(to, ": %s +%.1f %%", worst, 100.0 * fact_number(json_object_get(node, "excess"), worst));
    else
        fputs(": slow in one of its two rounds only", to);
    fputs("\n            where: ", to);
    print_plain(to, fact_text(node, "where"));
    if (fact_known(node, "differs")) {
        fputs("\n            differs: ", to);
        print_plain(to, fact_text(node, "differs"));
    }
    fputc('\n', to);
    if (away > 50)
        fprintf(to, "            it had no CPU for %.1f %% of the time: other programs run there\n", away / 10.0);
}

/* The nodes of one state, the first ones in full. */
static void print_state(FILE *to, const json_t *nodes, const char *state) {
    size_t count = 0;
    const char *name;
    json_t *node;
    json_object_foreach((json_t *)nodes, name, node) {
        if (strcmp(fact_text(node, "state"), state) != 0 || ++count > LISTED) continue;
        if (strcmp(state, "wrong") == 0)
            print_wrong(to, name, node);
        else if (strcmp(state, "dead") == 0)
            fprintf(to, "dead        %s: it began at %s and never finished\n", name, fact_text(node, "started"));
        else
            print_slow(to, name, node);
    }
    print_rest(to, count);
}

static void print_changes(FILE *to, const json_t *nodes) {
    size_t count = 0;
    const char *name;
    json_t *node;
    json_object_foreach((json_t *)nodes, name, node) {
        if (fact_true(node, "changed") && ++count <= LISTED)
            fprintf(to, "changed     %s: %.1f %% slower than in the history, beside its group\n", name,
                    100.0 * fact_number(node, "change"));
    }
    print_rest(to, count);
}

static void print_missing(FILE *to, const json_t *facts) {
    const double count = fact_number(facts, "missing_count");
    size_t i;
    json_t *name;
    if (!(count > 0)) return;
    fputs("missing     ", to);
    json_array_foreach(json_object_get(facts, "missing"), i, name) {
        if (i < LISTED) fprintf(to, "%s%s", i ? ", " : "", fact_text_of(name));
    }
    fputc('\n', to);
    print_rest(to, (size_t)count);
}

static void print_bad(FILE *to, const json_t *bad_files) {
    size_t i;
    json_t *bad;
    json_array_foreach(bad_files, i, bad) {
        if (i >= LISTED) continue;
        fputs("not counted ", to);
        print_plain(to, fact_text(bad, "file"));
        fputs(": ", to);
        print_plain(to, fact_text(bad, "why"));
        fputc('\n', to);
    }
    print_rest(to, json_array_size(bad_files));
}

const struct fleet_unit fleet_units[NODE_METRICS] = {
    [NODE_EPOCH] = {"epoch, ns a row", 1e-3},
    [NODE_SLOWEST] = {"slowest core, ns a row", 1e-3},
    [NODE_FOLDS_CORE] = {"folds on one core, ms", 1e-6},
    [NODE_FOLDS_ALL] = {"folds on all cores, ms", 1e-6},
    [NODE_READ_ALL] = {"read roof of all cores, ms", 1e-6},
    [NODE_COMPUTE] = {"compute roof, ps a feature", 1e-3},
    [NODE_MEMORY] = {"memory roof, ps a byte", 1e-3},
    [NODE_CYCLE] = {"clock, ps a cycle", 1e-3},
};

static void put_metric(struct table *table, const json_t *metric, const struct fleet_unit *unit) {
    const double median = fact_number(metric, "median");
    if (!metric) return;
    table_row(table);
    table_cell(table, 0, "%s", unit->name);
    table_cell(table, 1, "%.4g", median * unit->unit);
    table_cell(table, 2, "%.2f %%", 100.0 * fact_number(metric, "mad") / median);
    table_cell(table, 3, "%.1f %%", 100.0 * fact_number(metric, "floor"));
}

static int print_group(FILE *to, const json_t *group, struct error *err) {
    static const struct table_column columns[] = {
        {"median of the nodes", false}, {"time", true}, {"MAD", true}, {"slow beyond", true}};
    fprintf(to, "\n%.0f nodes  ", fact_number(group, "nodes"));
    print_plain(to, fact_text(group, "cpu"));
    fprintf(to, ", %.0f cores, %.0f GiB, microcode ", fact_number(group, "cores"), fact_number(group, "memory_gib"));
    print_plain(to, fact_text(group, "microcode"));
    fputs(", ", to);
    print_plain(to, fact_text(group, "backend"));
    fputs(", build ", to);
    print_plain(to, fact_text(group, "build"));
    fputc('\n', to);
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t m = 0; m < NODE_METRICS; m++)
        put_metric(table, json_object_get(json_object_get(group, "metrics"), node_metric_names[m]), &fleet_units[m]);
    if (table_finish(table, to, "  ", err) != 0) return -1;
    if (!fact_true(group, "judged")) fprintf(to, "  too few nodes to tell a slow one: %d are needed\n", FLEET_FEWEST);
    return 0;
}

bool fleet_drains(const json_t *facts) {
    return fact_number(facts, "slow") + fact_number(facts, "wrong") > 0.0 && !fact_true(facts, "singletons");
}

/* Names are made of letters, digits, '.', '-' and '_' alone, so that they are safe in a shell. */
void print_drain(FILE *to, const json_t *facts) {
    const char *name, *between = "";
    json_t *node;
    fputs("scontrol update State=DRAIN Reason=sgdmark NodeName=", to);
    json_object_foreach(json_object_get(facts, "nodes"), name, node) {
        const char *state = fact_text(node, "state");
        if (strcmp(state, "slow") != 0 && strcmp(state, "wrong") != 0) continue;
        fprintf(to, "%s%s", between, name);
        between = ",";
    }
}

int print_fleet(FILE *to, const json_t *facts, struct error *err) {
    static const char *const order[] = {"wrong", "slow", "dead", "unconfirmed"};
    const json_t *nodes = json_object_get(facts, "nodes");
    size_t g;
    json_t *group;
    fprintf(to, "FLEET       %s\n", fact_text(facts, "verdict"));
    if (fact_true(facts, "singletons"))
        fputs("            start them as one job: srun -N 3 --ntasks-per-node=1 ..., or mpirun of the MPI that "
              "`sgdmark fleet script mpi` names\n",
              to);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        print_state(to, nodes, order[i]);
    print_changes(to, nodes);
    print_missing(to, facts);
    print_bad(to, json_object_get(facts, "bad_files"));
    json_array_foreach(json_object_get(facts, "groups"), g, group) {
        if (print_group(to, group, err) != 0) return -1;
    }
    if (!fleet_drains(facts)) return 0;
    fputs("\nto take slow and wrong nodes out of service (not run):\n  ", to);
    print_drain(to, facts);
    fputc('\n', to);
    return 0;
}
