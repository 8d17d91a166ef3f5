/* SPDX-License-Identifier: MIT */
#include "report/kernels_report.h"

#include "base/json.h"
#include "report/table.h"

static const char *yes_no(bool is) {
    return is ? "yes" : "no";
}

int print_backends(FILE *out, const struct backend_row *rows, size_t count, struct error *err) {
    static const struct table_column columns[] = {{"backend", false}, {"compiled", false}, {"CPU", false},
                                                  {"OS", false},      {"chosen", false},   {"", false}};
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        const struct backend *backend = rows[i].backend;
        table_row(table);
        table_cell(table, 0, "%s", backend->name);
        table_cell(table, 1, "%s", yes_no(backend->compiled));
        table_cell(table, 2, "%s", yes_no(rows[i].cpu));
        table_cell(table, 3, "%s", yes_no(rows[i].os));
        table_cell(table, 4, "%s", yes_no(rows[i].chosen));
        table_cell(table, 5, "%s%s", rows[i].reason,
                   backend->parity == PARITY_BITS ? "" : "; never chosen: its bits may differ");
    }
    return table_finish(table, out, "", err);
}

/* The list, or NULL where something of it could not be added. */
static json_t *whole(json_t *list, int bad) {
    if (!bad) return list;
    json_decref(list);
    return NULL;
}

json_t *backends_json(const struct backend_row *rows, size_t count) {
    json_t *list = json_array();
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        const struct backend *backend = rows[i].backend;
        bad |= json_add(list, json_pack("{s:s, s:b, s:b, s:b, s:b, s:s, s:s, s:s, s:s}", "name", backend->name,
                                        "compiled", backend->compiled, "cpu", rows[i].cpu, "os", rows[i].os, "chosen",
                                        rows[i].chosen, "parity", backend->parity == PARITY_BITS ? "bits" : "tolerance",
                                        "needs", backend->levels, "flags", backend->flags, "reason", rows[i].reason));
    }
    return whole(list, bad);
}

void print_verdict(FILE *out, const struct checked_kernel *one) {
    const struct kernel_verdict *verdict = &one->verdict;
    fprintf(out, "%-12s %-18s ", one->backend->name, verdict->kernel);
    if (verdict->state == KERNEL_RIGHT) fprintf(out, "right        %llu calls\n", (unsigned long long)verdict->calls);
    if (verdict->state == KERNEL_WRONG) fprintf(out, "WRONG        %s\n", verdict->text);
    if (verdict->state == KERNEL_NOT_CHECKED) fprintf(out, "NOT CHECKED  %s\n", verdict->text);
    fflush(out);
}

void print_check_totals(FILE *out, const struct kernels_check *check) {
    const size_t checked = check->right + check->wrong;
    fprintf(out, "%zu of %zu kernels checked, %zu wrong", checked, checked + check->not_checked, check->wrong);
    const char *before = "; not checked: ";
    for (size_t i = 0; i < check->asked_count; i++) {
        if (backend_state(check->asked[i]) == BACKEND_OK) continue;
        char reason[160];
        backend_reason(check->asked[i], reason, sizeof reason);
        fprintf(out, "%s%s (%s)", before, check->asked[i]->name, reason);
        before = ", ";
    }
    fputc('\n', out);
}

json_t *check_json(const struct kernels_check *check) {
    static const char *const words[] = {
        [KERNEL_RIGHT] = "right", [KERNEL_WRONG] = "wrong", [KERNEL_NOT_CHECKED] = "not checked"};
    json_t *list = json_array();
    int bad = 0;
    for (size_t i = 0; i < check->verdict_count; i++) {
        const struct checked_kernel *one = &check->verdicts[i];
        bad |= json_add(list, json_pack("{s:s, s:s, s:s, s:I, s:s}", "backend", one->backend->name, "kernel",
                                        one->verdict.kernel, "verdict", words[one->verdict.state], "calls",
                                        (json_int_t)one->verdict.calls, "text", one->verdict.text));
    }
    list = whole(list, bad);
    return list ? json_pack("{s:I, s:o}", "seed", (json_int_t)check->seed, "kernels", list) : NULL;
}
