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

enum { COMBINATIONS = PIXELS_KINDS * WEIGHTS_KINDS, DECISIONS = MOST_ROWS + 8, LARGEST_WEIGHT = sizeof(double) };

struct work {
    const struct backend *backend;
    const struct kernel_spec *spec;
    uint32_t seed;
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
    char what[320], where[64];
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
    verdict->state = KERNEL_WRONG;
    snprintf(verdict->text, sizeof verdict->text,
             "%s %s: length %zu, %s, %s pixels, %s weights: %s; again: sgdmark kernels --verify --isa %s --kernel %s "
             "--seed %u",
             work->backend->name, verdict->kernel, in->length, where, pixels_words[in->pixels],
             weights_words[in->weights], what, work->backend->name, verdict->kernel, work->seed);
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
        if (in->type != WEIGHTS_U8 && in->x[k] == 0 && same_bits(got, before)) continue;
        return wrong(work, "w[%zu] is %a (%.9g), not %a (%.9g)", k, got, got, expected->w[k], expected->w[k]);
    }
    return true;
}

static bool decisions_right(struct work *work) {
    const struct inputs *in = &work->inputs;
    const struct expected *expected = &work->expected;
    const double *decision = work->decision + decision_offset(work->place);
    const unsigned char *begin = (const unsigned char *)work->decision, *end = begin + sizeof work->decision;
    const unsigned char *first = (const unsigned char *)decision, *last = (const unsigned char *)(decision + in->n);
    for (size_t i = 0; i < in->n; i++)
        if (!same(work, decision[i], expected->decision[i], expected->decision_slack[i]))
            return wrong(work, "decision %zu of %zu is %a (%.9g), not %a (%.9g)", i, in->n, decision[i], decision[i],
                         expected->decision[i], expected->decision[i]);
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
    if (work->spec->result == RESULT_DECISIONS && !decisions_right(work)) return false;
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
    const size_t blocks = in->d / BLOCK_PIXELS, turn = work->place + (size_t)in->pixels;
    return (struct operands){.weights = work->weights,
                             .row = work->row,
                             .l1_row = work->row_fence.end,
                             .l2_row = (turn + (size_t)in->weights) % 2 ? work->row_fence.end : NULL,
                             .length = in->d,
                             .blocks = blocks,
                             .lines = turn % (blocks + 1),
                             .factor_f32 = in->factor_f32,
                             .factor_f64 = in->factor_f64,
                             .sign = in->sign,
                             .decision = work->decision + decision_offset(work->place),
                             .batch = &work->batch,
                             .model = &work->model};
}

static bool check_place(struct work *work, size_t place) {
    const struct inputs *in = &work->inputs;
    work->place = place;
    work->row = fence_put(&work->row_fence, fence_place(place), row_offset(place), in->row, in->row_bytes, ROW_POISON);
    work->weights = fence_put(&work->weights_fence, fence_place(place), weights_offset(place, in->type), &in->w,
                              in->d * weight_size[in->type], NAN_POISON);
    work->batch = (struct batch){work->row, 1, in->length, in->at, in->n};
    work->model = (struct linear_model){(const float *)(const void *)work->weights, in->wscale, in->intercept};
    memset(work->decision, NAN_POISON, sizeof work->decision);
    const struct operands operands = operands_of(work);
    const struct plain_call plain = {work->spec->plain, &operands};
    struct kernel_call call = {.kernel = work->spec->pointer(work->backend), .plain = &plain};
    work->spec->load(&call, &operands);
    struct kernel_fault fault;
    if (!kernel_call(&call, &fault)) return fault_found(work, &fault);
    work->verdict->calls++;
    return outcome_right(work, &call);
}

/* Every combination of inputs meets the guard pages; one in eight, in turn, meets all 64 offsets. */
static bool check_length(struct work *work, size_t turn, size_t d) {
    struct inputs *in = &work->inputs;
    in->length = d;
    in->d = work->spec->result == RESULT_DECISIONS ? d + SLIDE : d;
    in->type = work->spec->type;
    in->form = work->spec->row;
    for (size_t c = 0; c < COMBINATIONS; c++) {
        in->pixels = (enum pixels)(c % PIXELS_KINDS);
        in->weights = (enum weights)(c / PIXELS_KINDS);
        /* Whether a sum in another order overflows too is chance. */
        if (in->type == WEIGHTS_F32 && in->weights == WEIGHTS_OVERFLOWING && work->backend->parity != PARITY_BITS)
            continue;
        inputs_draw(in, &work->random);
        work->spec->expect(&work->expected, in);
        bool everywhere = (c + turn) % 8 == 0 && d <= LONG;
        for (size_t place = everywhere ? 0 : PLACE_START; place < PLACES; place++)
            if (!check_place(work, place)) return false;
    }
    return true;
}

static void check_lengths(struct work *work) {
    random_seed(&work->random, work->seed);
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t d = i < SHORT_LENGTHS ? i : long_lengths[i - SHORT_LENGTHS];
        enum weights_type type = work->spec->type;
        if (d == LONGEST && (type == WEIGHTS_F32 || type == WEIGHTS_F64)) continue;
        if (type == WEIGHTS_PLANES || type == WEIGHTS_U8) d = (d + BLOCK_PIXELS - 1) / BLOCK_PIXELS * BLOCK_PIXELS;
        if (!check_length(work, i, d)) return;
    }
}

static int not_checked(struct kernel_verdict *verdict, const char *why) {
    verdict->state = KERNEL_NOT_CHECKED;
    snprintf(verdict->text, sizeof verdict->text, "%s", why);
    return -1;
}

int kernel_check_one(const struct backend *backend, size_t kernel, uint32_t seed, struct kernel_verdict *verdict) {
    *verdict = (struct kernel_verdict){.kernel = kernel_names[kernel]};
    if (backend_state(backend) != BACKEND_OK) {
        char reason[160];
        backend_reason(backend, reason, sizeof reason);
        return not_checked(verdict, reason);
    }
    if (!kernel_specs[kernel]->pointer(backend)) return not_checked(verdict, "the backend has no such kernel");
    struct work *work = malloc(sizeof *work);
    if (!work) return not_checked(verdict, "out of memory");
    *work = (struct work){.backend = backend, .spec = kernel_specs[kernel], .seed = seed, .verdict = verdict};
    size_t room = LONGEST_PACKED + STEP + 2 * FENCE_MARGIN;
    bool fenced = false, ready = false;
    if (fence_make(&work->row_fence, room) == 0) {
        fenced = fence_make(&work->weights_fence, room * LARGEST_WEIGHT) == 0;
        ready = fenced && kernel_call_begin() == 0;
        if (ready) {
            check_lengths(work);
            kernel_call_end();
        }
        if (fenced) fence_free(&work->weights_fence);
        fence_free(&work->row_fence);
    }
    free(work);
    if (!ready) return not_checked(verdict, "the system gives no memory for guard pages");
    return verdict->state == KERNEL_RIGHT ? 0 : -1;
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
