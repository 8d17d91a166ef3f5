/* SPDX-License-Identifier: MIT */
/* The training loop of engine f32 on float32 rows, its sums made by OpenBLAS: what a program would do that left the
 * work to a library. */
#include "base/clock.h"
#include "peers/peer.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct classifier {
    float *w; /* [d], to be multiplied by wscale */
    double wscale, intercept, time;
};

/* Formulas: src/learn/fit.h. */
static void run_epoch(struct classifier *c, const struct peer_job *job, const float *rows, const uint32_t *order) {
    const int d = (int)job->d;
    const double t0 = 1.0 / (sqrt(1.0 / sqrt(job->alpha)) * job->alpha);
    for (size_t i = 0; i < job->n; i++) {
        const float *x = rows + order[i] * job->d;
        double y = job->positive[order[i]] ? 1.0 : -1.0;
        double decision = (double)cblas_sdot(d, c->w, 1, x, 1) * c->wscale + c->intercept;
        double eta = 1.0 / (job->alpha * ((t0 + c->time) - 1.0));
        c->wscale *= fmax(0.0, 1.0 - eta * job->alpha);
        if (c->wscale < 1e-6) {
            cblas_sscal(d, (float)c->wscale, c->w, 1);
            c->wscale = 1.0;
        }
        if (decision * y <= 1.0) {
            cblas_saxpy(d, (float)(eta * y / c->wscale), x, 1, c->w, 1);
            c->intercept += eta * y;
        }
        c->time += 1.0;
    }
}

static void fit(struct classifier *c, const struct peer_job *job, const float *rows) {
    uint32_t *order[2];
    for (int i = 0; i < 2; i++)
        order[i] = peer_allocate(job->n, sizeof *order[i]);
    for (size_t i = 0; i < job->n; i++)
        order[1][i] = (uint32_t)i;
    for (unsigned epoch = 0; epoch < job->epochs; epoch++) {
        uint32_t *now = order[epoch % 2];
        const uint32_t *last = order[1 - epoch % 2];
        for (size_t i = 0; i < job->n; i++)
            now[i] = last[job->permutation[i]];
        run_epoch(c, job, rows, now);
    }
    free(order[0]);
    free(order[1]);
}

static void predict(uint8_t *predicted, float *decision, const struct classifier *c, const struct peer_job *job,
                    const float *rows) {
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)job->n, (int)job->d, (float)c->wscale, rows, (int)job->d, c->w, 1,
                0.0F, decision, 1);
    for (size_t i = 0; i < job->n; i++)
        predicted[i] = (double)decision[i] + c->intercept > 0.0;
}

void peer_run(const struct peer_job *job, struct peer_result *result) {
    float *rows = peer_allocate(job->n * job->d, sizeof *rows), *decision = peer_allocate(job->n, sizeof *decision);
    for (size_t i = 0; i < job->n * job->d; i++)
        rows[i] = (float)job->pixels[i];
    struct classifier c = {.w = peer_allocate(job->d, sizeof *c.w), .wscale = 1.0, .time = 1.0};
    snprintf(result->library, sizeof result->library, "%s(%s)", &OPENBLAS_VERSION[1], openblas_get_corename());
    openblas_set_num_threads(1);

    double begin = seconds_now();
    fit(&c, job, rows);
    double fitted = seconds_now();
    predict(result->predicted, decision, &c, job, rows);
    result->fit_seconds = fitted - begin;
    result->predict_seconds = seconds_now() - fitted;
    free(c.w);
    free(decision);
    free(rows);
}
