/* SPDX-License-Identifier: MIT */
/* sgdmark-mpi: the points of a sweep, computed by all ranks of an MPI job.
 *
 * Rank 0 owns the folder and the queue of points. Every rank, 0 too, asks for points, computes them on its workers and
 * sends each outcome as the line that the file of points holds, at once. So whatever happens to a rank, its finished
 * points are on disk. A rank that drops out by itself gives back what it held. */
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/ending.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/stack.h"
#include "cli/stopping.h"
#include "cli/sweep_job.h"
#include "learn/sweep_queue.h"
#include "measure/bound_group.h"

#include <mpi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char program[] = "sgdmark-mpi";

/* ---- Letters between ranks; those to rank 0 are a head and a text */

enum tag {
    TAG_JOINS = 1, /* number: hash of what it computes; worker: how many it has; text: facts for times.jsonl */
    TAG_ASKS,      /* for points */
    TAG_POINT,     /* worker, seconds; text: the line of the point, without newline */
    TAG_LEAVES,    /* number: exit status; text: why */
    TAG_TASKS      /* of rank 0: how many to compute together, then the points; none: that was all */
};

struct letter_head {
    uint64_t number, worker;
    double seconds;
};

struct letter {
    int rank, tag;
    struct letter_head head;
    char *text; /* ends with 0 */
    size_t length;
};

/* For a rank that cannot even say why. */
static _Noreturn void give_up(void) {
    MPI_Abort(MPI_COMM_WORLD, EXIT_PROGRAM);
    exit(EXIT_PROGRAM);
}

