/* SPDX-License-Identifier: MIT */
/* The experiments of epochs and of folds, sample by sample: every case is held to its verified job, a kernel that goes
 * wrong is found in the sample where it does, and every case has its control. */
#include "learn/job.h"
#include "measure/experiment.h"
#include "packed.h"
#include "setup.h"
#include "timed_case.h"

#include <string.h>

enum { MOST_EPOCHS = 3, JOBS = 4 };
enum { F64, SCALAR, PLAYED, PACKED }; /* the jobs: f64/scalar, f32/scalar, f32/played, int/played on packed rows */

static struct topology *here, *without_caches;
static struct placement core;

/* What the played backend does wrong. */
static struct {
    bool dot;     /* the sign of each product */
    bool read;    /* a bit of the next sum */
    int decision; /* the last bit of the decision on this row of a fold's test part; -1: none */
} wrong;

static float played_dot(const float *w, const uint8_t *x, size_t d) {
    const float dot = backend_scalar()->dot_u8f32(w, x, d);
    return wrong.dot ? -dot : dot;
}

static float played_dot_prefetch(const float *w, const uint8_t *x, size_t d, const uint8_t *l1, const uint8_t *l2) {
    (void)l1, (void)l2;
    return played_dot(w, x, d);
}

static void played_decision(double *decision, const struct batch *batch, const struct linear_model *model) {
    backend_scalar()->decision_u8f32(decision, batch, model);
    if (wrong.decision >= 0) decision[wrong.decision] = nextafter(decision[wrong.decision], (double)INFINITY);
}

static uint64_t played_read(const uint8_t *x, size_t d) {
    const uint64_t bits = backend_scalar()->read_u8(x, d) ^ (wrong.read ? 4 : 0);
    wrong.read = false;
    return bits;
}

static struct backend played;

static int set_up(void **state) {
    (void)state;
    played = plain_backend();
    played.name = "played";
    played.dot_u8f32 = played_dot;
    played.dot_prefetch_u8f32 = played_dot_prefetch;
    played.decision_u8f32 = played_decision;
    played.read_u8 = played_read;
    return topology_load(&here, NULL, NULL) != 0 || topology_load(&without_caches, "core:2 pu:1", NULL) != 0 ||
                   placement_resolve(&core, here, "core", NULL) != 0
               ? -1
               : 0;
}

static int tear_down(void **state) {
    (void)state;
    placement_free(&core);
    topology_free(here);
    topology_free(without_caches);
    return 0;
}

/* A small job, verified by four engines and backends. */
struct bench {
    struct job job;
    struct hyper hyper;
    struct verified_job list[JOBS];
    struct verified_jobs jobs;
    uint32_t permutation[SMALL_ROWS];
    struct timing_setup setup;
    struct experiment *experiment;
};

static void verify(struct bench *bench, size_t which, enum engine engine, const struct backend *backend,
                   double seconds) {
    struct verified_job *job = &bench->list[which];
    struct hyper hyper = bench->hyper;
    struct error err;
    hyper.engine = engine;
    hyper.prefetch = PREFETCH_DEFAULT;
    if (verified_job_run(job, &bench->job.row_list, &hyper, FOLDS, backend, &err) != 0) fail_msg("%s", err.text);
    job->passed = true;
    job->model.seconds = seconds;
}

static const struct placement_names one_core = {{"core"}, 1};

