/* libFuzzer target: what --topology is given: hwloc XML when it begins with '<', else a synthetic description. */
#include "machine/placement.h"
#include "machine/topology.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void check_placements(const struct topology *topology) {
    struct topology_summary summary;
    struct placement *list;
    size_t count;
    topology_summarize(topology, &summary);
    if (topology_is_this_system(topology) || summary.allowed_pus == 0 || summary.allowed_pus > summary.pus) abort();
    if (placement_list(&list, &count, topology, NULL) != 0) abort();
    for (size_t i = 0; i < count; i++) {
        if (list[i].available != (list[i].count > 0) || list[i].available != (list[i].reason[0] == 0)) abort();
        if (list[i].count > summary.allowed_pus) abort();
        json_decref(placement_json(&list[i]));
    }
    placement_list_free(list, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    if (!text) abort();
    memcpy(text, data, size);
    text[size] = 0;
    struct topology *topology;
    struct error err = {{0}};
    if (topology_parse(&topology, "input", text, size, &err) == 0) {
        size_t count;
        check_placements(topology);
        free(topology_outline(topology, &count));
        json_decref(topology_json(topology));
        topology_free(topology);
    } else if (strncmp(err.text, "input: ", 7) != 0 || strchr(err.text, '\n')) {
        abort();
    }
    free(text);
    return 0;
}
