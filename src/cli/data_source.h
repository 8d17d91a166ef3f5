/* SPDX-License-Identifier: MIT */
/* Where MNIST is when --data does not say. */
#ifndef SGDMARK_CLI_DATA_SOURCE_H
#define SGDMARK_CLI_DATA_SOURCE_H

#include "base/error.h"

/* $SGDMARK_DATA, else ./data/mnist if it is there, else mnist in the folder share/sgdmark of the installed program if
 * that is there, else ./data/mnist. The text lives as long as the program. */
const char *default_data(void);

/* Puts MNIST into the folder, by the script fetch-mnist that is installed with the program or lies in tools/ of its
 * source; what the script says goes to stderr. Returns 0, or -1 with the reason. */
int fetch_data(const char *folder, struct error *err);

#endif
