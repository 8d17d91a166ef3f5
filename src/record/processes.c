/* SPDX-License-Identifier: MIT */
#include "record/processes.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/program.h"
#include "record/rounds_json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit statuses: of a process that could not become this program, and of one out of memory or with a bug. */
enum { NO_PROGRAM = 127, PROGRAM_FAILED = 3 };

static const char *const experiment_keys[EXPERIMENTS] = {"epochs", "folds", "digits"};

static json_t *hashes(const uint64_t *x, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_add(list, json_hex(x[i]));
    return list;
}

static json_t *fold_json(const struct fold_result *fold) {
    return json_pack("{s:o, s:o, s:f, s:I}", "fingerprint", json_hex(fold->fingerprint), "update_hash",
                     json_hex(fold->update_hash), "accuracy", fold->accuracy, "epochs", (json_int_t)fold->epochs);
}

static json_t *job_json(const struct verified_job *job) {
    char prefetch[PREFETCH_TEXT];
    prefetch_text(prefetch, &job->prefetch);
    json_t *folds = json_array();
    for (unsigned f = 0; f < job->cv.folds; f++)
        json_add(folds, fold_json(&job->cv.fold[f]));
    return json_pack("{s:i, s:s, s:b, s:b, s:s, s:f, s:o, s:o, s:o}", "engine", (int)job->engine, "backend",
                     job->backend->name, "passed", job->passed, "timed", job->timed, "prefetch", prefetch, "seconds",
                     job->model.seconds, "epochs", hashes(job->model.epoch_hash, job->model.epochs), "decisions",
                     json_hex(job->decision_hash), "folds", folds);
}

/* The ten digits, or null. */
static json_t *digits_order_json(const struct process_order *order) {
    const struct verified_digits *digits = order->digits;
    if (!digits || !digits->job) return json_null();
    return json_pack("{s:I, s:I, s:I, s:o}", "job", (json_int_t)(digits->job - order->jobs->list), "group",
                     (json_int_t)digits->group, "epochs", (json_int_t)digits->epochs, "hashes",
                     hashes(digits->hash, (size_t)CLASSES * digits->epochs));
}

static json_t *order_json(const struct process_order *order, unsigned process) {
    json_t *jobs = json_array(), *works = json_object(), *budgets = json_array();
    for (size_t i = 0; i < order->jobs->count; i++)
        json_add(jobs, job_json(&order->jobs->list[i]));
    for (size_t e = 0; e < EXPERIMENTS; e++) {
        const struct experiment *experiment = order->experiments[e];
        json_add(budgets, json_pack("{s:b, s:f, s:I, s:I}", "wanted", experiment != NULL, "seconds",
                                    order->budget[e].seconds, "at_most", (json_int_t)order->budget[e].at_most, "fewest",
                                    (json_int_t)order->budget[e].fewest));
        for (size_t c = 0; experiment && c < experiment->count; c++)
            json_put(works, experiment->cases[c].name, json_real(experiment->facts[c].work));
    }
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "process", (json_int_t)process, "processes",
                     (json_int_t)order->processes, "seed", (json_int_t)(uint32_t)(order->seed + process), "budgets",
                     budgets, "jobs", jobs, "digits", digits_order_json(order), "works", works);
}

/* The command of this run, with --process. Returns 0, or -1 when memory runs out. */
static int process_command(struct program_command *command, int argc, char *const *argv) {
    char **words = calloc((size_t)argc + 2, sizeof *words);
    if (!words) return -1;
    words[0] = "sgdmark";
    words[1] = "run";
    for (int i = 1; i < argc; i++)
        words[i + 1] = argv[i];
    int bad = program_command_make(command, words, (size_t)argc + 1);
    free(words);
    if (bad) return -1;
    if (strcmp(command->words[command->count - 1], "--") == 0)
        command->count--; /* behind it --process were no option */
    command->words[command->count++] = "--process";
    return 0;
}

static _Noreturn void exec_process(const struct program_command *command, int input, int output) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the process ends when this run does */
    if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0) execv(command->path, command->words);
    _exit(NO_PROGRAM);
}

/* Reads the pipe to its end. The caller frees the bytes; NULL when memory runs out. */
static char *read_all(int fd, size_t *length) {
    size_t room = 1 << 20;
    char *bytes = malloc(room);
    *length = 0;
    while (bytes) {
        ssize_t got = read(fd, bytes + *length, room - *length);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return bytes;
        *length += (size_t)got;
        if (*length < room) continue;
        char *larger = realloc(bytes, room *= 2);
        if (!larger) free(bytes);
        bytes = larger;
    }
    return NULL;
}

