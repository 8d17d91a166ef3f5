/* SPDX-License-Identifier: MIT */
#include "record/sweep_files.h"

#include "base/json.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sweep_work {
    const struct sweep_head *head;
    struct share share;
    char points[SWEEP_PATH], part[SWEEP_PATH], times[SWEEP_PATH];
    struct line_log *log, *times_log;
    size_t *todo; /* [count] */
    size_t count, earlier, kept;
    bool (*enough)(void);
    const struct progress_sink *progress;
};

/* ---- One share */

static int name_files(struct sweep_work *work, const char *folder, struct error *err) {
    if (sweep_path(work->points, folder, "points", &work->share, err) != 0 ||
        sweep_path(work->times, folder, "times", &work->share, err) != 0)
        return -1;
    const int length = snprintf(work->part, sizeof work->part, "%s.part", work->points);
    return length < SWEEP_PATH ? 0 : fail(err, "%.200s...: the name of the folder is too long", folder);
}

/* Adds what the share's files hold. */
static int collect_share(struct point_set *set, const struct sweep_work *work, struct error *err) {
    const char *const paths[] = {work->points, work->part};
    for (size_t i = 0; i < 2; i++)
        if (access(paths[i], F_OK) == 0 && point_set_add(set, paths[i], err) != 0) return -1;
    if (set->contradiction[0]) return fail_as(err, ERROR_CHECK, "%s", set->contradiction);
    return 0;
}

static int list_todo(struct sweep_work *work, const struct point_set *set, struct error *err) {
    const size_t missing = point_set_count(set, &work->share, POINT_MISSING);
    work->todo = malloc((missing + 1) * sizeof *work->todo);
    if (!work->todo) return fail_program(err, "out of memory for %zu points", missing);
    for (size_t point = work->share.number - 1; point < work->head->grid.points; point += work->share.of)
        if (set->state[point] == POINT_MISSING)
            work->todo[work->count++] = point;
        else
            work->earlier++;
    return 0;
}

static int open_work(struct sweep_work *work, const char *folder, struct error *err) {
    struct point_set set;
    if (name_files(work, folder, err) != 0) return -1;
    work->log = line_log_open(work->part, err);
    if (!work->log) return -1;
    if (point_set_new(&set, work->head, err) != 0) return -1;
    int bad = collect_share(&set, work, err);
    if (!bad) bad = list_todo(work, &set, err);
    point_set_free(&set);
    return bad;
}

struct sweep_work *sweep_work_open(const char *folder, const struct share *share, const struct sweep_head *head,
                                   struct error *err) {
    struct sweep_work *work = calloc(1, sizeof *work);
    if (!work) {
        fail_program(err, "out of memory");
        return NULL;
    }
    work->head = head;
    work->share = *share;
    if (open_work(work, folder, err) == 0) return work;
    sweep_work_close(work);
    return NULL;
}

void sweep_work_close(struct sweep_work *work) {
    if (!work) return;
    line_log_close(work->log);
    line_log_close(work->times_log);
    free(work->todo);
    free(work);
}

const size_t *sweep_work_todo(const struct sweep_work *work, size_t *count) {
    *count = work->count;
    return work->todo;
}

static int add_text(struct line_log *log, const char *text, struct error *err) {
    return line_log_add(log, (struct span){text, strlen(text)}, err);
}

