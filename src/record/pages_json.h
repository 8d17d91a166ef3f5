/* SPDX-License-Identifier: MIT */
/* The pages of rows, as JSON. NULL: out of memory. */
#ifndef SGDMARK_RECORD_PAGES_JSON_H
#define SGDMARK_RECORD_PAGES_JSON_H

#include "data/dataset.h"

#include <jansson.h>

/* "asked", the name of the kind of pages that the rows were put on, and "resident_bytes" and "huge_bytes" of their
 * mapping: what they lie on in truth. The section "pages" of a result file. */
json_t *pages_json(const struct dataset *ds);

#endif
