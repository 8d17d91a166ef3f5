/* SPDX-License-Identifier: MIT */
/* A fit epoch by epoch: by several backends in turn, gone back to and repeated, two fits in one trainer; and the hash
 * that tells whether an epoch ended as it should. */
#include "learn/trainer_private.h" /* to change what only the trainer sees */

#include "learn/cv.h"
#include "packed.h"
#include "setup.h"

enum { EPOCHS = 4 };

/* What a fit is made with. */
struct kind {
    enum engine engine;
    bool packed;
};
static const struct kind kinds[] = {{ENGINE_F32, false}, {ENGINE_F64, false}, {ENGINE_INT, false}, {ENGINE_INT, true}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static struct small_job cropped, packed;
static struct backend plain; /* the scalar backend, and kernels for packed rows that run everywhere */

static int set_up(void **state) {
    (void)state;
    if (small_job_load(&cropped, 784, NULL) != 0 || small_job_load(&packed, 784, NULL) != 0) return -1;
    pack_by_hand(&packed.ds);
    cropped.row_list.ds = &cropped.ds;
    packed.row_list.ds = &packed.ds;
    cropped.hyper.epochs = packed.hyper.epochs = EPOCHS;
    plain = plain_backend();
    return cropped.ds.width < cropped.ds.d ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    dataset_free(&cropped.ds);
    dataset_free(&packed.ds);
    return 0;
}

static const struct small_job *job_of(const struct kind *kind) {
    return kind->packed ? &packed : &cropped;
}

static struct hyper hyper_of(const struct kind *kind) {
    struct hyper hyper = job_of(kind)->hyper;
    hyper.engine = kind->engine;
    return hyper;
}

static struct trainer *new_trainer(const struct kind *kind) {
    const struct hyper hyper = hyper_of(kind);
    struct trainer *trainer = trainer_new(SMALL_ROWS, cropped.ds.d, &hyper, &plain, NULL);
    assert_non_null(trainer);
    trainer_permutation(trainer, SMALL_ROWS);
    return trainer;
}

static void start(struct trainer *trainer, const struct kind *kind) {
    trainer_start(trainer, &job_of(kind)->row_list, trainer->own);
    assert_int_equal(trainer->blocks > 0, kind->packed);
}

static struct model model_of(const struct trainer *trainer) {
    struct model model;
    struct error err;
    assert_int_equal(model_new(&model, trainer->d, &trainer->hyper, NULL), 0);
    if (trainer_model(trainer, &model, &err) != 0) fail_msg("%s", err.text);
    return model;
}

/* Everything that the two fits have come to, what the hash does not cover as well. */
static void assert_same_model(const struct trainer *trainer, const struct model *want) {
    struct model got = model_of(trainer);
    assert_memory_equal(got.coef, want->coef, got.d * sizeof *got.coef);
    assert_memory_equal(got.updates, want->updates, EPOCHS * sizeof *got.updates);
    assert_true(got.intercept == want->intercept && got.wscale == want->wscale);
    assert_true(got.unit == want->unit && got.slack == want->slack);
    assert_int_equal(got.fingerprint, want->fingerprint);
    assert_int_equal(got.update_hash, want->update_hash);
    model_free(&got);
}

static struct model whole_fit(const struct kind *kind) {
    struct model model;
    const struct hyper hyper = hyper_of(kind);
    assert_int_equal(fit(&model, &job_of(kind)->row_list, &hyper, &plain, NULL), 0);
    return model;
}

/* ---- the hash */

static void a_fit_has_the_hash_of_each_epoch(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct model model = whole_fit(&kinds[k]);
        struct trainer *trainer = new_trainer(&kinds[k]);
        start(trainer, &kinds[k]);
        for (unsigned epoch = 0; epoch < EPOCHS; epoch++) {
            trainer_epoch(trainer);
            assert_int_equal(model.epoch_hash[epoch], trainer_hash(trainer));
            for (unsigned other = 0; other < epoch; other++)
                assert_int_not_equal(model.epoch_hash[epoch], model.epoch_hash[other]);
        }
        assert_same_model(trainer, &model);
        assert_true(model.updates[0] > 0 && model.updates[1] > 0);
        model_free(&model);
        trainer_free(trainer);
    }
}

