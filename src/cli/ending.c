/* SPDX-License-Identifier: MIT */
#include "cli/ending.h"

#include "base/text.h"
#include "cli/commands.h"
#include "cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void keep_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int check_output(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    fprintf(stderr, "sgdmark: standard output: cannot be written: %s\n", strerror(errno));
    return EXIT_BAD_INPUT;
}

void say(const char *command, const char *text) {
    char shown[2048];
    printable_copy(shown, sizeof shown, text);
    progress_make_way();
    fprintf(stderr, "%s: %s\n", command, shown);
}

int error_status(const struct error *err) {
    switch (err->kind) {
    case ERROR_PROGRAM:
        return EXIT_PROGRAM;
    case ERROR_CHECK:
        return EXIT_CHECK_FAILED;
    case ERROR_INPUT:
    case ERROR_OUTPUT:
        break;
    }
    return EXIT_BAD_INPUT;
}

int report_error(const char *command, const struct error *err) {
    say(command, err->text);
    return error_status(err);
}
