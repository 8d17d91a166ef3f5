/* SPDX-License-Identifier: MIT */
/* libFuzzer target: the argument of --topology: hwloc XML when it starts with '<', else a synthetic description. The
 * program tries each description in a new child process. Here one process tries them all until one description ends it,
 * because a fork of the fuzzer costs fifty times as much as the trial. A small keeper process, started first, forks the
 * next one. */
#include "machine/placement.h"
#include "machine/topology.h"
#include "machine/topology_private.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 20 };
static char *shared;   /* the text, shared with the trial process */
static int complaints; /* file with its messages */
static int channel;    /* sends lengths, receives wait statuses */

/* Refuses large blocks, which an absurd PU number asks for, as the memory limit of the trial does; keeps few freed
 * blocks. The sanitizer's strstr is off: at each call it measures the length of all remaining XML. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "allocator_may_return_null=1:max_allocation_size_mb=64:quarantine_size_mb=4:intercept_strstr=0";
}

/* Gives the next description the CPU time that a trial of the program has. */
static void limit_next(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    struct rlimit cpu = {(rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + TRIAL_SECONDS, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &cpu);
    if (ftruncate(complaints, 0) != 0 || lseek(complaints, 0, SEEK_SET) != 0) abort();
}

static _Noreturn void try_all(int end) {
    size_t length;
    signal(SIGABRT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGXCPU, SIG_DFL);
    dup2(complaints, STDERR_FILENO);
    setenv("HWLOC_SYNTHETIC_VERBOSE", "1", 1);
    while (read(end, &length, sizeof length) == (ssize_t)sizeof length) {
        limit_next();
        int status = W_EXITCODE(description_trial(shared, length), 0);
        if (write(end, &status, sizeof status) != (ssize_t)sizeof status) break;
    }
    _exit(0);
}

/* The keeper: restarts the trial process and reports how each one ended, until the fuzzer closes the channel. */
static _Noreturn void renew(int end) {
    int status = 0;
    do {
        pid_t child = fork();
        if (child < 0) abort();
        if (child == 0) try_all(end);
        waitpid(child, &status, 0);
    } while (status != 0 && write(end, &status, sizeof status) == (ssize_t)sizeof status);
    _exit(0);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    int ends[2];
    shared = mmap(NULL, MOST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    complaints = memfd_create("complaints", MFD_CLOEXEC);
    if (shared == MAP_FAILED || complaints < 0) abort();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) abort();
    pid_t keeper = fork();
    if (keeper < 0) abort();
    if (keeper == 0) {
        close(ends[0]);
        renew(ends[1]);
    }
    close(ends[1]);
    channel = ends[0];
    return 0;
}

/* Replaces the function of src/machine/sandbox.c. */
int sandbox_trial(const char *text, size_t length, char *said, size_t size) {
    int status;
    memcpy(shared, text, length + 1);
    if (write(channel, &length, sizeof length) != (ssize_t)sizeof length) abort();
    while (read(channel, &status, sizeof status) != (ssize_t)sizeof status)
        if (errno != EINTR) abort(); /* the alarm of libFuzzer interrupts the call */
    ssize_t got = pread(complaints, said, size - 1, 0);
    said[got > 0 ? got : 0] = 0;
    return status;
}

static void check_placements(const struct topology *topology) {
    struct topology_summary summary;
    struct placement *list;
    size_t count;
    topology_summarize(topology, &summary);
    if (topology_is_this_system(topology) || summary.allowed_pus == 0 || summary.allowed_pus > summary.pus) abort();
    if (placement_list(&list, &count, topology, NULL) != 0) abort();
    for (size_t i = 0; i < count; i++) {
        if (list[i].available != (list[i].count > 0) || list[i].available != (list[i].reason[0] == 0)) abort();
        if (list[i].count > summary.allowed_pus) abort();
        json_decref(placement_json(&list[i]));
    }
    placement_list_free(list, count);
}

/* Does a synthetic description have many PUs, so that hwloc needs up to seconds? (The unit tests cover large machines
 * and the limit.) Numbers in parentheses are attributes, not counts; where parentheses do not match, hwloc still reads
 * counts behind a name and a colon. */
static bool is_slow(const char *text) {
    enum { QUICK = 64 };
    unsigned long pus = 1;
    bool attribute = false;
    for (const char *at = text; *at && *text != '<' && pus <= QUICK;) {
        if (!isdigit((unsigned char)*at)) {
            attribute = *at == '(' || (attribute && *at != ')');
            at++;
            continue;
        }
        bool named = at - text > 1 && at[-1] == ':' && isalpha((unsigned char)at[-2]);
        unsigned long number = strtoul(at, (char **)&at, 0);
        if (number > 1 && (named || !attribute)) pus = number <= QUICK ? pus * number : number;
    }
    return pus > QUICK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size >= MOST_BYTES) return -1;
    char *text = malloc(size + 1);
    if (!text) abort();
    memcpy(text, data, size);
    text[size] = 0;
    if (is_slow(text)) {
        free(text);
        return -1;
    }
    struct topology *topology;
    struct error err = {.text = ""};
    if (topology_parse(&topology, "input", text, size, &err) == 0) {
        size_t count;
        check_placements(topology);
        free(topology_outline(topology, &count));
        json_decref(topology_json(topology));
        topology_free(topology);
    } else if (strncmp(err.text, "input: ", 7) != 0 || strchr(err.text, '\n')) {
        abort();
    }
    free(text);
    return 0;
}
