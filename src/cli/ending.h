/* SPDX-License-Identifier: MIT */
/* How a program of ours begins and ends: standard streams, the last line on stderr, the exit status. */
#ifndef SGDMARK_CLI_ENDING_H
#define SGDMARK_CLI_ENDING_H

#include "base/error.h"

/* Opens /dev/null in the place of a closed standard stream, so that no data file gets its number. The mode is the wrong
 * one for the stream: using it stays an error. */
void keep_standard_streams(void);

/* What was printed must have arrived: returns `status`, or that of bad input after a line on stderr. */
int check_output(int status);

/* Prints one line on stderr, which `command` begins. What was typed may be quoted in it. */
void say(const char *command, const char *text);

/* The exit status that goes with an error. */
int error_status(const struct error *err);

/* Prints the reason and returns the exit status that goes with it. */
int report_error(const char *command, const struct error *err);

#endif
