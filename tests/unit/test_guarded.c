/* SPDX-License-Identifier: MIT */
/* Nothing reads past the end of the rows: a page that cannot be touched follows them here, and fits, predictions,
 * cross-validation and read roofs run over rows of many numbers, widths and densities. */
#include "../builds/guarded_pages.c" /* in place of base/pages.c */

#include "data/random.h"
#include "learn/cv.h"
#include "measure/roof.h"
#include "packed.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { EPOCHS = 2, FOLDS = 2, MOST_ROWS = 90 };

static struct backend plain; /* the scalar backend, and kernels for packed rows that run everywhere */

/* Rows of two labels, packed where that pays. */
struct rows {
    struct dataset ds;
    struct row_ref at[MOST_ROWS];
    struct row_list list;
};

/* How the ink of n rows is strewn: each row has it from some feature on, in so many of 256 groups of four. Rows get
 * emptier to the end, so that the last are shorter than the average, or all are alike. */
struct shape {
    size_t n, d;
    uint32_t density;
    bool fading;
};

static void ink_row(struct dataset *ds, size_t i, const struct shape *shape, struct random_state *rs) {
    uint8_t *row = ds->pixels + i * ds->d;
    const size_t first = random_masked(rs, (uint32_t)(ds->d - 1));
    const uint32_t density = shape->fading ? (uint32_t)(shape->density * (ds->n - i) / ds->n) : shape->density;
    for (size_t k = first; k < ds->d; k++)
        if (random_masked(rs, 255) < density) row[k] = (uint8_t)(1 + random_masked(rs, 254));
    ds->labels[i] = (uint8_t)(i % 2);
}

static void make_rows(struct rows *rows, const struct shape *shape, struct random_state *rs) {
    uint32_t row[MOST_ROWS];
    struct dataset *ds = &rows->ds;
    *ds = (struct dataset){.name = "guarded"};
    assert_int_equal(dataset_allocate(ds, shape->n, shape->d, NULL), 0);
    ds->n_train = shape->n;
    for (uint32_t i = 0; i < shape->n; i++) {
        ink_row(ds, i, shape, rs);
        row[i] = i;
    }
    dataset_crop(ds);
    packed_make(&ds->packed, ds);
    row_refs_fill(rows->at, ds, row, shape->n, 1);
    rows->list = (struct row_list){ds, rows->at, shape->n};
}

/* Fits, decides and reads with one engine and backend. */
static void work(const struct rows *rows, const struct hyper *hyper, const struct backend *backend) {
    struct model model;
    const size_t n = rows->list.n;
    double decision[MOST_ROWS];
    struct trainer *trainer = trainer_new(n, rows->ds.d, hyper, backend, NULL);
    assert_non_null(trainer);
    assert_int_equal(model_new(&model, rows->ds.d, hyper, NULL), 0);
    const uint32_t *permutation = trainer_permutation(trainer, n);
    trainer_start(trainer, &rows->list, permutation);
    for (unsigned epoch = 0; epoch < EPOCHS; epoch++)
        trainer_epoch(trainer);
    assert_int_equal(trainer_model(trainer, &model, NULL), 0);
    decision_function(decision, &model, &rows->list, backend);
    trainer_start(trainer, &rows->list, permutation);
    for (unsigned epoch = 0; epoch < EPOCHS; epoch++)
        trainer_read(trainer);
    row_list_read(&rows->list, hyper->engine, backend);
    model_free(&model);
    trainer_free(trainer);
}

static void cross_validate_once(const struct rows *rows, const struct hyper *hyper, const struct backend *backend) {
    struct cv_result result;
    if (rows->list.n < 2 * FOLDS) return;
    assert_int_equal(cross_validate(&result, &rows->list, FOLDS, hyper, backend, NULL, NULL), 0);
    cv_free(&result);
}

static struct hyper random_hyper(enum engine engine, struct random_state *rs) {
    struct hyper hyper = hyper_defaults(engine);
    hyper.epochs = EPOCHS;
    hyper.seed = random_masked(rs, 99);
    hyper.prefetch.l1 = (unsigned)random_masked(rs, 20);
    hyper.prefetch.block = 1 + (unsigned)random_masked(rs, 20);
    hyper.prefetch.l2 = random_masked(rs, 1) ? 1 + (unsigned)random_masked(rs, 40) : 0;
    return hyper;
}

static void work_by_all(const struct rows *rows, struct random_state *rs) {
    for (enum engine engine = ENGINE_F32; engine <= ENGINE_INT; engine++) {
        for (size_t b = 0; b <= backend_count; b++) {
            const struct backend *backend = b < backend_count ? &backends[b] : &plain;
            if (b < backend_count && backend_state(backend) != BACKEND_OK) continue;
            const struct hyper hyper = random_hyper(engine, rs);
            work(rows, &hyper, backend);
            cross_validate_once(rows, &hyper, backend);
        }
    }
}

