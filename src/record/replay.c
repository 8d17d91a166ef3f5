/* SPDX-License-Identifier: MIT */
/* Rebuilds an experiment of a result file from its raw facts: cases, schedule, samples with what disturbed them,
 * witness, clock, and which pairs are compared. */
#include "base/json.h"
#include "record/derive_private.h"
#include "record/load_private.h"
#include "record/plan_json.h"
#include "record/rounds_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bounds of a file that no run reaches, so that a damaged one cannot take all time and memory. */
enum { MOST_CASES = 1000, MOST_PROCESS = 1000, MOST_SAMPLES = 1000000, MOST_PAIRED = 20000000 };
#define LEAST_WORK 1e-9
#define MOST_WORK  1e18

struct replay {
    const struct contents *contents;
    const struct reader *reader;
    const json_t *recorded; /* experiments[at] */
    char where[32];         /* "experiments[0]" */
    struct experiment *made;
    size_t rounds;
    json_t *index; /* {name of a case: its index} */
    json_t *known; /* {name of a case: true} of those whose facts were read */
};

static int wrong(const struct replay *replay, const char *key, const char *what) {
    return fault(replay->reader, replay->where, key, what);
}

static double number_in(const json_t *value, double low, double high, double otherwise) {
    const double number = json_number_value(value);
    return json_is_number(value) && number >= low && number <= high ? number : otherwise;
}

static json_int_t whole_in(const json_t *value, json_int_t low, json_int_t high, json_int_t otherwise) {
    const json_int_t number = json_integer_value(value);
    return json_is_integer(value) && number >= low && number <= high ? number : otherwise;
}

/* The place of a word in a list, or -1. */
static int word_in(const json_t *value, const char *const *words, int count) {
    const char *text = json_string_value(value);
    for (int i = 0; i < count && text; i++)
        if (strcmp(text, words[i]) == 0) return i;
    return -1;
}

static const char *text_or(const json_t *value, const char *otherwise) {
    const char *text = json_string_value(value);
    return text ? text : otherwise;
}

static int index_of(const struct replay *replay, const json_t *name) {
    const char *text = json_string_value(name);
    const json_t *index = text ? json_object_get(replay->index, text) : NULL;
    return index ? (int)json_integer_value(index) : NO_CASE;
}

/* ---- Cases and their facts. */

static bool is_plain(const char *name) {
    if (!*name) return false;
    for (const char *at = name; *at; at++)
        if (*at <= ' ' || *at > '~') return false;
    return true;
}

static int add_case(struct replay *replay, const json_t *value) {
    const char *name = json_string_value(value);
    struct timed_case timed = {.run = NULL};
    const struct case_facts blank = case_facts_of(CASE_EPOCH, "rows", 1);
    if (!name || !is_plain(name) || strlen(name) >= sizeof timed.name)
        return wrong(replay, "schedule.cases", "holds something that is no name of a case");
    if (json_object_get(replay->index, name)) return wrong(replay, "schedule.cases", "names a case twice");
    snprintf(timed.name, sizeof timed.name, "%s", name);
    const int added = experiment_add(replay->made, &timed, &blank);
    return json_put(replay->index, name, json_integer(added)) == 0 ? 0 : no_memory(replay->reader);
}

static struct roof_pair roofs_from(const struct replay *replay, const json_t *value) {
    return (struct roof_pair){index_of(replay, json_object_get(value, "read")),
                              index_of(replay, json_object_get(value, "compute"))};
}

