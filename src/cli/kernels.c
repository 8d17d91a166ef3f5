/* sgdmark kernels: the backends and their state. */
#include "kernels.h"

#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"

#include <stdio.h>

enum { KEY_JSON = 0x200 };

struct kernels_options {
    const char *json;
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct kernels_options *options = state->input;
    if (key != KEY_JSON) return ARGP_ERR_UNKNOWN;
    options->json = parse_path("json", value);
    return 0;
}

static const struct argp_option list[] = {
    {"json", KEY_JSON, "FILE or -", 0, "write the list as JSON; with - nothing else goes to stdout", 0}, {0}};
static const struct argp argp = {list, parse, NULL, "List the backends and say which can run here.", NULL, NULL, NULL};

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

int command_kernels(int argc, char **argv) {
    struct kernels_options options = {0};
    parse_arguments(&argp, argc, argv, &options);
    bool quiet = options.json && options.json[0] == '-' && !options.json[1];
    const struct backend *best = backend_best();

    json_t *all = json_array();
    if (!quiet) printf("%-11s %-8s %-4s %-4s %-6s %s\n", "backend", "compiled", "CPU", "OS", "chosen", "");
    for (size_t i = 0; i < backend_count; i++) {
        json_t *state = backend_json(&backends[i], &backends[i] == best);
        if (!quiet)
            printf("%-11s %-8s %-4s %-4s %-6s %s%s\n", backends[i].name, mark(state, "compiled"), mark(state, "cpu"),
                   mark(state, "os"), mark(state, "chosen"), json_string_value(json_object_get(state, "reason")),
                   backends[i].parity == PARITY_BITS ? "" : "; never chosen: its bits may differ");
        json_array_append_new(all, state);
    }
    struct error err;
    if (options.json && write_json(options.json, all, &err) != 0) usage_error("%s", err.text);
    json_decref(all);
    return EXIT_DONE;
}
