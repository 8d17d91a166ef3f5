/* SPDX-License-Identifier: MIT */
#include "verify/kernel_check.h"

#include "data/random.h"
#include "verify/fence.h"
#include "verify/kernel_call.h"
#include "verify/kernel_inputs.h"
#include "verify/kernel_spec.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The widest backend takes 64 pixels at a time: every length up to three such steps and one, and some long rows.
 * LONGEST fills the sums of integer kernels. */
enum { STEP = 64, SHORT_LENGTHS = 3 * STEP + 2, LONG = 4096 };
static const size_t long_lengths[] = {255, 576, 784, LONG, LONGEST};
enum { LENGTHS = SHORT_LENGTHS + sizeof long_lengths / sizeof *long_lengths };

enum { COMBINATIONS = PIXELS_KINDS * WEIGHTS_KINDS, DECISIONS = MOST_ROWS + FEW_ROWS };

/* Bytes for the longest row packed, for all rows given, and for weights of the largest type. */
enum { ROW_ROOM = (int)GIVEN_PIXELS > (int)LONGEST_PACKED ? (int)GIVEN_PIXELS : (int)LONGEST_PACKED };
enum { LARGEST_WEIGHT = sizeof(double), WEIGHTS_ROOM = LONGEST_PACKED * LARGEST_WEIGHT };
_Static_assert((int)LONGEST_WEIGHTS <= (int)LONGEST_PACKED, "room for the weights of many models");

struct work {
    const struct backend *backend;
    const struct kernel_spec *spec;
    uint32_t seed;
    const char *again; /* more words of the command that repeats a call; NULL: no command does, the row is a job's */
    struct kernel_verdict *verdict;
    struct random_state random;
    struct inputs inputs;
    struct expected expected;
    struct fence row_fence, weights_fence;
    /* The call under way. */
    size_t place;
    unsigned char *row, *weights;
    struct batch batch;
    struct linear_model model;
    struct shared_row shared_row;
    const void *many[MODELS_MOST + 1]; /* the weights of each model; behind the last one stands a guard page */
    double decision[DECISIONS];
};

/* Where row and weights stand: the row at each of the 64 offsets in a cache line (the weights at each of those that
 * their type can have), then both directly behind a guard page, then both directly before one. */
enum { PLACE_START = 64, PLACE_END, PLACES };

static size_t row_offset(size_t place) {
    return place;
}

static size_t weights_offset(size_t place, enum weights_type type) {
    return place * 5 % (64 / weight_size[type]) * weight_size[type];
}

static size_t decision_offset(size_t place) {
    return place % 4;
}

static enum fence_place fence_place(size_t place) {
    return place == PLACE_START ? FENCE_START : place == PLACE_END ? FENCE_END : FENCE_OFFSET;
}

/* ---- Verdicts ---- */

/* Writes what is wrong, where, and the command that repeats it; returns false. */
__attribute__((format(printf, 2, 3))) static bool wrong(struct work *work, const char *format, ...) {
    struct kernel_verdict *verdict = work->verdict;
    const struct inputs *in = &work->inputs;
    char what[288], where[64], again[160];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (work->place == PLACE_START)
        snprintf(where, sizeof where, "directly behind a guard page");
    else if (work->place == PLACE_END)
        snprintf(where, sizeof where, "directly before a guard page");
    else
        snprintf(where, sizeof where, "row at offset %zu, weights at %zu", row_offset(work->place),
                 weights_offset(work->place, in->type));
    snprintf(again, sizeof again, "only on rows of this job: the same command repeats it");
    if (work->again)
        snprintf(again, sizeof again, "again: sgdmark kernels --verify --isa %s --kernel %s --seed %u%s",
                 work->backend->name, verdict->kernel, work->seed, work->again);
    verdict->state = KERNEL_WRONG;
    snprintf(verdict->text, sizeof verdict->text, "%s %s: length %zu, %s, %s pixels, %s weights: %s; %s",
             work->backend->name, verdict->kernel, in->length, where, pixels_words[in->pixels],
             weights_words[in->weights], what, again);
    return false;
}

/* The same number, -0 and +0 told apart. */
static bool same_bits(double a, double b) {
    uint64_t bits_of_a, bits_of_b;
    memcpy(&bits_of_a, &a, sizeof a);
    memcpy(&bits_of_b, &b, sizeof b);
    return bits_of_a == bits_of_b;
}

