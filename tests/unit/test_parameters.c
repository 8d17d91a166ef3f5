/* SPDX-License-Identifier: MIT */
/* The parameters of SGDClassifier: fits against a second implementation that follows scikit-learn's source line by
 * line, drawn at random from the whole space, by every engine and backend; the rows that early stopping holds out; warm
 * starts; what is refused. tools/oracle --parameters holds the same against scikit-learn itself. */
#include "base/hash.h"
#include "data/random.h"
#include "learn/hyper_table.h"
#include "learn/trainer_private.h"
#include "learn/validation.h"
#include "setup.h"
#include "transcendental.h"

#include <stdlib.h>
#include <string.h>

enum { N = SMALL_ROWS, D = 100 };

/* A fit in the making: the variables of _sgd_fast.pyx and of its weight vector. */
struct naive {
    const struct hyper *hyper;
    float w32[D];
    double w[D], aw[D], q[D];
    double wscale, intercept, average_intercept, average_a, average_b, u, t, eta, sumloss, best, optimal_init;
    uint64_t hash, updates;
    unsigned epochs, bad_epochs, diverged;
    uint8_t held_out[N];
};

static struct small_job job;
static uint8_t x[N][D];
static double y[N];

static int set_up(void **state) {
    (void)state;
    if (small_job_load(&job, D, NULL) != 0) return -1;
    job.row_list = (struct row_list){&job.ds, job.at, N};
    memset(job.ds.pixels + 17 * job.ds.stride, 0, job.ds.width); /* pa1 leaves empty rows out */
    for (size_t i = 0; i < N; i++) {
        dataset_row(&job.ds, i, x[i]);
        y[i] = job.at[i].positive ? 1.0 : -1.0;
    }
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    dataset_free(&job.ds);
    return 0;
}

static bool single(const struct naive *m) {
    return m->hyper->engine == ENGINE_F32;
}

static double weight(const struct naive *m, size_t j) {
    return single(m) ? (double)m->w32[j] : m->w[j];
}

static void set_weight(struct naive *m, size_t j, double value) {
    if (single(m))
        m->w32[j] = (float)value;
    else
        m->w[j] = value;
}

static double naive_dot(const struct naive *m, const uint8_t *row) {
    float a[64] = {0};
    double s = 0.0;
    for (size_t j = 0; j < D; j++)
        s = s + m->w[j] * (double)row[j];
    if (!single(m)) return s;
    for (size_t j = 0; j < D; j++)
        a[j % 64] = fmaf(m->w32[j], (float)row[j], a[j % 64]);
    for (size_t h = 32; h > 0; h /= 2)
        for (size_t i = 0; i < h; i++)
            a[i] = a[i] + a[i + h];
    return (double)a[0];
}

static void naive_reset(struct naive *m) {
    for (size_t j = 0; j < D && m->hyper->average; j++)
        m->aw[j] = (m->aw[j] + m->average_a * weight(m, j)) * (1.0 / m->average_b);
    m->average_a = 0.0;
    m->average_b = 1.0;
    for (size_t j = 0; j < D; j++)
        set_weight(m, j, m->wscale > 0.0 ? weight(m, j) * m->wscale : 0.0);
    m->wscale = 1.0;
}

