/* SPDX-License-Identifier: MIT */
/* The experiment `digits`: one epoch of the ten fits of one digit each on one core. In groups that share each read of a
 * row (learn/group.h), and one after the other; with the roofs of the groups. */
#include "learn/classes.h"
#include "learn/group.h"
#include "machine/binding.h"
#include "measure/cache_state.h"
#include "measure/experiment.h"
#include "measure/group_roof.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The ten fits, in groups of `size`; the last one may be smaller. */
struct groups {
    unsigned size, count;
    struct group *list[CLASSES]; /* [count] */
};

/* A case that runs one epoch of all ten fits. As in epochs.c, all such cases of a round run the same epoch, a case and
 * its A/A twin share the memory of their fits, and each keeps its own fits in `state`. One after the other, each fit
 * has an order of rows of its own, as when it is trained alone. */
struct digits_case {
    struct digits *digits;
    const struct groups *groups;
    struct trainer_state *state[CLASSES]; /* after `done` epochs */
    unsigned done;                        /* samples kept so far */
};

struct digits_read {
    struct read_roof *roof;
    struct digits *digits;
};

enum { TOGETHER, TWIN, APART, WORKS };

/* The context of the experiment. */
struct digits {
    const struct timing_setup *setup;
    const struct verified_digits *verified;
    struct experiment *experiment;
    struct cache_state cache;
    enum row_form form;
    struct hyper hyper[CLASSES];
    struct row_ref *at; /* [CLASSES][n] the rows with the labels of each digit */
    struct row_list rows[CLASSES];
    struct groups together, apart;
    struct digits_case works[WORKS];
    struct digits_read read;
    struct group_roof compute;
};

static struct trainer *fit_of(const struct groups *groups, unsigned digit) {
    return group_fit(groups->list[digit / groups->size], digit % groups->size);
}

static unsigned epoch_of(const struct digits_case *self) {
    return self->done % self->digits->verified->epochs;
}

static void digits_prepare(void *context) {
    struct digits_case *self = context;
    struct digits *digits = self->digits;
    const struct groups *groups = self->groups;
    if (epoch_of(self) == 0) {
        for (size_t g = 0; g < groups->count; g++)
            group_start(groups->list[g], digits->rows + g * groups->size, digits->setup->permutation);
        cache_state_evicted(&digits->cache); /* the rows' labels are as large as a cache */
    } else {
        for (unsigned c = 0; c < CLASSES; c++)
            trainer_load(fit_of(groups, c), self->state[c]);
    }
    cache_state_restore(&digits->cache, digits->form);
}

static void digits_run(void *context) {
    const struct groups *groups = ((struct digits_case *)context)->groups;
    for (unsigned g = 0; g < groups->count; g++)
        group_epoch(groups->list[g]);
}

/* Fails unless the weights of every digit are those of its fit alone after this epoch, bit for bit. */
static int digits_check(void *context, struct error *err) {
    const struct digits_case *self = context;
    const struct verified_digits *verified = self->digits->verified;
    const unsigned epoch = epoch_of(self);
    for (unsigned c = 0; c < CLASSES; c++) {
        const uint64_t got = trainer_hash(fit_of(self->groups, c)), want = verified->hash[c * verified->epochs + epoch];
        if (got != want)
            return fail_as(err, ERROR_CHECK,
                           "digit %u: epoch %u of the fit ended with other weights than in the verified fit: hash "
                           "%016" PRIx64 ", not %016" PRIx64,
                           c, epoch + 1, got, want);
    }
    return 0;
}

static void digits_keep(void *context) {
    struct digits_case *self = context;
    for (unsigned c = 0; c < CLASSES; c++)
        trainer_save(self->state[c], fit_of(self->groups, c));
    self->done++;
}

static void read_prepare(void *context) {
    const struct digits_read *self = context;
    read_roof_next(self->roof);
    cache_state_restore(&self->digits->cache, self->digits->form);
}

static void read_run(void *context) {
    read_roof_run(((struct digits_read *)context)->roof);
}

static int read_check(void *context, struct error *err) {
    return read_roof_check(((struct digits_read *)context)->roof, err);
}

static void compute_resize(void *context, double work) {
    struct group_roof *roof = context;
    roof->calls = (size_t)(work / (double)roof->models);
}

