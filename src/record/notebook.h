/* SPDX-License-Identifier: MIT */
/* The section "notebook" of a result file: the notebook's steps and their outcome. */
#ifndef SGDMARK_RECORD_NOTEBOOK_H
#define SGDMARK_RECORD_NOTEBOOK_H

#include "verify/notebook.h"

#include <jansson.h>

/* The notebook's steps and the metrics of the verified job that they were taken with. is_published: the job is the
 * notebook's own, so that its printed numbers apply. NULL when memory runs out. */
json_t *notebook_json(const struct job *job, const struct notebook *notebook, bool is_published);

#endif
