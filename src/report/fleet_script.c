/* SPDX-License-Identifier: MIT */
#include "report/fleet_script.h"

const char *const fleet_launcher_names[] = {"slurm", "mpi", "parallel", "pdsh", NULL};

/* name='text' for a shell. */
static void assign(FILE *to, const char *name, const char *text) {
    fprintf(to, "%s='", name);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", to);
        else
            fputc(*text, to);
    }
    fputs("'\n", to);
}

static const char *const heads[] = {
    "#!/bin/bash\n"
    "# Screens every node of a Slurm job. Start it with: sbatch -N NUMBER THIS-SCRIPT\n"
    "#SBATCH --job-name=sgdmark-fleet\n"
    "#SBATCH --ntasks-per-node=1\n"
    "#SBATCH --exclusive\n"
    "#SBATCH --time=00:10:00\n",
    "#!/bin/bash\n"
    "# Screens nodes by mpirun, of Open MPI or MPICH: those of $nodes, a host in each line, where there is such a "
    "file,\n"
    "# else those that the scheduler gives.\n",
    "#!/bin/bash\n"
    "# Screens the nodes of $nodes, a host in each line (: is this machine), by GNU parallel and ssh.\n",
    "#!/bin/bash\n"
    "# Screens the nodes of $nodes, a host in each line, by pdsh, or by clush where there is no pdsh.\n",
};

static const char *const bodies[] = {
    /* --cpu-bind=none: a task bound to one core would screen one core. --kill-on-bad-exit=0 and --wait=0: a node that
     * fails does not end the others. */
    "run=slurm-$SLURM_JOB_ID\n"
    "out=$out/$run\n"
    "mkdir -p \"$out\" || exit\n"
    "srun --ntasks-per-node=1 --cpu-bind=none --kill-on-bad-exit=0 --wait=0 \\\n"
    "    \"$program\" fleet run --data \"$data\" --out \"$out\" --run \"$run\"\n"
    "exec \"$program\" fleet gather --nodes \"$SLURM_JOB_NODELIST\" \"$out\"\n",
    /* The shell in between outlives a process that is killed, for which mpirun would end the others. */
    "run=mpi-$(date -u +%Y%m%dT%H%M%SZ)\n"
    "out=$out/$run\n"
    "mkdir -p \"$out\" || exit\n"
    "if mpirun --version 2>&1 | grep -q 'Open MPI'; then\n"
    "    options=(--map-by ppr:1:node --bind-to none)\n"
    "    [ ! -e \"$nodes\" ] || options+=(--hostfile \"$nodes\")\n"
    "else\n"
    "    options=(-ppn 1)\n"
    "    [ ! -e \"$nodes\" ] || options+=(-f \"$nodes\")\n"
    "fi\n"
    "# shellcheck disable=SC2016\n"
    "mpirun \"${options[@]}\" bash -c '\"$@\" || true' - \\\n"
    "    \"$program\" fleet run --data \"$data\" --out \"$out\" --run \"$run\"\n"
    "exec \"$program\" fleet gather \"$out\"\n",
    "run=parallel-$(date -u +%Y%m%dT%H%M%SZ)\n"
    "out=$out/$run\n"
    "[ -s \"$nodes\" ] || { echo \"$nodes: put the name of a node into each line\" >&2; exit 2; }\n"
    "mkdir -p \"$out\" || exit\n"
    "parallel --will-cite --nonall --sshloginfile \"$nodes\" \\\n"
    "    \"$(printf '%q ' \"$program\" fleet run --data \"$data\" --out \"$out\" --run \"$run\")\"\n"
    "exec \"$program\" fleet gather --expect \"$(grep -c . \"$nodes\")\" \"$out\"\n",
    "run=pdsh-$(date -u +%Y%m%dT%H%M%SZ)\n"
    "out=$out/$run\n"
    "[ -s \"$nodes\" ] || { echo \"$nodes: put the name of a node into each line\" >&2; exit 2; }\n"
    "mkdir -p \"$out\" || exit\n"
    "command=$(printf '%q ' \"$program\" fleet run --data \"$data\" --out \"$out\" --run \"$run\")\n"
    "if command -v pdsh > /dev/null; then\n"
    "    pdsh -R ssh -w \"^$nodes\" \"$command\"\n"
    "else\n"
    "    clush --hostfile \"$nodes\" \"$command\"\n"
    "fi\n"
    "exec \"$program\" fleet gather --expect \"$(grep -c . \"$nodes\")\" \"$out\"\n",
};

void print_fleet_script(FILE *to, enum fleet_launcher launcher, const struct fleet_script *script) {
    fputs(heads[launcher], to);
    fputs("# All nodes see the program, the data and the folder under these names.\n", to);
    assign(to, "program", script->program);
    assign(to, "data", script->data);
    assign(to, "out", script->out);
    if (launcher != LAUNCH_SLURM) assign(to, "nodes", script->nodes);
    fputs(bodies[launcher], to);
}
