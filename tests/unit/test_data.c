/* SPDX-License-Identifier: MIT */
/* Row orders, cropping, packing, synthetic digits, .npy files. */
#include "base/sha256.h"
#include "data/dataset.h"
#include "data/npy.h"
#include "data/order.h"
#include "data/random.h"
#include "data/row_code.h"
#include "data/synthetic.h"
#include "kernels.h"
#include "packed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* A data set of n rows without pixels, for what looks at labels only. */
static struct dataset labels_only(uint8_t *labels, size_t n, size_t n_train) {
    return (struct dataset){.n = n, .n_train = n_train, .d = 1, .labels = labels, .name = "by hand"};
}

/* np.random.seed(42); np.random.permutation(60000), seen through labels that are sorted already. */
static void notebook_order_is_numpys(void **state) {
    (void)state;
    uint8_t *labels = calloc(60000, 1);
    for (size_t i = 30000; i < 60000; i++)
        labels[i] = 9;
    struct dataset ds = labels_only(labels, 60000, 60000);
    struct view view;
    assert_int_equal(view_make(&view, &ds, ORDER_NOTEBOOK, 42, 0, NULL), 0);
    static const uint32_t begins[] = {12628, 37730, 39991, 8525, 8279, 51012, 14871, 15127};
    static const uint32_t ends[] = {38158, 860, 15795, 56422};
    assert_int_equal(view.n, 60000);
    assert_memory_equal(view.index, begins, sizeof begins);
    assert_memory_equal(view.index + 59996, ends, sizeof ends);
    view_free(&view);
    free(labels);
}

static void rows_are_sorted_inside_each_split(void **state) {
    (void)state;
    uint8_t labels[] = {5, 0, 5, 9, 0, 3, 9, 0, 3, 0};
    static const struct {
        size_t n_train;
        uint32_t sorted[10];
    } cases[] = {
        {10, {1, 4, 7, 9, 5, 8, 0, 2, 3, 6}},
        {6, {1, 4, 5, 0, 2, 3, 7, 9, 8, 6}},
        {0, {1, 4, 7, 9, 5, 8, 0, 2, 3, 6}},
    };
    struct random_state rs;
    uint32_t permutation[10];
    random_seed(&rs, 7);
    random_permutation(&rs, permutation, 10);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dataset ds = labels_only(labels, 10, cases[i].n_train);
        struct view view;
        assert_int_equal(view_make(&view, &ds, ORDER_NOTEBOOK, 7, 0, NULL), 0);
        for (size_t k = 0; k < 10; k++)
            assert_int_equal(view.index[k], cases[i].sorted[permutation[k]]);
        view_free(&view);
        assert_int_equal(view_make(&view, &ds, ORDER_SORTED, 7, 0, NULL), 0);
        assert_memory_equal(view.index, cases[i].sorted, sizeof cases[i].sorted);
        view_free(&view);
    }
}

static void limit_takes_the_first_rows(void **state) {
    (void)state;
    uint8_t labels[5] = {0};
    struct dataset ds = labels_only(labels, 5, 5);
    struct view view;
    struct error err;
    assert_int_equal(view_make(&view, &ds, ORDER_FILE, 0, 3, &err), 0);
    assert_int_equal(view.n, 3);
    for (uint32_t k = 0; k < 3; k++)
        assert_int_equal(view.index[k], k);
    assert_true(view_hash(&view) == 0x756241e1be8c9396ULL);
    view_free(&view);
    assert_int_equal(view_make(&view, &ds, ORDER_FILE, 0, 6, &err), -1);
    assert_string_equal(err.text, "--limit 6: by hand has only 5 rows");
}

/* Rows whose features from `first` to `end` are random, about one in `sparse` of them not zero. */
static void fill(struct dataset *ds, struct random_state *rs, size_t first, size_t end, uint32_t sparse) {
    for (size_t i = 0; i < ds->n; i++)
        for (size_t k = first; k < end; k++)
            if (random_masked(rs, sparse - 1) == 0) ds->pixels[i * ds->d + k] = (uint8_t)random_masked(rs, 255);
}