static void open_bench(struct bench *bench, unsigned epochs) {
    struct error err;
    struct job_spec spec;
    char rows[64];
    wrong.dot = wrong.read = false;
    wrong.decision = -1;
    *bench = (struct bench){.experiment = NULL};
    job_spec_defaults(&spec);
    snprintf(rows, sizeof rows, "synthetic:n=%d", SMALL_ROWS);
    spec.rows.data = rows;
    if (job_open(&bench->job, &spec, &err) != 0) fail_msg("%s", err.text);
    packed_free(&bench->job.ds.packed);
    pack_by_hand(&bench->job.ds);
    bench->hyper = spec.hyper;
    bench->hyper.epochs = epochs;
    verify(bench, F64, ENGINE_F64, backend_scalar(), 20e-3);
    verify(bench, SCALAR, ENGINE_F32, backend_scalar(), 10e-3);
    verify(bench, PLAYED, ENGINE_F32, &played, 1e-3);
    verify(bench, PACKED, ENGINE_INT, &played, 2e-3);
    bench->jobs = (struct verified_jobs){.list = bench->list, .count = JOBS};
    epoch_permutation(bench->permutation, SMALL_ROWS, epoch_seed(spec.hyper.seed, spec.hyper.compat));
    bench->setup = (struct timing_setup){.job = &bench->job,
                                         .hyper = &bench->hyper,
                                         .jobs = &bench->jobs,
                                         .topology = without_caches,
                                         .core = &core,
                                         .permutation = bench->permutation,
                                         .folds = FOLDS,
                                         .repeats = 1,
                                         .places = &one_core};
}

static void open_epochs(struct bench *bench) {
    struct error err;
    bench->experiment = epochs_experiment(&bench->setup, &err);
    if (!bench->experiment) fail_msg("%s", err.text);
}

static void open_folds(struct bench *bench) {
    struct error err;
    const struct placements *placements;
    bench->setup.topology = here;
    bench->experiment = folds_experiment(&bench->setup, &placements, &err);
    if (!bench->experiment) fail_msg("%s", err.text);
}

static void close_bench(struct bench *bench) {
    experiment_free(bench->experiment);
    for (size_t i = 0; i < JOBS; i++)
        verified_job_free(&bench->list[i]);
    job_close(&bench->job);
}

static void keep(const struct timed_case *timed) {
    if (timed->keep) timed->keep(timed->context);
}

static void assert_holds(const struct timed_case *timed) {
    struct error err;
    if (try_once(timed, &err) != 0) fail_msg("%s: %s", timed->name, err.text);
}

static void assert_found(const struct timed_case *timed, const char *what) {
    struct error err;
    if (try_once(timed, &err) == 0) fail_msg("%s: nothing found", timed->name);
    assert_int_equal(err.kind, ERROR_CHECK);
    if (!strstr(err.text, what)) fail_msg("%s: '%s' is not in: %s", timed->name, what, err.text);
    assert_null(strchr(err.text, '\n'));
}

/* Samples of all cases in changing order, every third one tried twice; through two fits. */
static void all_samples_hold(const struct bench *bench) {
    const struct experiment *experiment = bench->experiment;
    for (size_t sample = 0; sample < 2 * bench->hyper.epochs + 1; sample++)
        for (size_t c = 0; c < experiment->count; c++) {
            const struct timed_case *timed =
                &experiment->cases[sample % 2 ? experiment->count - 1 - c : (c + sample) % experiment->count];
            assert_non_null(timed->check);
            if ((c + sample) % 3 == 0) assert_holds(timed);
            assert_holds(timed);
            keep(timed);
        }
}

/* An odd and an even number of epochs: of the latter, the rows of a training part cancel. */
static void every_sample_of_sound_kernels_holds(void **state) {
    (void)state;
    for (unsigned epochs = 2; epochs <= MOST_EPOCHS; epochs++)
        for (int folds = 0; folds < 2; folds++) {
            struct bench bench;
            open_bench(&bench, epochs);
            folds ? open_folds(&bench) : open_epochs(&bench);
            all_samples_hold(&bench);
            close_bench(&bench);
        }
}

/* ---- epochs */

static void an_epoch_that_goes_wrong_is_found(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, MOST_EPOCHS);
    open_epochs(&bench);
    const struct timed_case *epoch = find_case(bench.experiment, "epoch/f32/played"),
                            *other = find_case(bench.experiment, "epoch/f32/scalar");
    for (unsigned sample = 0; sample < 2 * MOST_EPOCHS; sample++) {
        char what[64];
        snprintf(what, sizeof what, "epoch %u of the fit ended with other weights", sample % MOST_EPOCHS + 1);
        if (sample % MOST_EPOCHS > 0) { /* the weights of the first epoch start at 0: no sign of 0 matters */
            wrong.dot = true;
            assert_found(epoch, what);
            wrong.dot = false;
        }
        assert_holds(other); /* in the same trainer */
        keep(other);
        assert_holds(epoch); /* what was wrong was not kept */
        keep(epoch);
    }
    close_bench(&bench);
}

