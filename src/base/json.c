/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void format_real(char text[REAL_TEXT], double x) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, REAL_TEXT, "%.*g", digits, x);
        if (digits == 17 || strtod(text, NULL) == x) break;
    }
    if (!strpbrk(text, ".en")) {
        size_t length = strlen(text);
        snprintf(text + length, REAL_TEXT - length, ".0");
    }
}

json_t *json_number(double x) {
    return isfinite(x) ? json_real(x) : json_null();
}

/* jansson 2.14 prints every real number with 17 digits: rewrites each one that is not inside a string. */
static char *shorten_reals(const char *wide) {
    char *out = malloc(strlen(wide) * 2 + 2);
    if (!out) return NULL;
    char *to = out;
    for (const char *from = wide; *from;) {
        if (*from == '"') {
            const char *end = from + 1;
            while (*end != '"')
                end += *end == '\\' ? 2 : 1;
            memcpy(to, from, (size_t)(end + 1 - from));
            to += end + 1 - from;
            from = end + 1;
        } else if (*from == '-' || (*from >= '0' && *from <= '9')) {
            size_t length = strspn(from, "+-0123456789.eE");
            if (strcspn(from, ".eE") < length) {
                char text[REAL_TEXT];
                format_real(text, strtod(from, NULL));
                to = stpcpy(to, text);
            } else {
                memcpy(to, from, length);
                to += length;
            }
            from += length;
        } else {
            *to++ = *from++;
        }
    }
    *to++ = '\n';
    *to = 0;
    return out;
}

char *json_text(const json_t *value) {
    char *wide = json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(17) | JSON_ENCODE_ANY);
    if (!wide) return NULL;
    char *text = shorten_reals(wide);
    free(wide);
    return text;
}

int json_write(const char *path, const json_t *value, struct error *err) {
    char *text = json_text(value);
    if (!text) return fail_program(err, "%s: out of memory", path);
    const struct span whole = {text, strlen(text)};
    int bad = write_file(path, &whole, 1, err);
    free(text);
    return bad;
}

int json_print(FILE *out, const json_t *value, struct error *err) {
    char *text = json_text(value);
    if (!text) return fail_program(err, "out of memory for the JSON");
    int bad = 0;
    if (fputs(text, out) == EOF || fflush(out) != 0) bad = fail(err, "the JSON cannot be written: %s", strerror(errno));
    free(text);
    return bad;
}

void hex_text(char text[HEX_TEXT], uint64_t value) {
    snprintf(text, HEX_TEXT, "%016" PRIx64, value);
}

json_t *json_hex(uint64_t value) {
    char text[HEX_TEXT];
    hex_text(text, value);
    return json_string(text);
}
