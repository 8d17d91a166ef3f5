/* SPDX-License-Identifier: MIT */
/* A library put before libc's: one place of the program that asks for memory is refused it. Places are numbered from 1
 * in the order of their first requests. FAIL_AT is the number of the one whose first request fails (0: none); PLACES
 * names a file for how many there were. What other libraries ask for is given. */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static uintptr_t program_begin, program_end; /* its code */
static uintptr_t place[1024];                /* return addresses */
static unsigned long places, fail_at;
static atomic_flag busy = ATOMIC_FLAG_INIT;

static int find_program(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X)) continue;
        program_begin = info->dlpi_addr + part->p_vaddr;
        program_end = program_begin + part->p_memsz;
    }
    return 1; /* the program comes first */
}

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("FAIL_AT");
    fail_at = at ? strtoul(at, NULL, 10) : 0;
    dl_iterate_phdr(find_program, NULL);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("PLACES");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%lu\n", places);
    fclose(file);
}

static int is_refused(const void *caller) {
    uintptr_t from = (uintptr_t)caller;
    if (from < program_begin || from >= program_end) return 0;
    while (atomic_flag_test_and_set(&busy))
        continue;
    unsigned long at = 0;
    while (at < places && place[at] != from)
        at++;
    int chosen = at == places && at + 1 == fail_at;
    if (at == places && places < sizeof place / sizeof *place) place[places++] = from;
    atomic_flag_clear(&busy);
    if (chosen) errno = ENOMEM;
    return chosen;
}

#define REFUSED is_refused(__builtin_return_address(0))

void *malloc(size_t size) {
    return REFUSED ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
    return REFUSED ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size) {
    return REFUSED ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return REFUSED ? NULL : __libc_memalign(alignment, size);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    void *(*libc_mmap)(void *, size_t, int, int, int, off_t) =
        (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
    return REFUSED ? MAP_FAILED : libc_mmap(at, length, protection, flags, fd, offset);
}
