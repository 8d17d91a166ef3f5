/* SPDX-License-Identifier: MIT */
/* libFuzzer target: a pair of IDX files. The input is one byte (bit 0: the images are gzipped, bit 1: the labels are),
 * one byte with the length of the label file, the label file, and the image file. */
#include "data/dataset.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const names[2][2] = {
    {"t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"},
    {"t10k-labels-idx1-ubyte", "t10k-labels-idx1-ubyte.gz"},
};
static char folder[] = "/tmp/sgdmark-fuzz.XXXXXX";

static const char *path_of(const char *name) {
    static char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_files(void) {
    for (int i = 0; i < 4; i++)
        unlink(path_of(names[i / 2][i % 2]));
}

static void remove_folder(void) {
    remove_files();
    rmdir(folder);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    if (!mkdtemp(folder)) abort();
    return atexit(remove_folder);
}

static void put(const char *name, const uint8_t *bytes, size_t length) {
    FILE *file = fopen(path_of(name), "wb");
    if (!file || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) abort();
}

static void check(struct dataset *ds) {
    if (ds->n_train != 0 || ds->image_height * ds->image_width != ds->d) abort();
    for (size_t i = 0; i < ds->n; i++)
        if (ds->labels[i] > 9 || ds->start[i] + ds->width > ds->d) abort();
    dataset_hash(ds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return -1;
    size_t labels = data[1] < size - 2 ? data[1] : size - 2;
    remove_files();
    put(names[0][data[0] & 1], data + 2 + labels, size - 2 - labels);
    put(names[1][data[0] >> 1 & 1], data + 2, labels);
    struct dataset ds;
    struct error err = {.text = ""};
    if (dataset_load(&ds, folder, SPLIT_TEST, &err) == 0) {
        check(&ds);
        dataset_free(&ds);
    } else if (strncmp(err.text, folder, strlen(folder)) != 0 || strchr(err.text, '\n')) {
        abort();
    }
    return 0;
}
