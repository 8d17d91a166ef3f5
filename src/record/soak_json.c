/* SPDX-License-Identifier: MIT */
#include "record/soak_json.h"

#include "base/json.h"
#include "record/load_private.h"
#include "record/result_private.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- Writing ---- */

static json_t *count_json(uint64_t count) {
    return json_integer((json_int_t)count);
}

static void put_text(json_t *into, const char *key, const char *text, const char *why) {
    char reason[64];
    json_put(into, key, text[0] ? json_string(text) : json_null());
    if (text[0]) return;
    snprintf(reason, sizeof reason, "%s_reason", key);
    json_put(into, reason, json_string(why));
}

static json_t *index_json(int index) {
    return json_integer(index); /* -1: the machine lists no such part */
}

/* The bits of a value, and the value itself where it is a finite real number. */
static void put_value(json_t *into, const char *key, const struct soak_fault *fault, uint64_t bits) {
    char text[24];
    snprintf(text, sizeof text, "%0*" PRIx64, (int)(2 * fault->bytes), bits);
    json_t *value = json_pack("{s:s}", "bits", text);
    if (fault->real) put_number(value, "value", soak_value(fault, bits), "not finite");
    json_put(into, key, value);
}

static json_t *repeated_json(const struct soak_count *count) {
    return json_pack("{s:o, s:o}", "calls", count_json(count->calls), "wrong", count_json(count->wrong));
}

static json_t *fault_json(const struct soak_outcome *outcome, const struct soak_fault *fault) {
    const struct soak_core *core = &outcome->cores[fault->core];
    const struct soak_unit *unit = &outcome->units[fault->unit];
    char differ[24];
    snprintf(differ, sizeof differ, "%0*" PRIx64, (int)(2 * fault->bytes), fault->got ^ fault->right);
    json_t *out =
        json_pack("{s:i, s:o, s:o, s:s, s:s, s:s, s:s}", "pu", (int)core->pu_os, "core", index_json(core->core),
                  "package", index_json(core->package), "kernel", soak_unit_name(unit), "backend", unit->backend->name,
                  "engine", engine_names[unit->engine], "state", soak_state_names[fault->state]);
    put_number(out, "epoch", fault->epoch >= 0 ? fault->epoch + 1 : (double)NAN, "not of a fit");
    const bool model = fault->element == SOAK_MODEL;
    put_number(out, "row", model ? (double)NAN : (double)fault->row, "the trained model differs");
    put_number(out, "element", model ? (double)NAN : (double)fault->element, "the trained model differs");
    put_value(out, "got", fault, fault->got);
    put_value(out, "right", fault, fault->right);
    json_put(out, "differing_bits", json_string(differ));
    json_put(out, "seconds", json_number(fault->seconds));
    put_number(out, "ghz", fault->ghz, "no instruction chain of known latency on this architecture");
    put_number(out, "celsius", fault->celsius, "the system does not tell");
    json_put(out, "cause", json_string(soak_cause_names[fault->cause]));
    json_put(out, "again", repeated_json(&fault->again));
    json_put(out, "elsewhere", repeated_json(&fault->elsewhere));
    put_number(out, "elsewhere_pu", fault->elsewhere_pu >= 0 ? fault->elsewhere_pu : (double)NAN,
               "not repeated on another core");
    return out;
}

static json_t *core_json(const struct soak_core *core) {
    uint64_t calls = 0, wrong = 0;
    json_t *states = json_object();
    for (int state = 0; state < SOAK_STATES; state++) {
        json_put(states, soak_state_names[state], repeated_json(&core->state[state]));
        calls += core->state[state].calls;
        wrong += core->state[state].wrong;
    }
    json_t *out = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "pu", (int)core->pu_os, "core",
                            index_json(core->core), "package", index_json(core->package), "calls", count_json(calls),
                            "wrong", count_json(wrong), "multiplications", count_json(core->multiplications), "fits",
                            count_json(core->fits), "states", states);
    put_number(out, "bound", wrong > 0 ? (double)NAN : soak_bound(core->multiplications),
               wrong > 0 ? "something was wrong" : "no multiplication was made");
    json_put(out, "verdict", json_string(core->verdict == SOAK_CAUSES ? "right" : soak_cause_names[core->verdict]));
    json_put(out, "only_loaded", json_boolean(soak_only_loaded(core)));
    put_number(out, "ghz_least", core->ghz_least, "not measured");
    put_number(out, "ghz_most", core->ghz_most, "not measured");
    put_number(out, "celsius_most", core->celsius_most, "the system does not tell");
    put_number(out, "throttles", core->throttles >= 0 ? (double)core->throttles : (double)NAN,
               "the system does not tell");
    put_text(out, "microcode", core->microcode, "the system does not tell");
    put_text(out, "ppin", core->ppin, "the system does not tell it to this user");
    return out;
}

