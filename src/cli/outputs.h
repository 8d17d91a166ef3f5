/* SPDX-License-Identifier: MIT */
/* The files that a command is told to write. Each must be writable before the work begins, and no two may be one. */
#ifndef SGDMARK_CLI_OUTPUTS_H
#define SGDMARK_CLI_OUTPUTS_H

#include "base/error.h"

#include <stdbool.h>

/* Forgets all outputs. */
void outputs_begin(void);

/* Notes the output of an option, in place of an earlier one of the same option. "-" is standard output. Both texts must
 * outlive the check. */
void outputs_add(const char *option, const char *path);

/* This process writes none of them: what was noted is not checked. */
void outputs_are_unused(void);

/* Tries each output, and compares all with each other and with standard output. Returns 0, or -1 with the reason. */
int outputs_check(struct error *err);

/* Makes a folder for outputs unless it is there. `otherwise`: what the user can do if that fails. */
#define OTHER_FOLDER "--out DIR names another folder"
int make_folder(const char *path, const char *otherwise, struct error *err);

/* Does the path name this process's standard output, as /dev/stdout does? */
bool names_stdout(const char *path);

#endif
