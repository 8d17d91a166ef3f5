#!/bin/bash
# SPDX-License-Identifier: MIT
# `make dist` and `make deb`: the archive runs the main job in a root that holds nothing else, from any folder, and gives
# the fingerprints of this build; both are the same bytes each time, hold the licences of all that they carry, and stay
# within their sizes. Roots with a system in them are for the long test `packages`.
. "$(dirname "$0")/lib.sh"
needs jq
needs dpkg-query
unset SGDMARK_ISA LOCPATH SGDMARK_START

if sanitized || counting; then
    skip "packages" "$build is not what is given to others"
    finish
fi
machine=$(sed -n '1s/ .*//p' "$build/signature" | xargs -I CC sh -c 'CC -dumpmachine' 2> /dev/null)
if [ "${machine%%-*}" != "$(uname -m)" ]; then
    skip "packages" "$build is not for this machine"
    finish
fi

# make_package TARGET FOLDER: from the program as it is, not made anew while other tests run it.
make_package() {
    DIST=$2 make -s BUILD="$build" -o "$sgdmark" -o "$build/libsgdmark.a" -o "$build/src/cli/main.o" "$1"
}

# packed TARGET SUFFIX: the same bytes each time, whoever makes them, and when.
packed() {
    check "make $1" make_package "$1" "$scratch/dist"
    check "make $1, elsewhere and otherwise" env TZ=Asia/Tokyo LANG=de_DE.UTF-8 BUILD="$build" bash -c '
        umask 077
        touch "$3"/sgdmark.1 "$3"/completion
        DIST=$2 make -s BUILD="$BUILD" -o "$BUILD/sgdmark" -o "$BUILD/libsgdmark.a" -o "$BUILD/src/cli/main.o" "$1"' \
        bash "$1" "$scratch/again" "$build"
    equal "make $1: the same bytes each time" "$(cd "$scratch/again" && sha256sum -- *."$2")" "$(cd "$scratch/dist" && sha256sum -- *."$2")"
}

rm -rf "$build/carried" "$build/packaged" # of another state of the build
packed archive tar.gz
name=sgdmark-$(cat VERSION)-linux-$(uname -m)
archive=$scratch/dist/$name.tar.gz
size=$(stat -c %s "$archive" || echo 20000001)
if [ "$size" -le 20000000 ]; then ok "the archive has at most 20 MB ($size bytes)"; else not_ok "the archive has at most 20 MB" "$size bytes"; fi

root=$scratch/root
folder=$root/$name
mkdir "$root"
check "it unpacks" tar -C "$root" -xzf "$archive"
equal "everything is in one folder" "$(ls "$root")" "$name"
equal "its files belong to nobody's account" "$(tar --numeric-owner -tvzf "$archive" | awk '{ print $2 }' | sort -u)" "0/0"
equal "what starts it needs no library" "$(readelf -ld "$folder/sgdmark" | grep -c -E 'NEEDED|interpreter')" 0
equal "every library that is named is there" "$(for file in "$folder"/lib/*; do readelf -d "$file" 2> /dev/null; done |
    sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u | while read -r library; do [ -e "$folder/lib/$library" ] || echo "$library"; done)" ""
equal "nothing in it is empty" "$(find "$folder" -type f -empty)" ""
for library in "$folder"/lib/*.so*; do
    package=$(dpkg-query -S "*/$machine/${library##*/}" 2> /dev/null | sed -n '1s/:.*//p')
    check "${library##*/}: its licence" test -s "$folder/licences/${package:-none}"
    check "${library##*/}: the version of its package" grep -q "^$package [0-9].* of [a-z]" "$folder/licences/PACKAGES"
done
equal "licences that others name are there" "$(cat "$folder"/licences/* | grep -o -h '/usr/share/common-licenses/[A-Za-z0-9.+-]*[A-Za-z0-9]' |
    sort -u | while read -r text; do [ -s "$folder/licences/${text##*/}" ] || echo "$text"; done)" ""
equal "kernels have their names" "$(nm "$folder/lib/sgdmark" | grep -c ' T dot_u8f32_scalar$')" 1
check "the manual page is in it" grep -q '^\.TH SGDMARK 1' "$folder/share/man/man1/sgdmark.1"
check "the completion is in it" bash -c 'source "$1" && complete -p sgdmark' bash "$folder/share/bash-completion/completions/sgdmark"

if ! command -v dpkg-shlibdeps > /dev/null; then
    skip "make deb" "dpkg-dev is not installed (tools/install-deps --packages)"
