/* SPDX-License-Identifier: MIT */
/* Arrays in .npz files: what NumPy writes is read, and damaged archives are refused in one line. */
#include "data/npz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static char path[] = "/tmp/sgdmark-test-npz.XXXXXX";

static int make_path(void **state) {
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state) {
    (void)state;
    return unlink(path);
}

/* ---- Headers of .npy ---- */

enum { BYTES_MOST = 4096 };

/* An .npy array: its header text and the values behind it. Returns its length. */
static size_t npy(uint8_t bytes[BYTES_MOST], unsigned version, const char *text, const void *values, size_t length) {
    const size_t header = strlen(text), prefix = version == 1 ? 10 : 12;
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (uint8_t)version;
    bytes[7] = 0;
    bytes[8] = (uint8_t)header;
    bytes[9] = (uint8_t)(header >> 8);
    bytes[10] = bytes[11] = 0;
    memcpy(bytes + prefix, text, header);
    memcpy(bytes + prefix + header, values, length);
    return prefix + header + length;
}

static void accepted(struct array *array, unsigned version, const char *text, const void *values, size_t length) {
    uint8_t bytes[BYTES_MOST];
    struct error err;
    const size_t whole = npy(bytes, version, text, values, length);
    if (npy_read(array, "x", bytes, whole, &err) != 0) fail_msg("%s: %s", text, err.text);
}

static void refused(const char *text, const void *values, size_t length, const char *because) {
    uint8_t bytes[BYTES_MOST];
    struct array array;
    struct error err;
    const size_t whole = npy(bytes, 1, text, values, length);
    if (npy_read(&array, "x", bytes, whole, &err) == 0) fail_msg("was not refused: %s", text);
    if (!strstr(err.text, because) || strncmp(err.text, "x ", 2) != 0)
        fail_msg("'%s' does not say: %s", err.text, because);
    assert_null(array.values);
}

static void headers_in_any_form_are_read(void **state) {
    (void)state;
    const double two[] = {1.5, -2.5};
    static const char *const forms[] = {
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }          \n",
        "{\"shape\":(2,),\"descr\":\"<f8\",\"fortran_order\":True}",
        " { 'fortran_order' : False , 'shape' : ( 2 , ) , 'descr' : '=f8' } ",
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        for (unsigned version = 1; version <= 3; version++) {
            struct array array;
            accepted(&array, version, forms[i], two, sizeof two);
            assert_int_equal(array.type, ARRAY_FLOAT64);
            assert_int_equal(array.dimensions, 1);
            assert_int_equal(array.shape[0], 2);
            assert_memory_equal(array.values, two, sizeof two);
            array_free(&array);
        }
}

static void other_orders_are_put_right(void **state) {
    (void)state;
    static const uint8_t big[] = {0, 0, 0, 0, 0, 0, 1, 2};
    static const int64_t columns[] = {1, 4, 2, 5, 3, 6}, rows[] = {1, 2, 3, 4, 5, 6};
    struct array array;
    accepted(&array, 1, "{'descr': '>i8', 'fortran_order': False, 'shape': (), }", big, sizeof big);
    assert_int_equal(*(const int64_t *)array.values, 258);
    array_free(&array);
    accepted(&array, 1, "{'descr': '<i8', 'fortran_order': True, 'shape': (2, 3), }", columns, sizeof columns);
    assert_memory_equal(array.values, rows, sizeof rows);
    array_free(&array);
}

static void texts_of_both_kinds_are_read(void **state) {
    (void)state;
    static const uint32_t wide[] = {'h', 'i', 0, 0};
    struct array array;
    accepted(&array, 1, "{'descr': '<U4', 'fortran_order': False, 'shape': (), }", wide, sizeof wide);
    assert_string_equal(array.values, "hi");
    array_free(&array);
    accepted(&array, 1, "{'descr': '|S3', 'fortran_order': False, 'shape': (), }", "abc", 3);
    assert_string_equal(array.values, "abc");
    array_free(&array);
}