static void nap(void) {
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

/* Is there a letter? MPI's own waiting would take a whole core from the workers. */
static bool has_come(int from, MPI_Status *status) {
    int there = 0;
    MPI_Iprobe(from, MPI_ANY_TAG, MPI_COMM_WORLD, &there, status);
    return there != 0;
}

static int write_letter(enum tag tag, const struct letter_head *head, const char *text, size_t length,
                        struct error *err) {
    char *bytes = malloc(sizeof *head + length);
    if (!bytes) return fail_program(err, "out of memory for a letter to rank 0");
    memcpy(bytes, head, sizeof *head);
    memcpy(bytes + sizeof *head, text, length);
    MPI_Send(bytes, (int)(sizeof *head + length), MPI_BYTE, 0, (int)tag, MPI_COMM_WORLD);
    free(bytes);
    return 0;
}

static int read_letter(struct letter *letter, const MPI_Status *status, struct error *err) {
    int length = 0;
    MPI_Get_count(status, MPI_BYTE, &length);
    *letter = (struct letter){.rank = status->MPI_SOURCE, .tag = status->MPI_TAG};
    char *bytes = calloc((size_t)length + 1, 1);
    if (!bytes) return fail_program(err, "out of memory for a letter of rank %d", letter->rank);
    MPI_Recv(bytes, length, MPI_BYTE, letter->rank, letter->tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    if ((size_t)length < sizeof letter->head) {
        free(bytes);
        return fail_program(err, "rank %d sent a letter of %d bytes", letter->rank, length);
    }
    memcpy(&letter->head, bytes, sizeof letter->head);
    letter->length = (size_t)length - sizeof letter->head;
    memmove(bytes, bytes + sizeof letter->head, letter->length + 1);
    letter->text = bytes;
    return 0;
}

/* ---- A rank other than 0 */

static int send_point(void *context, const struct point_result *result, const struct point_run *run,
                      struct error *err) {
    const struct sweep_job *job = context;
    const struct letter_head head = {.worker = run->worker, .seconds = run->seconds};
    char *line;
    const size_t length = point_line(&line, job->plan.grid, result);
    if (length == 0) return fail_program(err, "out of memory for point %zu", result->point);
    int bad = write_letter(TAG_POINT, &head, line, length - 1, err);
    free(line);
    return bad;
}

static bool is_stopping(void *context) {
    (void)context;
    return stopping();
}

/* Asks for points and waits for them: *count of them, 0 at the end; the caller frees *todo. */
static int receive_tasks(size_t **todo, size_t *count, size_t *group, struct error *err) {
    const struct letter_head nothing = {0};
    MPI_Status status;
    int length = 0;
    if (write_letter(TAG_ASKS, &nothing, "", 0, err) != 0) return -1;
    while (!has_come(0, &status))
        nap();
    MPI_Get_count(&status, MPI_UINT64_T, &length);
    uint64_t *numbers = malloc((size_t)length * sizeof *numbers);
    *todo = malloc((size_t)length * sizeof **todo);
    if (!numbers || !*todo) {
        free(numbers);
        return fail_program(err, "out of memory for %d points", length);
    }
    MPI_Recv(numbers, length, MPI_UINT64_T, 0, TAG_TASKS, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    *group = numbers[0] < MODELS_MOST ? (size_t)numbers[0] : MODELS_MOST; /* rank 0 may be of another build */
    *count = (size_t)length - 1;
    for (size_t i = 0; i < *count; i++)
        (*todo)[i] = (size_t)numbers[i + 1];
    free(numbers);
    return 0;
}

static int join_in(struct sweep_job *job, struct error *err) {
    json_t *content = sweep_head_json(&job->plan), *facts = sweep_facts(job);
    char *text = facts ? json_dumps(facts, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    const struct letter_head head = {.number = content ? sweep_head_hash(content) : 0, .worker = job->placement.count};
    int bad = head.number && text ? write_letter(TAG_JOINS, &head, text, strlen(text), err)
                                  : fail_program(err, "out of memory for the facts of this rank");
    free(text);
    json_decref(facts);
    json_decref(content);
    return bad;
}

/* Returns 0 when rank 0 has no more points, 1 after a signal, or -1 with the reason. */
static int compute_for_rank_0(struct sweep_job *job, struct error *err) {
    struct bound_group bound = {job->topology, &job->placement};
    const struct worker_group workers = bound_group(&bound);
    const struct sweep_sink sink = {send_point, is_stopping, job};
    stopping_begin();
    for (;;) {
        size_t *todo = NULL;
        int bad = receive_tasks(&todo, &job->plan.count, &job->plan.group, err);
        const bool all = !bad && job->plan.count == 0;
        job->plan.todo = todo;
        if (!bad && !all) bad = sweep_run(&job->plan, &workers, &sink, err);
        free(todo);
        if (bad) return -1;
        if (all) return 0;
        if (stopping()) return 1;
    }
}

/* Returns the exit status, which is 0: rank 0 says what went wrong here and ends with the status that goes with it. A
 * launcher that saw that status here would end the job. */
static int follow(struct sweep_job *job) {
    struct error err = {0};
    int ended = sweep_load(job, &err);
    if (!ended) ended = sweep_place_rows(job, &err);
    if (!ended) ended = join_in(job, &err);
    if (!ended) ended = compute_for_rank_0(job, &err);
    const int status = ended < 0 ? error_status(&err) : EXIT_DONE;
    const struct letter_head head = {.number = (uint64_t)status};
    if (ended != 0 && write_letter(TAG_LEAVES, &head, err.text, ended < 0 ? strlen(err.text) : 0, NULL) != 0) give_up();
    return EXIT_DONE;
}

/* ---- Rank 0 */

struct member {
    bool asks, gone, refused;
    size_t workers, first_worker; /* number of its worker 0 in times.jsonl */
};

struct team {
    struct sweep_job *job;
    struct member *member; /* [ranks] */
    unsigned ranks;
    size_t workers;       /* of those that joined */
    uint64_t hash;        /* of what is computed */
    pthread_mutex_t lock; /* for what follows: the thread that computes here, and the one that reads letters */
    struct sweep_queue *queue;
    struct sweep_sink sink;
    bool failed; /* nothing is handed out any more */
    struct error *err;
    int status; /* of ranks that dropped out; EXIT_DONE: none did */
};

static bool is_over(const struct team *team) {
    return team->failed || stopping() || !team->queue || sweep_queue_left(team->queue) == 0;
}

/* Keeps an outcome of a rank. */
static int keep(struct team *team, unsigned rank, const struct point_result *result, const struct point_run *run,
                struct error *err) {
    if (sweep_queue_done(team->queue, rank, result->point) != 0)
        return fail_program(err, "rank %u sent point %zu, which it was not given", rank, result->point);
    return team->sink.take(team->sink.context, result, run, err);
}

static int keep_own(void *context, const struct point_result *result, const struct point_run *run, struct error *err) {
    struct team *team = context;
    pthread_mutex_lock(&team->lock);
    int bad = keep(team, 0, result, run, err);
    pthread_mutex_unlock(&team->lock);
    return bad;
}

static bool has_failed(void *context) {
    struct team *team = context;
    pthread_mutex_lock(&team->lock);
    const bool enough = team->failed || stopping();
    pthread_mutex_unlock(&team->lock);
    return enough;
}

static void note_failure(struct team *team, const struct error *err) {
    if (!team->failed) *team->err = *err;
    team->failed = true;
}

/* The next points of rank 0 itself, waiting for those that others may give back; false: that was all. */
static bool take_own(struct team *team, size_t *point, size_t *count) {
    for (;;) {
        pthread_mutex_lock(&team->lock);
        const bool over = is_over(team);
        *count = over ? 0 : sweep_queue_take(team->queue, 0, team->ranks, team->member[0].workers, point);
        pthread_mutex_unlock(&team->lock);
        if (over || *count > 0) return !over;
        nap();
    }
}

/* The thread of rank 0 that computes. */
static void *compute_here(void *context) {
    struct team *team = context;
    const struct sweep_job *job = team->job;
    struct bound_group bound = {job->topology, &job->placement};
    const struct worker_group workers = bound_group(&bound);
    const struct sweep_sink sink = {keep_own, has_failed, team};
    struct sweep_plan plan = job->plan;
    struct error err = {0};
    size_t *todo = malloc((job->plan.count + 1) * sizeof *todo);
    int bad = todo ? 0 : fail_program(&err, "out of memory for %zu points", job->plan.count);
    plan.todo = todo;
    while (!bad && take_own(team, todo, &plan.count))
        bad = sweep_run(&plan, &workers, &sink, &err);
    free(todo);
    if (bad) {
        pthread_mutex_lock(&team->lock);
        note_failure(team, &err);
        pthread_mutex_unlock(&team->lock);
    }
    return NULL;
}

/* Says that a rank computes no more. */
static void drop(struct team *team, unsigned rank, int status, const char *text) {
    char line[1200];
    const size_t back = team->queue ? sweep_queue_drop(team->queue, rank) : 0;
    if (status == EXIT_DONE) return;
    if (team->status == EXIT_DONE) team->status = status;
    snprintf(line, sizeof line, "rank %u drops out, and %zu points go to others: %.1000s", rank, back, text);
    say(program, line);
}

/* Notes who a rank is, in times.jsonl. */
static int note_rank(struct team *team, unsigned rank, size_t workers, json_t *facts, struct error *err) {
    struct member *member = &team->member[rank];
    member->workers = workers;
    member->first_worker = team->workers;
    team->workers += workers;
    if (facts && (json_put(facts, "rank", json_integer((json_int_t)rank)) != 0 ||
                  json_put(facts, "first_worker", json_integer((json_int_t)member->first_worker)) != 0)) {
        json_decref(facts);
        facts = NULL;
    }
    return sweep_work_began(team->job->work, facts, err);
}

static int take_joining(struct team *team, const struct letter *letter, struct error *err) {
    const unsigned rank = (unsigned)letter->rank;
    if (!team->queue) return 0;
    if (letter->head.number == team->hash)
        return note_rank(team, rank, (size_t)letter->head.worker, json_loadb(letter->text, letter->length, 0, NULL),
                         err);
    team->member[rank].refused = true;
    drop(team, rank, EXIT_BAD_INPUT, "its options or its rows are others than those of rank 0");
    return 0;
}

static int take_point(struct team *team, const struct letter *letter, struct error *err) {
    const unsigned rank = (unsigned)letter->rank;
    const struct point_run run = {team->member[rank].first_worker + (size_t)letter->head.worker, letter->head.seconds};
    struct point_result result;
    struct error why;
    if (point_read(&result, &team->job->head.rules, (struct span){letter->text, letter->length}, &why) != 0)
        return fail_program(err, "rank %u sent what is no point: %.900s", rank, why.text);
    int bad = keep(team, rank, &result, &run, err);
    free(result.fold);
    return bad;
}

static int take_letter(struct team *team, const MPI_Status *status, struct error *err) {
    struct letter letter;
    int bad = read_letter(&letter, status, err);
    if (bad) return bad;
    struct member *member = &team->member[letter.rank];
    if (letter.tag == TAG_JOINS) bad = take_joining(team, &letter, err);
    if (letter.tag == TAG_POINT && !team->failed) bad = take_point(team, &letter, err);
    if (letter.tag == TAG_ASKS) member->asks = true;
    if (letter.tag == TAG_LEAVES) {
        member->gone = true;
        if (team->queue) drop(team, (unsigned)letter.rank, (int)letter.head.number, letter.text);
    }
    free(letter.text);
    return bad;
}

/* Answers a rank that asks, if there is an answer: points, or that there are none. */
static int answer(struct team *team, unsigned rank, uint64_t *numbers, size_t *point) {
    struct member *member = &team->member[rank];
    size_t count = 0;
    const bool end = member->refused || is_over(team);
    if (!member->asks) return 0;
    if (!end) count = sweep_queue_take(team->queue, rank, team->ranks, member->workers, point);
    if (!end && count == 0) return 0;
    numbers[0] = team->job->plan.group;
    for (size_t i = 0; i < count; i++)
        numbers[i + 1] = point[i];
    member->asks = false;
    member->gone = end;
    return MPI_Send(numbers, (int)count + 1, MPI_UINT64_T, (int)rank, TAG_TASKS, MPI_COMM_WORLD);
}

/* Reads letters and answers them until every other rank has gone. */
static void serve(struct team *team) {
    const size_t room = team->job->plan.count + 1;
    uint64_t *numbers = malloc(room * sizeof *numbers);
    size_t *point = malloc(room * sizeof *point);
    if (!numbers || !point) give_up();
    for (unsigned there = team->ranks - 1; there > 0;) {
        MPI_Status status;
        struct error err;
        const bool come = has_come(MPI_ANY_SOURCE, &status);
        if (!come) nap();
        pthread_mutex_lock(&team->lock);
        if (come && take_letter(team, &status, &err) != 0) note_failure(team, &err);
        there = 0;
        for (unsigned rank = 1; rank < team->ranks; rank++) {
            answer(team, rank, numbers, point);
            there += !team->member[rank].gone;
        }
        pthread_mutex_unlock(&team->lock);
    }
    free(numbers);
    free(point);
}

/* What rank 0 needs before points can be handed out. Leaves team->queue NULL where nothing is left to do. */
static int open_team(struct team *team, struct progress_sink *step, struct error *err) {
    struct sweep_job *job = team->job;
    if (sweep_load(job, err) != 0 || sweep_open(job, err) != 0) return -1;
    team->hash = sweep_head_hash(job->head.json);
    if (job->plan.count == 0) return 0;
    if (sweep_choose_group(job, err) != 0 || sweep_place_rows(job, err) != 0) return -1;
    if (note_rank(team, 0, job->placement.count, sweep_facts(job), err) != 0) return -1;
    team->sink = sweep_work_sink(job->work, NULL, step);
    team->queue = sweep_queue_new(job->plan.todo, job->plan.count, job->head.grid.points, err);
    return team->queue ? 0 : -1;
}

static void compute(struct team *team) {
    pthread_t thread;
    const bool works = team->queue && !team->failed;
    if (works && pthread_create(&thread, NULL, compute_here, team) != 0) {
        struct error err;
        fail_program(&err, "no thread can be made for the workers of rank 0");
        note_failure(team, &err);
        serve(team);
        return;
    }
    serve(team);
    if (works) pthread_join(thread, NULL);
}

/* Returns the exit status, or -1 with the reason. */
static int lead(struct sweep_job *job, unsigned ranks, struct error *err) {
    struct progress progress;
    struct progress_sink step = {progress_step, &progress};
    struct team team = {.job = job, .ranks = ranks, .err = err, .lock = PTHREAD_MUTEX_INITIALIZER};
    team.member = calloc(ranks, sizeof *team.member);
    if (!team.member) give_up();
    progress_begin(&progress, "sweeping");
    team.failed = open_team(&team, &step, err) != 0;
    stopping_begin();
    compute(&team);
    progress_end(&progress);
    sweep_queue_free(team.queue);
    free(team.member);
    if (team.failed) return -1;
    if (stopping()) {
        sweep_say_kept(job, program);
        return EXIT_DONE;
    }
    if (sweep_work_finish(job->work, err) != 0) return -1;
    int status = sweep_conclude_whole(job, err);
    return status == EXIT_DONE ? team.status : status;
}

/* ---- The program */

static error_t parse(int key, char *value __attribute__((unused)), struct argp_state *state) {
    if (key == ARGP_KEY_INIT) state->child_inputs[0] = state->input;
    if (key == ARGP_KEY_END) return sweep_options_check(state->input);
    return key == ARGP_KEY_INIT ? 0 : ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {{&sweep_argp, 0, NULL, 0}, {0}};
static const struct argp argp = {
    NULL,
    parse,
    NULL,
    "sgdmark sweep on all ranks of an MPI job: rank 0 hands out the points and gathers them in the files that sgdmark "
    "sweep writes, to the byte. Finished points are kept at once: after an interrupt, or after a rank was killed and "
    "the job ended, the same command goes on, with any number of ranks. A rank that fails by itself gives its points "
    "back.\v"
    "Examples:\n"
    "  mpirun --map-by ppr:1:node --bind-to none sgdmark-mpi --vary order-seed=0..99999 --out DIR\n"
    "  salloc -N16 mpirun --map-by ppr:1:node --bind-to none sgdmark-mpi --vary seed=0..999 --out DIR\n",
    children,
    NULL,
    NULL};

/* Joins MPI's world. Returns 0, or -1 with the reason. */
static int join_world(const struct launcher *launcher, int *rank, int *ranks, struct error *err) {
    int level = 0;
    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, ranks);
    if (level < MPI_THREAD_SERIALIZED) return fail(err, "this MPI cannot be called from several threads in turn");
    return launcher_check_world(launcher, (unsigned)*ranks, err);
}

static int sweep_over_ranks(struct sweep_job *job, struct error *err) {
    int rank = 0, ranks = 1;
    if (launcher_find(&job->launcher, err) != 0) return -1;
    int status = join_world(&job->launcher, &rank, &ranks, err);
    if (status == 0) status = rank == 0 ? lead(job, (unsigned)ranks, err) : follow(job);
    MPI_Finalize();
    return status;
}

struct arguments {
    int argc;
    char **argv;
};

static int run(void *context) {
    const struct arguments *arguments = context;
    char name[sizeof program];
    struct error err = {0};
    struct sweep_options options = {0};
    memcpy(name, program, sizeof name);
    arguments->argv[0] = name;
    interrupt_begin(name);
    grid_init(&options.grid);
    int status = take_arguments(&argp, arguments->argc, arguments->argv, &options, &err);
    if (status == 0) {
        struct sweep_job job = {.options = &options, .argc = arguments->argc, .argv = arguments->argv, .share = {1, 1}};
        status = sweep_over_ranks(&job, &err);
        sweep_close(&job);
    } else if (status > 0) {
        status = EXIT_DONE; /* --help */
    }
    grid_free(&options.grid);
    stopping_end();
    if (file_note()) say(name, file_note());
    return status < 0 ? report_error(name, &err) : check_output(status);
}

int main(int argc, char **argv) {
    struct arguments arguments = {argc, argv};
    keep_standard_streams();
    ignore_file_limit();
    return run_with_stack(run, &arguments);
}
