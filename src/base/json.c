/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
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

static bool is_shown_as_it_is(const char *text) {
    uint32_t point;
    for (size_t length; *text; text += length) {
        length = utf8_length(text, &point);
        if (length == 0 || !is_printable(point)) return false;
    }
    return true;
}

static int rename_key(json_t *object, const char *key, json_t *value) {
    char *shown = printable_text(key);
    json_incref(value);
    int bad = !shown || json_object_del(object, key) != 0;
    if (bad)
        json_decref(value);
    else
        bad = json_object_set_new(object, shown, value);
    free(shown);
    return bad ? -1 : 0;
}

int json_make_printable(json_t *value) {
    size_t i;
    void *next;
    const char *key;
    json_t *member;
    char *shown;
    int bad = 0;
    switch (json_typeof(value)) {
    case JSON_STRING:
        if (is_shown_as_it_is(json_string_value(value))) return 0;
        shown = printable_text(json_string_value(value));
        bad = shown ? json_string_set(value, shown) : -1;
        free(shown);
        return bad;
    case JSON_ARRAY:
        json_array_foreach(value, i, member) {
            bad |= json_make_printable(member);
        }
        return bad;
    case JSON_OBJECT:
        json_object_foreach_safe(value, next, key, member) {
            bad |= json_make_printable(member);
            if (!is_shown_as_it_is(key)) bad |= rename_key(value, key, member);
        }
        return bad;
    default:
        return 0;
    }
}

json_t *json_number(double x) {
    return isfinite(x) ? json_real(x) : json_null();
}

/* Copies the string literal at *from, quotes included, to `to`; both end up behind it. jansson escapes C0 alone: the
 * other characters that are not to be shown become \uXXXX, which reads back as the same. */
static char *copy_string(char *to, const char **from) {
    const char *at = *from;
    do {
        uint32_t point = 0;
        size_t length = *at == '\\' ? 2 : utf8_length(at, &point);
        if (*at == '\\' || length == 0 || is_printable(point)) {
            length += length == 0;
            memcpy(to, at, length);
            to += length;
        } else {
            to += snprintf(to, 7, "\\u%04" PRIx32, point);
        }
        at += length;
    } while (*at != '"');
    *to++ = *at++;
    *from = at;
    return to;
}

/* Room for the text when each byte that copy_string may escape becomes six. */
static size_t room_for(const char *wide) {
    size_t room = 2 * strlen(wide) + 2;
    for (const char *at = wide; *at; at++)
        if ((unsigned char)*at >= 0x7f) room += 6;
    return room;
}

/* jansson 2.14 prints every real number with 17 digits: rewrites each one that is not inside a string. */
static char *shorten_reals(const char *wide) {
    char *out = malloc(room_for(wide));
    if (!out) return NULL;
    char *to = out;
    for (const char *from = wide; *from;) {
        if (*from == '"') {
            to = copy_string(to, &from);
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
