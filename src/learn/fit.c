#include "learn/fit.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/pages.h"
#include "data/entry.h"
#include "data/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEW_LINES = 3,     /* rows of no more lines are fetched whole in blocks, wider ones' first lines alone */
    LEAST_GAP = 4,     /* rows between the one whose first line is fetched and the one whose other lines are */
    PACKED_AHEAD = 8,  /* packed rows ahead of the one being decided that are being brought into the cache */
    READ_AHEAD = 16,   /* rows ahead of the one being read that are being brought into the cache, */
    READ_FAR = 64,     /* and where a fit fetches far rows: into the second-level cache and no further */
    SLACK_ROWS = 4096, /* engine int: rows for which one bound of the rounding errors holds */
    CACHE_LINE = 64
};

/* Where the rows lie that the loop reads: row r begins at `at` + r * stride, and about `bytes` of it are read. */
struct row_store {
    const uint8_t *at;
    size_t stride, bytes;
};

struct trainer {
    struct hyper hyper;
    const struct backend *backend;
    struct row_list row_list;
    struct row_store store;
    size_t width;    /* pixels of a row: of its window, or of its blocks */
    size_t blocks;   /* of packed rows; 0: the rows are windows */
    uint8_t *pixels; /* engine int: room for an unpacked row */
    size_t most, d;
    double t0;
    /* State between epochs. The weights are wscale * w (w32 or w64, whichever the engine uses). */
    float *w32;
    double *w64;
    struct integer_weights integer; /* beside w64, which takes every update too */
    double wscale, intercept, t;
    unsigned epoch;
    uint32_t *updates;  /* [epochs] */
    double updated;     /* their sum so far */
    double scale_error; /* engine int: of wscale so far (integer.h) */
    uint64_t update_hash;
    const uint32_t *permutation; /* [n] */
    struct entry_form form;
    /* The order of the examples, as entries: epoch e fills in order[e % 2]; before the first the other holds them as
     * they are given. Room for [most] each, side by side, and behind them */
    uint32_t *order[2];
    uint32_t *own; /* for a permutation of [most] */
};

const char *const compat_names[] = {"0.19", "1.2", NULL};

/* sklearn/linear_model/_base.py make_dataset and _stochastic_gradient.py _fit_binary: from 0.21 on, the data set draws
 * once from the same generator before the shuffle seed is drawn. */
uint32_t epoch_seed(uint32_t seed, enum compat compat) {
    const uint32_t max_int = 2147483647;
    struct random_state rs;
    random_seed(&rs, seed);
    if (compat == COMPAT_1_2) random_masked(&rs, max_int - 2);
    return random_masked(&rs, max_int - 1);
}

/* sklearn/utils/_random.pxd our_rand_r: Marsaglia's xorshift, which from a state that is not 0 never comes to 0. */
static uint32_t rand_r31(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state & 0x7fffffffU;
}

void epoch_permutation(uint32_t *pi, size_t n, uint32_t shuffle_seed) {
    for (size_t i = 0; i < n; i++)
        pi[i] = (uint32_t)i;
    if (shuffle_seed == 0) shuffle_seed = 1;
    for (size_t i = 0; i + 1 < n; i++) {
        size_t j = i + rand_r31(&shuffle_seed) % (uint32_t)(n - i);
        uint32_t swapped = pi[i];
        pi[i] = pi[j];
        pi[j] = swapped;
    }
}

/* The 'optimal' rate: t0 = 1 / (eta0 * alpha), eta0 = typw / max(1, dloss(-typw, 1)), hinge's dloss being -1. */
static double optimal_t0(double alpha) {
    double typw = sqrt(1.0 / sqrt(alpha));
    return 1.0 / (typw * alpha);
}

int engine_possible(const struct hyper *hyper, size_t n, struct error *err) {
    if (hyper->engine != ENGINE_INT) return 0;
    return integer_possible(hyper->alpha, optimal_t0(hyper->alpha), (double)n * hyper->epochs, err);
}

