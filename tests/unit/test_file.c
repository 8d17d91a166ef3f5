/* SPDX-License-Identifier: MIT */
/* Files are written whole or not at all, and numbers are printed so that they read back equal. */
#include "base/file.h"
#include "base/json.h"
#include "data/random.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/sgdmark-file-XXXXXX";
static char path[64];

static int enter(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int leave(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails when something was left behind */
}

static size_t entries(void) {
    DIR *dir = opendir(folder);
    size_t count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

static int put(const char *text) {
    struct span pieces[] = {{text, strlen(text) / 2}, {text + strlen(text) / 2, strlen(text) - strlen(text) / 2}};
    return write_file(path, pieces, 2, NULL);
}

static void assert_holds(const char *text) {
    char got[64] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(got, 1, sizeof got - 1, file);
    fclose(file);
    assert_int_equal(length, strlen(text));
    assert_string_equal(got, text);
}

static void pieces_are_joined(void **state) {
    (void)state;
    assert_int_equal(put("one two three"), 0);
    assert_holds("one two three");
    assert_int_equal(put("shorter"), 0);
    assert_holds("shorter");
    assert_int_equal(entries(), 1);
}

static void permissions_follow_the_mask(void **state) {
    (void)state;
    mode_t before = umask(027);
    assert_int_equal(put("x"), 0);
    umask(before);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
}

/* At any moment either the old or the new content stands there: the new one is another file, put in its place. */
static void a_file_is_replaced_not_rewritten(void **state) {
    (void)state;
    assert_int_equal(put("old"), 0);
    FILE *old = fopen(path, "r");
    assert_int_equal(put("new content"), 0);
    char got[16] = "";
    assert_int_equal(fread(got, 1, sizeof got - 1, old), 3);
    fclose(old);
    assert_string_equal(got, "old");
    assert_holds("new content");
}

static void half_a_file_is_not_left(void **state) {
    (void)state;
    assert_int_equal(put("old"), 0);
    static char large[64 * 1024];
    struct span piece = {large, sizeof large};
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000; /* the write of 64 KiB stops there, and the next one fails */
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    struct error err = {.text = ""};
    int bad = write_file(path, &piece, 1, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(bad, -1);
    assert_non_null(strstr(err.text, path));
    assert_holds("old");
    assert_int_equal(entries(), 1);
}

static void places_that_take_no_file(void **state) {
    (void)state;
    struct span piece = {"x", 1};
    struct error err;
    assert_int_equal(write_file(folder, &piece, 1, &err), -1);
    assert_non_null(strstr(err.text, "is a folder"));
    assert_int_equal(write_file("/no/such/folder/file", &piece, 1, &err), -1);
    assert_non_null(strstr(err.text, "cannot be created"));
    assert_int_equal(write_file("/dev/full", &piece, 1, &err), -1);
    assert_non_null(strstr(err.text, "/dev/full"));
    assert_int_equal(write_file("/dev/null", &piece, 1, &err), 0);
}

static void reals_read_back(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } known[] = {{0.1, "0.1"},
                 {1, "1.0"},
                 {-0.0, "-0.0"},
                 {65.90588842073879, "65.90588842073879"},
                 {1e300, "1e+300"},
                 {5e-324, "5e-324"},
                 {0.30000000000000004, "0.30000000000000004"}};
    char text[REAL_TEXT];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        format_real(text, known[i].value);
        assert_string_equal(text, known[i].text);
    }
    struct random_state rs;
    random_seed(&rs, 1);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)random_uint32(&rs) << 32 | random_uint32(&rs);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        format_real(text, value);
        assert_true(strtod(text, NULL) == value);
    }
}

static void json_keeps_strings_and_shortens_reals(void **state) {
    (void)state;
    json_t *value = json_pack("{s:f, s:s, s:i, s:o}", "a", 0.1, "b \"1.50\"", "1.2500 \\ \"x\"", "c", -7, "d",
                              json_number((double)NAN));
    char *text = json_text(value);
    assert_string_equal(text, "{\n  \"a\": 0.1,\n  \"b \\\"1.50\\\"\": \"1.2500 \\\\ \\\"x\\\"\",\n  \"c\": -7,\n"
                              "  \"d\": null\n}\n");
    free(text);
    json_decref(value);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_joined),
        cmocka_unit_test(permissions_follow_the_mask),
        cmocka_unit_test(a_file_is_replaced_not_rewritten),
        cmocka_unit_test(half_a_file_is_not_left),
        cmocka_unit_test(places_that_take_no_file),
        cmocka_unit_test(reals_read_back),
        cmocka_unit_test(json_keeps_strings_and_shortens_reals),
    };
    return cmocka_run_group_tests_name("file", tests, enter, leave);
}
