# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by tests that want srun: a Slurm of three nodes on this host, with sockets, keys and ports of its own.
# slurm_begin FOLDER returns 1 and sets slurm_why where it cannot be had; slurm_end stops what was started.

slurm_pids=()
slurm_why=

# A slurmd that is told to end while it ends a job may wait for ever.
slurm_end() {
    [ ${#slurm_pids[@]} -eq 0 ] || kill "${slurm_pids[@]}" 2> /dev/null
    for _ in {1..50}; do
        kill -0 "${slurm_pids[@]}" 2> /dev/null || break
        sleep 0.1
    done
    [ ${#slurm_pids[@]} -eq 0 ] || kill -KILL "${slurm_pids[@]}" 2> /dev/null
    wait "${slurm_pids[@]}" 2> /dev/null
    slurm_pids=()
}

# slurm_daemon COMMAND...: in the background, to be stopped by slurm_end.
slurm_daemon() {
    "$@" > /dev/null 2>&1 < /dev/null &
    slurm_pids+=($!)
}

slurm_begin() {
    local folder=$1 program host port=$((20000 + $$ % 20000 / 4 * 4)) node
    for program in munged slurmctld slurmd srun sinfo; do
        PATH=$PATH:/usr/sbin command -v $program > /dev/null || slurm_why="$program is not installed (tools/install-deps --launchers)"
    done
    [ "$(id -u)" -eq 0 ] || slurm_why="slurmd wants to be root"
    [ -z "$slurm_why" ] || return 1
    mkdir -p "$folder"/{state,n1,n2,n3}
    chmod 700 "$folder"
    host=$(hostname -s)
    (umask 077 && head -c 1024 /dev/urandom > "$folder/key")
    cat > "$folder/slurm.conf" << END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$folder/socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SlurmUser=root
SlurmdUser=root
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.%n.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.%n.log
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=1 State=UNKNOWN
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1 State=UNKNOWN
NodeName=n3 NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 3)) CPUs=1 State=UNKNOWN
PartitionName=all Nodes=n1,n2,n3 Default=YES State=UP
END
    export SLURM_CONF=$folder/slurm.conf PATH=$PATH:/usr/sbin
    slurm_daemon munged --foreground --force --socket="$folder/socket" --key-file="$folder/key" \
        --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/seed"
    slurm_daemon slurmctld -D
    for node in n1 n2 n3; do slurm_daemon slurmd -D -N $node; done
    for _ in {1..100}; do
        [ "$(sinfo -h -t idle -o %D 2> /dev/null)" != 3 ] || return 0
        sleep 0.2
    done
    slurm_why="its nodes are not idle after 20 s: $(tail -n 1 "$folder/slurmctld.log" 2> /dev/null)"
    slurm_end
    return 1
}