/* Sends the order to a process and closes the connection. One that ends before it has read all of it says so by its
 * status. A file, even one in memory, would be held to the limit on the size of files. */
static void send_order(int fd, const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) break;
        text += sent;
        left -= (size_t)sent;
    }
    close(fd);
}

/* Waits for the end of a process. Returns 0, or -1 with what it ended of. */
static int await_process(pid_t child, const char *path, struct error *err) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFSIGNALED(status))
        return fail(err, "was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) == NO_PROGRAM) return fail(err, "cannot be started: %s cannot be run", path);
    if (WEXITSTATUS(status) == PROGRAM_FAILED)
        return fail_program(err, "ended with status %d: out of memory, or a fault of the program", PROGRAM_FAILED);
    if (WEXITSTATUS(status) != 0) return fail(err, "ended with status %d", WEXITSTATUS(status));
    return 0;
}

int processes_check(struct error *err) {
    int status = 0;
    const pid_t child = fork();
    if (child == 0) _exit(0);
    if (child < 0)
        return fail(err, "processes cannot be started here (fork: %s), and a run times in several", strerror(errno));
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return 0;
}

/* Starts a process that reads `order` and writes to the pipe. *bytes is what it wrote. */
static int start_and_read(char **bytes, size_t *length, const char *order, const struct program_command *command,
                          struct error *err) {
    int input[2], output[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, input) != 0)
        return fail(err, "cannot make a socket: %s", strerror(errno));
    if (pipe2(output, O_CLOEXEC) != 0) {
        fail(err, "cannot make a pipe: %s", strerror(errno));
        close(input[0]);
        close(input[1]);
        return -1;
    }
    const pid_t child = fork();
    if (child == 0) exec_process(command, input[0], output[1]);
    const int why = errno;
    close(input[0]);
    close(output[1]);
    send_order(input[1], child > 0 ? order : "");
    if (child > 0) *bytes = read_all(output[0], length);
    close(output[0]);
    if (child < 0) return fail(err, "cannot be started: %s", strerror(why));
    if (await_process(child, command->path, err) != 0) return -1;
    return *bytes ? 0 : fail_program(err, "out of memory for what it timed");
}

/* Runs one process to its end. *bytes is what it wrote; the caller frees it. */
static int run_process(char **bytes, size_t *length, const struct process_order *order, unsigned process,
                       const struct program_command *command, struct error *err) {
    *bytes = NULL;
    *length = 0;
    json_t *value = order_json(order, process);
    char *text = value && !json_lost() ? json_dumps(value, JSON_COMPACT) : NULL;
    json_decref(value);
    if (!text) return fail_program(err, "out of memory for the order of a process");
    int bad = start_and_read(bytes, length, text, command, err);
    free(text);
    return bad;
}

/* Appends the rounds that a process wrote. */
static int take_answer(const struct process_order *order, const char *bytes, size_t length, struct error *err) {
    json_error_t why;
    json_t *answer = json_loadb(bytes, length, 0, &why);
    int bad = answer ? 0 : fail(err, "wrote no rounds: %.200s", why.text);
    struct rounds rounds[EXPERIMENTS] = {{0}};
    for (size_t e = 0; e < EXPERIMENTS && !bad; e++)
        if (order->experiments[e])
            bad = rounds_from_json(&rounds[e], json_object_get(answer, experiment_keys[e]), order->experiments[e], err);
    for (size_t e = 0; e < EXPERIMENTS && !bad; e++)
        if (order->experiments[e]) bad = rounds_append(&order->experiments[e]->rounds, &rounds[e], err);
    for (size_t e = 0; e < EXPERIMENTS; e++)
        rounds_free(&rounds[e]);
    json_decref(answer);
    return bad;
}

static struct experiment *first_experiment(const struct process_order *order) {
    return order->experiments[0] ? order->experiments[0] : order->experiments[1];
}

/* A process that failed is a failed check of the run. */
static int note_end(const struct process_order *order, unsigned process, const struct process_end *end,
                    struct error *err) {
    struct check_failure failure = {.case_name = "process", .process = (int)process, .round = -1};
    snprintf(failure.what, sizeof failure.what, "process %u %.230s", process + 1, end->reason);
    struct check_list *checks = &first_experiment(order)->rounds.checks;
    checks->made++;
    return check_list_add(checks, &failure, err);
}