/* Each epoch of each case, twins included, is held to its own hash. */
static void each_epoch_has_its_own_hash(void **state) {
    (void)state;
    for (unsigned changed = 0; changed < MOST_EPOCHS; changed++) {
        struct bench bench;
        open_bench(&bench, MOST_EPOCHS);
        open_epochs(&bench);
        bench.list[PLAYED].model.epoch_hash[changed] ^= 1;
        for (unsigned epoch = 0; epoch < MOST_EPOCHS; epoch++)
            for (size_t c = 0; c < bench.experiment->count; c++) {
                const struct timed_case *timed = &bench.experiment->cases[c];
                const struct case_facts *facts = &bench.experiment->facts[c];
                if (facts->kind != CASE_EPOCH) continue;
                if (epoch == changed && facts->job == &bench.list[PLAYED])
                    assert_found(timed, "other weights");
                else
                    assert_holds(timed);
                keep(timed);
            }
        close_bench(&bench);
    }
}

static void roofs_of_epochs_are_checked(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, MOST_EPOCHS);
    open_epochs(&bench);
    static const char *const reads[] = {"roof/read/epoch-order", "roof/read/epoch-order/packed",
                                        "roof/read/epoch-order/whole"};
    for (int round = 0; round < 2; round++) {
        wrong.dot = round;
        if (round)
            assert_found(find_case(bench.experiment, "roof/compute/f32/played"), "dot products add up to");
        else
            assert_holds(find_case(bench.experiment, "roof/compute/f32/played"));
        wrong.dot = false;
    }
    for (size_t i = 0; i < 3; i++) {
        assert_holds(find_case(bench.experiment, reads[i]));
        const struct timed_case *read = find_case(bench.experiment, reads[i]);
        struct error err;
        read->prepare(read->context); /* which reads rows, too */
        wrong.read = true;
        read->run(read->context);
        assert_int_equal(read->check(read->context, &err), -1);
        assert_non_null(strstr(err.text, "exclusive or"));
        assert_holds(read);
    }
    close_bench(&bench);
}

/* One A/A twin for the fast epochs and one for the slow ones, with the distances of its case. */
static void each_length_has_a_twin(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, MOST_EPOCHS);
    bench.list[PLAYED].prefetch = (struct prefetch){.l1 = 4, .block = 2};
    open_epochs(&bench);
    const struct experiment *epochs = bench.experiment;
    const int fast = experiment_find(epochs, "epoch/f32/played/again");
    const int slow = experiment_find(epochs, "epoch/f32/scalar/again");
    assert_int_equal(epochs->control_count, 2);
    assert_true(fast >= 0 && slow >= 0);
    assert_int_equal(epochs->facts[fast].control_of, experiment_find(epochs, "epoch/f32/played"));
    assert_int_equal(epochs->facts[slow].control_of, experiment_find(epochs, "epoch/f32/scalar"));
    assert_string_equal(epochs->facts[fast].prefetch, "4,2");
    assert_string_equal(epochs->facts[epochs->facts[fast].control_of].prefetch, "4,2");
    assert_string_equal(epochs->facts[slow].prefetch, epochs->facts[epochs->facts[slow].control_of].prefetch);
    assert_int_equal(epochs->facts[experiment_find(epochs, "epoch/f64/scalar")].control, slow);
    assert_int_equal(epochs->facts[experiment_find(epochs, "epoch/f32/scalar")].control, slow);
    assert_int_equal(epochs->facts[experiment_find(epochs, "epoch/f32/played")].control, fast);
    assert_int_equal(epochs->facts[experiment_find(epochs, "epoch/int/played")].control, fast);
    assert_true(epochs->cases[slow].leads && !epochs->cases[fast].leads);
    for (size_t p = 0; p < epochs->pair_count; p++) /* twins are compared with nobody else */
        assert_true(epochs->facts[epochs->pairs[p].subject].control_of == NO_CASE &&
                    epochs->facts[epochs->pairs[p].base].control_of == NO_CASE);
    close_bench(&bench);
}

