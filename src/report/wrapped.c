/* SPDX-License-Identifier: MIT */
#include "report/wrapped.h"

#include <stdbool.h>
#include <string.h>

/* How much of the text goes on a line that has `room` left; 0: none, it begins on the next line. */
static int fitting(const char *text, int room, bool line_is_empty) {
    const int length = (int)strlen(text);
    if (length <= room) return length;
    int cut = room;
    while (cut > 0 && text[cut - 1] != ' ' && text[cut - 1] != ',')
        cut--;
    if (cut > 0 || !line_is_empty) return cut > 0 ? cut : 0;
    const int word = (int)strcspn(text, " ,") + 1;
    return word > length ? length : word;
}

void print_wrapped(FILE *out, const char *text, int at, int indent, int columns) {
    while (*text) {
        const int length = fitting(text, columns - at, at == indent);
        int shown = length;
        while (shown > 0 && text[shown - 1] == ' ')
            shown--;
        fprintf(out, "%.*s", shown, text);
        text += length;
        text += strspn(text, " ");
        if (!*text) break;
        fprintf(out, "\n%*s", indent, "");
        at = indent;
    }
    fputc('\n', out);
}