/* What ran of a unit on all cores; a unit that was wrong also says on which. */
static json_t *unit_json(const struct soak_outcome *outcome, size_t u) {
    const struct soak_unit *unit = &outcome->units[u];
    struct soak_count all = {0};
    json_t *wrong_on = json_array();
    for (size_t c = 0; c < outcome->core_count; c++) {
        const struct soak_count *ran = &outcome->ran[c * outcome->unit_count + u];
        all.calls += ran->calls;
        all.wrong += ran->wrong;
        if (ran->wrong > 0) json_add(wrong_on, json_integer((json_int_t)outcome->cores[c].pu_os));
    }
    return json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "kernel", soak_unit_name(unit), "backend",
                     unit->backend->name, "engine", engine_names[unit->engine], "known", unit->known, "calls",
                     count_json(all.calls), "wrong", count_json(all.wrong), "wrong_on", wrong_on);
}

static json_t *fingerprints_json(const struct soak_outcome *outcome) {
    json_t *out = json_object();
    for (int engine = 0; engine < ENGINES; engine++)
        json_put(out, engine_names[engine],
                 outcome->fingerprint[engine] ? json_hex(outcome->fingerprint[engine]) : json_null());
    return out;
}

json_t *soak_json(const struct soak_outcome *outcome) {
    json_t *cores = json_array(), *units = json_array(), *faults = json_array();
    for (size_t c = 0; c < outcome->core_count; c++)
        json_add(cores, core_json(&outcome->cores[c]));
    for (size_t u = 0; u < outcome->unit_count; u++)
        json_add(units, unit_json(outcome, u));
    for (size_t i = 0; i < outcome->fault_count; i++)
        json_add(faults, fault_json(outcome, &outcome->faults[i]));
    json_t *out =
        json_pack("{s:b, s:f, s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "passed", soak_passed(outcome),
                  "seconds", outcome->seconds, "rounds", (int)outcome->rounds, "stopped", outcome->stopped, "calls",
                  count_json(outcome->calls), "wrong", count_json(outcome->wrong), "multiplications",
                  count_json(outcome->multiplications), "fits", count_json(outcome->fits), "fingerprints",
                  fingerprints_json(outcome), "cores", cores, "units", units, "faults", faults);
    put_number(out, "bound", soak_passed(outcome) ? soak_bound(outcome->multiplications) : (double)NAN,
               soak_passed(outcome) ? "no multiplication was made" : "something was wrong");
    put_text(out, "reference", outcome->reference, "this machine's reference has the known answers");
    return out;
}

/* ---- Reading ---- */

#define MOST_COUNT 9007199254740992.0

static const struct rule soak_rules[] = {
    {"passed", 0, 0, BOOLEAN, false},
    {"seconds", 0, 1e9, REAL, false},
    {"rounds", 0, 1e9, WHOLE, false},
    {"stopped", 0, 0, BOOLEAN, false},
    {"calls", 0, MOST_COUNT, WHOLE, false},
    {"wrong", 0, MOST_COUNT, WHOLE, false},
    {"fits", 0, MOST_COUNT, WHOLE, false},
    {"multiplications", 0, MOST_COUNT, WHOLE, false},
    {"cores", 1, 65536, ARRAY, false},
    {"units", 1, 4096, ARRAY, false},
    {"faults", 0, SOAK_FAULTS_MOST, ARRAY, false},
    {"bound", 0, 1, REAL, true},
    {"reference", 0, 4096, TEXT, true},
};

