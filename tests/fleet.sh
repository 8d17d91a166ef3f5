#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark fleet run` under srun, sbatch, mpirun and parallel: the same nodes, the same outcome; a node that is killed in
# the middle is named and the others are whole; a launcher that starts each process alone is refused; job scripts.
source "$(dirname "$0")/lib.sh"
source tests/slurm.sh
needs jq
unset SGDMARK_ISA
program=$(realpath "$sgdmark")
rows=synthetic:n=1500,d=64
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
trap 'slurm_end; rm -rf "$scratch"' EXIT

screen=("$program" fleet run --data "$rows" --soak 0.1)

# outcome FOLDER: names, ranks, states and what must not differ between launchers.
outcome() {
    "$program" fleet gather "$1" --json - "${@:2}" |
        jq -c '.sgdmark | {counted, expected, wrong, dead, missing, bad: (.bad_files | length),
            nodes: (.nodes | to_entries | map([.key, .value.rank, .value.state == "good"]))}'
}
all='{"counted":3,"expected":3,"wrong":0,"dead":0,"missing":[],"bad":0,"nodes":[["n1",0,true],["n2",1,true],["n3",2,true]]}'

# ---- One node, without a launcher

check "a node is screened" "${screen[@]}" --out "$scratch/alone" --node n1
file=$scratch/alone/node-n1.json
equal "its file says that it is done, and holds no more than 20 kB" \
    "$(jq -c .sgdmark.status "$file") $(($(stat -c %s "$file") <= 20000))" '"done" 1'
equal "every metric but the clock, which some processors do not tell, is known in both rounds" "$(jq '[.sgdmark.metrics | del(.cycle_fs) | .[][] | select(. == null)] | length' "$file")" 0
equal "one core for each that may be used" "$(jq '.sgdmark.cores.pu | length' "$file")" \
    "$("$program" topo --json - | jq '[.placements[] | select(.name == "all-cores")][0].slots | length')"
equal "fits of all cores have the fingerprint of train" \
    "$(jq -r '.sgdmark.fingerprints["f32/scalar"]' "$file")" \
    "$("$program" train --data "$rows" --order notebook --isa scalar --json - | jq -r .fingerprint)"
equal "no other file is left" "$(ls "$scratch/alone")" node-n1.json

# Killed in the middle: its file says that it began.
"${screen[@]}" --out "$scratch/killed" --node n2 --soak 1000 > /dev/null 2>&1 &
child=$!
until [ -s "$scratch/killed/node-n2.json" ] || ! kill -0 $child 2> /dev/null; do sleep 0.05; done
kill -KILL $child
wait $child 2> /dev/null
check "the others are whole" "${screen[@]}" --out "$scratch/killed" --node n1
"$program" fleet gather "$scratch/killed" --nodes 'n[1-3]' > "$scratch/report"
equal "a killed node makes exit status 1" $? 1
equal "it and the one that never came are named" "$(grep -E -o '^(dead +n2: it began|missing +n3$)' "$scratch/report" | tr -s ' ' | paste -s -d '|')" \
    "dead n2: it began|missing n3"

# ---- A launcher that started each process alone

refused() {
    local name=$1 text=$2
    shift 2
    if env "$@" "${screen[@]}" --out "$scratch/refused" 2> "$scratch/stderr"; then
        not_ok "$name" "it ran"
    elif [ "$(wc -l < "$scratch/stderr")" = 1 ] && grep -q -e "$text" "$scratch/stderr"; then
        ok "$name"
    else
        not_ok "$name" "$(cat "$scratch/stderr")"
    fi
}
refused "an mpirun that starts each alone is refused, with the cure" "size 1, though SLURM_NTASKS is 3.*srun --ntasks-per-node=1" \
    OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1 SLURM_NTASKS=3
refused "so is the batch script itself" "batch script itself.*put srun" ENVIRONMENT=BATCH SLURM_JOB_NUM_NODES=3 SLURM_PROCID=0
for i in 1 2; do
    OMPI_COMM_WORLD_RANK=0 OMPI_COMM_WORLD_SIZE=1 "${screen[@]}" --out "$scratch/singletons" --node n$i > /dev/null
done
"$program" fleet gather "$scratch/singletons" > "$scratch/report"
equal "files of processes that were each alone are no fleet" "$? $(grep -c '^FLEET  *no fleet: .* each believe to be alone' "$scratch/report")" "1 1"

