/* SPDX-License-Identifier: MIT */
/* The ten digits that `run` times in groups: each of them is held to its own fit alone in every sample, one that goes
 * wrong ends the case, and the roofs of a group read and compute all that they say. */
#include "learn/classes.h"
#include "measure/experiment.h"
#include "measure/group_roof.h"
#include "measure/roof.h"
#include "packed.h"
#include "setup.h"
#include "timed_case.h"
#include "verify/digits.h"

#include <stdlib.h>
#include <string.h>

enum { EPOCHS = 3, ROWS = 300, JOBS = 2 };
enum { CROPPED, PACKED }; /* the jobs: f32/played, int/played on packed rows */

static struct topology *here;
static struct placement core;

/* What the played backend does wrong: the sign of the dot products of this model of a group, from this call on that
 * prefetches another row than it reads, as a fit does and no roof; a bit of the next sum of a row; a dot product alone.
 */
static struct {
    int model;
    long after;
    bool read, roof;
} wrong;

static void spoil(double *dot, size_t models, const struct shared_row *row) {
    const bool of_a_fit = row->l1_row != row->x;
    if (wrong.roof && !of_a_fit) dot[models - 1] += 1.0;
    if (wrong.model < 0 || !of_a_fit || wrong.after-- > 0) return;
    if ((size_t)wrong.model < models) dot[wrong.model] = -dot[wrong.model];
}

static void played_many(double *dot, const float *const *w, size_t models, const struct shared_row *row) {
    backend_scalar()->dot_many_u8f32(dot, w, models, row);
    spoil(dot, models, row);
}

static void played_many_i16(double *dot, const int16_t *const *w, size_t models, const struct shared_row *row) {
    backend_scalar()->dot_many_u8i16(dot, w, models, row);
    spoil(dot, models, row);
}

static void played_many_packed(double *dot, const int8_t *const *w, size_t models, const struct shared_row *row,
                               size_t lines) {
    plain_dot_many_packed(dot, w, models, row, lines);
    spoil(dot, models, row);
}

static uint64_t played_read(const uint8_t *x, size_t d) {
    const uint64_t bits = backend_scalar()->read_u8(x, d) ^ (wrong.read ? 4 : 0);
    wrong.read = false;
    return bits;
}

static struct backend played;

static int set_up(void **state) {
    (void)state;
    played = *backend_scalar();
    played.name = "played";
    played.dot_many_u8f32 = played_many;
    played.dot_many_u8i16 = played_many_i16;
    played.read_u8 = played_read;
    played.dot_packed = plain_dot_packed;
    played.dot_many_packed = played_many_packed;
    played.axpy_planes = plain_axpy_planes;
    played.unpack_u8 = plain_unpack;
    return topology_load(&here, NULL, NULL) != 0 || placement_resolve(&core, here, "core", NULL) != 0 ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    placement_free(&core);
    topology_free(here);
    return 0;
}

/* A small job, verified by the played backend, and its ten digits. */
struct bench {
    struct job job;
    struct hyper hyper;
    struct verified_job list[JOBS];
    struct verified_jobs jobs;
    uint32_t permutation[ROWS];
    struct verified_digits digits;
    struct timing_setup setup;
    struct experiment *experiment;
};

static void sound(void) {
    wrong.model = -1;
    wrong.after = 0;
    wrong.read = wrong.roof = false;
}

static void verify(struct bench *bench, size_t which, enum engine engine) {
    struct hyper hyper = bench->hyper;
    struct error err;
    hyper.engine = engine;
    hyper.prefetch = PREFETCH_DEFAULT;
    if (verified_job_run(&bench->list[which], &bench->job.row_list, &hyper, FOLDS, &played, &err) != 0)
        fail_msg("%s", err.text);
    bench->list[which].passed = true;
}

/* The jobs from `first` on may be timed. `asked` as in digits_request. */
static void open_bench(struct bench *bench, size_t first, unsigned asked) {
    struct error err;
    struct job_spec spec;
    char rows[64];
    sound();
    *bench = (struct bench){.experiment = NULL};
    job_spec_defaults(&spec);
    snprintf(rows, sizeof rows, "synthetic:n=%d", ROWS);
    spec.rows.data = rows;
    if (job_open(&bench->job, &spec, &err) != 0) fail_msg("%s", err.text);
    packed_free(&bench->job.ds.packed);
    pack_by_hand(&bench->job.ds);
    bench->hyper = spec.hyper;
    bench->hyper.epochs = EPOCHS;
    verify(bench, CROPPED, ENGINE_F32);
    verify(bench, PACKED, ENGINE_INT);
    bench->jobs = (struct verified_jobs){.list = bench->list + first, .count = JOBS - first};
    hyper_permutation(bench->permutation, ROWS, &bench->hyper);
    const struct digits_request request = {
        .job = &bench->job, .hyper = &bench->hyper, .jobs = &bench->jobs, .digit = spec.digit, .asked = asked};
    if (verified_digits_make(&bench->digits, &request, &err) != 0) fail_msg("%s", err.text);
    bench->setup = (struct timing_setup){.job = &bench->job,
                                         .hyper = &bench->hyper,
                                         .jobs = &bench->jobs,
                                         .topology = here,
                                         .core = &core,
                                         .permutation = bench->permutation,
                                         .digits = &bench->digits};
}

