/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include "base/target.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* The temporary file of the write that is going on, for the signal handler. Signals are held back while the two
 * disagree with the disk. */
static char unfinished[PATH_MAX];
static volatile sig_atomic_t is_unfinished;
static volatile sig_atomic_t written;

static char note[PATH_MAX + 256];

const char *file_note(void) {
    return note[0] ? note : NULL;
}

void discard_unfinished_file(void) {
    if (is_unfinished) unlink(unfinished);
}

int files_written(void) {
    return written;
}

static void hold_signals(sigset_t *before) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, before);
}

static void release_signals(const sigset_t *before) {
    const int why = errno;
    pthread_sigmask(SIG_SETMASK, before, NULL);
    errno = why;
}

/* Returns 0, or -1 with errno. */
static int write_all(int fd, const struct span *pieces, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *at = pieces[i].bytes;
        size_t left = pieces[i].length;
        while (left > 0) {
            ssize_t done = write(fd, at, left);
            if (done < 0 && errno == EINTR) continue;
            if (done < 0 && errno == EAGAIN) { /* a pipe that does not wait by itself */
                struct pollfd room = {.fd = fd, .events = POLLOUT};
                poll(&room, 1, -1);
                continue;
            }
            if (done < 0) return -1;
            at += done;
            left -= (size_t)done;
        }
    }
    return 0;
}

/* fsync. File systems that cannot, and sandboxes that forbid it, cost a note; what says that bytes are lost is an
 * error: -1 with errno. */
static int sync_file(int fd, const char *path) {
    if (fsync(fd) == 0) return 0;
    if (errno == EIO || errno == ENOSPC || errno == EDQUOT) return -1;
    snprintf(note, sizeof note, "%s: is written, but the system does not say when it is on the disk (fsync: %s)", path,
             strerror(errno));
    return 0;
}

/* Closes the file after a write with this outcome (0, or -1 with errno). Returns 0, or -1 with the first errno. */
static int close_after(int fd, int bad) {
    const int why = errno;
    if (close(fd) == 0 || bad) {
        errno = why;
        return bad;
    }
    return -1;
}

/* ---- A new file in the place of another. */

/* Creates a temporary file beside the path; no mode is wider than that of the file that it is to replace. Returns its
 * descriptor, or -1 with errno. */
static int open_beside(const struct target *target) {
    enum { ENDING = 11 }; /* ".123456.tmp" */
    static unsigned serial;
    const mode_t mode = target->kind == TARGET_FILE ? target->info.st_mode & 0777 : 0666;
    const char *name = path_name(target->path);
    for (int tries = 0; tries < 1000; tries++) {
        const unsigned number =
            (unsigned)getpid() * 2654435761U + serial++ * 40503U; /* spread out by the golden ratio */
        sigset_t before;
        hold_signals(&before);
        const int length = snprintf(unfinished, sizeof unfinished, "%.*s%.*s.%06x.tmp", (int)(name - target->path),
                                    target->path, NAME_MAX - ENDING, name, number >> 8);
        int fd = -1;
        errno = ENAMETOOLONG;
        if (length > 0 && (size_t)length < sizeof unfinished)
            fd = open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        is_unfinished = fd >= 0;
        release_signals(&before);
        if (fd >= 0 || errno != EEXIST) return fd;
    }
    return -1;
}

static void drop_temporary(void) {
    const int why = errno;
    sigset_t before;
    hold_signals(&before);
    unlink(unfinished);
    is_unfinished = 0;
    release_signals(&before);
    errno = why;
}

/* Gives the temporary file its name; `move` is a function as rename. Returns 0, or -1 with errno and the temporary file
 * as it was. */
static int commit(const char *path, int (*move)(const char *from, const char *to)) {
    sigset_t before;
    hold_signals(&before);
    const int bad = move(unfinished, path);
    if (!bad) {
        is_unfinished = 0;
        written++;
    }
    release_signals(&before);
    return bad;
}

/* Group and permissions of the file that is replaced. Returns 0, or -1 if the system refuses them. */
static int take_over(int fd, const struct target *target) {
    struct stat made;
    if (target->kind != TARGET_FILE) return 0;
    if (fstat(fd, &made) != 0) return -1;
    if (made.st_gid != target->info.st_gid && fchown(fd, (uid_t)-1, target->info.st_gid) != 0) return -1;
    return ((made.st_mode ^ target->info.st_mode) & 07777) == 0 ? 0 : fchmod(fd, target->info.st_mode & 07777);
}