static size_t orders_size(size_t most) {
    return 3 * most * sizeof(uint32_t);
}

struct trainer *trainer_new(size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                            struct error *err) {
    if (engine_possible(hyper, most, err) != 0) return NULL;
    struct trainer *t = calloc(1, sizeof *t);
    if (!t) {
        fail_program(err, "out of memory");
        return NULL;
    }
    t->hyper = *hyper;
    if (hyper->prefetch.l1 == 0) t->hyper.prefetch = PREFETCH_DEFAULT;
    t->backend = backend;
    t->most = most;
    t->d = d;
    t->t0 = optimal_t0(hyper->alpha);
    if (hyper->engine == ENGINE_F32)
        t->w32 = weights_alloc(d * sizeof *t->w32);
    else
        t->w64 = weights_alloc(packed_features(d) * sizeof *t->w64);
    t->updates = calloc(hyper->epochs, sizeof *t->updates);
    t->order[0] = pages_new(orders_size(most));
    t->pixels = aligned_alloc(CACHE_LINE, packed_features(d));
    bool bad = hyper->engine == ENGINE_INT && integer_new(&t->integer, d, err) != 0;
    if (bad || (!t->w32 && !t->w64) || !t->updates || !t->pixels || !t->order[0]) {
        trainer_free(t);
        fail_program(err, "out of memory for a fit on %zu rows", most);
        return NULL;
    }
    pages_take(t->order[0], orders_size(most));
    t->order[1] = t->order[0] + most;
    t->own = t->order[1] + most;
    return t;
}

void trainer_free(struct trainer *t) {
    if (!t) return;
    free(t->w32);
    free(t->w64);
    integer_free(&t->integer);
    free(t->updates);
    free(t->pixels);
    pages_free(t->order[0], orders_size(t->most));
    free(t);
}

bool reads_packed(const struct dataset *ds, enum engine engine, const struct backend *backend) {
    return engine == ENGINE_INT && ds->packed.blocks > 0 && backend->dot_packed;
}

double row_bytes(const struct dataset *ds, enum engine engine, const struct backend *backend) {
    return reads_packed(ds, engine, backend) ? (double)ds->packed.size / (double)ds->n : (double)ds->width;
}

static inline struct row_store windows(const struct dataset *ds) {
    return (struct row_store){ds->pixels, ds->stride, ds->width};
}

/* Packed rows differ in length; few exceed the average by more than a line. */
static inline struct row_store packed_store(const struct dataset *ds) {
    const struct packed_rows *packed = &ds->packed;
    size_t lines = packed->size / ds->n / CACHE_LINE + 2;
    return (struct row_store){packed->bytes, PACKED_LINE,
                              (lines < packed->blocks ? lines : packed->blocks) * CACHE_LINE};
}

/* The example, with its place among the packed rows for that in the data set. */
static inline struct row_ref packed_example(const struct dataset *ds, const struct row_ref *example) {
    const struct packed_row *row = &ds->packed.rows[example->row];
    return (struct row_ref){row->line, row->start, example->positive};
}

/* The entries of the examples as they are given. */
static void take_examples(struct trainer *t, bool packed) {
    const struct dataset *ds = t->row_list.ds;
    const struct row_ref *at = t->row_list.at;
    const struct packed_row *rows = ds->packed.rows;
    uint32_t *entry = t->order[1];
    /* What data sets and packed rows hold fits. */
    if (packed) {
        entry_form(&t->form, ds->packed.size / PACKED_LINE, ds->d, PACKED_STEP_BITS);
        for (size_t i = 0; i < t->row_list.n; i++)
            entry[i] = entry_make(&t->form, rows[at[i].row].line, rows[at[i].row].start, at[i].positive);
    } else {
        entry_form(&t->form, ds->n, ds->d - ds->width, START_STEP_BITS);
        for (size_t i = 0; i < t->row_list.n; i++)
            entry[i] = entry_make(&t->form, at[i].row, at[i].start, at[i].positive);
    }
}

