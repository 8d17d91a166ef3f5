/* SPDX-License-Identifier: MIT */
#include "record/pages_json.h"

#include "base/json.h"
#include "data/row_pages.h"
#include "record/load_private.h"

#include <errno.h>
#include <string.h>

json_t *pages_json(const struct dataset *ds) {
    struct page_use use;
    json_t *out = json_object();
    json_put(out, "asked", json_string(page_kind_names[ds->pages]));
    if (row_pages_use(&use, ds) == 0) {
        json_put(out, "resident_bytes", json_integer((json_int_t)use.resident));
        json_put(out, "huge_bytes", json_integer((json_int_t)use.huge));
        return out;
    }
    const char *why = errno == ENODATA ? "/proc/self/smaps does not list the rows" : strerror(errno);
    json_put(out, "resident_bytes", json_null());
    json_put(out, "resident_bytes_reason", json_escaped(why));
    json_put(out, "huge_bytes", json_null());
    json_put(out, "huge_bytes_reason", json_escaped(why));
    return out;
}

int check_pages(const json_t *facts, const struct reader *reader) {
    static const struct rule rules[] = {
        {"asked", 0, 16, TEXT, false}, {"resident_bytes", 0, 1e15, WHOLE, true}, {"huge_bytes", 0, 1e15, WHOLE, true}};
    const json_t *pages = json_object_get(facts, "pages");
    if (!pages) return 0;
    if (!json_is_object(pages)) return fault(reader, "", "pages", "is not an object");
    if (check_members(reader, pages, "pages", rules, COUNT(rules)) != 0) return -1;
    if (json_integer_value(json_object_get(pages, "huge_bytes")) >
        json_integer_value(json_object_get(pages, "resident_bytes")))
        return fault(reader, "pages", "huge_bytes", "is more than what is in memory");
    return 0;
}