static void fill_facts(const struct replay *replay, struct case_facts *facts, const json_t *value) {
    const int kind = word_in(json_object_get(value, "kind"), case_kind_names, CASE_CACHE_ROOF + 1);
    facts->kind = kind < 0 ? CASE_EPOCH : (enum case_kind)kind;
    snprintf(facts->job_name, sizeof facts->job_name, "%s", text_or(json_object_get(value, "job"), ""));
    snprintf(facts->prefetch, sizeof facts->prefetch, "%s", text_or(json_object_get(value, "prefetch"), ""));
    facts->engine = json_string_value(json_object_get(value, "engine"));
    facts->backend = json_string_value(json_object_get(value, "backend"));
    facts->placement = json_string_value(json_object_get(value, "placement"));
    facts->workers = (unsigned)whole_in(json_object_get(value, "workers"), 1, 1000000, 1);
    facts->unit = text_or(json_object_get(value, "unit"), "rows");
    facts->work = number_in(json_object_get(value, "work"), LEAST_WORK, MOST_WORK, 1);
    facts->row_bytes = number_in(json_object_get(value, "row_bytes"), 0, MOST_WORK, 0);
    facts->folds = number_in(json_object_get(value, "folds"), 0, MOST_WORK, 0);
    facts->models = (unsigned)whole_in(json_object_get(value, "models"), 1, 1000, 0);
    facts->group = (unsigned)whole_in(json_object_get(value, "group"), 1, 1000, 0);
    facts->control_of = index_of(replay, json_object_get(value, "control_of"));
    facts->control = index_of(replay, json_object_get(value, "control"));
    facts->alone = index_of(replay, json_object_get(value, "alone"));
    facts->roofs = roofs_from(replay, json_object_get(value, "roof_cases"));
    facts->whole_roofs = roofs_from(replay, json_object_get(value, "whole_roof_cases"));
}

/* What a file lacks, or has null with the reason, is not known. Files of version 0.1.0 lack all of it. */
static void read_energy(const struct replay *replay, size_t which, const json_t *energy) {
    struct rounds *rounds = &replay->made->rounds;
    rounds->joules[which] = number_in(json_object_get(energy, "joules"), 0, MOST_WORK, (double)NAN);
    const char *reason = json_string_value(json_object_get(energy, "joules_reason"));
    if (reason) snprintf(rounds->energy_reason, sizeof rounds->energy_reason, "%s", reason);
}

/* Reads the facts of the cases in a list; `failed` if their work was wrong. */
static int read_facts(struct replay *replay, const json_t *list, const char *key, bool failed) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i), *name = json_object_get(value, "name");
        const int which = index_of(replay, name);
        if (which == NO_CASE || json_object_get(replay->known, json_string_value(name)))
            return wrong(replay, key, "are not those of the schedule");
        if (json_put(replay->known, json_string_value(name), json_true()) != 0) return no_memory(replay->reader);
        fill_facts(replay, &replay->made->facts[which], value);
        replay->made->rounds.failed[which] = failed;
        read_energy(replay, (size_t)which, json_object_get(value, "energy"));
    }
    return 0;
}

static bool has_twin(const struct experiment *made, size_t which) {
    for (size_t i = 0; i < made->control_count; i++)
        if (made->facts[made->controls[i]].control_of == (int)which) return true;
    return false;
}

/* Does the case of digits share each read among as many fits as its name says: ".../group:10", ".../group:10/again"? */
static bool named_by_group(const char *name, unsigned group) {
    char part[32];
    const size_t length = (size_t)snprintf(part, sizeof part, "/group:%u", group);
    const char *found = strstr(name, part);
    return group > 0 && found && (!found[length] || found[length] == '/');
}

/* Checks what the facts of a case say of one another. */
static int check_facts(const struct replay *replay, size_t which) {
    const struct case_facts *facts = &replay->made->facts[which];
    const json_t *workload = json_object_get(replay->contents->file->facts, "workload");
    const char *name = replay->made->cases[which].name;
    char job[2 * MAX_NAME], what[CASE_NAME + 100];
    const char *fault_found = NULL;
    snprintf(job, sizeof job, "%.150s/%.150s", facts->engine ? facts->engine : "",
             facts->backend ? facts->backend : "");
    if (strcmp(facts->unit, "rows") != 0 && strcmp(facts->unit, "bytes") != 0) fault_found = "has no unit of work";
    if (case_is_work(facts) && (!facts->engine || !facts->backend)) fault_found = "has no engine and backend";
    if (case_is_work(facts) && strcmp(facts->unit, "rows") != 0)
        fault_found = "counts its work in another unit than rows";
    const double fits = facts->kind == CASE_DIGITS ? facts->models : 1;
    if ((facts->kind == CASE_EPOCH || facts->kind == CASE_DIGITS) && json_is_object(workload) &&
        json_number_value(json_object_get(workload, "n")) * fits != facts->work)
        fault_found = "has other work than the rows of the workload";
    if (facts->kind == CASE_DIGITS && !named_by_group(name, facts->group))
        fault_found = "has another group than its name says";
    if (facts->job_name[0] && strcmp(job, facts->job_name) != 0) fault_found = "has a job of another engine or backend";
    if (facts->control == NO_CASE && has_twin(replay->made, which)) fault_found = "has an A/A twin and no control";
    if (facts->control != NO_CASE && replay->made->facts[facts->control].control_of == NO_CASE)
        fault_found = "has a control that is no A/A case";
    if (!fault_found) return 0;
    snprintf(what, sizeof what, "%s %s", name, fault_found);
    return wrong(replay, "cases", what);
}