/* One bit of anything that an epoch makes. */
static void assert_seen(struct trainer *trainer, void *changed, size_t size) {
    const uint64_t hash = trainer_hash(trainer);
    unsigned char *bytes = changed;
    for (size_t bit = 0; bit < 8 * size; bit += 7) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_int_not_equal(trainer_hash(trainer), hash);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    assert_int_equal(trainer_hash(trainer), hash);
}

static void the_hash_tells_any_change(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct trainer *trainer = new_trainer(&kinds[k]);
        start(trainer, &kinds[k]);
        trainer_epoch(trainer);
        for (size_t feature = 0; feature < trainer->d; feature += 9) {
            if (trainer->w32) assert_seen(trainer, &trainer->w32[feature], sizeof *trainer->w32);
            if (trainer->w64) assert_seen(trainer, &trainer->w64[feature], sizeof *trainer->w64);
        }
        assert_seen(trainer, &trainer->wscale, sizeof trainer->wscale);
        assert_seen(trainer, &trainer->intercept, sizeof trainer->intercept);
        assert_seen(trainer, &trainer->t, sizeof trainer->t);
        assert_seen(trainer, &trainer->update_hash, sizeof trainer->update_hash);
        trainer_free(trainer);
    }
}

/* ---- several backends in one fit */

static bool serves(const struct backend *backend, enum engine engine) {
    return backend->parity == PARITY_BITS && backend_state(backend) == BACKEND_OK &&
           (engine != ENGINE_INT || backend->dot_u8i16);
}

static void backends_take_turns_in_a_fit(void **state) {
    (void)state;
    static const struct prefetch distances[] = {{0}, {1, 1, 0}, {4, 16, 32}, {64, 64, 64}};
    for (size_t k = 0; k < KINDS - 1; k++) {
        struct model model = whole_fit(&kinds[k]);
        for (size_t b = 0; b < backend_count; b++) {
            if (!serves(&backends[b], kinds[k].engine)) continue;
            struct trainer *trainer = new_trainer(&kinds[k]);
            start(trainer, &kinds[k]);
            for (unsigned epoch = 0; epoch < EPOCHS; epoch++) {
                trainer_use(trainer, epoch % 2 ? &plain : &backends[b], &distances[(epoch + b) % 4]);
                trainer_epoch(trainer);
                if (trainer_hash(trainer) != model.epoch_hash[epoch])
                    fail_msg("kind %zu, %s: another hash after epoch %u", k, backends[b].name, epoch + 1);
            }
            assert_same_model(trainer, &model);
            trainer_free(trainer);
        }
        model_free(&model);
    }
}

/* The backend that was named last is the one that runs, with its distances. */
static unsigned dots;

static float counted_dot(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    dots++;
    return backend_scalar()->dot_prefetch_u8f32(w, x, d, l1_row, l2_row);
}

static void the_backend_in_use_runs(void **state) {
    (void)state;
    struct backend counting = plain;
    struct trainer *trainer = new_trainer(&kinds[0]);
    counting.dot_prefetch_u8f32 = counted_dot;
    start(trainer, &kinds[0]);
    for (unsigned epoch = 0; epoch < EPOCHS; epoch++) {
        const struct prefetch distance = {3 + epoch, 5, 7};
        dots = 0;
        trainer_use(trainer, epoch % 2 ? &counting : &plain, &distance);
        assert_memory_equal(&trainer->hyper.prefetch, &distance, sizeof distance);
        trainer_epoch(trainer);
        assert_int_equal(dots, epoch % 2 ? SMALL_ROWS : 0);
    }
    trainer_use(trainer, &plain, &(struct prefetch){0});
    assert_memory_equal(&trainer->hyper.prefetch, &PREFETCH_DEFAULT, sizeof(struct prefetch));
    trainer_free(trainer);
}

/* ---- saved states */

static void an_epoch_is_repeated_from_its_start(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct model model = whole_fit(&kinds[k]);
        struct trainer *trainer = new_trainer(&kinds[k]);
        struct trainer_state *saved = trainer_state_new(trainer, NULL);
        assert_non_null(saved);
        start(trainer, &kinds[k]);
        for (unsigned epoch = 0; epoch < EPOCHS; epoch++) {
            trainer_save(saved, trainer);
            for (int repeat = 0; repeat < 3; repeat++) {
                if (repeat > 0) trainer_load(trainer, saved);
                trainer_epoch(trainer);
                assert_int_equal(trainer_hash(trainer), model.epoch_hash[epoch]);
            }
        }
        assert_same_model(trainer, &model);
        trainer_state_free(saved);
        trainer_free(trainer);
        model_free(&model);
    }
}

