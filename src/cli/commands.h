/* One function per subcommand: parse, call, print. argv[0] is "sgdmark <command>"; returns the exit status
 * (EXIT_DONE, EXIT_CHECK_FAILED or EXIT_BAD_INPUT). */
#ifndef SGDMARK_CLI_COMMANDS_H
#define SGDMARK_CLI_COMMANDS_H

/* 0: done and all checks held. 1: a check failed (parity, comparison threshold). 2: bad usage or bad input. */
enum exit_status { EXIT_DONE = 0, EXIT_CHECK_FAILED = 1, EXIT_BAD_INPUT = 2 };

int command_describe(int argc, char **argv);
int command_run(int argc, char **argv);
int command_train(int argc, char **argv);
int command_cv(int argc, char **argv);
int command_kernels(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_topo(int argc, char **argv);
int command_compare(int argc, char **argv);

#endif
