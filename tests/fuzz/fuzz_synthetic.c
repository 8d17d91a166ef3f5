/* SPDX-License-Identifier: MIT */
/* libFuzzer target: what follows "synthetic:" in --data. */
#include "data/dataset.h"
#include "data/synthetic.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_rows(const char *spec, const struct synthetic *settings) {
    struct dataset ds;
    if (dataset_load(&ds, spec, SPLIT_ALL, NULL) != 0) abort();
    if (ds.n_train != settings->n || ds.n < ds.n_train + 10 || ds.d != settings->d || !ds.synthetic) abort();
    for (size_t i = 0; i < ds.n; i++)
        if (ds.labels[i] > 9 || ds.start[i] + ds.width > ds.d) abort();
    dataset_hash(&ds);
    struct synthetic again;
    if (synthetic_parse(&again, ds.name, NULL) != 0 || memcmp(&again, settings, sizeof again) != 0) abort();
    dataset_free(&ds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char spec[128];
    snprintf(spec, sizeof spec, "synthetic:%.*s", (int)(size < 100 ? size : 100), (const char *)data);
    struct synthetic settings;
    struct error err = {.text = ""};
    if (synthetic_parse(&settings, spec, &err) != 0) {
        if (!err.text[0]) abort();
    } else if (settings.n * settings.d < 1000000) {
        check_rows(spec, &settings);
    }
    return 0;
}
