/* SPDX-License-Identifier: MIT */
#include "report/page_digits.h"

int page_digits_write(FILE *to, const struct page_digits *digits, size_t number, bool drawn, struct error *err) {
    (void)to, (void)digits, (void)number, (void)drawn, (void)err;
    return 0;
}
