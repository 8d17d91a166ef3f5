/* SPDX-License-Identifier: MIT */
#include "report/doctor_report.h"

#include "machine/doctor.h"
#include "report/facts.h"
#include "report/wrapped.h"

#include <string.h>

enum { COLUMNS_OF_TEXT = 100, WORST = 2, MOST_TEXT = 4096 };

/* "    label text", wrapped below itself. Bytes that are not printable ASCII become '?'. */
static void print_labelled(FILE *to, const char *label, const char *text) {
    char plain[MOST_TEXT];
    snprintf(plain, sizeof plain, "%s", text);
    for (char *at = plain; *at; at++)
        if (*at < ' ' || *at > '~') *at = '?';
    const int at = fprintf(to, "    %-7s ", label);
    print_wrapped(to, plain, at, at, COLUMNS_OF_TEXT);
}

/* A command stands on one line, whatever its length, to be copied. */
static void print_finding(FILE *to, const json_t *finding) {
    print_plain(to, fact_text(finding, "name"));
    fputs(": ", to);
    print_plain(to, fact_text(finding, "what"));
    fputc('\n', to);
    print_labelled(to, "effect", fact_text(finding, "effect"));
    if (!fact_known(finding, "mend")) {
        print_labelled(to, "helps", fact_text(finding, "mend_reason"));
        return;
    }
    fprintf(to, "    %-7s ", fact_true(finding, "root") ? "as root" : "command");
    print_plain(to, fact_text(finding, "mend"));
    fputc('\n', to);
}

void print_doctor(FILE *to, const json_t *doctor) {
    const json_t *findings = json_object_get(doctor, "findings");
    const size_t count = json_array_size(findings);
    size_t i;
    json_t *one;
    json_array_foreach(findings, i, one) print_finding(to, one);
    if (count == 0)
        fputs("nothing found that would disturb a measurement\n", to);
    else
        fprintf(to, "%zu finding%s, the worst first; nothing was changed\n", count, count == 1 ? "" : "s");
    if (count > 0 && fact_true(doctor, "container"))
        fputs("this is a container: commands that need root are for its host\n", to);
}

void print_worst_findings(FILE *to, const json_t *findings) {
    size_t i;
    json_t *one;
    json_array_foreach(findings, i, one) {
        if (i >= WORST || !(fact_number(one, "weight") >= WEIGHT_DISTURBS)) break;
        fputs("DISTURBS ", to);
        print_plain(to, fact_text(one, "name"));
        fputs(": ", to);
        print_plain(to, fact_text(one, "what"));
        fputs(" (sgdmark doctor: effect, and what mends it)\n", to);
    }
}
