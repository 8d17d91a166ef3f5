/* SPDX-License-Identifier: MIT */
#include "data/npy.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ORDER "<"
#else
#define ORDER ">"
#endif

/* Magic, version and header length take 10 bytes. The format wants the whole header to be a multiple of 64. */
enum { PREFIX = 10 };

static const struct {
    const char *descr;
    size_t size;
} types[] = {[ARRAY_BOOL] = {"|b1", 1},         [ARRAY_INT64] = {ORDER "i8", 8},   [ARRAY_UINT64] = {ORDER "u8", 8},
             [ARRAY_FLOAT32] = {ORDER "f4", 4}, [ARRAY_FLOAT64] = {ORDER "f8", 8}, [ARRAY_TEXT] = {ORDER "U", 4},
             [ARRAY_NAMES] = {"|S32", NPY_NAME}};
_Static_assert(NPY_NAME == 32, "as in the type above");

size_t array_count(const struct array *array) {
    size_t count = 1;
    for (unsigned i = 0; i < array->dimensions; i++)
        count *= array->shape[i];
    return count;
}

size_t array_bytes(const struct array *array) {
    return array_count(array) * types[array->type].size;
}

enum { SHAPE_TEXT = 72 };
static void write_shape(char text[SHAPE_TEXT], const struct array *array) {
    const size_t *shape = array->shape;
    if (array->dimensions == 0)
        snprintf(text, SHAPE_TEXT, "()");
    else if (array->dimensions == 1)
        snprintf(text, SHAPE_TEXT, "(%zu,)", shape[0]);
    else if (array->dimensions == 2)
        snprintf(text, SHAPE_TEXT, "(%zu, %zu)", shape[0], shape[1]);
    else
        snprintf(text, SHAPE_TEXT, "(%zu, %zu, %zu)", shape[0], shape[1], shape[2]);
}

void npy_header(char header[NPY_HEADER], const struct array *array) {
    char shape[SHAPE_TEXT], width[24] = "";
    write_shape(shape, array);
    if (array->type == ARRAY_TEXT) snprintf(width, sizeof width, "%zu", strlen(array->values));
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = NPY_HEADER - PREFIX;
    header[9] = 0;
    int length =
        snprintf(header + PREFIX, NPY_HEADER - PREFIX, "{'descr': '%s%s', 'fortran_order': False, 'shape': %s, }",
                 types[array->type].descr, width, shape);
    memset(header + PREFIX + length, ' ', NPY_HEADER - PREFIX - (size_t)length);
    header[NPY_HEADER - 1] = '\n';
}

int npy_write(const char *path, const struct array *array, struct error *err) {
    char header[NPY_HEADER];
    npy_header(header, array);
    struct span pieces[] = {{header, sizeof header}, {array->values, array_bytes(array)}};
    return write_output(path, "sgdmark.npy", pieces, 2, err);
}

int npy_write_float64(const char *path, const double *values, size_t n, int row, struct error *err) {
    const struct array array = {ARRAY_FLOAT64, row ? 2 : 1, {row ? 1 : n, n}, values};
    return npy_write(path, &array, err);
}

int npy_write_bool(const char *path, const uint8_t *values, size_t n, struct error *err) {
    const struct array array = {ARRAY_BOOL, 1, {n}, values};
    return npy_write(path, &array, err);
}
