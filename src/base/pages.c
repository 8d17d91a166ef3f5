/* SPDX-License-Identifier: MIT */
#include "base/pages.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

const char *const page_kind_names[] = {"auto", "4k", "thp", "huge", NULL};

static atomic_int huge_asked, huge_errno; /* huge_errno: of the last request that was refused, or 0 */

static size_t round_up(size_t x, size_t step) {
    return (x + step - 1) / step * step;
}

static void *map(size_t length, int flags) {
    void *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

/* Does such an array take whole huge pages? */
static bool is_large(enum page_kind kind, size_t bytes) {
    return kind == PAGES_THP || kind == PAGES_HUGE || (kind == PAGES_AUTO && bytes >= HUGE_PAGE_BYTES);
}

/* Length of the mapping for this many bytes. */
static size_t mapped(enum page_kind kind, size_t bytes) {
    return round_up(bytes, is_large(kind, bytes) ? HUGE_PAGE_BYTES : (size_t)sysconf(_SC_PAGESIZE));
}

/* Returns 0, or -1 with errno where not all pages could be had. Kernels before Linux 5.14 allocate at first touch. */
static int populate(void *pages, size_t length) {
#ifdef MADV_POPULATE_WRITE
    return madvise(pages, length, MADV_POPULATE_WRITE) == 0 || errno == EINVAL ? 0 : -1;
#else
    (void)pages, (void)length;
    return 0;
#endif
}

static void *new_small(size_t length) {
    void *pages = map(length, MAP_NORESERVE);
    if (pages) madvise(pages, length, MADV_NOHUGEPAGE); /* refused where there are no others */
    return pages;
}

/* Aligned to a huge page. */
static void *new_transparent(size_t length) {
    uint8_t *whole = map(length + HUGE_PAGE_BYTES, MAP_NORESERVE);
    if (!whole) return NULL;
    size_t head = (HUGE_PAGE_BYTES - (uintptr_t)whole % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
    if (head > 0) munmap(whole, head);
    munmap(whole + head + length, HUGE_PAGE_BYTES - head);
    if (madvise(whole + head, length, MADV_HUGEPAGE) != 0) atomic_store(&huge_errno, errno);
    atomic_store(&huge_asked, 1);
    return whole + head;
}

/* mmap takes the pages out of the pool. Without populate(), a control group that may not use them would answer the
 * first touch with SIGBUS. */
static void *new_explicit(size_t length) {
    const int two_mib = 21 << MAP_HUGE_SHIFT;
    void *pages = map(length, MAP_HUGETLB | two_mib);
    if (!pages || populate(pages, length) == 0) return pages;
    const int why = errno;
    munmap(pages, length);
    errno = why;
    return NULL;
}

void *pages_new_of(enum page_kind kind, size_t bytes) {
    errno = ENOMEM;
    if (bytes > SIZE_MAX / 2) return NULL;
    const size_t length = mapped(kind, bytes);
    if (kind == PAGES_SMALL) return new_small(length);
    if (kind == PAGES_HUGE) return new_explicit(length);
    return is_large(kind, bytes) ? new_transparent(length) : map(length, MAP_NORESERVE);
}

void *pages_new(size_t bytes) {
    return pages_new_of(PAGES_AUTO, bytes);
}

enum huge_pages pages_huge(int *why) {
    *why = atomic_load(&huge_errno);
    if (*why) return HUGE_PAGES_REFUSED;
    return atomic_load(&huge_asked) ? HUGE_PAGES_GRANTED : HUGE_PAGES_NOT_ASKED;
}

void pages_take(void *pages, size_t bytes) {
    populate(pages, mapped(PAGES_AUTO, bytes));
}

void *pages_trim(void *pages, size_t bytes, size_t kept) {
    size_t rest = mapped(PAGES_AUTO, kept), all = mapped(PAGES_AUTO, bytes);
    if (rest < all) munmap((uint8_t *)pages + rest, all - rest);
    return pages;
}

void pages_free_of(enum page_kind kind, void *pages, size_t bytes) {
    if (pages) munmap(pages, mapped(kind, bytes));
}

void pages_free(void *pages, size_t bytes) {
    pages_free_of(PAGES_AUTO, pages, bytes);
}
