/* SPDX-License-Identifier: MIT */
/* libFuzzer target: the argument of --place, on a machine with two packages, four nodes and SMT. */
#include "machine/placement.h"
#include "machine/topology.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct topology *machine;

static void free_machine(void) {
    topology_free(machine);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    if (topology_load(&machine, "package:2 group:2 [numa] l3:1 l2:4 core:1 pu:2", NULL) != 0) abort();
    return atexit(free_machine);
}

static void check(const struct placement *placement) {
    bool taken[32] = {false};
    if (placement->count < 1 || placement->count > 32) abort();
    for (size_t i = 0; i < placement->count; i++) {
        unsigned pu = placement->slots[i].pu;
        if (pu >= 32 || taken[pu]) abort();
        taken[pu] = true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (!text) abort();
    memcpy(text, data, size);
    text[size] = 0;
    struct placement placement;
    struct error err = {.text = ""};
    if (placement_resolve(&placement, machine, text, &err) == 0) {
        check(&placement);
        placement_free(&placement);
    } else if (strncmp(err.text, "placement '", 11) != 0) {
        abort();
    }
    free(text);
    return 0;
}
