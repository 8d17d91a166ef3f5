/* SPDX-License-Identifier: MIT */
/* LIBLINEAR on the same objective: L2-regularised hinge loss by dual coordinate descent, until its own tolerance is
 * met. Of ten digits it trains each against the others. Pixels are divided by 255, without which it goes through its
 * thousand passes and does not get there. */
#include "base/clock.h"
#include "peers/peer.h"

#include <linear.h>
#include <stdio.h>
#include <stdlib.h>

/* The non-zero pixels of every row, a constant for the intercept, and the -1 that ends a row. */
static struct feature_node *nodes_of(const struct peer_job *job, struct feature_node **row) {
    size_t ink = 0;
    for (size_t i = 0; i < job->n * job->d; i++)
        ink += job->pixels[i] != 0;
    struct feature_node *nodes = peer_allocate(ink + 2 * job->n, sizeof *nodes), *next = nodes;
    for (size_t i = 0; i < job->n; i++) {
        row[i] = next;
        for (size_t k = 0; k < job->d; k++) {
            uint8_t pixel = job->pixels[i * job->d + k];
            if (pixel) *next++ = (struct feature_node){(int)k + 1, pixel / 255.0};
        }
        *next++ = (struct feature_node){(int)job->d + 1, 1.0};
        *next++ = (struct feature_node){-1, 0.0};
    }
    return nodes;
}

static void be_silent(const char *text) {
    (void)text;
}

void peer_run(const struct peer_job *job, struct peer_result *result) {
    struct feature_node **row = peer_allocate(job->n, sizeof *row), *nodes = nodes_of(job, row);
    double *y = peer_allocate(job->n, sizeof *y);
    for (size_t i = 0; i < job->n; i++)
        y[i] = job->classes > 2 ? job->positive[i] : job->positive[i] ? 1.0 : -1.0;
    struct problem problem = {.l = (int)job->n, .n = (int)job->d + 1, .y = y, .x = row, .bias = 1.0};
    /* alpha/2 |w|^2 + the mean of the losses, times n C: C = 1 / (alpha n). 0.1 is the program's own default. */
    struct parameter parameter = {
        .solver_type = L2R_L1LOSS_SVC_DUAL, .eps = 0.1, .C = 1.0 / (job->alpha * (double)job->n)};
    snprintf(result->library, sizeof result->library, "LIBLINEAR %d.%d", liblinear_version / 100,
             liblinear_version % 100);
    set_print_string_function(be_silent);

    double begin = seconds_now();
    struct model *model = train(&problem, &parameter);
    double fitted = seconds_now();
    for (size_t i = 0; i < job->n; i++)
        result->predicted[i] = job->classes > 2 ? (uint8_t)predict(model, row[i]) : predict(model, row[i]) > 0.0;
    result->fit_seconds = fitted - begin;
    result->predict_seconds = seconds_now() - fitted;
    free_and_destroy_model(&model);
    free(y);
    free(nodes);
    free(row);
}