static int read_cases(struct replay *replay) {
    struct experiment *made = replay->made;
    const json_t *failed = json_object_get(json_object_get(replay->recorded, "failed"), "cases");
    if (read_facts(replay, json_object_get(replay->recorded, "cases"), "cases", false) != 0 ||
        read_facts(replay, failed, "failed.cases", true) != 0)
        return -1;
    if (json_object_size(replay->known) != made->count) return wrong(replay, "cases", "are not those of the schedule");
    for (size_t c = 0; c < made->count; c++)
        if (made->facts[c].control_of != NO_CASE) experiment_control(made, (int)c, made->facts[c].control_of);
    for (size_t c = 0; c < made->count; c++)
        if (check_facts(replay, c) != 0) return -1;
    return 0;
}

/* ---- Rounds. */

static int read_round(struct replay *replay, size_t round, const json_t *order) {
    const size_t count = replay->made->count;
    uint32_t *which = replay->made->rounds.schedule.which + round * count;
    bool seen[MOST_CASES] = {false};
    for (size_t slot = 0; slot < count; slot++) {
        const json_int_t at = whole_in(json_array_get(order, slot), 0, (json_int_t)count - 1, -1);
        if (at < 0 || seen[at]) return wrong(replay, "schedule.order", "does not time each case once in each round");
        seen[at] = true;
        which[slot] = (uint32_t)at;
    }
    return 0;
}

static int read_schedule(struct replay *replay) {
    const json_t *schedule = json_object_get(replay->recorded, "schedule");
    const json_t *order = json_object_get(schedule, "order"), *process = json_object_get(schedule, "process");
    struct rounds *rounds = &replay->made->rounds;
    if (json_array_size(process) != replay->rounds) return wrong(replay, "schedule.process", "has no member per round");
    rounds->schedule =
        (struct schedule){.cases = rounds->cases,
                          .rounds = rounds->rounds,
                          .seed = (uint32_t)whole_in(json_object_get(schedule, "seed"), 0, UINT32_MAX, 0),
                          .which = calloc(rounds->cases * rounds->rounds, sizeof(uint32_t))};
    if (!rounds->schedule.which) return no_memory(replay->reader);
    for (size_t r = 0; r < rounds->rounds; r++) {
        const json_int_t number = whole_in(json_array_get(process, r), 0, MOST_PROCESS, -1);
        if (number < 0 || (r > 0 && number < (json_int_t)rounds->process[r - 1]))
            return wrong(replay, "schedule.process", "does not ascend from process to process");
        rounds->process[r] = (unsigned)number;
        if (read_round(replay, r, json_array_get(order, r)) != 0) return -1;
    }
    return 0;
}