static size_t row_count(const struct digits *digits) {
    return digits->setup->job->row_list.n;
}

/* Makes the groups of a size. Returns 0, or -1 with the reason. */
static int make_groups(struct groups *groups, const struct digits *digits, unsigned size, struct error *err) {
    groups->size = size;
    for (unsigned first = 0; first < CLASSES; first += size) {
        const unsigned left = CLASSES - first;
        struct group *group = group_new(left < size ? left : size, row_count(digits), digits->setup->job->ds.d,
                                        digits->hyper + first, digits->verified->job->backend, err);
        if (!group) return -1;
        groups->list[groups->count++] = group;
    }
    return 0;
}

/* Labels the rows for each digit, with the digit's hyper-parameters. Returns 0, or -1 when memory runs out. */
static int make_rows(struct digits *digits, struct error *err) {
    const struct row_list *rows = &digits->setup->job->row_list;
    struct hyper hyper = *digits->setup->hyper;
    size_t count[CLASSES];
    hyper.engine = digits->verified->job->engine;
    hyper.prefetch = digits->verified->job->prefetch;
    classes_count(count, rows);
    classes_hyper(digits->hyper, &hyper, count);
    digits->at = malloc(CLASSES * rows->n * sizeof *digits->at);
    if (!digits->at) return fail_program(err, "out of memory for the rows of ten digits");
    for (unsigned c = 0; c < CLASSES; c++)
        digits->rows[c] = classes_rows(digits->at + c * rows->n, rows, c);
    return 0;
}

/* Adds the compute roof of a group; returns its index, or NO_CASE with the reason. */
static int add_compute(struct digits *digits, struct error *err) {
    const struct verified_job *job = digits->verified->job;
    if (group_roof_new(&digits->compute, job->backend, compute_kind_of(job->engine, digits->form),
                       compute_features(&digits->setup->job->ds, digits->form), digits->together.size, err) != 0)
        return NO_CASE;
    struct timed_case timed = {.run = group_roof_run,
                               .check = group_roof_check,
                               .resize = compute_resize,
                               .context = &digits->compute,
                               .leads = true};
    char name[JOB_NAME];
    verified_job_name(name, job);
    snprintf(timed.name, sizeof timed.name, "roof/compute/%s/group:%u", name, digits->together.size);
    struct case_facts facts =
        case_facts_of(CASE_COMPUTE_ROOF, "rows", (double)digits->compute.calls * (double)digits->compute.models);
    facts.job = job;
    facts.what = "the dot products of one row with the weights of every fit of a group, in the caches; rows count once "
                 "for each fit";
    return experiment_add(digits->experiment, &timed, &facts);
}

/* Adds the read roof: one read of each row serves a whole group. Returns its index, or NO_CASE with the reason. */
static int add_read(struct digits *digits, struct error *err) {
    const struct timing_setup *setup = digits->setup;
    const struct read_roof_spec spec = {.row_list = &setup->job->row_list,
                                        .form = digits->form,
                                        .permutation = setup->permutation,
                                        .epochs = digits->verified->epochs,
                                        .read = digits->verified->job->backend->read_u8};
    digits->read = (struct digits_read){read_roof_new(&spec, err), digits};
    if (!digits->read.roof) return NO_CASE;
    struct timed_case timed = {.prepare = read_prepare, .run = read_run, .check = read_check, .context = &digits->read};
    snprintf(timed.name, sizeof timed.name, "roof/read/digits-order%s/group:%u",
             digits->form == FORM_PACKED ? "/packed" : "", digits->together.size);
    const double served = (double)CLASSES / digits->together.count; /* fits by one read of a row, on average */
    struct case_facts facts = case_facts_of(CASE_READ_ROOF, "rows", served * (double)row_count(digits));
    facts.what =
        "reading the rows of an epoch in its order, once for all fits of a group; rows count once for each fit";
    facts.row_bytes = read_roof_row_bytes(digits->read.roof) / served;
    return experiment_add(digits->experiment, &timed, &facts);
}

