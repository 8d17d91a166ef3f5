/* SPDX-License-Identifier: MIT */
#include "base/number.h"

#include "base/near.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int read_whole(uint64_t *to, const char *text, uint64_t low, uint64_t high, struct error *err) {
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno || number < low || number > high)
        return fail(err, "'%s' is not a whole number from %llu to %llu", text, (unsigned long long)low,
                    (unsigned long long)high);
    *to = number;
    return 0;
}

/* Reads a finite decimal number. Returns false where the text is none. */
static bool is_real(double *number, const char *text) {
    char *end;
    errno = 0;
    *number = strtod(text, &end);
    bool decimal = strspn(text, "+-.0123456789eE") == strlen(text);
    return decimal && end != text && !*end && isfinite(*number);
}

int read_real(double *to, const char *text, double low, double high, struct error *err) {
    double number = 0.0;
    if (!is_real(&number, text) || number <= low || number > high)
        return fail(err, "'%s' is not a number above %g and up to %g", text, low, high);
    *to = number;
    return 0;
}

int read_real_from(double *to, const char *text, double low, double high, struct error *err) {
    double number = 0.0;
    if (!is_real(&number, text) || number < low || number > high)
        return fail(err, "'%s' is not a number from %g to %g", text, low, high);
    *to = number;
    return 0;
}

int read_choice(unsigned *to, const char *text, const char *const choices[], struct error *err) {
    char list[256] = "", hint[NEAR_TEXT];
    struct near meant;
    near_begin(&meant, text, strlen(text));
    for (unsigned i = 0; choices[i]; i++) {
        if (strcmp(text, choices[i]) == 0) {
            *to = i;
            return 0;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", choices[i]);
        near_try(&meant, choices[i]);
    }
    return fail(err, "'%s' is none of %s%s", text, list, near_text(hint, &meant, ""));
}
