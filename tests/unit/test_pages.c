/* SPDX-License-Identifier: MIT */
/* base/pages: zeroed, aligned, of the kind that was asked for, and still there after a trim. base/page_use: what the
 * kernel tells of them. The explicit huge pages are played: mmap ends here. */
#include "base/page_use.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum { KIB = 1024 };

/* Huge pages that the played pool has left, and the length and flags of the last mapping. */
static struct {
    size_t left, length;
    int flags;
} played;

/* Memory from the played pool is small pages, aligned to 2 MiB as the kernel does it. */
void *mmap(void *at, size_t length, int protection, int flags, int file, off_t offset) {
    played.length = length;
    played.flags = flags;
    if (!(flags & MAP_HUGETLB)) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): as the kernel answers
        return (void *)syscall(SYS_mmap, at, length, protection, flags, file, offset);
    }
    assert_int_equal(length % HUGE_PAGE_BYTES, 0);
    assert_false(flags & MAP_NORESERVE); /* the first touch would end in SIGBUS */
    if (length / HUGE_PAGE_BYTES > played.left) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    played.left -= length / HUGE_PAGE_BYTES;
    uint8_t *whole = mmap(at, length + HUGE_PAGE_BYTES, protection, MAP_PRIVATE | MAP_ANONYMOUS, file, offset);
    const size_t head = (HUGE_PAGE_BYTES - (uintptr_t)whole % HUGE_PAGE_BYTES) % HUGE_PAGE_BYTES;
    if (head > 0) munmap(whole, head);
    munmap(whole + head + length, HUGE_PAGE_BYTES - head);
    played.length = length;
    played.flags = flags;
    return whole + head;
}

static const size_t sizes[] = {1, 4096, 5000, 512 * KIB, 2048 * KIB - 1, 2048 * KIB, 2048 * KIB + 1, 5000 * KIB};

static void pages_are_zero_and_aligned(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *pages = pages_new(sizes[i]);
        assert_non_null(pages);
        assert_int_equal((uintptr_t)pages % (sizes[i] < 2048 * KIB ? 64 : 2048 * KIB), 0);
        if (i % 2) pages_take(pages, sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pages[k], 0);
        memset(pages, 1, sizes[i]);
        pages_free(pages, sizes[i]);
    }
}

static void a_trim_keeps_the_beginning(void **state) {
    (void)state;
    const size_t bytes = 9000 * KIB;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *pages = pages_new(bytes);
        assert_non_null(pages);
        memset(pages, 7, bytes);
        assert_ptr_equal(pages_trim(pages, bytes, sizes[i]), pages);
        for (size_t k = 0; k < sizes[i]; k++)
            assert_int_equal(pages[k], 7);
        pages_free(pages, sizes[i]);
    }
}

static void too_much_is_refused(void **state) {
    (void)state;
    assert_null(pages_new(SIZE_MAX));
    assert_null(pages_new(SIZE_MAX / 2));
    pages_free(NULL, 1);
}

static void every_kind_is_zero(void **state) {
    (void)state;
    for (enum page_kind kind = PAGES_AUTO; kind <= PAGES_HUGE; kind++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            played.left = 3;
            uint8_t *pages = pages_new_of(kind, sizes[i]);
            assert_non_null(pages);
            assert_int_equal(!!(played.flags & MAP_HUGETLB), kind == PAGES_HUGE);
            if (kind >= PAGES_THP) assert_int_equal((uintptr_t)pages % HUGE_PAGE_BYTES, 0);
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(pages[k], 0);
            memset(pages, 1, sizes[i]);
            pages_free_of(kind, pages, sizes[i]);
        }
    for (int kind = 0; kind < PAGE_KINDS; kind++)
        assert_non_null(page_kind_names[kind]);
    assert_null(page_kind_names[PAGE_KINDS]);
}

/* There is no memory rather than memory of another kind. */
static void huge_pages_run_out(void **state) {
    (void)state;
    played.left = 2;
    assert_null(pages_new_of(PAGES_HUGE, 2 * HUGE_PAGE_BYTES + 1));
    assert_int_equal(errno, ENOMEM);
    assert_int_equal(played.left, 2);
    void *pages = pages_new_of(PAGES_HUGE, 2 * HUGE_PAGE_BYTES);
    assert_non_null(pages);
    assert_int_equal(played.left, 0);
    assert_null(pages_new_of(PAGES_HUGE, 1));
    pages_free_of(PAGES_HUGE, pages, 2 * HUGE_PAGE_BYTES);
    assert_null(pages_new_of(PAGES_HUGE, SIZE_MAX));
}

