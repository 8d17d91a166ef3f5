/* SPDX-License-Identifier: MIT */
/* libFuzzer target: the JSON of a gathered fleet, with a hash that fits it. One that is taken is printed and becomes a
 * page; one that is refused is so in one line that names the file. */
#include "base/json.h"
#include "record/fleet_load.h"
#include "record/seal.h"
#include "report/fleet_report.h"
#include "report/page_fleet.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char name[] = "fuzz.json";

/* Charts are left out: no program is started. */
static void show(const json_t *facts) {
    struct error err;
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to || print_fleet(to, facts, &err) != 0 || page_fleet_write(to, facts, "", &err) != 0) abort();
    fclose(to);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\n') abort();
    free(text);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    return setenv("PATH", "", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct fleet_file fleet;
    struct error err = {.text = ""};
    json_t *root = json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL);
    if (!is_fleet(root) || seal_result(root) != 0) {
        json_decref(root);
        return 0;
    }
    if (fleet_of_json(&fleet, name, root, &err) != 0) {
        if (strncmp(err.text, name, strlen(name)) != 0 || strchr(err.text, '\n')) abort();
        return 0;
    }
    if (json_make_printable(fleet.root) != 0) abort();
    show(fleet.facts);
    fleet_unload(&fleet);
    return 0;
}
