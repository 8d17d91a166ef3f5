/* SPDX-License-Identifier: MIT */
#include "report/heat_map.h"

#include "report/picture.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

double heat_of(const struct class_scores *scores, unsigned truth, unsigned predicted) {
    uint64_t all = 0;
    for (unsigned k = 0; k < CLASSES; k++)
        all += scores->confusion[truth][k];
    return all ? sqrt((double)scores->confusion[truth][predicted] / (double)all) : 0.0;
}

static char shade_of(double heat) {
    static const char shades[] = " .:-=+*#%@";
    const size_t count = sizeof shades - 1, shade = (size_t)(heat * (double)count);
    return shades[shade < count ? shade : count - 1];
}

void print_heat_map(FILE *out, const struct class_scores *scores) {
    fputs("confusion   ", out);
    for (unsigned k = 0; k < CLASSES; k++)
        fprintf(out, "%6u ", k);
    fputs(" <- taken for\n", out);
    for (unsigned c = 0; c < CLASSES; c++) {
        fprintf(out, "%11u ", c);
        for (unsigned k = 0; k < CLASSES; k++)
            fprintf(out, "%6" PRIu64 "%c", scores->confusion[c][k], shade_of(heat_of(scores, c, k)));
        fputc('\n', out);
    }
    fputs("             (darkness: square root of the share of the digit's rows, from 1 % '.' over 25 % '+' to all "
          "'@')\n",
          out);
}

/* ---- The picture: 11 x 11 cells of 6 x 6 pixels, the first row and column with the digits. */

enum { CELL = 6, SIDE = (CLASSES + 1) * CELL, GLYPH_WIDTH = 3, GLYPH_HEIGHT = 5 };

/* Five lines of three pixels each, the highest bit at the upper left. */
static const uint16_t glyphs[CLASSES] = {075557, 026227, 071747, 071717, 055711,
                                         074717, 074757, 071111, 075757, 075717};

static void draw_glyph(uint8_t *pixels, unsigned digit, unsigned row, unsigned column) {
    for (unsigned y = 0; y < GLYPH_HEIGHT; y++)
        for (unsigned x = 0; x < GLYPH_WIDTH; x++)
            if (glyphs[digit] >> (GLYPH_WIDTH * GLYPH_HEIGHT - 1 - y * GLYPH_WIDTH - x) & 1)
                pixels[(row * CELL + y) * SIDE + column * CELL + 1 + x] = UINT8_MAX;
}

static void draw_cell(uint8_t *pixels, unsigned row, unsigned column, double heat) {
    for (unsigned y = 0; y < CELL; y++)
        memset(&pixels[(row * CELL + y) * SIDE + column * CELL], (int)lround(heat * UINT8_MAX), CELL);
}

int heat_map_write_png(const char *path, const struct class_scores *scores, struct error *err) {
    uint8_t pixels[SIDE * SIDE] = {0};
    const struct picture picture = {pixels, SIDE, SIDE};
    for (unsigned c = 0; c < CLASSES; c++) {
        draw_glyph(pixels, c, c + 1, 0);
        draw_glyph(pixels, c, 0, c + 1);
        for (unsigned k = 0; k < CLASSES; k++)
            draw_cell(pixels, c + 1, k + 1, heat_of(scores, c, k));
    }
    return picture_write_png(&picture, path, err);
}
