/* SPDX-License-Identifier: MIT */
/* sgdmark fleet: which node is slow, and which computes wrongly. A launcher starts one process on each node. */
#include "base/near.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/fleet.h"
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv, struct error *err);
} actions[] = {{"run", fleet_run}, {"gather", fleet_gather}, {"script", fleet_print_script}};

static const char usage[] = "Usage: sgdmark fleet run|gather|script [options]\n"
                            "Screen the nodes of a fleet: which are slow, which compute wrongly?\n"
                            "\n"
                            "  run       screen this machine in under a minute and write one file;\n"
                            "            a launcher starts it once on each node\n"
                            "  gather    judge the files of a folder: the verdict first; exit status 1\n"
                            "            where a node is slow, wrong, dead or missing\n"
                            "  script    print a job script for slurm, mpi, parallel or pdsh\n"
                            "\n"
                            "Examples:\n"
                            "  sgdmark fleet script slurm > job && sbatch -N 100 job\n"
                            "  srun -N100 --ntasks-per-node=1 sgdmark fleet run --out DIR\n"
                            "  sgdmark fleet gather DIR      who is slow, wrong, missing\n"
                            "  sgdmark fleet run --help      options of an action\n";

static int fail_unknown(const char *word, struct error *err) {
    char hint[NEAR_TEXT];
    struct near meant;
    near_begin(&meant, word, strlen(word));
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        near_try(&meant, actions[i].name);
    return fail(err, "there is no action '%.200s'%s (run, gather or script; sgdmark fleet --help)", word,
                near_text(hint, &meant, ""));
}

int command_fleet(int argc, char **argv, struct error *err) {
    char name[64];
    if (argc < 2) return fail(err, "an action is missing: run, gather or script (sgdmark fleet --help)");
    if (asks_help(argv[1])) {
        fputs(usage, stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        print_version();
        return EXIT_DONE;
    }
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(argv[1], actions[i].name) != 0) continue;
        snprintf(name, sizeof name, "sgdmark fleet %s", actions[i].name);
        argv[1] = name;
        return actions[i].run(argc - 1, argv + 1, err);
    }
    return fail_unknown(argv[1], err);
}
