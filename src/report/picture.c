/* SPDX-License-Identifier: MIT */
#include "report/picture.h"

#include "base/file.h"

#include <langinfo.h>
#include <locale.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PNG_SCALE = 8 };

/* The 24 greys of the 256-colour palette, from black. */
enum { FIRST_GREY = 232, GREYS = 24 };

static bool has_greys(FILE *out) {
    const char *term = getenv("TERM");
    if (!isatty(fileno(out)) || getenv("NO_COLOR") || !term || strcmp(term, "dumb") == 0) return false;
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (!locale) return false;
    bool utf8 = strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    freelocale(locale);
    return utf8;
}

static unsigned pixel(const struct picture *picture, size_t y, size_t x) {
    return y < picture->height ? picture->pixels[y * picture->width + x] : 0;
}

static void print_greys(FILE *out, unsigned upper, unsigned lower) {
    fprintf(out, "\033[38;5;%u;48;5;%um\u2580", FIRST_GREY + upper * GREYS / 256, FIRST_GREY + lower * GREYS / 256);
}

static void print_shade(FILE *out, unsigned upper, unsigned lower) {
    static const char shades[] = " .:-=+*#%@";
    fputc(shades[(upper + lower) * (sizeof shades - 1) / 511], out);
}

void picture_print(FILE *out, const struct picture *picture) {
    picture_print_indented(out, picture, 0);
}

void picture_print_indented(FILE *out, const struct picture *picture, int indent) {
    bool greys = has_greys(out);
    for (size_t y = 0; y < picture->height; y += 2) {
        fprintf(out, "%*s", indent, "");
        for (size_t x = 0; x < picture->width; x++)
            (greys ? print_greys : print_shade)(out, pixel(picture, y, x), pixel(picture, y + 1, x));
        fputs(greys ? "\033[0m\n" : "\n", out);
    }
}

/* The pixels, enlarged and inverted; NULL when memory runs out. */
static uint8_t *enlarge(const struct picture *picture, size_t scale) {
    size_t width = scale * picture->width;
    uint8_t *large = malloc(scale * picture->height * width);
    if (!large) return NULL;
    for (size_t y = 0; y < scale * picture->height; y++)
        for (size_t x = 0; x < width; x++)
            large[y * width + x] = (uint8_t)(255 - pixel(picture, y / scale, x / scale));
    return large;
}

int picture_png(uint8_t **bytes, size_t *size, const struct picture *picture, size_t scale, struct error *err) {
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)(scale * picture->width),
                       .height = (png_uint_32)(scale * picture->height),
                       .format = PNG_FORMAT_GRAY};
    png_alloc_size_t length = PNG_IMAGE_PNG_SIZE_MAX(image);
    uint8_t *large = enlarge(picture, scale);
    uint8_t *file = malloc(length);
    int bad = 0;
    if (!large || !file)
        bad = fail_program(err, "out of memory");
    else if (!png_image_write_to_memory(&image, file, &length, 0, large, 0, NULL))
        bad = fail(err, "cannot be made: %s", image.message);
    free(large);
    if (bad) free(file);
    *bytes = bad ? NULL : file;
    *size = length;
    return bad;
}

int picture_write_png(const struct picture *picture, const char *path, struct error *err) {
    uint8_t *file = NULL;
    size_t size = 0;
    struct error why;
    if (picture_png(&file, &size, picture, PNG_SCALE, &why) != 0)
        return fail_as(err, why.kind, "%s: %s", path, why.text);
    const struct span whole = {file, size};
    const int bad = write_file(path, &whole, 1, err);
    free(file);
    return bad;
}
