/* SPDX-License-Identifier: MIT */
/* libFuzzer target: the options that train, cv, bench and run share; one word of the command line per line of input. */
#include "cli/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    /* Help texts go nowhere; libFuzzer keeps a channel of its own. */
    static char quiet[] = "-close_fd_mask=3", output[BUFSIZ];
    char **longer = calloc((size_t)*argc + 2, sizeof *longer);
    if (!longer) abort();
    memcpy(longer, *argv, (size_t)*argc * sizeof *longer);
    longer[(*argc)++] = quiet;
    *argv = longer;
    setvbuf(stdout, output, _IOFBF, sizeof output);
    return 0;
}

static void check(const struct job_options *job) {
    const struct job_spec *spec = &job->spec;
    for (enum hyper_id id = HYPER_DIGIT; id < HYPER_FOLDS; id++) {
        const struct hyper_parameter *parameter = &hyper_table[id];
        double value = hyper_get(spec, 0, id);
        if (parameter->kind == HYPER_KIND_CHOICE) {
            if (!parameter->choices[(size_t)value]) abort();
        } else if (parameter->kind == HYPER_KIND_OPTIONAL && value == -(double)INFINITY) {
            continue;
        } else if (!isfinite(value) || value < parameter->low || value > parameter->high) {
            abort();
        }
    }
    if (!job->isa || !*spec->rows.data || spec->rows.split > SPLIT_ALL || spec->rows.order > ORDER_NOTEBOOK) abort();
    if (spec->hyper.engine > ENGINE_INT || spec->hyper.prefetch.l1 > PREFETCH_MOST) abort();
}

/* A refusal is the fault of the input and has a reason. */
static void check_refusal(const struct error *err) {
    if (err->kind != ERROR_INPUT || !err->text[0]) abort();
}

static void parse(int argc, char **argv) {
    static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.children = children};
    struct job_options job = {0};
    struct error err = {0};
    int asked = take_arguments(&argp, argc, argv, &job, &err);
    if (asked < 0) check_refusal(&err);
    if (asked != 0) return;
    check(&job);
    struct backend_list chosen;
    if (choose_backends(&job, &chosen, &err) != 0)
        check_refusal(&err);
    else if (chosen.count < 1)
        abort();
    free(chosen.list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST_WORDS = 40 };
    char text[2048], name[] = "sgdmark train", *argv[MOST_WORDS + 1] = {name};
    int argc = 1;
    if (size >= sizeof text) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    for (char *rest = text, *word; argc < MOST_WORDS && (word = strsep(&rest, "\n"));)
        argv[argc++] = word;
    parse(argc, argv);
    return 0;
}
