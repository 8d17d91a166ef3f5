/* SPDX-License-Identifier: MIT */
#include "cli/bench_variables.h"

enum { MOST_KEPT = 64 };

static const char *hidden[MOST_KEPT];
static size_t count;

/* Runs before the C library and any sanitizer is set up, so it calls nothing and is not instrumented. */
__attribute__((no_sanitize("address", "thread", "undefined"))) static void hide(int argc, char **argv, char **envp) {
    static const char prefix[] = "BENCHMARK_";
    char **kept = envp;
    (void)argc, (void)argv;
    for (; *envp; envp++) {
        size_t same = 0;
        while (prefix[same] && (*envp)[same] == prefix[same])
            same++;
        if (prefix[same])
            *kept++ = *envp;
        else if (count < MOST_KEPT)
            hidden[count++] = *envp;
    }
    *kept = 0;
}

/* The loader calls these functions before the initializers of shared libraries, of which Google Benchmark's reads the
 * environment. */
__attribute__((section(".preinit_array"), used)) static void (*before_libraries)(int, char **, char **) = hide;

const char *hidden_variable(size_t at) {
    return at < count ? hidden[at] : NULL;
}
