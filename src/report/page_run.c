/* SPDX-License-Identifier: MIT */
#include "report/page_run.h"

#include "base/json.h"
#include "record/notebook.h"
#include "report/facts.h"
#include "report/html.h"
#include "report/page_digits.h"
#include "report/page_energy.h"
#include "report/page_figure.h"
#include "report/page_image.h"
#include "report/screen.h"

#include <math.h>
#include <string.h>

static void put_pair_number(FILE *to, const char *name, const char *format, double value)
    __attribute__((format(printf, 3, 0)));
static void put_pair_number(FILE *to, const char *name, const char *format, double value) {
    char text[FACT_TEXT];
    page_pair(to, name, format_fact(text, format, value));
}

static void section(FILE *to, size_t number, const char *id, const char *title) {
    fprintf(to, "<section id=\"r%zu-%s\"><h2>%s</h2>\n", number, id, title);
}

/* ---- The machine and the job. */

static void put_job(FILE *to, const json_t *facts) {
    const json_t *work = json_object_get(facts, "workload"), *hyper = json_object_get(work, "hyper");
    char text[512];
    snprintf(text, sizeof text, "%.0f rows of %.0f pixels of %.200s (%.20s), order %.20s", fact_number(work, "n"),
             fact_number(work, "d"), fact_text(work, "data"), fact_text(work, "split"), fact_text(work, "order"));
    page_pair(to, "rows", text);
    snprintf(text, sizeof text,
             "is it a %.0f? %.30s loss, %.0f epochs, %.0f folds, alpha %g, seed %.0f, as scikit-learn %.10s",
             fact_number(hyper, "digit"), fact_text(hyper, "loss"), fact_number(hyper, "epochs"),
             fact_number(hyper, "folds"), fact_number(hyper, "alpha"), fact_number(hyper, "seed"),
             fact_text(hyper, "compat"));
    page_pair(to, "classifier", text);
}

static void put_machine(FILE *to, const struct page_run *run, size_t number) {
    static const char *const titles[] = {"", "", NULL};
    const json_t *facts = run->file->facts, *machine = json_object_get(facts, "machine");
    const json_t *topology = json_object_get(facts, "topology"), *tool = json_object_get(facts, "tool");
    const json_t *os = json_object_get(json_object_get(facts, "environment"), "os");
    char text[256];
    size_t i;
    json_t *one;
    section(to, number, "machine", "Machine and job");
    page_table(to, titles);
    page_pair(to, "CPU", fact_text(json_object_get(facts, "cpu"), "brand"));
    snprintf(text, sizeof text, "packages %.0f, memory nodes %.0f, cores %.0f, PUs %.0f",
             fact_number(topology, "packages"), fact_number(topology, "memory_nodes"), fact_number(topology, "cores"),
             fact_number(topology, "pus"));
    page_pair(to, "topology", text);
    page_pair(to, "", fact_text(topology, "synthetic"));
    if (fact_known(machine, "not_allowed")) page_pair(to, "PUs not allowed", fact_text(machine, "not_allowed"));
    if (fact_known(machine, "cpu_quota"))
        put_pair_number(to, "CPU quota", "%.3g CPUs' worth of time", fact_number(machine, "cpu_quota"));
    page_pair(to, "system", fact_text(os, "distribution"));
    page_pair(to, "kernel", fact_text(os, "kernel"));
    page_pair(to, "host", fact_text(json_object_get(run->file->root, "context"), "host_name"));
    put_job(to, facts);
    snprintf(text, sizeof text, "%.60s (commit %.60s)", fact_text(tool, "version"), fact_text(tool, "commit"));
    page_pair(to, "sgdmark", text);
    page_pair(to, "started", fact_text(facts, "start"));
    put_pair_number(to, "took", "%.0f s", fact_number(facts, "duration_seconds"));
    fputs("<tr><td class=\"k\">command</td><td><code>", to);
    json_array_foreach(json_object_get(facts, "argv"), i, one) html_format(to, "%s%s", i ? " " : "", fact_text_of(one));
    fputs("</code></td></tr>\n", to);
    page_table_end(to);
    fputs("</section>\n", to);
}

