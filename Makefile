# SPDX-License-Identifier: MIT
# sgdmark: `make help` lists what can be made.
#
#   CC, CXX        compilers (gcc 12 and clang 14 are tested)
#   CROSS          prefix of a cross toolchain; its build goes to build-<target>/
#   SANITIZE       address, undefined or thread; its build goes to build-<sanitizer>/
#   PREFIX DESTDIR where `make install` puts the program (/usr/local)
#   V=1            print whole commands

PREFIX  ?= /usr/local
DESTDIR ?=
CROSS   ?=
SANITIZE ?=
V       ?= 0

ifneq ($(CROSS),)
CC  := $(CROSS)gcc
CXX := $(CROSS)g++
BUILD ?= build-$(CROSS:-=)
else ifneq ($(SANITIZE),)
BUILD ?= build-$(SANITIZE)
else
BUILD ?= build
endif
ifeq ($(origin CC),default)
CC := gcc
endif
ifeq ($(origin CXX),default)
CXX := g++
endif
OBJDUMP ?= $(CROSS)objdump

ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
endif

TARGET := $(shell $(CC) -dumpmachine)
ARCH   := $(firstword $(subst -, ,$(TARGET)))

WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion $(if $(WERROR),-Werror)
CFLAGS   ?= -O2 -g
CXXFLAGS ?= -O2 -g
# Every file: the arithmetic is fixed, so no contraction; frame pointers, so that perf can walk the stack.
COMMON   := -ffp-contract=off -fno-omit-frame-pointer -D_GNU_SOURCE -Isrc -Ikernels -Ibench -MMD -MP $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all)
ALL_CFLAGS   = -std=c17 $(WARN) $(COMMON) $(PKG_CFLAGS) $(CFLAGS)
ALL_CXXFLAGS = -std=c++17 $(WARN) $(COMMON) $(PKG_CFLAGS) $(CXXFLAGS)
# Libraries, as pkg-config finds them: a cross build looks among those of its target. Each variable asks once, when first
# used. Their headers are those of the system: not ours to warn about.
PACKAGES   := benchmark hwloc jansson libpng nettle sleef smartcols zlib
PKG_CONFIG ?= $(if $(CROSS),PKG_CONFIG_LIBDIR=/usr/lib/$(TARGET)/pkgconfig:/usr/share/pkgconfig )pkg-config
missing     = $(shell for package in $(1); do $(PKG_CONFIG) --exists $$package 2>/dev/null || echo $$package; done)
pkg         = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null)$(if $(filter-out 0,$(.SHELLSTATUS)),$(error \
    pkg-config finds no $(call missing,$(2)) for $(TARGET): `make deps` installs what is missing))
PKG_CFLAGS  = $(eval PKG_CFLAGS := $(patsubst -I%,-isystem%,$(call pkg,--cflags,$(PACKAGES))))$(PKG_CFLAGS)
LIBS        = $(eval LIBS := $(call pkg,--libs,$(PACKAGES)) -lm -lpthread)$(LIBS)
CMOCKA_CFLAGS = $(eval CMOCKA_CFLAGS := $(patsubst -I%,-isystem%,$(call pkg,--cflags,cmocka)))$(CMOCKA_CFLAGS)
CMOCKA      = $(eval CMOCKA := $(call pkg,--libs,cmocka))$(CMOCKA)
# Exported symbols let the program name and hash its own kernels.
LDFLAGS  ?=
LINK     := -rdynamic

# Kernels: which there are for this architecture, and the flags of each (instruction-set flags stand on that one file
# only). The C preprocessor reads them off kernels/registry.def: KERNELS and FLAGS_<kernel>. Targets that compile nothing
# themselves do without, as there may be no compiler yet.
KERNELS  :=
OUTER    := run profile test test-long prove bench-peers check-asan check-ubsan check-tsan check-mutants coverage coverage-of-arm \
            fuzz fuzz-targets compile_commands.json lint dist uninstall clean help deps test-deps data results-table
ifneq ($(filter-out $(OUTER),$(or $(MAKECMDGOALS),all)),)
include $(BUILD)/registry.mk
endif
FLAGS_reference := $(FLAGS_scalar)