static void open_digits(struct bench *bench, size_t first, unsigned asked) {
    struct error err;
    open_bench(bench, first, asked);
    assert_non_null(bench->digits.job);
    bench->experiment = digits_experiment(&bench->setup, &err);
    if (!bench->experiment) fail_msg("%s", err.text);
}

static void close_bench(struct bench *bench) {
    experiment_free(bench->experiment);
    verified_digits_free(&bench->digits);
    for (size_t i = 0; i < JOBS; i++)
        verified_job_free(&bench->list[i]);
    job_close(&bench->job);
}

static void assert_holds(const struct timed_case *timed) {
    struct error err;
    if (try_once(timed, &err) != 0) fail_msg("%s: %s", timed->name, err.text);
}

static void keep(const struct timed_case *timed) {
    if (timed->keep) timed->keep(timed->context);
}

static void assert_found(const struct timed_case *timed, const char *what) {
    struct error err;
    if (try_once(timed, &err) == 0) fail_msg("%s: nothing found", timed->name);
    assert_int_equal(err.kind, ERROR_CHECK);
    if (!strstr(err.text, what)) fail_msg("%s: '%s' is not in: %s", timed->name, what, err.text);
}

/* Samples of all cases in changing order, every third one tried twice; through two fits; groups of ten, of equal and
 * of unequal parts. */
static void every_sample_of_sound_kernels_holds(void **state) {
    (void)state;
    static const unsigned sizes[] = {10, 5, 4};
    for (size_t first = CROPPED; first <= PACKED; first++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            struct bench bench;
            open_digits(&bench, first, sizes[s]);
            const struct experiment *experiment = bench.experiment;
            for (size_t sample = 0; sample < 2 * EPOCHS + 1; sample++)
                for (size_t c = 0; c < experiment->count; c++) {
                    const struct timed_case *timed = &experiment->cases[(c + sample) % experiment->count];
                    if ((c + sample) % 3 == 0) assert_holds(timed);
                    assert_holds(timed);
                    keep(timed);
                }
            close_bench(&bench);
        }
}

/* ---- faults */

static void one_wrong_model_of_ten_is_found(void **state) {
    (void)state;
    for (size_t first = CROPPED; first <= PACKED; first++) {
        struct bench bench;
        char name[96], what[64];
        open_digits(&bench, first, 10);
        const char *job = first == CROPPED ? "f32/played" : "int/played";
        snprintf(name, sizeof name, "digits/%s/place:core/group:10", job);
        const struct timed_case *together = find_case(bench.experiment, name);
        snprintf(name, sizeof name, "digits/%s/place:core/group:1", job);
        const struct timed_case *apart = find_case(bench.experiment, name);
        assert_holds(together);
        keep(together);
        for (int digit = 0; digit < CLASSES; digit++) { /* in the second epoch: in the first no weight has a sign */
            wrong.model = digit;
            snprintf(what, sizeof what, "digit %d: epoch 2 of the fit ended with other weights", digit);
            assert_found(together, what);
            assert_holds(apart); /* whose kernel is another */
            sound();
            assert_holds(together); /* what was wrong was not kept */
        }
        close_bench(&bench);
    }
}

/* Each digit after each epoch, together and apart. */
static void each_digit_has_its_own_hash(void **state) {
    (void)state;
    for (unsigned changed = 0; changed < CLASSES * EPOCHS; changed += 7) {
        struct bench bench;
        char what[64];
        open_digits(&bench, CROPPED, 10);
        assert_int_equal(bench.digits.epochs, EPOCHS);
        bench.digits.hash[changed] ^= 1;
        snprintf(what, sizeof what, "digit %u: epoch %u ", changed / EPOCHS, changed % EPOCHS + 1);
        for (unsigned epoch = 0; epoch < EPOCHS; epoch++)
            for (size_t c = 0; c < bench.experiment->count; c++) {
                const struct timed_case *timed = &bench.experiment->cases[c];
                if (epoch == changed % EPOCHS && bench.experiment->facts[c].kind == CASE_DIGITS)
                    assert_found(timed, what);
                else
                    assert_holds(timed);
                keep(timed);
            }
        close_bench(&bench);
    }
}

