/* SPDX-License-Identifier: MIT */
#include "report/screen.h"

#include "base/text.h"
#include "measure/analysis.h"
#include "record/run_answer.h"
#include "report/facts.h"
#include "report/run_report.h"
#include "report/screen_tables.h"
#include "report/wrapped.h"
#include "verify/published.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { LABEL = 9, STATE = 17, MOST_FAILURES = 2, WIDE = 70 };
enum { MODEL = 30, SHORT_MODEL = 12 }; /* characters of a CPU's model that are shown */

/* Appends to a text of SCREEN_TEXT bytes; what does not fit is cut. */
static void add(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char *text, const char *format, ...) {
    const size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, SCREEN_TEXT - used, format, args);
    va_end(args);
}

void print_line(FILE *to, const char *text, int columns) {
    char shown[2 * SCREEN_TEXT];
    printable_copy(shown, sizeof shown, text);
    size_t length = strlen(shown);
    if (length > (size_t)columns) length = (size_t)columns;
    while (length > 0 && shown[length - 1] == ' ')
        length--;
    fprintf(to, "%.*s\n", (int)length, shown);
}

/* "LABEL    text", wrapped below itself. */
static void print_paragraph(FILE *to, const char *label, const char *text, int indent, int columns) {
    char shown[2 * SCREEN_TEXT];
    printable_copy(shown, sizeof shown, text);
    print_wrapped(to, shown, fprintf(to, "%-*s", indent, label), indent, columns);
}

/* Why the run answers less than it was asked: the very first line, if there is a reason. */
static void print_first(FILE *to, const json_t *facts, int columns) {
    const json_t *verdict = json_object_get(facts, "verdict"), *times = json_object_get(verdict, "times");
    char text[SCREEN_TEXT] = "";
    if (!fact_true(verdict, "correct"))
        add(text, "NOT CORRECT: do not use these times, and do not trust this machine or build");
    else if (strcmp(fact_text(times, "state"), "not usable") == 0)
        add(text, "TIMES NOT USABLE: the work is right, but this run answers nothing about speed");
    else if (fact_true(json_object_get(facts, "job"), "synthetic"))
        add(text, "SYNTHETIC rows, not MNIST: speeds hold for these rows, metrics mean nothing");
    if (text[0]) print_paragraph(to, "", text, 0, columns);
}

static void add_guest(char *text, const json_t *cpu) {
    static const char *const names[][2] = {
        {"KVM", "KVM guest"}, {"Microsoft", "Hyper-V guest"}, {"VMware", "VMware guest"}, {"Xen", "Xen guest"}};
    const char *hypervisor = fact_text(cpu, "hypervisor");
    if (!fact_known(cpu, "hypervisor")) return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(hypervisor, names[i][0], strlen(names[i][0])) == 0) {
            add(text, ", %s", names[i][1]);
            return;
        }
    add(text, ", virtual machine");
}

/* A long model is cut where the line then fits. "sgdmark 0.1.0 | AMD EPYC (26/2/1), 2 cores, KVM guest | 65 rounds, 37
 * s" */
static void print_head(FILE *to, const json_t *facts, int columns) {
    const json_t *machine = json_object_get(facts, "machine"), *cpu = json_object_get(facts, "cpu");
    const double cores = fact_number(machine, "cores"), seconds = fact_number(facts, "duration_seconds");
    const double rounds = fact_number(find_experiment(facts, "epochs"), "rounds");
    char text[SCREEN_TEXT] = "", tail[SCREEN_TEXT] = "", number[FACT_TEXT];
    if (fact_known(cpu, "family"))
        add(tail, " (%.4s/%.4s/%.4s)", fact_text(cpu, "family"), fact_text(cpu, "model"), fact_text(cpu, "stepping"));
    add(tail, ", %s core%s", format_fact(number, "%.0f", cores), cores == 1.0 ? "" : "s");
    add_guest(tail, cpu);
    if (isfinite(rounds)) add(tail, " | %.0f rounds", rounds);
    if (isfinite(seconds)) add(tail, ", %.0f s", seconds);
    add(text, "sgdmark %.20s | ", fact_text(json_object_get(facts, "tool"), "version"));
    const int left = columns - (int)(strlen(text) + strlen(tail));
    add(text, "%.*s%s", left >= SHORT_MODEL && left < MODEL ? left : MODEL, fact_text(machine, "cpu_model"), tail);
    print_paragraph(to, "", text, 0, columns);
    if (!fact_known(json_object_get(facts, "job"), "label")) return;
    text[0] = 0;
    add(text, "label: %.200s", fact_text(json_object_get(facts, "job"), "label"));
    print_line(to, text, columns);
}

