#!/bin/bash
# SPDX-License-Identifier: MIT
# `sgdmark-mpi`: on 1, 2 and 4 ranks a sweep ends in the bytes of `sgdmark sweep`; so it does after a rank was killed,
# and where a rank drops out by itself; a launch whose processes do not know of each other is refused.
source "$(dirname "$0")/lib.sh"
needs jq
needs mpirun openmpi-bin
unset SGDMARK_ISA
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 TMPDIR=$scratch

if sanitized || counting; then
    skip "the rest of this test" "$build is built with options that make mpi does not know"
    finish
fi
if [ "$(make -s BUILD="$build" showconfig | sed -n 's/^mpi *//p')" != yes ]; then
    skip "the rest of this test" "libopenmpi-dev is not installed (tools/install-deps --fleet)"
    finish
fi
# In a folder of its own with the build's library, so that other tests see the build as it was.
own=$scratch/build
mkdir "$own"
ln -s "$(realpath "$build")"/{libsgdmark.a,sgdmark,version.h,registry.txt,registry.mk} "$own"
of_build=(make -s BUILD="$own" -o "$own/libsgdmark.a" -o "$own/sgdmark")
check "make mpi" "${of_build[@]}" mpi
mpi=$own/sgdmark-mpi
[ -e "$mpi" ] || finish
check "make install takes it along" "${of_build[@]}" MANUAL= DESTDIR="$scratch/root" PREFIX=/usr install
check "... to where sgdmark is" cmp "$mpi" "$scratch/root/usr/bin/sgdmark-mpi"

sweep=(--data 'synthetic:n=600,d=64' --vary order-seed=0..99 --vary 'alpha=1e-4,1e-5' --epochs 400)

# ranks N FOLDER: the sweep of this test on so many ranks.
ranks() {
    timeout 120 mpirun --oversubscribe -n "$1" "$mpi" "${sweep[@]}" --out "$scratch/$2"
}

# computed FOLDER: how often each point was computed, as "TIMES NUMBER-OF-POINTS".
computed() {
    jq -r 'select(.point).point' "$scratch/$1/times.jsonl" | sort | uniq -c | awk '{ print $1 }' | sort | uniq -c |
        awk '{ print $2, $1 }' | paste -s -d ' '
}

check "one machine computes 200 points" "$sgdmark" sweep "${sweep[@]}" --out "$scratch/whole"
for n in 1 2 4; do
    check "$n ranks compute them" ranks $n "on-$n"
    same_sweep "on-$n" "$n ranks: the same bytes"
    equal "$n ranks: each point was computed once" "$(computed "on-$n")" "1 200"
    equal "$n ranks: each is noted in times.jsonl, with numbers of its own for its workers" \
        "$(jq -s -c '[.[] | select(.host)] | [(map(.rank) | sort), (map(.first_worker) | unique | length)]' "$scratch/on-$n/times.jsonl")" \
        "$(jq -n -c "[[range($n)], $n]")"
done

# ---- A rank is killed. Open MPI 4 ends the job then; what was finished is on disk.

# One worker for each rank, so that the job is long enough to be killed.
mpirun --oversubscribe -n 4 "$mpi" "${sweep[@]}" --place core --out "$scratch/killed" > "$scratch/out" 2>&1 &
job=$!
until [ -s "$scratch/killed/points.jsonl.part" ] || ! kill -0 $job 2> /dev/null; do sleep 0.01; done
read -r -a processes <<< "$(cat /proc/$job/task/*/children | tr '\n' ' ')"
victim=
for process in "${processes[@]}"; do
    ! tr '\0' '\n' < /proc/"$process"/environ 2> /dev/null | grep -q -x OMPI_COMM_WORLD_RANK=2 || victim=$process
done
# Stopped first: rank 0 waits for this rank, so the job cannot end.
kill -STOP "$victim" && sleep 0.3 && kill -KILL "$victim"
wait $job
check "rank 2 is killed: the job ends, status $?" test $? -ne 0
kept=$(wc -l < "$scratch/killed/points.jsonl.part")
check "$kept finished points are kept" test "$kept" -gt 0
check "the same command goes on, on 2 ranks" ranks 2 killed
same_sweep killed "and ends in the same bytes"
equal "it computed what was missing alone" "$(jq -c 'select(.rank == 0).points' "$scratch/killed/times.jsonl" | paste -s -d ' ')" \
    "200 $((200 - kept))"

# ---- A rank that cannot work gives back what it holds

# with NAME TEXT OPTION...: rank 1 of 3 has other options than the rest; TEXT is what rank 0 says of it.
with() {
    local folder=$1 text=$2
    shift 2
    timeout 120 mpirun --oversubscribe -n 1 "$mpi" "${sweep[@]}" --out "$scratch/$folder" : -n 1 "$mpi" "${sweep[@]}" "$@" : \
        -n 1 "$mpi" "${sweep[@]}" > "$scratch/out" 2> "$scratch/err"
    equal "$folder: status 2, and rank 0 says why" "$? $(grep -c -F "sgdmark-mpi: rank 1 drops out, and 0 points go to others: $text" "$scratch/err")" "2 1"
    same_sweep "$folder" "$folder: the others end in the same bytes"
}
with absent-rows "$scratch/nowhere" --data "$scratch/nowhere"
with other-rows "its options or its rows are others than those of rank 0" --seed 7

# ---- Launches whose processes do not know of each other

# refused NAME TEXT COMMAND...
refused() {
    local name=$1 text=$2 out
    shift 2
    out=$("$@" "$mpi" "${sweep[@]}" --out "$scratch/refused" 2>&1)
    equal "$name: refused, with the cure" "$? $(grep -c -F "$text" <<< "$out")" "2 1"
}
refused "an mpirun of another MPI" "mpiexec started 3 processes, but MPI knows of 1" env PMI_RANK=0 PMI_SIZE=3
refused "one process in a job of four tasks" "put mpirun before the command" env SLURM_NTASKS=4
check "nothing was written" test ! -e "$scratch/refused"
out=$("$mpi" --data synthetic 2>&1)
equal "--vary is wanted" "$? $out" "2 sgdmark-mpi: --vary is missing: what varies, such as --vary order-seed=0..99"
check "--help answers without MPI" grep -q '^  mpirun --map-by' <<< "$("$mpi" --help)"

# ---- Under Slurm

# shellcheck source=tests/slurm.sh
. tests/slurm.sh
if slurm_begin "$scratch/slurm"; then
    trap 'slurm_end; rm -rf "$scratch"' EXIT
    check "salloc of three nodes, with mpirun" timeout 100 salloc -N3 -n3 mpirun "$mpi" "${sweep[@]}" --out "$scratch/salloc"
    same_sweep salloc "salloc: the same bytes"
    equal "salloc: three ranks" "$(jq -s -c '[.[] | select(.host).rank] | sort' "$scratch/salloc/times.jsonl")" "[0,1,2]"
    # Debian's Open MPI does not know srun and says so; another MPI may.
    if timeout 100 srun -N3 -n3 "$mpi" "${sweep[@]}" --out "$scratch/srun" > "$scratch/out" 2>&1; then
        same_sweep srun "srun: the same bytes"
    else
        check "srun, which this MPI does not know: nothing was written" test ! -e "$scratch/srun"
    fi
    slurm_end
else
    skip "under Slurm" "$slurm_why"
fi
finish