static void broken_headers_are_refused(void **state) {
    (void)state;
    static const uint32_t beyond[] = {0x141}, gap[] = {'a', 0, 'b'};
    const double one = 1.0;
    static const char understood[] = "cannot be understood";
    refused("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", &one, 8, "not those of its shape");
    refused("{'descr': '<f8', 'fortran_order': False, 'shape': (0,)}", &one, 8, "not those of its shape");
    refused("{'descr': '<f2', 'fortran_order': False, 'shape': (4,)}", &one, 8, "type '<f2'");
    refused("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", &one, 8, "type '|O'");
    refused("{'descr': '<U', 'fortran_order': False, 'shape': ()}", &one, 8, "type '<U'");
    refused("{'descr': '<U99999999', 'fortran_order': False, 'shape': ()}", &one, 8, "type '<U99999999'");
    refused("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1, 1)}", &one, 8, understood);
    refused("{'descr': '<f8', 'fortran_order': False, 'shape': (1)}", &one, 8, understood);
    refused("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", &one, 8, understood);
    refused("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967297,)}", &one, 8, understood);
    refused("{'descr': '<f8', 'fortran_order': False}", &one, 8, understood);
    refused("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", &one, 8, understood);
    refused("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}", &one, 8, understood);
    refused("{'descr': '<f8', 'fortran_order': Maybe, 'shape': (1,)}", &one, 8, understood);
    refused("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x", &one, 8, understood);
    refused("{'descr': '<f8", &one, 8, understood);
    refused("", &one, 0, understood);
    refused("{'descr': '<U1', 'fortran_order': False, 'shape': ()}", beyond, 4, "ASCII");
    refused("{'descr': '<U3', 'fortran_order': False, 'shape': ()}", gap, 12, "ASCII");
    refused("{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}", "\2", 1, "0 and 1");
}

/* ---- Archives ---- */

enum { NUMBERS = 40 };

/* An archive of three arrays in memory; with a deflated member, as numpy.savez_compressed writes it. */
static size_t archive(uint8_t **bytes) {
    double numbers[NUMBERS];
    struct error err;
    for (int k = 0; k < NUMBERS; k++)
        numbers[k] = k / 3.0;
    const uint8_t flags[] = {1, 0, 1};
    const struct named_array members[] = {{"numbers", {ARRAY_FLOAT64, 2, {4, 10}, numbers}},
                                          {"flags", {ARRAY_BOOL, 1, {3}, flags}},
                                          {"words", {ARRAY_TEXT, 0, {0}, "two words"}}};
    if (npz_write(path, members, 3, &err) != 0) fail_msg("%s", err.text);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *bytes = malloc(1 << 16);
    const size_t length = fread(*bytes, 1, 1 << 16, file);
    fclose(file);
    return length;
}

static void arrays_come_back(void **state) {
    (void)state;
    uint8_t *bytes;
    struct npz npz;
    struct error err;
    const size_t length = archive(&bytes);
    assert_int_equal(npz_parse(&npz, "a.npz", bytes, length, &err), 0);
    assert_int_equal(npz.count, 3);
    const struct array *numbers = npz_find(&npz, "numbers");
    assert_int_equal(numbers->shape[0] * 100 + numbers->shape[1], 410);
    assert_true(((const double *)numbers->values)[39] == 13.0);
    assert_int_equal(((const uint8_t *)npz_find(&npz, "flags")->values)[2], 1);
    assert_string_equal(npz_find(&npz, "words")->values, "two words");
    assert_null(npz_find(&npz, "word"));
    npz_free(&npz);
    assert_int_equal(npz_load(&npz, path, &err), 0);
    npz_free(&npz);
    free(bytes);
}

static void expect_archive_refused(const uint8_t *bytes, size_t length, const char *because) {
    struct npz npz;
    struct error err = {.text = ""};
    if (npz_parse(&npz, "a.npz", bytes, length, &err) == 0) {
        npz_free(&npz);
        fail_msg("was not refused: %s", because);
    }
    if (strncmp(err.text, "a.npz: ", 7) != 0 || strchr(err.text, '\n') || !strstr(err.text, because))
        fail_msg("'%s' does not say: %s", err.text, because);
}

static void archives_cut_short_are_refused(void **state) {
    (void)state;
    uint8_t *bytes;
    const size_t length = archive(&bytes);
    for (size_t part = 0; part < length; part++) {
        uint8_t *exact = malloc(part + 1); /* so that a sanitizer sees what lies behind it */
        memcpy(exact, bytes, part);
        expect_archive_refused(exact, part, "");
        free(exact);
    }
    free(bytes);
}

