/* SPDX-License-Identifier: MIT */
/* Result files whose numbers contradict one another: an edit breaks the hash; with the hash made again, the first
 * number that no longer follows from the samples is named. */
#include "base/json.h"
#include "learn/folds.h"
#include "learn/hyper_table.h"
#include "played_experiment.h"
#include "record/derive_private.h"
#include "record/load.h"
#include "record/result.h"
#include "record/run_facts.h"
#include "record/seal.h"
#include "record/shuffles_json.h"
#include "record/trade_off.h"
#include "report/run_report.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { ROWS = 60000, POSITIVES = 5421, FOLDS = 3 };

static const char sha256[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

static struct verified_job played_f64 = {.engine = ENGINE_F64}, played_int = {.engine = ENGINE_INT};

/* ---- A result of two processes with every section that is derived. */

/* Cases of an experiment `epochs`: f64/scalar; f32/scalar, four times as fast; its A/A twin; its roofs; int/scalar. */
static struct experiment *played_epochs(void) {
    struct experiment *experiment = played_experiment("epochs", 6);
    struct case_facts roof = case_facts_of(CASE_READ_ROOF, "rows", ROWS);
    struct case_facts facts = case_facts_of(CASE_EPOCH, "rows", ROWS);
    played_f64.backend = played_int.backend = backend_scalar();
    facts.row_bytes = roof.row_bytes = 576;
    facts.job = &played_f64;
    snprintf(facts.prefetch, sizeof facts.prefetch, "8,1");
    const int f64 = play(experiment, "epoch/f64/scalar", &facts, 8e-3);
    facts.job = &played_scalar;
    const int f32 = play(experiment, "epoch/f32/scalar", &facts, 2e-3);
    snprintf(facts.prefetch, sizeof facts.prefetch, "16,1");
    const int again = play(experiment, "epoch/f32/scalar/again", &facts, 2e-3);
    experiment_control(experiment, again, f32);
    experiment->facts[f64].control = experiment->facts[f32].control = experiment->facts[again].control = again;
    roof.what = "reading the rows";
    const int read = play(experiment, "roof/read/epoch-order", &roof, 1e-3);
    roof.kind = CASE_COMPUTE_ROOF;
    roof.job = &played_scalar;
    const int compute = play(experiment, "roof/compute/f32/scalar", &roof, 1.8e-3);
    experiment->facts[f32].roofs = (struct roof_pair){read, compute};
    facts = experiment->facts[f64];
    facts.job = &played_int;
    const int integers = play(experiment, "epoch/int/scalar", &facts, 3e-3);
    experiment->best = (size_t)f32;
    experiment_pair(experiment, PAIR_BEST, (size_t)f32, (size_t)f64);
    experiment_pair(experiment, PAIR_F64, (size_t)f32, (size_t)f64);
    experiment_pair(experiment, PAIR_SCALAR, (size_t)f64, (size_t)f32);
    experiment_pair(experiment, PAIR_BEST, (size_t)f32, (size_t)integers);
    experiment_pair(experiment, PAIR_F64, (size_t)integers, (size_t)f64);
    return experiment;
}

/* Two processes; one sample was disturbed and one timed again. */
static void disturb(struct experiment *experiment) {
    struct rounds *rounds = &experiment->rounds;
    for (size_t r = PLAYED_ROUNDS / 2; r < PLAYED_ROUNDS; r++)
        rounds->process[r] = 1;
    rounds->observed[3].disturbance = (struct disturbance){.switches = 1, .away = 0.001, .flags = DISTURBED_SWITCH};
    rounds->spoiled = calloc(1, sizeof *rounds->spoiled);
    assert_non_null(rounds->spoiled);
    rounds->spoiled[rounds->spoiled_count++] =
        (struct spoiled_sample){.which = 0,
                                .round = 5,
                                .seconds = 1,
                                .cpu_seconds = 0.5,
                                .disturbance = {.away = 0.5, .flags = DISTURBED_SWITCH | DISTURBED_AWAY}};
    rounds->timed += 1;
    rounds->witness = (struct witness){.seconds = 1000,
                                       .away = 0.001,
                                       .here = 0.002,
                                       .near = 0.01,
                                       .here_pu = 0,
                                       .near_pu = 1,
                                       .moved = DISTURBED_SWITCH | DISTURBED_AWAY};
}

/* Predictions of which a few are wrong. */
static void make_cv(struct cv_result *cv, struct fold_result fold[FOLDS]) {
    const size_t count[2] = {ROWS - POSITIVES, POSITIVES};
    size_t rows[FOLDS], wrong = 0;
    assert_int_equal(stratified_fold_sizes(rows, count, FOLDS, COMPAT_0_19, NULL), 0);
    for (size_t f = 0; f < FOLDS; f++) {
        fold[f] = (struct fold_result){.accuracy = (double)(rows[f] - 500 - 7 * f) / (double)rows[f]};
        wrong += 500 + 7 * f;
    }
    *cv = (struct cv_result){.folds = FOLDS, .n = ROWS, .fold = fold};
    cv->confusion =
        (struct confusion){.tn = count[0] - (wrong - 400), .fp = wrong - 400, .fn = 400, .tp = POSITIVES - 400};
}

static void add_receipt(struct result *result, const char *engine, const struct cv_result *cv) {
    const bool f32 = strcmp(engine, "f32") == 0, f64 = strcmp(engine, "f64") == 0;
    const struct parity_receipt receipt = {.engine = engine,
                                           .backend = "scalar",
                                           .needed = "L1 updates",
                                           .reached = f32 ? "L1 updates" : "L2 weights",
                                           .reference = f64 ? "itself: the reference" : "f64/scalar",
                                           .passed = true,
                                           .detail = "fit and 3 folds",
                                           .fingerprint = f32 ? 6 : 5,
                                           .update_hash = 7,
                                           .accuracy = accuracy_score(&cv->confusion),
                                           .cv = cv,
                                           .max_deviation = NAN,
                                           .tolerance = NAN,
                                           .prefetch = "8,1"};
    assert_int_equal(result_parity(result, &receipt, NULL), 0);
}

/* Three shuffles of the same rows, among which the notebook's own results have their places. */
static json_t *played_shuffles(void) {
    uint64_t fp[] = {30, 10, 20}, fn[] = {4, 9, 5};
    const struct shuffles shuffles = {3, ROWS - POSITIVES, POSITIVES, fp, fn, 0.5};
    struct shuffle_place place[SHUFFLE_METRICS];
    const struct confusion own = NOTEBOOK_CONFUSION;
    assert_int_equal(shuffles_place(place, &shuffles, &own, NULL), 0);
    return shuffles_json(&shuffles, place);
}

/* Around predictions of which 400 of the positive rows are missed. */
static json_t *played_trade_off(const struct confusion *c) {
    const struct trade_off made = {.wanted = {.precision = 0.99, .recall = 0.95, .threshold = 2.0},
                                   .average_precision = 0.9,
                                   .roc_auc = 0.97,
                                   .at_threshold = {true, 2.0, {c->tn + c->fp - 20, 20, c->fn + 600, c->tp - 600}},
                                   .at_precision = {true, 3.0, {c->tn + c->fp - 10, 10, c->fn + 900, c->tp - 900}},
                                   .at_recall = {true, -1.0, {c->tn - 100, c->fp + 100, c->fn - 200, c->tp + 200}}};
    return trade_off_json(&made);
}

static void add_facts(struct result *result, const struct cv_result *cv) {
    const struct workload workload = {.data = "data/mnist",
                                      .split = "train",
                                      .order = "notebook",
                                      .order_seed = 42,
                                      .pixels_sha256 = sha256,
                                      .labels_sha256 = sha256,
                                      .n = ROWS,
                                      .d = PLAYED_PIXELS};
    const struct confusion *c = &cv->confusion;
    struct job_spec spec;
    job_spec_defaults(&spec);
    assert_int_equal(result_workload(result, &workload, hyper_json(&spec, FOLDS), NULL), 0);
    add_receipt(result, "f64", cv);
    add_receipt(result, "f32", cv);
    add_receipt(result, "int", cv);
    assert_int_equal(result_section(result, "job", json_pack("{s:b, s:b}", "synthetic", 0, "published", 1), NULL), 0);
    json_t *accuracy = json_array();
    for (size_t f = 0; f < FOLDS; f++)
        json_array_append_new(accuracy, json_real(cv->fold[f].accuracy));
    json_t *notebook = json_pack(
        "{s:s, s:b, s:b, s:i, s:{s:f, s:b}, s:{s:f, s:b, s:[s, s]}, s:o, s:o, s:[[I, I], [I, I]], s:[[i, i], [i, i]], "
        "s:f, s:f, s:f}",
        "by", "f64/scalar", "synthetic", 0, "published", 1, "positives", POSITIVES, "digit", "decision", 2.5,
        "positive", 1, "own_digit", "decision", -1.5, "positive", 0, "picture", "00ff7f", "010203", "trade_off",
        played_trade_off(c), "fold_accuracy", accuracy, "confusion", (json_int_t)c->tn, (json_int_t)c->fp,
        (json_int_t)c->fn, (json_int_t)c->tp, "perfect_confusion", ROWS - POSITIVES, 0, 0, POSITIVES, "precision",
        precision_score(c), "recall", recall_score(c), "f1", f1_score(c));
    assert_non_null(notebook);
    assert_int_equal(json_object_set_new(notebook, "shuffles", played_shuffles()), 0);
    assert_int_equal(result_section(result, "notebook", notebook, NULL), 0);
    json_t *processes = json_pack("[{s:i, s:s, s:f}, {s:i, s:s, s:f}]", "index", 0, "status", "done", "seconds", 1.0,
                                  "index", 1, "status", "done", "seconds", 1.0);
    assert_int_equal(result_section(result, "processes", processes, NULL), 0);
}

static void add_verdict(struct result *result, const struct usable *usable, bool correct) {
    json_t *failures = json_array();
    if (!correct) json_array_append_new(failures, json_pack("{s:s}", "case", "epoch/f64/scalar"));
    json_t *verdict = json_pack("{s:b, s:i, s:o, s:o, s:s}", "correct", correct, "checks", 100, "failures", failures,
                                "times", usable_json(usable), "text", correct_text(correct));
    assert_int_equal(result_section(result, "verdict", verdict, NULL), 0);
}

/* What is unusual about the epochs: all samples of a case are spoiled, or its work was wrong. NO_CASE: of none. */
struct unusual {
    int spoiled, failing;
    const double *joules; /* [6] of the epochs' cases; NULL: as played */
    const char *energy_reason;
};

static void spoil(struct experiment *experiment, int which) {
    struct observation *seen = experiment->rounds.observed + (size_t)which * PLAYED_ROUNDS;
    for (size_t r = 0; r < PLAYED_ROUNDS; r++)
        seen[r].disturbance = (struct disturbance){.away = 0.5, .flags = DISTURBED_AWAY};
}

static json_t *unusual_file(struct unusual unusual) {
    const int failing = unusual.failing;
    char *argv[] = {"sgdmark", "run"};
    struct result *result = result_new(2, argv, NULL);
    struct experiment *experiments[2] = {played_epochs(), played_folds(1.0)};
    struct usable usable = {.above = NAN};
    struct fold_result fold[FOLDS];
    struct cv_result cv;
    struct error err = {.text = ""};
    assert_non_null(result);
    make_cv(&cv, fold);
    add_facts(result, &cv);
    for (size_t e = 0; e < 2; e++) {
        struct analysis analysis;
        disturb(experiments[e]);
        if (e == 0 && unusual.spoiled != NO_CASE) spoil(experiments[e], unusual.spoiled);
        if (e == 0 && failing != NO_CASE) experiments[e]->rounds.failed[failing] = true;
        for (size_t c = 0; e == 0 && unusual.joules && c < 6; c++)
            experiments[e]->rounds.joules[c] = unusual.joules[c];
        if (e == 0 && unusual.energy_reason)
            snprintf(experiments[e]->rounds.energy_reason, ENERGY_REASON, "%s", unusual.energy_reason);
        assert_int_equal(analyse(&analysis, experiments[e], NULL), 0);
        if (result_experiment(result, &analysis, &err) != 0) fail_msg("%s", err.text);
        usable = usable.reason[0] || usable.above > 0 ? usable_both(&usable, &analysis.usable) : analysis.usable;
        analysis_free(&analysis);
        experiment_free(experiments[e]);
    }
    add_verdict(result, &usable, failing == NO_CASE);
    const json_t *file = result_finish(result, true, NULL);
    assert_non_null(file);
    json_t *copy = json_deep_copy(file);
    result_free(result);
    return copy;
}

static json_t *made_file(void) {
    return unusual_file((struct unusual){NO_CASE, NO_CASE, NULL, NULL});
}

/* ---- Reading and editing. */

static int parse(struct result_file *file, const json_t *root, struct error *err) {
    char *text = json_dumps(root, 0);
    assert_non_null(text);
    err->text[0] = 0;
    int bad = result_parse(file, "r.json", text, strlen(text), err);
    free(text);
    return bad;
}

static int wrongly_read; /* files of the test that runs */

/* The file is refused in one line that says `because`; otherwise it counts as wrongly read. */
static void refuse(const char *what, const json_t *root, const char *because) {
    struct result_file file;
    struct error err;
    if (parse(&file, root, &err) == 0) {
        print_error("%s was taken\n", what);
        result_unload(&file);
    } else if (strncmp(err.text, "r.json: ", 8) == 0 && strstr(err.text, because) && !strchr(err.text, '\n')) {
        return;
    } else {
        print_error("%s: '%s' does not say '%s'\n", what, err.text, because);
    }
    wrongly_read++;
}

/* Sets the member at a path such as "sgdmark.samples.0.seconds" to a JSON value; removes it if NULL; "*2" doubles it.
 */
static void edit(json_t *root, const char *path, const char *value) {
    char key[64];
    json_t *at = root;
    for (size_t length; path[length = strcspn(path, ".")]; path += length + 1) {
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10)) : json_object_get(at, key);
        assert_non_null(at);
    }
    const size_t index = strtoul(path, NULL, 10);
    const json_t *old = json_is_array(at) ? json_array_get(at, index) : json_object_get(at, path);
    assert_non_null(old);
    json_t *new = NULL;
    if (value && value[0] == '*')
        new = json_real(json_number_value(old) * strtod(value + 1, NULL));
    else if (value)
        new = json_loads(value, JSON_DECODE_ANY, NULL);
    assert_true(!value || (new && !json_equal(new, old)));
    if (!new)
        assert_int_equal(json_is_array(at) ? json_array_remove(at, index) : json_object_del(at, path), 0);
    else
        assert_int_equal(json_is_array(at) ? json_array_set_new(at, index, new) : json_object_set_new(at, path, new),
                         0);
}