int sweep_work_began(struct sweep_work *work, json_t *facts, struct error *err) {
    char *text = facts ? json_dumps(facts, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL, *line = NULL;
    json_decref(facts);
    if (text && asprintf(&line, "%s\n", text) < 0) line = NULL;
    free(text);
    if (!line) return fail_program(err, "out of memory for %s", work->times);
    if (!work->times_log) work->times_log = line_log_open(work->times, err);
    int bad = work->times_log ? add_text(work->times_log, line, err) : -1;
    free(line);
    return bad;
}

static int keep(void *context, const struct point_result *result, const struct point_run *run, struct error *err) {
    struct sweep_work *work = context;
    char *line, time[128];
    const size_t length = point_line(&line, &work->head->grid, result);
    if (length == 0) return fail_program(err, "out of memory for point %zu", result->point);
    int bad = line_log_add(work->log, (struct span){line, length}, err);
    free(line);
    if (bad) return bad;
    snprintf(time, sizeof time, "{\"point\":%zu,\"worker\":%zu,\"seconds\":%.6f}\n", result->point, run->worker,
             run->seconds);
    if (work->times_log && add_text(work->times_log, time, err) != 0) return -1;
    work->kept++;
    progress_tell(work->progress, work->kept, work->count);
    return 0;
}

static bool is_enough(void *context) {
    const struct sweep_work *work = context;
    return work->enough && work->enough();
}

struct sweep_sink sweep_work_sink(struct sweep_work *work, bool (*enough)(void), const struct progress_sink *progress) {
    work->enough = enough;
    work->progress = progress;
    return (struct sweep_sink){keep, is_enough, work};
}

size_t sweep_work_done(const struct sweep_work *work) {
    return work->earlier + work->kept;
}

int sweep_work_finish(struct sweep_work *work, struct error *err) {
    struct point_set set;
    if (point_set_new(&set, work->head, err) != 0) return -1;
    int bad = collect_share(&set, work, err);
    if (!bad && point_set_count(&set, &work->share, POINT_MISSING) > 0)
        bad = fail_program(err, "%s: points are missing that have been computed", work->part);
    if (!bad) bad = point_set_write(&set, &work->share, work->points, err);
    point_set_free(&set);
    if (!bad && unlink(work->part) != 0 && errno != ENOENT)
        bad = fail(err, "%s: cannot be removed: %s", work->part, strerror(errno));
    return bad;
}

/* ---- All of them */

static bool ends_in(const char *name, const char *end) {
    const size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

static int is_share(const struct dirent *entry) {
    const char *name = entry->d_name;
    return strncmp(name, "points-", 7) == 0 && (ends_in(name, ".jsonl") || ends_in(name, ".jsonl.part"));
}

static int is_whole(const struct dirent *entry) {
    return strcmp(entry->d_name, "points.jsonl") == 0 || strcmp(entry->d_name, "points.jsonl.part") == 0;
}

/* Is this the unfinished form of the file before it in the list, which is finished? */
static bool is_left_over(struct dirent **list, int i) {
    const size_t length = i > 0 ? strlen(list[i - 1]->d_name) : 0;
    return i > 0 && strncmp(list[i]->d_name, list[i - 1]->d_name, length) == 0 &&
           strcmp(list[i]->d_name + length, ".part") == 0;
}

static int by_name(const struct dirent **left, const struct dirent **right) {
    return strcmp((*left)->d_name, (*right)->d_name);
}

/* Adds the files of one kind; returns their number, or -1 with the reason. */
static int collect_kind(struct point_set *set, const char *folder, int (*kind)(const struct dirent *),
                        struct error *err) {
    struct dirent **list;
    const int count = scandir(folder, &list, kind, by_name);
    if (count < 0) return fail(err, "%s: cannot be read: %s", folder, strerror(errno));
    int bad = 0;
    for (int i = 0; i < count && !bad; i++) {
        char path[SWEEP_PATH];
        if (is_left_over(list, i)) continue;
        bad = sweep_file(path, folder, list[i]->d_name, err);
        if (!bad) bad = point_set_add(set, path, err);
    }
    for (int i = 0; i < count; i++)
        free(list[i]);
    free(list);
    return bad ? -1 : count;
}

int sweep_collect(struct point_set *set, const char *folder, struct error *err) {
    int found = collect_kind(set, folder, is_share, err);
    if (found == 0) found = collect_kind(set, folder, is_whole, err);
    if (found < 0) return -1;
    return found > 0 ? 0 : fail(err, "%s: holds no file of points", folder);
}