/* Times and versions mean nothing here; every other byte has a checksum, or is one of a name or a size. */
static void changed_bytes_are_noticed(void **state) {
    (void)state;
    uint8_t *bytes;
    size_t unnoticed = 0;
    const size_t length = archive(&bytes);
    for (size_t k = 0; k < length; k++) {
        struct npz npz;
        struct error err;
        bytes[k] ^= 0x10;
        if (npz_parse(&npz, "a.npz", bytes, length, &err) == 0) {
            npz_free(&npz);
            unnoticed++;
        }
        bytes[k] ^= 0x10;
    }
    print_message("%zu of %zu bytes may change\n", unnoticed, length);
    assert_true(unnoticed < 150);
    free(bytes);
}

static uint8_t *find(uint8_t *bytes, size_t length, const char *text, int which) {
    const size_t size = strlen(text);
    for (size_t k = 0; k + size <= length; k++)
        if (memcmp(bytes + k, text, size) == 0 && which-- == 0) return bytes + k;
    fail_msg("no %s", text);
    return NULL;
}

static void hostile_archives_are_refused(void **state) {
    (void)state;
    uint8_t *bytes, *at;
    const size_t length = archive(&bytes);
    uint8_t *copy = malloc(length);
#define FRESH (memcpy(copy, bytes, length), copy)
    at = find(FRESH, length, "PK\1\2", 1); /* the second entry of the directory */
    at[8] |= 1;
    expect_archive_refused(copy, length, "'flags.npy' is encrypted");
    at = find(FRESH, length, "PK\1\2", 1);
    at[10] = 12;
    expect_archive_refused(copy, length, "'flags.npy' is packed by method 12");
    at = find(FRESH, length, "PK\1\2", 1);
    memset(at + 20, 0xff, 8);
    expect_archive_refused(copy, length, "more than 67108864 bytes");
    at = find(FRESH, length, "PK\1\2", 1);
    at[24]++;
    expect_archive_refused(copy, length, "contradict");
    at = find(FRESH, length, "PK\1\2", 1);
    at[10] = 8; /* deflated, with a size that no such stream can have */
    memcpy(at + 24, "\0\0\xff\3", 4);
    expect_archive_refused(copy, length, "contradict");
    at = find(FRESH, length, "PK\1\2", 1);
    at[10] = 8;
    expect_archive_refused(copy, length, "'flags.npy' cannot be unpacked");
    at = find(FRESH, length, "PK\1\2", 1);
    memset(at + 42, 0xff, 4);
    expect_archive_refused(copy, length, "begins behind its end");
    at = find(FRESH, length, "flags.npy", 1);
    memcpy(at, "words.npy", 9);
    expect_archive_refused(copy, length, "two names");
    at = find(FRESH, length, "flags.npy", 0);
    memcpy(at, "words.npy", 9);
    memcpy(find(copy, length, "flags.npy", 0), "words.npy", 9);
    expect_archive_refused(copy, length, "two members 'words.npy'");
    at = find(FRESH, length, "flags.npy", 1);
    at[2] = '/';
    expect_archive_refused(copy, length, "plain word");
    at = find(FRESH, length, "flags.npy", 1);
    memcpy(at, "flags.txt", 9);
    memcpy(find(copy, length, "flags.npy", 0), "flags.txt", 9);
    expect_archive_refused(copy, length, "'flags.txt' is no .npy array");
    at = find(FRESH, length, "PK\1\2", 2);
    at[30] = 100; /* an extra field beyond the directory */
    expect_archive_refused(copy, length, "directory is cut short");
    at = find(FRESH, length, "PK\5\6", 0);
    at[8] = at[10] = 200;
    expect_archive_refused(copy, length, "200 members");
    at = find(FRESH, length, "PK\5\6", 0);
    at[8] = at[10] = 4;
    expect_archive_refused(copy, length, "cut short");
    at = find(FRESH, length, "PK\5\6", 0);
    at[4] = 1;
    expect_archive_refused(copy, length, "one part of several");
    at = find(FRESH, length, "PK\5\6", 0);
    memset(at + 16, 0xff, 4);
    expect_archive_refused(copy, length, "begins behind its end");
    expect_archive_refused((const uint8_t *)"no archive at all, but long enough", 34, "not a zip archive");
#undef FRESH
    free(copy);
    free(bytes);
}