static void print_failures(FILE *to, const json_t *failures, int columns) {
    size_t i;
    json_t *one;
    json_array_foreach(failures, i, one) {
        char text[SCREEN_TEXT] = "";
        if (i == MOST_FAILURES) break;
        add(text, "%.200s", fact_text(one, "case"));
        if (fact_known(one, "process")) add(text, ", process %.0f", fact_number(one, "process") + 1);
        if (fact_known(one, "round")) add(text, ", round %.0f", fact_number(one, "round") + 1);
        add(text, ": %.300s", fact_text(one, "what"));
        print_paragraph(to, "", text, LABEL, columns);
        text[0] = 0;
        add(text, "repeat it: %.300s", fact_text(one, "command"));
        print_paragraph(to, "", text, LABEL, columns);
    }
}

static void print_correct(FILE *to, const json_t *facts, const struct answer *answer, int columns) {
    const json_t *verdict = json_object_get(facts, "verdict"), *failures = json_object_get(verdict, "failures");
    char text[SCREEN_TEXT] = "", checks[FACT_TEXT];
    format_fact(checks, "%.0f", fact_number(verdict, "checks"));
    if (fact_true(verdict, "correct")) {
        add(text, "yes     %zu of %zu checked; every timed sample too (%s checks)", answer->passed, answer->jobs,
            checks);
    } else {
        add(text, "no      %zu of %s checks failed", json_array_size(failures), checks);
        if (json_array_size(failures) > MOST_FAILURES) add(text, "; the first %d:", MOST_FAILURES);
    }
    print_paragraph(to, "CORRECT", text, LABEL, columns);
    print_failures(to, failures, columns);
}

static void print_times(FILE *to, const json_t *facts, const struct answer *answer, int columns) {
    const json_t *times = json_object_get(json_object_get(facts, "verdict"), "times");
    const double epochs = 100.0 * answer->told_apart[0], folds = 100.0 * answer->told_apart[1];
    char text[SCREEN_TEXT] = "";
    if (!fact_known(times, "state")) return;
    if (strcmp(fact_text(times, "state"), "not usable") == 0) {
        add(text, "not usable: %.500s", fact_text(times, "reason"));
        if (fact_known(times, "advice")) add(text, "; %.300s", fact_text(times, "advice"));
    } else {
        add(text, "usable  ");
        if (isfinite(epochs))
            add(text, "differences above %.1f %% are told apart", epochs);
        else
            add(text, "nothing was compared");
        if (answer->quiet) add(text, "; no bias found");
    }
    const int at = fprintf(to, "%-*s", LABEL, "TIMES");
    char shown[2 * SCREEN_TEXT];
    printable_copy(shown, sizeof shown, text);
    const bool usable = strncmp(text, "usable", strlen("usable")) == 0;
    print_wrapped(to, shown, at, usable && columns >= WIDE ? STATE : LABEL, columns);
    if (isfinite(epochs) && isfinite(folds) && usable)
        fprintf(to, "%*sbetween cores, those above %.1f %%\n", columns >= WIDE ? STATE : LABEL, "", folds);
}

/* Where the notebook's own metrics lie among other shuffles. */
static void add_places(char *text, const json_t *shuffles) {
    size_t i;
    json_t *place;
    if (!(fact_number(shuffles, "seeds") >= 1.0)) return;
    add(text, ". The notebook's own lie at percentile ");
    json_array_foreach(json_object_get(shuffles, "places"), i, place) {
        char number[FACT_TEXT];
        add(text, "%s%s (%.20s)", i ? ", " : "", format_fact(number, "%.0f", fact_number(place, "percentile")),
            fact_text(place, "metric"));
    }
    add(text, " of %.0f shuffles", fact_number(shuffles, "seeds"));
}

/* How they stand to those that the textbook published. */
static void add_published(char *text, enum answer_metrics metrics) {
    if (metrics == METRICS_EQUAL) add(text, ", equal to the published ones");
    if (metrics != METRICS_DIFFER) return;
    add(text, "; published: accuracy");
    for (size_t f = 0; f < PUBLISHED_FOLDS; f++)
        add(text, " %.5g", published.fold_accuracy[f]);
    add(text, ", precision %.4g, recall %.4g", published.precision, published.recall);
}

