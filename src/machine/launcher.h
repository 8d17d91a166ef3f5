/* SPDX-License-Identifier: MIT */
/* Which of several processes this one is, by what its launcher has put into the environment. */
#ifndef SGDMARK_MACHINE_LAUNCHER_H
#define SGDMARK_MACHINE_LAUNCHER_H

#include "base/error.h"

struct launcher {
    const char *name;    /* "mpirun", "mpiexec", "srun", "parallel"; NULL: none */
    unsigned rank, size; /* rank counts from 0; size 0: it does not say */
};

/* Looks for OMPI_COMM_WORLD_RANK and _SIZE (Open MPI), PMI_RANK and PMI_SIZE (MPICH and others, srun --mpi=pmi2),
 * SLURM_PROCID and SLURM_STEP_NUM_TASKS or SLURM_NTASKS (srun), PARALLEL_SEQ (GNU parallel, which does not say how many
 * there are); the first that is there counts, since mpirun may itself run under srun. The script of sbatch, which has
 * SLURM_PROCID too, is not one of several. Returns 0, or -1 when what is there is no rank and size. */
int launcher_find(struct launcher *launcher, struct error *err);

/* Is this process one of several that each believe to be alone, or the only one of a job of many? So it is where a
 * launcher says 1 process and Slurm's job has more tasks, as an mpirun that does not know Slurm does, and where the
 * script of sbatch itself does the work of a job of many nodes. Returns 0, or -1 with how to mend it. */
int launcher_check_alone(const struct launcher *launcher, struct error *err);

/* The same for a program of MPI, whose world has `world` processes: is it 1 where a launcher has started several, or
 * where Slurm's job has more tasks, MPI has not been told of the others, and each would do the whole work. Returns 0,
 * or -1 with how to mend it. */
int launcher_check_world(const struct launcher *launcher, unsigned world, struct error *err);

#endif
