/* SPDX-License-Identifier: MIT */
/* The three actions of sgdmark fleet. argv[0] is "sgdmark fleet <action>". Each returns the exit status, or -1 with the
 * reason. */
#ifndef SGDMARK_CLI_FLEET_H
#define SGDMARK_CLI_FLEET_H

#include "base/error.h"

int fleet_run(int argc, char **argv, struct error *err);
int fleet_gather(int argc, char **argv, struct error *err);
int fleet_print_script(int argc, char **argv, struct error *err);

#endif
