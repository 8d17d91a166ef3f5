#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

/* In brackets, since it is a macro to the analyzer. */
int(fail)(struct error *err, const char *format, ...) {
    if (!err) return -1;
    va_list args;
    va_start(args, format);
    vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    return -1;
}
