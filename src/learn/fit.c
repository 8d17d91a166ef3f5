#include "learn/fit.h"

#include "base/clock.h"
#include "data/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    AHEAD = 8,      /* rows ahead of the one in work that are being brought into the cache */
    FAR_AHEAD = 16, /* and their entries in the order before them: the rows that pass through evict those too */
    CACHE_LINE = 64
};

struct trainer {
    struct hyper hyper;
    const struct backend *backend;
    struct examples examples;
    size_t d;
    double t0;
    /* State between epochs. The weights are wscale * w (w32 or w64, whichever the engine uses). */
    float *w32;
    double *w64;
    double wscale, intercept, t;
    unsigned epoch;
    uint32_t *updates; /* [epochs] */
    uint64_t update_hash;
    /* The order of the examples: `now` holds them as the last epoch visited them. */
    const uint32_t *permutation; /* [n] */
    const struct example *now;   /* [n] */
    struct example *order[2];    /* room for [most] each */
};

uint64_t fnv1a(uint64_t hash, const void *bytes, size_t length) {
    const unsigned char *at = bytes;
    for (size_t i = 0; i < length; i++)
        /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): it follows a loop for two turns only */
        hash = (hash ^ at[i]) * 1099511628211ULL;
    return hash;
}

/* sklearn/linear_model/_base.py make_dataset and _stochastic_gradient.py _fit_binary: from 0.21 on, the data set draws
 * once from the same generator before the shuffle seed is drawn. */
uint32_t epoch_seed(uint32_t seed, enum compat compat) {
    const uint32_t max_int = 2147483647;
    struct random_state rs;
    random_seed(&rs, seed);
    if (compat == COMPAT_1_2) random_masked(&rs, max_int - 2);
    return random_masked(&rs, max_int - 1);
}

/* sklearn/utils/_random.pxd our_rand_r: Marsaglia's xorshift. */
static uint32_t rand_r31(uint32_t *state) {
    if (*state == 0) *state = 1;
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state & 0x7fffffffU;
}

void epoch_permutation(uint32_t *pi, size_t n, uint32_t shuffle_seed) {
    for (size_t i = 0; i < n; i++)
        pi[i] = (uint32_t)i;
    for (size_t i = 0; i + 1 < n; i++) {
        size_t j = i + rand_r31(&shuffle_seed) % (uint32_t)(n - i);
        uint32_t swapped = pi[i];
        pi[i] = pi[j];
        pi[j] = swapped;
    }
}