void trainer_start(struct trainer *t, const struct row_list *row_list, const uint32_t *permutation) {
    const struct dataset *ds = row_list->ds;
    bool packed = reads_packed(ds, t->hyper.engine, t->backend);
    t->row_list = *row_list;
    t->permutation = permutation;
    t->blocks = packed ? ds->packed.blocks : 0;
    t->width = packed ? ds->packed.blocks * BLOCK_PIXELS : ds->width;
    t->store = packed ? packed_store(ds) : windows(ds);
    take_examples(t, packed);
    if (t->w32) memset(t->w32, 0, t->d * sizeof *t->w32);
    if (t->w64) memset(t->w64, 0, packed_features(t->d) * sizeof *t->w64);
    if (t->integer.low) integer_clear(&t->integer, packed);
    memset(t->updates, 0, t->hyper.epochs * sizeof *t->updates);
    t->updated = 0.0;
    t->scale_error = 0.0;
    t->wscale = 1.0;
    t->intercept = 0.0;
    t->t = 1.0;
    t->epoch = 0;
    t->update_hash = 1469598103934665603ULL;
}

/* Folds wscale into the weights before it becomes too small to divide by. */
static void reset_wscale(struct trainer *t) {
    for (size_t k = 0; k < t->d; k++) {
        if (t->w32)
            t->w32[k] = (float)((double)t->w32[k] * t->wscale);
        else
            t->w64[k] = t->w64[k] * t->wscale;
    }
    t->wscale = 1.0;
}

static inline const uint8_t *row_of(const struct row_store *store, const struct row_ref *example) {
    return store->at + example->row * store->stride;
}

/* Into the first-level cache. Inlined, as the next, or gcc takes it for a function that does nothing. */
static inline __attribute__((always_inline)) void prefetch_l1(const uint8_t *row, size_t bytes) {
    for (size_t k = 0; k < bytes; k += CACHE_LINE)
        __builtin_prefetch(row + k);
}

/* Into the second. */
static inline __attribute__((always_inline)) void prefetch_l2(const uint8_t *row, size_t bytes) {
    for (size_t k = 0; k < bytes; k += CACHE_LINE)
        __builtin_prefetch(row + k, 0, 2);
}

/* The plain pixels of a row. Packed ones lie in the trainer until the next call. */
static inline const uint8_t *pixels_of(const struct trainer *t, const uint8_t *row) {
    if (t->blocks == 0) return row;
    t->backend->unpack_u8(t->pixels, row, t->blocks);
    return t->pixels;
}

/* The state of a fit while an epoch runs. */
struct pace {
    double wscale, intercept, time;
    double slack; /* engine int: how close to the hinge a decision must be made in float64 */
};

/* What holds for each of the next `steps` steps, even if every one updates, after `updates` of this epoch: computed
 * beforehand, for a decision waits for it. What integers cannot tell float64 tells: everything, once they are lost. */
static double slack_of(struct trainer *t, const struct pace *pace, double updates, double steps) {
    if (t->integer.lost) return (double)INFINITY;
    const double alpha = t->hyper.alpha;
    const double intercept = fabs(pace->intercept) + steps / (alpha * (t->t0 + pace->time - 1.0));
    t->scale_error = fmax(t->scale_error, integer_scale_error(t->t0, pace->time, pace->wscale, steps));
    return integer_slack(alpha, t->t0, pace->time + steps, t->updated + updates + steps, t->scale_error, intercept,
                         t->row_list.ds->width);
}

static bool on_hinge_f64(const struct trainer *t, const struct pace *pace, size_t start, const uint8_t *x, double y) {
    double sum = dot_u8f64_reference(t->w64 + start, pixels_of(t, x), t->width);
    return (sum * pace->wscale + pace->intercept) * y <= 1.0;
}

/* Whether y times the decision is at most 1; engine f32 stores the decision where `trace` is not NULL. `engine` and
 * whether there is a trace are constants where this is inlined. */