static bool same(const struct work *work, double got, double want, double slack) {
    if (isnan(got) || isnan(want)) return isnan(got) && isnan(want);
    if (work->backend->parity == PARITY_BITS) return same_bits(got, want);
    if (isinf(got) || isinf(want)) return got == want;
    return fabs(got - want) <= slack;
}

static bool weights_right(struct work *work) {
    const struct inputs *in = &work->inputs;
    const struct expected *expected = &work->expected;
    for (size_t k = 0; k < in->d; k++) {
        double got = weight_at(work->weights, in->type, k), before = weight_at(&in->w, in->type, k);
        if (same(work, got, expected->w[k], expected->w_slack[k])) continue;
        /* A kernel may skip zeros, and fmaf(a, 0, -0) is +0. */
        if (in->type != WEIGHTS_U8 && in->form != ROW_ABSENT && in->x[k] == 0 && same_bits(got, before)) continue;
        return wrong(work, "w[%zu] is %a (%.9g), not %a (%.9g)", k, got, got, expected->w[k], expected->w[k]);
    }
    return true;
}

/* Decisions of many rows, or sums of many models. */
static bool writes_decisions(const struct kernel_spec *spec) {
    return spec->result == RESULT_DECISIONS || spec->result == RESULT_MANY;
}

static bool decisions_right(struct work *work) {
    const struct inputs *in = &work->inputs;
    const struct expected *expected = &work->expected;
    const double *decision = work->decision + decision_offset(work->place);
    const unsigned char *begin = (const unsigned char *)work->decision, *end = begin + sizeof work->decision;
    const unsigned char *first = (const unsigned char *)decision, *last = (const unsigned char *)(decision + in->n);
    for (size_t i = 0; i < in->n; i++)
        if (!same(work, decision[i], expected->decision[i], expected->decision_slack[i]))
            return wrong(work, "%s %zu of %zu is %a (%.9g), not %a (%.9g)", in->many ? "the sum of model" : "decision",
                         i, in->n, decision[i], decision[i], expected->decision[i], expected->decision[i]);
    if (!is_all(begin, (size_t)(first - begin), NAN_POISON) || !is_all(last, (size_t)(end - last), NAN_POISON))
        return wrong(work, "it wrote outside the decisions");
    return true;
}

static bool outcome_right(struct work *work, const struct kernel_call *call) {
    const struct inputs *in = &work->inputs;
    const struct expected *expected = &work->expected;
    double real = (double)call->real.f32;
    if (work->spec->result == RESULT_REAL && !same(work, real, expected->real, expected->real_slack))
        return wrong(work, "the result is %a (%.9g), not %a (%.9g)", real, real, expected->real, expected->real);
    if (work->spec->result == RESULT_INTEGER && call->integer_result != expected->integer)
        return wrong(work, "the result is %#llx, not %#llx", (unsigned long long)call->integer_result,
                     (unsigned long long)expected->integer);
    if (writes_decisions(work->spec) && !decisions_right(work)) return false;
    if (!weights_right(work)) return false;
    if (memcmp(work->row, in->row, in->row_bytes) != 0) return wrong(work, "it wrote to the row");
    if (!fence_intact(&work->row_fence, work->row, in->row_bytes, ROW_POISON))
        return wrong(work, "it wrote outside the row");
    if (!fence_intact(&work->weights_fence, work->weights, in->d * weight_size[in->type], NAN_POISON))
        return wrong(work, "it wrote outside the weights");
    return true;
}

static bool fault_found(struct work *work, const struct kernel_fault *fault) {
    if (!fault->signal) return wrong(work, "it does not restore %s", fault->changed);
    const struct fence *fences[] = {&work->row_fence, &work->weights_fence};
    const unsigned char *content[] = {work->row, work->weights};
    for (int i = 0; i < 2; i++) {
        if (!fence_holds(fences[i], fault->address)) continue;
        return wrong(work, "SIG%s at byte %td of the %s", sigabbrev_np(fault->signal),
                     (ptrdiff_t)(fault->address - (uintptr_t)content[i]), i ? "weights" : "row");
    }
    return wrong(work, "SIG%s at address %#zx", sigabbrev_np(fault->signal), (size_t)fault->address);
}

/* ---- The calls ---- */

