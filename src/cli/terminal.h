/* SPDX-License-Identifier: MIT */
/* What the terminal can show. */
#ifndef SGDMARK_CLI_TERMINAL_H
#define SGDMARK_CLI_TERMINAL_H

#include <stdbool.h>

/* Can a line be written anew on this descriptor? Not in a file or pipe, nor under TERM=dumb. */
bool terminal_rewrites(int descriptor);

/* Columns of standard output's terminal; `otherwise` where it is none or does not say. */
int terminal_columns(int otherwise);

#endif
