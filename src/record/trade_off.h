/* SPDX-License-Identifier: MIT */
/* The trade-off of precision and recall in a result file and in the JSON of `sgdmark cv`. */
#ifndef SGDMARK_RECORD_TRADE_OFF_H
#define SGDMARK_RECORD_TRADE_OFF_H

#include "learn/curve.h"

#include <jansson.h>

/* average_precision and roc_auc; and of at_threshold, at_precision and at_recall those that were asked for: `wanted`
 * (of the last two), threshold, confusion, precision, recall and f1; or threshold null with the reason where no
 * threshold reaches what is wanted. NULL when memory runs out. */
json_t *trade_off_json(const struct trade_off *trade_off);

#endif
