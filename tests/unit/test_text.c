/* SPDX-License-Identifier: MIT */
/* Any bytes become printable UTF-8 of one line. */
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_printed(const char *bytes, const char *want) {
    char *text = printable_text(bytes);
    assert_non_null(text);
    assert_string_equal(text, want);
    free(text);
}

static void what_is_printable_stays(void **state) {
    (void)state;
    assert_printed("", "");
    assert_printed("data/mnist \\ ~", "data/mnist \\ ~");
    assert_printed("Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80", "Z\xc3\xbcrich \xe2\x82\xac \xf0\x9f\x98\x80");
    assert_printed("\xc2\xa0\xf4\x8f\xbf\xbf", "\xc2\xa0\xf4\x8f\xbf\xbf"); /* U+00A0 and U+10FFFF, at the edges */
}

static void controls_and_direction_marks_are_escaped(void **state) {
    (void)state;
    assert_printed("a\nb\tc\033[2J\x7f", "a\\x0ab\\x09c\\x1b[2J\\x7f");
    assert_printed("\xc2\x80 \xc2\x85 \xc2\x9b \xc2\x9f", "\\xc2\\x80 \\xc2\\x85 \\xc2\\x9b \\xc2\\x9f");
    assert_printed("\xe2\x80\xa8 \xe2\x80\xae", "\\xe2\\x80\\xa8 \\xe2\\x80\\xae"); /* U+2028, U+202E */
    assert_printed("\xe2\x81\xa6 \xe2\x80\x8f \xd8\x9c", "\\xe2\\x81\\xa6 \\xe2\\x80\\x8f \\xd8\\x9c");
}

static void what_is_not_utf8_is_escaped(void **state) {
    (void)state;
    assert_printed("\xfc"
                   "ber",
                   "\\xfcber");
    assert_printed("\xc3", "\\xc3");                                       /* cut off at the end */
    assert_printed("\xe2\x82x", "\\xe2\\x82x");                            /* and before another character */
    assert_printed("\xc0\xaf \xe0\x80\xaf", "\\xc0\\xaf \\xe0\\x80\\xaf"); /* longer than needed */
    assert_printed("\xed\xa0\x80", "\\xed\\xa0\\x80");                     /* a surrogate */
    assert_printed("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");            /* U+110000 */
    assert_printed("\x80\xff", "\\x80\\xff");
}

static void a_short_buffer_cuts_behind_a_character(void **state) {
    (void)state;
    char text[8] = "?";
    assert_int_equal(printable_copy(text, 0, "abc"), 3);
    assert_string_equal(text, "?");
    assert_int_equal(printable_copy(text, 4, "abc"), 3);
    assert_string_equal(text, "abc");
    assert_int_equal(printable_copy(text, 3, "abc"), 3);
    assert_string_equal(text, "ab");
    assert_int_equal(printable_copy(text, 4, "ab\xc3\xbc z"), 6);
    assert_string_equal(text, "ab");
    assert_int_equal(printable_copy(text, 6, "ab\033c"), 7);
    assert_string_equal(text, "ab");
}

/* Two bytes of any kind: the text is UTF-8 again, all of it printable, and printing it again changes nothing. */
static void no_bytes_come_through(void **state) {
    (void)state;
    for (unsigned a = 1; a < 256; a++)
        for (unsigned b = 1; b < 256; b++) {
            const char bytes[] = {(char)0xe2, (char)a, (char)b, 'x', 0};
            char *text = printable_text(bytes);
            assert_non_null(text);
            uint32_t point;
            for (const char *at = text; *at; at += utf8_length(at, &point)) {
                assert_true(utf8_length(at, &point) > 0);
                assert_true(is_printable(point));
            }
            assert_printed(text, text);
            free(text);
        }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printable_stays),     cmocka_unit_test(controls_and_direction_marks_are_escaped),
        cmocka_unit_test(what_is_not_utf8_is_escaped), cmocka_unit_test(a_short_buffer_cuts_behind_a_character),
        cmocka_unit_test(no_bytes_come_through),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
