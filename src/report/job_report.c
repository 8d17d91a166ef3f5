/* SPDX-License-Identifier: MIT */
#include "report/job_report.h"

#include "base/json.h"
#include "learn/hyper_table.h"
#include "learn/prefetch.h"
#include "record/pages_json.h"
#include "report/facts.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

void print_rows(FILE *out, const struct rows_text *rows) {
    fputs("data         ", out);
    print_plain(out, rows->data);
    fprintf(out, "%s: %.0f rows of %.0f pixels, split ", rows->synthetic ? " (SYNTHETIC, not MNIST)" : "", rows->n,
            rows->d);
    print_plain(out, rows->split);
    fputs(", ", out);
    print_plain(out, rows->order);
    fputs(" order", out);
    if (strcmp(rows->order, order_names[ORDER_NOTEBOOK]) == 0) fprintf(out, " (seed %.0f)", rows->order_seed);
    fputc('\n', out);
}

void print_files(FILE *out, const struct dataset *ds) {
    if (!*ds->files) return;
    fputs("files        ", out);
    print_plain(out, ds->files);
    fputc('\n', out);
}

/* "alpha 0.0001", "compat 0.19" */
static void print_value(FILE *out, const char *name, const json_t *value) {
    char real[REAL_TEXT];
    format_real(real, json_real_value(value));
    print_plain(out, name);
    fputc(' ', out);
    if (json_is_boolean(value))
        fputs(json_is_true(value) ? "true" : "false", out);
    else if (json_is_integer(value))
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        print_plain(out, json_is_real(value) ? real : fact_text_of(value));
}

static void print_hyper(FILE *out, const json_t *hyper, enum hyper_id id, const char *name) {
    json_t *value = hyper_json_value(hyper, id);
    print_value(out, name, value);
    json_decref(value);
}

/* Each hyper-parameter once: three in words, some always, the others where they are not the default. */
void print_classifier(FILE *out, const json_t *hyper) {
    static const bool in_words[HYPER_COUNT] = {[HYPER_DIGIT] = true,
                                               [HYPER_FOLDS] = true,
                                               [HYPER_loss] = true,
                                               [HYPER_penalty] = true,
                                               [HYPER_learning_rate] = true};
    static const bool always[HYPER_COUNT] = {
        [HYPER_epochs] = true, [HYPER_alpha] = true, [HYPER_seed] = true, [HYPER_compat] = true};
    const char *before = "; ";
    if (json_is_string(json_object_get(hyper, "digit")))
        fputs("classifier   ten digits, one versus all: ", out);
    else
        fprintf(out, "classifier   %.0f or not %.0f: ", fact_number(hyper, "digit"), fact_number(hyper, "digit"));
    print_hyper(out, hyper, HYPER_loss, "loss");
    print_hyper(out, hyper, HYPER_penalty, ", penalty");
    print_hyper(out, hyper, HYPER_learning_rate, ", rate");
    for (enum hyper_id id = HYPER_DIGIT; id < HYPER_COUNT; id++) {
        if (in_words[id] || (!always[id] && hyper_json_is_default(hyper, id))) continue;
        fputs(before, out);
        print_hyper(out, hyper, id, hyper_table[id].name);
        before = ", ";
    }
    fputc('\n', out);
}

int print_job(FILE *out, const struct job *job, const struct job_spec *spec, struct error *err) {
    const struct rows_text rows = {.data = job->ds.name,
                                   .synthetic = job->ds.synthetic,
                                   .n = (double)job->view.n,
                                   .d = (double)job->ds.d,
                                   .split = split_names[spec->rows.split],
                                   .order = order_names[spec->rows.order],
                                   .order_seed = spec->rows.order_seed};
    json_t *hyper = hyper_json(spec, 0), *pages = pages_json(&job->ds);
    const bool lost = !hyper || !pages;
    if (!lost) {
        print_rows(out, &rows);
        print_files(out, &job->ds);
        print_pages(out, pages);
        print_classifier(out, hyper);
    }
    json_decref(hyper);
    json_decref(pages);
    return lost ? fail_program(err, "out of memory") : 0;
}

void print_pages(FILE *out, const json_t *pages) {
    const char *asked = fact_text(pages, "asked");
    char huge[FACT_TEXT], all[FACT_TEXT];
    if (strcmp(asked, page_kind_names[PAGES_AUTO]) == 0) return;
    fputs("pages        ", out);
    print_plain(out, asked);
    fprintf(out, ", as asked: %s of %s MB of their mapping on huge pages\n",
            format_fact(huge, "%.1f", fact_number(pages, "huge_bytes") * 1e-6),
            format_fact(all, "%.1f", fact_number(pages, "resident_bytes") * 1e-6));
}

void print_prefetch(FILE *out, const struct prefetch *prefetch, const char *reason) {
    char text[PREFETCH_TEXT];
    prefetch_text(text, prefetch);
    fprintf(out, "prefetch     %s, %s\n", text, reason);
}

void print_group(FILE *out, const struct group_choice *choice) {
    fprintf(out, "group        %u, %s\n", choice->models, choice->reason);
}
