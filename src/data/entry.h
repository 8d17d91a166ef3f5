/* One row as the training loop meets it: where it lies, its first feature and its label in 32 bits. They are read in
 * shuffled order, so the fewer bytes the more of them the caches hold. */
#ifndef SGDMARK_DATA_ENTRY_H
#define SGDMARK_DATA_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an entry's bits stand for. The lowest is the label; its place and its start, in steps, follow. */
struct entry_form {
    unsigned place_bits;
    unsigned step_bits; /* starts are multiples of 2^step_bits */
};

/* The form of entries with places 0..places-1 and starts up to `last_start`, multiples of 2^step_bits. False when that
 * is too much for one. */
static inline bool entry_form(struct entry_form *form, uint64_t places, size_t last_start, unsigned step_bits) {
    unsigned start_bits = 0;
    *form = (struct entry_form){.step_bits = step_bits};
    while ((places - 1) >> form->place_bits)
        form->place_bits++;
    while (last_start >> step_bits >> start_bits)
        start_bits++;
    return 1 + form->place_bits + start_bits <= 32;
}

static inline uint32_t entry_make(const struct entry_form *form, uint32_t place, size_t start, bool positive) {
    return ((uint32_t)(start >> form->step_bits) << form->place_bits | place) << 1 | positive;
}

static inline bool entry_positive(uint32_t entry) {
    return entry & 1;
}

static inline uint32_t entry_place(const struct entry_form *form, uint32_t entry) {
    return entry >> 1 & ((1U << form->place_bits) - 1);
}

static inline size_t entry_start(const struct entry_form *form, uint32_t entry) {
    return (size_t)((uint64_t)entry >> 1 >> form->place_bits) << form->step_bits;
}

#endif
