/* SPDX-License-Identifier: MIT */
#include "record/findings.h"

#include "base/json.h"
#include "record/load_private.h"

static json_t *finding_json(const struct finding *finding) {
    json_t *out = json_object();
    json_put(out, "name", json_string(finding->name));
    json_put(out, "weight", json_integer((json_int_t)finding->weight));
    json_put(out, "what", json_escaped_before(finding->what));
    json_put(out, "effect", json_string(finding->effect));
    json_put(out, "mend", finding->mend[0] ? json_escaped_before(finding->mend) : json_null());
    if (!finding->mend[0]) json_put(out, "mend_reason", json_string(finding->no_mend));
    json_put(out, "root", json_boolean(finding->root));
    return out;
}

json_t *findings_json(const struct doctor *doctor) {
    json_t *list = json_array();
    for (size_t i = 0; i < doctor->count; i++)
        json_add(list, finding_json(&doctor->list[i]));
    return list;
}

json_t *doctor_json(const struct doctor *doctor) {
    json_t *out = json_object();
    json_put(out, "container", json_boolean(doctor->container));
    json_put(out, "findings", findings_json(doctor));
    return out;
}

int check_findings(const json_t *facts, const struct reader *reader) {
    static const struct rule rules[] = {{"name", 0, 0, NAME, false},    {"weight", 1, 100, WHOLE, false},
                                        {"what", 0, 4096, TEXT, false}, {"effect", 0, 4096, TEXT, false},
                                        {"mend", 0, 4096, TEXT, true},  {"root", 0, 0, BOOLEAN, false}};
    const json_t *list = json_object_get(facts, "findings");
    if (!list) return 0;
    if (!json_is_array(list) || json_array_size(list) > MOST_FINDINGS)
        return fault(reader, "", "findings", "is not a list of the doctor's findings");
    if (check_list(reader, list, "findings", rules, COUNT(rules)) != 0) return -1;
    for (size_t i = 1; i < json_array_size(list); i++) {
        const json_t *before = json_array_get(list, i - 1), *one = json_array_get(list, i);
        if (json_integer_value(json_object_get(one, "weight")) > json_integer_value(json_object_get(before, "weight")))
            return fault(reader, "", "findings", "does not have the worst first");
    }
    return 0;
}
