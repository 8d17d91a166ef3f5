/* SPDX-License-Identifier: MIT */
#include "report/plot.h"

#include <string.h>

/* The row of a value, from 0 at the top. */
static int row_of(double y) {
    return (int)((1.0 - y) * (PLOT_ROWS - 1) + 0.5);
}

/* Marks each column, and the rows between it and the column before, so that steep lines have no gaps. */
static void draw(char cells[PLOT_ROWS][PLOT_COLUMNS], const struct plot_line *line) {
    int before = row_of(line->y[0]);
    for (int x = 0; x < PLOT_COLUMNS; x++) {
        const int here = row_of(line->y[x]), step = here < before ? -1 : 1;
        for (int row = before == here ? here : before + step; row != here + step; row += step) {
            char *cell = &cells[row][x];
            *cell = *cell == ' ' || *cell == line->mark ? line->mark : '*';
        }
        before = here;
    }
}

void plot_print(FILE *out, const struct plot *plot) {
    char cells[PLOT_ROWS][PLOT_COLUMNS], left[24], right[24];
    memset(cells, ' ', sizeof cells);
    for (size_t i = 0; i < plot->count; i++)
        draw(cells, &plot->lines[i]);
    fprintf(out, "\n%s\n", plot->title);
    for (int row = 0; row < PLOT_ROWS; row++) {
        int end = PLOT_COLUMNS;
        while (end > 0 && cells[row][end - 1] == ' ')
            end--;
        fprintf(out, "%3.1f |%.*s\n", (double)(PLOT_ROWS - 1 - row) / (PLOT_ROWS - 1), end, cells[row]);
    }
    fputs("    +", out);
    for (int x = 0; x < PLOT_COLUMNS; x++)
        fputc('-', out);
    snprintf(left, sizeof left, "%.6g", plot->left);
    snprintf(right, sizeof right, "%.6g", plot->right);
    fprintf(out, "\n     %s%*s\n", left, PLOT_COLUMNS - (int)strlen(left), right);
}
