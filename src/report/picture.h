/* SPDX-License-Identifier: MIT */
/* One row of a data set as a picture. */
#ifndef SGDMARK_REPORT_PICTURE_H
#define SGDMARK_REPORT_PICTURE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* height x width grey values, row by row; 0 is paper, 255 is ink. */
struct picture {
    const uint8_t *pixels;
    size_t height, width;
};

/* Prints the picture. One character stands for two pixels, one above the other: in greys where `out` is a terminal with
 * colours and UTF-8 and NO_COLOR is not set, otherwise in ASCII characters from light to dark. */
void picture_print(FILE *out, const struct picture *picture);

/* The same, each line after this many blanks. */
void picture_print_indented(FILE *out, const struct picture *picture, int indent);

/* The picture, black on white and `scale` times as large, as a PNG in *bytes, which the caller frees. Returns 0, or -1
 * with the reason. */
int picture_png(uint8_t **bytes, size_t *size, const struct picture *picture, size_t scale, struct error *err);

/* Writes the picture, black on white and eight times as large, as a PNG file. Returns 0, or -1 with the reason. */
int picture_write_png(const struct picture *picture, const char *path, struct error *err);

#endif