/* The best backend of f32 may be slow beside engine int: then the fast epochs have a twin all the same. */
static void a_slow_best_leaves_no_length_without_a_twin(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, MOST_EPOCHS);
    bench.list[PLAYED].model.seconds = 11e-3;
    bench.list[PACKED].model.seconds = 1e-3;
    open_epochs(&bench);
    const struct experiment *epochs = bench.experiment;
    assert_true(experiment_find(epochs, "epoch/int/played/again") >= 0);
    assert_true(experiment_find(epochs, "epoch/f32/played/again") >= 0);
    for (size_t c = 0; c < epochs->count; c++)
        if (epochs->facts[c].kind == CASE_EPOCH) assert_int_not_equal(epochs->facts[c].control, NO_CASE);
    close_bench(&bench);
}

/* ---- folds */

static void decisions_that_go_wrong_are_found(void **state) {
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct bench bench;
        open_bench(&bench, MOST_EPOCHS);
        open_folds(&bench);
        const struct timed_case *folds = find_case(bench.experiment, "cv/f32/played/place:core");
        if (!first) assert_holds(folds);
        wrong.decision = 1;
        assert_found(folds, first ? "the decisions have the hash" : "the decision on row");
        wrong.decision = -1;
        assert_holds(folds);
        close_bench(&bench);
    }
}

/* Each fold is held to its weights, its updates and its accuracy. */
static void each_fold_is_held_to_the_verified_one(void **state) {
    (void)state;
    for (unsigned f = 0; f < FOLDS; f++) {
        struct bench bench;
        char what[32];
        open_bench(&bench, MOST_EPOCHS);
        open_folds(&bench);
        const struct timed_case *folds = find_case(bench.experiment, "cv/f32/played/place:core");
        struct fold_result *want = &bench.list[PLAYED].cv.fold[f];
        snprintf(what, sizeof what, "fold %u ended with", f + 1);
        assert_holds(folds);
        want->fingerprint ^= 1;
        assert_found(folds, what);
        want->fingerprint ^= 1;
        want->update_hash ^= 1;
        assert_found(folds, what);
        want->update_hash ^= 1;
        want->accuracy = nextafter(want->accuracy, 2);
        snprintf(what, sizeof what, "fold %u has the accuracy", f + 1);
        assert_found(folds, what);
        close_bench(&bench);
    }
}

static void folds_that_go_wrong_are_found(void **state) {
    (void)state;
    struct bench bench;
    open_bench(&bench, MOST_EPOCHS);
    open_folds(&bench);
    const struct timed_case *folds = find_case(bench.experiment, "cv/f32/played/place:core");
    wrong.dot = true;
    assert_found(folds, "place");
    wrong.dot = false;
    assert_holds(folds);
    assert_holds(find_case(bench.experiment, "cv/f32/played/place:core/again"));
    static const char *const reads[] = {"roof/read/f32/played/place:core", "roof/read/int/played/place:core"};
    for (size_t i = 0; i < 2; i++) {
        assert_holds(find_case(bench.experiment, reads[i]));
        wrong.read = true;
        assert_found(find_case(bench.experiment, reads[i]), "the rows read for fold 1 give the exclusive or");
        assert_holds(find_case(bench.experiment, reads[i]));
    }
    close_bench(&bench);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_of_sound_kernels_holds),
        cmocka_unit_test(an_epoch_that_goes_wrong_is_found),
        cmocka_unit_test(each_epoch_has_its_own_hash),
        cmocka_unit_test(roofs_of_epochs_are_checked),
        cmocka_unit_test(each_length_has_a_twin),
        cmocka_unit_test(a_slow_best_leaves_no_length_without_a_twin),
        cmocka_unit_test(decisions_that_go_wrong_are_found),
        cmocka_unit_test(each_fold_is_held_to_the_verified_one),
        cmocka_unit_test(folds_that_go_wrong_are_found),
    };
    return cmocka_run_group_tests_name("experiments", tests, set_up, tear_down);
}