/* A loaded state is that state in all that it holds. */
static void a_state_is_loaded_whole(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        struct trainer *trainer = new_trainer(&kinds[k]);
        struct trainer_state *saved = trainer_state_new(trainer, NULL);
        start(trainer, &kinds[k]);
        trainer_epoch(trainer);
        struct model model = model_of(trainer);
        const double updated = trainer->updated, scale_error = trainer->scale_error;
        trainer_save(saved, trainer);
        while (trainer->epoch < EPOCHS)
            trainer_epoch(trainer);
        trainer->scale_error += 1;
        trainer_load(trainer, saved);
        assert_int_equal(trainer->epoch, 1);
        assert_true(trainer->updated == updated && trainer->scale_error == scale_error);
        assert_same_model(trainer, &model);
        if (kinds[k].engine == ENGINE_INT) {
            struct model again = model_of(trainer);
            const size_t bytes = cropped.ds.d * sizeof(int16_t);
            assert_memory_equal(again.integer.low, model.integer.low, bytes);
            model_free(&again);
        }
        model_free(&model);
        trainer_state_free(saved);
        trainer_free(trainer);
    }
}

/* ---- two fits in one trainer */

/* Another fit on the same rows: every 50th dot product has the other sign. */
static unsigned calls;

static float odd_dot(const float *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    const float dot = backend_scalar()->dot_prefetch_u8f32(w, x, d, l1_row, l2_row);
    return ++calls % 50 == 0 ? -dot : dot;
}

static int64_t odd_dot_i16(const int16_t *w, const uint8_t *x, size_t d, const uint8_t *l1_row, const uint8_t *l2_row) {
    const int64_t dot = backend_scalar()->dot_prefetch_u8i16(w, x, d, l1_row, l2_row);
    return ++calls % 50 == 0 ? -dot : dot;
}

static int64_t odd_dot_packed(const int8_t *w, const uint8_t *row, size_t blocks, const uint8_t *near, size_t lines) {
    const int64_t dot = plain_dot_packed(w, row, blocks, near, lines);
    return ++calls % 50 == 0 ? -dot : dot;
}

enum { FITS = 2 };

/* One epoch of a fit, as an experiment times it: from the saved state, or from the start. Not saved. */
static uint64_t next_epoch(struct trainer *trainer, const struct kind *kind, const struct backend *backend,
                           struct trainer_state *saved, unsigned epoch) {
    calls = 0;
    trainer_use(trainer, backend, &PREFETCH_DEFAULT);
    if (epoch == 0)
        start(trainer, kind);
    else
        trainer_load(trainer, saved);
    trainer_epoch(trainer);
    return trainer_hash(trainer);
}

static void two_fits_take_turns(void **state) {
    (void)state;
    struct backend odd = plain;
    odd.dot_prefetch_u8f32 = odd_dot;
    odd.dot_prefetch_u8i16 = odd_dot_i16;
    odd.dot_packed = odd_dot_packed;
    const struct backend *const by[FITS] = {&plain, &odd};
    for (size_t k = 0; k < KINDS; k++) {
        if (kinds[k].engine == ENGINE_F64) continue; /* has one backend */
        uint64_t alone[FITS][EPOCHS];
        struct trainer *trainer = new_trainer(&kinds[k]);
        struct trainer_state *saved[FITS];
        for (int f = 0; f < FITS; f++) {
            saved[f] = trainer_state_new(trainer, NULL);
            for (unsigned epoch = 0; epoch < EPOCHS; epoch++) {
                alone[f][epoch] = next_epoch(trainer, &kinds[k], by[f], saved[f], epoch);
                trainer_save(saved[f], trainer);
            }
        }
        assert_int_not_equal(alone[0][0], alone[1][0]);
        for (unsigned sample = 0; sample < 2 * EPOCHS; sample++) /* two fits of each, one after the other */
            for (int turn = 0; turn < FITS; turn++) {
                const int f = sample % 2 ? FITS - 1 - turn : turn;
                const unsigned epoch = sample % EPOCHS;
                for (int repeat = 0; repeat < 2; repeat++)
                    assert_int_equal(next_epoch(trainer, &kinds[k], by[f], saved[f], epoch), alone[f][epoch]);
                trainer_save(saved[f], trainer);
            }
        for (int f = 0; f < FITS; f++)
            trainer_state_free(saved[f]);
        trainer_free(trainer);
    }
}

