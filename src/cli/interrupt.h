/* SPDX-License-Identifier: MIT */
/* What ends a program early: signals, and limits that the system reports by one. */
#ifndef SGDMARK_CLI_INTERRUPT_H
#define SGDMARK_CLI_INTERRUPT_H

/* From now on a signal that would end this process first removes the file that is being written and says in one line
 * that the command, called `name`, was interrupted; then it ends the process. A signal that is ignored stays so. */
void interrupt_begin(const char *name);

/* A file that reaches the limit on the size of files is an error of the write, not the end of the process. */
void ignore_file_limit(void);

/* The same for an output whose reader has gone. */
void ignore_broken_pipes(void);

#endif
