/* SPDX-License-Identifier: MIT */
/* Tells a perf that watches this process when to count: perf record and perf stat with --delay=-1 --control count
 * nothing until they are told. Both sides name the same two descriptors or FIFOs; perf reads the first and answers on
 * the second. A process has one such connection at most; without one, every call here does nothing.
 *
 * Each call below takes some 0.3 ms (perf 6.1) and makes system calls: call it outside what is timed. */
#ifndef SGDMARK_MACHINE_PERF_CONTROL_H
#define SGDMARK_MACHINE_PERF_CONTROL_H

#include "base/error.h"

/* Checks "fd:CONTROL,ACK" or "fifo:CONTROL,ACK" without talking to perf. Returns 0, or -1 with the reason. */
int perf_control_check(const char *text, struct error *err);

/* Connects. `name` is the only case that is counted; NULL: every region that is entered. Both texts must live on. From
 * here on a perf that ends is an error of perf_control_close, not a signal. Returns 0, or -1 with the reason. */
int perf_control_open(const char *text, const char *name, struct error *err);

/* Around the measured region of a case; `name` NULL: of the only one. What goes wrong is told at the end. */
void perf_control_enter(const char *name);
void perf_control_leave(void);

/* Returns 0; -1 with the reason if perf did not answer, or nothing was counted because no case has the name. */
int perf_control_close(struct error *err);

#endif
