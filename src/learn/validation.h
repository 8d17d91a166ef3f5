/* SPDX-License-Identifier: MIT */
/* The rows that early stopping holds out: scikit-learn's StratifiedShuffleSplit, its first split. */
#ifndef SGDMARK_LEARN_VALIDATION_H
#define SGDMARK_LEARN_VALIDATION_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { VALIDATION_CLASSES = 16 /* at most */ };

/* The class of each row: a number below `classes`, each of which occurs. */
struct class_list {
    const uint8_t *of; /* [n] */
    size_t n;
    unsigned classes;
};

/* Draws the validation rows: ceil(fraction n) of them, each class in its share. held_out[n] is set to 1 for them and 0
 * for the others. `room` has space for 2 n numbers. Returns 0, or -1 where scikit-learn refuses such a split, with its
 * reason. */
int validation_split(uint8_t *held_out, uint32_t *room, const struct class_list *rows, double fraction,
                     uint32_t random_state, struct error *err);

#endif
