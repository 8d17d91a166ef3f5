/* SPDX-License-Identifier: MIT */
#include "report/tried_report.h"

#include "report/facts.h"

#include <string.h>

enum { NAME_COLUMNS = 15 };

/* "    thp             1.071 [1.058, 1.083]  ". */
static void print_speed(FILE *to, const char *name, const json_t *one) {
    char speed[FACT_TEXT], low[FACT_TEXT], high[FACT_TEXT];
    fputs("    ", to);
    print_plain(to, name);
    fprintf(to, "%*s %s [%s, %s]  ", NAME_COLUMNS - (int)strnlen(name, NAME_COLUMNS), "",
            format_fact(speed, "%.3f", fact_number(one, "speed")), format_fact(low, "%.3f", fact_number(one, "low")),
            format_fact(high, "%.3f", fact_number(one, "high")));
}

static void print_alternative(FILE *to, const json_t *one) {
    print_speed(to, fact_text(one, "name"), one);
    print_plain(to, fact_text(one, "verdict"));
    if (fact_known(one, "reason")) {
        fputs(": ", to);
        print_plain(to, fact_text(one, "reason"));
    }
    fputc('\n', to);
}

/* `alone`: behind the name of the question, of which nothing else is said. */
static void print_not_tried(FILE *to, const json_t *one, bool alone) {
    if (!alone) {
        const char *name = fact_text(one, "name");
        fputs("    ", to);
        print_plain(to, name);
        fprintf(to, "%*s ", NAME_COLUMNS - (int)strnlen(name, NAME_COLUMNS), "");
    }
    fputs("not tried: ", to);
    print_plain(to, fact_text(one, "why"));
    if (fact_known(one, "mend")) {
        fprintf(to, "\n    %*s as root: ", NAME_COLUMNS, "");
        print_plain(to, fact_text(one, "mend"));
    }
    fputc('\n', to);
}

/* The plain way against itself: the gate of the question. */
static void print_again(FILE *to, const json_t *question) {
    const json_t *again = json_object_get(question, "again");
    char least[FACT_TEXT];
    print_speed(to, "again", again);
    fputs("the same a second time", to);
    if (strcmp(fact_text(again, "state"), "quiet") == 0)
        fprintf(to, ": differences up to %s %% are not told apart\n",
                format_fact(least, "%.2g", 100 * fact_number(question, "least")));
    else {
        fputs(", ", to);
        print_plain(to, fact_text(again, "state"));
        fputs(": nothing is told apart\n", to);
    }
}

static void print_question(FILE *to, const json_t *question) {
    const json_t *cases = json_object_get(question, "cases");
    const json_t *not_tried = json_object_get(question, "not_tried");
    const bool timed = fact_true(question, "timed"), alone = !timed && json_array_size(not_tried) == 1;
    size_t i;
    json_t *one;
    print_plain(to, fact_text(question, "question"));
    fputs(alone ? " " : timed ? ": " : ":\n", to);
    if (timed) {
        fputs("times as fast as \"", to);
        print_plain(to, fact_text(question, "plain"));
        fputs("\", ", to);
        print_plain(to, fact_text(json_array_get(cases, 0), "what"));
        fputs(" [95 % interval]\n", to);
        json_array_foreach(json_object_get(question, "alternatives"), i, one) print_alternative(to, one);
    }
    json_array_foreach(not_tried, i, one) print_not_tried(to, one, alone);
    if (timed) print_again(to, question);
}

void print_measured(FILE *to, const json_t *measured) {
    const json_t *questions = json_object_get(measured, "questions");
    size_t i;
    json_t *one;
    fputs("\ntried without root: the first epoch of ", to);
    print_plain(to, fact_text(measured, "job"));
    fprintf(to, " on %.0f rows of ", fact_number(measured, "n"));
    print_plain(to, fact_text(measured, "data"));
    fprintf(to, "; after each of %.0f epochs its weights were those of the verified job\n",
            fact_number(measured, "checks"));
    json_array_foreach(questions, i, one) print_question(to, one);
}
