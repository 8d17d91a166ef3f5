#include "record/parity.h"

#include "learn/tune.h"

#include <string.h>

int trial_run(struct trial *trial, const struct examples *examples, const struct hyper *hyper, unsigned folds,
              const struct backend *backend, progress_fn *progress, void *context, struct error *err) {
    struct hyper tuned = *hyper;
    double seconds;
    *trial = (struct trial){.engine = hyper->engine, .backend = backend};
    if (lookahead_tune(&tuned, examples, backend, &seconds, err) != 0) return -1;
    trial->ahead = tuned.ahead;
    if (fit(&trial->model, examples, &tuned, backend, err) != 0) return -1;
    if (cross_validate(&trial->cv, examples, folds, ESTIMATOR_SGD, &tuned, backend, progress, context, err) == 0)
        return 0;
    trial_free(trial);
    return -1;
}

void trial_free(struct trial *trial) {
    model_free(&trial->model);
    cv_free(&trial->cv);
}

enum parity_level parity_between(const struct trial *a, const struct trial *b) {
    if (a->cv.folds != b->cv.folds || memcmp(&a->cv.confusion, &b->cv.confusion, sizeof a->cv.confusion) != 0)
        return PARITY_NONE;
    bool updates = a->model.update_hash == b->model.update_hash;
    bool weights = a->model.fingerprint == b->model.fingerprint;
    for (unsigned f = 0; f < a->cv.folds; f++) {
        if (a->cv.fold[f].accuracy != b->cv.fold[f].accuracy) return PARITY_NONE;
        updates = updates && a->cv.fold[f].update_hash == b->cv.fold[f].update_hash;
        weights = weights && a->cv.fold[f].fingerprint == b->cv.fold[f].fingerprint;
    }
    if (!updates) return PARITY_L0;
    return weights ? PARITY_L2 : PARITY_L1;
}

struct judgement parity_judge(const struct trial *trial, const struct trial *against, enum parity_level needed) {
    struct judgement judged = {.against = against, .needed = needed, .reached = parity_between(trial, against)};
    judged.passed = judged.reached >= needed;
    return judged;
}

const char *parity_words(enum parity_level level) {
    switch (level) {
    case PARITY_L0:
        return "L0 metrics";
    case PARITY_L1:
        return "L1 updates";
    case PARITY_L2:
        return "L2 weights";
    case PARITY_NONE:
        break;
    }
    return "none";
}
