/* SPDX-License-Identifier: MIT */
#include "report/page_image.h"

#include "report/html.h"

#include <nettle/base64.h>
#include <stdlib.h>

void page_image(FILE *to, const struct picture *picture, const char *words, const char *class_name) {
    uint8_t *png = NULL;
    size_t size = 0;
    struct error err;
    char *base64 = NULL;
    if (picture_png(&png, &size, picture, 1, &err) == 0) base64 = malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1);
    if (base64) {
        base64_encode_raw(base64, size, png);
        base64[BASE64_ENCODE_RAW_LENGTH(size)] = 0;
        fprintf(to, "<img class=\"%s\" src=\"data:image/png;base64,%s\" alt=\"", class_name, base64);
        html_text(to, words);
        fputs("\"/>\n", to);
    } else {
        html_format(to, "(%s: no memory for the picture)", words);
    }
    free(base64);
    free(png);
}
