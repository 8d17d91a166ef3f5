/* SPDX-License-Identifier: MIT */
#include "record/comparison.h"

#include "record/difference.h"

#include <stdio.h>
#include <stdlib.h>

/* Two sides that are given: files of one group, strictly. */
static int make_given(struct comparison_of_files *all, const struct comparing *how, struct error *err) {
    const struct inputs *inputs = all->inputs;
    struct group_comparison *only = calloc(1, sizeof *only);
    all->list = only;
    if (!only) return fail_program(err, "out of memory for the comparison");
    all->count = 1;
    const size_t base = how->history ? inputs->count - 1 : how->base_count > 0 ? how->base_count : 1;
    const size_t counts[] = {base, inputs->count - base};
    const struct sides sides = {counts, 2, how->history ? POOL_MACHINE : POOL_BUILD};
    if (compare_sides(&only->report, inputs->files, &sides, err) != 0) return -1;
    only->compared = true;
    return columns_make(&only->columns, &only->report, err);
}

/* Why the group shares no ratio with the first one. */
static void say_differs(struct comparison_of_files *all, size_t at) {
    const struct result_file *files = all->inputs->files;
    const struct group *list = all->groups.list;
    struct error why;
    if (at == 0 || refuse_other_work(&files[list[0].first], &files[list[at].first], &why) == 0) return;
    snprintf(all->differs[at], sizeof all->differs[at], "%s", why.text);
    all->list[at].differs = all->differs[at];
}

static int make_group(struct comparison_of_files *all, size_t at, struct error *err) {
    const struct group *group = &all->groups.list[at];
    struct group_comparison *one = &all->list[at];
    const struct sides sides = {group->sides, group->side_count, POOL_BUILD};
    const struct result_file *files = &all->inputs->files[group->first];
    struct error why;
    say_differs(all, at);
    if (group->side_count < 2) {
        snprintf(one->answer, sizeof one->answer, "%.900s is alone: no other file has the same work.", files->path);
        return 0;
    }
    if (compare_sides(&one->report, files, &sides, &why) == 0) {
        one->compared = true;
        return columns_make(&one->columns, &one->report, err);
    }
    if (all->count == 1 || why.kind != ERROR_INPUT) {
        *err = why;
        return -1;
    }
    snprintf(one->answer, sizeof one->answer, "%s.", why.text);
    return 0;
}

/* Many files: each group by itself. */
static int make_groups(struct comparison_of_files *all, const struct comparing *how, struct error *err) {
    if (groups_make(&all->groups, all->inputs, how->side, err) != 0) return -1;
    all->list = calloc(all->groups.count + 1, sizeof *all->list);
    all->differs = calloc(all->groups.count + 1, sizeof *all->differs);
    if (!all->list || !all->differs) return fail_program(err, "out of memory for %zu groups", all->groups.count);
    all->count = all->groups.count;
    for (size_t i = 0; i < all->count; i++)
        if (make_group(all, i, err) != 0) return -1;
    return 0;
}

/* Answers of the groups, and one of them all. Returns 0, or -1 if no group could be compared. */
static int answer_all(struct comparison_of_files *all, struct error *err) {
    size_t compared = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (!all->list[i].compared) continue;
        compared++;
        answer_sentence(all->list[i].answer, &all->list[i].report);
    }
    if (compared == 0 && all->count > 1)
        return fail(err, "no two of %zu files are comparable: %.900s", all->inputs->count, all->differs[1]);
    if (compared == 0)
        return fail(err, "two or more result files are needed that can be used: %.900s",
                    all->inputs->left_out_count > 0 ? all->inputs->left_out[0].why : "there is only one");
    all->kind = "several";
    if (all->count == 1) {
        const struct group_comparison *only = &all->list[0];
        if (only->report.pool_count == 2) all->kind = answer_words[answer_kind(&only->report, 1)];
        snprintf(all->answer, sizeof all->answer, "%s", only->answer);
    } else
        snprintf(
            all->answer, sizeof all->answer,
            "The %zu files are of %zu different jobs, which share no ratio; files of %zu of these jobs are compared.",
            all->inputs->count, all->count, compared);
    return 0;
}

int comparison_make(struct comparison_of_files *all, struct inputs *inputs, const struct comparing *how,
                    struct error *err) {
    *all = (struct comparison_of_files){.inputs = inputs};
    const bool given = how->history || how->base_count > 0 || inputs->count + inputs->left_out_count == 2;
    int bad = given ? make_given(all, how, err) : make_groups(all, how, err);
    if (!bad) bad = answer_all(all, err);
    if (bad) comparison_free(all);
    return bad;
}

void comparison_free(struct comparison_of_files *all) {
    for (size_t i = 0; all->list && i < all->count; i++) {
        if (all->list[i].compared) compare_free(&all->list[i].report);
        columns_free(&all->list[i].columns);
    }
    free(all->list);
    free(all->differs);
    groups_free(&all->groups);
    *all = (struct comparison_of_files){0};
}
