/* SPDX-License-Identifier: MIT */
#include "report/page_figure.h"

#include "report/chart.h"
#include "report/chart_script.h"
#include "report/facts.h"
#include "report/html.h"

#include <stdlib.h>

void page_table(FILE *to, const char *const *titles) {
    fputs("<div class=\"scroll\"><table><thead><tr>", to);
    for (; *titles; titles++) {
        const bool number = **titles == '>';
        fputs(number ? "<th class=\"n\">" : "<th>", to);
        html_text(to, *titles + number);
        fputs("</th>", to);
    }
    fputs("</tr></thead><tbody>\n", to);
}

void page_table_end(FILE *to) {
    fputs("</tbody></table></div>\n", to);
}

void page_pair(FILE *to, const char *name, const char *text) {
    fputs("<tr><td class=\"k\">", to);
    html_text(to, name);
    fputs("</td><td>", to);
    html_text(to, text);
    fputs("</td></tr>\n", to);
}

static void put_number(FILE *to, const char *format, double value) __attribute__((format(printf, 2, 0)));
static void put_number(FILE *to, const char *format, double value) {
    char text[FACT_TEXT];
    fputs("<td class=\"n\">", to);
    fputs(format_fact(text, format, value), to);
    fputs("</td>", to);
}

static void put_head(FILE *to, const struct figure *figure) {
    fputs("<div class=\"scroll\"><table><thead><tr><th>", to);
    html_text(to, figure->row_title);
    fputs("</th>", to);
    for (size_t i = 0; i < FIGURE_VALUES && figure->columns[i]; i++) {
        fputs("<th class=\"n\">", to);
        html_text(to, figure->columns[i]);
        fputs("</th>", to);
    }
    if (figure->remark_title) {
        fputs("<th>", to);
        html_text(to, figure->remark_title);
        fputs("</th>", to);
    }
    fputs("</tr></thead><tbody>\n", to);
}

static void put_table(FILE *to, const struct figure *figure) {
    put_head(to, figure);
    for (size_t i = 0; i < figure->count; i++) {
        const struct figure_row *row = &figure->rows[i];
        fputs("<tr><td class=\"k\">", to);
        html_text(to, row->name);
        fputs("</td>", to);
        for (size_t k = 0; k < FIGURE_VALUES && figure->columns[k]; k++)
            put_number(to, figure->formats[k], row->value[k]);
        if (figure->remark_title) {
            fputs("<td class=\"k\">", to);
            html_text(to, row->remark);
            fputs("</td>", to);
        }
        fputs("</tr>\n", to);
    }
    page_table_end(to);
}

/* The table says the same, so a chart that fails is no failure of the page. Returns -1 only without memory. */
static int put_chart(FILE *to, const struct figure *figure, size_t number, struct error *err) {
    char prefix[64], *svg = NULL;
    struct error why;
    if (figure->kind == FIGURE_CURVE && figure->count == 1) return 0; /* one point is no curve */
    snprintf(prefix, sizeof prefix, "r%zu%s", number, figure->id);
    if (!chart_possible(figure)) {
        fputs("<p class=\"note\">There is no chart: this run knows none of its numbers.</p>\n", to);
    } else if (chart_svg(&svg, figure, prefix, &why) == 0) {
        fputs(svg, to);
        free(svg);
    } else if (why.kind == ERROR_PROGRAM) {
        *err = why;
        return -1;
    } else {
        fputs("<p class=\"note\">The chart is missing: ", to);
        html_text(to, why.text);
        fputs("</p>\n", to);
    }
    return 0;
}

int page_figure(FILE *to, const struct figure *figure, size_t number, bool drawn, struct error *err) {
    enum { SHORT_TABLE = 16 };
    fprintf(to, "<figure id=\"r%zu-%s\"><figcaption><h3>", number, figure->id);
    html_text(to, figure->title);
    fputs("</h3></figcaption>\n", to);
    if (drawn && put_chart(to, figure, number, err) != 0) return -1;
    fputs("<p class=\"note\">", to);
    html_text(to, figure->note);
    fputs("</p>\n", to);
    const bool folded = drawn && figure->count > SHORT_TABLE;
    if (folded) fprintf(to, "<details><summary>The numbers (%zu rows)</summary>\n", figure->count);
    put_table(to, figure);
    fputs(folded ? "</details></figure>\n" : "</figure>\n", to);
    return 0;
}

void page_matrix(FILE *to, const struct matrix *matrix, const char *corner, const char *format) {
    char text[FACT_TEXT];
    fputs("<div class=\"scroll\"><table class=\"heat\"><thead><tr><th>", to);
    html_text(to, corner);
    fputs("</th>", to);
    for (size_t i = 0; i < matrix->columns; i++) {
        fputs("<th class=\"n\">", to);
        html_text(to, matrix->column_names[i]);
        fputs("</th>", to);
    }
    fputs("</tr></thead><tbody>\n", to);
    for (size_t row = 0; row < matrix->rows; row++) {
        fputs("<tr><td class=\"k\">", to);
        html_text(to, matrix->row_names[row]);
        fputs("</td>", to);
        for (size_t column = 0; column < matrix->columns; column++) {
            const size_t at = row * matrix->columns + column;
            if (matrix->levels[at] == HEAT_NONE)
                fputs("<td class=\"n\">", to);
            else
                fprintf(to, "<td class=\"n h%d\">", matrix->levels[at]);
            fputs(format_fact(text, format, matrix->values[at]), to);
            fputs("</td>", to);
        }
        fputs("</tr>\n", to);
    }
    page_table_end(to);
}
