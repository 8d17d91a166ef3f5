/* SPDX-License-Identifier: MIT */
/* This program: how it was built, and the libraries that are loaded. */
#include "base/json.h"
#include "base/program.h"
#include "base/sha256.h"
#include "kernels.h"
#include "machine/environment.h"
#include "machine/sysfs.h"
#include "transcendental.h"
#include "version.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <hwloc.h>
#include <limits.h>
#include <link.h>
#include <nettle/version.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* SHA-256 of the running program's file. */
static void add_program_hash(json_t *into) {
    FILE *file = fopen(program_file(), "rbe");
    if (!file) {
        json_missing(into, "program_sha256", strerror(errno));
        return;
    }
    struct sha256_ctx context;
    uint8_t bytes[65536];
    sha256_init(&context);
    for (size_t got; (got = fread(bytes, 1, sizeof bytes, file)) > 0;)
        sha256_update(&context, got, bytes);
    fclose(file);
    char hex[SHA256_TEXT];
    sha256_finish(&context, hex);
    json_put(into, "program_sha256", json_string(hex));
}

/* Adds one shared library: the name of its file with links resolved, which ends in the version. */
static int add_loaded(struct dl_phdr_info *info, size_t size, void *list) {
    (void)size;
    char path[PATH_MAX];
    if (!info->dlpi_name[0] || !realpath(info->dlpi_name, path)) return 0;
    const char *name = strrchr(path, '/');
    json_add(list, json_escaped(name ? name + 1 : path));
    return 0;
}

static json_t *libraries_json(void) {
    char hwloc[16];
    char nettle[16];
    unsigned version = hwloc_get_api_version();
    snprintf(hwloc, sizeof hwloc, "%u.%u.%u", version >> 16, version >> 8 & 0xff, version & 0xff);
    snprintf(nettle, sizeof nettle, "%d.%d", nettle_version_major(), nettle_version_minor());
    json_t *loaded = json_array();
    dl_iterate_phdr(add_loaded, loaded);
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "libc", gnu_get_libc_version(), "hwloc_api", hwloc,
                            "jansson", jansson_version_str(), "nettle", nettle, "png", png_get_libpng_ver(NULL), "zlib",
                            zlibVersion(), "loaded", loaded);
    json_missing(out, "benchmark", "the library does not report it; see the file name in `loaded`");
    json_missing(out, "sleef", "the library does not report it; see the file name in `loaded`");
    return out;
}

static json_t *kernels_json(void) {
    json_t *out = json_object();
    for (size_t i = 0; i < backend_count; i++) {
        if (backends[i].compiled) {
            json_put(out, backends[i].name, json_string(backends[i].flags));
        } else {
            json_missing(out, backends[i].name, "for another architecture");
        }
    }
    return out;
}

json_t *environment_build_json(void) {
    json_t *out = json_object();
    json_put(out, "version", json_string(SGDMARK_VERSION));
    json_put(out, "commit", json_string(SGDMARK_COMMIT));
    json_put(out, "compiler", json_string(__VERSION__));
    json_put(out, "flags", json_escaped(SGDMARK_CFLAGS));
#ifdef NDEBUG
    json_put(out, "assertions", json_false());
#else
    json_put(out, "assertions", json_true());
#endif
    json_put(out, "transcendental", json_string(TRANSCENDENTAL_CLASS));
    json_put(out, "kernel_flags", kernels_json());
    json_put(out, "libraries", libraries_json());
    add_program_hash(out);
    return out;
}
