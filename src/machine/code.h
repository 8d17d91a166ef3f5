/* SPDX-License-Identifier: MIT */
/* The machine code of a function, to tell builds apart. */
#ifndef SGDMARK_MACHINE_CODE_H
#define SGDMARK_MACHINE_CODE_H

#include "base/error.h"

struct code {
    char symbol[64]; /* name in the symbol table */
    char sha256[65]; /* of the code bytes in memory, lower-case hex */
};

/* Looks a function up in the symbol table of the running program. Returns 0, or -1 with the reason. */
int code_of(struct code *code, void (*function)(void), struct error *err);

#endif
