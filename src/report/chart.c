/* SPDX-License-Identifier: MIT */
#include "report/chart.h"

#include "base/child.h"
#include "base/file.h"
#include "report/chart_script.h"
#include "report/html.h"

#include <stdlib.h>
#include <string.h>

static const char gnuplot[] = "gnuplot";

bool charts_available(void) {
    return child_exists(gnuplot);
}

/* Runs gnuplot for this terminal, without the start-up file of the user. */
static int draw(char **output, size_t *size, const struct figure *figure, const char *terminal, struct error *err) {
    static const char *const words[] = {gnuplot, "--default-settings", "-", NULL};
    char *script = NULL;
    size_t length = 0;
    FILE *to = open_memstream(&script, &length);
    if (!to) return fail_program(err, "out of memory for a chart");
    fprintf(to, "set terminal %s size %d,%u noenhanced\n", terminal, CHART_WIDTH, chart_height(figure));
    chart_script(to, figure);
    int bad = fclose(to) != 0 ? fail_program(err, "out of memory for a chart") : 0;
    if (!bad) bad = child_filter(words, script, length, output, size, err);
    free(script);
    return bad;
}

/* Replacements of texts in gnuplot's SVG. `to` of NULL: the prefix behind the first character of `from`, then its rest.
 */
static const struct replacement {
    const char *from, *to;
} replacements[] = {
    {"\"black\"", "\"currentColor\""},
    {"'black'", "'currentColor'"},
    {"rgb(  0,   0,   0)", "currentColor"},
    {"'gp", NULL},
    {"#gp", NULL},
    {"\"gnuplot", NULL},
    {"'textbox'", NULL},
    {"'greybox'", NULL},
    {"xlink:href", "href"},
    {" font-family=\"Arial\"", ""},
    {" font-family=\"sans-serif\"", ""},
    {" stroke-linecap=\"butt\" stroke-linejoin=\"miter\"", ""}, /* which are the defaults */
    {" xmlns:xlink=\"http://www.w3.org/1999/xlink\"", ""},
};

/* The end of an empty group that begins here, of which gnuplot writes many; NULL: there is none. */
static const char *behind_empty(const char *at) {
    static const char rest[] = ">\n</g>\n";
    if (strncmp(at, "<g fill=", strlen("<g fill=")) != 0) return NULL;
    const char *end = strchr(at, '>');
    return end && strncmp(end, rest, strlen(rest)) == 0 ? end + strlen(rest) : NULL;
}

static void put_rest(FILE *to, const char *at, const char *prefix) {
    for (const char *behind; *at;) {
        if (*at == '<' && (behind = behind_empty(at)) != NULL) {
            at = behind;
            continue;
        }
        const struct replacement *found = NULL;
        for (size_t i = 0; i < sizeof replacements / sizeof *replacements && !found; i++)
            if (strncmp(at, replacements[i].from, strlen(replacements[i].from)) == 0) found = &replacements[i];
        if (!found)
            fputc(*at++, to);
        else if (found->to)
            fputs(found->to, to);
        else
            fprintf(to, "%c%s%s", *found->from, prefix, found->from + 1);
        if (found) at += strlen(found->from);
    }
}

/* The picture's name is that of the figure, its size the column's, and its end that of the element. */
int chart_svg(char **svg, const struct figure *figure, const char *prefix, struct error *err) {
    char *drawn = NULL;
    size_t size = 0;
    if (draw(&drawn, &size, figure, "svg font 'sans-serif,13'", err) != 0) return -1;
    char *rest = strstr(drawn, "</title>"), *end = rest ? strstr(rest, "</svg>") : NULL;
    char *desc = rest ? strstr(rest, "</desc>") : NULL;
    FILE *to = open_memstream(svg, &size);
    int bad = to ? 0 : fail_program(err, "out of memory for a chart");
    if (!bad && (!end || !desc)) bad = fail(err, "gnuplot drew no picture of %s", figure->id);
    if (!bad) {
        end[0] = 0;
        fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %u\" role=\"img\"><title>", CHART_WIDTH,
                chart_height(figure));
        html_text(to, figure->title);
        fputs("</title>", to);
        put_rest(to, desc + strlen("</desc>"), prefix);
        fputs("</svg>\n", to);
    }
    if (to && fclose(to) != 0 && !bad) bad = fail_program(err, "out of memory for a chart");
    free(drawn);
    if (!bad) return 0;
    if (to) free(*svg);
    *svg = NULL;
    return -1;
}

int chart_write_png(const struct figure *figure, const char *path, struct error *err) {
    char *png = NULL;
    size_t size = 0;
    if (draw(&png, &size, figure, "pngcairo font 'sans-serif,11' background rgb 'white'", err) != 0) return -1;
    const struct span whole = {png, size};
    int bad = size > 0 ? write_file(path, &whole, 1, err) : fail(err, "gnuplot drew no picture of %s", figure->id);
    free(png);
    return bad;
}