static int read_clock(struct replay *replay) {
    const json_t *clock = json_object_get(replay->recorded, "clock");
    const json_t *ghz = json_object_get(clock, "ghz_per_round"), *missing = json_object_get(clock, "counters_missing");
    struct rounds *rounds = &replay->made->rounds;
    if (json_array_size(ghz) != replay->rounds) return wrong(replay, "clock.ghz_per_round", "has no member per round");
    for (size_t r = 0; r < rounds->rounds; r++)
        rounds->ghz[r] = number_in(json_array_get(ghz, r), 1e-9, 1e9, (double)NAN);
    rounds->timed = number_in(json_object_get(clock, "timed_seconds"), 0, 1e12, 0);
    rounds->total = number_in(json_object_get(clock, "total_seconds"), 1e-12, 1e12, 1);
    for (int c = 0; c < COUNTERS; c++) {
        char key[64];
        snprintf(key, sizeof key, "%s_reason", counter_names[c]);
        snprintf(rounds->counter_reason[c], sizeof rounds->counter_reason[c], "%s",
                 text_or(json_object_get(missing, key), ""));
    }
    return 0;
}

/* ---- Samples. */

static unsigned flags_of(const json_t *disturbed) {
    const char *text = json_string_value(disturbed);
    unsigned flags = 0;
    for (int i = 0; i < DISTURBANCE_FLAGS && text; i++)
        if (strstr(text, disturbance_names[i])) flags |= 1U << i;
    return flags;
}

static int add_repeated(struct replay *replay, size_t which, const json_t *list) {
    struct rounds *rounds = &replay->made->rounds;
    const size_t more = json_array_size(list);
    if (more == 0) return 0;
    struct spoiled_sample *grown = realloc(rounds->spoiled, (rounds->spoiled_count + more) * sizeof *grown);
    if (!grown) return no_memory(replay->reader);
    rounds->spoiled = grown;
    for (size_t i = 0; i < more; i++) {
        const json_t *value = json_array_get(list, i);
        const json_int_t round = whole_in(json_object_get(value, "round"), 0, (json_int_t)rounds->rounds - 1, -1);
        if (round < 0) return wrong(replay, "samples", "were repeated in a round that there is not");
        struct spoiled_sample *one = &grown[rounds->spoiled_count++];
        *one = (struct spoiled_sample){.which = which, .round = (size_t)round};
        one->seconds = number_in(json_object_get(value, "seconds"), SHORTEST, LONGEST, 1);
        one->cpu_seconds = number_in(json_object_get(value, "cpu_seconds"), 0, LONGEST, 0);
        one->disturbance.flags = flags_of(json_object_get(value, "disturbed"));
        one->disturbance.away = number_in(json_object_get(value, "away"), 0, 1, 0);
    }
    return 0;
}

/* Counters stand in Google Benchmark's rows only. */
static void read_counters(struct replay *replay, size_t which) {
    const struct contents *contents = replay->contents;
    const json_t *benchmarks = json_object_get(contents->file->root, "benchmarks");
    const json_t *rows = json_object_get(contents->rows, replay->made->cases[which].name);
    for (size_t r = 0; r < replay->rounds; r++) {
        const json_t *row = json_array_get(benchmarks, (size_t)json_integer_value(json_array_get(rows, r)));
        double *counted = replay->made->rounds.observed[which * replay->rounds + r].counted.value;
        for (int c = 0; c < COUNTERS; c++)
            counted[c] = number_in(json_object_get(row, counter_names[c]), -1e300, 1e300, (double)NAN);
    }
}

/* The raw samples of a case, or NULL; its place goes to where. */
static const json_t *samples_of(const struct replay *replay, size_t which, char where[MOST_WHERE]) {
    static const char start[] = "roof/";
    const struct contents *contents = replay->contents;
    const char *name = replay->made->cases[which].name;
    const bool work = case_is_work(&replay->made->facts[which]);
    if (!work && strncmp(name, start, strlen(start)) != 0) return NULL;
    const json_t *index =
        work ? json_object_get(contents->samples, name) : json_object_get(contents->roofs, name + strlen(start));
    if (!index) return NULL;
    const size_t at = (size_t)json_integer_value(index);
    snprintf(where, MOST_WHERE, "%s[%zu]", work ? "samples" : "roofs", at);
    return json_array_get(json_object_get(contents->file->facts, work ? "samples" : "roofs"), at);
}

