/* SPDX-License-Identifier: MIT */
#include "base/target.h"

#include "base/number.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { MOST_LINKS = 40 }; /* as many as the kernel follows */

const char *path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The folder that a path's last component is in. */
static void folder_of(char folder[PATH_MAX], const char *path) {
    const size_t length = (size_t)(path_name(path) - path);
    snprintf(folder, PATH_MAX, "%.*s", length > 0 ? (int)length : 1, length > 0 ? path : ".");
}

static bool is_in_proc(const char *path) {
    char folder[PATH_MAX];
    struct statfs system;
    folder_of(folder, path);
    return statfs(folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

static bool is_one_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static int classify(struct target *target, const char *path, struct error *err) {
    if (S_ISDIR(target->info.st_mode)) return fail(err, "%s: is a folder, not a file", path);
    if (S_ISSOCK(target->info.st_mode) && target->kind != TARGET_DESCRIPTOR)
        return fail(err, "%s: is a socket, not a file", path);
    if (target->kind != TARGET_DESCRIPTOR) target->kind = S_ISREG(target->info.st_mode) ? TARGET_FILE : TARGET_DEVICE;
    return 0;
}

/* A link of /proc leads to an open file, whatever name that had when it was opened. */
static int take_open_file(struct target *target, const char *path, struct error *err) {
    uint64_t number = 0;
    struct stat mine;
    if (stat(target->path, &target->info) != 0)
        return fail(err, "%s: cannot be opened for writing: %s", path, strerror(errno));
    target->nameless = true;
    if (read_whole(&number, path_name(target->path), 0, INT_MAX, NULL) == 0 && fstat((int)number, &mine) == 0 &&
        is_one_file(&mine, &target->info)) {
        target->kind = TARGET_DESCRIPTOR;
        target->descriptor = (int)number;
    }
    return classify(target, path, err);
}

/* Puts what the link says in place of its name. Returns 0, or -1 with the reason. */
static int follow_link(struct target *target, const char *path, struct error *err) {
    char link[PATH_MAX], folder[PATH_MAX], next[2 * PATH_MAX];
    const ssize_t length = readlink(target->path, link, sizeof link - 1);
    if (length < 0) return fail(err, "%s: cannot be followed: %s", path, strerror(errno));
    link[length] = 0;
    folder_of(folder, target->path);
    snprintf(next, sizeof next, "%s%s%s", link[0] == '/' ? "" : folder, link[0] == '/' ? "" : "/", link);
    const int whole = snprintf(target->path, sizeof target->path, "%s", next);
    return whole < PATH_MAX ? 0 : fail(err, "%s: leads to a name that is too long", path);
}

int target_find(struct target *target, const char *path, struct error *err) {
    *target = (struct target){.kind = TARGET_NEW, .descriptor = -1};
    if (snprintf(target->path, sizeof target->path, "%s", path) >= PATH_MAX)
        return fail(err, "%.200s...: the name is too long", path);
    for (int links = 0; links <= MOST_LINKS; links++) {
        if (lstat(target->path, &target->info) != 0) {
            if (errno == ENOENT) return 0;
            return fail(err, "%s: cannot be reached: %s", path, strerror(errno));
        }
        if (!S_ISLNK(target->info.st_mode)) return classify(target, path, err);
        if (is_in_proc(target->path)) return take_open_file(target, path, err);
        if (follow_link(target, path, err) != 0) return -1;
    }
    return fail(err, "%s: leads through more than %d links", path, MOST_LINKS);
}

bool target_same(const struct target *a, const struct target *b) {
    if (a->kind != TARGET_NEW && b->kind != TARGET_NEW)
        return is_one_file(&a->info, &b->info) && !S_ISCHR(a->info.st_mode);
    char first[PATH_MAX], second[PATH_MAX];
    struct stat of_first, of_second;
    if (a->kind != b->kind || strcmp(path_name(a->path), path_name(b->path)) != 0) return false;
    folder_of(first, a->path);
    folder_of(second, b->path);
    return stat(first, &of_first) == 0 && stat(second, &of_second) == 0 && is_one_file(&of_first, &of_second);
}
