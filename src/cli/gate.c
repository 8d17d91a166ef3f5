/* SPDX-License-Identifier: MIT */
#include "cli/gate.h"

/* What a check that failed means for the command. */
static int refused(struct gate *gate, const struct error *why) {
    if (why->kind != ERROR_CHECK) return -1;
    if (!gate->refused) gate->first = *why;
    gate->refused = true;
    return 0;
}

int gate_admit(struct gate *gate, const struct backend *backend, enum engine engine, const struct row_list *rows,
               struct error *err) {
    return self_check(backend, engine, rows, &gate->check, err) == 0 ? 1 : refused(gate, err);
}

int gate_admit_sigmoid(struct gate *gate, const struct backend *backend, struct error *err) {
    return self_check_sigmoid(backend, &gate->check, err) == 0 ? 1 : refused(gate, err);
}

int gate_close(const struct gate *gate, struct error *err) {
    if (!gate->refused) return 0;
    *err = gate->first;
    return -1;
}
