/* SPDX-License-Identifier: MIT */
/* The hash of a result file's content: shows that the file is as it was written. */
#ifndef SGDMARK_RECORD_SEAL_H
#define SGDMARK_RECORD_SEAL_H

#include "base/sha256.h"

#include <jansson.h>

/* The SHA-256 of a result's JSON as text without blanks, keys in the order of their bytes, real numbers with 17
 * significant digits ("%.17g", with ".0" where it has neither point nor exponent, and an exponent without plus sign or
 * leading zeros): what jansson 2.14 writes with JSON_COMPACT | JSON_SORT_KEYS. The member sgdmark.sha256 is left out.
 * So the hash does not depend on how the file is laid out or how many digits a number has in it, as long as it reads
 * back equal. Returns 0, or -1 when memory runs out. */
int seal_of(char text[SHA256_TEXT], const json_t *result);

/* Sets sgdmark.sha256. Returns 0, or -1 when memory runs out. */
int seal_result(json_t *result);

#endif
