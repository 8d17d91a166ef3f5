/* SPDX-License-Identifier: MIT */
/* base/pages: zeroed, aligned, and still there after a trim. */
#include "base/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { KIB = 1024 };

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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_are_zero_and_aligned),
        cmocka_unit_test(a_trim_keeps_the_beginning),
        cmocka_unit_test(too_much_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
