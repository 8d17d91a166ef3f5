/* SPDX-License-Identifier: MIT */
#include "verify/kernel_call.h"

#include "kernels.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* A call and the registers that a function must hand back as it found them. */
struct entry {
    struct kernel_call call;
    uint64_t before[18], after[18];
    uint64_t flags;         /* x86-64: RFLAGS after the call */
    uint32_t x87[8];        /* x86-64: the x87 environment after the call */
    uint64_t vectors;       /* x86-64: 0: no AVX, 1: AVX, 2: AVX-512 */
    uint64_t upper[16 * 6]; /* x86-64: what the call left above bit 127 of vector registers 0-15 */
};

#if defined(__x86_64__) || defined(__aarch64__)
/* The assembly below counts on these. */
_Static_assert(offsetof(struct kernel_call, kernel) == 0 && offsetof(struct kernel_call, integer) == 8 &&
                   offsetof(struct kernel_call, real) == 48 && offsetof(struct kernel_call, integer_result) == 56,
               "layout of a call");
_Static_assert(offsetof(struct entry, before) == 72 && offsetof(struct entry, after) == 216 &&
                   offsetof(struct entry, flags) == 360 && offsetof(struct entry, x87) == 368 &&
                   offsetof(struct entry, vectors) == 400 && offsetof(struct entry, upper) == 408,
               "layout of an entry");
#endif

#if defined(__x86_64__)

static const char control_name[] = "MXCSR";
static const char *const saved[] = {"rbx", "rbp", "r12", "r13", "r14", "r15"};

/* The upper vector halves are cleared before the call and stored after it: a kernel that uses them has to clear them
 * too (vzeroupper), or every later SSE instruction of its caller is slow (Intel Optimization Reference Manual, mixing
 * SSE and AVX). The vector instructions run only where entry.vectors says so. */
void kernel_call_enter(struct entry *entry);
__asm__(".text\n"
        ".globl kernel_call_enter\n"
        ".type kernel_call_enter, @function\n"
        "kernel_call_enter:\n"
        "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
        "    pushq %rdi\n" /* the seventh: the stack is aligned to 16 bytes at the call */
        "    cmpq $0, 400(%rdi)\n    je 1f\n    vzeroupper\n"
        "1:  movq 72(%rdi), %rbx\n    movq 80(%rdi), %rbp\n    movq 88(%rdi), %r12\n"
        "    movq 96(%rdi), %r13\n    movq 104(%rdi), %r14\n    movq 112(%rdi), %r15\n"
        "    movsd 48(%rdi), %xmm0\n"
        "    movq 16(%rdi), %rsi\n    movq 24(%rdi), %rdx\n    movq 32(%rdi), %rcx\n"
        "    movq 40(%rdi), %r8\n"
        "    movq (%rdi), %rax\n    movq 8(%rdi), %rdi\n"
        "    call *%rax\n"
        "    popq %rdi\n"
        "    movsd %xmm0, 48(%rdi)\n    movq %rax, 56(%rdi)\n"
        "    movq %rbx, 216(%rdi)\n    movq %rbp, 224(%rdi)\n    movq %r12, 232(%rdi)\n"
        "    movq %r13, 240(%rdi)\n    movq %r14, 248(%rdi)\n    movq %r15, 256(%rdi)\n"
        "    pushfq\n    popq 360(%rdi)\n    cld\n"
        "    fnstenv 368(%rdi)\n    fninit\n"
        "    cmpq $1, 400(%rdi)\n    jb 3f\n    ja 2f\n"
        ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    vextractf128 $1, %ymm\\i, 408 + 16 * \\i(%rdi)\n"
        ".endr\n"
        "    jmp 3f\n"
        "2:\n"
        ".irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "    vextractf64x4 $1, %zmm\\i, 408 + 32 * \\i(%rdi)\n"
        "    vextractf128 $1, %ymm\\i, 920 + 16 * \\i(%rdi)\n"
        ".endr\n"
        "3:  popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n    popq %rbp\n"
        "    ret\n"
        ".size kernel_call_enter, . - kernel_call_enter\n");

static uint64_t control(void) {
    uint32_t mxcsr;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    return mxcsr & ~0x3fU; /* without the sticky flags */
}

static void set_control(uint64_t value) {
    uint32_t mxcsr = (uint32_t)value;
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
}

/* Which of these instructions the processor and the system allow. */
static uint64_t vectors_usable(void) {
    struct cpu_features found = cpu_features();
    unsigned both = found.cpu & found.os;
    return both & CPU_AVX512 ? 2 : both & CPU_AVX2 ? 1 : 0;
}

static const char *other_changes(const struct entry *entry) {
    if (entry->flags & 1U << 10) return "the direction flag";
    if ((entry->x87[0] & 0xffff) != 0x037f) return "the x87 control word";
    if ((entry->x87[2] & 0xffff) != 0xffff) return "the x87 register stack (no emms)";
    for (size_t i = 0; i < sizeof entry->upper / sizeof *entry->upper; i++)
        if (entry->upper[i]) return "the upper halves of the vector registers (no vzeroupper)";
    return NULL;
}

#elif defined(__aarch64__)

static const char control_name[] = "FPCR";
static const char *const saved[] = {"x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27",
                                    "x28", "d8",  "d9",  "d10", "d11", "d12", "d13", "d14", "d15"};

