/* SPDX-License-Identifier: MIT */
/* The style of the page: light, dark and printed, from 320 pixels up. */
#ifndef SGDMARK_REPORT_PAGE_STYLE_H
#define SGDMARK_REPORT_PAGE_STYLE_H

/* Content of a <style> element. */
extern const char page_style[];

#endif