/* In rounds: the case whose model goes wrong ends, with the round, and the others go on. */
static void a_wrong_case_ends_and_the_others_go_on(void **state) {
    (void)state;
    struct bench bench;
    struct error err;
    const struct budget budget = {.seconds = 60, .at_most = 12, .fewest = 12};
    const struct process_share share = {.process = 0, .processes = 1, .seed = 1};
    open_digits(&bench, CROPPED, 10);
    const int together = experiment_find(bench.experiment, "digits/f32/played/place:core/group:10");
    const int twin = experiment_find(bench.experiment, "digits/f32/played/place:core/group:10/again");
    const int apart = experiment_find(bench.experiment, "digits/f32/played/place:core/group:1");
    wrong.model = 7;
    wrong.after = 10L * 2 * ROWS; /* past the discarded round and the first rounds */
    if (experiment_run(bench.experiment, &budget, &share, here, NULL, &err) != 0) fail_msg("%s", err.text);
    const struct rounds *rounds = &bench.experiment->rounds;
    assert_true(rounds->failed[together] && rounds->failed[twin] && !rounds->failed[apart]);
    assert_int_equal(rounds->checks.count, 2);
    assert_non_null(strstr(rounds->checks.failed[0].what, "digit 7: epoch"));
    assert_true(rounds->checks.failed[0].round > 0);
    assert_true(rounds_of(rounds, (size_t)apart)[11] > 0);
    close_bench(&bench);
}

static void roofs_are_checked(void **state) {
    (void)state;
    struct bench bench;
    struct error err;
    open_digits(&bench, CROPPED, 10);
    const struct timed_case *compute = find_case(bench.experiment, "roof/compute/f32/played/group:10");
    const struct timed_case *read = find_case(bench.experiment, "roof/read/digits-order/group:10");
    assert_holds(compute);
    wrong.roof = true;
    assert_found(compute, "10 dot products each, add up to");
    sound();
    assert_holds(read);
    read->prepare(read->context); /* which reads rows, too */
    wrong.read = true;
    read->run(read->context);
    assert_int_equal(read->check(read->context, &err), -1);
    assert_non_null(strstr(err.text, "exclusive or"));
    assert_holds(read);
    close_bench(&bench);
}

/* A dot product of any of the models is seen, of every kind of row. */
static void a_group_roof_holds_every_model(void **state) {
    (void)state;
    for (int kind = COMPUTE_F32; kind <= COMPUTE_PACKED; kind++)
        for (size_t models = 1; models <= MODELS_MOST; models += models < 3 ? 1 : 3) {
            struct group_roof roof;
            struct error err;
            sound();
            if (group_roof_new(&roof, &played, (enum compute_kind)kind, 128, models, &err) != 0)
                fail_msg("%s", err.text);
            assert_true(roof.calls >= 64);
            group_roof_run(&roof);
            if (group_roof_check(&roof, &err) != 0) fail_msg("%s", err.text);
            wrong.roof = true;
            group_roof_run(&roof);
            assert_int_equal(group_roof_check(&roof, &err), -1);
            assert_int_equal(err.kind, ERROR_CHECK);
            group_roof_free(&roof);
        }
    sound();
}

/* ---- what the cases are */

static void the_cases_know_each_other(void **state) {
    (void)state;
    struct bench bench;
    open_digits(&bench, CROPPED, 4);
    const struct experiment *digits = bench.experiment;
    const int together = experiment_find(digits, "digits/f32/played/place:core/group:4");
    const int twin = experiment_find(digits, "digits/f32/played/place:core/group:4/again");
    const int apart = experiment_find(digits, "digits/f32/played/place:core/group:1");
    const int read = experiment_find(digits, "roof/read/digits-order/group:4");
    const int compute = experiment_find(digits, "roof/compute/f32/played/group:4");
    assert_true(together >= 0 && twin >= 0 && apart >= 0 && read >= 0 && compute >= 0);
    assert_int_equal(digits->best, together);
    assert_int_equal(digits->control_count, 1);
    assert_int_equal(digits->facts[twin].control_of, together);
    assert_int_equal(digits->facts[apart].control, twin);
    assert_int_equal(digits->facts[together].roofs.read, read);
    assert_int_equal(digits->facts[together].roofs.compute, compute);
    assert_int_equal(digits->facts[apart].roofs.read, NO_CASE); /* a read for each fit is not timed here */
    assert_int_equal(digits->pair_count, 1);
    assert_int_equal(digits->pairs[0].family, PAIR_GROUP);
    assert_int_equal(digits->pairs[0].base, apart);
    assert_true(digits->facts[together].work == 10.0 * ROWS && digits->facts[apart].work == 10.0 * ROWS);
    assert_int_equal(digits->facts[together].models, 10);
    assert_int_equal(digits->facts[together].group, 4);
    assert_int_equal(digits->facts[apart].group, 1);
    assert_near(digits->facts[read].work, ROWS * 10.0 / 3.0); /* 4, 4 and 2 fits: three reads */
    assert_near(digits->facts[together].row_bytes, digits->facts[apart].row_bytes * 3.0 / 10.0);
    assert_false(experiment_counts(digits));
    close_bench(&bench);
}