static void write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Three mappings, of which the second and the third touch. */
static const char smaps[] = "10000000-10200000 rw-p 00000000 00:00 0 \n"
                            "Size:               2048 kB\nRss:                 100 kB\nPss:                 100 kB\n"
                            "AnonHugePages:         0 kB\nShared_Hugetlb:        0 kB\nPrivate_Hugetlb:       0 kB\n"
                            "VmFlags: rd wr mr mw me ac \n"
                            "20000000-20400000 rw-p 00000000 00:00 0    [anon: Rss: 77 kB]\n"
                            "Size:               4096 kB\nRss:                4096 kB\nPss_Dirty:          4096 kB\n"
                            "AnonHugePages:      2048 kB\nShared_Hugetlb:        0 kB\nPrivate_Hugetlb:       0 kB\n"
                            "20400000-20600000 rw-p 00000000 00:0f 25   /anon_hugepage (deleted)\n"
                            "Size:               2048 kB\nRss:                   0 kB\nPss:                   0 kB\n"
                            "AnonHugePages:         0 kB\nShared_Hugetlb:        0 kB\nPrivate_Hugetlb:    2048 kB\n";

static void use_is_of_the_mapping(void **state) {
    (void)state;
    static const struct {
        uintptr_t start;
        size_t bytes, resident, huge;
    } cases[] = {
        {0x10000000, 0x200000, 100 * KIB, 0},           {0x101ff000, 1, 100 * KIB, 0},
        {0x20000000, 0x400000, 4096 * KIB, 2048 * KIB}, /* ends where the next mapping begins */
        {0x20100000, 1, 4096 * KIB, 2048 * KIB},        {0x20400000, 0x200000, 2048 * KIB, 2048 * KIB},
        {0x203fffff, 2, 6144 * KIB, 4096 * KIB},
    };
    char path[] = "/tmp/smaps-XXXXXX";
    const int made = mkstemp(path);
    struct page_use use;
    assert_true(made >= 0);
    close(made);
    write_text(path, smaps);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the file
        assert_int_equal(page_use_of(&use, (const void *)cases[i].start, cases[i].bytes, path), 0);
        assert_int_equal(use.resident, cases[i].resident);
        assert_int_equal(use.huge, cases[i].huge);
    }
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    assert_int_equal(page_use_of(&use, (const void *)0x10200000, 1, path), -1);
    assert_int_equal(errno, ENODATA);
    unlink(path);
    assert_int_equal(page_use_of(&use, smaps, 1, path), -1);
    assert_int_equal(errno, ENOENT);
}

/* What was just written is in memory. */
static void use_is_of_this_process(void **state) {
    (void)state;
    struct page_use use;
    uint8_t *pages = pages_new_of(PAGES_SMALL, 9000 * KIB);
    assert_non_null(pages);
    memset(pages, 1, 9000 * KIB);
    assert_int_equal(page_use_of(&use, pages, 9000 * KIB, NULL), 0);
    assert_true(use.resident >= 9000 * KIB);
    pages_free_of(PAGES_SMALL, pages, 9000 * KIB);
}

static void the_pool_is_read(void **state) {
    (void)state;
    char folder[] = "/tmp/huge-pool-XXXXXX", path[64], command[HUGE_COMMAND];
    static const char *const names[] = {"nr_hugepages", "free_hugepages", "resv_hugepages"};
    static const char *const texts[] = {"20\n", "9\n", "2\n"};
    struct huge_pool pool;
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(huge_pool_read(&pool, folder), -1);
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        write_text(path, texts[i]);
    }
    assert_int_equal(huge_pool_read(&pool, folder), 0);
    assert_int_equal(pool.reserved, 20);
    assert_int_equal(pool.available, 7); /* two of the free ones are promised */
    huge_pool_command(command, &pool, 17);
    assert_string_equal(command, "echo 30 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
    huge_pool_command(command, &pool, 7);
    assert_string_equal(command, "echo 20 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
    assert_int_equal(huge_pages_for(1), 1);
    assert_int_equal(huge_pages_for(HUGE_PAGE_BYTES), 1);
    assert_int_equal(huge_pages_for(HUGE_PAGE_BYTES + 1), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_zero_and_aligned), cmocka_unit_test(a_trim_keeps_the_beginning),
        cmocka_unit_test(too_much_is_refused),        cmocka_unit_test(every_kind_is_zero),
        cmocka_unit_test(huge_pages_run_out),         cmocka_unit_test(use_is_of_the_mapping),
        cmocka_unit_test(use_is_of_this_process),     cmocka_unit_test(the_pool_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
