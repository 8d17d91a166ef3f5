/* SPDX-License-Identifier: MIT */
/* Files are written whole or not at all, to where a path leads; numbers are printed so that they read back equal. */
#include "base/file.h"
#include "base/json.h"
#include "base/target.h"
#include "data/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/sgdmark-file-XXXXXX";
static char path[64], other[64];

/* What the system refuses, as errno; 0: nothing. And what is called in fsync, in the middle of a write. */
static struct {
    int fsync, fchmod, rename, renameat2;
    void (*in_fsync)(void);
} refused;

static struct { bool in_open, in_rename, in_fsync; } signals_held;

static bool are_signals_held(void) {
    sigset_t now;
    return sigprocmask(SIG_BLOCK, NULL, &now) == 0 && sigismember(&now, SIGTERM) && sigismember(&now, SIGINT);
}

int open(const char *name, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
    va_end(more);
    if (flags & O_EXCL) signals_held.in_open = are_signals_held();
    return (int)syscall(SYS_openat, AT_FDCWD, name, flags, mode);
}

int fsync(int fd) {
    if (refused.in_fsync) refused.in_fsync();
    errno = refused.fsync;
    return refused.fsync ? -1 : (int)syscall(SYS_fsync, fd);
}

int fchmod(int fd, mode_t mode) {
    errno = refused.fchmod;
    return refused.fchmod ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int rename(const char *from, const char *to) {
    signals_held.in_rename = are_signals_held();
    errno = refused.rename;
    return refused.rename ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    errno = refused.renameat2;
    return refused.renameat2 ? -1 : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

static int enter(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(other, sizeof other, "%s/other", folder);
    signal(SIGXFSZ, SIG_IGN);
    return 0;
}

/* Removes what a test has made. */
static int clear(void **state) {
    (void)state;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
    closedir(dir);
    memset(&refused, 0, sizeof refused);
    return 0;
}

static int leave(void **state) {
    (void)state;
    return rmdir(folder);
}

static size_t entries(void) {
    DIR *dir = opendir(folder);
    size_t count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

static int put_to(const char *to, const char *text, struct error *err) {
    struct span pieces[] = {{text, strlen(text) / 2}, {text + strlen(text) / 2, strlen(text) - strlen(text) / 2}};
    return write_file(to, pieces, 2, err);
}

static int put(const char *text) {
    return put_to(path, text, NULL);
}

static void assert_holds_at(const char *at, const char *text) {
    char got[64] = "";
    FILE *file = fopen(at, "r");
    assert_non_null(file);
    size_t length = fread(got, 1, sizeof got - 1, file);
    fclose(file);
    assert_int_equal(length, strlen(text));
    assert_string_equal(got, text);
}

static void assert_holds(const char *text) {
    assert_holds_at(path, text);
}

static struct stat facts_of(const char *at) {
    struct stat info;
    assert_int_equal(lstat(at, &info), 0);
    return info;
}

/* The refusal names the path and says this. */
static void assert_refused(const char *at, const char *why) {
    struct error err = {.text = ""};
    assert_int_equal(put_to(at, "new", &err), -1);
    if (!strstr(err.text, at) || !strstr(err.text, why)) fail_msg("'%s' does not say %s: %s", err.text, at, why);
}

static void pieces_are_joined(void **state) {
    (void)state;
    assert_int_equal(put("one two three"), 0);
    assert_holds("one two three");
    assert_int_equal(put("shorter"), 0);
    assert_holds("shorter");
    assert_int_equal(entries(), 1);
}

static void permissions_follow_the_mask(void **state) {
    (void)state;
    mode_t before = umask(027);
    assert_int_equal(put("x"), 0);
    umask(before);
    assert_int_equal(facts_of(path).st_mode & 0777, 0640);
}

/* Those of a file that is replaced are kept, whatever the mask. */
static void permissions_are_kept(void **state) {
    (void)state;
    static const mode_t modes[] = {0600, 0666, 0754, 0620};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(put("old"), 0);
        assert_int_equal(chmod(path, modes[i]), 0);
        ino_t before = facts_of(path).st_ino;
        assert_int_equal(put("new content"), 0);
        assert_holds("new content");
        assert_int_equal(facts_of(path).st_mode & 07777, modes[i]);
        assert_true(facts_of(path).st_ino != before);
    }
    /* Where the system refuses to set them, the file is written in place. */
    refused.fchmod = EPERM;
    assert_int_equal(chmod(path, 0666), 0);
    ino_t before = facts_of(path).st_ino;
    assert_int_equal(put("newer"), 0);
    assert_holds("newer");
    assert_int_equal(facts_of(path).st_mode & 07777, 0666);
    assert_true(facts_of(path).st_ino == before);
    assert_int_equal(entries(), 1);
}

/* At any moment either the old or the new content stands there: the new one is another file, put in its place. */
static void a_file_is_replaced_not_rewritten(void **state) {
    (void)state;
    assert_int_equal(put("old"), 0);
    FILE *old = fopen(path, "r");
    assert_int_equal(put("new content"), 0);
    char got[16] = "";
    assert_int_equal(fread(got, 1, sizeof got - 1, old), 3);
    fclose(old);
    assert_string_equal(got, "old");
    assert_holds("new content");
}

/* write_file with the size of files limited to 1000 bytes; 64 KiB are to be written. */
static int put_too_much(struct error *err) {
    static char large[64 * 1024];
    struct span piece = {large, sizeof large};
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000; /* the write of 64 KiB stops there, and the next one fails */
    setrlimit(RLIMIT_FSIZE, &small);
    int bad = write_file(path, &piece, 1, err);
    setrlimit(RLIMIT_FSIZE, &before);
    return bad;
}

static void half_a_file_is_not_left(void **state) {
    (void)state;
    struct error err = {.text = ""};
    assert_int_equal(put("old"), 0);
    assert_int_equal(put_too_much(&err), -1);
    assert_non_null(strstr(err.text, path));
    assert_holds("old");
    assert_int_equal(entries(), 1);
    assert_int_equal(link(path, other), 0); /* now it is written in place */
    assert_int_equal(put_too_much(&err), -1);
    assert_non_null(strstr(err.text, "File too large"));
    assert_holds("old");
    assert_int_equal(entries(), 2);
}

static void places_that_take_no_file(void **state) {
    (void)state;
    char below[80], loop[80];
    snprintf(below, sizeof below, "%s/below", path);
    snprintf(loop, sizeof loop, "%s/loop", folder);
    assert_refused(folder, "is a folder");
    assert_refused("/no/such/folder/file", "cannot be created");
    assert_refused("/dev/full", "No space left");
    assert_int_equal(put_to("/dev/null", "x", NULL), 0);
    assert_int_equal(put("old"), 0);
    assert_refused(below, "Not a directory");
    assert_int_equal(symlink("loop", loop), 0);
    assert_refused(loop, "links");
    assert_int_equal(check_writable(loop, NULL), -1);
    assert_int_equal(symlink("/no/such/file", other), 0);
    assert_refused(other, "cannot be created");
    assert_int_equal(check_writable(other, NULL), -1);
    assert_refused("/dev/fd/987", "cannot be created");
    assert_int_equal(check_writable("/dev/fd/987", NULL), -1);
}

static void a_link_is_followed_and_kept(void **state) {
    (void)state;
    char second[80];
    snprintf(second, sizeof second, "%s/second", folder);
    assert_int_equal(put("old"), 0);
    assert_int_equal(symlink("file", other), 0);
    assert_int_equal(symlink(other, second), 0);
    assert_int_equal(check_writable(second, NULL), 0);
    assert_int_equal(put_to(second, "new", NULL), 0);
    assert_holds("new");
    assert_true(S_ISLNK(facts_of(other).st_mode) && S_ISLNK(facts_of(second).st_mode));
    assert_true(S_ISREG(facts_of(path).st_mode));
    unlink(path); /* a link that leads to no file yet */
    assert_int_equal(check_writable(second, NULL), 0);
    assert_int_equal(put_to(second, "newer", NULL), 0);
    assert_holds("newer");
    assert_true(S_ISLNK(facts_of(other).st_mode) && S_ISLNK(facts_of(second).st_mode));
    assert_int_equal(entries(), 3);
}

static void a_hard_link_is_kept(void **state) {
    (void)state;
    assert_int_equal(put("old content"), 0);
    assert_int_equal(link(path, other), 0);
    assert_int_equal(put("new"), 0);
    assert_holds("new");
    assert_holds_at(other, "new");
    assert_int_equal(facts_of(path).st_nlink, 2);
    assert_int_equal(entries(), 2);
}

static void attributes_are_kept(void **state) {
    (void)state;
    char value[8];
    assert_int_equal(put("old content"), 0);
    if (setxattr(path, "user.who", "me", 2, 0) != 0) skip(); /* no such file system */
    assert_int_equal(put("new"), 0);
    assert_holds("new");
    assert_int_equal(getxattr(path, "user.who", value, sizeof value), 2);
}

static void an_owner_is_kept(void **state) {
    (void)state;
    if (geteuid() != 0) skip();
    assert_int_equal(put("old content"), 0);
    assert_int_equal(chown(path, 12345, 12346), 0);
    assert_int_equal(put("new"), 0);
    assert_holds("new");
    assert_int_equal(facts_of(path).st_uid, 12345);
    assert_int_equal(facts_of(path).st_gid, 12346);
    assert_int_equal(chown(path, 0, 12346), 0); /* another group alone */
    assert_int_equal(put("newer"), 0);
    assert_int_equal(facts_of(path).st_gid, 12346);
    assert_int_equal(entries(), 1);
}

/* Gives up root's rights over files, if we have them, until the second call. */
static void as_nobody(bool nobody) {
    if (getuid() == 0) assert_int_equal(seteuid(nobody ? 65534 : 0), 0);
}

static void a_file_in_a_folder_that_is_not_writable(void **state) {
    (void)state;
    assert_int_equal(put("old content"), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    as_nobody(true);
    int checked = check_writable(path, NULL), bad = put("new"), new_checked = check_writable(other, NULL);
    int new_bad = put_to(other, "new", NULL);
    as_nobody(false);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(checked, 0);
    assert_int_equal(bad, 0);
    assert_holds("new");
    assert_int_equal(new_checked, -1);
    assert_int_equal(new_bad, -1);
    assert_int_equal(entries(), 1);
}

/* The owner took the right to write away: to replace the file would go behind his back. */
static void a_file_that_is_not_writable(void **state) {
    (void)state;
    struct error err = {.text = ""};
    assert_int_equal(put("old"), 0);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    if (getuid() == 0) assert_int_equal(chown(path, 65534, (gid_t)-1), 0);
    as_nobody(true);
    int checked = check_writable(path, NULL), bad = put_to(path, "new", &err);
    as_nobody(false);
    assert_int_equal(checked, -1);
    assert_int_equal(bad, -1);
    assert_non_null(strstr(err.text, "Permission denied"));
    assert_holds("old");
    assert_int_equal(entries(), 1);
}

/* Mounted files, and other reasons to refuse that a file is replaced. */
static void a_file_that_the_system_keeps(void **state) {
    (void)state;
    static const int reasons[] = {EBUSY, EXDEV, EPERM, EACCES};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        refused.rename = 0;
        assert_int_equal(put("old content"), 0);
        ino_t before = facts_of(path).st_ino;
        refused.rename = reasons[i];
        assert_int_equal(check_writable(path, NULL), 0);
        assert_int_equal(put("new"), 0);
        assert_holds("new");
        assert_true(facts_of(path).st_ino == before);
        assert_int_equal(entries(), 1);
    }
}

static void a_sync_that_is_refused_is_a_note(void **state) {
    (void)state;
    static const int losses[] = {EIO, ENOSPC, EDQUOT};
    assert_int_equal(put("old"), 0);
    assert_null(file_note());
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++) {
        refused.fsync = losses[i];
        assert_refused(path, "cannot be written");
        assert_holds("old");
    }
    assert_null(file_note());
    refused.fsync = EPERM;
    assert_int_equal(put("new"), 0);
    assert_holds("new");
    assert_non_null(file_note());
    assert_non_null(strstr(file_note(), "fsync: Operation not permitted"));
    assert_int_equal(entries(), 1);
}

/* An open descriptor, by all its names. */
static void a_descriptor_is_written_through(void **state) {
    (void)state;
    static const char *const names[] = {"/dev/fd/%d", "/proc/self/fd/%d", "/proc/thread-self/fd/%d",
                                        "/proc/%2$d/fd/%1$d"};
    int fd = open(path, O_RDWR | O_CREAT, 0666);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "begin ", 6), 6);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        snprintf(name, sizeof name, names[i], fd, (int)getpid());
        assert_int_equal(check_writable(name, NULL), 0);
        assert_int_equal(put_to(name, "more ", NULL), 0);
    }
    assert_holds("begin more more more more ");
    assert_int_equal(entries(), 1);
    char name[64];
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    assert_int_equal(symlink(name, other), 0); /* as /dev/stdout is one */
    assert_int_equal(put_to(other, "end", NULL), 0);
    assert_holds("begin more more more more end");
    unlink(path); /* the file has no name any more */
    assert_int_equal(check_writable(other, NULL), 0);
    assert_int_equal(put_to(other, "!", NULL), 0);
    char got[64] = "";
    assert_int_equal(pread(fd, got, sizeof got - 1, 0), 30);
    assert_string_equal(got, "begin more more more more end!");
    assert_int_equal(entries(), 1);
    close(fd);
    fd = open("/dev/null", O_RDONLY);
    snprintf(name, sizeof name, "/dev/fd/%d", fd);
    assert_int_equal(check_writable(name, NULL), -1);
    assert_refused(name, "Bad file descriptor");
    close(fd);
}

