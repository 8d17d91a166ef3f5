/* libFuzzer target: the options that train, cv and run share; one word of the command line per line of input. */
#include "cli/commands.h"
#include "cli/options.h"

#include <dlfcn.h>
#include <math.h>
#include <sanitizer/allocator_interface.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A refusal ends the program. Here its exit comes back to the target, which then frees what argp could not. */
enum { MOST_ALLOCATIONS = 4096 };
static const volatile void *block[MOST_ALLOCATIONS];
static size_t blocks;
static bool parsing;
static int exit_status;
static jmp_buf back;

static void on_malloc(const volatile void *pointer, size_t size) {
    (void)size;
    if (parsing && blocks < MOST_ALLOCATIONS) block[blocks++] = pointer;
}

static void on_free(const volatile void *pointer) {
    for (size_t i = blocks; parsing && i-- > 0;)
        if (block[i] == pointer) {
            block[i] = block[--blocks];
            return;
        }
}

_Noreturn void exit(int status) {
    if (parsing) {
        parsing = false;
        exit_status = status;
        longjmp(back, 1);
    }
    void (*libc_exit)(int) = (void (*)(int))dlsym(RTLD_NEXT, "exit");
    libc_exit(status);
    abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    /* Help texts and messages go nowhere; libFuzzer keeps a channel of its own. */
    static char quiet[] = "-close_fd_mask=3", output[BUFSIZ];
    char **longer = calloc((size_t)*argc + 2, sizeof *longer);
    if (!longer) abort();
    memcpy(longer, *argv, (size_t)*argc * sizeof *longer);
    longer[(*argc)++] = quiet;
    *argv = longer;
    setvbuf(stdout, output, _IOFBF, sizeof output);
    return __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free) ? 0 : 1;
}

static void check(const struct job_options *job) {
    const struct hyper *h = &job->hyper;
    if (job->digit > 9 || h->epochs < 1 || !isfinite(h->alpha) || h->alpha <= 0 || !job->isa || !job->rows.data)
        abort();
    if (h->compat > COMPAT_1_2 || job->rows.split > SPLIT_ALL || job->rows.order > ORDER_NOTEBOOK) abort();
}

static void parse(int argc, char **argv) {
    static const struct argp_child children[] = {{&job_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {.children = children};
    struct job_options job = {0};
    const struct backend *chosen[64];
    parse_arguments(&argp, argc, argv, &job);
    check(&job);
    if (choose_backends(&job, chosen) < 1) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { MOST_WORDS = 40 };
    char text[2048], name[] = "sgdmark train", *argv[MOST_WORDS + 1] = {name};
    int argc = 1;
    if (size >= sizeof text) return 0;
    memcpy(text, data, size);
    text[size] = 0;
    for (char *rest = text, *word; argc < MOST_WORDS && (word = strsep(&rest, "\n"));)
        argv[argc++] = word;
    blocks = 0;
    if (setjmp(back) == 0) {
        parsing = true;
        parse(argc, argv);
        parsing = false;
    } else {
        if (exit_status != EXIT_DONE && exit_status != EXIT_BAD_INPUT) abort();
        while (blocks > 0)
            free((void *)block[--blocks]);
    }
    return 0;
}
