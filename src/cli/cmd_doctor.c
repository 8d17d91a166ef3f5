/* SPDX-License-Identifier: MIT */
/* sgdmark doctor: what would disturb a measurement, and what mends it. */
#include "machine/doctor.h"

#include "base/json.h"
#include "cli/commands.h"
#include "cli/options.h"
#include "cli/results.h"
#include "record/findings.h"
#include "report/doctor_report.h"

enum { KEY_JSON = 0x200 };

struct doctor_options {
    const char *json;
};

static error_t parse(int key, char *value, struct argp_state *state) {
    struct doctor_options *options = state->input;
    return key == KEY_JSON ? take_output(&options->json, "json", value) : ARGP_ERR_UNKNOWN;
}

static const struct argp_option list[] = {
    {NULL, 0, NULL, 0, "Output:", OPTIONS_OWN},
    {"json", KEY_JSON, "FILE", 0, "write the findings as JSON; with - nothing else goes to stdout", 0},
    {0}};
static const struct argp argp = {list,
                                 parse,
                                 NULL,
                                 "Say what of this machine's settings and state would disturb a measurement, the worst "
                                 "first: the likely effect of each, and the command that mends it. It reads files of "
                                 "/proc and /sys, changes nothing, and is silent on what the machine does not have. "
                                 "The exit status is 0, whatever it finds.\v"
                                 "Examples:\n"
                                 "  sgdmark doctor                what disturbs here\n"
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

int command_doctor(int argc, char **argv, struct error *err) {
    struct doctor_options options = {0};
    const int done = take_arguments(&argp, argc, argv, &options, err);
    if (done) return done < 0 ? -1 : EXIT_DONE;
    json_t *findings = examine(err);
    if (!findings) return -1;
    if (!to_stdout(options.json)) print_doctor(stdout, findings);
    const int bad = options.json ? output_json(options.json, findings, err) : 0;
    json_decref(findings);
    return bad ? -1 : EXIT_DONE;
}