/* Adds works[which], one epoch of the ten fits in these groups; returns its index, or NO_CASE with the reason. */
static int add_work(struct digits *digits, int which, const struct groups *groups, struct error *err) {
    const struct verified_job *job = digits->verified->job;
    struct digits_case *self = &digits->works[which];
    *self = (struct digits_case){.digits = digits, .groups = groups};
    for (unsigned c = 0; c < CLASSES; c++) {
        self->state[c] = trainer_state_new(fit_of(groups, c), err);
        if (!self->state[c]) return NO_CASE;
    }
    struct timed_case timed = {
        .prepare = digits_prepare, .run = digits_run, .check = digits_check, .keep = digits_keep, .context = self};
    char name[JOB_NAME];
    verified_job_name(name, job);
    snprintf(timed.name, sizeof timed.name, "digits/%s/place:%s/group:%u%s", name, digits->setup->core->name,
             groups->size, which == TWIN ? "/again" : "");
    struct case_facts facts = case_facts_of(CASE_DIGITS, "rows", (double)CLASSES * (double)row_count(digits));
    facts.job = job;
    facts.placement = digits->setup->core->name;
    facts.row_bytes = row_bytes(&digits->setup->job->ds, job->engine, job->backend) * groups->count / CLASSES;
    facts.models = CLASSES;
    facts.group = groups->size;
    prefetch_text(facts.prefetch, &job->prefetch);
    return experiment_add(digits->experiment, &timed, &facts);
}

/* Leading cases first. Both ways to train have the groups' A/A twin as their control; only the groups have roofs. */
static int add_cases(struct digits *digits, struct error *err) {
    struct experiment *experiment = digits->experiment;
    const int compute = add_compute(digits, err);
    const int together = compute == NO_CASE ? NO_CASE : add_work(digits, TOGETHER, &digits->together, err);
    const int apart = together == NO_CASE ? NO_CASE : add_work(digits, APART, &digits->apart, err);
    const int twin = apart == NO_CASE ? NO_CASE : add_work(digits, TWIN, &digits->together, err);
    const int read = twin == NO_CASE ? NO_CASE : add_read(digits, err);
    if (read == NO_CASE) return -1;
    experiment_control(experiment, twin, together);
    experiment->facts[together].control = experiment->facts[apart].control = experiment->facts[twin].control = twin;
    experiment->facts[together].roofs = experiment->facts[twin].roofs = (struct roof_pair){read, compute};
    experiment->best = (size_t)together;
    experiment_pair(experiment, PAIR_GROUP, (size_t)together, (size_t)apart);
    return 0;
}

static void groups_free(struct groups *groups) {
    for (unsigned g = 0; g < groups->count; g++)
        group_free(groups->list[g]);
}

static void digits_release(void *context) {
    struct digits *digits = context;
    for (int which = 0; which < WORKS; which++)
        for (unsigned c = 0; c < CLASSES; c++)
            trainer_state_free(digits->works[which].state[c]);
    groups_free(&digits->together);
    groups_free(&digits->apart);
    read_roof_free(digits->read.roof);
    group_roof_free(&digits->compute);
    free(digits->at);
    free(digits);
}

static int build(struct digits *digits, struct error *err) {
    const struct timing_setup *setup = digits->setup;
    struct experiment *experiment = digits->experiment;
    const struct verified_job *job = digits->verified->job;
    experiment->context = digits;
    experiment->release = digits_release;
    experiment->pixels = (double)setup->job->ds.d;
    experiment->pu = bound_pu(setup->topology, &setup->core->slots[0]);
    digits->form = reads_packed(&setup->job->ds, job->engine, job->backend) ? FORM_PACKED : FORM_CROPPED;
    cache_state_init(&digits->cache, &setup->job->ds);
    if (make_rows(digits, err) != 0 || make_groups(&digits->together, digits, digits->verified->group, err) != 0 ||
        make_groups(&digits->apart, digits, 1, err) != 0)
        return -1;
    return add_cases(digits, err);
}

struct experiment *digits_experiment(const struct timing_setup *setup, struct error *err) {
    struct digits *digits = calloc(1, sizeof *digits);
    struct experiment *experiment = digits ? experiment_new("digits", WORKS + 2, 1, err) : NULL;
    if (!digits) fail_program(err, "out of memory for the ten digits");
    if (!experiment) {
        free(digits);
        return NULL;
    }
    *digits = (struct digits){.setup = setup, .verified = setup->digits, .experiment = experiment};
    if (build(digits, err) == 0) return experiment;
    experiment_free(experiment);
    return NULL;
}