else
    packed deb deb
    package=$(ls "$scratch"/dist/*.deb)
    equal "what the package holds" "$(dpkg-deb --fsys-tarfile "$package" | tar -t | grep -v '/$' | sort | paste -s)" "$(printf './usr/%s\n' bin/sgdmark \
        share/bash-completion/completions/sgdmark share/doc/sgdmark/changelog.gz share/doc/sgdmark/copyright share/man/man1/sgdmark.1.gz | paste -s)"
    equal "its version" "$(dpkg-deb -f "$package" Version)" "$(cat VERSION)"
    for library in libbenchmark libc6 libhwloc libsleef; do
        check "it depends on $library" bash -c 'dpkg-deb -f "$1" Depends | grep -q "$2"' bash "$package" "$library"
    done
    if command -v lintian > /dev/null; then
        equal "lintian: neither errors nor warnings" "$(lintian --allow-root --fail-on error,warning "$package" 2>&1) $?" " 0"
    else
        skip "lintian" "lintian is not installed (tools/install-deps --packages)"
    fi
fi

# From any folder, by a link, beside libraries of another C library.
# trained PROGRAM...: what it computes.
trained() {
    "$@" train --data 'synthetic:n=500,d=64' --json - | jq -r '"\(.fingerprint) \(.update_hash)"'
}
want=$(trained "$sgdmark")
equal "the fingerprint is that of the build" "$(trained "$folder/sgdmark")" "$want"
mkdir "$scratch/a: b;c"
cp -a "$folder" "$scratch/a: b;c/of it"
ln -s "$scratch/a: b;c/of it/sgdmark" "$scratch/link"
equal "in a folder of any name, by a link" "$(trained "$scratch/link")" "$want"
equal "by a path from the current folder" "$(cd "$scratch/a: b;c" && trained "./of it/sgdmark")" "$want"
echo '__attribute__((constructor)) static void start(void) { __builtin_trap(); }' > "$scratch/preloaded.c"
"$(sed -n '1s/ .*//p' "$build/signature")" -shared -fPIC -o "$scratch/preloaded.so" "$scratch/preloaded.c"
equal "what the machine loads before its programs is left out" \
    "$(trained env LD_PRELOAD="$scratch/preloaded.so" "$scratch/link")" "$want"
mkdir "$scratch/foreign"
echo nonsense > "$scratch/foreign/libc.so.6"
equal "libraries of the machine are left out" "$(trained env LD_LIBRARY_PATH="$scratch/foreign" "$folder/sgdmark")" "$want"
mv "$scratch/a: b;c/of it/lib" "$scratch/a: b;c/elsewhere"
"$scratch/link" --version > "$scratch/out" 2> "$scratch/err"
equal "without lib/: exit status" $? 127
equal "without lib/: one line" "$(wc -l < "$scratch/out") $(wc -l < "$scratch/err")" "0 1"
check "without lib/: the reason" grep -q "lib/ belongs beside" "$scratch/err"

# A root with nothing in it: no shell, no /proc, no /sys, no /dev, no locale.
if ! chroot "$root" "/$name/sgdmark" --version > "$scratch/version" 2> "$scratch/err"; then
    if [ "$(id -u)" -eq 0 ]; then not_ok "it starts in an empty root" "$(cat "$scratch/err")"; else skip "an empty root" "chroot takes root"; fi
else
    equal "it starts in an empty root" "$(cat "$scratch/version")" "$("$sgdmark" --version)"
    mkdir "$root/data"
    run=(run --quick --data 'synthetic:n=200,d=16' --isa scalar --place core --json /data/run.json)
    started=$SECONDS
    chroot "$root" "/$name/sgdmark" "${run[@]}" > "$scratch/out" 2> "$scratch/err"
    equal "the main job in an empty root: exit status" $? 0
    check "the first verdict within 60 s" test $((SECONDS - started)) -le 60
    check "the verdict" grep -q '^CORRECT  yes' "$scratch/out"
    equal "all processes timed" "$(jq -c '[.sgdmark.experiments[].schedule.process | unique]' "$root/data/run.json")" "[[0,1,2],[0,1,2]]"
    run[-1]=$scratch/run.json
    "$sgdmark" "${run[@]}" > /dev/null 2>&1
    equal "fingerprints are those of the build" "$(jq -r "[.. | .fingerprint? // empty] | unique | tostring" "$root/data/run.json")" \
        "$(jq -r "[.. | .fingerprint? // empty] | unique | tostring" "$scratch/run.json")"
    mv "$folder/lib/locale" "$scratch/locale"
    run[-1]=/data/again.json
    check "the main job without a locale" chroot "$root" "/$name/sgdmark" "${run[@]}"
    mv "$scratch/locale" "$folder/lib/locale"
    if have_mnist; then
        cp -L $mnist/train-* "$root/data/"
        equal "MNIST in an empty root" "$(chroot "$root" "/$name/sgdmark" train --data /data --engine f64 --json - | jq -r .fingerprint)" 9ad50f98b22bc25c
    else
        skip "MNIST in an empty root" "MNIST is not there (tools/fetch-mnist)"
    fi
fi
finish
