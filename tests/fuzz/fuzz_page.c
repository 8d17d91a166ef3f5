/* SPDX-License-Identifier: MIT */
/* libFuzzer target: a page that carries results. The first byte says what the rest is: the page itself; text, which a
 * page carries once or twice and must give back byte by byte; or what is compressed, in place of a result's text, so
 * that damage is seen by zlib and not by base64. What a page carries must be read, or refused, in good order. */
#include "record/carried.h"
#include "record/load.h"

#include <nettle/base64.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "fuzz.html";

/* What was refused is told in one line that names the page. */
static void check_refused(const struct error *err) {
    if (err->kind == ERROR_PROGRAM || strncmp(err->text, name, strlen(name)) != 0 || strchr(err->text, '\n')) abort();
}

/* Reads what the page carries as its number `number`; the caller frees it. NULL: refused. */
static char *take(const char *page, size_t length, size_t number, size_t *size) {
    char *text;
    struct error err = {.text = ""};
    if (carried_get(&text, size, page, length, number, name, &err) == 0) {
        if (!text || *size > RESULT_BYTES) abort();
        return text;
    }
    check_refused(&err);
    if (text) abort();
    return NULL;
}

static void load(const char *text, size_t size) {
    struct result_file file;
    struct error err = {.text = ""};
    if (result_parse(&file, name, text, size, &err) == 0)
        result_unload(&file);
    else
        check_refused(&err);
}

/* All that the page carries, and what it does not. */
static void take_page(const char *page, size_t length) {
    enum { MOST = 4 };
    const size_t count = carried_count(page, length);
    size_t size;
    for (size_t number = 0; number <= count + 1 && number < MOST; number++) {
        char *text = take(page, length, number, &size);
        if (text && (number > count || (number == 0 && count != 1))) abort();
        if (text) load(text, size);
        free(text);
    }
}

/* A page that carries these `times` base64 texts; the caller frees it. */
static char *page_of(const char *base64, unsigned times, size_t *length) {
    char *page = NULL;
    FILE *to = open_memstream(&page, length);
    if (!to) abort();
    fputs("<!doctype html>\n", to);
    for (unsigned i = 0; i < times; i++)
        fprintf(to, "<a " CARRIED_BEGIN "%s%c>\n", base64, CARRIED_END);
    if (fclose(to) != 0) abort();
    return page;
}

static void take_text(const char *text, size_t size, unsigned times) {
    size_t length, got;
    char *base64 = carried_text(text, size);
    if (!base64) abort();
    char *page = page_of(base64, times, &length);
    if (!is_page(page, length) || carried_count(page, length) != times) abort();
    char *again = take(page, length, times == 1 ? 0 : times, &got);
    if (!again || got != size || memcmp(again, text, size) != 0) abort();
    free(again);
    take_page(page, length);
    free(page);
    free(base64);
}

static void take_compressed(const uint8_t *bytes, size_t size) {
    size_t length;
    char *base64 = malloc(BASE64_ENCODE_RAW_LENGTH(size) + 1);
    if (!base64) abort();
    base64_encode_raw(base64, size, bytes);
    base64[BASE64_ENCODE_RAW_LENGTH(size)] = 0;
    char *page = page_of(base64, 1, &length);
    take_page(page, length);
    free(page);
    free(base64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    const uint8_t *rest = data + 1;
    size--;
    switch (data[0] % 4) {
    case 0:
        if (is_page((const char *)rest, size)) take_page((const char *)rest, size);
        break;
    case 1:
    case 2:
        take_text((const char *)rest, size, data[0] % 4);
        break;
    default:
        take_compressed(rest, size);
    }
    return 0;
}