/* Does a cropped row of `width` that begins where dataset_crop lets it begin hold every one of the n rows? */
static bool width_holds(const uint8_t *rows, size_t n, size_t d, size_t width) {
    for (size_t i = 0; i < n; i++) {
        size_t first = 0, end = 0;
        for (size_t k = d; k-- > 0;) {
            if (!rows[i * d + k]) continue;
            first = k;
            if (!end) end = k + 1;
        }
        size_t start = first & ~(size_t)15;
        if (start > ((d - width) & ~(size_t)15)) start = (d - width) & ~(size_t)15;
        if (end > start + width) return false;
    }
    return true;
}

/* The width that packing must choose, by trying all. */
static size_t expected_width(const uint8_t *rows, size_t n, size_t d) {
    for (size_t width = 64; 8 * width <= 7 * d; width += 64)
        if (width_holds(rows, n, d, width)) return width;
    return d;
}

static void check_packing(size_t n, size_t d, size_t first, size_t end, uint32_t sparse, uint32_t seed) {
    struct dataset ds = {.name = "random"};
    assert_int_equal(dataset_allocate(&ds, n, d, NULL), 0);
    struct random_state rs;
    random_seed(&rs, seed);
    fill(&ds, &rs, first, end, sparse);
    uint8_t *rows = malloc(n * d);
    uint8_t *row = malloc(d);
    memcpy(rows, ds.pixels, n * d);
    dataset_crop(&ds);
    assert_int_equal(ds.width, expected_width(rows, n, d));
    assert_int_equal(ds.stride, ds.width);
    assert_int_equal((uintptr_t)ds.pixels % 64, 0);
    for (size_t i = 0; i < n; i++) {
        assert_true(ds.start[i] % 16 == 0 && ds.start[i] + ds.width <= d);
        dataset_row(&ds, i, row);
        assert_memory_equal(row, rows + i * d, d);
    }
    dataset_hash(&ds);
    char text[SHA256_TEXT];
    sha256_bytes(rows, n * d, text);
    assert_string_equal(ds.pixels_sha256, text);
    free(row);
    free(rows);
    dataset_free(&ds);
}

static void packing_keeps_every_row(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 1);
    for (uint32_t trial = 0; trial < 400; trial++) {
        size_t d = 1 + random_masked(&rs, 1200);
        size_t first = random_masked(&rs, (uint32_t)d);
        size_t end = first + random_masked(&rs, (uint32_t)(d - first));
        check_packing(1 + random_masked(&rs, 20), d, first, end, 1 + random_masked(&rs, 200), trial);
    }
    check_packing(3, 65535, 30000, 40000, 2, 1);
    check_packing(20000, 784, 116, 668, 3, 2);
}

static void arranging_moves_rows_and_no_hash(void **state) {
    (void)state;
    enum { N = 700 };
    struct dataset before, after;
    assert_int_equal(dataset_load(&before, "synthetic:n=700", SPLIT_TRAIN, NULL), 0);
    assert_int_equal(dataset_load(&after, "synthetic:n=700", SPLIT_TRAIN, NULL), 0);
    assert_int_equal(dataset_place(&after, 3), 3);
    uint32_t order[N];
    struct random_state rs;
    random_seed(&rs, 11);
    random_permutation(&rs, order, N);
    assert_int_equal(dataset_arrange(&after, order, NULL), 0);
    uint8_t was[784], is[784];
    for (uint32_t k = 0; k < N; k++) {
        assert_int_equal(dataset_place(&after, order[k]), k);
        assert_int_equal(after.labels[k], before.labels[order[k]]);
        assert_int_equal(after.start[k], before.start[order[k]]);
        dataset_row(&before, order[k], was);
        dataset_row(&after, k, is);
        assert_memory_equal(is, was, sizeof is);
    }
    dataset_hash(&before);
    dataset_hash(&after);
    assert_string_equal(after.pixels_sha256, before.pixels_sha256);
    assert_string_equal(after.labels_sha256, before.labels_sha256);
    dataset_free(&before);
    dataset_free(&after);
}

