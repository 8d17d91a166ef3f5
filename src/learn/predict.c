/* SPDX-License-Identifier: MIT */
#include "learn/predict.h"

#include "learn/prefetch_rows.h"

#include <math.h>

enum { PACKED_DISTANCE = 8 }; /* L1 prefetch distance of packed rows, in rows */

/* A prediction under way: its rows as the data set stores them, and how many of them are prefetched ahead. */
struct prediction {
    double *decision;
    const struct model *model;
    const struct row_list *rows;
    const struct backend *backend;
    enum row_form form;
    struct row_view view;
    size_t distance;
};

static inline const uint8_t *row_at(const struct prediction *p, size_t i) {
    return row_view_row(&p->view, row_view_index(p->rows->ds, p->form, p->rows->at[i].row));
}

/* The row to prefetch while row i is computed. */
static inline const uint8_t *prefetched_row(const struct prediction *p, size_t i) {
    return row_at(p, i + p->distance < p->rows->n ? i + p->distance : p->rows->n - 1);
}

static double decision_f64(const struct model *model, size_t start, const uint8_t *x, size_t width) {
    return dot_u8f64_reference(model->coef + start, x, width) + model->intercept;
}

/* The decision value of the row with this dot product. Close to 0, where rounding decides, it is computed as f64's. */
static double decision_int(const struct model *model, int64_t dot, const struct dataset *ds,
                           const struct row_ref *row) {
    double decision = (double)dot * model->unit + model->intercept;
    if (fabs(decision) > model->slack) return decision;
    return decision_f64(model, row->start, ds->pixels + row->row * ds->stride, ds->width);
}

static void predict_f32(const struct prediction *p) {
    const struct dataset *ds = p->rows->ds;
    const struct batch batch = {ds->pixels, ds->stride, ds->width, p->rows->at, p->rows->n};
    const struct linear_model model = {p->model->w, p->model->wscale, p->model->intercept};
    p->backend->decision_u8f32(p->decision, &batch, &model);
}

static void predict_f64(const struct prediction *p) {
    const struct row_ref *at = p->rows->at;
    for (size_t i = 0; i < p->rows->n; i++)
        p->decision[i] = decision_f64(p->model, at[i].start, row_at(p, i), p->view.width);
}

static void predict_int(const struct prediction *p) {
    const struct row_ref *at = p->rows->at;
    for (size_t i = 0; i < p->rows->n; i++) {
        int64_t dot = integer_dot(&p->model->integer, p->backend, at[i].start, row_at(p, i), p->view.width,
                                  prefetched_row(p, i), NULL);
        p->decision[i] = decision_int(p->model, dot, p->rows->ds, &at[i]);
    }
}

/* Not inlined: among the other loops of decision_function, gcc 12 keeps its variables on the stack, and predicting
 * packed rows took 20 % longer (Zen 5). */
static __attribute__((noinline)) void predict_packed(const struct prediction *prediction) {
    const struct prediction p = *prediction;
    const struct dataset *ds = p.rows->ds;
    const struct packed_row *packed = ds->packed.rows;
    const struct row_ref *at = p.rows->at;
    const size_t n = p.rows->n, blocks = ds->packed.blocks, lines = p.view.prefetch / CACHE_LINE;
    for (size_t i = 0; i < n; i++) {
        const struct packed_row now = packed[at[i].row];
        const struct packed_row later = packed[at[i + p.distance < n ? i + p.distance : n - 1].row];
        int64_t dot = integer_dot_packed(&p.model->integer, p.backend, now.start, row_view_row(&p.view, now.line),
                                         blocks, row_view_row(&p.view, later.line), lines);
        p.decision[i] = decision_int(p.model, dot, ds, &at[i]);
    }
}

