/* SPDX-License-Identifier: MIT */
#include "learn/fit.h"

#include "base/clock.h"

int fit_from(struct model *model, const struct model *start, const struct row_list *row_list, const struct hyper *hyper,
             const struct backend *backend, struct error *err) {
    double begin = seconds_now(), hashing = 0.0;
    struct trainer *trainer = trainer_new(row_list->n, row_list->ds->d, hyper, backend, err);
    int bad = trainer ? model_new(model, row_list->ds->d, hyper, err) : -1;
    if (!bad) {
        trainer_start(trainer, row_list, trainer_permutation(trainer, row_list->n));
        if (start) bad = trainer_resume(trainer, start, err);
        for (unsigned epoch = 0; !bad && trainer_more(trainer); epoch++) {
            trainer_epoch(trainer);
            double ended = seconds_now();
            model->epoch_hash[epoch] = trainer_hash(trainer);
            hashing += seconds_now() - ended;
        }
        if (!bad) bad = trainer_model(trainer, model, err);
        model->seconds = seconds_now() - begin - hashing;
        if (bad) model_free(model);
    }
    trainer_free(trainer);
    return bad;
}

int fit(struct model *model, const struct row_list *row_list, const struct hyper *hyper, const struct backend *backend,
        struct error *err) {
    return fit_from(model, NULL, row_list, hyper, backend, err);
}
