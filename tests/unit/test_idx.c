/* SPDX-License-Identifier: MIT */
/* Reading IDX files, good and bad. */
#include "data/dataset.h"

#include <ftw.h>
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

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info, (void)kind;
    return place->level > 0 ? remove(path) : 0;
}

static void clear_folder(void) {
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
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
    assert_string_equal(err.text, "/nonexistent/mnist: No such file or directory; fetch MNIST with sgdmark describe "
                                  "--fetch data/mnist, or use --data synthetic");
    assert_int_equal(dataset_load(&ds, folder, SPLIT_TRAIN, &err), -1);
    assert_non_null(strstr(err.text, "has no file train-images-idx3-ubyte"));
    assert_non_null(strstr(err.text, "--fetch data/mnist"));
    assert_int_equal(dataset_load(&ds, path_of(IMAGES), SPLIT_TEST, &err), -1);
    assert_non_null(strstr(err.text, "is not a folder"));
}

static void a_file_that_is_no_file_is_refused(void **state) {
    (void)state;
    unlink(path_of(IMAGES));
    assert_int_equal(mkdir(path_of(IMAGES), 0777), 0);
    expect_fault(SPLIT_TEST, IMAGES, "is a folder that does not hold the file");
    rmdir(path_of(IMAGES));
    assert_int_equal(mkfifo(path_of(IMAGES), 0666), 0);
    expect_fault(SPLIT_TEST, IMAGES, "is not a regular file");
}

/* ---- names and folders */

