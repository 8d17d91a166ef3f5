/* SPDX-License-Identifier: MIT */
#include "cli/outputs.h"

#include "base/file.h"
#include "base/target.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_OUTPUTS = 8 };

struct output {
    const char *option, *path;
    struct target target;
};

static struct output outputs[MOST_OUTPUTS];
static size_t count;
static bool unused;

void outputs_begin(void) {
    count = 0;
    unused = false;
}

void outputs_add(const char *option, const char *path) {
    size_t i = 0;
    while (i < count && strcmp(outputs[i].option, option) != 0)
        i++;
    if (i == MOST_OUTPUTS) return; /* no command has as many */
    outputs[i].option = option;
    outputs[i].path = path;
    if (i == count) count++;
}

void outputs_are_unused(void) {
    unused = true;
}

bool names_stdout(const char *path) {
    struct target target;
    return target_find(&target, path, NULL) == 0 && target.kind == TARGET_DESCRIPTOR &&
           target.descriptor == STDOUT_FILENO;
}

/* Standard output, whatever it is. */
static void find_stdout(struct target *target) {
    *target = (struct target){.kind = TARGET_DESCRIPTOR, .descriptor = STDOUT_FILENO};
    if (fstat(STDOUT_FILENO, &target->info) != 0) target->kind = TARGET_NEW;
}

static int find(struct output *output, struct error *err) {
    struct error why;
    if (strcmp(output->path, "-") == 0) {
        find_stdout(&output->target);
        return 0;
    }
    if (check_writable(output->path, &why) == 0 && target_find(&output->target, output->path, &why) == 0) return 0;
    return fail_as(err, why.kind, "--%s: %.900s", output->option, why.text);
}

/* A file that standard output goes to would lose what is printed, or what is written. */
static int check_apart_from_stdout(const struct output *output, struct error *err) {
    struct target standard;
    find_stdout(&standard);
    if (output->target.kind != TARGET_FILE || !target_same(&output->target, &standard)) return 0;
    return fail(err, "--%s: standard output goes to %s, too", output->option, output->path);
}

int outputs_check(struct error *err) {
    for (size_t i = 0; i < count && !unused; i++) {
        if (find(&outputs[i], err) != 0 || check_apart_from_stdout(&outputs[i], err) != 0) return -1;
        for (size_t k = 0; k < i; k++)
            if (target_same(&outputs[k].target, &outputs[i].target))
                return fail(err, "--%s and --%s name one file: %s", outputs[k].option, outputs[i].option,
                            outputs[i].path);
    }
    return 0;
}

int make_folder(const char *path, const char *otherwise, struct error *err) {
    if (mkdir(path, 0777) == 0 || errno == EEXIST) return 0;
    return fail(err, "%.900s: cannot be created: %s (%s)", path, strerror(errno), otherwise);
}