static inline __attribute__((always_inline)) bool on_hinge(const struct trainer *t, const struct pace *pace,
                                                           enum engine engine, size_t start, const uint8_t *x, double y,
                                                           const uint8_t *near, const uint8_t *far, double *trace) {
    const size_t width = t->width;
    if (engine == ENGINE_F64) return on_hinge_f64(t, pace, start, x, y);
    if (engine == ENGINE_F32) {
        double sum = (double)t->backend->dot_prefetch_u8f32(t->w32 + start, x, width, near, far);
        double decision = sum * pace->wscale + pace->intercept;
        if (trace) *trace = decision;
        return decision * y <= 1.0;
    }
    int64_t exact = t->blocks > 0 ? integer_dot_packed(&t->integer, t->backend, start, x, t->blocks, near,
                                                       t->store.bytes / CACHE_LINE)
                                  : integer_dot(&t->integer, t->backend, start, x, width, near, far);
    double sum = (double)exact;
    double beyond = y * sum + (y * pace->intercept - 1.0) * t->hyper.alpha * (t->t0 + (pace->time - 2.0));
    if (beyond > pace->slack) return false;
    return beyond < -pace->slack || on_hinge_f64(t, pace, start, x, y);
}

static inline const uint8_t *row_of_entry(const struct row_store *store, const struct entry_form *form,
                                          uint32_t entry) {
    return store->at + entry_place(form, entry) * store->stride;
}

/* The order of the next epoch, from that of the last. It is drawn at once: the entries then come from the cache, which
 * the rows would drive them out of. */
static uint32_t *draw_order(const struct trainer *t) {
    const uint32_t *permutation = t->permutation, *last = t->order[(t->epoch + 1) % 2];
    uint32_t *order = t->order[t->epoch % 2];
    for (size_t i = 0; i < t->row_list.n; i++)
        order[i] = last[permutation[i]];
    return order;
}

/* At the beginning of a block of rows, at `first`: brings the first lines of those nearer that come `reach` later. The
 * first block takes those before them, too. */
static inline __attribute__((always_inline)) void fetch_block(const struct trainer *t, const uint32_t *order,
                                                              size_t first) {
    const struct prefetch *ahead = &t->hyper.prefetch;
    const size_t n = t->row_list.n, other_lines = ahead->l2 > ahead->l1 ? ahead->l2 : ahead->l1;
    const size_t reach = other_lines + (ahead->block > LEAST_GAP ? ahead->block : LEAST_GAP);
    const size_t begin = first > 0 ? first + reach : 0;
    const size_t end = first + reach + ahead->block < n ? first + reach + ahead->block : n;
    const size_t bytes = t->store.bytes <= (size_t)FEW_LINES * CACHE_LINE ? t->store.bytes : CACHE_LINE;
    for (size_t i = begin; i < end; i++)
        prefetch_l2(row_of_entry(&t->store, &t->form, order[i]), bytes);
}

/* The row that comes so many rows after `i`, or the last. */
static inline const uint8_t *row_to_come(const struct row_store *store, const struct entry_form *form,
                                         const uint32_t *order, size_t n, size_t i, size_t distance) {
    return row_of_entry(store, form, order[i + distance < n ? i + distance : n - 1]);
}

/* One epoch of any engine; `engine` and whether there is a trace are constants where this is inlined, and so is, where
 * speed counts, whether far rows are fetched. */
