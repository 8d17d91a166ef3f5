/* SPDX-License-Identifier: MIT */
/* sgdmark <command> [options]. */
#include "base/file.h"
#include "base/near.h"
#include "cli/arguments.h"
#include "cli/commands.h"
#include "cli/ending.h"
#include "cli/interrupt.h"
#include "cli/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv, struct error *err);
    const char *does;
} commands[] = {
#define COMMAND(name, description) {#name, command_##name, description},
#include "cli/commands.def"
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void) {
    puts("Usage: sgdmark <command> [options]\n"
         "How fast does this machine train, on which instruction set, on which cores?\n");
    for (int i = 0; i < COMMANDS; i++)
        printf("  %-9s %s\n", commands[i].name, commands[i].does);
    puts("\nExamples:\n"
         "  sgdmark run --quick              the whole job in under 15 s\n"
         "  sgdmark run --data synthetic     the same without MNIST\n"
         "  sgdmark help train               options and examples of a command\n\n"
         "Every command takes -h, --help and --version.");
}

static int report_unknown(const char *command) {
    char hint[NEAR_TEXT];
    struct error err;
    struct near meant;
    near_begin(&meant, command, strlen(command));
    for (int i = 0; i < COMMANDS; i++)
        near_try(&meant, commands[i].name);
    near_try(&meant, "help");
    fail(&err, "there is no command '%.200s'%s (sgdmark --help lists them)", command, near_text(hint, &meant, ""));
    return report_error("sgdmark", &err);
}

/* The number of the command, or -1. */
static int find_command(const char *name) {
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(name, commands[i].name) == 0) return i;
    return -1;
}

/* Runs a command, and returns its exit status. */
static int run_command(int command, int argc, char **argv) {
    char name[32];
    struct error err;
    snprintf(name, sizeof name, "sgdmark %s", commands[command].name);
    argv[0] = name;
    /* A process of a run (record/processes.h) leaves it to the run to say what happened. */
    if (strcmp(argv[argc - 1], "--process") != 0) interrupt_begin(name);
    int status = commands[command].run(argc, argv, &err);
    if (file_note()) say(name, file_note());
    return status < 0 ? report_error(name, &err) : check_output(status);
}

struct arguments {
    int argc;
    char **argv;
};

/* `sgdmark help`, `sgdmark help COMMAND`, `sgdmark help fleet ACTION`. */
static int help_on(int argc, char **argv) {
    char asked[] = "--help";
    char *words[] = {NULL, argc > 2 ? argv[2] : asked, asked, NULL};
    if (argc < 2 || asks_help(argv[1]) || strcmp(argv[1], "help") == 0) {
        print_help();
        return check_output(EXIT_DONE);
    }
    const int command = find_command(argv[1]);
    return command < 0 ? report_unknown(argv[1]) : run_command(command, argc > 2 ? 3 : 2, words);
}

/* Does what the arguments say, and returns the exit status. */
static int run_arguments(void *context) {
    const int argc = ((const struct arguments *)context)->argc;
    char **argv = ((const struct arguments *)context)->argv;
    if (argc < 2 || asks_help(argv[1])) {
        print_help();
        return check_output(EXIT_DONE);
    }
    if (strcmp(argv[1], "help") == 0) return help_on(argc - 1, argv + 1);
    if (strcmp(argv[1], "--version") == 0) {
        print_version();
        return check_output(EXIT_DONE);
    }
    const int command = find_command(argv[1]);
    return command < 0 ? report_unknown(argv[1]) : run_command(command, argc - 1, argv + 1);
}

int main(int argc, char **argv) {
    struct arguments arguments = {argc, argv};
    keep_standard_streams();
    ignore_file_limit();
    return run_with_stack(run_arguments, &arguments);
}
