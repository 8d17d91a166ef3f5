/* SPDX-License-Identifier: MIT */
/* Roofs: what each of them reads or computes, all of it and nothing else. */
#include "measure/roof.h"

#include "base/hash.h"
#include "learn/fit.h"
#include "machine/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 150, EPOCHS = 3 };

static size_t reads, bytes;
static uint64_t pixels;
static uint64_t places; /* hash of where and in which order was read */

static void forget_reads(void) {
    reads = bytes = 0;
    pixels = 0;
    places = FNV_START;
}

static uint64_t counting_read(const uint8_t *x, size_t d) {
    reads++;
    bytes += d;
    for (size_t k = 0; k < d; k++)
        pixels += x[k];
    places = fnv1a(places, &x, sizeof x);
    return 0;
}

/* A read that leaves out one of its calls, or adds a bit to what it gives. */
static struct {
    unsigned skips, changes; /* this call, from 1; 0: none */
    unsigned done;
} fault;

static uint64_t faulty_read(const uint8_t *x, size_t d) {
    fault.done++;
    if (fault.done == fault.skips) return 0;
    return backend_scalar()->read_u8(x, d) ^ (fault.done == fault.changes ? UINT64_C(1) << 40 : 0);
}

static void plant(unsigned skips, unsigned changes) {
    fault.skips = skips;
    fault.changes = changes;
    fault.done = 0;
}

static void assert_wrong(int bad, const struct error *err) {
    assert_int_equal(bad, -1);
    assert_int_equal(err->kind, ERROR_CHECK);
    assert_non_null(strstr(err->text, ", not "));
}

/* ---- read roof */

struct rows {
    struct dataset ds;
    uint32_t row[ROWS], permutation[ROWS];
    struct row_ref at[ROWS];
    struct row_list list;
};

static int make_rows(void **state) {
    struct rows *rows = calloc(1, sizeof *rows);
    if (!rows || dataset_load(&rows->ds, "synthetic:n=200", SPLIT_TRAIN, NULL) != 0) return -1;
    packed_make(&rows->ds.packed, &rows->ds);
    for (uint32_t i = 0; i < ROWS; i++) {
        rows->row[i] = (i * 7 + 3) % (uint32_t)rows->ds.n;
        rows->permutation[i] = (i * 11 + 5) % ROWS;
    }
    row_refs_fill(rows->at, &rows->ds, rows->row, ROWS, 5);
    rows->list = (struct row_list){&rows->ds, rows->at, ROWS};
    *state = rows;
    return 0;
}

static int free_rows(void **state) {
    dataset_free(&((struct rows *)*state)->ds);
    free(*state);
    return 0;
}

static struct read_roof *roof_of_epochs(const struct rows *rows, enum row_form form) {
    const struct read_roof_spec spec = {&rows->list, form, rows->permutation, EPOCHS, counting_read};
    struct read_roof *roof = read_roof_new(&spec, NULL);
    assert_non_null(roof);
    return roof;
}

static uint64_t sum_of_pixels(const struct rows *rows) {
    uint64_t sum = 0;
    uint8_t *one = malloc(rows->ds.d);
    assert_non_null(one);
    for (uint32_t i = 0; i < ROWS; i++) {
        dataset_row(&rows->ds, rows->row[i], one);
        for (size_t k = 0; k < rows->ds.d; k++)
            sum += one[k];
    }
    free(one);
    return sum;
}

/* In each form every row once in an epoch, with its bytes and no others. */
static void each_form_reads_its_rows(void **state) {
    const struct rows *rows = *state;
    const struct dataset *ds = &rows->ds;
    assert_true(ds->width < ds->d && ds->packed.blocks > 0);
    const uint64_t sum = sum_of_pixels(rows);
    const size_t width[FORMS] = {[FORM_CROPPED] = ds->width,
                                 [FORM_PACKED] = ds->packed.size / ds->n / PACKED_LINE * PACKED_LINE,
                                 [FORM_WHOLE] = ds->d};
    for (enum row_form form = FORM_CROPPED; form < FORMS; form++) {
        struct read_roof *roof = roof_of_epochs(rows, form);
        assert_int_equal(read_roof_rows(roof), ROWS);
        assert_int_equal((size_t)read_roof_row_bytes(roof), width[form]);
        for (int epoch = 0; epoch < 2 * EPOCHS; epoch++) {
            forget_reads();
            read_roof_next(roof);
            read_roof_run(roof);
            assert_int_equal(reads, ROWS);
            assert_int_equal(bytes, ROWS * width[form]);
            if (form != FORM_PACKED) assert_int_equal(pixels, sum);
        }
        read_roof_free(roof);
    }
}

