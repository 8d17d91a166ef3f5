/* SPDX-License-Identifier: MIT */
#include "record/rules.h"

#include <stdio.h>
#include <string.h>

int fault(const struct reader *reader, const char *where, const char *key, const char *what) {
    return fail(reader->err, "%s: %s%s%s %s (the file is damaged or was not written by sgdmark)", reader->path, where,
                *where && *key ? "." : "", key, what);
}

static bool is_name(const char *text) {
    size_t length = strlen(text);
    if (length == 0 || length > MAX_NAME) return false;
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~') return false;
    return true;
}

static bool is_hex(const char *text, size_t digits) {
    return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

static bool in_range(const json_t *number, const struct rule *rule) {
    double value = json_number_value(number);
    return value >= rule->low && value <= rule->high;
}

static bool satisfies(const json_t *value, const struct rule *rule) {
    const char *text = json_string_value(value);
    switch (rule->kind) {
    case WHOLE:
        return json_is_integer(value) && in_range(value, rule);
    case REAL:
        return json_is_number(value) && in_range(value, rule);
    case TEXT:
        return text && json_string_length(value) <= (size_t)rule->high;
    case NAME:
        return text && is_name(text);
    case HEX:
        return text && is_hex(text, (size_t)rule->high);
    case BOOLEAN:
        return json_is_boolean(value);
    case OBJECT:
        return json_is_object(value);
    case ARRAY:
        return json_is_array(value) && json_array_size(value) <= (size_t)rule->high;
    }
    return false;
}

/* Says how a value breaks the rule. */
static void describe(char *text, size_t size, const struct rule *rule) {
    switch (rule->kind) {
    case WHOLE:
        snprintf(text, size, "is not a whole number from %.17g to %.17g", rule->low, rule->high);
        break;
    case REAL:
        snprintf(text, size, "is not a number from %g to %g", rule->low, rule->high);
        break;
    case TEXT:
        snprintf(text, size, "is not a text of up to %.0f bytes", rule->high);
        break;
    case NAME:
        snprintf(text, size, "is not a name of 1 to %d printable ASCII bytes", MAX_NAME);
        break;
    case HEX:
        snprintf(text, size, "is not a hash of %.0f hexadecimal digits", rule->high);
        break;
    case BOOLEAN:
        snprintf(text, size, "is neither true nor false");
        break;
    case OBJECT:
        snprintf(text, size, "is not an object");
        break;
    case ARRAY:
        snprintf(text, size, "is not an array of up to %.0f values", rule->high);
        break;
    }
}

static bool has_reason(const json_t *object, const char *key) {
    char reason[128];
    snprintf(reason, sizeof reason, "%s_reason", key);
    return json_is_string(json_object_get(object, reason));
}

static int check_member(const struct reader *reader, const json_t *object, const char *where, const struct rule *rule) {
    const json_t *value = json_object_get(object, rule->key);
    if (!value) return fault(reader, where, rule->key, "is missing");
    if (json_is_null(value) && rule->nullable)
        return has_reason(object, rule->key) ? 0 : fault(reader, where, rule->key, "is null without a reason");
    if (satisfies(value, rule)) return 0;
    char text[128];
    describe(text, sizeof text, rule);
    return fault(reader, where, rule->key, text);
}

int check_members(const struct reader *reader, const json_t *object, const char *where, const struct rule *rules,
                  size_t count) {
    if (!json_is_object(object)) return fault(reader, where, "", "is not an object");
    for (size_t i = 0; i < count; i++)
        if (check_member(reader, object, where, &rules[i]) != 0) return -1;
    return 0;
}

int check_list(const struct reader *reader, const json_t *list, const char *name, const struct rule *rules,
               size_t count) {
    size_t i;
    json_t *value;
    json_array_foreach(list, i, value) {
        char where[64];
        snprintf(where, sizeof where, "%s[%zu]", name, i);
        if (check_members(reader, value, where, rules, count) != 0) return -1;
    }
    return 0;
}