/* Runs process number k, and takes its rounds. Returns the kind of its failure, or ERROR_CHECK. */
static enum error_kind run_one(const struct process_order *order, unsigned k, const struct program_command *command,
                               struct process_end *end) {
    struct error why;
    char *bytes;
    size_t length;
    enum error_kind kind = ERROR_CHECK;
    const double begin = seconds_now();
    *end = (struct process_end){.failed = false};
    if (run_process(&bytes, &length, order, k, command, &why) != 0 || take_answer(order, bytes, length, &why) != 0) {
        end->failed = true;
        if (why.kind == ERROR_PROGRAM) kind = ERROR_PROGRAM;
        snprintf(end->reason, sizeof end->reason, "%.255s", why.text);
    }
    free(bytes);
    end->seconds = seconds_now() - begin;
    if (order->ended) order->ended(order->context, k, end->seconds);
    return kind;
}

/* Leaves in *of_next what the next process is to do. *go_on: is there one? */
static int next_process(const struct process_order *order, unsigned started, struct process_order *of_next, bool *go_on,
                        struct error *err) {
    bool wanted[EXPERIMENTS] = {true, true, true};
    *of_next = *order;
    if (order->next && order->next(order->context, started, wanted, err) != 0) return -1;
    *go_on = false;
    for (size_t e = 0; e < EXPERIMENTS; e++) {
        if (!wanted[e]) of_next->experiments[e] = NULL;
        if (of_next->experiments[e]) *go_on = true;
    }
    return 0;
}

int processes_run(const struct process_order *order, int argc, char *const *argv, struct process_end *ends,
                  unsigned *ran, struct error *err) {
    struct program_command command;
    struct process_order one;
    if (process_command(&command, argc, argv) != 0) return fail_program(err, "out of memory");
    enum error_kind last = ERROR_CHECK; /* of the last process that failed; the program's own fault stays one */
    bool go_on = true;
    int bad = 0;
    for (*ran = 0; *ran < order->processes; (*ran)++) {
        bad = next_process(order, *ran, &one, &go_on, err);
        if (bad || !go_on) break;
        const enum error_kind kind = run_one(&one, *ran, &command, &ends[*ran]);
        if (ends[*ran].failed) last = kind;
    }
    program_command_free(&command);
    if (bad) return -1;
    if (first_experiment(order)->rounds.rounds == 0)
        return fail_as(err, last, "no process timed anything: the last one %s", ends[*ran - 1].reason);
    for (unsigned k = 0; k < *ran && !bad; k++)
        if (ends[k].failed) bad = note_end(order, k, &ends[k], err);
    return bad;
}

/* ---- The other side. */

static uint64_t read_hash(const json_t *value) {
    const char *text = json_string_value(value);
    return text ? strtoull(text, NULL, 16) : 0;
}

static int read_job(struct verified_job *job, const json_t *value, struct error *err) {
    const char *backend = json_string_value(json_object_get(value, "backend"));
    const char *prefetch = json_string_value(json_object_get(value, "prefetch"));
    const json_t *epochs = json_object_get(value, "epochs"), *folds = json_object_get(value, "folds");
    const json_int_t engine = json_integer_value(json_object_get(value, "engine"));
    *job = (struct verified_job){.engine = (enum engine)engine,
                                 .backend = backend ? backend_find(backend) : NULL,
                                 .passed = json_is_true(json_object_get(value, "passed")),
                                 .timed = json_is_true(json_object_get(value, "timed"))};
    if (engine < 0 || engine >= ENGINES || !job->backend || backend_state(job->backend) != BACKEND_OK || !prefetch ||
        prefetch_parse(&job->prefetch, prefetch) != 0)
        return fail(err, "--process: the order names an unknown job");
    job->model.seconds = json_number_value(json_object_get(value, "seconds"));
    job->model.epochs = (unsigned)json_array_size(epochs);
    if (job->model.epochs == 0) return fail(err, "--process: the order names a job without an epoch");
    job->model.epoch_hash = calloc(job->model.epochs + 1, sizeof *job->model.epoch_hash);
    job->cv.folds = (unsigned)json_array_size(folds);
    job->cv.fold = calloc(job->cv.folds + 1, sizeof *job->cv.fold);
    if (!job->model.epoch_hash || !job->cv.fold) return fail_program(err, "out of memory for a job");
    for (unsigned i = 0; i < job->model.epochs; i++)
        job->model.epoch_hash[i] = read_hash(json_array_get(epochs, i));
    job->decision_hash = read_hash(json_object_get(value, "decisions"));
    for (unsigned f = 0; f < job->cv.folds; f++) {
        const json_t *fold = json_array_get(folds, f);
        job->cv.fold[f].fingerprint = read_hash(json_object_get(fold, "fingerprint"));
        job->cv.fold[f].update_hash = read_hash(json_object_get(fold, "update_hash"));
        job->cv.fold[f].accuracy = json_number_value(json_object_get(fold, "accuracy"));
        job->cv.fold[f].epochs = (unsigned)json_integer_value(json_object_get(fold, "epochs"));
    }
    return 0;
}