/* How an attempt to write ended; of the last two errno says why. */
enum outcome { DONE, REFUSED /* a new file is not possible there */, FAILED };

/* Makes a temporary file with these bytes. */
static enum outcome fill_temporary(const struct target *target, const struct span *pieces, size_t count) {
    const int fd = open_beside(target);
    if (fd < 0) return REFUSED;
    enum outcome outcome = take_over(fd, target) == 0 ? DONE : REFUSED;
    int bad = outcome == DONE ? write_all(fd, pieces, count) : -1;
    if (!bad) bad = sync_file(fd, target->path);
    if (close_after(fd, bad) == 0) return DONE;
    drop_temporary();
    return outcome == DONE ? FAILED : REFUSED;
}

static enum outcome replace(const struct target *target, const struct span *pieces, size_t count) {
    const enum outcome outcome = fill_temporary(target, pieces, count);
    if (outcome != DONE || commit(target->path, rename) == 0) return outcome;
    drop_temporary();
    return REFUSED;
}

/* ---- A file that stays. */

/* Has it attributes that a new file would lack, such as access control lists? Labels, "security.", come by themselves.
 */
static bool has_attributes(const char *path) {
    char names[4096];
    const ssize_t length = listxattr(path, names, sizeof names);
    if (length < 0) return errno == ERANGE;
    for (const char *name = names; name < names + length; name += strlen(name) + 1)
        if (strncmp(name, "security.", 9) != 0) return true;
    return false;
}

static bool must_stay(const struct target *target) {
    return target->nameless || target->info.st_nlink > 1 || target->info.st_uid != geteuid() ||
           has_attributes(target->path);
}

/* Makes sure that the bytes will fit, as far as the system tells before. Returns 0, or -1 with errno. */
static int reserve(int fd, size_t length) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY && length > limit.rlim_cur) {
        errno = EFBIG;
        return -1;
    }
    if (length == 0 || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)length) == 0) return 0;
    return errno == ENOSPC || errno == EDQUOT ? -1 : 0;
}

static enum outcome write_in_place(const struct target *target, const struct span *pieces, size_t count) {
    sigset_t before;
    size_t length = 0;
    for (size_t i = 0; i < count; i++)
        length += pieces[i].length;
    const int fd = open(target->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return REFUSED;
    hold_signals(&before); /* half of a file in place is worse than a moment's delay */
    int bad = reserve(fd, length);
    if (bad) {
        const int why = errno;
        (void)!ftruncate(fd, target->info.st_size); /* gives back what was reserved */
        errno = why;
    } else {
        bad = write_all(fd, pieces, count);
        if (!bad) bad = ftruncate(fd, (off_t)length);
        if (!bad) bad = sync_file(fd, target->path);
    }
    bad = close_after(fd, bad);
    written += !bad;
    release_signals(&before);
    return bad ? FAILED : DONE;
}

/* ---- Devices, pipes, descriptors. */

/* A pipe whose reader has gone is an error like others, not the end of the program. */
static int write_through(int fd, const struct span *pieces, size_t count) {
    struct sigaction before;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGPIPE, &ignore, &before);
    fflush(NULL); /* the descriptor may be that of a stream */
    const int bad = write_all(fd, pieces, count);
    const int why = errno;
    sigaction(SIGPIPE, &before, NULL);
    written += !bad;
    errno = why;
    return bad;
}

