/* SPDX-License-Identifier: MIT */
/* The cases of each question. */
#include "measure/alternatives.h"

#include "data/row_pages.h"
#include "machine/sysfs.h"
#include "measure/alternatives_private.h"
#include "measure/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const question_names[] = {"pages", "smt", "placement", "memory"};

enum { MOST_ROUNDS = 401 };
static const double shown_confidence = AA_SHOWN;

/* Notes what cannot be tried, for a reason that is no fault. Always returns 0. */
static int leave_out(struct alternatives *made, const char *name, const char *why, const char *mend) {
    struct not_tried *one = &made->not_tried[made->not_tried_count++];
    *one = (struct not_tried){.name = name};
    snprintf(one->why, sizeof one->why, "%.500s", why);
    snprintf(one->mend, sizeof one->mend, "%s", mend);
    return 0;
}

/* The named placement, available or not; NULL: there is none. */
static const struct placement *named_placement(const struct tried *tried, const char *name) {
    for (size_t i = 0; i < tried->placement_count; i++)
        if (strcmp(tried->placements[i].name, name) == 0) return &tried->placements[i];
    return NULL;
}

/* The plain way and its twin. */
static void add_plain(struct tried *tried, const struct alternative_spec *plain) {
    alternative_add(tried, plain);
    alternative_add(tried, plain);
}

/* ---- pages */

static bool thp_is_off(void) {
    char text[128];
    return sysfs_read(text, sizeof text, "/sys/kernel/mm/transparent_hugepage/enabled") == 0 &&
           strstr(text, "[never]") != NULL;
}

