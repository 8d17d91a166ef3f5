/* SPDX-License-Identifier: MIT */
/* One function per subcommand: parse, call, print. */
#ifndef SGDMARK_CLI_COMMANDS_H
#define SGDMARK_CLI_COMMANDS_H

#include "base/error.h"

enum exit_status {
    EXIT_DONE = 0,         /* done, and all checks held */
    EXIT_CHECK_FAILED = 1, /* parity, a wrong kernel, a fit that diverged, a comparison's threshold */
    EXIT_BAD_INPUT = 2,    /* bad usage or bad input */
    EXIT_PROGRAM = 3,      /* the program itself failed: out of memory, a bug */
    EXIT_NO_ANSWER = 4     /* the measurement cannot answer what was asked */
};

/* argv[0] is "sgdmark <command>". Returns the exit status, or -1 with the reason; main then prints it as one line and
 * ends with the status of the error's kind. */
#define COMMAND(name, description) int command_##name(int argc, char **argv, struct error *err);
#include "cli/commands.def"

#endif
