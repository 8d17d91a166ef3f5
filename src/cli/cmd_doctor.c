/* SPDX-License-Identifier: MIT */
/* sgdmark doctor: what would disturb a measurement, and what mends it; and what can be tried, timed. */
#include "machine/doctor.h"

#include "base/json.h"
#include "cli/commands.h"
#include "cli/data_source.h"
#include "cli/doctor_measure.h"
#include "cli/options.h"
#include "cli/planned.h"
#include "cli/results.h"
#include "record/findings.h"
#include "report/doctor_report.h"
#include "report/tried_report.h"

enum { KEY_JSON = 0x200, KEY_MEASURE, KEY_TIME, KEY_DATA };

#define MEASURE_SECONDS 12.0 /* --measure without --time times for so many */

struct doctor_options {
    const char *json, *data;
    bool measure;
    struct plan_options time; /* seconds 0: not given */
};

static error_t check_options(const struct doctor_options *options) {
    if (!options->measure && options->time.seconds > 0)
        return bad_option("--time: without --measure nothing is timed (doctor --measure --time 30s)");
    if (!options->measure && options->data)
        return bad_option("--data: without --measure no rows are read (doctor --measure --data DIR)");
    return 0;
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct doctor_options *options = state->input;
    switch (key) {
    case KEY_JSON:
        return take_output(&options->json, "json", value);
    case KEY_MEASURE:
        options->measure = true;
        return 0;
    case KEY_TIME:
        return take_time(&options->time, value);
    case KEY_DATA:
        options->data = value;
        return *value ? 0 : bad_option("--data: the name of a folder is empty");
    case ARGP_KEY_END:
        return check_options(options);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "What is tried:", OPTIONS_OWN},
    {"measure", KEY_MEASURE, NULL, 0,
     "time an epoch with what needs no root, in turns with the plain way: other pages, all threads of a core, no "
     "binding, the last PU, the far memory node",
     0},
    {"time", KEY_TIME, "TIME", 0, "how long --measure times, in all (12s)", 0},
    {"data", KEY_DATA, "SOURCE", 0, "rows of --measure, as `train` takes them ($SGDMARK_DATA, else data/mnist)", 0},
    OPTIONS_OUTPUT,
    {"json", KEY_JSON, "FILE", 0, "write the findings as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp argp = {list,
                                 parse,
                                 NULL,
                                 "Say what of this machine's settings and state would disturb a measurement, the worst "
                                 "first: the likely effect of each, and the command that mends it. It reads files of "
                                 "/proc and /sys, changes nothing, and is silent on what the machine does not have. "
                                 "The exit status is 0, whatever it finds. With --measure it also times what can be "
                                 "tried without root; the status is 1 if an epoch ends with wrong weights.\v"
                                 "Examples:\n"
                                 "  sgdmark doctor                what disturbs here\n"
                                 "  sgdmark doctor --measure      and what pages and placements are worth\n"
                                 "  sgdmark doctor --json - | jq -r '.findings[].mend // empty'\n",
                                 NULL,
                                 NULL,
                                 NULL};

/* NULL, with the reason, also where a fact or a finding was lost for lack of memory. */
static json_t *examine(struct error *err) {
    struct doctor doctor;
    json_t *facts = doctor_facts();
    doctor_examine(&doctor, facts);
    json_t *findings = doctor_json(&doctor);
    if (facts && findings && !json_lost()) {
        json_decref(facts);
        return findings;
    }
    fail_program(err, "out of memory for the findings");
    json_decref(facts);
    json_decref(findings);
    return NULL;
}

/* Adds "measured", if it was asked for. */
static int add_measured(json_t *findings, const struct doctor_options *options, struct error *err) {
    json_t *measured = NULL;
    const double seconds = options->time.seconds > 0 ? options->time.seconds : MEASURE_SECONDS;
    if (!options->measure) return 0;
    if (measure_alternatives(&measured, options->data ? options->data : default_data(), seconds, err) != 0) return -1;
    json_put(findings, "measured", measured);
    return json_lost() ? fail_program(err, "out of memory for what was measured") : 0;
}

static int say(const json_t *findings, const char *json, struct error *err) {
    const json_t *measured = json_object_get(findings, "measured");
    if (!to_stdout(json)) {
        print_doctor(stdout, findings);
        if (measured) print_measured(stdout, measured);
    }
    if (!json) return 0;
    return measured ? output_work(json, findings, err) : output_json(json, findings, err);
}

int command_doctor(int argc, char **argv, struct error *err) {
    struct doctor_options options = {0};
    const int done = take_arguments(&argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    json_t *findings = examine(err);
    if (!findings) return -1;
    int bad = add_measured(findings, &options, err);
    if (!bad) bad = say(findings, options.json, err);
    json_decref(findings);
    return bad ? -1 : EXIT_DONE;
}