static void a_file_as_written_holds(void **state) {
    (void)state;
    for (int which = NO_CASE; which < 6; which++) {
        const struct unusual unusual[] = {{which, NO_CASE, NULL, NULL}, {NO_CASE, which, NULL, NULL}};
        for (size_t i = 0; i < 2; i++) {
            json_t *root = unusual_file(unusual[i]);
            struct result_file file;
            struct error err;
            if (parse(&file, root, &err) != 0) fail_msg("%zu of case %d: %s", i, which, err.text);
            result_unload(&file);
            json_decref(root);
        }
    }
}

/* jansson writes other digits than json_text, and other blanks: the hash is of values. */
static void the_hash_does_not_depend_on_the_layout(void **state) {
    (void)state;
    json_t *root = made_file();
    char *short_reals = json_text(root);
    struct result_file file;
    struct error err = {.text = ""};
    assert_non_null(short_reals);
    if (result_parse(&file, "r.json", short_reals, strlen(short_reals), &err) != 0) fail_msg("%s", err.text);
    result_unload(&file);
    free(short_reals);
    json_decref(root);
}

/* The text that is hashed, made by jansson. */
static void the_hash_is_that_of_canonical_text(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"sgdmark\": {}, \"benchmarks\": []}",
        "{\"b\": 1, \"a\": [1.5, 1e-5, 1e22, -0.0, 100.0, 0.1, 1e-320, 5e300, -3], \"sgdmark\": {\"x\": 1}}",
        "{\"sgdmark\": {\"t\": \"\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\\u007f\\u00e9\\u20ac\", \"n\": [null, true, false]}}",
        "{\"sgdmark\": {\"y\": {\"sha256\": \"this one counts\"}, \"z\": {}}, \"c\": {\"sgdmark\": {\"sha256\": 1}}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *root = json_loads(texts[i], 0, NULL);
        assert_non_null(root);
        char *canonical = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
        char expected[SHA256_TEXT], seal[SHA256_TEXT];
        sha256_bytes(canonical, strlen(canonical), expected);
        assert_int_equal(seal_of(seal, root), 0);
        assert_string_equal(seal, expected);
        assert_int_equal(seal_result(root), 0);
        assert_int_equal(seal_of(seal, root), 0);
        assert_string_equal(seal, expected);
        free(canonical);
        json_decref(root);
    }
}

