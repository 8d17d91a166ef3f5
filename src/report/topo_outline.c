/* SPDX-License-Identifier: MIT */
/* The drawing of the machine: one line per part, the cores side by side. */
#include "report/topo_report.h"
#include "report/wrapped.h"

#include <math.h>
#include <string.h>

enum { INDENT = 3, LABEL_TEXT = 160 }; /* columns per level of the tree; longest label of a part */

const char *binary_size(char text[SIZE_TEXT], uint64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double size = (double)bytes;
    int unit = 0;
    while (size >= 1024 && unit < 6) {
        size /= 1024;
        unit++;
    }
    snprintf(text, SIZE_TEXT, "%.3g %s", size >= 100 ? round(size) : size, units[unit]);
    return text;
}

static void label_part(char text[LABEL_TEXT], const struct outline_item *item) {
    static const char *const names[] = {
        [OUTLINE_MACHINE] = "Machine",  [OUTLINE_PACKAGE] = "package", [OUTLINE_DIE] = "die",
        [OUTLINE_NODE] = "memory node", [OUTLINE_CACHE] = "cache",     [OUTLINE_CORE] = "core"};
    char level[16] = "";
    char bytes[SIZE_TEXT];
    if (item->type == OUTLINE_CACHE) snprintf(level, sizeof level, "L%u ", item->level);
    snprintf(text, LABEL_TEXT, "%s%s %u%s%s%s%s%s", level, names[item->type], item->index, item->bytes ? ", " : "",
             item->bytes ? binary_size(bytes, item->bytes) : "", item->memory[0] ? ", " : "", item->memory,
             item->allowed ? "" : " (not allowed)");
}

static void label_core(char text[LABEL_TEXT], const struct outline_item *item) {
    snprintf(text, LABEL_TEXT, "%s%score %u: %s", item->kind, item->kind[0] ? " " : "", item->index, item->threads);
}

/* Does a line at `depth` follow below part i before its parent ends? */
static bool goes_on(const struct topo_view *view, size_t i, unsigned depth) {
    const struct outline_item *items = view->outline;
    for (i++; i < view->outline_count && items[i].depth >= depth; i++)
        if (items[i].depth == depth) return true;
    return false;
}

/* The lines of the tree that lead to a part; `first` is the part's own first line, `last` its last item. */
static void print_branches(FILE *out, const struct topo_view *view, bool utf8, size_t last, bool first) {
    const unsigned depth = view->outline[last].depth;
    for (unsigned level = 1; level <= depth; level++) {
        const bool more = goes_on(view, last, level);
        const char *line = "   ";
        if (level < depth || !first) {
            if (more) line = utf8 ? "│  " : "|  ";
        } else if (utf8) {
            line = more ? "├─ " : "└─ ";
        } else {
            line = more ? "|- " : "`- ";
        }
        fputs(line, out);
    }
}

/* The cores outline[from..to], as many on a line as fit. */
static void draw_cores(FILE *out, const struct topo_view *view, const struct topo_style *style, size_t from,
                       size_t to) {
    char label[LABEL_TEXT];
    int width = 0;
    for (size_t i = from; i <= to; i++) {
        label_core(label, &view->outline[i]);
        if ((int)strlen(label) > width) width = (int)strlen(label);
    }
    int each = (style->columns - (int)view->outline[from].depth * INDENT + 2) / (width + 2);
    if (each < 1) each = 1;
    for (size_t i = from; i <= to; i += (size_t)each) {
        print_branches(out, view, style->utf8, to, i == from);
        for (size_t k = i; k <= to && k < i + (size_t)each; k++) {
            const bool end = k == to || k + 1 == i + (size_t)each;
            label_core(label, &view->outline[k]);
            fprintf(out, "%-*s", end ? 0 : width + 2, label);
        }
        fputc('\n', out);
    }
}

/* The last of the cores that stand beside core i. */
static size_t last_core(const struct topo_view *view, size_t i) {
    const struct outline_item *items = view->outline;
    while (i + 1 < view->outline_count && items[i + 1].type == OUTLINE_CORE && items[i + 1].depth == items[i].depth)
        i++;
    return i;
}

void print_outline(FILE *out, const struct topo_view *view, const struct topo_style *style) {
    for (size_t i = 1; i < view->outline_count; i++) {
        if (view->outline[i].type == OUTLINE_CORE) {
            const size_t last = last_core(view, i);
            draw_cores(out, view, style, i, last);
            i = last;
        } else {
            char label[LABEL_TEXT];
            const int indent = (int)view->outline[i].depth * INDENT;
            label_part(label, &view->outline[i]);
            print_branches(out, view, style->utf8, i, true);
            print_wrapped(out, label, indent, indent, style->columns);
        }
    }
}