/* The rows to prefetch are guard pages: a kernel may prefetch them, not read them. Every other call has no l2_row. */
static struct operands operands_of(struct work *work) {
    const struct inputs *in = &work->inputs;
    const size_t blocks = in->length / BLOCK_PIXELS, turn = work->place + (size_t)in->pixels;
    return (struct operands){.weights = work->weights,
                             .row = work->row,
                             .l1_row = work->row_fence.end,
                             .l2_row = (turn + (size_t)in->weights) % 2 ? work->row_fence.end : NULL,
                             .length = in->length,
                             .blocks = blocks,
                             .lines = turn % (blocks + 1),
                             .factor_f32 = in->factor_f32,
                             .factor_f64 = in->factor_f64,
                             .sign = in->sign,
                             .decision = work->decision + decision_offset(work->place),
                             .batch = &work->batch,
                             .model = &work->model,
                             .many_f32 = (const float *const *)(const void *)work->many,
                             .many_i16 = (const int16_t *const *)(const void *)work->many,
                             .many_planes = (const int8_t *const *)(const void *)work->many,
                             .models = in->n,
                             .shared_row = &work->shared_row};
}

/* Every other call has a row that begins at feature 0. */
static void place_models(struct work *work, const uint8_t *l2_row) {
    const struct inputs *in = &work->inputs;
    const size_t start = work->place % 2 * model_step(in);
    work->shared_row = (struct shared_row){work->row, start, in->length, work->row_fence.end, l2_row};
    for (size_t m = 0; m <= MODELS_MOST; m++)
        work->many[m] =
            m < in->n ? work->weights + (model_offset(in, m) - start) * weight_size[in->type] : work->row_fence.end;
}

static bool check_place(struct work *work, size_t place) {
    const struct inputs *in = &work->inputs;
    work->place = place;
    work->row = fence_put(&work->row_fence, fence_place(place), row_offset(place), in->row, in->row_bytes, ROW_POISON);
    work->weights = fence_put(&work->weights_fence, fence_place(place), weights_offset(place, in->type), &in->w,
                              in->d * weight_size[in->type], NAN_POISON);
    work->batch = (struct batch){work->row, in->stride, in->length, in->at, in->n};
    work->model = (struct linear_model){(const float *)(const void *)work->weights, in->wscale, in->intercept};
    if (writes_decisions(work->spec)) memset(work->decision, NAN_POISON, sizeof work->decision);
    const struct operands operands = operands_of(work);
    if (in->many) place_models(work, operands.l2_row);
    const struct plain_call plain = {work->spec->plain, &operands};
    struct kernel_call call = {.kernel = work->spec->pointer(work->backend), .plain = &plain};
    work->spec->load(&call, &operands);
    struct kernel_fault fault;
    if (!kernel_call(&call, &fault)) return fault_found(work, &fault);
    work->verdict->calls++;
    return outcome_right(work, &call);
}

/* Sets what a row of d pixels has. */
static void set_length(struct work *work, size_t d) {
    struct inputs *in = &work->inputs;
    in->type = work->spec->type;
    in->form = work->spec->row;
    if (in->type == WEIGHTS_PLANES || in->type == WEIGHTS_U8) d = (d + BLOCK_PIXELS - 1) / BLOCK_PIXELS * BLOCK_PIXELS;
    in->length = d;
    in->many = work->spec->result == RESULT_MANY;
    in->d = work->spec->result == RESULT_DECISIONS ? d + SLIDE : d;
    if (in->many) in->d = d + (MODELS_MOST + 1) * model_step(in);
}

/* Draws a combination of pixels and weights, and what comes out. False where the backend promises nothing for it:
 * whether a sum in another order overflows too is chance. */
static bool draw(struct work *work, size_t combination) {
    struct inputs *in = &work->inputs;
    in->pixels = (enum pixels)(combination % PIXELS_KINDS);
    in->weights = (enum weights)(combination / PIXELS_KINDS);
    bool overflows = in->weights == WEIGHTS_OVERFLOWING || (in->weights == WEIGHTS_HUGE && in->length > LONG);
    if (in->type == WEIGHTS_F32 && overflows && work->backend->parity != PARITY_BITS) return false;
    inputs_draw(in, &work->random);
    work->spec->expect(&work->expected, in);
    return true;
}

