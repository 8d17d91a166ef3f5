/* SPDX-License-Identifier: MIT */
#include "learn/validation.h"

#include "data/random.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Gives one more to `add` of the classes whose remainder is this; RandomState.choice where not all of them get it. */
static void add_to_ties(double *share, const double *remainder, unsigned classes, double value, size_t *add,
                        struct random_state *rs) {
    uint32_t tied[VALIDATION_CLASSES], order[VALIDATION_CLASSES], count = 0;
    for (uint32_t c = 0; c < classes; c++)
        if (remainder[c] == value) tied[count++] = c;
    random_permutation(rs, order, count);
    for (uint32_t i = 0; i<count && * add> 0; i++, --*add)
        share[tied[order[i]]] += 1.0;
}

/* sklearn.utils._approximate_mode: how many of `draws` rows fall to each class, in proportion to count[classes]. */
static void approximate_mode(size_t *to, const size_t *count, unsigned classes, size_t draws, struct random_state *rs) {
    double share[VALIDATION_CLASSES], remainder[VALIDATION_CLASSES], all = 0.0, floored = 0.0;
    for (unsigned c = 0; c < classes; c++)
        all += (double)count[c];
    for (unsigned c = 0; c < classes; c++) {
        const double exact = (double)count[c] / all * (double)draws;
        share[c] = floor(exact);
        remainder[c] = exact - share[c];
        floored += share[c];
    }
    size_t add = (double)draws > floored ? draws - (size_t)floored : 0;
    double below = (double)INFINITY;
    while (add > 0) {
        double value = -1.0;
        for (unsigned c = 0; c < classes; c++)
            if (remainder[c] < below && remainder[c] > value) value = remainder[c];
        if (value < 0.0) break;
        add_to_ties(share, remainder, classes, value, &add, rs);
        below = value;
    }
    for (unsigned c = 0; c < classes; c++)
        to[c] = (size_t)share[c];
}

static int check_sizes(const size_t *count, size_t n, size_t tested, unsigned classes, struct error *err) {
    for (unsigned c = 0; c < classes; c++)
        if (count[c] < 2)
            return fail(err, "--early-stopping needs at least 2 rows of each class, and of one there is only %zu",
                        count[c]);
    if (tested < classes || n - tested < classes)
        return fail(err,
                    "--early-stopping needs at least %u rows to train on and %u to hold out; --validation-fraction "
                    "leaves %zu and %zu",
                    classes, classes, n - tested, tested);
    return 0;
}

/* Holds out `tested` rows of one class: those behind the first `trained` of a permutation of its members. */
static void hold_out_class(uint8_t *held_out, const uint32_t *members, uint32_t *order, const size_t sizes[3],
                           struct random_state *rs) {
    const size_t count = sizes[0], trained = sizes[1], tested = sizes[2];
    random_permutation(rs, order, count);
    for (size_t i = trained; i < trained + tested && i < count; i++)
        held_out[members[order[i]]] = 1;
}

int validation_split(uint8_t *held_out, uint32_t *room, const struct class_list *rows, double fraction,
                     uint32_t random_state, struct error *err) {
    const uint8_t *class_of = rows->of;
    const size_t n = rows->n;
    const unsigned classes = rows->classes;
    size_t count[VALIDATION_CLASSES] = {0}, trained[VALIDATION_CLASSES] = {0}, left[VALIDATION_CLASSES] = {0},
           tested[VALIDATION_CLASSES] = {0};
    struct random_state rs;
    for (size_t i = 0; i < n; i++)
        count[class_of[i]]++;
    const size_t test = (size_t)ceil(fraction * (double)n);
    if (check_sizes(count, n, test, classes, err) != 0) return -1;
    random_seed(&rs, random_state);
    approximate_mode(trained, count, classes, n - test, &rs);
    for (unsigned c = 0; c < classes; c++)
        left[c] = count[c] - trained[c];
    approximate_mode(tested, left, classes, test, &rs);
    memset(held_out, 0, n);
    for (unsigned c = 0; c < classes; c++) {
        uint32_t *members = room, *order = room + n;
        size_t found = 0;
        for (size_t i = 0; i < n; i++)
            if (class_of[i] == c) members[found++] = (uint32_t)i;
        hold_out_class(held_out, members, order, (const size_t[]){count[c], trained[c], tested[c]}, &rs);
    }
    return 0;
}