static void a_file_without_a_hash_is_refused(void **state) {
    (void)state;
    json_t *root = made_file();
    edit(root, "sgdmark.sha256", NULL);
    refuse("no hash", root, "sha256 is missing");
    json_decref(root);
    assert_int_equal(wrongly_read, 0);
}

#define EPOCHS    "sgdmark.experiments.0."
#define PARITY    "sgdmark.receipts.parity."
#define TRADE_OFF "sgdmark.notebook.trade_off."
#define SHUFFLES  "sgdmark.notebook.shuffles."

static const struct {
    const char *path, *value, *because;
} edits[] = {
    /* Times and what they were made of. */
    {"sgdmark.samples.0.seconds.7", "*1.001", "differs from its raw samples"},
    {"sgdmark.samples.0.summary.median", "*1.00001", "samples[0].summary.median is 0.00"},
    {"sgdmark.samples.0.summary.outliers", "7", "samples[0].summary.outliers is 7, but its samples give"},
    {"sgdmark.samples.0.summary.q3", NULL, "samples[0].summary.q3 is missing, but its samples give"},
    {"sgdmark.samples.0.summary", "{\"n\": 1, \"a\\u001b\": 2}", "samples[0].summary"},
    {"sgdmark.samples.0.undisturbed.min", "*0.9", "samples[0].undisturbed.min"},
    {"sgdmark.samples.0.undisturbed", "null", "samples[0].undisturbed is null, but its samples give an object"},
    {"sgdmark.samples.0.cpu_seconds.7", "*0.9", "cpu_time is"},
    {"sgdmark.samples.0.disturbed.3", "null", "samples[0].undisturbed.n"},
    {"sgdmark.samples.0.disturbed.3", "\"switch, sunspots\"", "samples[0].disturbed[3]"},
    {"sgdmark.samples.0.away.3", "0.5", NULL},
    {"sgdmark.samples.0.away.3", "-0.5", "samples[0].away[3] is -0.5"},
    {"sgdmark.samples.0.threads", "2", "samples[0].threads"},
    {"sgdmark.samples.0.repeated.0.round", "999", "repeated in a round"},
    {"sgdmark.samples.0.repeated.0.seconds", "*2", "clock.timed_seconds is not the sum"},
    {"sgdmark.samples.0.repeated.0.disturbed", "\"fault\"", "witness.moved lacks"},
    {"sgdmark.roofs.0.seconds.1", "*0.9", "roofs[0].summary"},
    {"sgdmark.roofs.0.per_second", "*1.1", "roofs[0].per_second"},
    {"sgdmark.roofs.0.best_per_second", "*1.1", "roofs[0].best_per_second"},
    {"sgdmark.roofs.0.cpu_seconds.1", "-1", "roofs[0].cpu_seconds[1] is -1"},
    {"sgdmark.roofs.0.unit", "\"bytes\"", "roofs[0].unit is \"bytes\", but its samples give \"rows\""},
    /* Google Benchmark's rows. */
    {"benchmarks.2.cpu_time", "*1.1", "benchmarks[2].cpu_time"},
    {"benchmarks.2.repetition_index", "3", "benchmarks[2].repetition_index is 3"},
    {"benchmarks.2.threads", "3", "benchmarks[2].threads is 3"},
    {"benchmarks.80.real_time", "*1.1", "benchmarks[80].real_time"},
    {"benchmarks.81", NULL, "benchmarks[81].name"},
    {"benchmarks.82", NULL, "lacks rows"},
    {"benchmarks.81.run_name", "\"epoch/f32/other\"", "benchmarks[82].name"},
    {"benchmarks.82.run_name", "\"epoch/f32/other\"", "lacks rows"},
    {"benchmarks.82.run_name", "\"epoch/f32/scalar\"", "lacks rows"},
    {"benchmarks.165.run_name", "\"epoch/f64/scalar\"", "has more rows than samples"},
    /* The experiment. */
    {EPOCHS "rounds", "79", "does not have one member per round"},
    {EPOCHS "samples", "7", "experiments[0].samples is 7, but its samples give 480"},
    {EPOCHS "disturbed", "7", "experiments[0].disturbed is 7, but its samples give 1"},
    {EPOCHS "best", "\"epoch/f64/scalar\"", "pairs[0] is a pair that is not compared"},
    {EPOCHS "best", "\"epoch/f16/scalar\"", "best is no case"},
    {EPOCHS "pixels", "*2", "cycles_per_pixel"},
    {EPOCHS "schedule.order.0.0", "4", "does not time each case once"},
    {EPOCHS "schedule.process.79", "2", "process_medians is a list of 2 values, but its samples give a list of 3"},
    {EPOCHS "schedule.process.0", "1", "does not name the processes"},
    {EPOCHS "schedule.process.79", "1000000", "does not name the processes"},
    {EPOCHS "schedule.seed", "-1", "experiments[0].schedule.seed is -1"},
    {EPOCHS "schedule.cases.0", "\"epoch/f64/other\"", "not those of the schedule"},
    {EPOCHS "schedule.cases.0", "\"epoch/f32/scalar\"", "names a case twice"},
    {EPOCHS "clock.ghz_per_round.0", "*1.5", NULL},
    {EPOCHS "clock.ghz", "*1.5", "experiments[0].clock.ghz is 3.0"},
    {EPOCHS "clock.timed_seconds", "*0.5", "clock.timed_seconds is not the sum"},
    {EPOCHS "clock.percent_between_samples", "*0.5", "clock.percent_between_samples"},
    {EPOCHS "witness.away", "0.5", "experiments[0].usable"},
    {EPOCHS "witness.others", "\"none\"", "experiments[0].witness.others is \"none\""},
    {EPOCHS "witness.moved", "1", "witness.moved lacks"},
    {EPOCHS "witness.sources.steal", "\"moved\"", "witness.sources.steal"},
    {EPOCHS "usable.state", "\"not usable\"", "experiments[0].usable.state is \"not usable\", but"},
    {EPOCHS "usable.above", "*0.5", "experiments[0].usable.above"},
    {EPOCHS "usable.reason", "\"none\"", "experiments[0].usable.reason is \"none\", but its samples give null"},
    /* A/A controls. */
    {EPOCHS "controls", "[]", "experiments[0].controls is a list of 0 values, but its samples give a list of 1 values"},
    {EPOCHS "controls.0.state", "\"noisy\"", "controls[0].state is \"noisy\", but its samples give \"quiet\""},
    {EPOCHS "controls.0.shown.ratio", "*1.01", "controls[0].shown.ratio"},
    {EPOCHS "controls.0.gate.high", "*1.01", "controls[0].gate.high"},
    {EPOCHS "controls.0.resolution", "*0.5", "controls[0].resolution"},
    {EPOCHS "cases.1.control", "null", "epoch/f32/scalar has an A/A twin and no control"},
    {EPOCHS "cases.1.control", "\"epoch/f64/scalar\"", "has a control that is no A/A case"},
    {EPOCHS "cases.2.control_of", "\"epoch/f64/scalar\"", "experiments[0].controls[0].second"},
    /* Cases. */
    {EPOCHS "cases.1.job", "\"f32/avx2\"", "has a job of another engine"},
    {EPOCHS "cases.1.kind", "\"walk\"", "experiments[0].cases[1].kind is \"walk\""},
    {EPOCHS "cases.1.unit", "\"bytes\"", "counts its work in another unit"},
    {EPOCHS "cases.1.work", "*2", "other work than the rows of the workload"},
    {EPOCHS "cases.1.row_bytes", "*2", "cases[1].rates.gb_per_second"},
    {EPOCHS "cases.1.prefetch", "\"4,1\"", "another prefetch distance than epoch/f32/scalar"},
    {EPOCHS "cases.1.disturbed", "1", "cases[1].disturbed is 1, but its samples give 0"},
    {EPOCHS "cases.1.spoiled", "1", "cases[1].spoiled"},
    {EPOCHS "cases.1.unexplained", "1", "cases[1].unexplained"},
    {EPOCHS "cases.1.migrated", "true", "cases[1].migrated is true, but its samples give false"},
    {EPOCHS "cases.1.process_medians.1", "*1.01", "cases[1].process_medians[1]"},
    {EPOCHS "cases.1.unusable", "\"noise\"", "cases[1].unusable is \"noise\", but its samples give null"},
    {EPOCHS "cases.1.summary.mad", "*1.01", "cases[1].summary.mad"},
    {EPOCHS "cases.1.quiet.median", "*1.01", "cases[1].quiet.median"},
    {EPOCHS "cases.1.rates.ns_per_row", "*1.01", "cases[1].rates.ns_per_row"},
    {EPOCHS "cases.1.roof.percent", "*1.01", "cases[1].roof.percent"},
    {EPOCHS "cases.1.roof.low", "*1.01", "cases[1].roof.low"},
    {EPOCHS "cases.1.roof.binds", "\"read\"", "cases[1].roof.binds is \"read\", but its samples give \"compute\""},
    {EPOCHS "cases.1.roof_cases.compute", "null", "cases[1].roof"},
    {EPOCHS "cases.3", NULL, "cases are not those of the schedule"},
    {EPOCHS "failed.cases", "[{\"name\": \"epoch/f64/scalar\"}]", "are not those of the schedule"},
    /* Pairs. */
    {EPOCHS "pairs.0.ratio", "*1.01", "pairs[0].ratio is 0.25"},
    {EPOCHS "pairs.0.low", "*0.99", "pairs[0].low"},
    {EPOCHS "pairs.0.high", "*1.01", "pairs[0].high"},
    {EPOCHS "pairs.0.p", "*0.5", "pairs[0].p is"},
    {EPOCHS "pairs.0.confidence", "0.95", "pairs[0].confidence is 0.95, but its samples give 0.99"},
    {EPOCHS "pairs.0.comparisons", "1", "pairs[0].comparisons is 1, but its samples give 5"},
    {EPOCHS "pairs.0.verdict", "\"slower\"", "pairs[0].verdict is \"slower\", but its samples give \"faster\""},
    {EPOCHS "pairs.0.speed", "*1.01", "pairs[0].speed"},
    {EPOCHS "pairs.0.resolution", "*0.5", "pairs[0].resolution"},
    {EPOCHS "pairs.0.subject", "\"epoch/f64/scalar\"", "pairs[0] is a pair that is not compared"},
    {EPOCHS "pairs.1.family", "\"scalar\"", "pairs[1] is a pair that is not compared"},
    {EPOCHS "pairs.2", NULL, "pairs[0].comparisons is 5, but its samples give 4"},
    {EPOCHS "failed.pairs", "[{\"family\": \"f64\"}]", "failed.pairs[0] is a pair that is not compared"},
    {"sgdmark.experiments.1.pairs.0.contention", "*1.01", "experiments[1].pairs[0].contention"},
    {"sgdmark.experiments.1.pairs.0.efficiency", "*1.01", "experiments[1].pairs[0].efficiency"},
    {"sgdmark.experiments.1.cases.0.folds", "*2", "seconds_per_fold"},
    {"sgdmark.experiments.1.cases.2.workers", "4", "experiments[1].cases[2].rates"},
    /* Receipts and notebook. */
    {PARITY "1.passed", "false", "without a passing parity receipt"},
    {PARITY "1.reached", "\"none\"", "receipts.parity[1].passed is true, but less was reached"},
    {PARITY "1.reached", "\"L2 weights\"", "receipts.parity[1].fingerprint"},
    {PARITY "1.reached", "\"all\"", "is no level of parity"},
    {PARITY "1.tolerance", "1e-6", "the deviation is above the tolerance"},
    {PARITY "1.update_hash", "\"0000000000000008\"", "receipts.parity[1].update_hash"},
    {PARITY "0.update_hash", "\"0000000000000008\"", "receipts.parity[1].update_hash"},
    {PARITY "2.fingerprint", "\"0000000000000008\"", "receipts.parity[2].fingerprint is"},
    {PARITY "1.reference", "\"f32/avx2\"", "names a job without a receipt"},
    {PARITY "1.accuracy", "*0.99", "receipts.parity[1].accuracy"},
    {PARITY "1.confusion.0.1", "7", "receipts.parity[1].accuracy"},
    {PARITY "1.confusion.0.1", "-7", "confusion is not [[tn, fp], [fn, tp]]"},
    {PARITY "1.confusion.0", "[1]", "confusion is not [[tn, fp], [fn, tp]]"},
    {PARITY "1.fold_accuracy.0", "0.5", "fold_accuracy differs from its confusion matrix"},
    {PARITY "1.fold_accuracy.0", NULL, "fold_accuracy does not hold one number per fold"},
    {PARITY "1.prefetch", "\"3,3\"", "another prefetch distance"},
    {"sgdmark.workload.n", "60001", "has other work than the rows of the workload"},
    {"sgdmark.notebook.by", "\"f32/avx2\"", "notebook.by names a job without a receipt"},
    {"sgdmark.notebook.confusion.1.0", "401", "notebook.confusion[1][0] is 401, but the receipt of its job has 400"},
    {"sgdmark.notebook.fold_accuracy.0", "*0.99", "notebook.fold_accuracy[0]"},
    {"sgdmark.notebook.precision", "*0.99", "notebook.precision"},
    {"sgdmark.notebook.recall", "*0.99", "notebook.recall"},
    {"sgdmark.notebook.f1", NULL, "notebook.f1 is missing"},
    {"sgdmark.notebook.positives", "1", "notebook.positives is 1"},
    {"sgdmark.notebook.published", "false", "notebook.published"},
    {"sgdmark.notebook.digit.decision", "-2.5", "notebook.digit.positive"},
    {"sgdmark.notebook.own_digit.decision", "1.5", "notebook.own_digit.positive"},
    {"sgdmark.notebook.own_digit.picture.1", "\"0102\"", "notebook.own_digit.picture is no picture"},
    {"sgdmark.notebook.own_digit.picture.1", "\"01020g\"", "notebook.own_digit.picture is no picture"},
    {"sgdmark.notebook.own_digit.picture", "[]", "notebook.own_digit.picture is no picture"},
    {SHUFFLES "places.1.percentile", "12.5", "notebook.shuffles.places"},
    {SHUFFLES "places.2.p95", "*0.99", "notebook.shuffles.places"},
    {SHUFFLES "fp.1", "11", "notebook.shuffles.places"},
    {SHUFFLES "fn.1", "-1", "notebook.shuffles.fp and fn do not count its rows"},
    {SHUFFLES "seeds", "4", "notebook.shuffles.fp and fn do not count its rows"},
    {SHUFFLES "seeds", "0", "notebook.shuffles.seeds is no number of shuffles"},
    {TRADE_OFF "average_precision", "1.5", "notebook.trade_off.average_precision is not a number from 0 to 1"},
    {TRADE_OFF "roc_auc", "null", "notebook.trade_off.roc_auc is not a number"},
    {TRADE_OFF "roc_auc", "-0.5", "notebook.trade_off.roc_auc is not a number from 0 to 1"},
    {TRADE_OFF "at_threshold", NULL, "notebook.trade_off.at_threshold.threshold is not a number"},
    {TRADE_OFF "at_threshold.threshold", "null", "notebook.trade_off.at_threshold.threshold is not a number"},
    {TRADE_OFF "at_threshold.precision", "*0.99", "notebook.trade_off.at_threshold.precision"},
    {TRADE_OFF "at_threshold.confusion.0.1", "-1", "at_threshold.confusion is not [[tn, fp], [fn, tp]]"},
    {TRADE_OFF "at_threshold.confusion.0.1", "21", "notebook.trade_off.at_threshold.precision"},
    {TRADE_OFF "at_threshold.threshold", "4.0", "predicts more rows positive at a higher threshold"},
    {TRADE_OFF "at_threshold.threshold", "-0.5", "predicts more rows positive at a higher threshold"},
    {TRADE_OFF "at_precision.recall", "*0.99", "notebook.trade_off.at_precision.recall"},
    {TRADE_OFF "at_precision.wanted", "0.999", "at_precision does not have the precision wanted"},
    {TRADE_OFF "at_recall.wanted", "0.999", "at_recall does not have the recall wanted"},
    {TRADE_OFF "at_recall.wanted", NULL, "at_recall.wanted is missing"},
    {TRADE_OFF "at_recall.f1", "*0.99", "notebook.trade_off.at_recall.f1"},
    /* Processes and verdict. */
    {"sgdmark.processes.1.status", "\"failed\"", "processes[1].status is \"failed\", but its rounds give \"done\""},
    {"sgdmark.processes.1", NULL, "processes lack one"},
    {"sgdmark.verdict.correct", "false", "verdict.correct is false"},
    {"sgdmark.verdict.failures", "[{}]", "verdict.correct is true"},
    {"sgdmark.verdict.checks", "-1", "verdict.checks"},
    {"sgdmark.verdict.text", "\"all is well\"", "verdict.text is \"all is well\""},
    {"sgdmark.verdict.times.state", "\"not usable\"", "verdict.times.state"},
    {EPOCHS "cases.0.energy.joules", "*2", "cases[0].energy.joules_per_epoch"},
    {EPOCHS "cases.0.energy.joules_per_epoch", "*2", "cases[0].energy.joules_per_epoch"},
    {"sgdmark.verdict.times.above", "*0.5", "verdict.times.above"},
};

