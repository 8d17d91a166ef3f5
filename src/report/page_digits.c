/* SPDX-License-Identifier: MIT */
#include "report/page_digits.h"

#include "report/html.h"
#include "report/page_figure.h"
#include "report/page_image.h"

static void put_picture(FILE *to, const struct rows_again *again, const uint8_t *pixels, const char *words) {
    const struct picture picture = {pixels, again->height, again->width};
    page_image(to, &picture, words, "digit");
}

static void put_weights(FILE *to, const struct rows_again *again) {
    fputs(
        "<figure><figcaption><h3>What was learned: the weight of each pixel</h3></figcaption><div class=\"digits\">\n",
        to);
    fputs("<figure>", to);
    put_picture(to, again, again->for_digit, "weights that speak for the digit");
    fputs("ink here speaks for the digit</figure><figure>", to);
    put_picture(to, again, again->against, "weights that speak against the digit");
    fputs("ink here speaks against it</figure></div></figure>\n", to);
}

static void put_misread(FILE *to, const struct rows_again *again, const struct misread *list, size_t count,
                        const char *title) {
    if (count == 0) return;
    fprintf(to, "<figure><figcaption><h3>%s</h3></figcaption><div class=\"digits\">\n", title);
    for (size_t i = 0; i < count; i++) {
        char words[64];
        snprintf(words, sizeof words, "row %u, labelled %u", list[i].row, list[i].label);
        fputs("<figure>", to);
        put_picture(to, again, list[i].pixels, words);
        html_format(to, "a %u, row %u, decision %.0f", list[i].label, list[i].row, list[i].decision);
        fputs("</figure>\n", to);
    }
    fputs("</div></figure>\n", to);
}

int page_digits(FILE *to, const struct rows_again *again, size_t number, bool drawn, struct error *err) {
    fputs("<p class=\"soft\">From the rows themselves, which were at hand when this page was made: trained again, with "
          "the "
          "fingerprint of the receipts.</p>\n<div class=\"charts\">\n",
          to);
    put_weights(to, again);
    if (page_figure(to, &again->curve, number, drawn, err) != 0) return -1;
    put_misread(to, again, again->taken, again->taken_count, "Taken for the digit, and furthest off");
    put_misread(to, again, again->missed, again->missed_count, "The digit, but missed, and furthest off");
    fputs("</div>\n", to);
    return 0;
}