/* Rows to decide: from five to FEW_ROWS, at times none; one combination in eight hundreds. */
static size_t rows_to_decide(size_t combination, size_t turn, size_t d) {
    if ((combination + turn) % 8 == 4) return turn % 8 ? 250 + d % 64 : MOST_ROWS - d % 64;
    return d % 64 == 32 ? 0 : 5 + d % 4;
}

/* Rows to decide, or models that share one. */
static size_t number_of(const struct work *work, size_t combination, size_t turn, size_t d) {
    if (work->inputs.many) return (combination + turn) % (MODELS_MOST + 1);
    return rows_to_decide(combination, turn, d);
}

/* Every combination of inputs meets the guard pages; one in eight, in turn, meets all 64 offsets. */
static bool check_length(struct work *work, size_t turn, size_t d) {
    set_length(work, d);
    for (size_t c = 0; c < COMBINATIONS; c++) {
        work->inputs.n = number_of(work, c, turn, d);
        if (!draw(work, c)) continue;
        bool everywhere = (c + turn) % 8 == 0 && d <= LONG;
        for (size_t place = everywhere ? 0 : PLACE_START; place < PLACES; place++)
            if (!check_place(work, place)) return false;
    }
    return true;
}

static void check_lengths(struct work *work) {
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t d = i < SHORT_LENGTHS ? i : long_lengths[i - SHORT_LENGTHS];
        enum weights_type type = work->spec->type;
        if (d == LONGEST && (type == WEIGHTS_F32 || type == WEIGHTS_F64)) continue;
        if (!check_length(work, i, d)) return;
    }
}

/* The short form: as many combinations as fit its time, the first with hundreds of rows to decide. Steps of five reach
 * all of them, since 5 and their number have no common factor. */
static void check_in_short(struct work *work, size_t d) {
    enum { PIXELS = 1 << 13, LEAST = 6, STEP_OF_PLACES = 11 };
    const size_t random_and_uniform = PIXELS_RANDOM + (size_t)PIXELS_KINDS * WEIGHTS_UNIFORM;
    size_t most = PIXELS / (d + 1);
    set_length(work, d);
    most = most < LEAST ? LEAST : most < COMBINATIONS ? most : COMBINATIONS;
    for (size_t i = 0; i < most; i++) {
        const size_t places[] = {PLACE_START, PLACE_END, i * STEP_OF_PLACES % PLACE_START};
        work->inputs.n = i == 0 ? 250 + d % 64 : i % FEW_ROWS;
        if (work->inputs.many) work->inputs.n = MODELS_MOST - i % MODELS_MOST;
        if (!draw(work, i == 0 ? random_and_uniform : (i * 5 + work->seed) % COMBINATIONS)) continue;
        for (size_t p = 0; p < sizeof places / sizeof *places; p++)
            if (!check_place(work, places[p])) return;
    }
}

/* ---- The rows of a job ---- */

size_t kernel_rows_most(size_t length) {
    enum { HUNDREDS = 300 };
    size_t fit = GIVEN_PIXELS / (length > 0 ? length : 1);
    return fit < HUNDREDS ? fit : HUNDREDS;
}

/* All decisions at once. On small integers a tolerance has no slack. */
static void check_decisions(struct work *work, const struct kernel_rows *rows) {
    struct inputs *in = &work->inputs;
    in->n = rows->n;
    in->d = rows->d;
    in->stride = rows->length;
    memcpy(in->x, rows->pixels, rows->n * rows->length);
    for (uint32_t i = 0; i < rows->n; i++)
        in->at[i] = (struct row_ref){.row = i, .start = rows->at[i].start, .positive = rows->at[i].positive};
    in->weights = work->backend->parity == PARITY_BITS ? WEIGHTS_UNIFORM : WEIGHTS_EXACT;
    inputs_draw(in, &work->random);
    work->spec->expect(&work->expected, in);
    if (check_place(work, PLACE_START)) check_place(work, PLACE_END);
}

static void check_each(struct work *work, const struct kernel_rows *rows) {
    static const enum weights kinds[] = {WEIGHTS_UNIFORM, WEIGHTS_MIXED, WEIGHTS_EXACT};
    enum { TRIED = 12, KINDS = sizeof kinds / sizeof *kinds };
    struct inputs *in = &work->inputs;
    const size_t step = rows->n > TRIED ? rows->n / TRIED : 1;
    in->n = in->many ? MODELS_MOST : 0;
    for (size_t i = 0; i < rows->n; i += step) {
        memcpy(in->x, rows->pixels + i * rows->length, rows->length);
        in->weights = kinds[i / step % KINDS];
        inputs_draw(in, &work->random);
        work->spec->expect(&work->expected, in);
        if (!check_place(work, rows->at[i].row * rows->length % PLACE_START) || !check_place(work, PLACE_END)) return;
    }
}