/* The loss and its derivative, of scikit-learn's classes. */
static double naive_loss(const struct hyper *h, double p, double yy, double *dloss) {
    const double z = p * yy, r = p - yy, e = h->epsilon, threshold = h->loss == LOSS_HINGE ? 1.0 : 0.0;
    *dloss = 0.0;
    switch (h->loss) {
    case LOSS_HINGE:
    case LOSS_PERCEPTRON:
        if (z <= threshold) *dloss = -yy;
        return z <= threshold ? threshold - z : 0.0;
    case LOSS_LOG_LOSS:
        *dloss = z > 18.0 ? portable_exp(-z) * -yy : z < -18.0 ? -yy : -yy / (portable_exp(z) + 1.0);
        return z > 18.0 ? portable_exp(-z) : z < -18.0 ? -z : portable_log(1.0 + portable_exp(-z));
    case LOSS_MODIFIED_HUBER:
        *dloss = z >= 1.0 ? 0.0 : z >= -1.0 ? (2.0 * (1.0 - z)) * -yy : -4.0 * yy;
        return z >= 1.0 ? 0.0 : z >= -1.0 ? (1.0 - z) * (1.0 - z) : -4.0 * z;
    case LOSS_SQUARED_HINGE:
        if (1.0 - z > 0.0) *dloss = (-2.0 * yy) * (1.0 - z);
        return 1.0 - z > 0.0 ? (1.0 - z) * (1.0 - z) : 0.0;
    case LOSS_SQUARED_ERROR:
        *dloss = r;
        return 0.5 * r * r;
    case LOSS_HUBER:
        *dloss = fabs(r) <= e ? r : r > 0.0 ? e : -e;
        return fabs(r) <= e ? 0.5 * r * r : e * fabs(r) - 0.5 * e * e;
    case LOSS_EPSILON_INSENSITIVE:
        *dloss = yy - p > e ? -1.0 : p - yy > e ? 1.0 : 0.0;
        return fmax(0.0, fabs(yy - p) - e);
    case LOSS_SQUARED_EPSILON_INSENSITIVE:
        *dloss = yy - p > e ? -2.0 * (yy - p - e) : yy - p < -e ? 2.0 * (-(yy - p) - e) : 0.0;
        return fabs(yy - p) - e > 0.0 ? (fabs(yy - p) - e) * (fabs(yy - p) - e) : 0.0;
    default:
        break;
    }
    fail_msg("loss %d", (int)h->loss);
    return 0.0;
}

static double naive_eta(const struct naive *m) {
    const struct hyper *h = m->hyper;
    if (h->learning_rate == RATE_OPTIMAL) return 1.0 / (h->alpha * (m->optimal_init + m->t - 1.0));
    if (h->learning_rate == RATE_INVSCALING)
        return h->eta0 / (h->power_t == 0.5 ? sqrt(m->t) : portable_pow(m->t, h->power_t));
    return m->eta;
}

static double class_weight(const struct hyper *h, double yy) {
    double members = 0.0;
    for (size_t i = 0; i < N; i++)
        members += y[i] == yy;
    if (h->class_weight == CLASS_WEIGHT_BALANCED) return N / (2.0 * members);
    return yy > 0.0 ? h->class_weight_true : h->class_weight_false;
}

static void naive_l1(struct naive *m) {
    for (size_t j = 0; j < D; j++) {
        const double z = weight(m, j);
        if (m->wscale * z > 0.0)
            set_weight(m, j, fmax(0.0, z - (m->u + m->q[j]) / m->wscale));
        else if (m->wscale * z < 0.0)
            set_weight(m, j, fmin(0.0, z + (m->u - m->q[j]) / m->wscale));
        m->q[j] += m->wscale * (weight(m, j) - z);
    }
}

static void naive_average(struct naive *m, const uint8_t *row, double update) {
    const double count = m->t - (double)m->hyper->average + 1.0, mu = 1.0 / count;
    for (size_t j = 0; j < D; j++)
        m->aw[j] += (m->average_a * row[j]) * (-update / m->wscale);
    if (count > 1.0) m->average_b /= 1.0 - mu;
    m->average_a += mu * m->average_b * m->wscale;
    m->average_intercept += (m->intercept - m->average_intercept) / count;
}

/* False: pa1 leaves the row out. */
static bool naive_update(const struct naive *m, const uint8_t *row, double yy, double p, double *update) {
    const struct hyper *h = m->hyper;
    double dloss = 0.0, norm = 0.0;
    const double loss = naive_loss(h, p, yy, &dloss);
    for (size_t j = 0; j < D; j++)
        norm += (double)row[j] * row[j];
    *update = -naive_eta(m) * fmax(-1e12, fmin(1e12, dloss));
    if (h->learning_rate == RATE_PA1) {
        if (norm == 0.0) return false;
        *update = fmin(h->C, loss / norm);
    }
    if (h->learning_rate == RATE_PA2) *update = loss / (norm + 0.5 / h->C);
    if (h->learning_rate == RATE_PA1 || h->learning_rate == RATE_PA2) {
        if (h->loss == LOSS_HINGE || h->loss == LOSS_PERCEPTRON)
            *update *= yy;
        else if (yy - p < 0.0)
            *update *= -1.0;
    }
    *update *= class_weight(h, yy);
    return true;
}

