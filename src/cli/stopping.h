/* SPDX-License-Identifier: MIT */
/* Signals that let long work end early with what it has. */
#ifndef SGDMARK_CLI_STOPPING_H
#define SGDMARK_CLI_STOPPING_H

#include <stdbool.h>

/* From now on the first SIGINT, SIGTERM or SIGHUP lets the work under way finish; the next one ends the process at
 * once. A signal that is ignored stays so. */
void stopping_begin(void);

/* Has one of them come? */
bool stopping(void);

/* At the end of the command: raises the signal that came, if one did. */
void stopping_end(void);

#endif