static enum outcome write_device(const struct target *target, const struct span *pieces, size_t count) {
    const int fd = open(target->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return REFUSED;
    return close_after(fd, write_through(fd, pieces, count)) == 0 ? DONE : FAILED;
}

/* ---- All of them. */

static enum outcome write_regular(const struct target *target, const struct span *pieces, size_t count) {
    /* A file that may not be written is not to be replaced either. */
    if (faccessat(AT_FDCWD, target->path, W_OK, AT_EACCESS) != 0) return REFUSED;
    const enum outcome outcome = must_stay(target) ? REFUSED : replace(target, pieces, count);
    return outcome == REFUSED ? write_in_place(target, pieces, count) : outcome;
}

int write_file(const char *path, const struct span *pieces, size_t count, struct error *err) {
    struct target target;
    enum outcome outcome = FAILED;
    if (target_find(&target, path, err) != 0) return -1;
    switch (target.kind) {
    case TARGET_NEW:
        outcome = replace(&target, pieces, count);
        break;
    case TARGET_FILE:
        outcome = write_regular(&target, pieces, count);
        break;
    case TARGET_DEVICE:
        outcome = write_device(&target, pieces, count);
        break;
    case TARGET_DESCRIPTOR:
        outcome = write_through(target.descriptor, pieces, count) == 0 ? DONE : FAILED;
        break;
    }
    if (outcome == DONE) return 0;
    if (outcome == FAILED) return fail(err, "%s: cannot be written: %s", path, strerror(errno));
    return fail(err, "%s: cannot be %s: %s", path, target.kind == TARGET_NEW ? "created" : "opened for writing",
                strerror(errno));
}

/* As rename, but never onto a name that is taken: EEXIST. */
static int rename_to_free(const char *from, const char *to) {
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno == EEXIST) return -1;
    /* A file system, kernel or sandbox without that call: take the name, then replace what is now one's own. */
    const int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return -1;
    close(fd);
    if (rename(from, to) == 0) return 0;
    const int why = errno;
    unlink(to);
    errno = why;
    return -1;
}

int write_new_file(const char *folder, const char *name, const struct span *pieces, size_t count, char where[PATH_MAX],
                   struct error *err) {
    const char *dot = strrchr(name, '.');
    const int stem = (int)(dot ? (size_t)(dot - name) : strlen(name));
    struct target target = {.kind = TARGET_NEW};
    snprintf(where, PATH_MAX, "%s/%s", folder, name);
    snprintf(target.path, sizeof target.path, "%s", where);
    const enum outcome outcome = fill_temporary(&target, pieces, count);
    if (outcome != DONE)
        return fail(err, "%s: cannot be %s: %s", where, outcome == FAILED ? "written" : "created", strerror(errno));
    for (unsigned copy = 2; commit(where, rename_to_free) != 0; copy++) {
        if (errno != EEXIST || copy > 9999) {
            drop_temporary();
            return fail(err, "%s: cannot be created: %s", where, strerror(errno));
        }
        snprintf(where, PATH_MAX, "%s/%.*s-%u%s", folder, stem, name, copy, name + stem);
    }
    return 0;
}

int write_elsewhere(const char *name, const struct span *pieces, size_t count, struct error *err) {
    const char *folders[] = {".", getenv("TMPDIR"), "/tmp"};
    char where[PATH_MAX];
    const struct error why = *err;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (folders[i] && folders[i][0] && write_new_file(folders[i], name, pieces, count, where, NULL) == 0)
            return fail_as(err, ERROR_OUTPUT, "%.400s; it is in %.600s instead", why.text, where);
    return fail_as(err, ERROR_OUTPUT, "%.900s; nor can the current folder, $TMPDIR or /tmp hold it", why.text);
}

int write_output(const char *path, const char *spare, const struct span *pieces, size_t count, struct error *err) {
    struct error why;
    struct target target;
    if (write_file(path, pieces, count, &why) == 0) return 0;
    if (err) *err = why;
    const bool named = target_find(&target, path, NULL) != 0 || target.kind == TARGET_NEW || target.kind == TARGET_FILE;
    const char *name = named && !target.nameless && *path_name(path) ? path_name(path) : spare;
    return write_elsewhere(name, pieces, count, err ? err : &why);
}

int check_writable(const char *path, struct error *err) {
    struct target target;
    int fd = -1;
    bool good = false;
    if (target_find(&target, path, err) != 0) return -1;
    switch (target.kind) {
    case TARGET_NEW:
        fd = open_beside(&target);
        if (fd < 0) return fail(err, "%s: cannot be created: %s", path, strerror(errno));
        close(fd);
        drop_temporary();
        return 0;
    case TARGET_FILE:
        fd = open(target.path, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
        good = fd >= 0;
        if (good) close(fd);
        break;
    case TARGET_DEVICE: /* opening a pipe would wait for its reader, or end what that one reads */
        good = faccessat(AT_FDCWD, target.path, W_OK, AT_EACCESS) == 0;
        break;
    case TARGET_DESCRIPTOR:
        good = (fcntl(target.descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
        errno = EBADF;
        break;
    }
    return good ? 0 : fail(err, "%s: cannot be opened for writing: %s", path, strerror(errno));
}