static void naive_row(struct naive *m, size_t i, size_t position) {
    const struct hyper *h = m->hyper;
    const uint8_t *row = x[i];
    const double p = naive_dot(m, row) * m->wscale + m->intercept, eta = naive_eta(m);
    const double ratio = h->penalty == PENALTY_L2 ? 0.0 : h->penalty == PENALTY_L1 ? 1.0 : h->l1_ratio;
    double update = 0.0, dloss;
    m->sumloss += naive_loss(h, p, y[i], &dloss);
    if (!naive_update(m, row, y[i], p, &update)) return;
    if (h->penalty == PENALTY_L2 || h->penalty == PENALTY_ELASTICNET) {
        m->wscale *= fmax(0.0, 1.0 - ((1.0 - ratio) * eta * h->alpha));
        if (m->wscale < (single(m) ? 1e-6 : 1e-9)) naive_reset(m);
    }
    if (update != 0.0) {
        const double c = update / m->wscale;
        for (size_t j = 0; j < D; j++) {
            if (single(m))
                m->w32[j] = fmaf((float)c, (float)row[j], m->w32[j]);
            else
                m->w[j] = m->w[j] + (double)row[j] * c;
        }
        if (h->fit_intercept) m->intercept += update;
        m->hash = (m->hash ^ (m->epochs * 60000ULL + position)) * 1099511628211ULL;
        m->updates++;
    }
    if (h->average > 0 && (double)h->average <= m->t) naive_average(m, row, update);
    if (h->penalty == PENALTY_L1 || h->penalty == PENALTY_ELASTICNET) {
        m->u += ratio * eta * h->alpha;
        naive_l1(m);
    }
    m->t += 1.0;
}

static double naive_score(const struct naive *m) {
    double right = 0.0, all = 0.0;
    for (size_t i = 0; i < N; i++) {
        if (!m->held_out[i]) continue;
        all++;
        right += (naive_dot(m, x[i]) + m->intercept > 0.0) == (y[i] > 0.0);
    }
    return right / all;
}

/* Does the fit stop after this epoch? */
static bool naive_stops(struct naive *m) {
    const struct hyper *h = m->hyper;
    const bool watched = h->tol > -(double)INFINITY;
    double trained = 0.0;
    for (size_t i = 0; i < N; i++)
        trained += !m->held_out[i];
    bool worse = watched && m->sumloss > m->best - h->tol * trained;
    double value = m->sumloss;
    if (h->early_stopping) {
        value = naive_score(m);
        worse = watched && value < m->best + h->tol;
        m->best = fmax(m->best, value);
    } else if (h->compat == COMPAT_0_19) {
        m->best = value;
        return worse;
    } else {
        m->best = fmin(m->best, value);
    }
    m->bad_epochs = worse ? m->bad_epochs + 1 : 0;
    if (m->bad_epochs < h->n_iter_no_change) return false;
    if (h->learning_rate != RATE_ADAPTIVE || m->eta <= 1e-6) return true;
    m->eta /= 5.0;
    m->bad_epochs = 0;
    return false;
}

static bool naive_finite(const struct naive *m) {
    bool finite = isfinite(m->intercept);
    for (size_t j = 0; j < D; j++)
        finite = finite && isfinite(weight(m, j));
    return finite;
}

/* coef and intercept as scikit-learn returns them. */
static void naive_finish(struct naive *m) {
    const bool averaged = m->hyper->average > 0 && m->hyper->average <= (uint64_t)m->epochs * N;
    for (size_t j = 0; j < D; j++) {
        const double average = (m->aw[j] + m->average_a * weight(m, j)) * (1.0 / m->average_b);
        const double standard = weight(m, j) * m->wscale;
        if (averaged)
            m->w[j] = single(m) ? (double)(float)average : average;
        else
            m->w[j] = standard;
    }
    if (averaged) m->intercept = m->average_intercept;
}

