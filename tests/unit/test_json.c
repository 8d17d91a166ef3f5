/* SPDX-License-Identifier: MIT */
/* Text from outside as JSON: any bytes become UTF-8 and can be had back, and nothing is lost unseen. */
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_escaped(const char *text, const char *want) {
    json_t *value = json_escaped(text);
    assert_non_null(value);
    assert_string_equal(json_string_value(value), want);
    json_decref(value);
}

static void utf8_stays(void **state) {
    (void)state;
    assert_escaped("", "");
    assert_escaped("plain \\ text, \\n and \\xZZ", "plain \\ text, \\n and \\xZZ");
    assert_escaped("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_escaped("\x1b[31m\n\x7f\xc2\x9b", "\x1b[31m\n\x7f\xc2\x9b"); /* exact; json_text hides them */
    assert_escaped("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf");
    json_t *none = json_escaped(NULL);
    assert_true(json_is_null(none));
}

static void other_bytes_are_escaped(void **state) {
    (void)state;
    assert_escaped("\xfc"
                   "ber",
                   "\\xfcber");
    assert_escaped("B\xfc.json", "B\\xfc.json");
    assert_escaped("\xc3", "\\xc3");                            /* cut off */
    assert_escaped("\xe2\x82", "\\xe2\\x82");                   /* cut off */
    assert_escaped("\xe2\x82z", "\\xe2\\x82z");                 /* broken off */
    assert_escaped("\xc0\x80\xc1\xbf", "\\xc0\\x80\\xc1\\xbf"); /* overlong */
    assert_escaped("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");          /* overlong */
    assert_escaped("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"); /* overlong */
    assert_escaped("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
    assert_escaped("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* above U+10FFFF */
    assert_escaped("\xf5\xff\xfe", "\\xf5\\xff\\xfe");
    assert_escaped("\\xfc", "\\x5cxfc"); /* an escape in the text itself */
    assert_escaped("\\\xfc", "\\\\xfc");
    json_t *part = json_escaped_part("\xe9t\xe9", 2);
    assert_string_equal(json_string_value(part), "\\xe9t");
    json_decref(part);
}

static unsigned digit(char c) {
    return c >= 'a' ? (unsigned)(c - 'a') + 10 : (unsigned)(c - '0');
}

/* The other way, by the rule in base/json.h. */
static void unescape(char *text) {
    char *to = text;
    while (*text) {
        const bool escape = text[0] == '\\' && text[1] == 'x' && strspn(text + 2, "0123456789abcdef") >= 2;
        *to++ = escape ? (char)(digit(text[2]) << 4 | digit(text[3])) : *text;
        text += escape ? 4 : 1;
    }
    *to = 0;
}

/* Random texts, dense in what is special, and every pair of bytes. */
static void escapes_read_back(void **state) {
    (void)state;
    static const char special[] = "\\x5cf0\xc3\xbc\xe2\x80\xae\xff\x80\x1b\x7f";
    unsigned seed = 1;
    for (unsigned i = 0; i < 200000; i++) {
        char text[12] = "";
        if (i < 65536) {
            text[0] = (char)(i >> 8);
            text[1] = (char)i;
        } else {
            for (size_t k = 0; k < sizeof text - 1; k++) {
                seed = seed * 1664525 + 1013904223;
                text[k] = special[(seed >> 16) % (sizeof special - 1)];
            }
        }
        for (int printable = 0; printable < 2; printable++) {
            char *escaped = escape_text(text, printable);
            assert_non_null(escaped);
            json_t *value = json_string(escaped);
            assert_non_null(value); /* jansson takes UTF-8 only */
            json_decref(value);
            unescape(escaped);
            assert_string_equal(escaped, text);
            free(escaped);
        }
    }
}

static void printable_text_moves_no_terminal(void **state) {
    (void)state;
    char *text = escape_text("a\x1b[2J\n\x7f\xc2\x85\xc2\x9b\xe2\x80\xae\xd8\x9c\xe2\x81\xa6\xc2\xa0z", true);
    assert_string_equal(text,
                        "a\\x1b[2J\\x0a\\x7f\\xc2\\x85\\xc2\\x9b\\xe2\\x80\\xae\\xd8\\x9c\\xe2\\x81\\xa6\xc2\xa0z");
    free(text);
}

static void json_text_is_safe_to_show(void **state) {
    (void)state;
    json_t *value = json_escaped("\x1b\x7f\xc2\x85\xc2\x9b\xe2\x80\xae\xe2\x81\xa9\"\\ \xc3\xbc");
    char *text = json_text(value);
    assert_string_equal(text, "\"\\u001B\\u007F\\u0085\\u009B\\u202E\\u2069\\\"\\\\ \xc3\xbc\"\n");
    json_t *again = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_true(json_equal(value, again));
    json_decref(again);
    json_decref(value);
    free(text);
}

static void assert_repaired(const char *broken, const char *value_of_a) {
    char *text = json_repair(broken);
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    assert_string_equal(json_string_value(json_object_get(value, "a")), value_of_a);
    json_decref(value);
    free(text);
}

static void google_benchmark_is_repaired(void **state) {
    (void)state;
    assert_repaired("{\n  \"a\": \"h\xf6st\"\n}", "h\\xf6st");
    assert_repaired("{\"a\": \"\x1b[1m\x7f\t\"}", "\x1b[1m\x7f\t");
    assert_repaired("{\"\xe9\": 1, \"a\": \"\\\"\\\\\xff\"}", "\"\\\\xff");
    char *cut = json_repair("{\"a\": \"\xff\\");
    assert_string_equal(cut, "{\"a\": \"\\\\xff\\");
    free(cut);
}

static void keys_are_escaped(void **state) {
    (void)state;
    json_t *object = json_object();
    assert_int_equal(json_put(object, "na\xefve", json_true()), 0);
    assert_true(json_is_true(json_object_get(object, "na\\xefve")));
    assert_false(json_lost());
    json_decref(object);
}

static void what_is_escaped_stays_so(void **state) {
    (void)state;
    json_t *value = json_escaped_before("\\xfcber");
    assert_string_equal(json_string_value(value), "\\xfcber");
    json_decref(value);
    value = json_escaped_before("\\xfc\xff");
    assert_string_equal(json_string_value(value), "\\x5cxfc\\xff");
    json_decref(value);
}

/* What is missing or of another type is no fact. */
static void facts_of_any_type_are_read(void **state) {
    (void)state;
    json_t *facts = json_pack("{s:f, s:i, s:s, s:n, s:[i]}", "real", 0.5, "whole", 7, "text", "7", "null", "list", 1);
    static const char *const others[] = {"text", "null", "list", "missing"};
    assert_non_null(facts);
    assert_true(json_number_at(facts, "real") == 0.5 && json_number_at(facts, "whole") == 7.0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const double number = json_number_at(facts, others[i]);
        assert_true(number != number);
        assert_string_equal(json_text_at(facts, others[i]), i == 0 ? "7" : "");
        assert_int_equal(json_known_at(facts, others[i]), i == 0 || i == 2);
    }
    assert_string_equal(json_text_at(NULL, "text"), "");
    json_decref(facts);
}

static void the_first_object_with_a_text_is_found(void **state) {
    (void)state;
    json_t *list =
        json_pack("[i, {s:i}, {s:s, s:i}, {s:s, s:i}]", 1, "name", 2, "name", "a", "at", 2, "name", "a", "at", 3);
    assert_non_null(list);
    assert_true(json_number_at(json_find(list, "name", "a"), "at") == 2.0);
    assert_null(json_find(list, "name", "b"));
    assert_null(json_find(NULL, "name", "a"));
    json_decref(list);
}

/* In a process of its own: what is lost stays lost. */
static void what_is_lost_is_not_written(void **state) {
    (void)state;
    for (int list = 0; list < 2; list++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            json_t *into = list ? json_array() : json_object();
            struct error err;
            const int bad = list ? json_add(into, NULL) : json_put(into, "a", NULL);
            const bool told = bad != 0 && json_lost() && !json_text(into) && json_print(stdout, into, &err) != 0 &&
                              err.kind == ERROR_PROGRAM;
            _exit(told ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_stays),
        cmocka_unit_test(other_bytes_are_escaped),
        cmocka_unit_test(escapes_read_back),
        cmocka_unit_test(printable_text_moves_no_terminal),
        cmocka_unit_test(json_text_is_safe_to_show),
        cmocka_unit_test(google_benchmark_is_repaired),
        cmocka_unit_test(keys_are_escaped),
        cmocka_unit_test(what_is_escaped_stays_so),
        cmocka_unit_test(facts_of_any_type_are_read),
        cmocka_unit_test(the_first_object_with_a_text_is_found),
        cmocka_unit_test(what_is_lost_is_not_written),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