# ---- Launchers

# shellcheck disable=SC2016
if command -v mpirun > /dev/null; then
    timeout 300 mpirun -n 3 bash -c '"$@" --node n$((${OMPI_COMM_WORLD_RANK:-$PMI_RANK} + 1)) || true' - \
        "${screen[@]}" --out "$scratch/mpirun" > "$scratch/said" 2>&1
    equal "mpirun: three nodes, all right" "$(outcome "$scratch/mpirun")" "$all"
    (cd "$scratch" && timeout 300 bash <("$program" fleet script mpi --data "$rows" --out "$scratch/mpi job's")) > "$scratch/said" 2>&1
    equal "the script for mpirun screens this machine" "$(sed -n 's/^FLEET *//p' "$scratch/said")" "1 nodes counted of 1: all are well"
else
    skip "mpirun" "it is not installed (tools/install-deps --test)"
fi

if command -v parallel > /dev/null; then
    timeout 300 parallel --will-cite -j 2 "${screen[@]}" --out "$scratch/parallel" --node n{} ::: 1 2 3 > "$scratch/said" 2>&1
    equal "parallel: the same" "$(outcome "$scratch/parallel" --expect 3)" "$all"
    echo : > "$scratch/nodes"
    timeout 300 bash <("$program" fleet script parallel --data "$rows" --out "$scratch/parallel job's" --nodes "$scratch/nodes") > "$scratch/said" 2>&1
    equal "the script for parallel screens this machine" "$(sed -n 's/^FLEET *//p' "$scratch/said")" "1 nodes counted of 1: all are well"
else
    skip "parallel" "it is not installed (tools/install-deps --test)"
fi

# pdsh and clush want ssh: a program of that name shows what they would run.
mkdir "$scratch/bin"
printf '#!/bin/bash\nbash -c "${!#}"\n' > "$scratch/bin/pdsh"
chmod +x "$scratch/bin/pdsh"
hostname -s > "$scratch/nodes"
PATH=$scratch/bin:$PATH timeout 300 bash <("$program" fleet script pdsh --data "$rows" --out "$scratch/pdsh job's" --nodes "$scratch/nodes") > "$scratch/said" 2>&1
equal "the script for pdsh gives it a command that works" "$(sed -n 's/^FLEET *//p' "$scratch/said")" "1 nodes counted of 1: all are well"

if slurm_begin "$scratch/slurm"; then
    timeout 300 srun -N3 -n3 --ntasks-per-node=1 "${screen[@]}" --out "$scratch/srun" > "$scratch/said" 2>&1
    equal "srun: the same, with Slurm's names" "$(outcome "$scratch/srun")" "$all"

    "$program" fleet script slurm --data "$rows" --out "$scratch/batch" > "$scratch/job"
    timeout 300 sbatch --wait -N3 --output="$scratch/batch.out" "$scratch/job" > "$scratch/said" 2>&1
    equal "sbatch with the printed script: the same" "$(outcome "$scratch"/batch/slurm-*)" "$all"
    equal "and its report" "$(sed -n 's/^FLEET *//p' "$scratch/batch.out")" "3 nodes counted of 3: all are well"

    # Node n2 kills its own screening as soon as the file says that it began.
    cat > "$scratch/dies" << 'END'
#!/bin/bash
if [ "$SLURMD_NODENAME" != n2 ]; then exec "$@"; fi
"$@" --soak 1000 &
until [ -s "$FOLDER/node-00001-n2.json" ]; do sleep 0.05; done
kill -KILL $!
kill -KILL $$
END
    chmod +x "$scratch/dies"
    mkdir "$scratch/dead"
    FOLDER=$scratch/dead timeout 300 srun -N3 -n3 --ntasks-per-node=1 --kill-on-bad-exit=0 --wait=0 "$scratch/dies" \
        "${screen[@]}" --out "$scratch/dead" > "$scratch/said" 2>&1
    equal "srun: a node killed in the middle is named, the others are whole" "$(outcome "$scratch/dead")" \
        "$(echo "$all" | sed 's/"dead":0/"dead":1/; s/"n2",1,true/"n2",1,false/')"
    slurm_end
else
    skip "srun and sbatch" "$slurm_why"
fi
finish
