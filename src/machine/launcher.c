/* SPDX-License-Identifier: MIT */
#include "machine/launcher.h"

#include "base/number.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A launcher and its variables. */
static const struct {
    const char *name, *rank, *size, *or_size; /* NULL: it sets none */
    unsigned first;                           /* the first rank */
} launchers[] = {
    {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", NULL, 0},
    {"mpiexec", "PMI_RANK", "PMI_SIZE", NULL, 0},
    {"srun", "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", 0},
    {"parallel", "PARALLEL_SEQ", NULL, NULL, 1},
};

enum { MOST_PROCESSES = 100000000 };

static int read_variable(unsigned *to, const char *name, const char *text, unsigned low, struct error *err) {
    struct error why;
    uint64_t number = 0;
    if (read_whole(&number, text, low, MOST_PROCESSES, &why) != 0) return fail(err, "%s: %.900s", name, why.text);
    *to = (unsigned)number;
    return 0;
}

/* sbatch sets SLURM_NTASKS for its script, which is a single process. */
static bool is_batch_script(void) {
    const char *environment = getenv("ENVIRONMENT");
    return environment && strcmp(environment, "BATCH") == 0;
}

int launcher_find(struct launcher *launcher, struct error *err) {
    *launcher = (struct launcher){0};
    for (size_t i = 0; i < sizeof launchers / sizeof *launchers; i++) {
        const char *rank = getenv(launchers[i].rank);
        const char *size = launchers[i].size ? getenv(launchers[i].size) : NULL, *name = launchers[i].size;
        if (!size && launchers[i].or_size && !is_batch_script()) {
            name = launchers[i].or_size;
            size = getenv(name);
        }
        if (!rank || (launchers[i].size && !size)) continue;
        struct launcher found = {.name = launchers[i].name};
        if (read_variable(&found.rank, launchers[i].rank, rank, launchers[i].first, err) != 0) return -1;
        if (size && read_variable(&found.size, name, size, 1, err) != 0) return -1;
        found.rank -= launchers[i].first;
        if (size && found.rank >= found.size)
            return fail(err, "%s is %s, but %s is %s", launchers[i].rank, rank, name, size);
        *launcher = found;
        return 0;
    }
    return 0;
}

/* The tasks, or at least the nodes, of Slurm's job; 1: it does not say, or there is no Slurm. */
static int slurm_tasks(unsigned *tasks, const char **name, struct error *err) {
    static const char *const names[] = {"SLURM_NTASKS", "SLURM_JOB_NUM_NODES", "SLURM_NNODES"};
    *tasks = 1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unsigned number = 0;
        const char *text = getenv(names[i]);
        if (!text) continue;
        if (read_variable(&number, names[i], text, 1, err) != 0) return -1;
        if (number <= *tasks) continue;
        *tasks = number;
        *name = names[i];
    }
    return 0;
}

int launcher_check_alone(const struct launcher *launcher, struct error *err) {
    unsigned tasks = 1;
    const char *name = "";
    if (launcher->size > 1 || (launcher->name && strcmp(launcher->name, "srun") == 0)) return 0;
    if (slurm_tasks(&tasks, &name, err) != 0) return -1;
    if (tasks == 1) return 0;
    if (launcher->size == 1)
        return fail(err,
                    "%s started this process alone, size 1, though %s is %u: each of them would take itself for the "
                    "whole job (start them with srun --ntasks-per-node=1, or with an mpirun that knows Slurm)",
                    launcher->name, name, tasks);
    if (launcher->name || !is_batch_script()) return 0;
    return fail(err,
                "this is the batch script itself, one process, though %s is %u (put srun --ntasks-per-node=1 before "
                "the command)",
                name, tasks);
}

int launcher_check_world(const struct launcher *launcher, unsigned world, struct error *err) {
    unsigned tasks = 1;
    const char *name = "";
    if (world > 1) return 0;
    if (launcher->size > 1)
        return fail(err,
                    "%s started %u processes, but MPI knows of 1: each would compute the whole (start them with the "
                    "mpirun of the MPI that this program was built with, inside salloc or sbatch where there is Slurm)",
                    launcher->name, launcher->size);
    if (launcher->name && strcmp(launcher->name, "srun") == 0) return 0; /* Slurm itself was asked for 1 */
    if (slurm_tasks(&tasks, &name, err) != 0) return -1;
    if (tasks == 1) return 0;
    return fail(err,
                "this is 1 process, though %s is %u: it would compute the whole alone (put mpirun before the command; "
                "srun -n1 where it is to be alone)",
                name, tasks);
}
