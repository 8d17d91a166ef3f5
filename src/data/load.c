/* SPDX-License-Identifier: MIT */
/* Loads what --data names. */
#include "data/dataset.h"

#include <stdio.h>
#include <string.h>

int dataset_load(struct dataset *ds, const char *spec, enum split split, struct error *err) {
    *ds = (struct dataset){0};
    snprintf(ds->name, sizeof ds->name, "%.255s", spec);
    ds->synthetic = strcmp(spec, "synthetic") == 0 || strncmp(spec, "synthetic:", 10) == 0;
    int bad = ds->synthetic ? synthetic_load(ds, spec, split, err) : idx_load(ds, spec, split, err);
    if (bad) {
        dataset_free(ds);
        return -1;
    }
    dataset_crop(ds);
    return 0;
}

int dataset_load_images(struct dataset *ds, const char *path, struct error *err) {
    *ds = (struct dataset){0};
    snprintf(ds->name, sizeof ds->name, "%.255s", path);
    if (idx_load_images(ds, path, err) != 0) {
        dataset_free(ds);
        return -1;
    }
    dataset_crop(ds);
    return 0;
}
