/* SPDX-License-Identifier: MIT */
/* What a program that does the job with another library consists of: main, which loads the job and
 * prints the result (peer.c), and the library's part (one file each). */
#ifndef SGDMARK_PEERS_PEER_H
#define SGDMARK_PEERS_PEER_H

#include <stddef.h>
#include <stdint.h>

/* The job: rows in order, whether each is of the positive class, and scikit-learn's parameters. */
struct peer_job {
    size_t n, d;
    const uint8_t *pixels;       /* [n][d] */
    const uint8_t *positive;     /* [n] 0 or 1; the digit where classes is 10: then each class against the others */
    int classes;                 /* 2 or 10 */
    const uint32_t *permutation; /* [n] what the shuffle of every epoch applies to the order of the one before */
    double alpha;
    unsigned epochs;
};

struct peer_result {
    char library[80]; /* name and version */
    double fit_seconds, predict_seconds;
    uint8_t *predicted; /* [n], filled in by peer_run */
};

/* Converts the rows to what the library takes (not timed), then times a fit, and the prediction of all rows. */
void peer_run(const struct peer_job *job, struct peer_result *result);

/* `count` zeroed elements; ends the program when there is no memory. */
void *peer_allocate(size_t count, size_t size);

#endif