static void check_rows(struct work *work, const struct kernel_rows *rows) {
    set_length(work, rows->length);
    work->inputs.pixels = PIXELS_GIVEN;
    if (work->spec->result == RESULT_DECISIONS)
        check_decisions(work, rows);
    else
        check_each(work, rows);
}

static int not_checked(struct kernel_verdict *verdict, const char *why) {
    verdict->state = KERNEL_NOT_CHECKED;
    snprintf(verdict->text, sizeof verdict->text, "%s", why);
    return -1;
}

/* What is checked of a kernel; of the members all but one are as in {0}. */
struct extent {
    bool everything;
    size_t length;                  /* in short, rows of this length */
    const struct kernel_rows *rows; /* these rows */
};

static void check_extent(struct work *work, const struct extent *extent) {
    random_seed(&work->random, work->seed);
    if (extent->everything)
        check_lengths(work);
    else if (extent->rows)
        check_rows(work, extent->rows);
    else
        check_in_short(work, extent->length);
}

static int check(const struct backend *backend, size_t kernel, uint32_t seed, const struct extent *extent,
                 struct kernel_verdict *verdict) {
    char again[32] = "";
    *verdict = (struct kernel_verdict){.kernel = kernel_names[kernel]};
    if (backend_state(backend) != BACKEND_OK) {
        char reason[160];
        backend_reason(backend, reason, sizeof reason);
        return not_checked(verdict, reason);
    }
    if (!kernel_specs[kernel]->pointer(backend)) return not_checked(verdict, "the backend has no such kernel");
    struct work *work = calloc(1, sizeof *work); /* megabytes, of which short rows touch little */
    if (!work) return not_checked(verdict, "out of memory");
    work->backend = backend;
    work->spec = kernel_specs[kernel];
    work->seed = seed;
    work->verdict = verdict;
    if (!extent->everything) snprintf(again, sizeof again, " --length %zu", extent->length);
    work->again = extent->rows ? NULL : again;
    const size_t around = STEP + 2 * FENCE_MARGIN;
    bool fenced = false, ready = false;
    if (fence_make(&work->row_fence, ROW_ROOM + around) == 0) {
        fenced = fence_make(&work->weights_fence, WEIGHTS_ROOM + around * LARGEST_WEIGHT) == 0;
        ready = fenced && kernel_call_begin() == 0;
        if (ready) {
            check_extent(work, extent);
            kernel_call_end();
        }
        if (fenced) fence_free(&work->weights_fence);
        fence_free(&work->row_fence);
    }
    free(work);
    if (!ready) return not_checked(verdict, "the system gives no memory for guard pages");
    return verdict->state == KERNEL_RIGHT ? 0 : -1;
}

int kernel_check_one(const struct backend *backend, size_t kernel, uint32_t seed, struct kernel_verdict *verdict) {
    return check(backend, kernel, seed, &(struct extent){.everything = true}, verdict);
}

int kernel_check_length(const struct backend *backend, size_t kernel, size_t length, uint32_t seed,
                        struct kernel_verdict *verdict) {
    return check(backend, kernel, seed, &(struct extent){.length = length}, verdict);
}

int kernel_check_rows(const struct backend *backend, size_t kernel, const struct kernel_rows *rows, uint32_t seed,
                      struct kernel_verdict *verdict) {
    return check(backend, kernel, seed, &(struct extent){.rows = rows}, verdict);
}

size_t kernels_of(const struct backend *backend) {
    return KERNEL_COUNT - (backend->dot_packed ? 0 : PACKED_COUNT);
}

int kernel_check_backend(const struct backend *backend, uint32_t seed, struct kernel_check *result) {
    int bad = 0;
    *result = (struct kernel_check){0};
    for (size_t kernel = 0; kernel < kernels_of(backend); kernel++)
        bad |= kernel_check_one(backend, kernel, seed, &result->kernel[kernel]);
    return bad;
}
