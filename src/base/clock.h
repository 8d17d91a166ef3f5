/* SPDX-License-Identifier: MIT */
/* Elapsed time and CPU time. */
#ifndef SGDMARK_BASE_CLOCK_H
#define SGDMARK_BASE_CLOCK_H

/* Seconds on a clock that never steps back (CLOCK_MONOTONIC). */
double seconds_now(void);

/* CPU seconds that the calling thread has used (CLOCK_THREAD_CPUTIME_ID; a system call). */
double thread_seconds(void);

#endif