static void naive_fit(struct naive *m, const struct hyper *h, const struct model *start) {
    uint32_t order[N], shuffled[N], pi[N];
    *m = (struct naive){.hyper = h, .wscale = 1.0, .average_b = 1.0, .t = 1.0, .eta = h->eta0};
    m->hash = 1469598103934665603ULL;
    m->best = h->early_stopping ? -(double)INFINITY : (double)INFINITY;
    m->optimal_init = 1.0 / (sqrt(1.0 / sqrt(h->alpha)) * h->alpha);
    for (size_t j = 0; start && j < D; j++)
        set_weight(m, j, start->coef[j]);
    if (start) m->intercept = start->intercept;
    if (h->early_stopping) {
        uint8_t class_of[N];
        uint32_t room[2 * N];
        for (size_t i = 0; i < N; i++)
            class_of[i] = y[i] > 0.0;
        assert_int_equal(validation_split(m->held_out, room, &(struct class_list){class_of, N, 2},
                                          h->validation_fraction, h->seed, NULL),
                         0);
    }
    epoch_permutation(pi, N, epoch_seed(h->seed, h->compat));
    for (uint32_t i = 0; i < N; i++)
        order[i] = i;
    for (bool stopped = false; m->epochs < h->epochs && !stopped;) {
        for (size_t i = 0; i < N; i++)
            shuffled[i] = h->shuffle ? order[pi[i]] : order[i];
        memcpy(order, shuffled, sizeof order);
        m->sumloss = 0.0;
        for (size_t i = 0; i < N; i++)
            if (!m->held_out[order[i]]) naive_row(m, order[i], i);
        m->epochs++;
        if (!naive_finite(m)) m->diverged = m->epochs;
        stopped = m->diverged || naive_stops(m);
    }
    naive_finish(m);
}

/* ---- Random fits ---- */

static double one_of(struct random_state *rs, const double *values, uint32_t count) {
    return values[random_masked(rs, count - 1)];
}
#define ONE_OF(rs, ...)                                                                                                \
    one_of(rs, (const double[]){__VA_ARGS__}, sizeof((const double[]){__VA_ARGS__}) / sizeof(double))

static struct hyper drawn(struct random_state *rs) {
    struct hyper h = hyper_defaults(ENGINE_F64);
    h.compat = random_masked(rs, 4) ? COMPAT_1_2 : COMPAT_0_19;
    h.loss = (enum loss)random_masked(rs, LOSSES - 1);
    h.penalty = (enum penalty)random_masked(rs, PENALTY_NONE);
    h.learning_rate = (enum learning_rate)random_masked(rs, RATE_PA2);
    h.alpha = ONE_OF(rs, 1e-6, 1e-4, 1e-2, 0.9999, 10.0);
    h.eta0 = ONE_OF(rs, 1e-7, 1e-5, 1e-3, 0.3);
    h.l1_ratio = ONE_OF(rs, 0.0, 0.15, 0.6, 1.0);
    h.power_t = ONE_OF(rs, 0.5, 0.25, 1.0, -0.3);
    h.epsilon = ONE_OF(rs, 0.0, 0.1, 0.7);
    h.C = ONE_OF(rs, 1.0, 1e-3, 50.0);
    h.average = (uint64_t)ONE_OF(rs, 0, 0, 0, 1, 30, 3 * N, 100 * N);
    h.class_weight = (enum class_weight)random_masked(rs, 1);
    if (h.class_weight == CLASS_WEIGHT_NONE && random_masked(rs, 1)) {
        h.class_weight_false = ONE_OF(rs, 0.3, 1.0);
        h.class_weight_true = ONE_OF(rs, 0.0, 2.0, 7.0);
    }
    h.fit_intercept = random_masked(rs, 3) > 0;
    h.shuffle = random_masked(rs, 3) > 0;
    h.epochs = 1 + random_masked(rs, 11);
    h.seed = random_uint32(rs);
    if (random_masked(rs, 1)) h.tol = ONE_OF(rs, 0.0, 1e-3, 0.5, 1e3);
    if (h.compat == COMPAT_1_2) h.n_iter_no_change = 1 + random_masked(rs, 2);
    if (h.compat == COMPAT_1_2) h.early_stopping = random_masked(rs, 3) == 0;
    if (h.compat == COMPAT_0_19 && h.learning_rate == RATE_ADAPTIVE) h.learning_rate = RATE_CONSTANT;
    if (h.early_stopping) h.validation_fraction = ONE_OF(rs, 0.1, 0.37, 0.5);
    return h;
}

