/* SPDX-License-Identifier: MIT */
#include "machine/code.h"

#include "base/sha256.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

int code_of(struct code *code, void (*function)(void), struct error *err) {
    Dl_info info;
    const ElfW(Sym) *entry = NULL;
    void *address;
    memcpy(&address, &function, sizeof address);
    if (dladdr1(address, &info, (void **)&entry, RTLD_DL_SYMENT) == 0 || !entry || !info.dli_sname ||
        info.dli_saddr != address)
        return fail(err, "the symbol table does not hold this function");
    snprintf(code->symbol, sizeof code->symbol, "%s", info.dli_sname);
    sha256_bytes(address, entry->st_size, code->sha256);
    return 0;
}