/* The end record is found before a comment, as any zip program may add one. */
static void a_comment_does_no_harm(void **state) {
    (void)state;
    uint8_t *bytes;
    struct npz npz;
    struct error err;
    const size_t length = archive(&bytes);
    memcpy(bytes + length, "hello", 5);
    bytes[length - 2] = 5;
    assert_int_equal(npz_parse(&npz, "a.npz", bytes, length + 5, &err), 0);
    npz_free(&npz);
    free(bytes);
}

/* A deflated member: one .npy of zeros, made by zlib, with the headers that zipfile writes for large files. */
static void deflated_members_are_read(void **state) {
    (void)state;
    static double zeros[2000];
    static uint8_t array[sizeof zeros + NPY_HEADER], packed[4096], file[8192];
    const struct array shape = {ARRAY_FLOAT64, 1, {2000}, zeros};
    npy_header((char *)array, &shape);
    z_stream stream = {.next_in = array, .avail_in = sizeof array, .next_out = packed, .avail_out = sizeof packed};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    const uint32_t size = (uint32_t)stream.total_out, crc = (uint32_t)crc32(0, array, sizeof array);
    const uint32_t plain = sizeof array, entry_at = 30 + 5 + 20 + size, length = entry_at + 46 + 5 + 22;
    deflateEnd(&stream);
    /* The local header leaves the sizes to an extra field of 20 bytes (zip64). */
    memcpy(file, "PK\3\4\x2d\0\0\0\x08\0\0\0\0\0", 14);
    memset(file + 18, 0xff, 8);
    file[26] = 5;
    file[28] = 20;
    memcpy(file + 30, "z.npy", 5);
    memcpy(file + 55, packed, size);
    uint8_t *entry = file + entry_at, *end = entry + 51;
    memcpy(entry, "PK\1\2\x2d\3\x2d\0\0\0\x08\0", 12);
    memcpy(entry + 16, &crc, 4);
    memcpy(entry + 20, &size, 4);
    memcpy(entry + 24, &plain, 4);
    entry[28] = 5;
    memcpy(entry + 46, "z.npy", 5);
    memcpy(end, "PK\5\6", 4);
    end[8] = end[10] = 1;
    memcpy(end + 16, &entry_at, 4);
    struct npz npz;
    struct error err;
    if (npz_parse(&npz, "z.npz", file, length, &err) != 0) fail_msg("%s", err.text);
    assert_memory_equal(npz_find(&npz, "z")->values, zeros, sizeof zeros);
    npz_free(&npz);
    file[55 + size / 2] ^= 0xff;
    assert_int_equal(npz_parse(&npz, "z.npz", file, length, &err), -1);
}

static void files_that_cannot_be_read_are_named(void **state) {
    (void)state;
    struct npz npz;
    struct error err;
    assert_int_equal(npz_load(&npz, "/no/such/file.npz", &err), -1);
    assert_non_null(strstr(err.text, "/no/such/file.npz: cannot be opened"));
    assert_int_equal(npz_load(&npz, "/tmp", &err), -1);
    assert_non_null(strstr(err.text, "not a regular file"));
    assert_int_equal(truncate(path, (off_t)1 << 31), 0); /* a sparse file */
    assert_int_equal(npz_load(&npz, path, &err), -1);
    assert_non_null(strstr(err.text, "at most 67108864"));
    assert_int_equal(truncate(path, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_in_any_form_are_read),
        cmocka_unit_test(other_orders_are_put_right),
        cmocka_unit_test(texts_of_both_kinds_are_read),
        cmocka_unit_test(broken_headers_are_refused),
        cmocka_unit_test(arrays_come_back),
        cmocka_unit_test(archives_cut_short_are_refused),
        cmocka_unit_test(changed_bytes_are_noticed),
        cmocka_unit_test(hostile_archives_are_refused),
        cmocka_unit_test(a_comment_does_no_harm),
        cmocka_unit_test(deflated_members_are_read),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
