/* SPDX-License-Identifier: MIT */
#include "machine/perf_control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, NONE = -1 };

static struct connection {
    bool open, inside, failed;
    int control, ack;   /* descriptors */
    bool own;           /* they are ours to close */
    const char *name;   /* of the case to count; NULL: all */
    unsigned counted;   /* regions */
    struct error fault; /* the first */
} perf = {.control = NONE, .ack = NONE};

/* The two halves of the text behind `kind`: copies the first, points at the second. NULL: the text has another form. */
static const char *split(const char *text, const char *kind, char *first, size_t size) {
    const size_t length = strlen(kind);
    const char *comma = strchr(text, ',');
    if (strncmp(text, kind, length) != 0 || !comma || comma[1] == 0 || strchr(comma + 1, ',')) return NULL;
    const size_t half = (size_t)(comma - text) - length;
    if (half == 0 || half >= size) return NULL;
    memcpy(first, text + length, half);
    first[half] = 0;
    return comma + 1;
}

/* A descriptor that is open, and not one of the standard three; -1 otherwise. */
static int descriptor(const char *text) {
    char *end;
    errno = 0;
    const long fd = strtol(text, &end, 10);
    if (errno != 0 || *end || text[0] < '0' || text[0] > '9' || fd <= STDERR_FILENO || fd > 1000000) return NONE;
    return fcntl((int)fd, F_GETFD) < 0 ? NONE : (int)fd;
}

static int check_fifo(const char *path, struct error *err) {
    struct stat found;
    if (stat(path, &found) != 0) return fail(err, "--perf-ctl: %.200s: %s", path, strerror(errno));
    if (!S_ISFIFO(found.st_mode)) return fail(err, "--perf-ctl: %.200s: is no FIFO (mkfifo makes one)", path);
    return 0;
}

static int bad_descriptor(const char *text, struct error *err) {
    return fail(err, "--perf-ctl: '%.40s' is no open descriptor above 2", text);
}

int perf_control_check(const char *text, struct error *err) {
    char first[4096];
    const char *second = split(text, "fd:", first, sizeof first);
    if (second) {
        if (descriptor(first) == NONE) return bad_descriptor(first, err);
        return descriptor(second) == NONE ? bad_descriptor(second, err) : 0;
    }
    second = split(text, "fifo:", first, sizeof first);
    if (!second)
        return fail(
            err, "--perf-ctl: '%.200s' is neither fd:CONTROL,ACK nor fifo:CONTROL,ACK, as perf --control has it", text);
    return check_fifo(first, err) != 0 ? -1 : check_fifo(second, err);
}

static int open_fifos(const char *control, const char *ack, struct error *err) {
    perf.own = true;
    perf.ack = open(ack, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (perf.ack < 0) return fail(err, "--perf-ctl: %.200s: %s", ack, strerror(errno));
    perf.control = open(control, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (perf.control >= 0) return 0;
    return errno == ENXIO ? fail(err, "--perf-ctl: %.200s: no perf listens to it", control)
                          : fail(err, "--perf-ctl: %.200s: %s", control, strerror(errno));
}

static void disconnect(void) {
    if (perf.own && perf.control >= 0) close(perf.control);
    if (perf.own && perf.ack >= 0) close(perf.ack);
    perf = (struct connection){.control = NONE, .ack = NONE};
}

int perf_control_open(const char *text, const char *name, struct error *err) {
    char first[4096];
    if (perf_control_check(text, err) != 0) return -1;
    perf = (struct connection){.name = name, .control = NONE, .ack = NONE};
    const char *second = split(text, "fd:", first, sizeof first);
    if (second) {
        perf.control = descriptor(first);
        perf.ack = descriptor(second);
    } else {
        second = split(text, "fifo:", first, sizeof first);
        if (open_fifos(first, second, err) != 0) {
            disconnect();
            return -1;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    perf.open = true;
    return 0;
}

/* Reads perf's answer: "ack" and a newline, and in some versions a NUL, which may come late. */
static int await_answer(void) {
    static const char wanted[] = "ack\n";
    size_t seen = 0;
    while (wanted[seen]) {
        struct pollfd ready = {.fd = perf.ack, .events = POLLIN};
        char byte;
        const int polled = poll(&ready, 1, PATIENCE_MS);
        if (polled < 0 && errno == EINTR) continue;
        if (polled == 0) return fail(&perf.fault, "--perf-ctl: perf did not answer in %d s", PATIENCE_MS / 1000);
        const ssize_t got = read(perf.ack, &byte, 1);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got <= 0) return fail(&perf.fault, "--perf-ctl: perf has ended");
        if (byte == 0 && seen == 0) continue;
        if (byte != wanted[seen++]) return fail(&perf.fault, "--perf-ctl: what answers is no perf");
    }
    return 0;
}

static void tell(const char *command) {
    if (!perf.open || perf.failed) return;
    const size_t length = strlen(command);
    ssize_t written;
    do
        written = write(perf.control, command, length);
    while (written < 0 && errno == EINTR);
    if (written == (ssize_t)length)
        perf.failed = await_answer() != 0;
    else
        perf.failed = fail(&perf.fault, "--perf-ctl: perf cannot be told: %s",
                           written < 0 ? strerror(errno) : "it takes no more") != 0;
}

void perf_control_enter(const char *name) {
    if (!perf.open || perf.inside) return;
    if (perf.name && (!name || strcmp(name, perf.name) != 0)) return;
    perf.inside = true;
    perf.counted++;
    tell("enable\n");
}

void perf_control_leave(void) {
    if (perf.inside) tell("disable\n");
    perf.inside = false;
}

int perf_control_close(struct error *err) {
    int bad = 0;
    if (perf.open && perf.failed)
        bad = fail(err, "%.500s", perf.fault.text);
    else if (perf.open && perf.counted == 0)
        bad = fail(err, "--perf-ctl: nothing was counted: %s%.200s",
                   perf.name ? "no case is called " : "nothing was timed", perf.name ? perf.name : "");
    disconnect();
    return bad;
}