static int read_samples(struct replay *replay, size_t which) {
    static const char *const columns[] = {"seconds", "cpu_seconds", "disturbed", "away"};
    struct rounds *rounds = &replay->made->rounds;
    struct case_facts *facts = &replay->made->facts[which];
    const size_t n = rounds->rounds, first = which * n;
    char where[MOST_WHERE], what[CASE_NAME + 64];
    if (rounds->failed[which]) return 0;
    const json_t *samples = samples_of(replay, which, where);
    snprintf(what, sizeof what, "holds %s, which has no raw samples", replay->made->cases[which].name);
    if (!samples) return wrong(replay, "cases", what);
    for (size_t i = 0; i < COUNT(columns); i++)
        if (json_array_size(json_object_get(samples, columns[i])) != n)
            return fault(replay->reader, where, columns[i], "does not hold one sample per round");
    const json_t *seconds = json_object_get(samples, columns[0]), *cpu = json_object_get(samples, columns[1]);
    const json_t *disturbed = json_object_get(samples, columns[2]), *away = json_object_get(samples, columns[3]);
    for (size_t r = 0; r < n; r++) {
        rounds->seconds[first + r] = number_in(json_array_get(seconds, r), SHORTEST, LONGEST, 1);
        rounds->cpu_seconds[first + r] = number_in(json_array_get(cpu, r), 0, LONGEST, 0);
        rounds->observed[first + r].disturbance.flags = flags_of(json_array_get(disturbed, r));
        rounds->observed[first + r].disturbance.away = number_in(json_array_get(away, r), 0, 1, 0);
    }
    facts->what = json_string_value(json_object_get(samples, "what"));
    read_counters(replay, which);
    return add_repeated(replay, which, json_object_get(samples, "repeated"));
}

/* A source that showed something in a sample has moved. */
static int check_witness(const struct replay *replay) {
    const struct rounds *rounds = &replay->made->rounds;
    unsigned flags = 0;
    for (size_t i = 0; i < rounds->cases * rounds->rounds; i++)
        flags |= rounds->observed[i].disturbance.flags;
    for (size_t i = 0; i < rounds->spoiled_count; i++)
        flags |= rounds->spoiled[i].disturbance.flags;
    if ((flags & ~rounds->witness.moved) == 0) return 0;
    return wrong(replay, "witness.moved", "lacks a source that disturbed a sample");
}

/* The time inside samples, unless a case failed, whose samples are not recorded. */
static int check_timed(const struct replay *replay) {
    const struct rounds *rounds = &replay->made->rounds;
    double sum = 0;
    for (size_t c = 0; c < rounds->cases; c++)
        if (rounds->failed[c]) return 0;
    for (size_t i = 0; i < rounds->cases * rounds->rounds; i++)
        sum += rounds->seconds[i];
    for (size_t i = 0; i < rounds->spoiled_count; i++)
        sum += rounds->spoiled[i].seconds;
    if (fabs(sum - rounds->timed) <= 1e-9 * sum) return 0;
    return wrong(replay, "clock.timed_seconds", "is not the sum of the samples");
}

static int read_rounds(struct replay *replay) {
    struct rounds *rounds = &replay->made->rounds;
    const json_t *witness = json_object_get(replay->recorded, "witness");
    struct error why;
    if (read_schedule(replay) != 0 || read_clock(replay) != 0) return -1;
    for (size_t c = 0; c < replay->made->count; c++)
        if (read_samples(replay, c) != 0) return -1;
    if (witness_from_json(&rounds->witness, witness, &why) != 0) return wrong(replay, "witness", "cannot be read");
    return check_witness(replay) != 0 ? -1 : check_timed(replay);
}

/* ---- Pairs. */

/* A pair that no builder of experiments makes. */
static bool is_odd(const struct experiment *made, int family, int subject, int base) {
    if (family < 0 || subject == NO_CASE || base == NO_CASE) return true;
    switch ((enum pair_family)family) {
    case PAIR_BEST:
        return (size_t)subject != made->best;
    case PAIR_SCALAR:
        return strcmp(made->facts[base].job_name, "f32/scalar") != 0;
    case PAIR_F64:
        return strcmp(made->facts[base].job_name, "f64/scalar") != 0;
    case PAIR_CONTENTION:
        return made->facts[subject].alone != base;
    case PAIR_GROUP:
        return (size_t)subject != made->best || made->facts[base].kind != CASE_DIGITS;
    }
    return true;
}