/* Cropping rests on this: a dot product over the cropped row has the bits of the one over the whole row. */
static void cropping_changes_no_bit_of_a_dot_product(void **state) {
    (void)state;
    struct dataset ds;
    assert_int_equal(dataset_load(&ds, "synthetic:n=500", SPLIT_TRAIN, NULL), 0);
    assert_int_equal(ds.width, 576);
    float w[784];
    uint8_t row[784];
    struct random_state rs;
    random_seed(&rs, 3);
    for (size_t k = 0; k < 784; k++)
        w[k] = (float)random_uint32(&rs) * 0x1p-31F - 1.0F;
    bool starts_differ = false;
    for (size_t i = 0; i < ds.n; i++) {
        dataset_row(&ds, i, row);
        float whole = backend_scalar()->dot_u8f32(w, row, 784);
        float cropped = backend_scalar()->dot_u8f32(w + ds.start[i], ds.pixels + i * ds.stride, ds.width);
        assert_memory_equal(&whole, &cropped, sizeof whole);
        starts_differ |= ds.start[i] % 64 != ds.start[0] % 64;
    }
    assert_true(starts_differ);
    dataset_free(&ds);
}

/* Rows with ink in `wide` pixels from a random place on, in 16 of every 16 * `every`, packed and unpacked again. */
static void check_packed(size_t n, size_t d, size_t wide, size_t every, bool pays) {
    struct random_state rs;
    random_seed(&rs, 9);
    struct dataset ds = {0};
    struct error err;
    assert_int_equal(dataset_allocate(&ds, n, d, &err), 0);
    for (size_t i = 0; i < n; i++) {
        size_t start = random_masked(&rs, (uint32_t)(d - wide));
        for (size_t k = start; k < start + wide; k++)
            if (k / 16 % every == 0) ds.pixels[i * d + k] = (uint8_t)random_masked(&rs, 255);
    }
    dataset_crop(&ds);
    packed_make(&ds.packed, &ds);
    const struct packed_rows *packed = &ds.packed;
    assert_true((packed->blocks > 0) == pays);
    assert_true(packed->size <= n * ds.stride / 4 * 3);
    size_t features = packed_features(d);
    uint8_t *want = calloc(2, features), *got = want + features;
    for (size_t i = 0; pays && i < n; i++) {
        size_t start = packed->rows[i].start, kept = packed->blocks * BLOCK_PIXELS;
        assert_true(start % BLOCK_PIXELS == 0 && start + kept <= features);
        memset(got, 0, features);
        plain_unpack(got + start, packed->bytes + (size_t)packed->rows[i].line * PACKED_LINE, packed->blocks);
        dataset_row(&ds, i, want);
        assert_memory_equal(got, want, features);
    }
    free(want);
    dataset_free(&ds);
}

static void rows_are_packed_where_it_pays(void **state) {
    (void)state;
    check_packed(300, 784, 784, 2, true);
    check_packed(300, 784, 600, 4, true);
    check_packed(70, 1000, 1000, 9, true);
    check_packed(20, 65535, 60000, 3, true);
    check_packed(300, 784, 784, 1, false);      /* no zeros */
    check_packed(300, 784, 300, 1, false);      /* none inside the cropped rows */
    check_packed(300, 64, 64, 4, false);        /* no row is smaller than a line */
    check_packed(5000, 40000, 40000, 2, false); /* smaller, but above 64 MiB */
}

static void expect_row_code(const struct row_code_layout *layout, uint32_t index, size_t start, bool positive) {
    uint32_t code = row_code_make(layout, index, start, positive);
    assert_int_equal(row_code_index(layout, code), index);
    assert_int_equal(row_code_start(layout, code), start);
    assert_int_equal(row_code_positive(code), positive);
}