/* ---- Times. */

static bool is_one_of(const struct figure *figure, const char *const *ids) {
    for (; *ids; ids++)
        if (strcmp(figure->id, *ids) == 0) return true;
    return false;
}

/* Those of the figures that have one of these names. */
static int put_figures(FILE *to, const struct figure_set *set, const char *const *ids, size_t number, bool drawn,
                       struct error *err) {
    fputs("<div class=\"charts\">\n", to);
    for (size_t i = 0; i < set->count; i++)
        if (is_one_of(&set->figures[i], ids) && page_figure(to, &set->figures[i], number, drawn, err) != 0) return -1;
    fputs("</div>\n", to);
    return 0;
}

static bool has_figures(const struct figure_set *set, const char *const *ids) {
    for (size_t i = 0; i < set->count; i++)
        if (is_one_of(&set->figures[i], ids)) return true;
    return false;
}

static int put_epochs(FILE *to, const json_t *facts, const struct figure_set *set, size_t number,
                      enum page_detail detail, struct error *err) {
    static const char *const all[] = {"speed", "ratios", "roofline", "samples", "working-set", NULL};
    static const char *const some[] = {"speed", "ratios", "working-set", NULL};
    const char *const *ids = detail == PAGE_BRIEF ? some : all;
    const bool drawn = detail == PAGE_DRAWN;
    if (!has_figures(set, ids)) return 0;
    section(to, number, "epochs", "Instruction sets on one core");
    if (put_figures(to, set, ids, number, drawn, err) != 0) return -1;
    if (find_experiment(facts, "epochs")) page_energy(to, find_experiment(facts, "epochs"), "epoch", number);
    fputs("</section>\n", to);
    return 0;
}

static int put_folds(FILE *to, const struct page_run *run, const struct figure_set *set, size_t number, bool drawn,
                     struct error *err) {
    static const char *const ids[] = {"scaling", NULL};
    struct matrix matrix;
    size_t i;
    json_t *one;
    if (!has_figures(set, ids)) return 0;
    if (matrix_placements(&matrix, run->file->facts, err) != 0) return -1;
    section(to, number, "folds", "Cores and placements");
    fprintf(to,
            "<div class=\"charts\"><figure id=\"r%zu-placements\"><figcaption><h3>Folds per second of each backend on "
            "each placement</h3></figcaption>\n",
            number);
    page_matrix(to, &matrix, "engine/backend", "%.1f");
    matrix_free(&matrix);
    fputs("<p class=\"note\">The stronger the colour, the faster. Left out: times that are not usable.</p><ul "
          "class=\"note\">\n",
          to);
    json_array_foreach(json_object_get(run->file->facts, "placements"), i, one) {
        if (fact_true(one, "available")) continue;
        fputs("<li>", to);
        html_format(to, "%s is not here: %s", fact_text(one, "name"), fact_text(one, "reason"));
        fputs("</li>\n", to);
    }
    fputs("</ul></figure>\n", to);
    for (i = 0; i < set->count; i++)
        if (is_one_of(&set->figures[i], ids) && page_figure(to, &set->figures[i], number, drawn, err) != 0) return -1;
    fputs("</div>\n", to);
    page_energy(to, find_experiment(run->file->facts, "folds"), "fold", number);
    fputs("</section>\n", to);
    return 0;
}

/* ---- The notebook. */