/* Copies the rows to pages of this kind, unless the system has none. Returns 0, also when it left them out, or -1. */
static int copy_rows(struct tried *tried, enum page_kind kind, struct error *err) {
    const struct dataset *ds = &tried->setup->job->ds;
    struct alternatives *made = tried->made;
    const char *name = page_kind_names[kind];
    struct dataset *copy = &tried->copies[kind];
    struct error why;
    struct huge_lack lack;
    struct page_use use;
    if (kind == PAGES_THP && thp_is_off())
        return leave_out(made, name, "transparent huge pages are off",
                         "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
    if (kind == PAGES_HUGE && row_pages_lack(&lack, ds->n * ds->stride))
        return leave_out(made, name, lack.why, lack.mend);
    if (row_pages_copy(copy, ds, kind, &why) != 0) {
        *copy = (struct dataset){0};
        if (kind == PAGES_HUGE && why.kind == ERROR_INPUT) return leave_out(made, name, why.text, "");
        return fail_as(err, why.kind, "%.1000s", why.text);
    }
    if (kind != PAGES_THP || row_pages_use(&use, copy) != 0 || use.huge > 0) return 0;
    row_pages_drop(copy);
    *copy = (struct dataset){0};
    return leave_out(made, name, "the kernel gave none, though it was asked", "");
}

static int make_pages(struct tried *tried, struct error *err) {
    static const char *const what[PAGE_KINDS] = {"", "rows on small pages", "rows on transparent huge pages",
                                                 "rows on explicit huge pages"};
    const struct placement *core = named_placement(tried, "core");
    for (enum page_kind kind = PAGES_SMALL; kind <= PAGES_HUGE; kind++)
        if (copy_rows(tried, kind, err) != 0) return -1;
    if (alternative_threads(tried, NULL, err) != 0) return -1;
    for (enum page_kind kind = PAGES_SMALL; kind <= PAGES_HUGE; kind++) {
        if (!tried->copies[kind].pixels) continue;
        const struct alternative_spec spec = {page_kind_names[kind], what[kind], &tried->copies[kind], &core->slots[0],
                                              1};
        if (kind == PAGES_SMALL)
            add_plain(tried, &spec);
        else
            alternative_add(tried, &spec);
    }
    tried->made->experiment->pu = bound_pu(tried->setup->topology, &core->slots[0]);
    return 0;
}

/* ---- threads of one core */

static int make_smt(struct tried *tried, struct error *err) {
    const struct placement *smt = named_placement(tried, "smt");
    const struct dataset *ds = &tried->setup->job->ds;
    if (!smt->available) return leave_out(tried->made, "smt", smt->reason, "");
    if (alternative_threads(tried, smt, err) != 0) return -1;
    add_plain(tried,
              &(struct alternative_spec){"one-thread", "an epoch on one thread of a core", ds, &smt->slots[0], 1});
    alternative_add(tried, &(struct alternative_spec){"all-threads", "an epoch on each thread of the core at once", ds,
                                                      &smt->slots[0], (unsigned)smt->count});
    tried->made->experiment->pu = bound_pu(tried->setup->topology, &smt->slots[0]);
    return 0;
}

/* ---- PUs */

static int make_placement(struct tried *tried, struct error *err) {
    const struct placement *all = named_placement(tried, "all-pus");
    const struct dataset *ds = &tried->setup->job->ds;
    const char *no_binding = topology_no_binding(tried->setup->topology);
    if (no_binding[0]) return leave_out(tried->made, "placement", no_binding, "");
    if (all->count < 2) return leave_out(tried->made, "placement", "this process may use one PU only", "");
    const struct slot *first = &all->slots[0], *last = first;
    for (size_t i = 1; i < all->count; i++) {
        if (all->slots[i].pu_os < first->pu_os) first = &all->slots[i];
        if (all->slots[i].pu_os > last->pu_os) last = &all->slots[i];
    }
    if (alternative_threads(tried, NULL, err) != 0) return -1;
    add_plain(tried, &(struct alternative_spec){"first-pu", "bound to the PU with the lowest number", ds, first, 1});
    alternative_add(tried, &(struct alternative_spec){"not-bound", "not bound to any PU", ds, NULL, 1});
    alternative_add(tried,
                    &(struct alternative_spec){"last-pu", "bound to the PU with the highest number", ds, last, 1});
    tried->made->experiment->pu = bound_pu(tried->setup->topology, first);
    return 0;
}

/* ---- memory nodes */

static int make_memory(struct tried *tried, struct error *err) {
    const struct placement *far = named_placement(tried, "numa-remote");
    const struct topology *topology = tried->setup->topology;
    const struct dataset *ds = &tried->setup->job->ds;
    if (!far->available) return leave_out(tried->made, "memory", far->reason, "");
    tried->near = far->slots[0];
    tried->near.policy = MEMORY_LOCAL;
    tried->near.memory_node = tried->near.node;
    for (int i = 0; i < 2; i++) {
        tried->node[i] = (struct placement){.available = true, .slots = i ? &far->slots[0] : &tried->near, .count = 1};
        tried->node_rows[i] = node_rows_new(topology, &tried->node[i], ds, err);
        if (!tried->node_rows[i]) return -1;
    }
    if (alternative_threads(tried, NULL, err) != 0) return -1;
    add_plain(tried, &(struct alternative_spec){"near", "rows on the memory node of the PU",
                                                node_rows_list(tried->node_rows[0])[0], &tried->near, 1});
    alternative_add(tried, &(struct alternative_spec){"far", "rows on the memory node farthest from it",
                                                      node_rows_list(tried->node_rows[1])[0], &tried->near, 1});
    tried->made->experiment->pu = bound_pu(topology, &tried->near);
    return 0;
}

/* ---- all */

static void release(void *context) {
    struct tried *tried = context;
    worker_pool_free(tried->pool);
    for (size_t i = 0; i < MOST_THREADS; i++)
        trainer_free(tried->trainers[i]);
    for (int kind = 0; kind < PAGE_KINDS; kind++)
        if (tried->copies[kind].pixels) row_pages_drop(&tried->copies[kind]);
    for (int i = 0; i < 2; i++)
        node_rows_free(tried->node_rows[i]);
    if (tried->placements) placement_list_free(tried->placements, tried->placement_count);
    if (tried->free) affinity_restore(tried->setup->topology, tried->free, NULL);
    free(tried);
}

/* The context of a question's experiment, without a case. */
static struct tried *begin(struct alternatives *made, const struct alternatives_setup *setup, struct error *err) {
    struct tried *tried = calloc(1, sizeof *tried);
    if (!tried) {
        fail_program(err, "out of memory for the alternatives");
        return NULL;
    }
    tried->setup = setup;
    tried->made = made;
    tried->free = affinity_save(setup->topology, err);
    if (tried->free && placement_list(&tried->placements, &tried->placement_count, setup->topology, err) != 0)
        tried->placements = NULL;
    if (tried->placements) made->experiment = experiment_new(question_names[made->question], MOST_CASES, 0, err);
    if (made->experiment) return tried;
    release(tried);
    return NULL;
}

int alternatives_make(struct alternatives *made, enum question question, const struct alternatives_setup *setup,
                      struct error *err) {
    static int (*const make[QUESTIONS])(struct tried *, struct error *) = {make_pages, make_smt, make_placement,
                                                                           make_memory};
    *made = (struct alternatives){.question = question};
    struct tried *tried = begin(made, setup, err);
    if (!tried) return -1;
    made->experiment->context = tried;
    made->experiment->release = release;
    made->experiment->pixels = (double)setup->job->ds.d;
    const int bad = make[question](tried, err);
    /* The plain way and its twin alone would answer nothing. */
    if (bad || made->experiment->count < 3) alternatives_free(made);
    return bad;
}

void alternatives_free(struct alternatives *made) {
    experiment_free(made->experiment);
    made->experiment = NULL;
}

/* The first check that failed, if one did. */
static int refuse_wrong(const struct experiment *experiment, struct error *err) {
    const struct check_list *checks = &experiment->rounds.checks;
    if (checks->count == 0) return 0;
    return fail_as(err, ERROR_CHECK, "%s: %.255s: a core or a kernel computes wrongly (sgdmark soak)",
                   checks->failed[0].case_name, checks->failed[0].what);
}

int alternatives_run(struct alternatives *made, double seconds, uint32_t seed, const struct topology *topology,
                     const struct progress_sink *progress, struct error *err) {
    struct experiment *experiment = made->experiment;
    const size_t gate = rounds_needed(AA_GATE, 1);
    const size_t ratios = rounds_needed(shown_confidence, (unsigned)experiment->count - 2);
    const struct budget budget = {seconds, MOST_ROUNDS, gate > ratios ? gate : ratios};
    const struct process_share share = {.process = 0, .processes = 1, .seed = seed};
    if (experiment_run(experiment, &budget, &share, topology, progress, err) != 0) return -1;
    return refuse_wrong(experiment, err);
}