static void say(const struct hyper *h, const char *what, const struct backend *backend) {
    struct job_spec spec = {.digit = 5, .hyper = *h};
    char text[1024] = "";
    hyper_options(text, sizeof text, &spec, 3);
    fail_msg("%s %s: %s:%s", engine_names[h->engine], backend->name, what, text);
}

/* Fits both ways and compares every bit. Returns the epochs, 0 where both diverged. */
static unsigned compare(const struct hyper *h, const struct backend *backend, const struct model *start) {
    struct naive want;
    struct model got;
    struct error err = {.text = ""};
    char diverged[64];
    naive_fit(&want, h, start);
    const int bad = fit_from(&got, start, &job.row_list, h, backend, &err);
    snprintf(diverged, sizeof diverged, "the fit diverged in epoch %u:", want.diverged);
    if (bad && (!want.diverged || strncmp(err.text, diverged, strlen(diverged)) != 0)) say(h, err.text, backend);
    if (!bad && want.diverged) say(h, "did not diverge", backend);
    if (bad) return 0;
    uint64_t updates = 0;
    for (unsigned epoch = 0; epoch < got.epochs; epoch++)
        updates += got.updates[epoch];
    if (got.epochs != want.epochs) say(h, "another number of epochs", backend);
    if (got.update_hash != want.hash || updates != want.updates) say(h, "other updates", backend);
    if (got.intercept != want.intercept) say(h, "another intercept", backend);
    /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): compares bits on purpose */
    if (memcmp(got.coef, want.w, sizeof want.w) != 0) say(h, "other weights", backend);
    model_free(&got);
    return want.epochs;
}

static bool promises_bits(const struct backend *backend) {
    return backend->parity == PARITY_BITS && backend_state(backend) == BACKEND_OK;
}

static void fits_are_scikit_learns(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 21);
    unsigned stopped = 0, diverged = 0, losses = 0, rates = 0;
    for (unsigned round = 0; round < 400; round++) {
        struct hyper h = drawn(&rs);
        const unsigned epochs = compare(&h, backend_scalar(), NULL);
        stopped += epochs > 0 && epochs < h.epochs;
        diverged += epochs == 0;
        losses |= 1U << h.loss;
        rates |= 1U << h.learning_rate;
        h.engine = ENGINE_F32;
        for (size_t i = 0; i < backend_count; i++)
            if (promises_bits(&backends[i]) && backend_base(&backends[i]) == &backends[i])
                compare(&h, &backends[i], NULL);
    }
    assert_int_equal(losses, (1U << LOSSES) - 1);
    assert_int_equal(rates, (1U << (RATE_PA2 + 1)) - 1);
    if (stopped < 40 || diverged < 2) fail_msg("%u stopped, %u diverged", stopped, diverged);
}

/* Rows of faint ink, whose sums the intercept outweighs: it matters that held-out rows are scored without wscale. */
static void held_out_rows_are_scored_without_the_scale(void **state) {
    (void)state;
    uint8_t *const kept = malloc(N * job.ds.stride);
    memcpy(kept, job.ds.pixels, N * job.ds.stride);
    for (size_t k = 0; k < N * job.ds.stride; k++)
        job.ds.pixels[k] = kept[k] >> 7;
    for (size_t i = 0; i < N; i++)
        dataset_row(&job.ds, i, x[i]);
    struct hyper h = hyper_defaults(ENGINE_F64);
    h.compat = COMPAT_1_2;
    h.early_stopping = true;
    h.tol = 0.0;
    h.n_iter_no_change = 2;
    h.learning_rate = RATE_CONSTANT;
    h.epochs = 12;
    for (h.seed = 0; h.seed < 40; h.seed++) {
        h.eta0 = h.seed % 2 ? 0.01 : 0.1;
        h.alpha = h.seed % 4 < 2 ? 0.2 : 1.0;
        compare(&h, backend_scalar(), NULL);
    }
    memcpy(job.ds.pixels, kept, N * job.ds.stride);
    for (size_t i = 0; i < N; i++)
        dataset_row(&job.ds, i, x[i]);
    free(kept);
}

