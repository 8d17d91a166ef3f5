/* SPDX-License-Identifier: MIT */
#include "learn/proba.h"

#include "learn/row_sum.h"
#include "transcendental.h"

#include <string.h>

enum { PART = 1024 };

enum proba proba_of_loss(const char *loss_name) {
    if (strcmp(loss_name, "log_loss") == 0) return PROBA_SIGMOID;
    return strcmp(loss_name, "modified_huber") == 0 ? PROBA_CLIP : PROBA_NONE;
}

static void sigmoid_f32(double *to, const double *decision, size_t n, const struct backend *backend) {
    float z[PART];
    for (size_t k = 0; k < n; k++)
        z[k] = (float)decision[k];
    backend->sigmoid_f32(z, n);
    for (size_t k = 0; k < n; k++)
        to[k] = (double)z[k];
}

static double clipped(double decision) {
    const double above = decision > -1.0 ? decision : -1.0;
    return ((above < 1.0 ? above : 1.0) + 1.0) / 2.0;
}

/* The share that each decision value gives to its own class, n <= PART. */
static void shares(double *to, const double *decision, size_t n, const struct proba_by *by) {
    if (by->proba == PROBA_SIGMOID && by->engine == ENGINE_F32) {
        sigmoid_f32(to, decision, n, by->backend);
        return;
    }
    for (size_t k = 0; k < n; k++)
        to[k] = by->proba == PROBA_SIGMOID ? 1.0 / (1.0 + portable_exp(-decision[k])) : clipped(decision[k]);
}

void proba_binary(double *proba, const double *decision, size_t n, const struct proba_by *by) {
    double share[PART];
    for (size_t first = 0; first < n; first += PART) {
        const size_t count = n - first < PART ? n - first : PART;
        shares(share, decision + first, count, by);
        for (size_t k = 0; k < count; k++) {
            proba[2 * (first + k)] = 1.0 - share[k];
            proba[2 * (first + k) + 1] = share[k];
        }
    }
}

static void normalize(double *row, size_t classes) {
    double sum = row_sum(row, classes);
    if (sum == 0.0) {
        for (size_t c = 0; c < classes; c++)
            row[c] = 1.0;
        sum = (double)classes;
    }
    for (size_t c = 0; c < classes; c++)
        row[c] /= sum;
}

void proba_classes(double *proba, const double *decision, size_t n, size_t classes, const struct proba_by *by) {
    const size_t total = n * classes;
    for (size_t first = 0; first < total; first += PART)
        shares(proba + first, decision + first, total - first < PART ? total - first : PART, by);
    for (size_t i = 0; i < n; i++)
        normalize(proba + i * classes, classes);
}
