/* SPDX-License-Identifier: MIT */
#include "cli/stack.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

/* glibc gives threads the same where there is no limit. */
#define ENOUGH ((size_t)2 << 20)

struct call {
    int (*run)(void *context);
    void *context;
    int result;
};

static void *make_call(void *argument) {
    struct call *call = argument;
    call->result = call->run(call->context);
    return NULL;
}

int run_with_stack(int (*run)(void *context), void *context) {
    struct call call = {run, context, 0};
    struct rlimit limit;
    pthread_attr_t attributes;
    pthread_t thread;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur >= ENOUGH ||
        pthread_attr_init(&attributes) != 0)
        return run(context);
    bool started = pthread_attr_setstacksize(&attributes, ENOUGH) == 0 &&
                   pthread_setattr_default_np(&attributes) == 0 && pthread_create(&thread, NULL, make_call, &call) == 0;
    pthread_attr_destroy(&attributes);
    if (!started) return run(context);
    pthread_join(thread, NULL);
    return call.result;
}
