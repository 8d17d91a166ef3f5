/* SPDX-License-Identifier: MIT */
/* Writes HTML. Every text that is not a constant of this program goes through here, so that none can become markup. */
#ifndef SGDMARK_REPORT_HTML_H
#define SGDMARK_REPORT_HTML_H

#include "base/error.h"

#include <stdio.h>

/* Text of any bytes, as base/text.h shows it, with the characters of markup (& < > " ') escaped: for the content of an
 * element and for values in double quotes. */
void html_text(FILE *to, const char *text);

/* The same of a formatted text, cut at 4 kB. */
void html_format(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What prints text makes part of a page: print into html_begin's stream, and html_end adds that, escaped and with its
 * lines, as <pre>. */
struct html_capture {
    char *text;
    size_t size;
    FILE *stream; /* NULL: memory ran out */
};
void html_begin(struct html_capture *capture);
int html_end(struct html_capture *capture, FILE *to, struct error *err);

#endif