/* ---- what is verified, and what is left out */

static void each_digit_is_trained_alone(void **state) {
    (void)state;
    struct bench bench;
    struct error err;
    open_bench(&bench, CROPPED, 0);
    struct hyper hyper = bench.hyper;
    struct row_ref at[ROWS];
    hyper.engine = ENGINE_F32;
    for (unsigned c = 0; c < CLASSES; c++) {
        struct model model;
        const struct row_list rows = classes_rows(at, &bench.job.row_list, c);
        if (fit(&model, &rows, &hyper, &played, &err) != 0) fail_msg("%s", err.text);
        for (unsigned epoch = 0; epoch < EPOCHS; epoch++)
            assert_true(bench.digits.hash[c * EPOCHS + epoch] == model.epoch_hash[epoch]);
        model_free(&model);
    }
    assert_string_equal(bench.digits.wrong, "");
    close_bench(&bench);
}

/* Makes the digits anew, with the bench's job and hyper-parameters as they are now. */
static void make_again(struct bench *bench, unsigned asked) {
    struct error err;
    const struct digits_request request = {
        .job = &bench->job, .hyper = &bench->hyper, .jobs = &bench->jobs, .digit = 5, .asked = asked};
    verified_digits_free(&bench->digits);
    if (verified_digits_make(&bench->digits, &request, &err) != 0) fail_msg("%s", err.text);
}

static void another_model_than_the_jobs_is_wrong(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, CROPPED, 10);
    bench.list[CROPPED].model.epoch_hash[1] ^= 1;
    make_again(&bench, 10);
    assert_null(bench.digits.job);
    assert_non_null(strstr(bench.digits.wrong, "digit 5: epoch 2"));
    close_bench(&bench);
}

static void assert_left_out(const struct bench *bench, const char *reason) {
    assert_null(bench->digits.job);
    assert_string_equal(bench->digits.reason, reason);
    assert_string_equal(bench->digits.wrong, "");
}

static void what_is_left_out_has_a_reason(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, CROPPED, 1);
    assert_left_out(&bench, "as asked");
    bench.hyper.compat = COMPAT_1_2;
    make_again(&bench, 10);
    assert_left_out(&bench, "each digit's fit has an order of rows of its own");
    bench.hyper.compat = COMPAT_0_19;
    bench.list[CROPPED].backend = backend_scalar();
    bench.jobs.count = 1;
    make_again(&bench, 10);
    assert_left_out(&bench, "scalar code takes too long for them");
    bench.list[CROPPED].passed = false;
    make_again(&bench, 10);
    assert_left_out(&bench, "no engine and backend passed its check");
    bench.list[CROPPED].passed = true;
    bench.list[CROPPED].backend = &played;
    for (size_t i = 0; i < bench.job.row_list.n; i++)
        if (bench.job.ds.labels[bench.job.at[i].row] == 3) bench.job.ds.labels[bench.job.at[i].row] = 4;
    make_again(&bench, 10);
    assert_left_out(&bench, "the rows do not hold all ten digits");
    close_bench(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_of_sound_kernels_holds),
        cmocka_unit_test(one_wrong_model_of_ten_is_found),
        cmocka_unit_test(each_digit_has_its_own_hash),
        cmocka_unit_test(a_wrong_case_ends_and_the_others_go_on),
        cmocka_unit_test(roofs_are_checked),
        cmocka_unit_test(a_group_roof_holds_every_model),
        cmocka_unit_test(the_cases_know_each_other),
        cmocka_unit_test(each_digit_is_trained_alone),
        cmocka_unit_test(another_model_than_the_jobs_is_wrong),
        cmocka_unit_test(what_is_left_out_has_a_reason),
    };
    return cmocka_run_group_tests_name("digits", tests, set_up, tear_down);
}
