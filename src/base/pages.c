/* SPDX-License-Identifier: MIT */
#include "base/pages.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE ((size_t)2 << 20)

static atomic_int huge_asked, huge_errno; /* huge_errno: of the last request that was refused, or 0 */

static size_t round_up(size_t x, size_t step) {
    return (x + step - 1) / step * step;
}

static void *map(size_t length) {
    void *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

/* Length of the mapping for this many bytes. */
static size_t mapped(size_t bytes) {
    return round_up(bytes, bytes < HUGE_PAGE ? (size_t)sysconf(_SC_PAGESIZE) : HUGE_PAGE);
}

void *pages_new(size_t bytes) {
    if (bytes > SIZE_MAX / 2) return NULL;
    size_t length = mapped(bytes);
    if (bytes < HUGE_PAGE) return map(length);
    uint8_t *whole = map(length + HUGE_PAGE);
    if (!whole) return NULL;
    size_t head = (HUGE_PAGE - (uintptr_t)whole % HUGE_PAGE) % HUGE_PAGE;
    if (head > 0) munmap(whole, head);
    munmap(whole + head + length, HUGE_PAGE - head);
    if (madvise(whole + head, length, MADV_HUGEPAGE) != 0) atomic_store(&huge_errno, errno);
    atomic_store(&huge_asked, 1);
    return whole + head;
}

enum huge_pages pages_huge(int *why) {
    *why = atomic_load(&huge_errno);
    if (*why) return HUGE_PAGES_REFUSED;
    return atomic_load(&huge_asked) ? HUGE_PAGES_GRANTED : HUGE_PAGES_NOT_ASKED;
}

void pages_take(void *pages, size_t bytes) {
#ifdef MADV_POPULATE_WRITE
    madvise(pages, mapped(bytes), MADV_POPULATE_WRITE); /* since Linux 5.14; older kernels allocate at first touch */
#else
    (void)pages, (void)bytes;
#endif
}

void *pages_trim(void *pages, size_t bytes, size_t kept) {
    size_t rest = mapped(kept);
    if (rest < mapped(bytes)) munmap((uint8_t *)pages + rest, mapped(bytes) - rest);
    return pages;
}

void pages_free(void *pages, size_t bytes) {
    if (pages) munmap(pages, mapped(bytes));
}
