/* SPDX-License-Identifier: MIT */
/* What the system refuses this process. Each call is tried in a form that changes nothing. */
#include "machine/topology_private.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FEWEST_PUS = 1024,
    MOST_PUS = 1 << 20, /* of any kernel: it answers EINVAL to a smaller set than its own */
    MASK_WORDS = 512    /* of memory nodes: Linux has at most 1024 nodes */
};

/* The affinity of the calling thread. Returns the set, of *size bytes, which CPU_FREE releases; NULL and errno. */
static cpu_set_t *ask_affinity(size_t *size) {
    for (size_t pus = FEWEST_PUS; pus <= MOST_PUS; pus *= 2) {
        cpu_set_t *set = CPU_ALLOC(pus);
        if (!set) break;
        *size = CPU_ALLOC_SIZE(pus);
        if (sched_getaffinity(0, *size, set) == 0) return set;
        const int why = errno;
        CPU_FREE(set);
        errno = why;
        if (why != EINVAL) return NULL;
    }
    return NULL;
}

int affinity_check(struct error *err) {
    size_t size;
    cpu_set_t *set = ask_affinity(&size);
    if (!set && errno == ENOMEM) return fail_program(err, "affinity of the process: out of memory");
    if (!set)
        return fail(err,
                    "the system does not say which PUs this process may use (sched_getaffinity: %s): nothing can be "
                    "placed here; allow this call in the container's seccomp profile",
                    strerror(errno));
    CPU_FREE(set);
    return 0;
}

static void note(char text[REFUSAL_TEXT], const char *what, const char *call) {
    snprintf(text, REFUSAL_TEXT, "the system refuses %s (%s: %s)", what, call, strerror(errno));
}

static void try_binding(struct refusals *refused) {
    size_t size;
    cpu_set_t *set = ask_affinity(&size);
    if (!set) return;
    if (sched_setaffinity(0, size, set) != 0) note(refused->binding, "to bind threads to PUs", "sched_setaffinity");
    CPU_FREE(set);
}

static void try_memory(struct refusals *refused) {
    const size_t length = (size_t)sysconf(_SC_PAGESIZE);
    unsigned long nodes[MASK_WORDS] = {0};
    int policy, status = 0;
    char *page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return;
    page[0] = 1;
    /* hwloc repeats get_mempolicy with larger masks for as long as the answer is EINVAL. */
    if (syscall(SYS_get_mempolicy, &policy, nodes, 8 * sizeof nodes, NULL, 0L) != 0 && errno == EINVAL)
        note(refused->placing, "to place memory on a node", "get_mempolicy");
    else if (syscall(SYS_mbind, page, length, 0L, NULL, 0L, 0L) != 0)
        note(refused->placing, "to place memory on a node", "mbind");
    void *start = page;
    if (syscall(SYS_move_pages, 0L, 1L, &start, NULL, &status, 0L) != 0)
        note(refused->locating, "to tell which node memory lies on", "move_pages");
    munmap(page, length);
}

void find_refusals(struct topology *topology) {
    topology->refused = (struct refusals){.binding = ""};
    if (!topology->this_system) return;
    /* A thread that may use one PU is bound, and memory on one node is placed. */
    if (hwloc_bitmap_weight(topology->allowed) > 1) try_binding(&topology->refused);
    if (count_objects(topology, HWLOC_OBJ_NUMANODE) > 1) try_memory(&topology->refused);
}
