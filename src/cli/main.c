/* SPDX-License-Identifier: MIT */
/* sgdmark <command> [options]. */
#include "cli/commands.h"
#include "cli/stack.h"
#include "version.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
         "  sgdmark train --help             options and examples of a command");
}

/* Opens /dev/null in the place of a closed standard stream, so that no data file gets its number. The mode is the wrong
 * one for the stream: using it stays an error. */
static void keep_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* What was printed must have arrived. */
static int check_output(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    fprintf(stderr, "sgdmark: standard output: cannot be written: %s\n", strerror(errno));
    return EXIT_BAD_INPUT;
}

/* Prints the reason as one line and returns the exit status that goes with it. */
static int report_error(const char *command, const struct error *err) {
    fprintf(stderr, "%s: ", command);
    for (const char *c = err->text; *c; c++) /* what was typed is quoted, and the message is one line */
        fputc(iscntrl((unsigned char)*c) ? '?' : *c, stderr);
    fputc('\n', stderr);
    switch (err->kind) {
    case ERROR_PROGRAM:
        return EXIT_PROGRAM;
    case ERROR_CHECK:
        return EXIT_CHECK_FAILED;
    case ERROR_INPUT:
        break;
    }
    return EXIT_BAD_INPUT;
}

struct arguments {
    int argc;
    char **argv;
};

/* Runs the command that the arguments name, and returns the exit status. */
static int run_command(void *context) {
    const int argc = ((const struct arguments *)context)->argc;
    char **argv = ((const struct arguments *)context)->argv;
    if (argc < 2) {
        fputs("sgdmark: a command is missing (sgdmark --help lists them)\n", stderr);
        return EXIT_BAD_INPUT;
    }
    if (strcmp(argv[1], "--help") == 0) {
        print_help();
        return check_output(EXIT_DONE);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("sgdmark %s (%s)\n", SGDMARK_VERSION, SGDMARK_COMMIT);
        return check_output(EXIT_DONE);
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(argv[1], commands[i].name) != 0) continue;
        char name[32];
        snprintf(name, sizeof name, "sgdmark %s", commands[i].name);
        argv[1] = name;
        struct error err;
        int status = commands[i].run(argc - 1, argv + 1, &err);
        return status < 0 ? report_error(name, &err) : check_output(status);
    }
    fprintf(stderr, "sgdmark: there is no command '%s' (sgdmark --help lists them)\n", argv[1]);
    return EXIT_BAD_INPUT;
}

int main(int argc, char **argv) {
    struct arguments arguments = {argc, argv};
    keep_standard_streams();
    return run_with_stack(run_command, &arguments);
}