static const struct rule core_rules[] = {
    {"pu", 0, 1e6, WHOLE, false},
    {"core", -1, 1e6, WHOLE, false},
    {"package", -1, 1e6, WHOLE, false},
    {"calls", 0, MOST_COUNT, WHOLE, false},
    {"wrong", 0, MOST_COUNT, WHOLE, false},
    {"multiplications", 0, MOST_COUNT, WHOLE, false},
    {"fits", 0, MOST_COUNT, WHOLE, false},
    {"bound", 0, 1, REAL, true},
    {"verdict", 0, 32, TEXT, false},
    {"only_loaded", 0, 0, BOOLEAN, false},
    {"ghz_least", 0, 1e6, REAL, true},
    {"ghz_most", 0, 1e6, REAL, true},
    {"celsius_most", -300, 1e6, REAL, true},
    {"throttles", 0, MOST_COUNT, REAL, true},
    {"microcode", 0, 64, TEXT, true},
    {"ppin", 0, 64, TEXT, true},
};

static const struct rule unit_rules[] = {
    {"kernel", 0, 0, NAME, false},          {"backend", 0, 0, NAME, false},
    {"engine", 0, 0, NAME, false},          {"known", 0, 0, BOOLEAN, false},
    {"calls", 0, MOST_COUNT, WHOLE, false}, {"wrong", 0, MOST_COUNT, WHOLE, false},
    {"wrong_on", 0, 65536, ARRAY, false},
};

static const struct rule fault_rules[] = {
    {"pu", 0, 1e6, WHOLE, false},           {"kernel", 0, 0, NAME, false},    {"backend", 0, 0, NAME, false},
    {"engine", 0, 0, NAME, false},          {"state", 0, 32, TEXT, false},    {"epoch", 1, 1e9, REAL, true},
    {"row", 0, MOST_COUNT, REAL, true},     {"got", 0, 0, OBJECT, false},     {"right", 0, 0, OBJECT, false},
    {"differing_bits", 0, 16, TEXT, false}, {"seconds", 0, 1e9, REAL, false}, {"ghz", 0, 1e6, REAL, true},
    {"celsius", -300, 1e6, REAL, true},     {"cause", 0, 32, TEXT, false},    {"again", 0, 0, OBJECT, false},
    {"elsewhere", 0, 0, OBJECT, false},
};

static json_int_t sum(const json_t *list, const char *key) {
    json_int_t all = 0;
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) all += json_integer_value(json_object_get(one, key));
    return all;
}

/* Totals that are not those of the cores, and a pass that something contradicts. */
static int check_totals(const struct reader *reader, const json_t *soak) {
    static const char *const keys[] = {"calls", "wrong", "multiplications", "fits"};
    const json_t *cores = json_object_get(soak, "cores");
    for (size_t i = 0; i < COUNT(keys); i++)
        if (json_integer_value(json_object_get(soak, keys[i])) != sum(cores, keys[i]))
            return fault(reader, "soak", keys[i], "is not the sum over its cores");
    const bool right =
        json_integer_value(json_object_get(soak, "wrong")) == 0 && json_is_null(json_object_get(soak, "reference"));
    if (json_is_true(json_object_get(soak, "passed")) != right)
        return fault(reader, "soak", "passed", "contradicts what was wrong");
    const double n = (double)json_integer_value(json_object_get(soak, "multiplications"));
    const json_t *bound = json_object_get(soak, "bound");
    if (json_is_number(bound) && (!right || fabs(json_number_value(bound) * n - 3.0) > 1e-9))
        return fault(reader, "soak", "bound", "is not 3 over its multiplications");
    return 0;
}

int check_soak(const json_t *facts, const struct reader *reader) {
    const json_t *soak = json_object_get(facts, "soak");
    if (!soak) return 0;
    if (!json_is_object(soak)) return fault(reader, "", "soak", "is not the outcome of a soak");
    if (check_members(reader, soak, "soak", soak_rules, COUNT(soak_rules)) != 0 ||
        check_list(reader, json_object_get(soak, "cores"), "soak.cores", core_rules, COUNT(core_rules)) != 0 ||
        check_list(reader, json_object_get(soak, "units"), "soak.units", unit_rules, COUNT(unit_rules)) != 0 ||
        check_list(reader, json_object_get(soak, "faults"), "soak.faults", fault_rules, COUNT(fault_rules)) != 0)
        return -1;
    return check_totals(reader, soak);
}
