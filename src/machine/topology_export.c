/* SPDX-License-Identifier: MIT */
/* A topology for other programs: XML without private names, and the JSON of result files. */
#include "base/json.h"
#include "base/sha256.h"
#include "machine/sysfs.h"
#include "machine/topology_private.h"

#include <hwloc/distances.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The infos that are kept. Others name the host, its owner, processes, cgroups, serial numbers or kernel builds. hwloc
 * may add more of those, so this list says what is kept, not what is dropped. */
static const char *const kept_infos[] = {"Architecture",     "Backend",        "hwlocVersion",
                                         "OSName",           "CPUVendor",      "CPUModel",
                                         "CPUFamilyNumber",  "CPUModelNumber", "CPUStepping",
                                         "CPURevision",      "CPUType",        "CPUImplementer",
                                         "CPUArchitecture",  "CPUVariant",     "CPUPart",
                                         "CoreType",         "LinuxCapacity",  "FrequencyMaxMHz",
                                         "FrequencyBaseMHz", "Inclusive",      "SyntheticDescription",
                                         "DMIProductName",   "DMISysVendor",   "DMIBoardName",
                                         "DMIBoardVendor"};

static bool info_is_kept(const char *line) {
    const char *name = strstr(line, "name=\"");
    if (!name) return false;
    name += strlen("name=\"");
    size_t length = strcspn(name, "\"");
    for (size_t i = 0; i < sizeof kept_infos / sizeof *kept_infos; i++)
        if (strlen(kept_infos[i]) == length && strncmp(kept_infos[i], name, length) == 0) return true;
    return false;
}

typedef bool keep_fn(const char *tag);

static bool keep_public(const char *tag) {
    return strncmp(tag, "<info ", 6) != 0 || info_is_kept(tag);
}

/* Page counts change, and <support> describes what the loading process may do, not the machine. */
static bool keep_structure(const char *tag) {
    return strncmp(tag, "<page_type ", 11) != 0 && strncmp(tag, "<support ", 9) != 0;
}

/* Removes the lines that are not kept, in place. hwloc writes one element per line. */
static void keep_lines(char *xml, keep_fn *keep) {
    char *to = xml;
    for (char *line = xml; *line;) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        if (keep(line + strspn(line, " "))) {
            memmove(to, line, length);
            to += length;
        }
        line += length;
    }
    *to = 0;
}

/* Removes every ` name="value"`, in place. */
static void drop_attribute(char *xml, const char *name) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, " %s=\"", name);
    char *to = xml;
    char *from = xml;
    for (char *found; (found = strstr(from, pattern)) != NULL;) {
        memmove(to, from, (size_t)(found - from));
        to += found - from;
        from = found + strlen(pattern);
        from += strcspn(from, "\"");
        from += *from == '"';
    }
    memmove(to, from, strlen(from) + 1);
}

char *topology_xml(const struct topology *topology, struct error *err) {
    char *buffer = NULL;
    int length = 0;
    if (hwloc_topology_export_xmlbuffer(topology->hw, &buffer, &length, 0) != 0) {
        fail(err, "topology: hwloc cannot write it as XML");
        return NULL;
    }
    char *xml = strdup(buffer);
    hwloc_free_xmlbuffer(topology->hw, buffer);
    if (!xml) {
        fail_program(err, "topology: out of memory");
        return NULL;
    }
    keep_lines(xml, keep_public);
    return xml;
}

/* SHA-256 of the XML without what changes from load to load: memory sizes and hwloc's internal numbers. */
static json_t *hash_json(const char *xml) {
    char *text = strdup(xml);
    if (!text) return NULL;
    keep_lines(text, keep_structure);
    drop_attribute(text, "local_memory");
    drop_attribute(text, "gp_index");
    char hex[SHA256_TEXT];
    sha256_bytes(text, strlen(text), hex);
    free(text);
    return json_string(hex);
}

static void add_synthetic(const struct topology *topology, json_t *into) {
    char text[4096];
    int length = hwloc_topology_export_synthetic(topology->hw, text, sizeof text, 0);
    if (length > 0 && (size_t)length < sizeof text) {
        json_put(into, "synthetic", json_escaped(text));
        return;
    }
    json_put(into, "synthetic", json_null());
    json_put(into, "synthetic_reason", json_string("the topology is not symmetric"));
}

static json_t *set_json(hwloc_const_bitmap_t set) {
    char text[PU_LIST_TEXT];
    list_text(text, set);
    return json_string(text);
}

static json_t *kinds_json(const struct topology *topology) {
    json_t *kinds = json_array();
    for (unsigned i = 0; i < topology->kinds; i++)
        json_add(kinds, json_pack("{s:o, s:o}", "name", json_escaped(topology->kind[i].name), "pus",
                                  set_json(topology->kind[i].pus)));
    return kinds;
}

/* The distance matrix of the memory nodes from the firmware, row by row. */
static void add_distances(const struct topology *topology, json_t *into) {
    struct hwloc_distances_s *matrix = NULL;
    unsigned count = 1;
    if (hwloc_distances_get_by_name(topology->hw, "NUMALatency", &count, &matrix, 0) != 0 || count == 0) {
        json_put(into, "node_distances", json_null());
        json_put(into, "node_distances_reason", json_string("the system lists none"));
        return;
    }
    json_t *rows = json_array();
    for (unsigned i = 0; i < matrix->nbobjs; i++) {
        json_t *row = json_array();
        for (unsigned j = 0; j < matrix->nbobjs; j++)
            json_add(row, json_integer((json_int_t)matrix->values[i * matrix->nbobjs + j]));
        json_add(rows, row);
    }
    json_put(into, "node_distances", rows);
    hwloc_distances_release(topology->hw, matrix);
}

/* into[key] = true, or null with the reason. */
static void add_granted(json_t *into, const char *key, const char *refused) {
    if (refused[0])
        json_missing(into, key, refused);
    else
        json_put(into, key, json_true());
}

json_t *topology_json(const struct topology *topology) {
    char *xml = topology_xml(topology, NULL);
    if (!xml) return NULL;
    struct topology_summary summary;
    topology_summarize(topology, &summary);
    json_t *out = json_pack("{s:b, s:i, s:i, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "this_system",
                            summary.this_system, "packages", summary.packages, "memory_nodes", summary.nodes, "cores",
                            summary.cores, "pus", summary.pus, "allowed_cores", summary.allowed_cores, "allowed_pus",
                            summary.allowed_pus, "allowed_cpuset", set_json(topology->allowed), "complete_cpuset",
                            set_json(hwloc_topology_get_complete_cpuset(topology->hw)), "allowed_memory_nodes",
                            set_json(topology->allowed_nodes), "complete_memory_nodes",
                            set_json(hwloc_topology_get_complete_nodeset(topology->hw)), "kinds", kinds_json(topology),
                            "sha256", hash_json(xml), "xml", json_escaped(xml));
    free(xml);
    if (!out) return NULL;
    json_put(out, "smt", json_boolean(summary.pus > summary.cores));
    if (summary.this_system) {
        add_granted(out, "thread_binding", summary.no_binding);
        add_granted(out, "memory_binding", summary.no_placing);
        add_granted(out, "memory_location", summary.no_locating);
    }
    if (summary.variables[0])
        json_put(out, "hwloc_environment", json_escaped(summary.variables));
    else
        json_missing(out, "hwloc_environment", "no variable HWLOC_* is set");
    add_synthetic(topology, out);
    add_distances(topology, out);
    return out;
}