static void print_metrics(FILE *to, const json_t *facts, enum answer_metrics metrics, int columns) {
    const json_t *notebook = json_object_get(facts, "notebook");
    char text[SCREEN_TEXT] = "accuracy", number[FACT_TEXT];
    size_t i;
    json_t *one;
    if (!json_is_object(notebook)) return;
    json_array_foreach(json_object_get(notebook, "fold_accuracy"), i, one) {
        if (i < 5) add(text, " %s", format_fact(number, "%.5g", json_is_number(one) ? json_number_value(one) : NAN));
    }
    add(text, ", precision %s", format_fact(number, "%.4g", fact_number(notebook, "precision")));
    add(text, ", recall %s", format_fact(number, "%.4g", fact_number(notebook, "recall")));
    add_published(text, metrics);
    add_places(text, json_object_get(notebook, "shuffles"));
    print_paragraph(to, "NOTEBOOK", text, LABEL, columns);
}

/* "18.6x", with digits that stay readable. */
static void add_times(char *text, const json_t *pair) {
    char speed[FACT_TEXT];
    add(text, "%sx", speed_text(speed, fact_number(pair, "speed")));
}

/* "Two", "17". */
static void add_count(char *text, double count) {
    static const char *const words[] = {"Two", "Three", "Four", "Five", "Six", "Seven", "Eight"};
    if (count >= 2.0 && count <= 8.0)
        add(text, "%s", words[(int)count - 2]);
    else
        add(text, "%.0f", count);
}

/* "Ten digits on one read: 1.82x one after the other, 71 % of the limit." */
static void print_digits(FILE *to, const struct answer *answer, int columns) {
    const double group = fact_number(answer->digits, "group"), models = fact_number(answer->digits, "models");
    const double percent = fact_number(json_object_get(answer->digits, "roof"), "percent");
    char text[SCREEN_TEXT] = "";
    if (group < models)
        add(text, "Ten digits, %.0f a read: ", group);
    else
        add(text, "Ten digits on one read: ");
    add_times(text, answer->digits_pair);
    add(text, " one after the other");
    if (percent <= ROOF_ALARM) add(text, ", %.0f %% of the limit", percent);
    add(text, ".");
    print_paragraph(to, "", text, LABEL, columns);
}

static void print_answer(FILE *to, const json_t *facts, const struct answer *answer, int columns) {
    const json_t *job = json_object_get(facts, "job");
    const char *rows = fact_true(job, "synthetic") ? "synthetic " : fact_true(job, "published") ? "MNIST " : "";
    char text[SCREEN_TEXT] = "";
    add(text, "This core trains %.1f million %srows a second with %.60s", answer->best->mrows, rows, answer->best->job);
    const json_t *const over[] = {answer->over_f64, answer->over_scalar, answer->over_compiler};
    const char *const what[] = {"scikit-learn's own order of sums", "plain C", "the compiler's best loop"};
    int said = 0;
    for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
        if (!over[i]) continue;
        add(text, said++ ? ", " : ": ");
        add_times(text, over[i]);
        add(text, " %s", what[i]);
        if (over[i] == answer->over_compiler) add(text, " (%.30s)", answer->compiler);
    }
    if (answer->compiler_is_best) add(text, ". It is the compiler's own loop");
    add(text, ".");
    print_paragraph(to, "ANSWER", text, LABEL, columns);
    if (answer->digits) print_digits(to, answer, columns);
    if (!answer->cores) return;
    text[0] = 0;
    add_count(text, fact_number(answer->cores, "workers"));
    add(text, " cores: %.0f folds/s, %.2fx one core (%.0f %% efficient).",
        fact_number(json_object_get(answer->cores, "rates"), "folds_per_second"),
        fact_number(answer->cores_pair, "speed"), 100.0 * fact_number(answer->cores_pair, "efficiency"));
    print_paragraph(to, "", text, LABEL, columns);
}

/* "%s" after a comma, or after the first word of the line. */
static void add_caution(char *text, const char *what) {
    add(text, "%s%s", text[0] ? ", " : "Caution: ", what);
}

