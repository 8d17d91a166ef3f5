/* SPDX-License-Identifier: MIT */
/* Result files among the arguments of a command. */
#ifndef SGDMARK_CLI_PAGES_H
#define SGDMARK_CLI_PAGES_H

#include <argp.h>

/* Hands a path on to `take`; in place of a page that carries several results (record/load.h) their names,
 * "page.html#1" and so on, which last as long as the process. A page that cannot be read is handed on as it is. Returns
 * what `take` returns, at once where that is not 0. */
error_t take_results(const char *path, error_t (*take)(void *context, const char *path), void *context);

#endif