/* Engine int ends in the bits of f64 for both losses that have an integer form, with an intercept and without. */
static void integers_are_float64(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 22);
    for (unsigned round = 0; round < 60; round++) {
        struct hyper h = hyper_defaults(ENGINE_INT);
        h.loss = round % 2 ? LOSS_PERCEPTRON : LOSS_HINGE;
        h.fit_intercept = round % 4 < 2;
        h.shuffle = round % 8 < 4;
        h.alpha = ONE_OF(&rs, 1e-6, 1e-4, 1e-2, 0.3);
        h.epochs = 1 + random_masked(&rs, 6);
        h.seed = random_uint32(&rs);
        compare(&h, backend_best(), NULL);
        compare(&h, backend_scalar(), NULL);
    }
}

/* A warm start goes on from coef and intercept, with a new rate; from an average also. */
static void warm_starts_are_scikit_learns(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 23);
    for (unsigned round = 0; round < 60; round++) {
        struct hyper first = hyper_defaults(ENGINE_F64), h = drawn(&rs);
        struct model start;
        first.average = round % 2 ? 7 : 0;
        assert_int_equal(fit(&start, &job.row_list, &first, backend_scalar(), NULL), 0);
        compare(&h, backend_scalar(), &start);
        h.engine = ENGINE_F32;
        compare(&h, backend_best(), &start);
        model_free(&start);
    }
}

static void warm_starts_fit_or_are_refused(void **state) {
    (void)state;
    struct hyper h = hyper_defaults(ENGINE_F64);
    struct model start, got;
    struct error err;
    assert_int_equal(fit(&start, &job.row_list, &h, backend_scalar(), NULL), 0);
    h.engine = ENGINE_INT;
    assert_int_equal(fit_from(&got, &start, &job.row_list, &h, backend_best(), &err), -1);
    assert_non_null(strstr(err.text, "no integer form"));
    h.engine = ENGINE_F32;
    start.d = D - 1;
    assert_int_equal(fit_from(&got, &start, &job.row_list, &h, backend_best(), &err), -1);
    assert_non_null(strstr(err.text, "99 features"));
    model_free(&start);
}

/* ---- Between epochs ---- */

/* Two fits take turns in one trainer, each from its own saved state, and end as they do alone. */
static void states_hold_all_of_a_fit(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 24);
    for (unsigned round = 0; round < 60; round++) {
        struct hyper h = drawn(&rs);
        h.engine = round % 2 ? ENGINE_F32 : ENGINE_F64;
        h.early_stopping = false;
        struct trainer *t = trainer_new(N, D, &h, backend_best(), NULL);
        struct trainer_state *saved = trainer_state_new(t, NULL);
        uint64_t hash[2][16];
        unsigned epochs[2] = {0, 0};
        trainer_start(t, &job.row_list, trainer_permutation(t, N));
        for (; trainer_more(t); epochs[0]++) {
            trainer_epoch(t);
            hash[0][epochs[0]] = trainer_hash(t);
        }
        trainer_start(t, &job.row_list, t->own);
        trainer_save(saved, t);
        for (; trainer_more(t); epochs[1]++) {
            trainer_epoch(t);
            hash[1][epochs[1]] = trainer_hash(t);
            trainer_save(saved, t);
            t->general = (struct general_state){.eta = 1.0, .best = 5.0, .average_b = 3.0}; /* another fit's */
            t->wscale = 0.5;
            if (t->q) memset(t->q, 1, D * sizeof *t->q);
            if (t->aw) memset(t->aw, 1, D * sizeof *t->aw);
            trainer_load(t, saved);
        }
        if (epochs[0] != epochs[1] || memcmp(hash[0], hash[1], epochs[0] * sizeof **hash) != 0)
            say(&h, "a state does not hold all", backend_best());
        trainer_state_free(saved);
        trainer_free(t);
    }
}