PROGRAM := $(BUILD)/sgdmark
LIBRARY := $(BUILD)/libsgdmark.a
SOURCES := $(filter-out src/cli/main.c src/cli/mpi_main.c,$(wildcard src/*/*.c))
BENCHES := $(wildcard bench/*.cc)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(BENCHES:%.cc=$(BUILD)/%.o) \
           $(patsubst %,$(BUILD)/kernels/%.o,dispatch cpu reference $(KERNELS))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))

VERSION := $(shell cat VERSION)
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)$(shell git diff --quiet HEAD 2>/dev/null || echo -dirty)

.PHONY: all mpi run profile test check test-long test-builds prove tests bench-peers peers check-asan check-ubsan check-tsan coverage check-mutants fuzz fuzz-targets fuzzers lint dist archive deb install uninstall clean showconfig help deps test-deps data results-table
.DELETE_ON_ERROR:
.SUFFIXES:

all: $(PROGRAM)

# Set-up, build, go: the two commands of the README. What the package manager says goes to a log.
run:
	$(Q)mkdir -p $(BUILD)
	$(Q)$(MAKE) --no-print-directory deps > $(BUILD)/packages.log 2>&1 || { cat $(BUILD)/packages.log; exit 1; }
	$(Q)! grep -q 'installing' $(BUILD)/packages.log || echo 'packages were installed: $(BUILD)/packages.log'
	$(Q)$(MAKE) --no-print-directory data
	$(Q)$(MAKE) --no-print-directory all
	$(Q)touch $(BUILD)/started
	$(Q)$(PROGRAM) run $$(test -e data/mnist/train-images-idx3-ubyte || echo --data synthetic) $(ARGS)
	$(Q)tools/name-report $(PROGRAM) $(BUILD)/started

test: test-deps data
	$(Q)$(MAKE) --no-print-directory check

# The README's tables, made anew from the recorded results.
results-table:
	$(Q)tools/results-table --write README.md results/recorded-*.json

# The same without installing or fetching anything.
check: all tests
	$(Q)tests/run $(BUILD)

# The suites that take long: planted faults (MUTANTS=K/N takes a part), emulation, fuzzing, scikit-learn, peers, timings.
test-long: test-deps data
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)tests/run --long $(BUILD)

# One case under perf: make profile ISA=avx512 (ARGS=... adds options of tools/profile).
ISA ?= auto
profile: data
	$(Q)command -v perf > /dev/null || tools/install-deps --profile
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tools/profile --program $(PROGRAM) --isa $(ISA) \
	    $$(test -e data/mnist/train-images-idx3-ubyte || echo --data synthetic) $(ARGS)

# Programs with known faults, and a backend under two names (tools/test-builds says which).
test-builds: all
	$(Q)tools/test-builds $(BUILD)/test-builds

# What takes hours at most, once before an issue is called done: prints the table of docs/proofs.md.
prove: deps data
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)tools/prove

tests: $(UNIT_TESTS) $(BUILD)/tests/rederive $(BUILD)/tests/unsealed

# The unit tests and the command line under a sanitizer, each in its own build folder.
check-asan:  SANITIZER = address
check-ubsan: SANITIZER = undefined
check-tsan:  SANITIZER = thread
check-asan check-ubsan check-tsan:
	$(Q)$(MAKE) --no-print-directory SANITIZE=$(SANITIZER) all tests
	$(Q)TEST_TIMEOUT=1800 tests/run build-$(SANITIZER) 'test_*' cli describe

# Plants faults, one at a time: each must be caught (tools/check-mutants --part K/N takes a part of them).
check-mutants: deps data
	$(Q)tools/check-mutants

# Lines of src/ and kernels/ that the suite executes, and those that it does not; without what runs no code of this build
# (or, as interrupt, is killed). GCC clears vector registers, which the kernels' check wants, with expensive optimizations.
COVERING := 'test_*' $(filter-out lib dispatch emulation fuzz hygiene includes interrupt mutants oracle \
    peers runner sizes slowed timed-region,$(basename $(notdir $(wildcard tests/*.sh tests/*.py))))
COUNTED := CFLAGS='-O1 -fexpensive-optimizations -g --coverage -fprofile-update=atomic -include tests/coverage.h' \
    CXXFLAGS='-O1 -g --coverage' LDFLAGS=--coverage
ARM := aarch64-linux-gnu
coverage: deps data
	$(Q)$(MAKE) --no-print-directory BUILD=build-coverage $(COUNTED) all tests
	$(Q)find build-coverage -name '*.gcda' -delete
	$(Q)tests/run build-coverage $(COVERING); status=$$?; \
	    folders="build-coverage $$($(MAKE) --no-print-directory coverage-of-arm)"; \
	    tools/coverage $$folders && exit $$status

# The kernels of Arm under an emulator, where there is one; prints the build folder.
coverage-of-arm:
	$(Q)if command -v qemu-aarch64 && $(MAKE) --no-print-directory CROSS=$(ARM)- BUILD=build-coverage-$(ARM) $(COUNTED) \
	    all; then \
	    find build-coverage-$(ARM) -name '*.gcda' -delete; \
	    qemu-aarch64 -cpu max build-coverage-$(ARM)/sgdmark kernels --verify; \
	    qemu-aarch64 -cpu max build-coverage-$(ARM)/sgdmark topo; \
	    echo build-coverage-$(ARM) >&3; \
	fi 3>&1 > build-coverage-$(ARM).log 2>&1

deps:
	$(Q)tools/install-deps

# What only some tests use may be missing: they are skipped then, and say so.
test-deps:
	$(Q)tools/install-deps --test || tools/install-deps 2>/dev/null

# Without the real images everything still runs, on synthetic rows that are marked as such.
data:
	$(Q)tools/fetch-mnist || echo 'make: going on without MNIST, on synthetic rows' >&2

# kernels/facts.h as text, which tests read too, and what the Makefile takes of it.
$(BUILD)/registry.txt: kernels/facts.h kernels/registry.def kernels/kernels.h
	@mkdir -p $(@D)
	@$(CC) -std=c17 -E -P kernels/facts.h | grep -E '^(backend|kernel) ' > $@

$(BUILD)/registry.mk: $(BUILD)/registry.txt
	@sed -nE 's/^backend ([a-z0-9_]+) .* "(.*)"$$/KERNELS += \1\nFLAGS_\1 := \2/p' $< > $@

# The flags and compilers of the last build; a change rebuilds.
SIGNATURE = $(CC) $(CXX) $(ALL_CFLAGS) $(ALL_CXXFLAGS) $(LDFLAGS) $(LIBS) $(foreach k,$(KERNELS),$(FLAGS_$(k)))
$(BUILD)/signature: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(SIGNATURE)' | cmp -s - $@ || printf '%s\n' '$(SIGNATURE)' > $@
.PHONY: FORCE

$(BUILD)/version.h: FORCE
	@mkdir -p $(@D)
	@printf '#define SGDMARK_VERSION "%s"\n#define SGDMARK_COMMIT "%s"\n#define SGDMARK_CFLAGS "%s"\n' \
	    '$(VERSION)' '$(COMMIT)' '$(CC) $(filter-out -I% -isystem% -MMD -MP,$(ALL_CFLAGS))' > $@.new
	@if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi

# What packages hold: without debugging information, whose paths would make each build folder's bytes others. Names stay for
# perf in the archive, whose program finds its libraries beside itself.
$(BUILD)/carried/sgdmark: LINK += -Wl,--strip-debug,--disable-new-dtags,-rpath,'$$ORIGIN'
$(BUILD)/packaged/sgdmark: LINK += -Wl,--strip-all
$(PROGRAM) $(BUILD)/carried/sgdmark $(BUILD)/packaged/sgdmark: $(BUILD)/src/cli/main.o $(LIBRARY)
	@mkdir -p $(@D)
	$(say) LINK $@
	$(Q)$(CXX) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LINK) $(LDFLAGS) -o $@ $^ $(LIBS)

# sgdmark-mpi, with what the compiler wrapper of an MPI says: Open MPI's and MPICH's both know -show.
MPICC ?= mpicc
MPI    = $(eval MPI := $(shell $(MPICC) -show 2>/dev/null))$(MPI)
MPI_CFLAGS = $(patsubst -I%,-isystem%,$(filter -I%,$(MPI)))
MPI_THERE  = $(shell echo '\#include <mpi.h>' | $(CC) $(MPI_CFLAGS) -E -x c - > /dev/null 2>&1 && echo yes)
mpi: $(BUILD)/sgdmark-mpi

$(BUILD)/sgdmark-mpi: src/cli/mpi_main.c $(LIBRARY)
	$(Q)[ -n '$(MPI_THERE)' ] || { \
	    echo 'make mpi: $(MPICC) leads to no mpi.h: tools/install-deps --fleet installs Open MPI' >&2; exit 2; }
	@mkdir -p $(BUILD)/src/cli
	$(say) MPI $@
	$(Q)$(CC) $(ALL_CFLAGS) $(MPI_CFLAGS) -I$(BUILD) -c -o $(BUILD)/src/cli/mpi_main.o $<
	$(Q)$(CXX) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LINK) $(LDFLAGS) -o $@ $(BUILD)/src/cli/mpi_main.o $(LIBRARY) \
	    $(filter -L% -l% -Wl%,$(MPI)) $(LIBS)

$(LIBRARY): $(OBJECTS)
	$(say) AR $@
	$(Q)rm -f $@ && $(CROSS)ar rcs $@ $^

$(BUILD)/src/%.o: src/%.c $(BUILD)/signature | $(BUILD)/version.h
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -I$(BUILD) -c -o $@ $<

$(BUILD)/bench/%.o: bench/%.cc $(BUILD)/signature
	@mkdir -p $(@D)
	$(say) CXX $<
	$(Q)$(CXX) $(ALL_CXXFLAGS) -c -o $@ $<

$(patsubst %,$(BUILD)/kernels/%.o,$(filter autovec%,$(KERNELS))): $(BUILD)/kernels/%.o: kernels/autovec.c $(BUILD)/signature
	@mkdir -p $(@D)
	$(say) CC "$< ($(FLAGS_$*))"
	$(Q)$(CC) $(ALL_CFLAGS) $(FLAGS_$*) -DSUFFIX=$* -c -o $@ $<

$(BUILD)/kernels/%.o: kernels/%.c $(BUILD)/signature
	@mkdir -p $(@D)
	$(say) CC "$< $(if $(FLAGS_$*),($(FLAGS_$*)))"
	$(Q)$(CC) $(ALL_CFLAGS) $(FLAGS_$*) -c -o $@ $<

$(BUILD)/tests/unsealed: LINK += -Wl,--wrap=check_seal,--wrap=derive_again
$(BUILD)/tests/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(say) TEST $<
	$(Q)$(CC) $(ALL_CFLAGS) $(CMOCKA_CFLAGS) -Itests/unit -I$(BUILD) -c -o $@.o $<
	$(Q)$(CXX) $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LINK) $(LDFLAGS) -o $@ $@.o $(LIBRARY) $(CMOCKA) $(LIBS)

# The same job by other programs, against this one (tools/bench-peers says which). A library that is not installed is a
# row of the table that says so.
HEADER_openblas  := openblas_config.h
HEADER_liblinear := linear.h
LIBRARY_openblas  := openblas
LIBRARY_liblinear := linear
PEERS = $(foreach peer,openblas liblinear,$(if $(shell echo '\#include <$(HEADER_$(peer))>' | $(CC) -E -x c - 2>/dev/null),$(BUILD)/peers/$(peer)))
bench-peers: data
	$(Q)$(MAKE) --no-print-directory all peers
	$(Q)! command -v clang++ >/dev/null || $(MAKE) --no-print-directory CC=clang CXX=clang++ BUILD=build-clang all
	$(Q)tools/bench-peers --build $(BUILD) $(ARGS)

peers: $(PEERS)

$(BUILD)/peers/%: bench/peers/%.c bench/peers/peer.c bench/peers/peer.h $(LIBRARY)
	@mkdir -p $(@D)
	$(say) PEER $<
	$(Q)for file in $* peer; do $(CC) $(ALL_CFLAGS) -c -o $@-$$file.o bench/peers/$$file.c || exit; done
	$(Q)$(CXX) $(LINK) $(LDFLAGS) -o $@ $@-$*.o $@-peer.o $(LIBRARY) -l$(LIBRARY_$*) $(LIBS)

# Fuzzing, with clang: FUZZ_RUNS executions of each target; what it finds and learns is kept in build-fuzz.
FUZZ_RUNS ?= 1000000
FUZZERS := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz: fuzz-targets
	$(Q)tools/fuzz $(FUZZ_RUNS)

fuzz-targets:
	$(Q)$(MAKE) --no-print-directory CC=clang CXX=clang++ SANITIZE=fuzzer-no-link,address,undefined BUILD=build-fuzz fuzzers

fuzzers: $(FUZZERS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(say) FUZZER $<
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@.o $<
	$(Q)$(CXX) -fsanitize=fuzzer,address,undefined $(LINK) $(LDFLAGS) -o $@ $@.o $(LIBRARY) $(LIBS)

# For editors and language servers.
compile_commands.json: FORCE
	$(Q)$(MAKE) --no-print-directory -Bn V=1 all tests | tools/compile-commands > $@

# Style and static checks.
C_FILES := $(wildcard src/*/*.[ch] kernels/*.[ch] bench/*.cc bench/*.h bench/peers/*.[ch] tools/packaging/*.c tests/unit/*.[ch] tests/fuzz/*.[ch])
SHELL_TOOLS := $(shell grep -lE -d skip '^\#!/bin/(ba)?sh' tools/*)
lint:
	$(say) SHELL 'shellcheck'
	$(Q)shellcheck -x -P tests .ci/run tests/run $(wildcard tests/*.sh tests/cli/*.sh) $(SHELL_TOOLS)
	$(say) FORMAT 'clang-format'
	$(Q)clang-format --dry-run -Werror $(C_FILES)
	$(Q)$(MAKE) --no-print-directory $(BUILD)/version.h
	$(say) TIDY 'clang-tidy'
	$(Q)printf '%s\n' $(filter-out $(if $(MPI_THERE),,src/cli/mpi_main.c),$(filter src/%.c,$(C_FILES))) $(patsubst %,kernels/%.c,dispatch cpu reference scalar) | \
	    xargs -P $$(nproc) -I FILE clang-tidy --quiet FILE -- -std=c17 -D_GNU_SOURCE -Isrc -Ikernels -Ibench -I$(BUILD) $(PKG_CFLAGS) $(MPI_CFLAGS)

# The manual page and the completion of bash are made from --help, so they need a program that runs here.
MANUAL := $(if $(CROSS),,$(BUILD)/sgdmark.1 $(BUILD)/completion)
$(BUILD)/sgdmark.1: $(PROGRAM) tools/make-man
	$(say) MAN $@
	$(Q)tools/make-man $(PROGRAM) > $@
$(BUILD)/completion: $(PROGRAM) tools/make-completion
	$(say) BASH $@
	$(Q)tools/make-completion $(PROGRAM) > $@

# An archive for each architecture, to unpack and run where nothing is installed; tools/make-dist says what it holds.
dist: deps
	$(Q)$(MAKE) --no-print-directory archive
ifneq ($(ARCH),aarch64)
	$(Q)if command -v $(ARM)-gcc > /dev/null; then \
	    $(MAKE) --no-print-directory CROSS=$(ARM)- MANUAL='$(MANUAL)' archive; \
	else \
	    echo 'make dist: no archive for arm64, as $(ARM)-gcc is not installed (tools/install-deps --cross)' >&2; \
	fi
endif

archive: $(BUILD)/carried/sgdmark $(BUILD)/carried/start $(MANUAL)
	$(Q)tools/make-dist $(BUILD) $(TARGET) $(MANUAL)

LOADER = $(notdir $(shell $(CROSS)readelf -l $(BUILD)/carried/sgdmark | sed -n 's/.*program interpreter: \(.*\)\]$$/\1/p'))
$(BUILD)/carried/start: tools/packaging/start.c $(BUILD)/carried/sgdmark $(BUILD)/signature
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -DLOADER='"$(LOADER)"' -static -Wl,--strip-debug -o $@ $<

# A package of Debian, for this architecture.
deb: $(BUILD)/packaged/sgdmark $(MANUAL)
	$(Q)tools/make-deb $(BUILD) $(MANUAL)

INSTALLED := $(DESTDIR)$(PREFIX)
install: $(PROGRAM) $(MANUAL)
	install -D -m 755 $(PROGRAM) $(INSTALLED)/bin/sgdmark
	test ! -e $(BUILD)/sgdmark-mpi || install -D -m 755 $(BUILD)/sgdmark-mpi $(INSTALLED)/bin/sgdmark-mpi
	install -D -m 755 tools/fetch-mnist $(INSTALLED)/share/sgdmark/fetch-mnist
ifneq ($(MANUAL),)
	install -D -m 644 $(BUILD)/sgdmark.1 $(INSTALLED)/share/man/man1/sgdmark.1
	install -D -m 644 $(BUILD)/completion $(INSTALLED)/share/bash-completion/completions/sgdmark
endif

uninstall:
	rm -f $(INSTALLED)/bin/sgdmark $(INSTALLED)/bin/sgdmark-mpi $(INSTALLED)/share/sgdmark/fetch-mnist \
	    $(INSTALLED)/share/man/man1/sgdmark.1 \
	    $(INSTALLED)/share/bash-completion/completions/sgdmark

clean:
	rm -rf build build-* dist

showconfig:
	@printf '%-10s %s\n' version '$(VERSION) ($(COMMIT))' target '$(TARGET)' build '$(BUILD)' \
	    cc '$(shell $(CC) --version | head -n 1)' cxx '$(shell $(CXX) --version | head -n 1)' \
	    cflags '$(ALL_CFLAGS)' ldflags '$(LDFLAGS)' libs '$(LIBS)' mpi '$(MPI_THERE)' prefix '$(DESTDIR)$(PREFIX)' \
	    $(foreach k,$(KERNELS),'$(k)' '$(FLAGS_$(k)) ')

help:
	@printf '%s\n' \
	    'make run         install what is missing, fetch MNIST, build, run the whole job (ARGS=... adds options)' \
	    'make test        the same set-up, then every test but the long ones; ends in one line' \
	    'make check       as make test, but installs and fetches nothing' \
	    'make test-long   planted faults (MUTANTS=K/N), emulation, fuzzing, scikit-learn, peers, timings' \
	    'make prove       what takes hours: all planted faults, millions of broken inputs, false verdicts, scikit-learn' \
	    'make test-builds programs with known faults, and a backend under two names (tools/test-builds)' \
	    'make             build $(PROGRAM)' \
	    'make mpi         build $(BUILD)/sgdmark-mpi, a sweep over the ranks of an MPI job, where there is an MPI' \
	    'make bench-peers scikit-learn, LIBLINEAR, OpenBLAS and plain loops of gcc and clang beside sgdmark, in one table' \
	    'make results-table' \
	    '                 write the tables of the README anew from results/recorded-*.json' \
	    'make profile     one case under perf: ISA=avx512, ARGS=... of tools/profile' \
	    'make install     PREFIX=/usr/local DESTDIR=' \
	    'make dist        archives for x86-64 and arm64 that run where nothing is installed' \
	    'make deb         a package of Debian' \
	    'make check-asan, check-ubsan, check-tsan' \
	    '                 the unit tests and the command line under a sanitizer' \
	    'make check-mutants plant faults in the sources; the tests must catch each' \
	    'make coverage    which lines the suite executes (gcov)' \
	    'make fuzz        feed the readers of files and options with broken input (FUZZ_RUNS=1000000 each)' \
	    'make lint        shellcheck, clang-format and clang-tidy' \
	    'make compile_commands.json' \
	    '                 for editors and language servers' \
	    'make showconfig  compilers and flags, per kernel file' \
	    'make clean       remove every build folder' \
	    '' \
	    'CROSS=aarch64-linux-gnu- builds for Arm, CC=clang CXX=clang++ with clang, SANITIZE=address with a sanitizer;' \
	    'V=1 prints whole commands, WERROR=1 makes warnings errors.'

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)
