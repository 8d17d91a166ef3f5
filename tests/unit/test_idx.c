/* SPDX-License-Identifier: MIT */
/* Reading IDX files, good and bad. */
#include "data/dataset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

static const char IMAGES[] = "t10k-images-idx3-ubyte", LABELS[] = "t10k-labels-idx1-ubyte";

/* The content of a file as it is made up. */
struct content {
    uint8_t bytes[4096];
    size_t length;
};

static char folder[] = "/tmp/sgdmark-idx.XXXXXX";

static char *path_of(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put_word(struct content *content, uint32_t word) {
    for (int shift = 24; shift >= 0; shift -= 8)
        content->bytes[content->length++] = (uint8_t)(word >> shift);
}

/* n images of height x width whose k-th byte is k * 7 mod 256. */
static struct content images(uint32_t n, uint32_t height, uint32_t width) {
    struct content content = {.length = 0};
    put_word(&content, 0x803);
    put_word(&content, n);
    put_word(&content, height);
    put_word(&content, width);
    for (uint32_t k = 0; k < n * height * width; k++)
        content.bytes[content.length++] = (uint8_t)(k * 7);
    return content;
}

/* n labels 0, 1, ... 9, 0, ... */
static struct content labels(uint32_t n) {
    struct content content = {.length = 0};
    put_word(&content, 0x801);
    put_word(&content, n);
    for (uint32_t i = 0; i < n; i++)
        content.bytes[content.length++] = (uint8_t)(i % 10);
    return content;
}

static void write_plain(const char *name, struct content content) {
    FILE *file = fopen(path_of(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(content.bytes, 1, content.length, file), content.length);
    assert_int_equal(fclose(file), 0);
}

/* The content, compressed. */
static struct content zipped(struct content content) {
    struct content out;
    z_stream stream = {.next_in = content.bytes, .avail_in = (unsigned)content.length};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_out = out.bytes;
    stream.avail_out = sizeof out.bytes;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.length = sizeof out.bytes - stream.avail_out;
    deflateEnd(&stream);
    return out;
}

static void clear_folder(void) {
    static const char *const stems[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", IMAGES, LABELS,
                                        "t10k-images.idx3-ubyte",  "t10k-labels.idx1-ubyte"};
    char name[64];
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        unlink(path_of(stems[i]));
        snprintf(name, sizeof name, "%s.gz", stems[i]);
        unlink(path_of(name));
        rmdir(path_of(stems[i]));
    }
}

static int each_setup(void **state) {
    (void)state;
    clear_folder();
    write_plain(IMAGES, images(10, 4, 6));
    write_plain(LABELS, labels(10));
    return 0;
}

static void expect_good(enum split split, size_t n, size_t n_train) {
    struct dataset ds;
    struct error err = {.text = ""};
    if (dataset_load(&ds, folder, split, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(ds.n, n);
    assert_int_equal(ds.n_train, n_train);
    assert_int_equal(ds.d, 24);
    assert_int_equal(ds.image_height, 4);
    assert_int_equal(ds.image_width, 6);
    assert_false(ds.synthetic);
    uint8_t row[24];
    for (size_t i = 0; i < n; i++) {
        size_t in_file = i < n_train ? i : i - n_train;
        dataset_row(&ds, i, row);
        for (size_t k = 0; k < 24; k++)
            assert_int_equal(row[k], (uint8_t)((in_file * 24 + k) * 7));
        assert_int_equal(ds.labels[i], in_file % 10);
    }
    dataset_free(&ds);
}

/* Loading fails with one line that begins with the path of `name` in the folder and holds the words. */
static void expect_fault(enum split split, const char *name, const char *words) {
    struct dataset ds;
    struct error err = {.text = ""};
    assert_int_equal(dataset_load(&ds, folder, split, &err), -1);
    if (strncmp(err.text, path_of(name), strlen(path_of(name))) != 0 || !strstr(err.text, words) ||
        strchr(err.text, '\n'))
        fail_msg("'%s' does not name %s and '%s'", err.text, name, words);
}

static void plain_files_are_read(void **state) {
    (void)state;
    expect_good(SPLIT_TEST, 10, 0);
    write_plain("train-images-idx3-ubyte", images(20, 4, 6));
    write_plain("train-labels-idx1-ubyte", labels(20));
    expect_good(SPLIT_TRAIN, 20, 20);
    expect_good(SPLIT_ALL, 30, 20);
}

static void other_names_are_read(void **state) {
    (void)state;
    clear_folder();
    write_plain("t10k-images-idx3-ubyte.gz", zipped(images(10, 4, 6)));
    write_plain("t10k-labels.idx1-ubyte", labels(10));
    expect_good(SPLIT_TEST, 10, 0);
}

static void plain_wins_over_gz(void **state) {
    (void)state;
    write_plain("t10k-images-idx3-ubyte.gz", zipped(images(9, 4, 6)));
    expect_good(SPLIT_TEST, 10, 0);
}

static void a_missing_folder_or_file_says_the_way_out(void **state) {
    (void)state;
    struct dataset ds;
    struct error err;
    assert_int_equal(dataset_load(&ds, "/nonexistent/mnist", SPLIT_TEST, &err), -1);
    assert_string_equal(err.text, "/nonexistent/mnist: No such file or directory; fetch MNIST with tools/fetch-mnist, "
                                  "or use --data synthetic");
    assert_int_equal(dataset_load(&ds, folder, SPLIT_TRAIN, &err), -1);
    assert_non_null(strstr(err.text, "has no file train-images-idx3-ubyte"));
    assert_non_null(strstr(err.text, "tools/fetch-mnist"));
    assert_int_equal(dataset_load(&ds, path_of(IMAGES), SPLIT_TEST, &err), -1);
    assert_non_null(strstr(err.text, "is not a folder"));
}

static void a_file_that_is_a_folder_is_refused(void **state) {
    (void)state;
    unlink(path_of(IMAGES));
    assert_int_equal(mkdir(path_of(IMAGES), 0777), 0);
    expect_fault(SPLIT_TEST, IMAGES, "is not a regular file");
    rmdir(path_of(IMAGES));
    assert_int_equal(mkfifo(path_of(IMAGES), 0666), 0);
    expect_fault(SPLIT_TEST, IMAGES, "is not a regular file");
}

static void every_shorter_file_is_refused(void **state) {
    (void)state;
    struct content whole = images(10, 4, 6);
    for (struct content part = whole; part.length-- > 0;) {
        write_plain(IMAGES, part);
        expect_fault(SPLIT_TEST, IMAGES, "cut short");
    }
    write_plain(IMAGES, whole);
    for (struct content part = labels(10); part.length-- > 0;) {
        write_plain(LABELS, part);
        expect_fault(SPLIT_TEST, LABELS, "cut short");
    }
}

static void longer_files_are_refused(void **state) {
    (void)state;
    struct content content = images(10, 4, 6);
    content.bytes[content.length++] = 0;
    write_plain(IMAGES, content);
    expect_fault(SPLIT_TEST, IMAGES, "too long: 257 bytes, its header promises 256");
    write_plain(IMAGES, images(10, 4, 6));
    content = labels(10);
    content.bytes[content.length++] = 0;
    write_plain(LABELS, content);
    expect_fault(SPLIT_TEST, LABELS, "too long");
}

static void wrong_magic_is_refused(void **state) {
    (void)state;
    struct content content = images(10, 4, 6);
    content.bytes[2] = 0x0d; /* IDX of float32 */
    write_plain(IMAGES, content);
    expect_fault(SPLIT_TEST, IMAGES, "begins with 0x00000d03, not with 0x00000803");
    write_plain(IMAGES, labels(100));
    expect_fault(SPLIT_TEST, IMAGES, "begins with 0x00000801");
    write_plain(IMAGES, images(10, 4, 6));
    write_plain(LABELS, images(10, 4, 6));
    expect_fault(SPLIT_TEST, LABELS, "begins with 0x00000803, not with 0x00000801");
}

/* Only the header, as far as the dimensions go. */
static void expect_dimensions_refused(uint32_t n, uint32_t height, uint32_t width, const char *words) {
    struct content content = {.length = 0};
    put_word(&content, 0x803);
    put_word(&content, n);
    put_word(&content, height);
    put_word(&content, width);
    write_plain(IMAGES, content);
    content = (struct content){.length = 0};
    put_word(&content, 0x801);
    put_word(&content, n);
    write_plain(LABELS, content);
    expect_fault(SPLIT_TEST, IMAGES, words);
}

static void impossible_dimensions_are_refused(void **state) {
    (void)state;
    expect_dimensions_refused(0, 4, 6, "holds no images");
    expect_dimensions_refused(10, 0, 6, "images of 0 x 6 pixels");
    expect_dimensions_refused(10, 4, 0, "images of 4 x 0 pixels");
    expect_dimensions_refused(10, 65536, 1, "images of 65536 x 1 pixels");
    expect_dimensions_refused(10, 65536, 65536, "images of 65536 x 65536 pixels"); /* product is 0 mod 2^32 */
    expect_dimensions_refused(10, 4294967295U, 4294967295U, "images of 4294967295 x 4294967295 pixels");
    expect_dimensions_refused(4294967295U, 255, 257, "cut short");
}

static void differing_counts_and_shapes_are_refused(void **state) {
    (void)state;
    write_plain(LABELS, labels(9));
    expect_fault(SPLIT_TEST, LABELS, "holds 9 labels, but");
    write_plain(LABELS, labels(10));
    write_plain("train-images-idx3-ubyte", images(20, 6, 4));
    write_plain("train-labels-idx1-ubyte", labels(20));
    expect_fault(SPLIT_ALL, IMAGES, "images of 4 x 6 pixels, but those of");
}

static void a_label_above_9_is_refused(void **state) {
    (void)state;
    struct content content = labels(10);
    content.bytes[8 + 3] = 10;
    write_plain(LABELS, content);
    expect_fault(SPLIT_TEST, LABELS, "label 3 is 10; labels are 0 to 9");
}

static void bad_gzip_is_refused(void **state) {
    (void)state;
    static const char name[] = "t10k-images-idx3-ubyte.gz";
    unlink(path_of(IMAGES));
    struct content good = zipped(images(10, 4, 6));

    write_plain(name, images(10, 4, 6));
    expect_fault(SPLIT_TEST, name, "is not gzip data");

    struct content bad = good;
    for (bad.length = good.length - 1; bad.length > 20; bad.length--) {
        write_plain(name, bad);
        expect_fault(SPLIT_TEST, name, "cut short");
    }
    bad = good;
    bad.bytes[good.length - 6] ^= 1; /* in the checksum */
    write_plain(name, bad);
    expect_fault(SPLIT_TEST, name, "the gzip data are corrupt");

    struct content content = images(10, 4, 6);
    content.bytes[content.length++] = 0;
    write_plain(name, zipped(content));
    expect_fault(SPLIT_TEST, name, "has more bytes than its header promises");

    content = images(10, 4, 6);
    content.length = 200;
    write_plain(name, zipped(content));
    expect_fault(SPLIT_TEST, name, "cut short");

    unlink(path_of(name));
    write_plain(IMAGES, good);
    expect_fault(SPLIT_TEST, IMAGES, "is gzip data; rename it to .gz");
}

/* A small file must not make the reader ask for much memory. */
static void gzip_that_promises_too_much_is_refused(void **state) {
    (void)state;
    struct content content = images(10, 4, 6);
    content.bytes[4] = 1; /* 16777226 images */
    unlink(path_of(IMAGES));
    write_plain("t10k-images-idx3-ubyte.gz", zipped(content));
    content = labels(10);
    content.bytes[4] = 1;
    unlink(path_of(LABELS));
    write_plain("t10k-labels-idx1-ubyte.gz", zipped(content));
    expect_fault(SPLIT_TEST, "t10k-images-idx3-ubyte.gz", "more than");
}

static int group_setup(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int group_teardown(void **state) {
    (void)state;
    clear_folder();
    return rmdir(folder);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(plain_files_are_read, each_setup),
        cmocka_unit_test_setup(other_names_are_read, each_setup),
        cmocka_unit_test_setup(plain_wins_over_gz, each_setup),
        cmocka_unit_test_setup(a_missing_folder_or_file_says_the_way_out, each_setup),
        cmocka_unit_test_setup(a_file_that_is_a_folder_is_refused, each_setup),
        cmocka_unit_test_setup(every_shorter_file_is_refused, each_setup),
        cmocka_unit_test_setup(longer_files_are_refused, each_setup),
        cmocka_unit_test_setup(wrong_magic_is_refused, each_setup),
        cmocka_unit_test_setup(impossible_dimensions_are_refused, each_setup),
        cmocka_unit_test_setup(differing_counts_and_shapes_are_refused, each_setup),
        cmocka_unit_test_setup(a_label_above_9_is_refused, each_setup),
        cmocka_unit_test_setup(bad_gzip_is_refused, each_setup),
        cmocka_unit_test_setup(gzip_that_promises_too_much_is_refused, each_setup),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