/* Each variable that a later epoch depends on changes the hash. */
static void the_hash_tells_every_variable(void **state) {
    (void)state;
    struct hyper h = hyper_defaults(ENGINE_F64);
    h.penalty = PENALTY_ELASTICNET;
    h.average = 3;
    h.tol = 1e-3;
    h.compat = COMPAT_1_2;
    struct trainer *t = trainer_new(N, D, &h, backend_best(), NULL);
    trainer_start(t, &job.row_list, trainer_permutation(t, N));
    trainer_epoch(t);
    const uint64_t hash = trainer_hash(t);
    double *const variables[] = {&t->general.eta,       &t->general.u,
                                 &t->general.average_a, &t->general.average_b,
                                 &t->general.sumloss,   &t->general.average_intercept,
                                 &t->general.best,      &t->q[3],
                                 &t->aw[D - 1]};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const double was = *variables[i];
        *variables[i] = was + 1.0;
        if (trainer_hash(t) == hash) fail_msg("variable %zu is in no hash", i);
        *variables[i] = was;
    }
    assert_true(trainer_hash(t) == hash);
    trainer_free(t);
}

/* ---- Held-out rows ---- */

/* StratifiedShuffleSplit(test_size=fraction, random_state=seed) of scikit-learn 1.2.1, whose classes are those of the
 * digits of `classes`. */
static void held_out_rows_are_scikit_learns(void **state) {
    (void)state;
    static const struct {
        const char *classes;
        unsigned count;
        double fraction;
        uint32_t seed;
        const char *held_out;
    } golden[] = {
        {"01010101010101010101", 2, 0.1, 42U, ".....x......x......."},
        {"00010001000100010001000100010001", 2, 0.37, 7U, "...xxx...xx..x....x.x..xxx.....x"},
        {"0110011001100110011001100", 2, 0.5, 0U, "x.xx...x...x.xxx.x.x.xx.x"},
        {"00110001110111011000011000100001011010011001010111", 2, 0.23, 4294967295U,
         "x...xx..x........x....x.x.x..........x.x.....x..x."},
        {"041440012400111234433000022300141422442040320431100001140342", 5, 0.3, 11U,
         ".....x.xx.....x...x....x..x......x..x....xxxx.x.x..xx..x...."},
        {"012345678901234567890123456789", 10, 0.5, 5U, "xxx.xx.....x.x..x.x.x..x..xxxx"},
    };
    for (size_t g = 0; g < sizeof golden / sizeof *golden; g++) {
        const size_t n = strlen(golden[g].classes);
        uint8_t class_of[64], held_out[64];
        uint32_t room[128];
        char text[65] = "";
        for (size_t i = 0; i < n; i++)
            class_of[i] = (uint8_t)(golden[g].classes[i] - '0');
        assert_int_equal(validation_split(held_out, room, &(struct class_list){class_of, n, golden[g].count},
                                          golden[g].fraction, golden[g].seed, NULL),
                         0);
        for (size_t i = 0; i < n; i++)
            text[i] = held_out[i] ? 'x' : '.';
        assert_string_equal(text, golden[g].held_out);
    }
}

