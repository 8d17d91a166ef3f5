/* SPDX-License-Identifier: MIT */
/* Calling a kernel the way a suspicious caller would: faults are caught, and what the calling convention lets a
 * function keep or lose is looked at afterwards. */
#ifndef SGDMARK_VERIFY_KERNEL_CALL_H
#define SGDMARK_VERIFY_KERNEL_CALL_H

#include <stdbool.h>
#include <stdint.h>

struct kernel_call;
struct operands;

/* The same call through the kernel's C prototype, for architectures whose registers are not looked at. */
typedef void plain_call_fn(struct kernel_call *call, const struct operands *operands);
struct plain_call {
    plain_call_fn *call;
    const struct operands *operands;
};

/* One call. The x86-64 (System V) and the aarch64 (AAPCS64) convention both hand out registers to integers and to
 * floating-point numbers apart, so one layout serves kernels of every prototype of up to five pointers or integers and
 * one float or double. */
struct kernel_call {
    void (*kernel)(void);
    uint64_t integer[5]; /* the pointers and integers among its arguments, in order */
    union kernel_real {
        float f32;
        double f64;
    } real;                  /* its float or double argument; set: what it returned, if that is one */
    uint64_t integer_result; /* set: what it returned, if that is a pointer or an integer */
    const struct plain_call *plain;
};

/* What went wrong with a call. */
struct kernel_fault {
    int signal;          /* SIGILL, SIGSEGV, SIGBUS or SIGFPE; 0: it returned */
    uintptr_t address;   /* where the signal says */
    const char *changed; /* "rbx", "the direction flag": state that it should have restored; NULL: none */
};

/* From begin to end those four signals are caught, on a stack of their own. One thread at a time; calls do not nest.
 * Returns 0, or -1 when the system refuses. */
int kernel_call_begin(void);
void kernel_call_end(void);

/* Makes the call. Returns true when it came back with everything in order. */
bool kernel_call(struct kernel_call *call, struct kernel_fault *fault);

#endif