/* A file that is open in another process is written there. */
static void a_descriptor_of_another_process(void **state) {
    (void)state;
    int ready[2];
    char byte, name[64];
    assert_int_equal(put("old content"), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = dup2(open(path, O_RDWR), 77);
        _exit(fd < 0 || write(ready[1], "x", 1) != 1 || pause());
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    ino_t before = facts_of(path).st_ino;
    snprintf(name, sizeof name, "/proc/%d/fd/77", (int)child);
    int checked = check_writable(name, NULL), bad = put_to(name, "new", NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    assert_int_equal(checked, 0);
    assert_int_equal(bad, 0);
    assert_holds("new");
    assert_true(facts_of(path).st_ino == before);
    assert_int_equal(entries(), 1);
}

static void a_pipe_is_written_through(void **state) {
    (void)state;
    assert_int_equal(mkfifo(path, 0666), 0);
    pid_t child = fork();
    if (child == 0) {
        char got[16] = "";
        int fd = open(path, O_RDONLY);
        _exit(read(fd, got, sizeof got) != 5 || memcmp(got, "a", 1) != 0);
    }
    int status = -1, checked = check_writable(path, NULL);
    assert_int_equal(checked, 0);
    struct span piece = {"abcde", 5};
    assert_int_equal(write_file(path, &piece, 1, NULL), 0);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(S_ISFIFO(facts_of(path).st_mode));
    assert_int_equal(entries(), 1);
    /* A reader that goes is an error, and does not end the program. */
    int ends[2];
    char name[64];
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[1]);
    assert_refused(name, "Broken pipe");
    close(ends[1]);
}

static void names_may_be_long(void **state) {
    (void)state;
    char name[NAME_MAX + 1], at[PATH_MAX];
    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = 0;
    snprintf(at, sizeof at, "%s/%s", folder, name);
    assert_int_equal(put_to(at, "x", NULL), 0);
    assert_holds_at(at, "x");
    assert_int_equal(entries(), 1);
    char *endless = malloc(2 * PATH_MAX);
    memset(endless, 'n', 2 * PATH_MAX);
    endless[2 * PATH_MAX - 1] = 0;
    assert_int_equal(put_to(endless, "x", NULL), -1);
    free(endless);
}

static void a_new_file_replaces_none(void **state) {
    (void)state;
    static const int ways[] = {0, EINVAL, ENOSYS, EPERM};
    static const char *const names[] = {"file.json", "file-2.json", "file-3.json", "file-4.json"};
    char where[PATH_MAX], want[80];
    for (size_t i = 0; i < 4; i++) {
        refused.renameat2 = ways[i];
        struct span piece = {names[i], strlen(names[i])};
        assert_int_equal(write_new_file(folder, "file.json", &piece, 1, where, NULL), 0);
        snprintf(want, sizeof want, "%s/%s", folder, names[i]);
        assert_string_equal(where, want);
    }
    for (size_t i = 0; i < 4; i++) {
        snprintf(want, sizeof want, "%s/%s", folder, names[i]);
        assert_holds_at(want, names[i]);
    }
    assert_int_equal(entries(), 4);
}

/* What cannot be written where it should goes to the current folder, then to $TMPDIR, and replaces nothing there. */
static void work_is_not_thrown_away(void **state) {
    (void)state;
    struct error err = {.text = ""};
    struct span piece = {"work", 4};
    char before[PATH_MAX], *tmpdir = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(put("old"), 0);
    assert_int_equal(write_output("/no/such/folder/file", "spare", &piece, 1, &err), -1);
    assert_int_equal(err.kind, ERROR_OUTPUT);
    assert_non_null(strstr(err.text, "/no/such/folder/file: cannot be created"));
    assert_non_null(strstr(err.text, "it is in ./file-2 instead"));
    assert_holds_at("file-2", "work");
    assert_int_equal(write_output("/dev/full", "spare.npy", &piece, 1, &err), -1);
    assert_non_null(strstr(err.text, "it is in ./spare.npy instead"));
    assert_holds_at("spare.npy", "work");
    assert_holds("old");
    assert_int_equal(entries(), 3);
    assert_int_equal(mkdir(other, 0777), 0);
    assert_int_equal(chdir(other), 0);
    assert_int_equal(rmdir(other), 0); /* a current folder that takes nothing */
    setenv("TMPDIR", folder, 1);
    assert_int_equal(write_output("/no/such/folder/more", "spare", &piece, 1, &err), -1);
    assert_int_equal(chdir(before), 0);
    if (tmpdir)
        setenv("TMPDIR", tmpdir, 1);
    else
        unsetenv("TMPDIR");
    free(tmpdir);
    assert_non_null(strstr(err.text, folder));
    snprintf(before, sizeof before, "%s/more", folder);
    assert_holds_at(before, "work");
}

/* What a signal handler does in the middle of a write. */
static void an_interrupted_write_leaves_nothing(void **state) {
    (void)state;
    int count = files_written();
    discard_unfinished_file();
    refused.in_fsync = discard_unfinished_file;
    assert_int_equal(put("x"), -1);
    assert_int_equal(entries(), 0);
    assert_int_equal(files_written(), count);
    refused.in_fsync = NULL;
    assert_int_equal(put("x"), 0);
    assert_int_equal(files_written(), count + 1);
    discard_unfinished_file(); /* a finished file is none */
    assert_holds("x");
}

static void note_in_fsync(void) {
    signals_held.in_fsync = are_signals_held();
}

/* Where the handler could not know whether there is a temporary file, signals wait. The rest may be interrupted. */
static void signals_wait_while_a_name_changes(void **state) {
    (void)state;
    memset(&signals_held, 0, sizeof signals_held);
    refused.in_fsync = note_in_fsync;
    assert_int_equal(put("x"), 0);
    assert_true(signals_held.in_open);
    assert_true(signals_held.in_rename);
    assert_false(signals_held.in_fsync);
    assert_false(are_signals_held());
    /* A file that is written in place is torn by no signal. */
    assert_int_equal(link(path, other), 0);
    assert_int_equal(put("y"), 0);
    assert_true(signals_held.in_fsync);
    assert_false(are_signals_held());
}

static void outputs_that_meet(void **state) {
    (void)state;
    struct target a, b;
    assert_int_equal(symlink("file", other), 0);
    for (int there = 0; there < 2; there++) { /* before the file is there, and after */
        assert_int_equal(target_find(&a, path, NULL), 0);
        assert_int_equal(target_find(&b, other, NULL), 0);
        assert_int_equal(a.kind, there ? TARGET_FILE : TARGET_NEW);
        assert_true(target_same(&a, &b));
        assert_int_equal(target_find(&b, "/tmp/file", NULL), 0);
        assert_false(target_same(&a, &b));
        assert_int_equal(put("x"), 0);
    }
    assert_int_equal(target_find(&a, "/dev/null", NULL), 0);
    assert_false(target_same(&a, &a));
}

static void reals_read_back(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } known[] = {{0.1, "0.1"},
                 {1, "1.0"},
                 {-0.0, "-0.0"},
                 {65.90588842073879, "65.90588842073879"},
                 {1e300, "1e+300"},
                 {5e-324, "5e-324"},
                 {0.30000000000000004, "0.30000000000000004"}};
    char text[REAL_TEXT];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        format_real(text, known[i].value);
        assert_string_equal(text, known[i].text);
    }
    struct random_state rs;
    random_seed(&rs, 1);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = (uint64_t)random_uint32(&rs) << 32 | random_uint32(&rs);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        format_real(text, value);
        assert_true(strtod(text, NULL) == value);
    }
}