static inline __attribute__((always_inline)) void run_epoch(struct trainer *t, enum engine engine, bool from_far,
                                                            double *trace) {
    const struct row_store store = t->store;
    const struct entry_form form = t->form;
    const struct prefetch ahead = t->hyper.prefetch;
    const uint32_t *order = draw_order(t);
    const size_t n = t->row_list.n, width = t->width;
    static const double label[] = {-1.0, 1.0};
    const double alpha = t->hyper.alpha, t0 = t->t0, least_wscale = engine == ENGINE_F32 ? 1e-6 : 1e-9;
    struct pace pace = {.wscale = t->wscale, .intercept = t->intercept, .time = t->t};
    uint64_t hash = t->update_hash;
    uint32_t updates = 0;

    for (size_t i = 0, next_block = ahead.block > 1 ? 0 : n, next_slack = engine == ENGINE_INT ? 0 : n; i < n; i++) {
        if (i == next_slack) {
            pace.slack = slack_of(t, &pace, updates, SLACK_ROWS);
            next_slack += SLACK_ROWS;
        }
        if (i == next_block) {
            fetch_block(t, order, i);
            next_block += ahead.block;
        }
        const uint8_t *near = row_to_come(&store, &form, order, n, i, ahead.l1);
        const uint8_t *far = from_far ? row_to_come(&store, &form, order, n, i, ahead.l2) : NULL;
        /* What the dot products do not do themselves. */
        if (engine == ENGINE_F64) prefetch_l1(near, store.bytes);
        if (far && (engine == ENGINE_F64 || (engine == ENGINE_INT && t->blocks > 0))) prefetch_l2(far, store.bytes);
        const uint8_t *x = row_of_entry(&store, &form, order[i]);
        const size_t start = entry_start(&form, order[i]);
        const double y = label[entry_positive(order[i])]; /* no branch: which it is cannot be predicted */

        bool update = on_hinge(t, &pace, engine, start, x, y, near, far, trace ? &trace[i] : NULL);
        double eta = 1.0 / (alpha * ((t0 + pace.time) - 1.0));
        double shrink = 1.0 - eta * alpha;
        pace.wscale *= shrink > 0.0 ? shrink : 0.0;
        if (pace.wscale < least_wscale) {
            t->wscale = pace.wscale;
            reset_wscale(t);
            pace.wscale = 1.0;
        }
        if (update) {
            double step = eta * y;
            const uint8_t *pixels = pixels_of(t, x);
            if (engine == ENGINE_F32)
                t->backend->axpy_u8f32(t->w32 + start, x, (float)(step / pace.wscale), width);
            else if (engine == ENGINE_F64)
                backend_scalar()->axpy_u8f64(t->w64 + start, x, step / pace.wscale, width);
            else
                t->backend->axpy_u8f64(t->w64 + start, pixels, step / pace.wscale, width);
            pace.intercept += step;
            hash = (hash ^ (t->epoch * UINT64_C(60000) + i)) * 1099511628211ULL;
            updates++;
            if (engine == ENGINE_INT) {
                integer_add(&t->integer, t->backend, start, pixels, y > 0 ? 1 : -1, width);
                if (t->integer.lost) pace.slack = (double)INFINITY;
            }
        }
        pace.time += 1.0;
    }
    t->wscale = pace.wscale;
    t->intercept = pace.intercept;
    t->t = pace.time;
    t->update_hash = hash;
    t->updated += updates;
    t->updates[t->epoch++] = updates;
}

void trainer_epoch(struct trainer *t) {
    const bool from_far = t->hyper.prefetch.l2 > 0;
    switch (t->hyper.engine) {
    case ENGINE_F32:
        from_far ? run_epoch(t, ENGINE_F32, true, NULL) : run_epoch(t, ENGINE_F32, false, NULL);
        break;
    case ENGINE_F64:
        run_epoch(t, ENGINE_F64, from_far, NULL);
        break;
    case ENGINE_INT:
        from_far ? run_epoch(t, ENGINE_INT, true, NULL) : run_epoch(t, ENGINE_INT, false, NULL);
        break;
    }
}

void trainer_epoch_traced(struct trainer *t, double *decision) {
    run_epoch(t, ENGINE_F32, t->hyper.prefetch.l2 > 0, decision);
}

/* Of packed rows the whole lines that they have on average: not more than a fit reads. */
static size_t read_width(const struct dataset *ds, bool packed) {
    return packed ? ds->packed.size / ds->n / CACHE_LINE * CACHE_LINE : ds->width;
}