/* The order of each epoch of a fit, and the first one's again after the last. */
static void epochs_have_their_orders(void **state) {
    const struct rows *rows = *state;
    struct read_roof *roof = roof_of_epochs(rows, FORM_CROPPED);
    uint64_t seen[EPOCHS + 1];
    for (int epoch = 0; epoch <= EPOCHS; epoch++) {
        forget_reads();
        read_roof_next(roof);
        read_roof_run(roof);
        seen[epoch] = places;
    }
    read_roof_free(roof);
    uint32_t order[ROWS], last[ROWS];
    memcpy(order, rows->row, sizeof order);
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        memcpy(last, order, sizeof last);
        forget_reads();
        for (size_t i = 0; i < ROWS; i++) {
            order[i] = last[rows->permutation[i]];
            counting_read(rows->ds.pixels + order[i] * rows->ds.stride, 1);
        }
        assert_int_equal(seen[epoch], places);
    }
    assert_int_equal(seen[EPOCHS], seen[0]);
}

/* `run` times epochs, `bench` a given order: for the same rows both read the same bytes in the same order. */
static void run_and_bench_have_one_read_roof(void **state) {
    const struct rows *rows = *state;
    uint32_t first[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        first[i] = rows->row[rows->permutation[i]];
    for (enum row_form form = FORM_CROPPED; form <= FORM_PACKED; form++) {
        struct read_roof *of_run = roof_of_epochs(rows, form);
        const struct read_order_spec spec = {&rows->ds, form, first, ROWS, counting_read};
        struct read_roof *of_bench = read_roof_of_order(&spec, NULL);
        assert_non_null(of_bench);
        const size_t passes = read_roof_rows(of_bench) / ROWS;
        assert_int_equal(read_roof_rows(of_bench), passes * ROWS);
        assert_true(read_roof_row_bytes(of_bench) == read_roof_row_bytes(of_run));
        forget_reads();
        read_roof_next(of_run);
        for (size_t pass = 0; pass < passes; pass++)
            read_roof_run(of_run);
        const uint64_t run_places = places, run_pixels = pixels;
        const size_t run_bytes = bytes;
        forget_reads();
        read_roof_next(of_bench);
        read_roof_run(of_bench);
        assert_int_equal(reads, read_roof_rows(of_bench));
        assert_int_equal(places, run_places);
        assert_int_equal(pixels, run_pixels);
        assert_int_equal(bytes, run_bytes);
        read_roof_free(of_run);
        read_roof_free(of_bench);
    }
}

/* A long order part by part, and then from the start again. */
static void given_order_is_read_in_parts(void **state) {
    const struct rows *rows = *state;
    enum { LONG = 80000 };
    uint32_t *order = malloc(LONG * sizeof *order);
    assert_non_null(order);
    for (uint32_t i = 0; i < LONG; i++)
        order[i] = (uint32_t)(i * UINT64_C(2654435761) >> 8) % (uint32_t)rows->ds.n;
    const struct read_order_spec spec = {&rows->ds, FORM_CROPPED, order, LONG, counting_read};
    struct read_roof *roof = read_roof_of_order(&spec, NULL);
    assert_non_null(roof);
    const size_t part = read_roof_rows(roof);
    assert_int_equal(2 * part, LONG);
    for (size_t sample = 0; sample < 5; sample++) {
        forget_reads();
        for (size_t i = 0; i < part; i++)
            counting_read(rows->ds.pixels + order[sample % 2 * part + i] * rows->ds.stride, 1);
        const uint64_t expected = places;
        forget_reads();
        read_roof_next(roof);
        read_roof_run(roof);
        assert_int_equal(places, expected);
    }
    read_roof_free(roof);
    free(order);
}

/* In each form every row of a sample is held to what it is. */
static void read_roof_is_checked(void **state) {
    const struct rows *rows = *state;
    for (enum row_form form = FORM_CROPPED; form < FORMS; form++) {
        const struct read_roof_spec spec = {&rows->list, form, rows->permutation, EPOCHS, faulty_read};
        plant(0, 0);
        struct read_roof *roof = read_roof_new(&spec, NULL);
        assert_non_null(roof);
        for (unsigned call = 0; call <= ROWS; call += ROWS / 2)
            for (int changed = 0; changed < 2; changed++) {
                struct error err = {.text = ""};
                read_roof_next(roof);
                plant(changed ? 0 : call, changed ? call : 0);
                read_roof_run(roof);
                assert_int_equal(fault.done, ROWS);
                int bad = read_roof_check(roof, &err);
                if (call > 0)
                    assert_wrong(bad, &err);
                else
                    assert_int_equal(bad, 0);
            }
        read_roof_free(roof);
    }
}

/* ---- compute roof */

static float slow_dot(const float *w, const uint8_t *x, size_t d) {
    float sum = 0;
    for (int i = 0; i < 50; i++)
        sum += backend_scalar()->dot_u8f32(w, x, d);
    return sum;
}

static float slow_dot_prefetch(const float *w, const uint8_t *x, size_t d, const uint8_t *l1, const uint8_t *l2) {
    (void)l1, (void)l2;
    return slow_dot(w, x, d);
}

static void compute_roof_runs_the_dot_products(void **state) {
    (void)state;
    const struct backend *backend = backend_scalar();
    struct compute_roof roof;
    assert_int_equal(compute_roof_new(&roof, backend, COMPUTE_F32, 100, NULL), 0);
    assert_true(roof.calls >= 256);
    const float expected = backend->dot_u8f32(roof.weights, roof.row, 100);
    uint32_t bits;
    memcpy(&bits, &expected, sizeof bits);
    assert_true(expected > 0);
    roof.calls = 3;
    for (int prefetching = 0; prefetching < 2; prefetching++) {
        roof.prefetching = prefetching;
        roof.sink = 0;
        compute_roof_run(&roof);
        assert_int_equal(roof.sink, 3 * (uint64_t)bits);
    }
    compute_roof_free(&roof);
}

static void compute_roof_takes_the_faster_kernel(void **state) {
    (void)state;
    struct compute_roof roof;
    struct backend uneven = *backend_scalar();
    uneven.dot_u8f32 = slow_dot;
    assert_int_equal(compute_roof_new(&roof, &uneven, COMPUTE_F32, 100, NULL), 0);
    assert_true(roof.prefetching);
    compute_roof_free(&roof);
    uneven = *backend_scalar();
    uneven.dot_prefetch_u8f32 = slow_dot_prefetch;
    assert_int_equal(compute_roof_new(&roof, &uneven, COMPUTE_F32, 100, NULL), 0);
    assert_false(roof.prefetching);
    compute_roof_free(&roof);
}

static float changed_dot(const float *w, const uint8_t *x, size_t d) {
    return backend_scalar()->dot_u8f32(w, x, d) + (++fault.done == fault.changes ? 1 : 0);
}

static float changed_dot_prefetch(const float *w, const uint8_t *x, size_t d, const uint8_t *l1, const uint8_t *l2) {
    (void)l1, (void)l2;
    return changed_dot(w, x, d);
}

/* Every product of a sample, against the scalar backend's; a call too few is seen as well. */
static void compute_roof_is_checked(void **state) {
    (void)state;
    struct compute_roof roof;
    struct error err = {.text = ""};
    struct backend backend = *backend_scalar();
    backend.dot_u8f32 = changed_dot;
    backend.dot_prefetch_u8f32 = changed_dot_prefetch;
    plant(0, 1); /* wrong in its first call ever: the reference is another backend's */
    assert_int_equal(compute_roof_new(&roof, &backend, COMPUTE_F32, 100, NULL), 0);
    roof.calls = 300;
    for (unsigned call = 0; call <= 300; call += 150) {
        plant(0, call);
        compute_roof_run(&roof);
        assert_int_equal(fault.done, 300);
        int bad = compute_roof_check(&roof, &err);
        if (call > 0)
            assert_wrong(bad, &err);
        else
            assert_int_equal(bad, 0);
    }
    plant(0, 0);
    roof.calls--;
    compute_roof_run(&roof);
    roof.calls++;
    assert_wrong(compute_roof_check(&roof, &err), &err);
    compute_roof_free(&roof);
    for (enum compute_kind kind = COMPUTE_F32; kind <= COMPUTE_INTEGER; kind++) {
        assert_int_equal(compute_roof_new(&roof, backend_best(), kind, 300, NULL), 0);
        compute_roof_run(&roof);
        if (compute_roof_check(&roof, &err) != 0) fail_msg("%s", err.text);
        compute_roof_free(&roof);
    }
}

/* ---- level roof */

static void level_roof_reads_its_buffer(void **state) {
    (void)state;
    struct level_roof roof;
    assert_int_equal(level_roof_new(&roof, (size_t)3 * 4096, 100000, counting_read, NULL), 0);
    forget_reads();
    level_roof_run(&roof);
    assert_int_equal(bytes, roof.passes * roof.bytes);
    assert_true(bytes >= 100000);
    level_roof_free(&roof);
    struct error err = {.text = ""};
    assert_int_equal(level_roof_new(&roof, (size_t)1 << 60, 1, counting_read, &err), -1);
    assert_non_null(strstr(err.text, "no memory"));
}

static uint64_t short_read(const uint8_t *x, size_t d) {
    return backend_scalar()->read_u8(x, d - 64);
}

static void level_roof_is_checked(void **state) {
    (void)state;
    enum { BLOCKS = 3, BYTES = BLOCKS * 4096 };
    for (unsigned passes = 3; passes <= 5; passes += 2) {
        struct level_roof roof;
        plant(0, 0);
        assert_int_equal(level_roof_new(&roof, BYTES, (size_t)(passes - 1) * BYTES, faulty_read, NULL), 0);
        assert_int_equal(roof.passes, passes);
        for (unsigned call = 0; call <= passes * BLOCKS; call++) {
            struct error err = {.text = ""};
            plant(call % 2 ? call : 0, call % 2 ? 0 : call);
            level_roof_run(&roof);
            assert_int_equal(fault.done, passes * BLOCKS);
            int bad = level_roof_check(&roof, &err);
            if (call > 0)
                assert_wrong(bad, &err);
            else
                assert_int_equal(bad, 0);
        }
        /* The same bytes left out in each pass */
        struct error err = {.text = ""};
        roof.read = short_read;
        level_roof_run(&roof);
        assert_wrong(level_roof_check(&roof, &err), &err);
        level_roof_free(&roof);
        /* As it comes, on the best backend here. */
        assert_int_equal(level_roof_new(&roof, BYTES, (size_t)passes * BYTES, backend_best()->read_u8, NULL), 0);
        level_roof_run(&roof);
        assert_int_equal(level_roof_check(&roof, NULL), 0);
        level_roof_free(&roof);
    }
}

static void levels_have_their_sizes(void **state) {
    (void)state;
    struct topology *topology;
    assert_int_equal(
        topology_load(&topology, "package:1 l3:1(size=32MB) l2:4(size=1MB) l1d:1(size=64KB) core:1 pu:1", NULL), 0);
    assert_int_equal(roof_level_bytes(topology, ROOF_L1), 32000 / 4096 * 4096);
    assert_int_equal(roof_level_bytes(topology, ROOF_L2), 500000 / 4096 * 4096);
    assert_int_equal(roof_level_bytes(topology, ROOF_LAST), 4000000 / 4096 * 4096);
    size_t memory = roof_level_bytes(topology, ROOF_MEMORY);
    assert_true(memory == 0 || (memory > 32000000 && memory <= 128000000));
    topology_free(topology);
    assert_int_equal(topology_load(&topology, "core:2 pu:1", NULL), 0);
    for (int level = 0; level < ROOF_LEVELS; level++)
        assert_int_equal(roof_level_bytes(topology, (enum roof_level)level), 0);
    topology_free(topology);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_reads_its_rows),
        cmocka_unit_test(epochs_have_their_orders),
        cmocka_unit_test(run_and_bench_have_one_read_roof),
        cmocka_unit_test(given_order_is_read_in_parts),
        cmocka_unit_test(compute_roof_runs_the_dot_products),
        cmocka_unit_test(compute_roof_takes_the_faster_kernel),
        cmocka_unit_test(level_roof_reads_its_buffer),
        cmocka_unit_test(levels_have_their_sizes),
        cmocka_unit_test(read_roof_is_checked),
        cmocka_unit_test(compute_roof_is_checked),
        cmocka_unit_test(level_roof_is_checked),
    };
    return cmocka_run_group_tests(tests, make_rows, free_rows);
}