void kernel_call_enter(struct entry *entry);
__asm__(".text\n"
        ".globl kernel_call_enter\n"
        ".type kernel_call_enter, %function\n"
        "kernel_call_enter:\n"
        "    stp x29, x30, [sp, #-176]!\n    mov x29, sp\n"
        "    stp x19, x20, [sp, #16]\n    stp x21, x22, [sp, #32]\n    stp x23, x24, [sp, #48]\n"
        "    stp x25, x26, [sp, #64]\n    stp x27, x28, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n    stp d10, d11, [sp, #112]\n    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n    str x0, [sp, #160]\n"
        "    ldp x19, x20, [x0, #72]\n    ldp x21, x22, [x0, #88]\n    ldp x23, x24, [x0, #104]\n"
        "    ldp x25, x26, [x0, #120]\n    ldp x27, x28, [x0, #136]\n"
        "    ldp d8, d9, [x0, #152]\n    ldp d10, d11, [x0, #168]\n    ldp d12, d13, [x0, #184]\n"
        "    ldp d14, d15, [x0, #200]\n"
        "    ldr x16, [x0]\n    ldr d0, [x0, #48]\n    ldp x2, x3, [x0, #24]\n    ldr x4, [x0, #40]\n"
        "    ldp x0, x1, [x0, #8]\n"
        "    blr x16\n"
        "    ldr x9, [sp, #160]\n    str d0, [x9, #48]\n    str x0, [x9, #56]\n"
        "    stp x19, x20, [x9, #216]\n    stp x21, x22, [x9, #232]\n    stp x23, x24, [x9, #248]\n"
        "    stp x25, x26, [x9, #264]\n    stp x27, x28, [x9, #280]\n"
        "    stp d8, d9, [x9, #296]\n    stp d10, d11, [x9, #312]\n    stp d12, d13, [x9, #328]\n"
        "    stp d14, d15, [x9, #344]\n"
        "    ldp x19, x20, [sp, #16]\n    ldp x21, x22, [sp, #32]\n    ldp x23, x24, [sp, #48]\n"
        "    ldp x25, x26, [sp, #64]\n    ldp x27, x28, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n    ldp d10, d11, [sp, #112]\n    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n    ldp x29, x30, [sp], #176\n"
        "    ret\n"
        ".size kernel_call_enter, . - kernel_call_enter\n");

static uint64_t control(void) {
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    return fpcr;
}

static void set_control(uint64_t value) {
    __asm__ volatile("msr fpcr, %0" ::"r"(value));
}

static uint64_t vectors_usable(void) {
    return 0;
}

static const char *other_changes(const struct entry *entry) {
    (void)entry;
    return NULL;
}

#else

static const char control_name[] = "";
static const char *const saved[] = {""};

static void kernel_call_enter(struct entry *entry) {
    entry->call.plain->call(&entry->call, entry->call.plain->operands);
    memcpy(entry->after, entry->before, sizeof entry->after);
}

static uint64_t control(void) {
    return 0;
}

static void set_control(uint64_t value) {
    (void)value;
}

static uint64_t vectors_usable(void) {
    return 0;
}

static const char *other_changes(const struct entry *entry) {
    (void)entry;
    return NULL;
}

#endif

static const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE};

enum { SIGNALS = sizeof signals / sizeof *signals, STACK_SIZE = 64 * 1024 };

static struct sigaction old_actions[SIGNALS];
static stack_t old_stack;
static void *own_stack;
static uint64_t vectors;
static sigjmp_buf back;
static volatile sig_atomic_t inside;
static struct kernel_fault caught;

static void on_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    if (!inside) {
        /* Not a kernel's doing: on return the instruction faults again, and the program ends as it would have. */
        signal(number, SIG_DFL);
        return;
    }
    caught = (struct kernel_fault){.signal = number, .address = (uintptr_t)info->si_addr};
    siglongjmp(back, 1);
}

int kernel_call_begin(void) {
    own_stack = malloc(STACK_SIZE);
    if (!own_stack) return -1;
    stack_t stack = {.ss_sp = own_stack, .ss_size = STACK_SIZE};
    if (sigaltstack(&stack, &old_stack) != 0) {
        free(own_stack);
        return -1;
    }
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &action, &old_actions[i]);
    vectors = vectors_usable();
    return 0;
}

void kernel_call_end(void) {
    for (int i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &old_actions[i], NULL);
    sigaltstack(&old_stack, NULL);
    free(own_stack);
}

static const char *changes(const struct entry *entry, uint64_t control_before) {
    if (control() != control_before) {
        set_control(control_before);
        return control_name;
    }
    for (size_t i = 0; i < sizeof saved / sizeof *saved; i++)
        if (entry->after[i] != entry->before[i]) return saved[i];
    return other_changes(entry);
}

bool kernel_call(struct kernel_call *call, struct kernel_fault *fault) {
    static struct entry entry;
    entry = (struct entry){.call = *call, .vectors = vectors};
    for (size_t i = 0; i < sizeof entry.before / sizeof *entry.before; i++)
        entry.before[i] = 0x5eed5eed5eed0000U + i;
    uint64_t control_before = control();
    if (sigsetjmp(back, 0) != 0) { /* the mask is not saved: that would be a system call for every call */
        inside = 0;
        sigset_t blocked;
        sigemptyset(&blocked);
        for (int i = 0; i < SIGNALS; i++)
            sigaddset(&blocked, signals[i]);
        pthread_sigmask(SIG_UNBLOCK, &blocked, NULL);
        *fault = caught;
        return false;
    }
    inside = 1;
    kernel_call_enter(&entry);
    inside = 0;
    *call = entry.call;
    fault->signal = 0;
    fault->changed = changes(&entry, control_before);
    return !fault->changed;
}
