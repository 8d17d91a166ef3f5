/* SPDX-License-Identifier: MIT */
#include "record/launches.h"

#include "base/json.h"
#include "measure/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char epoch_prefix[] = "epoch/";

/* The median of one case in each launch. */
struct medians {
    const char *name;
    double seconds[LAUNCHES];
    double spread; /* (largest - smallest) / median of the medians */
};

/* The arguments of this run, then the child's overrides: of an option that is given twice, the last one counts. */
static char **child_arguments(int argc, char *const *argv) {
    static char *const overrides[] = {"--quick", "--place", "core", "--json", "-", NULL};
    char **arguments = calloc((size_t)argc + 1 + sizeof overrides / sizeof *overrides, sizeof *arguments);
    if (!arguments) return NULL;
    size_t count = 0;
    arguments[count++] = "sgdmark";
    arguments[count++] = "run";
    for (int i = 1; i < argc; i++)
        arguments[count++] = argv[i];
    for (size_t i = 0; overrides[i]; i++)
        arguments[count++] = overrides[i];
    return arguments;
}

static _Noreturn void exec_child(char *const *arguments, int output) {
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* the child ends when this run does */
    if (dup2(output, STDOUT_FILENO) >= 0) execv("/proc/self/exe", arguments);
    _exit(127);
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

static int launch_child(struct result_file *file, char *const *arguments, struct error *err) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return fail(err, "a launch: cannot make a pipe: %s", strerror(errno));
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) exec_child(arguments, ends[1]);
    close(ends[1]);
    size_t length = 0;
    char *bytes = child > 0 ? read_all(ends[0], &length) : NULL;
    close(ends[0]);
    if (child < 0) return fail(err, "a launch: cannot start a process: %s", strerror(errno));
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    int bad;
    if (!bytes)
        bad = fail_program(err, "a launch: out of memory");
    else if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
        bad = fail(err, "a launch of %s ended with status %d", arguments[0], status);
    else
        bad = result_parse(file, "a launch", bytes, length, err);
    free(bytes);
    return bad;
}

int launches_make(struct launches *launches, int argc, char *const *argv, struct error *err) {
    *launches = (struct launches){0};
    char **arguments = child_arguments(argc, argv);
    if (!arguments) return fail_program(err, "out of memory");
    int bad = 0;
    for (int i = 0; i < LAUNCHES && !bad; i++)
        bad = launch_child(&launches->file[i], arguments, err);
    free(arguments);
    if (bad) launches_free(launches);
    return bad;
}

void launches_free(struct launches *launches) {
    for (int i = 0; i < LAUNCHES; i++)
        if (launches->file[i].root) result_unload(&launches->file[i]);
    *launches = (struct launches){0};
}

/* Fills in the medians of series `at` of the first launch. False if it is no epoch, or some launch lacks it. */
static bool medians_of(struct medians *medians, const struct launches *launches, size_t at) {
    medians->name = launches->file[0].series[at].name;
    if (strncmp(medians->name, epoch_prefix, strlen(epoch_prefix)) != 0) return false;
    struct summary s;
    for (int i = 0; i < LAUNCHES; i++) {
        const struct series *series = find_series(&launches->file[i], medians->name);
        if (!series || summarize(&s, series->seconds, series->n, NULL) != 0) return false;
        medians->seconds[i] = s.median;
    }
    if (summarize(&s, medians->seconds, LAUNCHES, NULL) != 0) return false;
    medians->spread = (s.max - s.min) / s.median;
    return true;
}

json_t *launches_json(const struct launches *launches) {
    json_t *list = json_array();
    struct medians medians;
    for (size_t at = 0; at < launches->file[0].count; at++) {
        if (!medians_of(&medians, launches, at)) continue;
        json_t *seconds = json_array();
        for (int i = 0; i < LAUNCHES; i++)
            json_array_append_new(seconds, json_number(medians.seconds[i]));
        json_array_append_new(list, json_pack("{s:s, s:o, s:o}", "name", medians.name, "median_seconds", seconds,
                                              "spread", json_number(medians.spread)));
    }
    return list;
}