static void splits_without_both_classes_are_refused(void **state) {
    (void)state;
    static const uint8_t class_of[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, two[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 1};
    uint8_t held_out[10];
    uint32_t room[20];
    struct error err;
    assert_int_equal(validation_split(held_out, room, &(struct class_list){class_of, 10, 2}, 0.5, 1, &err), -1);
    assert_non_null(strstr(err.text, "at least 2 rows of each class"));
    assert_int_equal(validation_split(held_out, room, &(struct class_list){two, 10, 2}, 0.1, 1, &err), -1);
    assert_non_null(strstr(err.text, "leaves 9 and 1"));
    assert_int_equal(validation_split(held_out, room, &(struct class_list){two, 10, 2}, 0.9, 1, &err), -1);
    assert_non_null(strstr(err.text, "leaves 1 and 9"));
}

/* The same reason comes out of a fit, and out of no epoch. */
static void fits_tell_why_a_split_is_refused(void **state) {
    (void)state;
    struct hyper h = hyper_defaults(ENGINE_F64);
    h.compat = COMPAT_1_2;
    h.early_stopping = true;
    h.validation_fraction = 1e-6;
    struct model model;
    struct error err;
    assert_int_equal(fit(&model, &job.row_list, &h, backend_scalar(), &err), -1);
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(err.text, "leaves 119 and 1"));
}

/* ---- What fits together ---- */

static void contradictions_are_refused(void **state) {
    (void)state;
    struct error err;
    struct hyper h = hyper_defaults(ENGINE_F64);
    assert_int_equal(hyper_check(&h, &err), 0);
    assert_true(hyper_is_plain(&h));
    for (enum learning_rate rate = RATE_CONSTANT; rate <= RATE_ADAPTIVE; rate++) {
        h = hyper_defaults(ENGINE_F64);
        h.compat = COMPAT_1_2;
        h.learning_rate = rate;
        assert_int_equal(hyper_check(&h, &err), -1);
        assert_non_null(strstr(err.text, "--eta0"));
        h.eta0 = 1e-9;
        h.alpha = 0.0; /* only the optimal rate divides by it */
        assert_int_equal(hyper_check(&h, &err), 0);
        assert_false(hyper_is_plain(&h));
    }
    h.learning_rate = RATE_OPTIMAL;
    assert_int_equal(hyper_check(&h, &err), -1);
    assert_non_null(strstr(err.text, "--alpha"));
    h = hyper_defaults(ENGINE_F64);
    h.class_weight = CLASS_WEIGHT_BALANCED;
    assert_int_equal(hyper_check(&h, &err), 0);
    h.class_weight_true = 2.0;
    assert_int_equal(hyper_check(&h, &err), -1);
    assert_non_null(strstr(err.text, "--class-weight"));
    h = (struct hyper){.engine = ENGINE_F64, .alpha = 1e-4, .epochs = 1};
    assert_int_equal(hyper_check(&h, &err), -1);
    assert_int_equal(err.kind, ERROR_PROGRAM);
}

/* Options that hyper_options writes give the same specification again, and workload.hyper too. */
static void hyper_parameters_read_back(void **state) {
    (void)state;
    struct random_state rs;
    random_seed(&rs, 25);
    for (unsigned round = 0; round < 50; round++) {
        struct job_spec spec, back;
        job_spec_defaults(&spec);
        spec.hyper = drawn(&rs);
        json_t *json = hyper_json(&spec, 4);
        job_spec_defaults(&back);
        assert_int_equal(hyper_from_json(&back, json), 0);
        for (enum hyper_id id = HYPER_DIGIT; id < HYPER_FOLDS; id++)
            assert_true(hyper_get(&spec, 0, id) == hyper_get(&back, 0, id));
        json_object_set_new(json, "loss", json_string("other"));
        assert_int_equal(hyper_from_json(&back, json), -1);
        json_decref(json);
    }
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_are_scikit_learns),
        cmocka_unit_test(held_out_rows_are_scored_without_the_scale),
        cmocka_unit_test(integers_are_float64),
        cmocka_unit_test(warm_starts_are_scikit_learns),
        cmocka_unit_test(warm_starts_fit_or_are_refused),
        cmocka_unit_test(states_hold_all_of_a_fit),
        cmocka_unit_test(the_hash_tells_every_variable),
        cmocka_unit_test(held_out_rows_are_scikit_learns),
        cmocka_unit_test(splits_without_both_classes_are_refused),
        cmocka_unit_test(fits_tell_why_a_split_is_refused),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(hyper_parameters_read_back),
    };
    return cmocka_run_group_tests_name("parameters", tests, set_up, tear_down);
}