static void read_roofs(const struct rows *rows) {
    uint32_t order[MOST_ROWS];
    const size_t n = rows->list.n;
    for (uint32_t i = 0; i < n; i++)
        order[i] = (uint32_t)n - 1 - i;
    for (enum row_form form = FORM_CROPPED; form < FORMS; form++) {
        struct error err;
        if (form == FORM_PACKED && rows->ds.packed.blocks == 0) continue;
        const struct read_roof_spec spec = {&rows->list, form, order, EPOCHS, backend_best()->read_u8};
        const struct read_order_spec given = {&rows->ds, form, order, n, backend_best()->read_u8};
        struct read_roof *roofs[] = {read_roof_new(&spec, NULL), read_roof_of_order(&given, NULL)};
        for (int i = 0; i < 2; i++) {
            assert_non_null(roofs[i]);
            read_roof_next(roofs[i]);
            read_roof_run(roofs[i]);
        }
        if (read_roof_check(roofs[0], &err) != 0) fail_msg("%s", err.text);
        read_roof_free(roofs[0]);
        read_roof_free(roofs[1]);
    }
}

static struct shape random_shape(struct random_state *rs, size_t most_d) {
    static const uint32_t densities[] = {0, 1, 4, 16, 40, 128, 255};
    return (struct shape){.n = 2 + random_masked(rs, MOST_ROWS - 2),
                          .d = 1 + random_masked(rs, (uint32_t)most_d - 1),
                          .density = densities[random_masked(rs, 6)],
                          .fading = random_masked(rs, 1)};
}

/* The shape at work, for the line that a crash prints. */
static struct shape now;

static void tell_shape(int number) {
    char text[128];
    int length = snprintf(text, sizeof text, "# a read behind the end: n=%zu d=%zu density=%u fading=%d\n", now.n,
                          now.d, now.density, now.fading);
    (void)!write(STDOUT_FILENO, text, (size_t)length);
    signal(number, SIG_DFL);
    raise(number);
}

static void work_on(const struct shape *shape, struct random_state *rs, bool roofs) {
    struct rows rows;
    now = *shape;
    make_rows(&rows, shape, rs);
    work_by_all(&rows, rs);
    if (roofs) read_roofs(&rows);
    dataset_free(&rows.ds);
}

static void no_loop_reads_behind_the_rows(void **state) {
    (void)state;
    struct random_state rs;
    signal(SIGSEGV, tell_shape);
    random_seed(&rs, 17);
    for (unsigned trial = 0; trial < 300; trial++) {
        const struct shape shape = random_shape(&rs, trial % 3 ? 1200 : 300);
        work_on(&shape, &rs, trial % 8 == 0);
    }
}

/* Few wide rows: the last ones are shorter than the average by kilobytes, beyond what a page leaves free. */
static void wide_rows_too(void **state) {
    (void)state;
    static const struct shape shapes[] = {
        {20, 65535, 40, true}, {20, 65535, 40, false}, {3, 65535, 16, true},
        {40, 16384, 16, true}, {31, 40000, 4, true},   {32, 40000, 128, false},
    };
    struct random_state rs;
    signal(SIGSEGV, tell_shape);
    random_seed(&rs, 18);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct rows rows;
        now = shapes[i];
        make_rows(&rows, &now, &rs);
        for (enum engine engine = ENGINE_F32; engine <= ENGINE_INT; engine++) {
            const struct hyper hyper = random_hyper(engine, &rs);
            work(&rows, &hyper, engine == ENGINE_INT ? &plain : backend_best());
            work(&rows, &hyper, backend_best());
        }
        dataset_free(&rows.ds);
    }
}

/* The page is there: the kernel refuses to read the byte behind, where the program would be killed. */
static void the_guard_holds(void **state) {
    (void)state;
    const size_t sizes[] = {1, 64, 4096, 5000, (size_t)3 << 20};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t *pages = pages_new(sizes[i] + 100);
        assert_non_null(pages);
        pages = pages_trim(pages, sizes[i] + 100, sizes[i]);
        pages[sizes[i] - 1] = 1;
        int pipes[2];
        assert_int_equal(pipe(pipes), 0);
        assert_int_equal(write(pipes[1], pages + sizes[i], 1), -1);
        assert_int_equal(write(pipes[1], pages + sizes[i] - 1, 1), 1);
        close(pipes[0]);
        close(pipes[1]);
        pages_free(pages, sizes[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guard_holds),
        cmocka_unit_test(no_loop_reads_behind_the_rows),
        cmocka_unit_test(wide_rows_too),
    };
    plain = *backend_scalar();
    plain.dot_packed = plain_dot_packed;
    plain.axpy_planes = plain_axpy_planes;
    plain.unpack_u8 = plain_unpack;
    return cmocka_run_group_tests_name("guarded", tests, NULL, NULL);
}