/* The calls that the system refuses: their names stand in parentheses, "... (mbind: Operation not permitted)". */
static void add_refusals(char *text, const json_t *machine) {
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(machine, "refused"), i, one) {
        const char *words = json_string_value(one);
        const char *call = words ? strchr(words, '(') : NULL;
        if (!call) continue;
        add_caution(text, "");
        add(text, "%.*s refused", (int)strcspn(call + 1, ":) "), call + 1);
    }
}

/* What makes the numbers less certain. */
static void print_cautions(FILE *to, const json_t *facts, const struct answer *answer, int columns) {
    const json_t *machine = json_object_get(facts, "machine");
    char text[SCREEN_TEXT] = "";
    if (fact_known(json_object_get(facts, "cpu"), "hypervisor")) add_caution(text, "virtual machine");
    if (!answer->counted) add_caution(text, "no hardware counters");
    if (fact_known(machine, "cpu_quota")) {
        add_caution(text, "a CPU quota of ");
        add(text, "%.3g", fact_number(machine, "cpu_quota"));
    }
    if (fact_known(machine, "not_allowed")) add_caution(text, "not all PUs may be used");
    add_refusals(text, machine);
    if (fact_known(machine, "hwloc_environment")) add_caution(text, fact_text(machine, "hwloc_environment"));
    if (!text[0]) return;
    add(text, ".");
    print_paragraph(to, "", text, 0, columns);
}

/* What the machine does not have, and what makes its numbers less certain. */
static void print_limits(FILE *to, const json_t *facts, const struct answer *answer, int columns) {
    static const char *const words[][2] = {{"smt", "SMT"},
                                           {"l3-spread", "more L3 caches"},
                                           {"numa-local", "NUMA"},
                                           {"packages", "more packages"},
                                           {"kind:NAME", "core types"},
                                           {"all-cores", "more cores"}};
    char text[SCREEN_TEXT] = "";
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t k;
        json_t *one;
        json_array_foreach(json_object_get(facts, "placements"), k, one) {
            if (strcmp(fact_text(one, "name"), words[i][0]) == 0 && !fact_true(one, "available"))
                add(text, "%s%s", text[0] ? ", " : "Not on this machine: ", words[i][1]);
        }
    }
    if (text[0]) {
        add(text, ".");
        print_paragraph(to, "", text, 0, columns);
    }
    print_cautions(to, facts, answer, columns);
}

static int print_screen(FILE *to, const json_t *facts, const struct answer *answer, int columns) {
    print_first(to, facts, columns);
    print_head(to, facts, columns);
    fputc('\n', to);
    print_correct(to, facts, answer, columns);
    print_times(to, facts, answer, columns);
    print_metrics(to, facts, answer->metrics, columns);
    if (answer->usable) {
        fputc('\n', to);
        print_answer(to, facts, answer, columns);
    }
    print_screen_tables(to, facts, answer, columns);
    fputc('\n', to);
    print_limits(to, facts, answer, columns);
    return 0;
}

int report_screen(FILE *to, const json_t *facts, int columns, struct error *err) {
    struct answer answer;
    if (columns > SCREEN_COLUMNS) columns = SCREEN_COLUMNS;
    if (columns < SCREEN_LEAST) columns = SCREEN_LEAST;
    if (answer_make(&answer, facts, err) != 0) return -1;
    int bad = print_screen(to, facts, &answer, columns);
    answer_free(&answer);
    return bad;
}

int report_whole(FILE *to, const json_t *facts, int columns, bool walk, struct error *err) {
    if (report_screen(to, facts, columns, err) != 0) return -1;
    fputc('\n', to);
    return report_run(to, facts, walk, err);
}

void report_next(FILE *to, const json_t *facts, const char *where, int columns) {
    const bool correct = fact_true(json_object_get(facts, "verdict"), "correct");
    const char *between = columns >= SCREEN_COLUMNS ? " | " : "\n       ";
    if (where) {
        fputs("Saved ", to);
        print_plain(to, where);
        fprintf(to, "\nNext:  sgdmark report FILE -o page.html%ssgdmark compare A B%ssgdmark doctor\n", between,
                between);
    }
    if (fact_true(json_object_get(facts, "job"), "synthetic"))
        fputs(correct ? "SYNTHETIC rows, not MNIST.\n" : "SYNTHETIC rows, not MNIST. NOT CORRECT.\n", to);
}
