/* SPDX-License-Identifier: MIT */
/* What was meant by a mistyped word. */
#include "base/near.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const known[] = {"train", "compare", "report", "describe", "f32",
                                    "f64",   "avx2",    "avx512", "run",      "C"};

/* The known word that is near, or "". */
static const char *meant(const char *word) {
    struct near search;
    near_begin(&search, word, strlen(word));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        near_try(&search, known[i]);
    return search.best ? search.best : "";
}

static void one_slip_is_near(void **state) {
    (void)state;
    assert_string_equal(meant("trian"), "train");     /* exchanged */
    assert_string_equal(meant("tain"), "train");      /* missing */
    assert_string_equal(meant("ttrain"), "train");    /* surplus */
    assert_string_equal(meant("trein"), "train");     /* wrong */
    assert_string_equal(meant("TRAIN"), "train");     /* capital */
    assert_string_equal(meant("comprae"), "compare"); /* two slips in seven letters */
    assert_string_equal(meant("desc"), "describe");   /* a beginning */
    assert_string_equal(meant("rn"), "run");
}

static void others_are_far(void **state) {
    (void)state;
    assert_string_equal(meant(""), "");
    assert_string_equal(meant("x"), "");
    assert_string_equal(meant("?"), "");
    assert_string_equal(meant("trxxn"), "");
    assert_string_equal(meant("frobnicate"), "");
    char longest[200];
    memset(longest, 'r', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_string_equal(meant(longest), "");
}

static void the_nearest_counts_and_of_equals_the_first(void **state) {
    (void)state;
    assert_string_equal(meant("avx21"), "avx2");
    assert_string_equal(meant("avx521"), "avx512");
    assert_string_equal(meant("f34"), "f32"); /* as near to f64 */
}

static void the_text_names_it(void **state) {
    (void)state;
    char text[NEAR_TEXT];
    struct near search;
    near_begin(&search, "quik", 4);
    assert_string_equal(near_text(text, &search, "--"), "");
    near_try_part(&search, "quick and more", 5);
    assert_string_equal(near_text(text, &search, "--"), ": did you mean '--quick'?");
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_slip_is_near),
        cmocka_unit_test(others_are_far),
        cmocka_unit_test(the_nearest_counts_and_of_equals_the_first),
        cmocka_unit_test(the_text_names_it),
    };
    return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}