static size_t whole_lines(size_t bytes) {
    return (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

struct trainer *trainer_new(size_t most, size_t d, const struct hyper *hyper, const struct backend *backend,
                            struct error *err) {
    struct trainer *t = calloc(1, sizeof *t);
    if (!t) {
        fail(err, "out of memory");
        return NULL;
    }
    t->hyper = *hyper;
    t->backend = backend;
    t->d = d;
    /* 'optimal' rate: t0 = 1 / (eta0 * alpha), eta0 = typw / max(1, dloss(-typw, 1)), hinge's dloss being -1. */
    double typw = sqrt(1.0 / sqrt(hyper->alpha));
    t->t0 = 1.0 / (typw * hyper->alpha);
    if (hyper->engine == ENGINE_F32)
        t->w32 = aligned_alloc(CACHE_LINE, whole_lines(d * sizeof *t->w32));
    else
        t->w64 = aligned_alloc(CACHE_LINE, whole_lines(d * sizeof *t->w64));
    t->updates = calloc(hyper->epochs, sizeof *t->updates);
    for (int i = 0; i < 2; i++)
        t->order[i] = malloc(most * sizeof *t->order[i]);
    if ((!t->w32 && !t->w64) || !t->updates || !t->order[0] || !t->order[1]) {
        trainer_free(t);
        fail(err, "out of memory for a fit on %zu rows", most);
        return NULL;
    }
    return t;
}

void trainer_free(struct trainer *t) {
    if (!t) return;
    free(t->w32);
    free(t->w64);
    free(t->updates);
    free(t->order[0]);
    free(t->order[1]);
    free(t);
}

void trainer_start(struct trainer *t, const struct examples *examples, const uint32_t *permutation) {
    t->examples = *examples;
    t->permutation = permutation;
    t->now = examples->at;
    if (t->w32) memset(t->w32, 0, t->d * sizeof *t->w32);
    if (t->w64) memset(t->w64, 0, t->d * sizeof *t->w64);
    memset(t->updates, 0, t->hyper.epochs * sizeof *t->updates);
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

static inline const uint8_t *window_of(const struct dataset *ds, const struct example *example) {
    return ds->pixels + example->row * ds->stride;
}

static inline void prefetch_row(const struct dataset *ds, const struct example *example) {
    const uint8_t *window = window_of(ds, example);
    for (size_t k = 0; k < ds->width; k += CACHE_LINE)
        __builtin_prefetch(window + k);
}

/* One epoch of either engine; `engine` and whether there is a trace are constants where this is inlined. */
static inline __attribute__((always_inline)) void run_epoch(struct trainer *t, enum engine engine, double *trace) {
    const struct dataset *ds = t->examples.ds;
    const uint32_t *permutation = t->permutation;
    const struct example *last = t->now;
    struct example *order = t->order[t->epoch % 2];
    const size_t n = t->examples.n, width = ds->width;
    dot_ahead_u8f32_fn *dot = t->backend->dot_ahead_u8f32;
    axpy_u8f32_fn *axpy = t->backend->axpy_u8f32;
    const double alpha = t->hyper.alpha, t0 = t->t0, least_wscale = engine == ENGINE_F32 ? 1e-6 : 1e-9;
    double wscale = t->wscale, intercept = t->intercept, time = t->t;
    uint64_t hash = t->update_hash;
    uint32_t updates = 0;

    size_t known = n < AHEAD ? n : AHEAD;
    for (size_t i = 0; i < known; i++) {
        /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.ArraySubscript): it follows a loop for two turns only */
        order[i] = last[permutation[i]];
        prefetch_row(ds, &order[i]);
    }
    for (size_t i = 0; i < n; i++) {
        if (known < n) {
            if (known + FAR_AHEAD < n) __builtin_prefetch(&last[permutation[known + FAR_AHEAD]]);
            order[known] = last[permutation[known]];
            known++;
        }
        const uint8_t *ahead = window_of(ds, &order[known - 1]);
        const uint8_t *x = window_of(ds, &order[i]);
        const size_t start = order[i].start;
        const double y = order[i].positive ? 1.0 : -1.0;

        double sum = engine == ENGINE_F32 ? (double)dot(t->w32 + start, x, width, ahead)
                                          : dot_u8f64_reference(t->w64 + start, x, width);
        double decision = sum * wscale + intercept;
        if (trace) trace[i] = decision;
        double eta = 1.0 / (alpha * ((t0 + time) - 1.0));
        double shrink = 1.0 - eta * alpha;
        wscale *= shrink > 0.0 ? shrink : 0.0;
        if (wscale < least_wscale) {
            t->wscale = wscale;
            reset_wscale(t);
            wscale = 1.0;
        }
        if (decision * y <= 1.0) {
            double update = eta * y;
            if (engine == ENGINE_F32)
                axpy(t->w32 + start, x, (float)(update / wscale), width);
            else
                backend_scalar()->axpy_u8f64(t->w64 + start, x, update / wscale, width);
            intercept += update;
            hash = (hash ^ (t->epoch * UINT64_C(60000) + i)) * 1099511628211ULL;
            updates++;
        }
        time += 1.0;
    }
    t->wscale = wscale;
    t->intercept = intercept;
    t->t = time;
    t->update_hash = hash;
    t->updates[t->epoch++] = updates;
    t->now = order;
}

void trainer_epoch(struct trainer *t) {
    if (t->hyper.engine == ENGINE_F32)
        run_epoch(t, ENGINE_F32, NULL);
    else
        run_epoch(t, ENGINE_F64, NULL);
}

void trainer_epoch_traced(struct trainer *t, double *decision) {
    if (t->hyper.engine == ENGINE_F32)
        run_epoch(t, ENGINE_F32, decision);
    else
        run_epoch(t, ENGINE_F64, decision);
}

uint32_t trainer_visited(const struct trainer *t, size_t position) {
    return t->now[position].row;
}

int model_new(struct model *model, size_t d, const struct hyper *hyper, struct error *err) {
    *model = (struct model){.d = d, .epochs = hyper->epochs};
    model->coef = malloc(d * sizeof *model->coef);
    model->updates = malloc(hyper->epochs * sizeof *model->updates);
    if (hyper->engine == ENGINE_F32) model->w = aligned_alloc(CACHE_LINE, whole_lines(d * sizeof *model->w));
    if (model->coef && model->updates && (model->w || hyper->engine != ENGINE_F32)) return 0;
    model_free(model);
    return fail(err, "out of memory");
}

void model_free(struct model *model) {
    free(model->coef);
    free(model->updates);
    free(model->w); /* NOLINT(clang-analyzer-unix.Malloc): a second call finds the pointers cleared */
    *model = (struct model){0};
}

int trainer_model(const struct trainer *t, struct model *model, struct error *err) {
    bool finite = isfinite(t->intercept);
    for (size_t k = 0; k < t->d; k++) {
        model->coef[k] = (t->w32 ? (double)t->w32[k] : t->w64[k]) * t->wscale;
        finite = finite && isfinite(model->coef[k]);
    }
    if (!finite) return fail(err, "the fit overflowed: a weight is not finite (try another --alpha)");
    if (t->w32) memcpy(model->w, t->w32, t->d * sizeof *model->w);
    memcpy(model->updates, t->updates, t->hyper.epochs * sizeof *model->updates);
    model->wscale = t->wscale;
    model->intercept = t->intercept;
    model->update_hash = t->update_hash;
    model->fingerprint =
        fnv1a(fnv1a(FNV_START, model->coef, t->d * sizeof *model->coef), &model->intercept, sizeof model->intercept);
    return 0;
}

int fit(struct model *model, const struct examples *examples, const struct hyper *hyper, const struct backend *backend,
        struct error *err) {
    double begin = seconds_now();
    uint32_t *permutation = malloc(examples->n * sizeof *permutation);
    struct trainer *trainer = trainer_new(examples->n, examples->ds->d, hyper, backend, err);
    int bad = model_new(model, examples->ds->d, hyper, err);
    if (!permutation) bad = fail(err, "out of memory for %zu rows", examples->n);
    if (!trainer) bad = -1;
    if (!bad) {
        epoch_permutation(permutation, examples->n, epoch_seed(hyper->seed, hyper->compat));
        trainer_start(trainer, examples, permutation);
        for (unsigned epoch = 0; epoch < hyper->epochs; epoch++)
            trainer_epoch(trainer);
        bad = trainer_model(trainer, model, err);
        model->seconds = seconds_now() - begin;
    }
    if (bad) model_free(model);
    trainer_free(trainer);
    free(permutation);
    return bad;
}

void examples_fill(struct example *at, const struct dataset *ds, const uint32_t *row, size_t n, unsigned positive) {
    for (size_t i = 0; i < n; i++)
        at[i] = (struct example){row[i], ds->start[row[i]], ds->labels[row[i]] == positive};
}

void decide(double *decision, const struct model *model, const struct examples *examples,
            const struct backend *backend) {
    const struct dataset *ds = examples->ds;
    const struct example *at = examples->at;
    size_t n = examples->n;
    for (size_t i = 0; i < n && i < AHEAD; i++)
        prefetch_row(ds, &at[i]);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *x = window_of(ds, &at[i]), *ahead = window_of(ds, &at[i + AHEAD < n ? i + AHEAD : n - 1]);
        if (model->w) {
            double sum = (double)backend->dot_ahead_u8f32(model->w + at[i].start, x, ds->width, ahead);
            decision[i] = sum * model->wscale + model->intercept;
        } else {
            decision[i] = dot_u8f64_reference(model->coef + at[i].start, x, ds->width) + model->intercept;
        }
    }
}