/* Scores that fit their own matrix, which counts one row more than there are. */
static void the_trade_off_counts_the_rows(void **state) {
    (void)state;
    json_t *root = made_file();
    json_t *notebook = json_object_get(json_object_get(root, "sgdmark"), "notebook");
    struct confusion c = {0};
    assert_int_equal(read_confusion(&c, json_object_get(notebook, "confusion"), "", NULL), 0);
    c.tn++;
    json_object_set_new(notebook, "trade_off", played_trade_off(&c));
    assert_int_equal(seal_result(root), 0);
    refuse("trade-off", root, "notebook.trade_off counts other rows than the confusion matrix");
    json_decref(root);
}

/* ---- Energy. */

/* "energy" of a case of experiments[0]. */
static const json_t *energy_of_case(const json_t *root, size_t which) {
    const json_t *experiments = json_object_get(json_object_get(root, "sgdmark"), "experiments");
    const json_t *cases = json_object_get(json_array_get(experiments, 0), "cases");
    return json_object_get(json_array_get(cases, which), "energy");
}

static json_t *energy_file(const double joules[6], const char *reason) {
    return unusual_file((struct unusual){NO_CASE, NO_CASE, joules, reason});
}

static void assert_held(const json_t *root) {
    struct result_file file;
    struct error err;
    if (parse(&file, root, &err) != 0) fail_msg("%s", err.text);
    result_unload(&file);
}