static struct prediction predict_rows(const struct model *model, const struct row_list *row_list,
                                      const struct backend *backend) {
    const struct dataset *ds = row_list->ds;
    const bool packed = model->integer.packed && reads_packed(ds, ENGINE_INT, backend);
    struct prediction p = {.model = model,
                           .rows = row_list,
                           .backend = backend,
                           .form = packed ? FORM_PACKED : FORM_CROPPED,
                           .distance = packed ? PACKED_DISTANCE : decision_prefetch(ds->width)};
    p.view = row_view_of(ds, p.form);
    for (size_t i = 0; i < row_list->n && i < p.distance; i++)
        prefetch_l1(row_at(&p, i), p.view.prefetch);
    return p;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written through p.decision */
void decision_function(double *decision, const struct model *model, const struct row_list *row_list,
                       const struct backend *backend) {
    struct prediction p = predict_rows(model, row_list, backend);
    p.decision = decision;
    if (model->w)
        predict_f32(&p);
    else if (p.form == FORM_PACKED)
        predict_packed(&p);
    else if (model->integer.low && !model->integer.packed)
        predict_int(&p);
    else
        predict_f64(&p);
}

/* ---- Several models */

/* Do one row's dot products of all these models come from one kernel? Not engine f64's, nor those of integers so large
 * that they need a second sum, nor where the backend does not promise the bits of each model alone. */
static bool read_rows_once(const struct model *const *models, size_t count, const struct backend *backend) {
    if (models[0]->w && backend->parity != PARITY_BITS) return false;
    for (size_t m = 0; m < count; m++) {
        const struct model *model = models[m];
        const bool integers = model->integer.low && !model->integer.wide;
        if (!model->w && !integers) return false;
        if ((model->w == NULL) != (models[0]->w == NULL) || model->integer.packed != models[0]->integer.packed)
            return false;
    }
    return count > 1;
}

static void predict_many_f32(const struct prediction *p, double *const *decision, const struct model *const *models,
                             size_t count) {
    const struct row_ref *at = p->rows->at;
    const float *w[MODELS_MOST];
    for (size_t m = 0; m < count; m++)
        w[m] = models[m]->w;
    for (size_t i = 0; i < p->rows->n; i++) {
        const struct shared_row row = {row_at(p, i), at[i].start, p->view.width, prefetched_row(p, i), NULL};
        double dot[MODELS_MOST];
        p->backend->dot_many_u8f32(dot, w, count, &row);
        for (size_t m = 0; m < count; m++)
            decision[m][i] = dot[m] * models[m]->wscale + models[m]->intercept;
    }
}

static void predict_many_int(const struct prediction *p, double *const *decision, const struct model *const *models,
                             size_t count) {
    const struct row_ref *at = p->rows->at;
    const int16_t *w[MODELS_MOST];
    for (size_t m = 0; m < count; m++)
        w[m] = models[m]->integer.low;
    for (size_t i = 0; i < p->rows->n; i++) {
        const struct shared_row row = {row_at(p, i), at[i].start, p->view.width, prefetched_row(p, i), NULL};
        double dot[MODELS_MOST];
        p->backend->dot_many_u8i16(dot, w, count, &row);
        for (size_t m = 0; m < count; m++)
            decision[m][i] = decision_int(models[m], (int64_t)dot[m], p->rows->ds, &at[i]);
    }
}

static void predict_many_packed(const struct prediction *p, double *const *decision, const struct model *const *models,
                                size_t count) {
    const struct dataset *ds = p->rows->ds;
    const struct packed_row *packed = ds->packed.rows;
    const struct row_ref *at = p->rows->at;
    const size_t n = p->rows->n, width = ds->packed.blocks * BLOCK_PIXELS, lines = p->view.prefetch / CACHE_LINE;
    const int8_t *w[MODELS_MOST];
    for (size_t m = 0; m < count; m++)
        w[m] = (const int8_t *)models[m]->integer.low;
    for (size_t i = 0; i < n; i++) {
        const struct packed_row now = packed[at[i].row];
        const struct packed_row later = packed[at[i + p->distance < n ? i + p->distance : n - 1].row];
        const struct shared_row row = {row_view_row(&p->view, now.line), now.start, width,
                                       row_view_row(&p->view, later.line), NULL};
        double dot[MODELS_MOST];
        p->backend->dot_many_packed(dot, w, count, &row, lines);
        for (size_t m = 0; m < count; m++)
            decision[m][i] = decision_int(models[m], (int64_t)dot[m], ds, &at[i]);
    }
}

void decision_functions(double *const *decision, const struct model *const *models, size_t count,
                        const struct row_list *row_list, const struct backend *backend) {
    if (!read_rows_once(models, count, backend)) {
        for (size_t m = 0; m < count; m++)
            decision_function(decision[m], models[m], row_list, backend);
        return;
    }
    const struct prediction p = predict_rows(models[0], row_list, backend);
    if (models[0]->w)
        predict_many_f32(&p, decision, models, count);
    else if (p.form == FORM_PACKED)
        predict_many_packed(&p, decision, models, count);
    else if (!models[0]->integer.packed)
        predict_many_int(&p, decision, models, count);
    else
        for (size_t m = 0; m < count; m++)
            decision_function(decision[m], models[m], row_list, backend);
}
