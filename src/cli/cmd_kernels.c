/* SPDX-License-Identifier: MIT */
/* sgdmark kernels: the backends and their state, and whether their kernels are right. */
#include "kernels.h"

#include "base/json.h"
#include "base/near.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/results.h"
#include "report/kernels_report.h"
#include "verify/kernel_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEY_JSON = 0x200, KEY_VERIFY, KEY_SEED, KEY_ISA, KEY_KERNEL, KEY_LENGTH };

struct kernels_options {
    const char *json;
    bool verify;
    bool seeded;
    uint32_t seed;
    const char *isa;    /* NULL: every backend */
    const char *kernel; /* NULL: every kernel */
    size_t length;      /* 0: many */
};

static error_t check_kernel_name(const char *name) {
    char names[256] = "", hint[NEAR_TEXT];
    struct near meant;
    near_begin(&meant, name, strlen(name));
    for (size_t kernel = 0; kernel < KERNEL_COUNT; kernel++) {
        if (strcmp(name, kernel_names[kernel]) == 0) return 0;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", kernel ? ", " : "", kernel_names[kernel]);
        near_try(&meant, kernel_names[kernel]);
    }
    return bad_option("--kernel: '%s' is none of %s%s", name, names, near_text(hint, &meant, ""));
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct kernels_options *options = state->input;
    uint64_t seed = 0, length = 0;
    error_t bad = 0;
    switch (key) {
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_VERIFY:
        options->verify = true;
        return 0;
    case KEY_SEED:
        bad = take_integer(&seed, "seed", value, 0, UINT32_MAX);
        options->seed = (uint32_t)seed;
        options->seeded = true;
        return bad;
    case KEY_ISA:
        options->isa = value;
        return 0;
    case KEY_KERNEL:
        options->kernel = value;
        return check_kernel_name(value);
    case KEY_LENGTH:
        bad = take_integer(&length, "length", value, 1, UINT16_MAX);
        options->length = (size_t)length;
        return bad;
    case ARGP_KEY_SUCCESS:
        if (!options->verify && (options->seeded || options->isa || options->kernel || options->length))
            return bad_option("--seed, --isa, --kernel and --length say what --verify does: give --verify with them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Check:", OPTIONS_OWN},
    {"verify", KEY_VERIFY, NULL, 0, "check every kernel that can run here; a wrong one gives exit status 1", 0},
    {"isa", KEY_ISA, "NAME", 0, "check only the kernels of this backend", 0},
    {"kernel", KEY_KERNEL, "NAME", 0, "check only this kernel", 0},
    {"length", KEY_LENGTH, "D", 0, "only a short check, on rows of D pixels: that of train and cv before they begin",
     0},
    {"seed", KEY_SEED, "S", 0, "draw the inputs by this seed; the default is a new one each time, and is printed", 0},
    OPTIONS_OUTPUT,
    {"json", KEY_JSON, "FILE", 0, "write the list or the verdicts as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp argp = {list,
                                 parse,
                                 NULL,
                                 "List the backends and say which of them can run here, or check their kernels.\v"
                                 "Examples:\n"
                                 "  sgdmark kernels                        which backends run here, and why not\n"
                                 "  sgdmark kernels --verify               check all kernels against references\n"
                                 "  sgdmark kernels --verify --isa avx2 --kernel dot_u8f32 --seed 7\n"
                                 "                                         repeat one check\n",
                                 NULL,
                                 NULL,
                                 NULL};

static int write_result(const char *path, json_t *value, struct error *err) {
    int bad = value ? output_json(path, value, err) : fail_program(err, "out of memory for the JSON");
    json_decref(value);
    return bad;
}

static int list_backends(const struct kernels_options *options, struct error *err) {
    const struct cpu_features found = cpu_features();
    const struct backend *best = backend_best();
    struct backend_row *rows = calloc(backend_count, sizeof *rows);
    if (!rows) return fail_program(err, "out of memory for %zu backends", backend_count);
    for (size_t i = 0; i < backend_count; i++) {
        const struct backend *backend = &backends[i];
        rows[i] = (struct backend_row){.backend = backend,
                                       .cpu = backend->compiled && (found.cpu & backend->needs) == backend->needs,
                                       .os = backend->compiled && (found.os & backend->needs) == backend->needs,
                                       .chosen = backend == best};
        backend_reason(backend, rows[i].reason, sizeof rows[i].reason);
    }
    int bad = 0;
    if (!to_stdout(options->json)) bad = print_backends(stdout, rows, backend_count, err);
    if (!bad && options->json) bad = write_result(options->json, backends_json(rows, backend_count), err);
    free(rows);
    return bad ? -1 : EXIT_DONE;
}

/* The backend of --isa, or all of them: those that cannot run here are listed as not checked. */
static int choose_asked(const struct kernels_options *options, struct kernels_check *check, struct error *err) {
    struct backend_list chosen;
    /* Engine int, since it tells apart all backends: some differ only in its kernels. */
    const struct job_options named = {
        .spec.hyper.engine = ENGINE_INT, .isa = options->isa ? options->isa : "all", .isa_source = "--isa"};
    int bad = choose_backends(&named, &chosen, err);
    for (size_t i = 0; !bad && !options->isa && i < backend_count; i++)
        chosen.list[i] = &backends[i];
    check->asked = chosen.list;
    check->asked_count = options->isa ? chosen.count : backend_count;
    return bad;
}

static void check_kernel(struct kernels_check *check, const struct backend *backend, size_t kernel,
                         const struct kernels_options *options) {
    struct checked_kernel *one = &check->verdicts[check->verdict_count++];
    one->backend = backend;
    if (options->length > 0)
        kernel_check_length(backend, kernel, options->length, check->seed, &one->verdict);
    else
        kernel_check_one(backend, kernel, check->seed, &one->verdict);
    check->right += one->verdict.state == KERNEL_RIGHT;
    check->wrong += one->verdict.state == KERNEL_WRONG;
    check->not_checked += one->verdict.state == KERNEL_NOT_CHECKED;
    if (!to_stdout(options->json)) print_verdict(stdout, one);
}

static int check_asked(struct kernels_check *check, const struct kernels_options *options, struct error *err) {
    const bool quiet = to_stdout(options->json);
    if (!quiet) printf("seed %u\n", check->seed);
    for (size_t i = 0; i < check->asked_count; i++)
        for (size_t kernel = 0; kernel < kernels_of(check->asked[i]); kernel++)
            if (!options->kernel || strcmp(options->kernel, kernel_names[kernel]) == 0)
                check_kernel(check, check->asked[i], kernel, options);
    if (!quiet) print_check_totals(stdout, check);
    return options->json ? write_result(options->json, check_json(check), err) : 0;
}

static int verify(const struct kernels_options *options, struct error *err) {
    struct kernels_check check = {.seed = options->seeded ? options->seed : (uint32_t)time(NULL),
                                  .verdicts = calloc(backend_count * KERNEL_COUNT, sizeof *check.verdicts)};
    int bad = check.verdicts ? 0 : fail_program(err, "out of memory for %zu backends", backend_count);
    if (!bad) bad = choose_asked(options, &check, err);
    if (!bad) bad = check_asked(&check, options, err);
    free(check.asked);
    free(check.verdicts);
    if (bad) return -1;
    return check.wrong > 0 ? EXIT_CHECK_FAILED : EXIT_DONE;
}

int command_kernels(int argc, char **argv, struct error *err) {
    struct kernels_options options = {0};
    int done = take_arguments(&argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    return options.verify ? verify(&options, err) : list_backends(&options, err);
}