/* What the terminal shows of the epochs; the caller frees it. */
static char *epochs_text(const json_t *root) {
    char *text = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&text, &length);
    assert_non_null(to);
    assert_int_equal(report_epochs(to, json_object_get(root, "sgdmark"), NULL), 0);
    assert_int_equal(report_folds(to, json_object_get(root, "sgdmark"), NULL), 0);
    fclose(to);
    return text;
}

static void energy_is_recorded_beside_the_times(void **state) {
    (void)state;
    static const double joules[6] = {80, 0, NAN, 1, 1, 160}; /* of f64; f32: did not move; its twin; roofs; int */
    json_t *root = energy_file(joules, "read by root only");
    const json_t *f64 = energy_of_case(root, 0), *f32 = energy_of_case(root, 1), *twin = energy_of_case(root, 2);
    assert_true(json_real_value(json_object_get(f64, "joules")) == 80);
    assert_true(json_real_value(json_object_get(f64, "joules_per_epoch")) == 80.0 / PLAYED_ROUNDS);
    assert_true(json_real_value(json_object_get(f32, "joules")) == 0 && json_is_number(json_object_get(f32, "joules")));
    assert_true(json_is_null(json_object_get(f32, "joules_per_epoch")));
    assert_non_null(strstr(json_string_value(json_object_get(f32, "joules_per_epoch_reason")), "did not move"));
    assert_true(json_is_null(json_object_get(twin, "joules")));
    assert_string_equal(json_string_value(json_object_get(twin, "joules_reason")), "read by root only");
    assert_string_equal(json_string_value(json_object_get(twin, "joules_per_epoch_reason")), "read by root only");
    assert_null(energy_of_case(root, 3)); /* a roof */
    assert_held(root);
    char *text = epochs_text(root);
    assert_non_null(strstr(text, "J/epoch")); /* 1 J per epoch of f64, 2 J of int */
    assert_non_null(strstr(text, "J/fold"));  /* played: 0.1 J in 3 folds */
    assert_non_null(strstr(text, "0.0333"));
    free(text);
    json_decref(root);
}

