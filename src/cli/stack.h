/* SPDX-License-Identifier: MIT */
/* Enough stack for a command, whatever the limit is (ulimit -s). */
#ifndef SGDMARK_CLI_STACK_H
#define SGDMARK_CLI_STACK_H

/* Returns run(context). Where the limit of the stack is below 2 MiB it runs on a thread with a stack of that size,
 * which later threads get too. */
int run_with_stack(int (*run)(void *context), void *context);

#endif