static void make_folder(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s", path_of(name));
    for (char *slash = path + sizeof folder; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
    mkdir(path, 0777);
}

/* Both files of the test split, under these names. */
static void write_pair(const char *images_name, const char *labels_name) {
    write_plain(images_name, images(10, 4, 6));
    write_plain(labels_name, labels(10));
}

/* `spec` in the folder loads ten rows; they are found in `set`, under the names of `files`. */
static void expect_found(const char *spec, const char *set, const char *files) {
    struct dataset ds;
    struct error err = {.text = ""};
    char path[256];
    snprintf(path, sizeof path, "%s", path_of(spec));
    if (dataset_load(&ds, path, SPLIT_TEST, &err) != 0) fail_msg("%s: %s", spec, err.text);
    assert_string_equal(ds.name, path_of(set));
    assert_string_equal(ds.files, files);
    assert_int_equal(ds.n, 10);
    assert_int_equal(ds.labels[7], 7);
    /* The name that it has names it again. */
    snprintf(path, sizeof path, "%s", ds.name);
    dataset_free(&ds);
    assert_int_equal(dataset_load(&ds, path, SPLIT_TEST, &err), 0);
    assert_string_equal(ds.files, files);
    dataset_free(&ds);
}

static void expect_refused(const char *spec, const char *words) {
    struct dataset ds;
    struct error err = {.text = ""};
    assert_int_equal(dataset_load(&ds, path_of(spec), SPLIT_TEST, &err), -1);
    if (!strstr(err.text, words) || strchr(err.text, '\n')) fail_msg("'%s' does not say '%s'", err.text, words);
    assert_int_equal(err.kind, ERROR_INPUT);
}

/* An archive that unpacks to a folder of the name, beside the file or around it. */
static void folders_of_the_same_name_are_no_files(void **state) {
    (void)state;
    clear_folder();
    make_folder(IMAGES);
    make_folder(LABELS);
    write_plain("t10k-images.idx3-ubyte", images(10, 4, 6));
    write_plain("t10k-labels.idx1-ubyte", labels(10));
    expect_found("", "", "t10k-images.idx3-ubyte, t10k-labels.idx1-ubyte");
    clear_folder();
    make_folder(IMAGES);
    make_folder("t10k-labels-idx1-ubyte.gz");
    write_plain("t10k-images-idx3-ubyte/t10k-images-idx3-ubyte", images(10, 4, 6));
    write_plain("t10k-labels-idx1-ubyte.gz/t10k-labels.idx1-ubyte", labels(10));
    expect_found("", "",
                 "t10k-images-idx3-ubyte/t10k-images-idx3-ubyte, "
                 "t10k-labels-idx1-ubyte.gz/t10k-labels.idx1-ubyte");
}

static void spellings_are_alike(void **state) {
    (void)state;
    clear_folder();
    write_pair("T10K_Images.IDX3.UByte", "t10k-labels-idx1.ubyte");
    expect_found("", "", "T10K_Images.IDX3.UByte, t10k-labels-idx1.ubyte");
    write_plain("t10k-labels_idx1-ubyte", labels(9));
    write_plain("t10k-labels-idx1-ubyte", labels(10));
    expect_found("", "", "T10K_Images.IDX3.UByte, t10k-labels-idx1-ubyte");
    clear_folder();
    write_pair("test-images-idx3-ubyte", "test-labels-idx1-ubyte");
    expect_found("", "", "test-images-idx3-ubyte, test-labels-idx1-ubyte");
    clear_folder();
    write_pair("._t10k-images-idx3-ubyte", "._t10k-labels-idx1-ubyte"); /* macOS adds such files to archives */
    write_pair("xt10k-images-idx3-ubyte", "xt10k-labels-idx1-ubyte");
    expect_refused("", "has no file t10k-images-idx3-ubyte, plain or .gz; ");
}

static void a_folder_above_is_searched(void **state) {
    (void)state;
    clear_folder();
    make_folder("MNIST/raw");
    make_folder("MNIST/processed/1/2/3");
    write_pair("MNIST/raw/t10k-images-idx3-ubyte", "MNIST/raw/t10k-labels-idx1-ubyte");
    write_pair("MNIST/processed/1/2/t10k-images-idx3-ubyte", "MNIST/processed/1/2/t10k-labels-idx1-ubyte");
    static const char files[] = "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte";
    expect_found("", "MNIST/raw", files);
    expect_found("MNIST", "MNIST/raw", files);
    expect_found("MNIST/processed", "MNIST/processed/1/2", files);
    make_folder("FashionMNIST/raw");
    write_pair("FashionMNIST/raw/t10k-images-idx3-ubyte", "FashionMNIST/raw/t10k-labels-idx1-ubyte");
    expect_refused("", "/: holds 2 data sets; choose one: --data ");
    expect_refused("", "/FashionMNIST/raw, --data ");
    unlink(path_of("FashionMNIST/raw/t10k-labels-idx1-ubyte"));
    expect_found("", "MNIST/raw", files);
    clear_folder();
    make_folder("1/2/3/4");
    write_pair("1/2/3/4/t10k-images-idx3-ubyte", "1/2/3/4/t10k-labels-idx1-ubyte");
    expect_refused("", "has no file t10k-images-idx3-ubyte");
    expect_found("1", "1/2/3/4", files);
}

/* Links that lead round in a circle, and too many names. */
static void a_search_ends(void **state) {
    (void)state;
    clear_folder();
    make_folder("a");
    assert_int_equal(symlink("..", path_of("a/up")), 0);
    assert_int_equal(symlink("nowhere", path_of("t10k-images-idx3-ubyte")), 0);
    expect_refused("", "has no file t10k-labels-idx1-ubyte");
    write_plain("t10k-labels-idx1-ubyte", labels(10));
    expect_fault(SPLIT_TEST, "t10k-images-idx3-ubyte", "cannot be opened: No such file");
    clear_folder();
    for (unsigned i = 0; i < 10001; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", i);
        assert_int_equal(symlink("nowhere", path_of(name)), 0);
    }
    expect_refused("", "10000 files and folders hold no complete data set");
}

static void sets_in_one_folder_are_told_apart(void **state) {
    (void)state;
    clear_folder();
    write_pair("emnist-digits-test-images-idx3-ubyte", "emnist-digits-test-labels-idx1-ubyte");
    expect_found("", "emnist-digits", "emnist-digits-test-images-idx3-ubyte, emnist-digits-test-labels-idx1-ubyte");
    write_pair("emnist-mnist-test-images-idx3-ubyte", "emnist-mnist-test-labels-idx1-ubyte");
    expect_refused("", "/emnist-digits, --data ");
    expect_found("emnist-mnist", "emnist-mnist",
                 "emnist-mnist-test-images-idx3-ubyte, emnist-mnist-test-labels-idx1-ubyte");
    expect_refused("emnist-letters", "emnist-letters: No such file or directory; ");
    expect_refused("emnist", "emnist: No such file or directory; ");
    unlink(path_of("emnist-mnist-test-labels-idx1-ubyte"));
    expect_refused("emnist-mnist", "has no file emnist-mnist-t10k-labels-idx1-ubyte");
    write_pair("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
    expect_found("", "", "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte");
}

/* n rows of `columns` numbers of 32 bits, the first of which is the label 0, 1, ... 9, 0, ... */
static struct content label_columns(uint32_t n, uint32_t columns) {
    struct content content = {.length = 0};
    put_word(&content, 0xc02);
    put_word(&content, n);
    put_word(&content, columns);
    for (uint32_t i = 0; i < n * columns; i++)
        put_word(&content, i % columns == 0 ? i / columns % 10 : 0x12345678);
    return content;
}

static void labels_of_eight_columns_are_read(void **state) {
    (void)state;
    clear_folder();
    write_plain("qmnist-test-images-idx3-ubyte", images(10, 4, 6));
    write_plain("qmnist-test-labels-idx2-int", label_columns(10, 8));
    expect_found("", "qmnist", "qmnist-test-images-idx3-ubyte, qmnist-test-labels-idx2-int");
    write_plain("qmnist-test-labels-idx2-int.gz", zipped(label_columns(10, 8)));
    unlink(path_of("qmnist-test-labels-idx2-int"));
    expect_found("", "qmnist", "qmnist-test-images-idx3-ubyte, qmnist-test-labels-idx2-int.gz");
    unlink(path_of("qmnist-test-labels-idx2-int.gz"));
    static const char name[] = "qmnist-test-labels-idx2-int";
    struct content content = label_columns(10, 8);
    content.length--;
    write_plain(name, content);
    expect_refused("", "is cut short: 331 bytes, its header promises 332");
    write_plain(name, label_columns(10, 7));
    expect_refused("", "labels of 7 columns; one byte each, or the 8 columns of QMNIST, can be read");
    write_plain(name, label_columns(9, 8));
    expect_refused("", "holds 9 labels, but");
    content = label_columns(10, 8);
    content.bytes[12 + 3 * 32] = 0xff;
    write_plain(name, content);
    expect_refused("", "label 3 is -16777213; labels are 0 to 9");
    write_plain(IMAGES, label_columns(10, 8)); /* is no image */
    write_plain(LABELS, label_columns(10, 8));
    expect_fault(SPLIT_TEST, "t10k-images-idx3-ubyte", "begins with 0x00000c02, not with 0x00000803");
}

/* More than one block of them. */
static void many_rows_of_columns_are_read(void **state) {
    (void)state;
    enum { N = 300 };
    clear_folder();
    struct dataset ds;
    FILE *file = fopen(path_of(LABELS), "wb");
    assert_non_null(file);
    for (uint32_t i = 0; i < N; i += 100) {
        struct content content = label_columns(100, 8);
        if (i == 0) content.bytes[6] = N >> 8, content.bytes[7] = N & 0xff;
        assert_int_equal(fwrite(content.bytes + (i ? 12 : 0), 1, content.length - (i ? 12 : 0), file),
                         content.length - (i ? 12 : 0));
    }
    assert_int_equal(fclose(file), 0);
    write_plain(IMAGES, images(N, 2, 2));
    assert_int_equal(dataset_load(&ds, folder, SPLIT_TEST, NULL), 0);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(ds.labels[i], i % 10);
    dataset_free(&ds);
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

static struct content joined(struct content first, struct content second) {
    memcpy(first.bytes + first.length, second.bytes, second.length);
    first.length += second.length;
    return first;
}

/* What follows gzip data must be gzip data: several files in one are one. */
static void bytes_behind_gzip_data_are_refused(void **state) {
    (void)state;
    static const char name[] = "t10k-images-idx3-ubyte.gz";
    static const struct content tails[] = {{"x", 1},   {"garbage behind it", 17}, {{0}, 1},
                                           {{0}, 512}, {{0x1f, 0x8b}, 2},         {{0x1f, 0x8b, 9}, 3}};
    struct content whole = images(10, 4, 6), good = zipped(whole);
    unlink(path_of(IMAGES));
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        write_plain(name, joined(good, tails[i]));
        expect_fault(SPLIT_TEST, name, "has bytes behind its gzip data");
    }
    struct content first = whole, second = {.length = whole.length - 100};
    first.length = 100;
    memcpy(second.bytes, whole.bytes + 100, second.length);
    const struct content none = {.length = 0};
    write_plain(name, joined(joined(joined(zipped(first), zipped(none)), zipped(second)), zipped(none)));
    expect_good(SPLIT_TEST, 10, 0);
    write_plain(name, joined(good, zipped(first)));
    expect_fault(SPLIT_TEST, name, "has more bytes than its header promises");
    write_plain(name, joined(zipped(first), tails[1]));
    expect_fault(SPLIT_TEST, name, "has bytes behind its gzip data");
    write_plain(name, zipped(first));
    expect_fault(SPLIT_TEST, name, "cut short");
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
        cmocka_unit_test_setup(a_file_that_is_no_file_is_refused, each_setup),
        cmocka_unit_test_setup(folders_of_the_same_name_are_no_files, each_setup),
        cmocka_unit_test_setup(spellings_are_alike, each_setup),
        cmocka_unit_test_setup(a_folder_above_is_searched, each_setup),
        cmocka_unit_test_setup(a_search_ends, each_setup),
        cmocka_unit_test_setup(sets_in_one_folder_are_told_apart, each_setup),
        cmocka_unit_test_setup(labels_of_eight_columns_are_read, each_setup),
        cmocka_unit_test_setup(many_rows_of_columns_are_read, each_setup),
        cmocka_unit_test_setup(every_shorter_file_is_refused, each_setup),
        cmocka_unit_test_setup(longer_files_are_refused, each_setup),
        cmocka_unit_test_setup(wrong_magic_is_refused, each_setup),
        cmocka_unit_test_setup(impossible_dimensions_are_refused, each_setup),
        cmocka_unit_test_setup(differing_counts_and_shapes_are_refused, each_setup),
        cmocka_unit_test_setup(a_label_above_9_is_refused, each_setup),
        cmocka_unit_test_setup(bad_gzip_is_refused, each_setup),
        cmocka_unit_test_setup(bytes_behind_gzip_data_are_refused, each_setup),
        cmocka_unit_test_setup(gzip_that_promises_too_much_is_refused, each_setup),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
