/* The result file of `sgdmark run`. */
#include "cli/run.h"

#include "machine/code.h"
#include "record/result.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int add_workload(struct result *result, const struct run *run, struct error *err) {
    const struct job_options *options = &run->options;
    const struct dataset *ds = &run->job.ds;
    struct workload workload = {.data = ds->name,
                                .split = split_names[options->rows.split],
                                .order = order_names[options->rows.order],
                                .order_seed = options->rows.order_seed,
                                .limit = options->rows.limit,
                                .pixels_sha256 = ds->pixels_sha256,
                                .labels_sha256 = ds->labels_sha256,
                                .n = run->job.view.n,
                                .d = ds->d,
                                .permutation_hash = view_hash(&run->job.view),
                                .digit = options->digit,
                                .epochs = options->hyper.epochs,
                                .folds = run->folds,
                                .alpha = options->hyper.alpha,
                                .seed = options->hyper.seed,
                                .compat = compat_names[options->hyper.compat]};
    return result_workload(result, &workload, err);
}

#define KERNEL_NAME(kernel, unused)  #kernel,
#define KERNEL_CODE(kernel, backend) (void (*)(void))(backend)->kernel,

static int add_dispatch(struct result *result, const struct run *run, const struct backend *backend,
                        struct error *err) {
    static const char *const names[] = {KERNEL_LIST(KERNEL_NAME, )};
    void (*const functions[])(void) = {KERNEL_LIST(KERNEL_CODE, backend)};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct code code;
        struct error missing;
        bool found = code_of(&code, functions[i], &missing) == 0;
        char symbol[64];
        snprintf(symbol, sizeof symbol, "%s_%s", names[i], backend->name);
        const struct dispatch_receipt receipt = {
            .asked = run->options.isa,
            .chosen = backend->name,
            .why = backend == backend_best() ? "the last of the registry with the scalar bits that runs here"
                                             : "runs here",
            .kernel = names[i],
            .symbol = found ? code.symbol : symbol,
            .code_sha256 = found ? code.sha256 : NULL,
            .code_reason = found ? NULL : missing.text};
        if (result_dispatch(result, &receipt, err) != 0) return -1;
    }
    return 0;
}

static int add_parity(struct result *result, const struct trial *trial, const struct judgement *judged,
                      struct error *err) {
    char reference[ARM_TEXT] = "itself: the reference", detail[96];
    if (judged->against) trial_name(reference, judged->against);
    snprintf(detail, sizeof detail, "fit and %u folds: needs %s, has %s", trial->cv.folds, parity_words(judged->needed),
             parity_words(judged->reached));
    const struct parity_receipt receipt = {.engine = engine_names[trial->engine],
                                           .backend = isa_name(trial->engine, trial->backend),
                                           .needed = parity_words(judged->needed),
                                           .reached = parity_words(judged->reached),
                                           .reference = reference,
                                           .passed = judged->passed,
                                           .detail = detail,
                                           .fingerprint = trial->model.fingerprint,
                                           .update_hash = trial->model.update_hash,
                                           .accuracy = accuracy_score(&trial->cv.confusion),
                                           .max_deviation = (double)NAN,
                                           .tolerance = (double)NAN};
    return result_parity(result, &receipt, err);
}

static int add_times(struct result *result, const struct run *run, const struct times *times, struct error *err) {
    const char *names[64];
    for (size_t a = 0; a < times->count; a++) {
        const struct trial *trial = &run->trials[times->trial[a]];
        names[a] = times->arms[a].name;
        const struct timing timing = {.name = names[a],
                                      .engine = engine_names[trial->engine],
                                      .backend = isa_name(trial->engine, trial->backend),
                                      .seconds = rounds_of(&times->rounds, a),
                                      .cpu_seconds = rounds_cpu_of(&times->rounds, a),
                                      .samples = times->rounds.rounds,
                                      .iterations = 1,
                                      .threads = 1};
        if (result_timing(result, &timing, err) != 0) return -1;
    }
    if (result_schedule(result, &times->rounds.schedule, names, err) != 0 ||
        result_aa(result, names[times->count - 1], names[times->best], &times->aa, err) != 0)
        return -1;
    for (size_t a = 0; a + 1 < times->count; a++) {
        struct comparison c;
        if (a == times->best) continue;
        if (compare_paired(&c, rounds_of(&times->rounds, times->best), rounds_of(&times->rounds, a),
                           times->rounds.rounds, 0.95, (unsigned)times->count - 2, err) != 0)
            return -1;
        apply_aa_gate(&c, &times->aa);
        if (result_comparison(result, names[times->best], names[a], &c, aa_reason(times->aa.state), err) != 0)
            return -1;
    }
    return 0;
}

static int fill(struct result *result, struct run *run, const struct times *times, struct error *err) {
    dataset_hash(&run->job.ds);
    if (run->job.ds.synthetic && result_context(result, "data_note", "SYNTHETIC rows, not MNIST", err) != 0) return -1;
    if (add_workload(result, run, err) != 0) return -1;
    for (size_t i = 0; i < run->trial_count; i++) {
        if (run->trials[i].engine == ENGINE_F32 && add_dispatch(result, run, run->trials[i].backend, err) != 0)
            return -1;
        if (add_parity(result, &run->trials[i], &run->judged[i], err) != 0) return -1;
    }
    for (size_t i = 0; i < run->trial_count; i++) {
        if (run->judged[i].passed) continue;
        char name[ARM_TEXT], arm[2 * ARM_TEXT];
        trial_name(name, &run->trials[i]);
        snprintf(arm, sizeof arm, "epoch/%s", name);
        if (result_not_timed(result, arm, "its parity check failed", err) != 0) return -1;
    }
    return add_times(result, run, times, err);
}

static int path_in_results(char *path, size_t size, const struct result *result, struct error *err) {
    if (mkdir("results", 0777) != 0 && errno != EEXIST)
        return fail(err, "results: cannot be created: %s (--json says where else)", strerror(errno));
    return result_path(result, "results", path, size, err);
}

int write_run(struct result *result, struct run *run, const struct times *times, const char *path, struct error *err) {
    char chosen[512];
    if (fill(result, run, times, err) != 0) return -1;
    if (!path) {
        if (path_in_results(chosen, sizeof chosen, result, err) != 0) return -1;
        path = chosen;
    }
    if (result_write(result, path, true, err) != 0) return -1;
    if (strcmp(path, "-") != 0) printf("result written to %s\n", path);
    return 0;
}
