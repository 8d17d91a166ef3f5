/* SPDX-License-Identifier: MIT */
#include "record/run_facts.h"

#include "base/json.h"
#include "machine/cgroup.h"
#include "machine/clock.h"

#include <math.h>

/* Sets to[key] to the text; an empty text becomes null with the reason. */
static void put_text(json_t *to, const char *key, const char *text, const char *reason_key, const char *reason) {
    json_put(to, key, text[0] ? json_escaped(text) : json_null());
    if (!text[0]) json_put(to, reason_key, json_escaped(reason));
}

/* What the system refuses, each with what becomes of the run without it. */
static json_t *refused_json(const struct topology_summary *machine) {
    const struct {
        const char *reason, *without;
    } list[] = {{machine->no_binding, "threads run where it puts them, and placements on certain PUs are left out"},
                {machine->no_placing, "rows lie where a worker first wrote them"},
                {machine->no_locating, "where rows lie is not verified"}};
    json_t *refused = json_array();
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (list[i].reason[0]) json_add(refused, json_sprintf("%s: %s", list[i].reason, list[i].without));
    return refused;
}

json_t *machine_json(const struct topology *topology) {
    struct topology_summary machine;
    struct cgroup cgroup;
    topology_summarize(topology, &machine);
    cgroup_read(&cgroup);
    const char *model = machine.cpu_model[0] ? machine.cpu_model : "unnamed CPU";
    json_t *out = json_pack("{s:o, s:I, s:I, s:I, s:s}", "cpu_model", json_escaped(model), "packages",
                            (json_int_t)machine.packages, "cores", (json_int_t)machine.cores, "pus",
                            (json_int_t)machine.pus, "allowed", machine.allowed);
    if (!out) return NULL;
    put_text(out, "not_allowed", machine.not_allowed, "not_allowed_reason", "every PU may be used");
    json_put(out, "refused", refused_json(&machine));
    put_text(out, "hwloc_environment", machine.variables, "hwloc_environment_reason", "no variable HWLOC_* is set");
    if (isnan(cgroup.quota)) {
        json_put(out, "cpu_quota", json_null());
        json_put(out, "cpu_quota_reason", json_string("no quota"));
        return out;
    }
    json_put(out, "cpu_quota", json_real(cgroup.quota));
    put_text(out, "cgroup", cgroup.path, "cgroup_reason", "not known");
    return out;
}

json_t *timer_json(void) {
    struct timer_facts timer = timer_measure();
    return json_pack("{s:o, s:o}", "timer_resolution_ns", json_number(timer.resolution_ns), "timer_overhead_ns",
                     json_number(timer.overhead_ns));
}

json_t *placements_json(const struct placement *list, size_t count) {
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++)
        json_add(out, placement_json(&list[i]));
    return out;
}

json_t *digits_json(const struct verified_digits *digits) {
    const bool timed = digits->job != NULL;
    char job[JOB_NAME] = "";
    if (timed) verified_job_name(job, digits->job);
    json_t *value = json_pack("{s:o, s:o}", "group", timed ? json_integer(digits->group) : json_null(), "group_reason",
                              json_escaped(digits->reason));
    if (!value || !timed) return value;
    json_put(value, "job", json_string(job));
    json_put(value, "fingerprint", json_hex(digits->fingerprint));
    return value;
}

const char *correct_text(bool correct) {
    return correct ? "every check held" : "a check FAILED: see above";
}

json_t *verdict_json(const struct check_list *checks, bool correct, json_t *times) {
    json_t *failures = json_array();
    for (size_t i = 0; i < checks->count; i++) {
        const struct check_failure *one = &checks->failed[i];
        json_t *value = json_pack("{s:o, s:o, s:o}", "case", json_escaped(one->case_name), "what",
                                  json_escaped(one->what), "command", json_escaped(one->command));
        json_put(value, "process", one->process < 0 ? json_null() : json_integer(one->process));
        json_put(value, "round", one->round < 0 ? json_null() : json_integer(one->round));
        json_add(failures, value);
    }
    json_t *value = json_pack("{s:s, s:b, s:I, s:o}", "text", correct_text(correct), "correct", correct, "checks",
                              (json_int_t)checks->made, "failures", failures);
    json_put(value, "times", times ? times : json_null());
    if (!times) json_put(value, "times_reason", json_string("nothing was timed"));
    return value;
}
