/* SPDX-License-Identifier: MIT */
/* Pictures of rows on the page. */
#ifndef SGDMARK_REPORT_PAGE_IMAGE_H
#define SGDMARK_REPORT_PAGE_IMAGE_H

#include "report/picture.h"

#include <stdio.h>

/* The picture as <img> that holds its own pixels, with its words for who cannot see it, and a class of the style. */
void page_image(FILE *to, const struct picture *picture, const char *words, const char *class_name);

#endif
