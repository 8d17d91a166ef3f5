/* SPDX-License-Identifier: MIT */
#include "verify/soak.h"

#include "machine/binding.h"

#include <stdlib.h>
#include <string.h>

struct soak {
    struct row_list row_list;
    struct hyper hyper;
    uint32_t *permutation; /* [n] */
    unsigned epochs;       /* of the reference */
    double *right;         /* [epochs][n] decision values of the reference */
    double *got;           /* [n] decision values of the current epoch */
    uint64_t fingerprint;  /* of the reference */
};

/* Trains the reference and keeps its decision values. */
static int train(struct soak *soak, struct trainer *trainer, double *decisions, struct error *err) {
    struct model model;
    if (model_new(&model, soak->row_list.ds->d, &soak->hyper, err) != 0) return -1;
    trainer_start(trainer, &soak->row_list, soak->permutation);
    for (soak->epochs = 0; trainer_more(trainer); soak->epochs++)
        trainer_epoch_traced(trainer, decisions + soak->epochs * soak->row_list.n);
    int bad = trainer_model(trainer, &model, err);
    soak->fingerprint = model.fingerprint;
    model_free(&model);
    return bad;
}

struct soak *soak_new(const struct row_list *row_list, const struct hyper *hyper, struct error *err) {
    struct soak *soak = calloc(1, sizeof *soak);
    if (!soak) {
        fail_program(err, "out of memory");
        return NULL;
    }
    size_t n = row_list->n;
    soak->row_list = *row_list;
    soak->hyper = *hyper;
    soak->hyper.engine = ENGINE_F32;
    soak->permutation = malloc(n * sizeof *soak->permutation);
    soak->right = calloc(hyper->epochs, n * sizeof *soak->right);
    soak->got = malloc(n * sizeof *soak->got);
    struct trainer *trainer = trainer_new(n, row_list->ds->d, &soak->hyper, backend_scalar(), err);
    int bad = trainer ? 0 : -1;
    if (!soak->permutation || !soak->right || !soak->got)
        bad = fail_program(err, "out of memory for the decisions of %u epochs of %zu rows", hyper->epochs, n);
    if (!bad) {
        hyper_permutation(soak->permutation, n, &soak->hyper);
        bad = train(soak, trainer, soak->right, err);
    }
    trainer_free(trainer);
    if (!bad) return soak;
    soak_free(soak);
    return NULL;
}

void soak_free(struct soak *soak) {
    if (!soak) return;
    free(soak->permutation);
    free(soak->right);
    free(soak->got);
    free(soak);
}

uint64_t soak_fingerprint(const struct soak *soak) {
    return soak->fingerprint;
}

/* The first position at which the bits differ; n: nowhere. */
static size_t first_difference(const double *a, const double *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison): compares bits on purpose */
        if (memcmp(&a[i], &b[i], sizeof *a) != 0) return i;
    }
    return n;
}

int soak_fit(struct soak *soak, const struct topology *topology, const struct slot *slot, const struct backend *backend,
             struct soak_core *core, struct error *err) {
    size_t n = soak->row_list.n;
    if (bind_worker(topology, slot, err) != 0) return -1;
    core->pu_os = slot->pu_os;
    struct trainer *trainer = trainer_new(n, soak->row_list.ds->d, &soak->hyper, backend, err);
    if (!trainer) return -1;
    trainer_start(trainer, &soak->row_list, soak->permutation);
    core->fits++;
    for (unsigned epoch = 0; epoch < soak->epochs && trainer_more(trainer); epoch++) {
        const double *right = soak->right + epoch * n;
        trainer_epoch_traced(trainer, soak->got);
        size_t at = first_difference(soak->got, right, n);
        if (at == n) continue;
        if (core->wrong++ == 0)
            core->first = (struct soak_fault){.epoch = epoch,
                                              .position = at,
                                              .row = trainer_visited(trainer, at),
                                              .got = soak->got[at],
                                              .right = right[at],
                                              .backend = backend};
        break;
    }
    trainer_free(trainer);
    return 0;
}
