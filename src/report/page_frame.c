/* SPDX-License-Identifier: MIT */
#include "report/page_frame.h"

#include "record/carried.h"
#include "report/html.h"
#include "report/page_style.h"

void page_begin(FILE *to, const char *title) {
    fputs(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src "
        "data:\"/>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>",
        to);
    html_text(to, title);
    fputs("</title>\n<style>\n", to);
    fputs(page_style, to);
    fputs("</style></head><body>\n<main>\n<h1>", to);
    html_text(to, title);
    fputs("</h1>\n", to);
}

void page_end(FILE *to) {
    fputs("</main></body></html>\n", to);
}

void page_files_begin(FILE *to, const char *words) {
    fprintf(to, "<section id=\"files\"><h2>The result files</h2>\n<p class=\"soft\">%s</p>\n<ul class=\"save\">\n",
            words);
}

void page_file(FILE *to, const char *name, const char *carried, const char *what) {
    fprintf(to, "<li><a download=\"%s\" ", name);
    fputs(CARRIED_BEGIN, to);
    fputs(carried, to);
    fprintf(to, "%c>%s</a> ", CARRIED_END, name);
    html_text(to, what);
    fputs("</li>\n", to);
}

void page_files_end(FILE *to) {
    fputs("</ul></section>\n", to);
}