static void unknown_energy_is_not_printed(void **state) {
    (void)state;
    static const double joules[6] = {NAN, NAN, NAN, NAN, NAN, NAN};
    json_t *root = energy_file(joules, "no counters here");
    assert_held(root);
    char *text = epochs_text(root);
    assert_null(strstr(text, "J/epoch"));
    free(text);
    json_decref(root);
}

/* A file of an earlier version has no energy; one that has it of some cases is damaged. */
static void old_files_without_energy_are_read(void **state) {
    (void)state;
    json_t *root = made_file();
    const json_t *experiments = json_object_get(json_object_get(root, "sgdmark"), "experiments");
    for (size_t e = 0; e < 2; e++) {
        json_t *one;
        size_t i;
        json_array_foreach(json_object_get(json_array_get(experiments, e), "cases"), i, one) {
            json_object_del(one, "energy");
        }
    }
    assert_int_equal(seal_result(root), 0);
    assert_held(root);
    char *text = epochs_text(root);
    assert_null(strstr(text, "J/epoch"));
    free(text);
    json_decref(root);
    root = made_file();
    edit(root, EPOCHS "cases.0.energy", NULL);
    assert_int_equal(seal_result(root), 0);
    refuse("energy of some", root, "experiments[0].cases[0].energy");
    json_decref(root);
    assert_int_equal(wrongly_read, 0);
}

