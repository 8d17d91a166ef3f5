/* SPDX-License-Identifier: MIT */
#include "report/html.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void put_escaped(FILE *to, const char *shown) {
    switch (*shown) {
    case '&':
        fputs("&amp;", to);
        break;
    case '<':
        fputs("&lt;", to);
        break;
    case '>':
        fputs("&gt;", to);
        break;
    case '"':
        fputs("&quot;", to);
        break;
    case '\'':
        fputs("&#39;", to);
        break;
    default:
        fputs(shown, to);
    }
}

void html_text(FILE *to, const char *text) {
    char shown[PRINTABLE];
    while (*text) {
        printable_next(shown, &text);
        put_escaped(to, shown);
    }
}

void html_format(FILE *to, const char *format, ...) {
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    html_text(to, text);
}

void html_begin(struct html_capture *capture) {
    *capture = (struct html_capture){0};
    capture->stream = open_memstream(&capture->text, &capture->size);
}

int html_end(struct html_capture *capture, FILE *to, struct error *err) {
    int bad = !capture->stream || fclose(capture->stream) != 0;
    if (!bad) {
        fputs("<pre>", to);
        for (char *line = capture->text, *end; *line; line = end) {
            end = line + strcspn(line, "\n");
            const bool ends = *end == '\n';
            *end = 0;
            html_text(to, line);
            if (ends) fputc('\n', to);
            end += ends;
        }
        fputs("</pre>\n", to);
    }
    free(capture->text);
    return bad ? fail_program(err, "out of memory for a page") : 0;
}