static void json_keeps_strings_and_shortens_reals(void **state) {
    (void)state;
    json_t *value = json_pack("{s:f, s:s, s:i, s:o}", "a", 0.1, "b \"1.50\"", "1.2500 \\ \"x\"", "c", -7, "d",
                              json_number((double)NAN));
    char *text = json_text(value);
    assert_string_equal(text, "{\n  \"a\": 0.1,\n  \"b \\\"1.50\\\"\": \"1.2500 \\\\ \\\"x\\\"\",\n  \"c\": -7,\n"
                              "  \"d\": null\n}\n");
    free(text);
    json_decref(value);
}

/* Values stay; what is not printable is not in the text as it is. */
static void json_escapes_what_is_not_printable(void **state) {
    (void)state;
    json_t *value = json_pack("{s:s, s:s}", "a\xc2\x9b", "\xc2\x85 \x7f \xe2\x80\xae \\ \xc3\xbc", "\"\x7f\"", "");
    char *text = json_text(value);
    assert_string_equal(text, "{\n  \"a\\u009B\": \"\\u0085 \\u007F \\u202E \\\\ \xc3\xbc\",\n"
                              "  \"\\\"\\u007F\\\"\": \"\"\n}\n");
    json_t *again = json_loads(text, 0, NULL);
    assert_true(json_equal(value, again));
    free(text);
    json_decref(again);
    json_decref(value);
}

