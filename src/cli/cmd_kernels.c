/* sgdmark kernels: the backends and their state, and whether their kernels are right. */
#include "kernels.h"

#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "verify/kernel_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KEY_JSON = 0x200, KEY_VERIFY, KEY_SEED, KEY_ISA, KEY_KERNEL };

struct kernels_options {
    const char *json;
    bool verify;
    bool seeded;
    uint32_t seed;
    const char *isa;    /* NULL: every backend */
    const char *kernel; /* NULL: every kernel */
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct kernels_options *options = state->input;
    switch (key) {
    case KEY_JSON:
        options->json = parse_output("json", value);
        return 0;
    case KEY_VERIFY:
        options->verify = true;
        return 0;
    case KEY_SEED:
        options->seed = (uint32_t)parse_integer("seed", value, 0, UINT32_MAX);
        options->seeded = true;
        return 0;
    case KEY_ISA:
        options->isa = value;
        return 0;
    case KEY_KERNEL:
        options->kernel = value;
        return 0;
    case ARGP_KEY_SUCCESS:
        if (!options->verify && (options->seeded || options->isa || options->kernel))
            usage_error("--seed, --isa and --kernel say what --verify does: give --verify with them");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {"json", KEY_JSON, "FILE or -", 0, "write the list as JSON; with - nothing else goes to stdout", 0},
    {"verify", KEY_VERIFY, NULL, 0, "check every kernel that can run here; exit status 1 when one is wrong", 0},
    {"seed", KEY_SEED, "S", 0, "seed of the inputs, to repeat a check (a new one each time)", 0},
    {"isa", KEY_ISA, "NAME", 0, "check this backend alone", 0},
    {"kernel", KEY_KERNEL, "NAME", 0, "check this kernel alone", 0},
    {0}};
static const struct argp argp = {
    list, parse, NULL, "List the backends and say which can run here, or check their kernels.", NULL, NULL, NULL};

static json_t *backend_json(const struct backend *backend, bool chosen) {
    struct cpu_features found = cpu_features();
    char reason[160];
    backend_reason(backend, reason, sizeof reason);
    return json_pack("{s:s, s:b, s:b, s:b, s:b, s:s, s:s, s:s, s:s}", "name", backend->name, "compiled",
                     backend->compiled, "cpu", backend->compiled && (found.cpu & backend->needs) == backend->needs,
                     "os", backend->compiled && (found.os & backend->needs) == backend->needs, "chosen", chosen,
                     "parity", backend->parity == PARITY_BITS ? "bits" : "tolerance", "needs", backend->levels, "flags",
                     backend->flags, "reason", reason);
}

static const char *mark(const json_t *state, const char *key) {
    return json_is_true(json_object_get(state, key)) ? "yes" : "no";
}

static json_t *list_all(bool quiet) {
    const struct backend *best = backend_best();
    json_t *all = json_array();
    if (!quiet) printf("%-12s %-8s %-4s %-4s %-6s %s\n", "backend", "compiled", "CPU", "OS", "chosen", "");
    for (size_t i = 0; i < backend_count; i++) {
        json_t *state = backend_json(&backends[i], &backends[i] == best);
        if (!quiet)
            printf("%-12s %-8s %-4s %-4s %-6s %s%s\n", backends[i].name, mark(state, "compiled"), mark(state, "cpu"),
                   mark(state, "os"), mark(state, "chosen"), json_string_value(json_object_get(state, "reason")),
                   backends[i].parity == PARITY_BITS ? "" : "; never chosen: its bits may differ");
        json_array_append_new(all, state);
    }
    return all;
}

/* How many kernels came to each verdict. */
struct tally {
    size_t right, wrong, not_checked;
};

static json_t *verdict_json(const struct backend *backend, const struct kernel_verdict *verdict) {
    static const char *const words[] = {"right", "wrong", "not checked"};
    return json_pack("{s:s, s:s, s:s, s:I, s:s}", "backend", backend->name, "kernel", verdict->kernel, "verdict",
                     words[verdict->state], "calls", (json_int_t)verdict->calls, "text", verdict->text);
}

static void print_verdict(const struct backend *backend, const struct kernel_verdict *verdict) {
    printf("%-12s %-16s ", backend->name, verdict->kernel);
    if (verdict->state == KERNEL_RIGHT) printf("right        %llu calls\n", (unsigned long long)verdict->calls);
    if (verdict->state == KERNEL_WRONG) printf("WRONG        %s\n", verdict->text);
    if (verdict->state == KERNEL_NOT_CHECKED) printf("NOT CHECKED  %s\n", verdict->text);
    fflush(stdout);
}

static void count(struct tally *tally, enum kernel_state state) {
    tally->right += state == KERNEL_RIGHT;
    tally->wrong += state == KERNEL_WRONG;
    tally->not_checked += state == KERNEL_NOT_CHECKED;
}

/* "; not checked: neon (not compiled: for aarch64), ..." */
static void print_unchecked(const struct backend *const *asked, size_t backends_asked) {
    const char *before = "; not checked: ";
    for (size_t i = 0; i < backends_asked; i++) {
        if (backend_state(asked[i]) == BACKEND_OK) continue;
        char reason[160];
        backend_reason(asked[i], reason, sizeof reason);
        printf("%s%s (%s)", before, asked[i]->name, reason);
        before = ", ";
    }
}

static json_t *verify(const struct kernels_options *options, bool quiet, struct tally *tally) {
    struct backend_list chosen = {calloc(backend_count, sizeof *chosen.list), 0};
    if (!chosen.list) usage_error("out of memory");
    const struct job_options named = {.spec.hyper.engine = ENGINE_INT, .isa = options->isa, .isa_source = "--isa"};
    struct error why;
    if (options->isa && choose_backends(&named, &chosen, &why) != 0) usage_error("%s", why.text);
    for (size_t i = 0; !options->isa && i < backend_count; i++)
        chosen.list[chosen.count++] = &backends[i];
    const struct backend **asked = chosen.list;
    const size_t backends_asked = chosen.count;
    json_t *verdicts = json_array();
    if (!quiet) printf("seed %u\n", options->seed);
    for (size_t i = 0; i < backends_asked; i++)
        for (size_t kernel = 0; kernel < kernels_of(asked[i]); kernel++) {
            if (options->kernel && strcmp(options->kernel, kernel_names[kernel]) != 0) continue;
            struct kernel_verdict verdict;
            kernel_check_one(asked[i], kernel, options->seed, &verdict);
            if (!quiet) print_verdict(asked[i], &verdict);
            json_array_append_new(verdicts, verdict_json(asked[i], &verdict));
            count(tally, verdict.state);
        }
    if (!quiet) {
        size_t checked = tally->right + tally->wrong;
        printf("%zu of %zu kernels checked, %zu wrong", checked, checked + tally->not_checked, tally->wrong);
        print_unchecked(asked, backends_asked);
        putchar('\n');
    }
    free(asked);
    return json_pack("{s:I, s:o}", "seed", (json_int_t)options->seed, "kernels", verdicts);
}

static void require_kernel(const char *name) {
    char names[256] = "";
    for (size_t kernel = 0; kernel < KERNEL_COUNT; kernel++) {
        if (strcmp(name, kernel_names[kernel]) == 0) return;
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", kernel ? ", " : "", kernel_names[kernel]);
    }
    usage_error("--kernel: '%s' is none of %s", name, names);
}

int command_kernels(int argc, char **argv, struct error *err) {
    (void)err;
    struct kernels_options options = {0};
    parse_arguments(&argp, argc, argv, &options);
    if (options.kernel) require_kernel(options.kernel);
    if (!options.seeded) options.seed = (uint32_t)time(NULL);
    bool quiet = to_stdout(options.json);

    struct tally tally = {0};
    json_t *result = options.verify ? verify(&options, quiet, &tally) : list_all(quiet);
    struct error why;
    if (options.json && write_json(options.json, result, &why) != 0) usage_error("%s", why.text);
    json_decref(result);
    return tally.wrong ? EXIT_CHECK_FAILED : EXIT_DONE;
}