/* Reads the ten digits, whose job is one of work->jobs. */
static int read_digits(struct process_work *work, const json_t *value, struct error *err) {
    const json_int_t job = json_integer_value(json_object_get(value, "job"));
    const json_int_t group = json_integer_value(json_object_get(value, "group"));
    const json_int_t epochs = json_integer_value(json_object_get(value, "epochs"));
    const json_t *list = json_object_get(value, "hashes");
    if (job < 0 || job >= (json_int_t)work->jobs.count || group < 1 || group > CLASSES || epochs < 1 ||
        json_array_size(list) / CLASSES != (size_t)epochs || json_array_size(list) % CLASSES != 0)
        return fail(err, "--process: the order does not name fits of ten digits");
    work->digits = (struct verified_digits){.job = &work->jobs.list[job],
                                            .group = (unsigned)group,
                                            .epochs = (unsigned)epochs,
                                            .hash = calloc(json_array_size(list), sizeof(uint64_t))};
    if (!work->digits.hash) return fail_program(err, "out of memory for the ten digits");
    for (size_t i = 0; i < json_array_size(list); i++)
        work->digits.hash[i] = read_hash(json_array_get(list, i));
    return 0;
}

static int read_order(struct process_work *work, const json_t *order, struct error *err) {
    const json_t *jobs = json_object_get(order, "jobs"), *budgets = json_object_get(order, "budgets");
    work->share.process = (unsigned)json_integer_value(json_object_get(order, "process"));
    work->share.processes = (unsigned)json_integer_value(json_object_get(order, "processes"));
    work->share.seed = (uint32_t)json_integer_value(json_object_get(order, "seed"));
    work->works = json_incref(json_object_get(order, "works"));
    if (work->share.processes == 0 || json_array_size(jobs) == 0 || !work->works)
        return fail(err, "--process: standard input holds no order of a run (it is not for use by hand)");
    for (size_t e = 0; e < EXPERIMENTS; e++) {
        const json_t *budget = json_array_get(budgets, e);
        work->wanted[e] = json_is_true(json_object_get(budget, "wanted"));
        work->budget[e] = (struct budget){json_number_value(json_object_get(budget, "seconds")),
                                          (size_t)json_integer_value(json_object_get(budget, "at_most")),
                                          (size_t)json_integer_value(json_object_get(budget, "fewest"))};
    }
    work->jobs.list = calloc(json_array_size(jobs), sizeof *work->jobs.list);
    if (!work->jobs.list) return fail_program(err, "out of memory for %zu jobs", json_array_size(jobs));
    size_t i;
    json_t *job;
    json_array_foreach(jobs, i, job) {
        if (read_job(&work->jobs.list[work->jobs.count++], job, err) != 0) return -1;
    }
    const json_t *digits = json_object_get(order, "digits");
    if (json_is_object(digits)) return read_digits(work, digits, err);
    work->wanted[DIGITS_EXPERIMENT] = false;
    return 0;
}

int process_work_read(struct process_work *work, struct error *err) {
    json_error_t why;
    json_t *order = json_loadf(stdin, 0, &why);
    *work = (struct process_work){.works = NULL};
    int bad = order ? read_order(work, order, err)
                    : fail(err, "--process: standard input holds no order of a run (it is not for use by hand)");
    json_decref(order);
    if (bad) process_work_free(work);
    return bad;
}

void process_work_free(struct process_work *work) {
    verified_digits_free(&work->digits);
    verified_jobs_free(&work->jobs);
    json_decref(work->works);
    *work = (struct process_work){.works = NULL};
}

void process_work_resize(const struct process_work *work, struct experiment *experiment) {
    for (size_t c = 0; c < experiment->count; c++) {
        const struct timed_case *timed = &experiment->cases[c];
        const double wanted = json_number_value(json_object_get(work->works, timed->name));
        if (!timed->resize || !(wanted >= 1)) continue;
        timed->resize(timed->context, wanted);
        experiment->facts[c].work = wanted;
    }
}

int process_answer(struct experiment *const experiments[EXPERIMENTS], struct error *err) {
    json_t *answer = json_object();
    for (size_t e = 0; e < EXPERIMENTS; e++)
        if (experiments[e]) json_put(answer, experiment_keys[e], rounds_json(experiments[e]));
    int bad = 0;
    if (json_lost())
        bad = fail_program(err, "--process: out of memory for the rounds");
    else if (json_dumpf(answer, stdout, JSON_COMPACT) != 0 || fflush(stdout) != 0)
        bad = fail(err, "--process: standard output cannot be written: %s", strerror(errno));
    json_decref(answer);
    return bad;
}
