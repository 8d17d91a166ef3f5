/* SPDX-License-Identifier: MIT */
/* Google Benchmark's environment variables, which do not steer a run. */
#ifndef SGDMARK_CLI_BENCH_VARIABLES_H
#define SGDMARK_CLI_BENCH_VARIABLES_H

#include <stddef.h>

/* Google Benchmark reads a variable BENCHMARK_<FLAG> for each of its flags while the program is loaded. All variables
 * that begin with BENCHMARK_ are taken out of the environment before that. This is number `at` of them as it was,
 * "BENCHMARK_FILTER=dot"; NULL: there were no more. */
const char *hidden_variable(size_t at);

#endif
