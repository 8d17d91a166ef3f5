#!/bin/bash
# SPDX-License-Identifier: MIT
# What `make dist` and `make deb` make, on systems made for them: the package in a Debian 12 that holds nothing else, the
# archive in a Debian 11, whose C library is older than the archive's, and the archive for arm64 in an empty root, under
# QEMU. Takes root, debootstrap and a mirror of Debian.
. "$(dirname "$0")/lib.sh"
needs jq
unset SGDMARK_ISA LOCPATH SGDMARK_START
export DIST=$scratch/dist

if [ "$(uname -m)" != x86_64 ] || sanitized || counting; then
    skip "packages" "for x86-64, from a build without a sanitizer"
    finish
fi
check "make archive" make -s BUILD="$build" archive
check "make deb" make -s BUILD="$build" deb
name=sgdmark-$(cat VERSION)-linux
job=(run --quick --data 'synthetic:n=300,d=64' --isa scalar --place core --json /tmp/run.json)

# in_root ROOT COMMAND...: without the variables of this machine.
in_root() {
    env -i PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$@"
}

# system SUITE: its root; nothing where it cannot be had. WHY says why.
system() {
    local root=$scratch/$1
    WHY="debootstrap takes root"
    [ "$(id -u)" -eq 0 ] || return 1
    WHY="debootstrap is not installed (tools/install-deps --packages)"
    command -v debootstrap > /dev/null || return 1
    WHY="debootstrap could not make a root of $1"
    debootstrap --variant=minbase "$1" "$root" > "$scratch/$1.log" 2>&1 || return 1
    cp -L /etc/resolv.conf "$root/etc/" 2> /dev/null
    return 0
}

# main_job NAME ROOT PROGRAM: the main job in that root.
main_job() {
    in_root "$2" "$3" "${job[@]}" > "$scratch/out" 2> "$scratch/err"
    equal "$1: the main job: exit status" $? 0
    equal "$1: the verdict" "$(grep -c '^CORRECT  *yes ' "$scratch/out")" 1
    equal "$1: all processes timed" "$(jq -c '[.sgdmark.experiments[].schedule.process | unique]' "$2/tmp/run.json")" "[[0,1,2],[0,1,2]]"
}

if ! system bookworm; then
    skip "the package in a Debian 12" "$WHY"
else
    root=$scratch/bookworm
    cp "$scratch"/dist/*.deb "$root/tmp/sgdmark.deb"
    check "the package installs" in_root "$root" sh -c 'apt-get update && apt-get install -y --no-install-recommends /tmp/sgdmark.deb'
    equal "its state" "$(in_root "$root" dpkg-query -W -f '${db:Status-Status}' sgdmark)" installed
    equal "its files are whole" "$(in_root "$root" dpkg --verify sgdmark)" ""
    main_job "the package" "$root" /usr/bin/sgdmark
    check "its manual page is there" test -s "$root/usr/share/man/man1/sgdmark.1.gz"
    check "its completion is bash" in_root "$root" bash -c '. /usr/share/bash-completion/completions/sgdmark && complete -p sgdmark'
    check "it is removed" in_root "$root" apt-get purge -y sgdmark
    equal "nothing of it stays" "$(find "$root/usr" "$root/etc" "$root/var/lib/dpkg/info" -name '*sgdmark*')" ""
fi

if ! system bullseye; then
    skip "the archive in a Debian 11" "$WHY"
else
    root=$scratch/bullseye
    tar -C "$root/opt" -xzf "$scratch/dist/$name-x86_64.tar.gz"
    equal "its C library is older" "$(in_root "$root" ldd --version | sed -n '1s/.* //p')" 2.31
    main_job "an older system" "$root" "/opt/$name-x86_64/sgdmark"
    check "an older system: started through a shell and a link" in_root "$root" sh -c "ln -s /opt/$name-x86_64/sgdmark /usr/local/bin && sgdmark --version"
fi

# Arm: the kernel is told, for one namespace, that QEMU starts programs of Arm; those that they start, too.
emulator=$(command -v qemu-aarch64-static)
arm=aarch64-linux-gnu
# enter_arm: registers the emulator and executes a command.
enter_arm='
    mkdir "$0" && mount -t binfmt_misc none "$0" || exit 9
    magic="\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    mask="\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    printf %s ":arm:M::$magic:$mask:$1:F" > "$0/register" || exit 9
    shift
    exec "$@"'
on_arm() {
    rm -rf "$scratch/binfmt"
    unshare --user --map-root-user --mount bash -c "$enter_arm" "$scratch/binfmt" "$emulator" "$@"
}
if [ -z "$emulator" ]; then
    skip "the archive for arm64" "qemu-aarch64-static is not installed (tools/install-deps --packages)"
elif ! command -v $arm-gcc > /dev/null || [ ! -e /usr/lib/$arm/libhwloc.so ]; then
    skip "the archive for arm64" "the compiler or the libraries of arm64 are not installed (tools/install-deps --cross)"
elif ! on_arm true 2> "$scratch/err"; then
    skip "the archive for arm64" "no namespace may register an emulator here: $(tail -n 1 "$scratch/err")"
else
    check "make archive, for arm64" make -s -j2 CROSS=$arm- BUILD=build-$arm MANUAL="$build/sgdmark.1 $build/completion" archive
    root=$scratch/arm
    mkdir -p "$root/tmp"
    tar -C "$root" -xzf "$scratch/dist/$name-aarch64.tar.gz"
    equal "arm64: every library is of arm64" "$(for file in "$root"/*/sgdmark "$root"/*/lib/sgdmark "$root"/*/lib/*.so*; do
        readelf -h "$file" | sed -n 's/.*Machine: *//p'; done | sort -u)" AArch64
    on_arm chroot "$root" "/$name-aarch64/sgdmark" "${job[@]}" > "$scratch/out" 2> "$scratch/err"
    equal "arm64: the main job in an empty root: exit status" $? 0
    equal "arm64: the verdict" "$(grep -c '^CORRECT  *yes ' "$scratch/out")" 1
    train=(train --data 'synthetic:n=300,d=64' --engine f64 --json -)
    equal "arm64: the fingerprint is that of this machine" "$(on_arm chroot "$root" "/$name-aarch64/sgdmark" "${train[@]}" | jq -r .fingerprint)" \
        "$("$sgdmark" "${train[@]}" | jq -r .fingerprint)"
fi
finish
