/* SPDX-License-Identifier: MIT */
/* What every page begins and ends with. */
#ifndef SGDMARK_REPORT_PAGE_FRAME_H
#define SGDMARK_REPORT_PAGE_FRAME_H

#include <stdio.h>

/* From the first byte to the heading, which is the title. */
void page_begin(FILE *to, const char *title);
void page_end(FILE *to);

/* The section of the files that ride along, each a link that saves it. `words` says who reads them; html. */
void page_files_begin(FILE *to, const char *words);
void page_file(FILE *to, const char *name, const char *carried, const char *what);
void page_files_end(FILE *to);

#endif
