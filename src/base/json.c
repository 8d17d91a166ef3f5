/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
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

/* ---- Text from outside. */

/* The bytes of the character that begins here, and its number; 0 at the end, and if no character begins here. */
static size_t character_length(const char *at, uint32_t *point) {
    return *at ? utf8_length(at, point) : 0;
}

/* Does an escape stand here in the text itself? */
static bool is_escape(const char *at) {
    static const char digits[] = "0123456789abcdef";
    return at[0] == '\\' && at[1] == 'x' && at[2] && strchr(digits, at[2]) && at[3] && strchr(digits, at[3]);
}

enum { ESCAPE = 4 }; /* bytes of \xHH */

static char *put_escape(char *to, const char *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        const unsigned char byte = (unsigned char)bytes[i];
        const char escape[ESCAPE] = {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
        memcpy(to, escape, ESCAPE);
        to += ESCAPE;
    }
    return to;
}

char *escape_text(const char *text, bool printable) {
    char *out = malloc(strlen(text) * ESCAPE + 1);
    if (!out) return NULL;
    char *to = out;
    for (const char *at = text; *at;) {
        uint32_t point = 0;
        const size_t length = character_length(at, &point), taken = length ? length : 1;
        const bool hidden = printable && length && !is_printable(point);
        to = !length || hidden || is_escape(at) ? put_escape(to, at, taken) : mempcpy(to, at, taken);
        at += taken;
    }
    *to = 0;
    return out;
}

json_t *json_escaped(const char *text) {
    if (!text) return json_null();
    char *escaped = escape_text(text, false);
    json_t *value = escaped ? json_string(escaped) : NULL;
    free(escaped);
    return value;
}

json_t *json_escaped_part(const char *text, size_t length) {
    char *part = strndup(text, length);
    json_t *value = part ? json_escaped(part) : NULL;
    free(part);
    return value;
}

static bool is_utf8(const char *text) {
    uint32_t point;
    size_t length = 1;
    for (; *text && length > 0; text += length)
        length = character_length(text, &point);
    return length > 0;
}

json_t *json_escaped_before(const char *text) {
    return is_utf8(text) ? json_string(text) : json_escaped(text);
}

enum { UNICODE_ESCAPE = 6 }; /* bytes of \uXXXX */

static char *put_unicode(char *to, unsigned code) {
    char escape[UNICODE_ESCAPE + 1];
    snprintf(escape, sizeof escape, "\\u%04X", code & 0xffff);
    return mempcpy(to, escape, UNICODE_ESCAPE);
}

/* The bytes that put_string adds at most. */
static size_t growth(const char *text) {
    size_t count = 0;
    for (; *text; text++)
        count += (unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f;
    return count * UNICODE_ESCAPE;
}

/* Copies the JSON string that begins at *from with its quotes, and moves *from behind it. Bytes that are not UTF-8 and
 * control characters are escaped. */
static char *put_string(char *to, const char **from) {
    const char *at = *from;
    *to++ = *at++;
    while (*at && *at != '"') {
        uint32_t point = 0;
        const size_t length = character_length(at, &point);
        if (*at == '\\' && at[1]) {
            *to++ = *at++;
            if (character_length(at, &point) == 1) *to++ = *at++;
        } else if (!length) {
            *to++ = '\\'; /* JSON's own escape of a backslash */
            to = put_escape(to, at++, 1);
        } else if (!is_printable(point)) {
            to = put_unicode(to, point);
            at += length;
        } else {
            to = mempcpy(to, at, length);
            at += length;
        }
    }
    if (*at) *to++ = *at++;
    *from = at;
    return to;
}

char *json_repair(const char *text) {
    char *out = malloc(strlen(text) + growth(text) + 1);
    if (!out) return NULL;
    char *to = out;
    while (*text) {
        if (*text == '"')
            to = put_string(to, &text);
        else
            *to++ = *text++;
    }
    *to = 0;
    return out;
}

/* ---- Putting values together. */

static atomic_bool lost;

static int lose(void) {
    atomic_store(&lost, true);
    return -1;
}

int json_put(json_t *object, const char *key, json_t *value) {
    char *escaped = is_utf8(key) ? NULL : escape_text(key, false);
    const int bad = json_object_set_new(object, escaped ? escaped : key, value);
    free(escaped);
    return bad ? lose() : 0;
}

int json_add(json_t *list, json_t *value) {
    return json_array_append_new(list, value) == 0 ? 0 : lose();
}

bool json_lost(void) {
    return atomic_load(&lost);
}

/* ---- As text. */

/* What jansson 2.14 prints, with every real number, which has 17 digits there, in its shortest form, and without raw
 * control characters. */
static char *shorten_reals(const char *wide) {
    char *out = malloc(strlen(wide) * 2 + growth(wide) + 2);
    if (!out) return NULL;
    char *to = out;
    for (const char *from = wide; *from;) {
        if (*from == '"') {
            to = put_string(to, &from);
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
    char *wide = json_lost() ? NULL : json_dumps(value, JSON_INDENT(2) | JSON_REAL_PRECISION(17) | JSON_ENCODE_ANY);
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

double json_number_of(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

double json_number_at(const json_t *object, const char *key) {
    return json_number_of(json_object_get(object, key));
}

const char *json_text_at(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

bool json_known_at(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return value && !json_is_null(value);
}

const json_t *json_find(const json_t *list, const char *key, const char *text) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        if (strcmp(json_text_at(one, key), text) == 0) return one;
    }
    return NULL;
}