/* ---- the hash of updates */

/* Position 60,000 of an epoch and position 0 of the next have the same number in update_hash; so the other hash also
 * takes how many updates each epoch made. */
static void a_hash_tells_epochs_apart(void **state) {
    (void)state;
    struct trainer *trainer = new_trainer(&kinds[0]);
    trainer_start(trainer, &cropped.row_list, trainer->own);
    const uint32_t splits[][2] = {{2, 1}, {1, 2}, {3, 0}};
    uint64_t seen[3];
    trainer->epoch = 2;
    trainer->update_hash = 0x0123456789abcdef;
    for (int k = 0; k < 3; k++) {
        memcpy(trainer->updates, splits[k], sizeof splits[k]);
        seen[k] = hash_by_epoch(trainer);
    }
    /* FNV-1a of the bytes ef cd ab 89 67 45 23 01 02 00 00 00 01 00 00 00 */
    assert_true(seen[0] == UINT64_C(0xc96c40aadf6e10a6));
    assert_true(seen[0] != seen[1] && seen[1] != seen[2] && seen[0] != seen[2]);
    memcpy(trainer->updates, splits[0], sizeof splits[0]);
    trainer->update_hash++;
    assert_true(hash_by_epoch(trainer) != seen[0]);
    struct model model;
    struct hyper hyper = hyper_of(&kinds[0]);
    assert_int_equal(model_new(&model, cropped.ds.d, &hyper, NULL), 0);
    assert_int_equal(trainer_model(trainer, &model, NULL), 0);
    assert_true(model.update_hash_by_epoch == hash_by_epoch(trainer));
    model_free(&model);
    trainer_free(trainer);
}

/* ---- reading the rows of folds */

/* An even number of epochs cancels what each of them reads of the training part; an odd one reads every row. */
static void folds_read_their_rows(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        for (unsigned epochs = 1; epochs <= 4; epochs++) {
            const struct small_job *job = job_of(&kinds[k]);
            const enum row_form form = kinds[k].packed ? FORM_PACKED : FORM_CROPPED;
            const struct row_view view = row_view_of(&job->ds, form);
            struct hyper hyper = hyper_of(&kinds[k]);
            struct cv_plan plan;
            hyper.epochs = epochs;
            assert_int_equal(cv_plan_make(&plan, &job->row_list, FOLDS, ESTIMATOR_SGD, &hyper, NULL), 0);
            struct fold_worker *worker = fold_worker_new(&plan, &plain, NULL);
            assert_non_null(worker);
            for (unsigned f = 0; f < FOLDS; f++) {
                uint64_t want = 0;
                for (size_t i = 0; i < SMALL_ROWS; i++)
                    if (epochs % 2 || plan.fold_of[i] == f)
                        want ^= plain.read_u8(row_view_row(&view, row_view_index(&job->ds, form, job->at[i].row)),
                                              view.width);
                assert_int_not_equal(want, 0);
                assert_int_equal(fold_worker_read(worker, f), want);
            }
            fold_worker_free(worker);
            cv_plan_free(&plan);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fit_has_the_hash_of_each_epoch),
        cmocka_unit_test(the_hash_tells_any_change),
        cmocka_unit_test(backends_take_turns_in_a_fit),
        cmocka_unit_test(the_backend_in_use_runs),
        cmocka_unit_test(an_epoch_is_repeated_from_its_start),
        cmocka_unit_test(a_state_is_loaded_whole),
        cmocka_unit_test(two_fits_take_turns),
        cmocka_unit_test(a_hash_tells_epochs_apart),
        cmocka_unit_test(folds_read_their_rows),
    };
    return cmocka_run_group_tests_name("trainer", tests, set_up, tear_down);
}
