/* SPDX-License-Identifier: MIT */
/* The search for cores that compute something else now and then: every kernel and every engine that runs here, on every
 * core and in several states of load, each result compared with a known answer. */
#ifndef SGDMARK_VERIFY_SOAK_H
#define SGDMARK_VERIFY_SOAK_H

#include "base/progress.h"
#include "learn/fit.h"
#include "machine/placement.h"
#include "machine/sensors.h"

#include <stdbool.h>

/* How busy the cores are. */
enum soak_state {
    SOAK_ALONE,   /* one core works, the others are idle */
    SOAK_ALL,     /* all cores at once, neighbours on different kernels */
    SOAK_BURSTS,  /* all cores start and stop together, 1 to 20 ms at a time: clock and voltage step */
    SOAK_COOLING, /* all cores, after a stretch of the widest kernel */
    SOAK_STATES
};
extern const char *const soak_state_names[SOAK_STATES]; /* "alone", "all", "bursts", "cooling" */

/* What a wrong result is put down to, after the same work was repeated on the same core and on another one. */
enum soak_cause {
    SOAK_CORE,       /* the same core was wrong again, the other one right */
    SOAK_MEMORY,     /* what the kernel read had changed in memory */
    SOAK_EVERYWHERE, /* another core was wrong too: the kernel, or the program */
    SOAK_ONCE,       /* neither was wrong again */
    SOAK_UNTOLD,     /* not repeated: enough was, or the time was up */
    SOAK_CAUSES
};
extern const char *const soak_cause_names[SOAK_CAUSES]; /* "core", "memory", "everywhere", "once", "not repeated" */

/* What repeats: a kernel of a backend on rows in the cache, or whole fits by an engine and backend. */
struct soak_unit {
    int kernel; /* KERNEL_dot_u8f32 ... (kernel_check.h); -1: fits */
    enum engine engine;
    const struct backend *backend;
    bool known; /* its answer is the program's; otherwise (fast-math) the first one of this run, checked to a tolerance
                 */
};

/* The name of its kernel, or "fit". */
const char *soak_unit_name(const struct soak_unit *unit);

/* How often a unit ran on a core in one state. */
struct soak_count {
    uint64_t calls; /* of the kernel; fits */
    uint64_t wrong; /* blocks of calls, and fits, in which a result was wrong */
};

/* The first wrong result of a unit on a core. */
struct soak_fault {
    size_t core, unit; /* indexes in the outcome */
    enum soak_state state;
    int epoch;      /* of a fit, from 0; -1: a kernel */
    size_t row;     /* fits: in the data set; kernels: of the block, from 0 */
    size_t element; /* of the results of that row, from 0: a weight, a model. Fits: SOAK_MODEL, the trained model */
    unsigned bytes; /* of one result: 1, 2, 4 or 8 */
    bool real;      /* float32 or float64; otherwise an integer */
    uint64_t got, right; /* the bits of both */
    double seconds;      /* since the start */
    double ghz;          /* of the core right after (clock_probe); NaN: unknown */
    double celsius;      /* of its package; NaN: not readable */
    enum soak_cause cause;
    struct soak_count again, elsewhere; /* the repetition, on this core and on the one below */
    int elsewhere_pu;                   /* OS index; -1: none */
};
#define SOAK_MODEL SIZE_MAX

/* One core, and all that ran on it. */
struct soak_core {
    unsigned pu_os;
    int core, package; /* logical indexes; -1: not listed */
    struct soak_count state[SOAK_STATES];
    uint64_t multiplications; /* weights times pixels, in kernels and fits */
    uint64_t fits;
    double ghz_least, ghz_most;                     /* clock_probe in the course of it; NaN: unknown */
    double celsius_most;                            /* of its package, after each state; NaN: not readable */
    int64_t throttles;                              /* in the course of it; -1: not readable */
    char microcode[SENSOR_TEXT], ppin[SENSOR_TEXT]; /* "": not readable */
    enum soak_cause verdict;                        /* of its wrong results together; SOAK_CAUSES: none was wrong */
};

/* The first wrong result of a unit on a core is kept, up to this number; all are counted. */
enum { SOAK_FAULTS_MOST = 1024 };

struct soak_outcome {
    double seconds;
    unsigned rounds;         /* each takes every core through every unit in every state */
    bool stopped;            /* by request->stop */
    struct soak_core *cores; /* [core_count] */
    size_t core_count;
    struct soak_unit *units; /* [unit_count] */
    struct soak_count *ran;  /* [core_count][unit_count] */
    size_t unit_count;
    struct soak_fault *faults; /* [fault_count] in the order in which they were found */
    size_t fault_count;
    uint64_t calls, wrong, multiplications, fits; /* of all cores */
    uint64_t fingerprint[ENGINES];                /* of the fits; 0: the engine has no form for them */
    char reference[192]; /* what was wrong with the answers that this machine computed itself, or "" */
};

/* What to soak. */
struct soak_request {
    const struct topology *topology;     /* this machine's; it must let threads be bound */
    const struct placement *cores;       /* one worker for each */
    const struct row_list *rows;         /* of the fits; NULL: built-in rows, whose fingerprints are known */
    const uint32_t *row_names;           /* the number by which a fault names each row; NULL: its index */
    const struct hyper *hyper;           /* of the fits; NULL: the defaults, two epochs. Its engine is ignored */
    const struct backend_list *backends; /* NULL: every one that runs here */
    const enum engine *only;             /* NULL: every engine */
    int kernel;                          /* only this one, without fits; -1: all */
    double seconds;                      /* each core meets each unit once all the same */
    const struct progress_sink *progress;
    bool (*stop)(void); /* asked now and then by every worker; NULL: never */
};

/* Soaks. The calling thread is bound for a while and then set free again. Wrong results are in the outcome, no error.
 * Returns 0, or -1 when it could not run; soak_outcome_free releases the outcome. */
int soak_run(struct soak_outcome *outcome, const struct soak_request *request, struct error *err);
void soak_outcome_free(struct soak_outcome *outcome);

/* The number that such bits of a fault stand for; integers as they are, without a sign. */
double soak_value(const struct soak_fault *fault, uint64_t bits);

/* Nothing was wrong, the reference included. */
bool soak_passed(const struct soak_outcome *outcome);

/* With none wrong in n independent trials, the probability of a wrong one is at most this, at 95 %: 3/n (the rule of
 * three). NaN for 0. */
double soak_bound(uint64_t n);

/* Were its wrong results found only while other cores worked? False where none was, and where alone it ran so little
 * that at the same rate fewer than three would have been wrong. */
bool soak_only_loaded(const struct soak_core *core);

#endif
