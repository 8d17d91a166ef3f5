/* SPDX-License-Identifier: MIT */
/* deny CALL[:ERROR][,CALL[:ERROR]...] COMMAND [ARGUMENT...]: runs the command with these system calls answered by an
 * error (EPERM), as the seccomp profile of a container does. Exit status 125: it cannot be done here. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#else
#error "tests/refused/deny.c: name the architecture of <linux/audit.h>"
#endif

struct name {
    const char *text;
    unsigned value;
};
#define CALL(name)                                                                                                     \
    { #name, (unsigned)SYS_##name }
static const struct name calls[] = {CALL(clone),
                                    CALL(clone3),
                                    CALL(fchmod),
                                    CALL(fsync),
                                    CALL(get_mempolicy),
                                    CALL(getcpu),
                                    CALL(getrandom),
                                    CALL(getrusage),
                                    CALL(madvise),
                                    CALL(mbind),
                                    CALL(memfd_create),
                                    CALL(migrate_pages),
                                    CALL(move_pages),
                                    CALL(perf_event_open),
                                    CALL(prctl),
                                    CALL(prlimit64),
                                    CALL(sched_getaffinity),
                                    CALL(sched_setaffinity),
                                    CALL(sched_yield),
                                    CALL(set_mempolicy),
                                    CALL(sysinfo),
                                    CALL(uname)};
static const struct name errors[] = {{"EPERM", EPERM}, {"EINVAL", EINVAL}, {"ENOSYS", ENOSYS}, {"EACCES", EACCES}};

/* The value of the name in text[0..length); ends the program where there is none. */
static unsigned look_up(const struct name *list, size_t count, const char *text, size_t length) {
    for (size_t i = 0; i < count; i++)
        if (strlen(list[i].text) == length && strncmp(list[i].text, text, length) == 0) return list[i].value;
    fprintf(stderr, "deny: unknown: %.*s\n", (int)length, text);
    exit(125);
}

static void add(struct sock_filter *code, unsigned short *length, struct sock_filter instruction) {
    code[(*length)++] = instruction;
}

/* Answers the calls of the list with errors; all others, and those of another architecture, pass. */
static int install(const char *list) {
    struct sock_filter code[2 * sizeof calls / sizeof *calls + 8];
    struct sock_fprog program = {.filter = code};
    unsigned short *n = &program.len;
    add(code, n, (struct sock_filter)BPF_STMT(BPF_LD + BPF_W + BPF_ABS, offsetof(struct seccomp_data, arch)));
    add(code, n, (struct sock_filter)BPF_JUMP(BPF_JMP + BPF_JEQ + BPF_K, NATIVE, 1, 0));
    add(code, n, (struct sock_filter)BPF_STMT(BPF_RET + BPF_K, SECCOMP_RET_ALLOW));
    add(code, n, (struct sock_filter)BPF_STMT(BPF_LD + BPF_W + BPF_ABS, offsetof(struct seccomp_data, nr)));
    for (const char *at = list; *n + 3u < sizeof code / sizeof *code;) {
        const size_t length = strcspn(at, ",:"), whole = strcspn(at, ",");
        const unsigned call = look_up(calls, sizeof calls / sizeof *calls, at, length);
        const unsigned error =
            length == whole ? EPERM
                            : look_up(errors, sizeof errors / sizeof *errors, at + length + 1, whole - length - 1);
        add(code, n, (struct sock_filter)BPF_JUMP(BPF_JMP + BPF_JEQ + BPF_K, call, 0, 1));
        add(code, n, (struct sock_filter)BPF_STMT(BPF_RET + BPF_K, SECCOMP_RET_ERRNO | error));
        if (at[whole] == 0) break;
        at += whole + 1;
    }
    add(code, n, (struct sock_filter)BPF_STMT(BPF_RET + BPF_K, SECCOMP_RET_ALLOW));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fputs("usage: deny CALL[:ERROR][,CALL[:ERROR]...] COMMAND [ARGUMENT...]\n", stderr);
        return 125;
    }
    if (install(argv[1]) != 0) {
        perror("deny: seccomp");
        return 125;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 127;
}
