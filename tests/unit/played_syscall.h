/* SPDX-License-Identifier: MIT */
/* syscall() of a test that plays the operating system. The test defines play_syscall. */
#ifndef SGDMARK_TESTS_PLAYED_SYSCALL_H
#define SGDMARK_TESTS_PLAYED_SYSCALL_H

#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Answers a system call in *result as syscall() would, with errno; false: libc makes the call. */
static bool play_syscall(long number, const long argument[6], long *result);

/* Like the real one it takes six values, however many were passed; clang's address sanitizer would mind. */
#ifdef __clang__
__attribute__((no_sanitize("address")))
#endif
long syscall(long number, ...) {
    long argument[6], result;
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        argument[i] = va_arg(arguments, long);
    va_end(arguments);
    if (play_syscall(number, argument, &result)) return result;
    long (*libc_syscall)(long, ...);
    *(void **)&libc_syscall = dlsym(RTLD_NEXT, "syscall");
    return libc_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

#endif
