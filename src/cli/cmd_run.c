/* SPDX-License-Identifier: MIT */
/* sgdmark run: the whole job. */
#include "base/clock.h"
#include "base/file.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/outputs.h"
#include "cli/results.h"
#include "cli/run.h"
#include "cli/terminal.h"
#include "machine/doctor.h"
#include "machine/environment.h"
#include "record/findings.h"
#include "record/processes.h"
#include "record/run_facts.h"
#include "report/run_report.h"
#include "report/screen.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int make_results_folder(const struct run *run, struct error *err) {
    struct error why;
    char path[512];
    if (make_folder("results", "--json FILE writes elsewhere", err) != 0 ||
        result_path(run->result, "results", path, sizeof path, err) != 0)
        return -1;
    if (check_writable(path, &why) != 0) return fail(err, "%.900s (--json FILE writes elsewhere)", why.text);
    return 0;
}

static int record_verdict(struct run *run, struct error *err) {
    json_t *verdict = verdict_json(&run->checks, run->checks.count == 0, usable_json(&run->usable));
    return result_section(run->result, "verdict", verdict, err);
}

int run_flush(const struct run *run, struct error *err) {
    if (fflush(run->out) == 0 && !ferror(run->out)) return 0;
    return fail(err, "standard output: cannot be written: %s", strerror(errno));
}

/* Writes the result; where[] is the path that it got, "-" standard output. */
static int write_result(const struct run *run, char where[PATH_MAX], struct error *err) {
    char name[512];
    const json_t *file = result_finish(run->result, true, err);
    if (!file) return -1;
    if (run->options->json) {
        snprintf(where, PATH_MAX, "%s", run->options->json);
        return output_work(where, file, err);
    }
    return result_path(run->result, "results", name, sizeof name, err) != 0 ? -1
                                                                            : output_new_work(name, file, where, err);
}

/* Prints the answer, and the walk through the notebook if it was asked for. The result is written: a reader who went
 * away does not cost it. */
static int print_result(const struct run *run, const char *where, struct error *err) {
    const json_t *facts = result_facts(run->result);
    struct error why;
    if (report_screen(run->out, facts, terminal_columns(SCREEN_COLUMNS), err) != 0) return -1;
    if (run->options->notebook) {
        fputc('\n', run->out);
        report_notebook(run->out, facts, true);
        fputc('\n', run->out);
    }
    report_next(run->out, facts, to_stdout(where) ? NULL : where, terminal_columns(SCREEN_COLUMNS));
    if (run_flush(run, &why) == 0) return 0;
    return fail_as(err, ERROR_OUTPUT, "%.400s; the result is in %.600s", why.text, where);
}

/* Records the machine's settings, and which of them disturb. */
static int record_environment(struct run *run, struct error *err) {
    struct doctor doctor;
    json_t *environment = environment_json(run->topology);
    doctor_examine(&doctor, environment);
    if (result_environment(run->result, environment, err) != 0) return -1;
    return result_section(run->result, "findings", findings_json(&doctor), err);
}

static int time_and_record(struct run *run, struct error *err) {
    if (record_environment(run, err) != 0 || result_section(run->result, "clock", timer_json(), err) != 0 ||
        run_record_not_timed(run, err) != 0 || run_time(run, err) != 0 || record_verdict(run, err) != 0)
        return -1;
    char where[PATH_MAX];
    return write_result(run, where, err) != 0 ? -1 : print_result(run, where, err);
}

static int run_all(struct run *run, struct error *err) {
    const struct run_options *options = run->options;
    if (choose_for_every_engine(&options->job, &run->chosen, err) != 0) return -1;
    run->result = result_new(run->argc, run->argv, err);
    if (!run->result || run_load(run, err) != 0) return -1;
    if (options->soak <= 0.0 && processes_check(err) != 0) return -1;
    if (!options->json && options->soak <= 0.0 && make_results_folder(run, err) != 0) return -1;
    if (run_record_head(run, err) != 0 || run_verify(run, err) != 0 || run_record_receipts(run, err) != 0) return -1;
    if (options->soak > 0.0) return run_soak(run, err);
    if (run_verify_digits(run, err) != 0) return -1;
    return run_try_shuffles(run, err) != 0 || run_record_notebook(run, err) != 0 ? -1 : time_and_record(run, err);
}

static void release(struct run *run) {
    result_free(run->result);
    notebook_free(&run->notebook);
    shuffles_free(&run->shuffles);
    check_list_free(&run->checks);
    verified_digits_free(&run->digits);
    verified_jobs_free(&run->jobs);
    free(run->permutation);
    job_close(&run->job);
    placement_free(&run->core);
    topology_free(run->topology);
    free(run->chosen.list);
}

int command_run(int argc, char **argv, struct error *err) {
    struct run_options options = {0};
    int parsed = take_arguments(&run_argp, argc, argv, &options, err);
    if (parsed != 0) return parsed < 0 ? -1 : EXIT_DONE;
    struct run run = {.options = &options, .argc = argc, .argv = argv, .out = stdout, .began = seconds_now()};
    run.usable.above = NAN;
    if (options.process) {
        int failed = run_be_process(&run, err);
        release(&run);
        return failed ? -1 : EXIT_DONE;
    }
    ignore_broken_pipes(); /* the result is written though nobody reads the report any more */
    /* With --json - standard output holds only the JSON, so the report is discarded. */
    if (to_stdout(options.json)) run.out = fopen("/dev/null", "we");
    if (!run.out) return fail(err, "/dev/null: cannot be opened: %s", strerror(errno));
    int bad = run_all(&run, err);
    char warning[FOLDS_WARNING];
    const bool few = !bad && folds_warning(warning, &run.job.row_list, options.folds);
    const bool held = run.checks.count == 0;
    if (run.out != stdout) fclose(run.out);
    release(&run);
    if (bad) return -1;
    if (few) fprintf(stderr, "sgdmark run: warning: %s\n", warning);
    if (!held) return EXIT_CHECK_FAILED;
    return options.require_usable && run.usable.state == NOT_USABLE ? EXIT_NO_ANSWER : EXIT_DONE;
}
