/* The reading roof of an epoch: in each form every row once in an epoch, with its bytes and no others. */
#include "measure/read_roof.h"

#include "learn/fit.h"

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

static uint64_t counting_read(const uint8_t *x, size_t d) {
    reads++;
    bytes += d;
    for (size_t k = 0; k < d; k++)
        pixels += x[k];
    return 0;
}

static void each_form_reads_its_rows(void **state) {
    (void)state;
    struct dataset ds;
    assert_int_equal(dataset_load(&ds, "synthetic:n=200", SPLIT_TRAIN, NULL), 0);
    packed_make(&ds.packed, &ds);
    assert_true(ds.width < ds.d && ds.packed.blocks > 0);
    uint32_t row[ROWS], permutation[ROWS];
    struct row_ref at[ROWS];
    uint64_t sum = 0;
    uint8_t *one = malloc(ds.d);
    assert_non_null(one);
    for (uint32_t i = 0; i < ROWS; i++) {
        row[i] = (i * 7 + 3) % (uint32_t)ds.n;
        permutation[i] = (i * 11 + 5) % ROWS;
        dataset_row(&ds, row[i], one);
        for (size_t k = 0; k < ds.d; k++)
            sum += one[k];
    }
    free(one);
    row_refs_fill(at, &ds, row, ROWS, 5);
    const struct row_list row_list = {&ds, at, ROWS};
    struct backend backend = *backend_scalar();
    backend.read_u8 = counting_read;
    const size_t width[FORMS] = {[FORM_CROPPED] = ds.width,
                                 [FORM_PACKED] = ds.packed.size / ds.n / PACKED_LINE * PACKED_LINE,
                                 [FORM_WHOLE] = ds.d};
    for (enum row_form form = FORM_CROPPED; form < FORMS; form++) {
        struct read_roof *roof = read_roof_new(&row_list, form, permutation, EPOCHS, &backend, NULL);
        assert_non_null(roof);
        for (int epoch = 0; epoch < 2 * EPOCHS; epoch++) {
            reads = bytes = 0;
            pixels = 0;
            read_roof_next(roof);
            read_roof_run(roof);
            assert_int_equal(reads, ROWS);
            assert_int_equal(bytes, ROWS * width[form]);
            if (form != FORM_PACKED) assert_int_equal(pixels, sum);
        }
        read_roof_free(roof);
    }
    dataset_free(&ds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_reads_its_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