/* Row codes hold every row, up to the last one, or say that they cannot. */
static void row_codes_hold_rows(void **state) {
    (void)state;
    static const struct {
        uint64_t places;
        size_t last_start;
        unsigned step_bits;
        bool fits;
    } cases[] = {
        {1, 0, START_STEP_BITS, true},
        {60000, 208, START_STEP_BITS, true},
        {1U << 31, 0, START_STEP_BITS, true},
        {(1U << 31) + 1ULL, 0, START_STEP_BITS, false},
        {1U << 27, 240, START_STEP_BITS, true},
        {1U << 27, 256, START_STEP_BITS, false},
        {(1U << 27) + 1ULL, 240, START_STEP_BITS, false},
        {(64U << 20) / PACKED_LINE, 65472, PACKED_STEP_BITS, true}, /* what packed_make may come to */
    };
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        struct row_code_layout layout;
        assert_int_equal(row_code_layout(&layout, cases[c].places, cases[c].last_start, cases[c].step_bits),
                         cases[c].fits);
        if (!cases[c].fits) continue;
        expect_row_code(&layout, (uint32_t)(cases[c].places - 1), cases[c].last_start, true);
        expect_row_code(&layout, (uint32_t)(cases[c].places - 1), 0, false);
        expect_row_code(&layout, 0, cases[c].last_start, false);
    }
}

static void sizes_beyond_memory_are_refused(void **state) {
    (void)state;
    struct dataset ds;
    struct error err;
    assert_int_equal(dataset_load(&ds, "synthetic:n=2000000000,d=65535", SPLIT_TRAIN, &err), -1);
    assert_non_null(strstr(err.text, "2000000000 rows of 65535 features need 122"));
    assert_non_null(strstr(err.text, "GiB are available"));
    assert_int_equal(dataset_load(&ds, "synthetic:n=4294967295", SPLIT_ALL, &err), -1);
    assert_non_null(strstr(err.text, "more than 2147483648 rows"));
}

static void synthetic_rows_are_the_same_everywhere(void **state) {
    (void)state;
    struct dataset ds;
    assert_int_equal(dataset_load(&ds, "synthetic:n=1000,seed=1", SPLIT_ALL, NULL), 0);
    dataset_hash(&ds);
    assert_string_equal(ds.name, "synthetic:n=1000,d=784,seed=1");
    assert_true(ds.synthetic);
    assert_string_equal(ds.pixels_sha256, "a30816793ef44442cab213955767408e016c9fa369ad1e79823c3a1042b69f4d");
    assert_string_equal(ds.labels_sha256, "1cfeaf7baa33d5a563f2d46e701e0f241a4fa38aeceeeb6451a4dc696a162adf");
    dataset_free(&ds);
    assert_int_equal(dataset_load(&ds, "synthetic:n=10,d=1000,seed=4294967295", SPLIT_TRAIN, NULL), 0);
    dataset_hash(&ds);
    assert_string_equal(ds.pixels_sha256, "e5349065a7e867325ee01fe4b92bf8b53c0432012a35edf854b3f332ab716e76");
    assert_int_equal(ds.image_height, 1);
    dataset_free(&ds);
}

static void synthetic_splits_agree(void **state) {
    (void)state;
    struct dataset all, train, test;
    assert_int_equal(dataset_load(&all, "synthetic:n=100", SPLIT_ALL, NULL), 0);
    assert_int_equal(dataset_load(&train, "synthetic:n=100", SPLIT_TRAIN, NULL), 0);
    assert_int_equal(dataset_load(&test, "synthetic:n=100", SPLIT_TEST, NULL), 0);
    assert_int_equal(all.n_train, 100);
    assert_int_equal(train.n, 100);
    assert_int_equal(train.n_train, 100);
    assert_int_equal(test.n, 16);
    assert_int_equal(test.n_train, 0);
    assert_int_equal(all.n, train.n + test.n);
    uint8_t one[784], other[784];
    for (size_t i = 0; i < all.n; i++) {
        const struct dataset *split = i < 100 ? &train : &test;
        size_t k = i < 100 ? i : i - 100;
        dataset_row(&all, i, one);
        dataset_row(split, k, other);
        assert_memory_equal(one, other, sizeof one);
        assert_int_equal(all.labels[i], split->labels[k]);
    }
    dataset_free(&all);
    dataset_free(&train);
    dataset_free(&test);
}