static void put_confusion(FILE *to, const json_t *notebook) {
    static const char *const titles[] = {"", ">predicted: other digits", ">predicted: the digit", NULL};
    static const char *const names[] = {"other digits", "the digit"};
    const json_t *confusion = json_object_get(notebook, "confusion");
    fputs("<figure><figcaption><h3>Confusion matrix of cross-validation</h3></figcaption>\n", to);
    page_table(to, titles);
    for (size_t row = 0; row < 2; row++) {
        fprintf(to, "<tr><td class=\"k\">%s</td>", names[row]);
        for (size_t column = 0; column < 2; column++)
            fprintf(to, "<td class=\"n%s\">%lld</td>", row == column ? " h4" : "",
                    (long long)json_integer_value(json_array_get(json_array_get(confusion, row), column)));
        fputs("</tr>\n", to);
    }
    page_table_end(to);
    fputs("<p class=\"note\">", to);
    html_format(to, "Precision %.4f, recall %.4f, F1 %.4f.", fact_number(notebook, "precision"),
                fact_number(notebook, "recall"), fact_number(notebook, "f1"));
    fputs("</p></figure>\n", to);
}

static void put_own_digit(FILE *to, const json_t *notebook) {
    static uint8_t pixels[MOST_PICTURE_SIDE * MOST_PICTURE_SIDE];
    const json_t *digit = json_object_get(notebook, "own_digit");
    struct picture picture = {.pixels = pixels};
    if (!picture_of_digit(digit, pixels, &picture.height, &picture.width)) return;
    fputs("<figure><figcaption><h3>The notebook's digit</h3></figcaption>\n", to);
    page_image(to, &picture, "the digit that the notebook draws", "large");
    fputs("<p class=\"note\">", to);
    html_format(to, "Row %.0f, labelled %.0f; decision %.0f: %s.", fact_number(digit, "row"),
                fact_number(digit, "label"), fact_number(digit, "decision"),
                fact_true(digit, "positive") ? "it is the digit" : "it is not the digit");
    fputs("</p></figure>\n", to);
}

static int put_notebook(FILE *to, const struct page_run *run, const struct figure_set *set, size_t number, bool drawn,
                        struct error *err) {
    static const char *const ids[] = {"precision-recall", "shuffles", NULL};
    const json_t *notebook = json_object_get(run->file->facts, "notebook");
    if (!json_is_object(notebook)) return 0;
    section(to, number, "notebook", "The notebook");
    fputs("<div class=\"charts\">\n", to);
    put_own_digit(to, notebook);
    put_confusion(to, notebook);
    fputs("</div>\n", to);
    if (put_figures(to, set, ids, number, drawn, err) != 0) return -1;
    if (run->again && page_digits(to, run->again, number, drawn, err) != 0) return -1;
    fputs("</section>\n", to);
    return 0;
}

/* ---- Receipts and environment. */

static void put_receipt(FILE *to, const json_t *one, bool first) {
    const bool passed = fact_true(one, "passed");
    fputs("<tr><td class=\"k\">", to);
    html_format(to, "%s/%s", fact_text(one, "engine"), fact_text(one, "backend"));
    fputs(passed ? "</td><td>" : "</td><td class=\"bad-cell\">", to);
    html_format(to, "%s%s%s",
                first    ? "reference"
                : passed ? fact_text(one, "reached")
                         : "FAILED",
                first || !passed ? "" : " as ", first || !passed ? "" : fact_text(one, "reference"));
    fputs("</td><td class=\"k\"><code>", to);
    html_text(to, fact_text(one, "fingerprint"));
    fputs("</code></td><td class=\"k\">", to);
    char *numbers = NULL;
    size_t size;
    FILE *text = open_memstream(&numbers, &size);
    if (text) {
        print_numbers(text, json_object_get(one, "fold_accuracy"));
        fclose(text);
        html_text(to, numbers);
        free(numbers);
    }
    fputs("</td><td>", to);
    html_text(to, fact_text(one, "detail"));
    fputs("</td></tr>\n", to);
}