/* A file of an earlier version, without the notebook's own digit and the trade-off. */
static void old_notebooks_are_read(void **state) {
    (void)state;
    json_t *root = made_file();
    struct result_file file;
    struct error err;
    edit(root, "sgdmark.notebook.own_digit", NULL);
    edit(root, "sgdmark.notebook.trade_off", NULL);
    edit(root, "sgdmark.notebook.shuffles", NULL);
    assert_int_equal(seal_result(root), 0);
    if (parse(&file, root, &err) != 0) fail_msg("%s", err.text);
    result_unload(&file);
    json_decref(root);
}

static void one_edit_is_named(void **state) {
    (void)state;
    json_t *good = made_file();
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        json_t *bad = json_deep_copy(good);
        edit(bad, edits[i].path, edits[i].value);
        refuse(edits[i].path, bad, "does not have the hash it was written with");
        assert_int_equal(seal_result(bad), 0);
        if (edits[i].because) refuse(edits[i].path, bad, edits[i].because);
        json_decref(bad);
    }
    json_decref(good);
    assert_int_equal(wrongly_read, 0);
}

/* Last digits may differ between machines. */
static void last_digits_may_differ(void **state) {
    (void)state;
    json_t *root = made_file();
    struct result_file file;
    struct error err;
    edit(root, EPOCHS "pairs.0.low", "*1.0000000001");
    assert_int_equal(seal_result(root), 0);
    if (parse(&file, root, &err) != 0) fail_msg("%s", err.text);
    result_unload(&file);
    json_decref(root);
}