static void json_is_made_printable(void **state) {
    (void)state;
    json_t *value = json_pack("{s:[s, {s:s}, n], s:i, s:s}", "list", "\xc2\x9b", "\xe2\x80\xae", "\033", "b\n", 1,
                              "plain", "\xc3\xbc");
    json_t *want = json_pack("{s:[s, {s:s}, n], s:i, s:s}", "list", "\\xc2\\x9b", "\\xe2\\x80\\xae", "\\x1b", "b\\x0a",
                             1, "plain", "\xc3\xbc");
    assert_int_equal(json_make_printable(value), 0);
    assert_true(json_equal(value, want));
    json_decref(value);
    json_decref(want);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
#define FILE_TEST(name) cmocka_unit_test_teardown(name, clear)
        FILE_TEST(pieces_are_joined),
        FILE_TEST(permissions_follow_the_mask),
        FILE_TEST(permissions_are_kept),
        FILE_TEST(a_file_is_replaced_not_rewritten),
        FILE_TEST(half_a_file_is_not_left),
        FILE_TEST(places_that_take_no_file),
        FILE_TEST(a_link_is_followed_and_kept),
        FILE_TEST(a_hard_link_is_kept),
        FILE_TEST(attributes_are_kept),
        FILE_TEST(an_owner_is_kept),
        FILE_TEST(a_file_in_a_folder_that_is_not_writable),
        FILE_TEST(a_file_that_is_not_writable),
        FILE_TEST(a_file_that_the_system_keeps),
        FILE_TEST(a_sync_that_is_refused_is_a_note),
        FILE_TEST(a_descriptor_is_written_through),
        FILE_TEST(a_descriptor_of_another_process),
        FILE_TEST(a_pipe_is_written_through),
        FILE_TEST(names_may_be_long),
        FILE_TEST(a_new_file_replaces_none),
        FILE_TEST(work_is_not_thrown_away),
        FILE_TEST(an_interrupted_write_leaves_nothing),
        FILE_TEST(signals_wait_while_a_name_changes),
        FILE_TEST(outputs_that_meet),
        cmocka_unit_test(reals_read_back),
        cmocka_unit_test(json_keeps_strings_and_shortens_reals),
        cmocka_unit_test(json_escapes_what_is_not_printable),
        cmocka_unit_test(json_is_made_printable),
    };
    return cmocka_run_group_tests_name("file", tests, enter, leave);
}