uint64_t trainer_read(struct trainer *t) {
    const struct row_store store = t->store;
    const struct entry_form form = t->form;
    const uint32_t *order = draw_order(t);
    const size_t n = t->row_list.n, width = read_width(t->row_list.ds, t->blocks > 0);
    const bool from_far = t->hyper.prefetch.l2 > 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *later = row_to_come(&store, &form, order, n, i, from_far ? READ_FAR : READ_AHEAD);
        if (from_far)
            prefetch_l2(later, width);
        else
            prefetch_l1(later, width);
        sum ^= t->backend->read_u8(row_of_entry(&store, &form, order[i]), width);
    }
    t->epoch++;
    return sum;
}

uint32_t trainer_visited(const struct trainer *t, size_t position) {
    return entry_place(&t->form, t->order[(t->epoch + 1) % 2][position]);
}

int model_new(struct model *model, size_t d, const struct hyper *hyper, struct error *err) {
    *model = (struct model){.d = d, .epochs = hyper->epochs};
    model->coef = malloc(d * sizeof *model->coef);
    model->updates = malloc(hyper->epochs * sizeof *model->updates);
    if (hyper->engine == ENGINE_F32) model->w = weights_alloc(d * sizeof *model->w);
    bool bad = hyper->engine == ENGINE_INT && integer_new(&model->integer, d, err) != 0;
    if (!bad && model->coef && model->updates && (model->w || hyper->engine != ENGINE_F32)) return 0;
    model_free(model);
    return fail_program(err, "out of memory");
}

void model_free(struct model *model) {
    free(model->coef);
    free(model->updates);
    integer_free(&model->integer);
    free(model->w); /* NOLINT(clang-analyzer-unix.Malloc): a second call finds the pointers cleared */
    *model = (struct model){0};
}

int trainer_model(const struct trainer *t, struct model *model, struct error *err) {
    bool finite = isfinite(t->intercept);
    for (size_t k = 0; k < t->d; k++) {
        model->coef[k] = (t->w32 ? (double)t->w32[k] : t->w64[k]) * t->wscale;
        finite = finite && isfinite(model->coef[k]);
    }
    if (!finite) return fail_as(err, ERROR_CHECK, "the fit diverged: a weight is not finite (try another --alpha)");
    if (t->w32) memcpy(model->w, t->w32, t->d * sizeof *model->w);
    if (t->integer.low) {
        integer_copy(&model->integer, &t->integer);
        model->unit = 1.0 / (t->hyper.alpha * (t->t0 + (t->t - 2.0)));
        model->slack = t->integer.lost
                           ? (double)INFINITY
                           : model->unit * integer_slack(t->hyper.alpha, t->t0, t->t, t->updated, t->scale_error,
                                                         t->intercept, t->row_list.ds->width);
    }
    memcpy(model->updates, t->updates, t->hyper.epochs * sizeof *model->updates);
    model->wscale = t->wscale;
    model->intercept = t->intercept;
    model->update_hash = t->update_hash;
    model->fingerprint =
        fnv1a(fnv1a(FNV_START, model->coef, t->d * sizeof *model->coef), &model->intercept, sizeof model->intercept);
    return 0;
}

int fit(struct model *model, const struct row_list *row_list, const struct hyper *hyper, const struct backend *backend,
        struct error *err) {
    double begin = seconds_now();
    struct trainer *trainer = trainer_new(row_list->n, row_list->ds->d, hyper, backend, err);
    int bad = model_new(model, row_list->ds->d, hyper, err);
    if (!trainer) bad = -1;
    if (!bad) {
        epoch_permutation(trainer->own, row_list->n, epoch_seed(hyper->seed, hyper->compat));
        trainer_start(trainer, row_list, trainer->own);
        for (unsigned epoch = 0; epoch < hyper->epochs; epoch++)
            trainer_epoch(trainer);
        bad = trainer_model(trainer, model, err);
        model->seconds = seconds_now() - begin;
    }
    if (bad) model_free(model);
    trainer_free(trainer);
    return bad;
}