/* Files of old schemas have no hash; the summaries of their samples must hold. */
static void old_summaries_are_checked(void **state) {
    (void)state;
    static const char *const paths[] = {"tests/golden/result.json", "tests/golden/result-schema-1.json"};
    for (size_t i = 0; i < 2; i++) {
        json_t *root = json_load_file(paths[i], 0, NULL);
        struct result_file file;
        struct error err;
        assert_non_null(root);
        if (parse(&file, root, &err) != 0) fail_msg("%s", err.text);
        result_unload(&file);
        edit(root, "sgdmark.samples.0.summary.median", "*1.1");
        refuse(paths[i], root, "samples[0].summary.median");
        json_decref(root);
    }
    assert_int_equal(wrongly_read, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_as_written_holds),
        cmocka_unit_test(the_hash_does_not_depend_on_the_layout),
        cmocka_unit_test(the_hash_is_that_of_canonical_text),
        cmocka_unit_test(a_file_without_a_hash_is_refused),
        cmocka_unit_test(one_edit_is_named),
        cmocka_unit_test(the_trade_off_counts_the_rows),
        cmocka_unit_test(old_notebooks_are_read),
        cmocka_unit_test(energy_is_recorded_beside_the_times),
        cmocka_unit_test(unknown_energy_is_not_printed),
        cmocka_unit_test(old_files_without_energy_are_read),
        cmocka_unit_test(last_digits_may_differ),
        cmocka_unit_test(old_summaries_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