static void put_receipts(FILE *to, const json_t *facts, size_t number) {
    static const char *const titles[] = {"engine/backend",  "verdict",          "fingerprint",
                                         "fold accuracies", "what was checked", NULL};
    const json_t *receipts = json_object_get(facts, "receipts");
    size_t i;
    json_t *one;
    section(to, number, "receipts", "Is the work right? Parity receipts");
    page_table(to, titles);
    json_array_foreach(json_object_get(receipts, "parity"), i, one) put_receipt(to, one, i == 0);
    json_array_foreach(json_object_get(receipts, "no_engine"), i, one)
        page_pair(to, fact_text(one, "engine"), fact_text(one, "reason"));
    page_table_end(to);
    fputs("</section>\n", to);
}

/* Every fact below an object as a row "cpu.microcode"; what is missing with its reason. */
static void put_facts(FILE *to, const json_t *object, const char *path) {
    enum { LONGEST_FACT = 600 };
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) {
        char name[256], reason[128], text[LONGEST_FACT + 4];
        snprintf(name, sizeof name, "%s.%.100s", path, key);
        snprintf(reason, sizeof reason, "%.100s_reason", key);
        const size_t length = strlen(key);
        if (length > strlen("_reason") && strcmp(key + length - strlen("_reason"), "_reason") == 0) continue;
        if (strcmp(key, "xml") == 0) continue; /* the whole topology; it is in the file */
        if (json_is_object(value)) {
            put_facts(to, value, name);
            continue;
        }
        char *shown = json_is_null(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
        snprintf(text, sizeof text, "%.*s%s", LONGEST_FACT,
                 json_is_string(value) ? json_string_value(value)
                 : shown               ? shown
                                       : "not known",
                 shown && strlen(shown) > LONGEST_FACT ? "..." : "");
        if (json_is_null(value) && fact_known(object, reason))
            snprintf(text, sizeof text, "not known: %.*s", LONGEST_FACT - 20, fact_text(object, reason));
        free(shown);
        page_pair(to, name, text);
    }
}

static void put_environment(FILE *to, const json_t *facts, size_t number) {
    static const char *const parts[] = {"environment", "cpu", "topology", "build", "libraries", "clock"};
    static const char *const titles[] = {"fact", "value", NULL};
    section(to, number, "environment", "Environment");
    fputs("<details><summary>Everything that was recorded of the machine, the system and the build</summary>\n", to);
    page_table(to, titles);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (json_is_object(json_object_get(facts, parts[i]))) put_facts(to, json_object_get(facts, parts[i]), parts[i]);
    page_table_end(to);
    fputs("</details></section>\n", to);
}

static int put_text(FILE *to, const struct page_run *run, size_t number, struct error *err) {
    struct html_capture capture;
    if (run->file->schema < 2 || run->file->experiment_count == 0 || !find_experiment(run->file->facts, "epochs"))
        return 0;
    section(to, number, "text", "All tables as text");
    fputs("<details><summary>What <code>sgdmark report</code> prints of this file in a terminal</summary>\n", to);
    html_begin(&capture);
    int bad = capture.stream ? report_whole(capture.stream, run->file->facts, SCREEN_COLUMNS, false, err) : 0;
    bad |= html_end(&capture, to, err);
    fputs("</details></section>\n", to);
    return bad;
}

int page_sections(FILE *to, const struct page_run *run, size_t number, enum page_detail detail, struct error *err) {
    const bool drawn = detail == PAGE_DRAWN;
    struct figure_set set;
    const json_t *facts = run->file->facts;
    if (figures_make(&set, run->file, err) != 0) return -1;
    page_verdict(to, run);
    put_machine(to, run, number);
    int bad = put_epochs(to, facts, &set, number, detail, err);
    if (!bad) bad = put_folds(to, run, &set, number, drawn, err);
    if (!bad) bad = put_notebook(to, run, &set, number, drawn, err);
    figures_free(&set);
    if (bad) return -1;
    put_receipts(to, facts, number);
    if (detail == PAGE_BRIEF) return 0;
    put_environment(to, facts, number);
    return put_text(to, run, number, err);
}