void row_refs_fill(struct row_ref *at, const struct dataset *ds, const uint32_t *row, size_t n, unsigned positive) {
    for (size_t i = 0; i < n; i++)
        at[i] = (struct row_ref){row[i], ds->start[row[i]], ds->labels[row[i]] == positive};
}

static double decision_f64(const struct model *model, size_t start, const uint8_t *x, size_t width) {
    return dot_u8f64_reference(model->coef + start, x, width) + model->intercept;
}

static double decision_int(const struct model *model, int64_t sum, const struct dataset *ds,
                           const struct row_ref *example) {
    double decision = (double)sum * model->unit + model->intercept;
    if (fabs(decision) > model->slack) return decision;
    return decision_f64(model, example->start, ds->pixels + example->row * ds->stride, ds->width);
}

static inline const struct row_ref *later_example(const struct row_list *row_list, size_t i, size_t ahead) {
    return &row_list->at[i + ahead < row_list->n ? i + ahead : row_list->n - 1];
}

static void decide_packed(double *decision, const struct model *model, const struct row_list *row_list,
                          const struct backend *backend) {
    const struct dataset *ds = row_list->ds;
    const struct row_ref *at = row_list->at;
    const struct row_store store = packed_store(ds);
    const size_t n = row_list->n, blocks = ds->packed.blocks, lines = store.bytes / CACHE_LINE;
    for (size_t i = 0; i < PACKED_AHEAD && i < n; i++) {
        const struct row_ref first = packed_example(ds, &at[i]);
        prefetch_l1(row_of(&store, &first), store.bytes);
    }
    for (size_t i = 0; i < n; i++) {
        const struct row_ref now = packed_example(ds, &at[i]);
        const struct row_ref later = packed_example(ds, later_example(row_list, i, PACKED_AHEAD));
        int64_t sum = integer_dot_packed(&model->integer, backend, now.start, row_of(&store, &now), blocks,
                                         row_of(&store, &later), lines);
        decision[i] = decision_int(model, sum, ds, &at[i]);
    }
}

void decision_function(double *decision, const struct model *model, const struct row_list *row_list,
                       const struct backend *backend) {
    const struct dataset *ds = row_list->ds;
    const struct row_ref *at = row_list->at;
    const struct row_store store = windows(ds);
    size_t n = row_list->n;
    if (model->integer.packed && reads_packed(ds, ENGINE_INT, backend)) {
        decide_packed(decision, model, row_list, backend);
        return;
    }
    const size_t ahead = decision_prefetch(ds->width);
    for (size_t i = 0; i < n && i < ahead; i++)
        prefetch_l1(row_of(&store, &at[i]), store.bytes);
    if (model->w) {
        const struct batch batch = {ds->pixels, ds->stride, ds->width, at, n};
        backend->decision_u8f32(decision, &batch, &(struct linear_model){model->w, model->wscale, model->intercept});
        return;
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *x = row_of(&store, &at[i]), *later = row_of(&store, later_example(row_list, i, ahead));
        const size_t start = at[i].start;
        if (model->integer.low && !model->integer.packed) {
            int64_t sum = integer_dot(&model->integer, backend, start, x, ds->width, later, NULL);
            decision[i] = decision_int(model, sum, ds, &at[i]);
        } else {
            decision[i] = decision_f64(model, start, x, ds->width);
        }
    }
}

uint64_t row_list_read(const struct row_list *row_list, enum engine engine, const struct backend *backend) {
    const struct dataset *ds = row_list->ds;
    const bool packed = reads_packed(ds, engine, backend);
    const struct row_store store = packed ? packed_store(ds) : windows(ds);
    const size_t n = row_list->n, width = read_width(ds, packed);
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        struct row_ref now = row_list->at[i], later = row_list->at[i + READ_AHEAD < n ? i + READ_AHEAD : n - 1];
        if (packed) {
            now = packed_example(ds, &now);
            later = packed_example(ds, &later);
        }
        prefetch_l1(row_of(&store, &later), width);
        sum ^= backend->read_u8(row_of(&store, &now), width);
    }
    return sum;
}