static int read_pairs(struct replay *replay, const json_t *list, const char *key) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *value = json_array_get(list, i);
        const int family = word_in(json_object_get(value, "family"), pair_family_names, PAIR_FAMILIES);
        const int subject = index_of(replay, json_object_get(value, "subject"));
        const int base = index_of(replay, json_object_get(value, "base"));
        if (is_odd(replay->made, family, subject, base)) {
            char place[64];
            snprintf(place, sizeof place, "%s[%zu]", key, i);
            return wrong(replay, place, "is a pair that is not compared");
        }
        experiment_pair(replay->made, (enum pair_family)family, (size_t)subject, (size_t)base);
    }
    return 0;
}

/* ---- All of it. */

/* An experiment without a plan had a fixed number of rounds. */
static int read_plan(struct replay *replay) {
    const json_t *plan = json_object_get(replay->recorded, "plan");
    const char *fault_found = plan ? plan_from_json(&replay->made->plan, plan) : NULL;
    return fault_found ? wrong(replay, "plan", fault_found) : 0;
}

static int begin(struct replay *replay) {
    const json_t *recorded = replay->recorded, *schedule = json_object_get(recorded, "schedule");
    const json_t *names = json_object_get(schedule, "cases"), *order = json_object_get(schedule, "order");
    const size_t count = json_array_size(names);
    const size_t pairs = json_array_size(json_object_get(recorded, "pairs")) +
                         json_array_size(json_object_get(json_object_get(recorded, "failed"), "pairs"));
    replay->rounds = (size_t)whole_in(json_object_get(recorded, "rounds"), 1, MOST_SAMPLES, 0);
    if (count < 1 || count > MOST_CASES) return wrong(replay, "schedule.cases", "does not hold 1 to 1000 names");
    if (replay->rounds == 0 || json_array_size(order) != replay->rounds)
        return wrong(replay, "rounds", "is not the number of rounds of the schedule");
    if (replay->rounds * count > MOST_SAMPLES || (double)pairs * (double)replay->rounds > MOST_PAIRED)
        return wrong(replay, "rounds", "are more than any run makes");
    replay->made = experiment_new(text_or(json_object_get(recorded, "name"), ""), count, pairs, replay->reader->err);
    if (!replay->made) return -1;
    for (size_t c = 0; c < count; c++)
        if (add_case(replay, json_array_get(names, c)) != 0) return -1;
    return rounds_allocate(&replay->made->rounds, count, replay->rounds, replay->reader->err);
}

static int read_all(struct replay *replay) {
    const json_t *recorded = replay->recorded;
    if (begin(replay) != 0) return -1;
    const int best = index_of(replay, json_object_get(recorded, "best"));
    if (best == NO_CASE) return wrong(replay, "best", "is no case of the schedule");
    replay->made->best = (size_t)best;
    replay->made->pixels = number_in(json_object_get(recorded, "pixels"), 1, MOST_WORK, 1);
    replay->made->pu = (int)whole_in(json_object_get(recorded, "pu"), 0, 1000000, -1);
    if (read_plan(replay) != 0 || read_cases(replay) != 0 || read_rounds(replay) != 0 ||
        read_pairs(replay, json_object_get(recorded, "pairs"), "pairs") != 0)
        return -1;
    return read_pairs(replay, json_object_get(json_object_get(recorded, "failed"), "pairs"), "failed.pairs");
}

struct experiment *replay_experiment(const struct contents *contents, size_t at) {
    struct replay replay = {
        .contents = contents,
        .reader = contents->reader,
        .recorded = json_array_get(json_object_get(contents->file->facts, "experiments"), at),
        .index = json_object(),
        .known = json_object(),
    };
    snprintf(replay.where, sizeof replay.where, "experiments[%zu]", at);
    int bad = replay.index && replay.known ? read_all(&replay) : no_memory(contents->reader);
    json_decref(replay.index);
    json_decref(replay.known);
    if (!bad) return replay.made;
    experiment_free(replay.made);
    return NULL;
}
