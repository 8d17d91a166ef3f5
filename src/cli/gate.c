/* SPDX-License-Identifier: MIT */
#include "cli/gate.h"

int gate_admit(struct gate *gate, const struct backend *backend, enum engine engine, const struct row_list *rows,
               struct error *err) {
    if (self_check(backend, engine, rows, &gate->check, err) == 0) return 1;
    if (err->kind != ERROR_CHECK) return -1;
    if (!gate->refused) gate->first = *err;
    gate->refused = true;
    return 0;
}

int gate_close(const struct gate *gate, struct error *err) {
    if (!gate->refused) return 0;
    *err = gate->first;
    return -1;
}