static void synthetic_digits_look_like_mnist(void **state) {
    (void)state;
    struct dataset ds;
    assert_int_equal(dataset_load(&ds, "synthetic:n=6000", SPLIT_TRAIN, NULL), 0);
    size_t inked = 0, of_class[10] = {0};
    uint8_t row[784];
    for (size_t i = 0; i < ds.n; i++) {
        dataset_row(&ds, i, row);
        for (size_t k = 0; k < 784; k++) {
            inked += row[k] != 0;
            bool border = k / 28 < 4 || k / 28 >= 24 || k % 28 < 3 || k % 28 >= 25;
            assert_false(border && row[k] != 0);
        }
        of_class[ds.labels[i]]++;
    }
    double share = (double)inked / (double)(ds.n * 784);
    assert_true(share > 0.17 && share < 0.21);
    for (int digit = 0; digit < 10; digit++)
        assert_true(of_class[digit] > 500 && of_class[digit] < 700);
    dataset_free(&ds);
}

static void synthetic_settings_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *spec, *fault;
    } bad[] = {
        {"synthetic:", "'' is not a setting"},
        {"synthetic:rows=5", "'rows' is not a setting"},
        {"synthetic:n=20,", "'' is not a setting"},
        {"synthetic:n=20,n=20", "n is given twice"},
        {"synthetic:n", "n must be a whole number from 10 to 4294967295"},
        {"synthetic:n=", "n must be"},
        {"synthetic:n=9", "n must be"},
        {"synthetic:n=4294967296", "n must be"},
        {"synthetic:n=18446744073709551626", "n must be"},
        {"synthetic:n=1e3", "n must be"},
        {"synthetic:n= 20", "n must be"},
        {"synthetic:n=+20", "n must be"},
        {"synthetic:d=15", "d must be a whole number from 16 to 65535"},
        {"synthetic:d=65536", "d must be"},
        {"synthetic:seed=-1", "seed must be a whole number from 0 to 4294967295"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct synthetic settings;
        struct error err;
        assert_int_equal(synthetic_parse(&settings, bad[i].spec, &err), -1);
        assert_non_null(strstr(err.text, bad[i].fault));
        assert_int_equal(strncmp(err.text, bad[i].spec, strlen(bad[i].spec)), 0);
    }
    struct synthetic settings;
    assert_int_equal(synthetic_parse(&settings, "synthetic:seed=0,d=16,n=4294967295", NULL), 0);
    assert_true(settings.n == 4294967295 && settings.d == 16 && settings.seed == 0);
}

static void check_npy(const char *path, const char *header, const void *values, size_t length) {
    char expected[128];
    memset(expected, ' ', sizeof expected);
    memcpy(expected, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(expected + 10, header, strlen(header));
    expected[127] = '\n';
    char found[256];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(found, 1, sizeof found, file), 128 + length);
    fclose(file);
    assert_memory_equal(found, expected, 128);
    assert_memory_equal(found + 128, values, length);
}

static void npy_files_are_what_numpy_writes(void **state) {
    (void)state;
    char path[] = "/tmp/sgdmark-test.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    static const double reals[] = {1.5, -0.0, 1e300};
    static const uint8_t flags[] = {1, 0, 1, 1};
    assert_int_equal(npy_write_float64(path, reals, 3, 0, NULL), 0);
    check_npy(path, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }", reals, sizeof reals);
    assert_int_equal(npy_write_float64(path, reals, 3, 1, NULL), 0);
    check_npy(path, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3), }", reals, sizeof reals);
    assert_int_equal(npy_write_bool(path, flags, 4, NULL), 0);
    check_npy(path, "{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }", flags, sizeof flags);
    unlink(path);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(notebook_order_is_numpys),
        cmocka_unit_test(rows_are_sorted_inside_each_split),
        cmocka_unit_test(limit_takes_the_first_rows),
        cmocka_unit_test(packing_keeps_every_row),
        cmocka_unit_test(arranging_moves_rows_and_no_hash),
        cmocka_unit_test(cropping_changes_no_bit_of_a_dot_product),
        cmocka_unit_test(row_codes_hold_rows),
        cmocka_unit_test(sizes_beyond_memory_are_refused),
        cmocka_unit_test(synthetic_rows_are_the_same_everywhere),
        cmocka_unit_test(synthetic_splits_agree),
        cmocka_unit_test(synthetic_digits_look_like_mnist),
        cmocka_unit_test(synthetic_settings_are_checked),
        cmocka_unit_test(npy_files_are_what_numpy_writes),
        cmocka_unit_test(rows_are_packed_where_it_pays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
