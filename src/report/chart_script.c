/* SPDX-License-Identifier: MIT */
#include "report/chart_script.h"

#include <math.h>
#include <string.h>

/* Of middle brightness: each has a contrast of at least 3 with white and with the page's dark background. */
static const char *const colours[] = {"#2f7fc8", "#c8641a", "#2e9152", "#9a62c7", "#c44569", "#8a7a1c", "#2b8f96"};
enum { COLOURS = sizeof colours / sizeof *colours, SHORT_CHART = 320 };

static const char *colour_of(const struct figure_row *row) {
    return colours[row->series % COLOURS];
}

static bool has_a_line_per_row(const struct figure *figure) {
    return figure->kind == FIGURE_BARS || figure->kind == FIGURE_RATIOS || figure->kind == FIGURE_SPREAD;
}

unsigned chart_height(const struct figure *figure) {
    enum { LINE = 22, FRAME = 80, MOST_LINES = 60 };
    const size_t lines = figure->count < MOST_LINES ? figure->count : MOST_LINES;
    return has_a_line_per_row(figure) ? (unsigned)(LINE * lines + FRAME) : SHORT_CHART;
}

/* A text in single quotes, in which gnuplot interprets nothing; two quotes stand for one. Other bytes than printable
 * ASCII become '?'. */
static void put_text(FILE *to, const char *text) {
    fputc('\'', to);
    for (; *text; text++) {
        if (*text == '\'') fputc('\'', to);
        fputc(*text < ' ' || *text > '~' ? '?' : *text, to);
    }
    fputc('\'', to);
}

static void set_axes(FILE *to, const struct figure *figure) {
    if (figure->x_axis) {
        fputs("set xlabel ", to);
        put_text(to, figure->x_axis);
    }
    if (figure->y_axis) {
        fputs("\nset ylabel ", to);
        put_text(to, figure->y_axis);
    }
    fputs("\nset border 3\nset tics nomirror\nset grid linetype 1 linewidth 0.5 linecolor rgb '#999999' dashtype 3\n"
          "set key off\n",
          to);
}

/* The name of a line, cut so that the plot keeps most of the width. */
static void put_name(FILE *to, const char *name) {
    enum { LONGEST = 22 };
    char cut[LONGEST + 4];
    snprintf(cut, sizeof cut, strlen(name) > LONGEST ? "%.20s.." : "%s", name);
    put_text(to, cut);
}

/* The rows from the top to the bottom, named at the left. */
static void set_lines(FILE *to, const struct figure *figure) {
    fputs("set ytics (", to);
    for (size_t i = 0; i < figure->count; i++) {
        if (i) fputs(", ", to);
        put_name(to, figure->rows[i].name);
        fprintf(to, " %zu", figure->count - i);
    }
    fprintf(to,
            ")\nset yrange [0.4:%zu.6]\nunset grid\nset grid xtics linetype 1 linewidth 0.5 linecolor rgb '#999999'\n",
            figure->count);
}

static bool finite_values(const struct figure_row *row, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(row->value[i])) return false;
    return true;
}

/* "0xRRGGBB" as gnuplot's number for a variable colour. */
static void put_colour(FILE *to, const char *colour) {
    fprintf(to, " 0x%s\n", colour + 1);
}

static void put_row(FILE *to, const struct figure_row *row, double y, size_t count) {
    fprintf(to, "%.6g", y);
    for (size_t i = 0; i < count; i++)
        fprintf(to, " %.9g", row->value[i]);
    put_colour(to, colour_of(row));
}

/* The data block $rows: its place, the first values, its colour. */
static void put_rows(FILE *to, const struct figure *figure, size_t count) {
    fputs("$rows << END\n", to);
    for (size_t i = 0; i < figure->count; i++)
        if (finite_values(&figure->rows[i], count)) put_row(to, &figure->rows[i], (double)(figure->count - i), count);
    fputs("END\n", to);
}

static void draw_bars(FILE *to, const struct figure *figure) {
    set_lines(to, figure);
    put_rows(to, figure, 3);
    fputs("set xrange [0:*]\nset style fill solid 0.75 noborder\n"
          "plot $rows using ($2/2):1:(0):2:($1-0.32):($1+0.32):5 with boxxyerror linecolor rgb variable, \\\n"
          "  $rows using 2:1:3:4 with xerrorbars pointtype 0 linewidth 1.5 linecolor rgb 'black'\n",
          to);
}

struct range {
    double low, high;
};

static struct range include(struct range range, double value) {
    if (!isfinite(value)) return range;
    return (struct range){fmin(range.low, value), fmax(range.high, value)};
}

/* How a ratio is drawn: filled, hollow, or as a hollow point without an interval. */
enum ratio_style { RATIO_FILLED, RATIO_HOLLOW, RATIO_POINT, RATIO_STYLES };

static enum ratio_style style_of(const struct figure_row *row) {
    if (!finite_values(row, 3)) return RATIO_POINT;
    return row->mark == FIGURE_DISTURBED ? RATIO_HOLLOW : RATIO_FILLED;
}

/* The data block $r0, $r1 or $r2 of the rows of one style. Returns how many there are. */
static size_t put_ratios(FILE *to, const struct figure *figure, enum ratio_style style) {
    const size_t values = style == RATIO_POINT ? 1 : 3;
    size_t count = 0;
    fprintf(to, "$r%d << END\n", style);
    for (size_t i = 0; i < figure->count; i++) {
        const struct figure_row *row = &figure->rows[i];
        if (style_of(row) != style || !finite_values(row, values)) continue;
        put_row(to, row, (double)(figure->count - i), values);
        count++;
    }
    fputs("END\n", to);
    return count;
}

/* All points, 1, and intervals as far as a factor of 4 beyond the points: those that say nothing leave the plot. */
static struct range range_of_ratios(const struct figure *figure) {
    struct range points = {1.0, 1.0}, all = {1.0, 1.0};
    for (size_t i = 0; i < figure->count; i++) {
        points = include(points, figure->rows[i].value[0]);
        for (size_t k = 0; k < 3; k++)
            all = include(all, figure->rows[i].value[k]);
    }
    return (struct range){fmax(all.low, points.low / 4.0), fmin(all.high, points.high * 4.0)};
}

/* Within a factor of 4 the axis is linear: a logarithmic one would have a number at 1 alone. */
static void set_ratio_axis(FILE *to, const struct figure *figure) {
    enum { MOST_STEPS = 5 };
    const struct range range = range_of_ratios(figure);
    const double room = pow(range.high / range.low, 0.05) * 1.01;
    double step = 0.01;
    for (unsigned i = 0; (range.high - range.low) / step > MOST_STEPS; i++)
        step *= i % 3 == 1 ? 2.5 : 2.0; /* 0.01, 0.02, 0.05, 0.1 */
    if (range.high <= 4.0 * range.low)
        fprintf(to, "set xtics %.9g\n", step);
    else
        fprintf(to, "set logscale x\n%s",
                range.high < 400.0 * range.low ? "set xtics add (0.2, 0.5, 2, 5, 20, 50, 200)\n" : "");
    fprintf(to, "set xrange [%.9g:%.9g]\n", range.low / room, range.high * room);
}

static void draw_ratios(FILE *to, const struct figure *figure) {
    static const char *const styles[RATIO_STYLES] = {
        [RATIO_FILLED] = "2:1:3:4:5 with xerrorbars pointtype 7 pointsize 0.6 linewidth 1.5",
        [RATIO_HOLLOW] = "2:1:3:4:5 with xerrorbars pointtype 6 pointsize 0.6 linewidth 1",
        [RATIO_POINT] = "2:1:3 with points pointtype 6 pointsize 0.6 linewidth 1"};
    size_t counts[RATIO_STYLES];
    const char *between = "plot ";
    set_lines(to, figure);
    for (int i = 0; i < RATIO_STYLES; i++)
        counts[i] = put_ratios(to, figure, (enum ratio_style)i);
    if (isfinite(figure->band))
        fprintf(to,
                "set object 1 rectangle from %.9g, graph 0 to %.9g, graph 1 behind fillcolor rgb '#999999' "
                "fillstyle solid 0.3 noborder\n",
                1.0 / (1.0 + figure->band), 1.0 + figure->band);
    set_ratio_axis(to, figure);
    fputs("set arrow 1 from 1, graph 0 to 1, graph 1 nohead linecolor rgb 'black' linewidth 1\n", to);
    for (int i = 0; i < RATIO_STYLES; i++) {
        if (counts[i] == 0) continue;
        fprintf(to, "%s$r%d using %s linecolor rgb variable", between, i, styles[i]);
        between = ", ";
    }
    fputc('\n', to);
}

static void draw_spread(FILE *to, const struct figure *figure) {
    set_lines(to, figure);
    put_rows(to, figure, 4);
    fputs(
        "plot $rows using 3:1:2:4:6 with xerrorbars pointtype 7 pointsize 0.6 linewidth 2 linecolor rgb variable, \\\n"
        "  $rows using 5:1 with points pointtype 12 pointsize 1.1 linewidth 1.5 linecolor rgb 'black'\n",
        to);
}

static void put_marked(FILE *to, const struct figure *figure, const char *block, enum figure_mark mark) {
    fprintf(to, "%s << END\n", block);
    for (size_t i = 0; i < figure->count; i++) {
        const struct figure_row *row = &figure->rows[i];
        if (row->mark == mark && finite_values(row, 2)) {
            fprintf(to, "%.9g %.9g %.9g", row->value[0], row->value[1], isfinite(row->value[2]) ? row->value[2] : 0.0);
            put_colour(to, colour_of(row));
        }
    }
    fputs("END\n", to);
}

static size_t count_marked(const struct figure *figure, enum figure_mark mark) {
    size_t count = 0;
    for (size_t i = 0; i < figure->count; i++)
        count += figure->rows[i].mark == mark && finite_values(&figure->rows[i], 2);
    return count;
}

/* Is this the fastest epoch of its series? */
static bool leads(const struct figure *figure, const struct figure_row *row) {
    for (size_t i = 0; i < figure->count; i++) {
        const struct figure_row *other = &figure->rows[i];
        if (other->mark == FIGURE_PLAIN && other->series == row->series && other->value[1] > row->value[1])
            return false;
    }
    return true;
}

/* Names each roof right of the plot, and the fastest epoch of each series beside its point. */
static void name_roofline(FILE *to, const struct figure *figure, double right) {
    for (size_t i = 0; i < figure->count; i++) {
        const struct figure_row *row = &figure->rows[i];
        if (row->mark == FIGURE_ROOF && isfinite(row->value[2])) {
            fputs("set label ", to);
            put_name(to, row->name);
            fprintf(to, " at %.9g, %.9g left offset 0.4, 0 font ',11'\n", right, row->value[2] * right);
        } else if (row->mark == FIGURE_PLAIN && finite_values(row, 2) && leads(figure, row)) {
            fputs("set label ", to);
            put_name(to, row->name);
            fprintf(to, " at %.9g, %.9g %s font ',11'\n", row->value[0], row->value[1],
                    row->series == 1 ? "left offset 0.8, 0" : "right offset -0.8, 0");
        }
    }
}

static void draw_roofline(FILE *to, const struct figure *figure) {
    static const double left = 0.5, right = 4.0;
    struct range range = {(double)INFINITY, 0.0};
    const char *between = "plot ";
    for (size_t i = 0; i < figure->count; i++) {
        const struct figure_row *row = &figure->rows[i];
        range = include(range, row->mark == FIGURE_ROOF ? row->value[2] * right : row->value[1]);
    }
    put_marked(to, figure, "$epochs", FIGURE_PLAIN);
    put_marked(to, figure, "$kernels", FIGURE_KERNEL);
    name_roofline(to, figure, right);
    fprintf(to,
            "set rmargin 12\nset logscale xy\nset xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n"
            "set xtics (0.5, 1, 2, 4)\n",
            left, right, range.low / 1.5, range.high * 1.5);
    for (size_t i = 0; i < figure->count; i++) {
        const struct figure_row *row = &figure->rows[i];
        if (row->mark != FIGURE_ROOF || !isfinite(row->value[2])) continue;
        fprintf(to, "%s%.9g * x with lines linewidth %d linecolor rgb 'black'", between, row->value[2],
                between[0] == 'p' ? 2 : 1);
        between = ", ";
    }
    if (count_marked(figure, FIGURE_KERNEL) > 0) {
        fprintf(to, "%s$kernels using 1:2:4 with points pointtype 9 pointsize 0.7 linecolor rgb variable", between);
        between = ", ";
    }
    fprintf(to, "%s$epochs using 1:2:4 with points pointtype 7 pointsize 0.8 linecolor rgb variable\n", between);
}

static const char clock_axis[] =
    "set y2tics\nset y2label 'GHz'\nset border 11\nset y2range [0:*]\nset ytics nomirror\n";

static void draw_samples(FILE *to, const struct figure *figure) {
    bool clock = false;
    put_marked(to, figure, "$quiet", FIGURE_PLAIN);
    put_marked(to, figure, "$noisy", FIGURE_DISTURBED);
    for (size_t i = 0; i < figure->count; i++)
        clock |= isfinite(figure->rows[i].value[2]);
    fputs("set key outside top horizontal\n", to);
    if (clock) fputs(clock_axis, to);
    fputs("plot ", to);
    const char *between = "";
    if (clock) {
        fprintf(to, "$quiet using 1:3 axes x1y2 with steps linewidth 1 linecolor rgb '#999999' title 'GHz (right)'");
        between = ", ";
    }
    if (count_marked(figure, FIGURE_PLAIN) > 0) {
        fprintf(to, "%s$quiet using 1:2 with points pointtype 7 pointsize 0.45 linecolor rgb '%s' title 'quiet'",
                between, colours[0]);
        between = ", ";
    }
    if (count_marked(figure, FIGURE_DISTURBED) > 0)
        fprintf(to,
                "%s$noisy using 1:2 with points pointtype 2 pointsize 0.7 linewidth 1.5 linecolor rgb '%s' "
                "title 'disturbed'",
                between, colours[1]);
    fputc('\n', to);
}

/* The data block $clock: the last value of each row. Returns whether any is known. */
static bool put_clock(FILE *to, const struct figure *figure) {
    bool any = false;
    fputs("$clock << END\n", to);
    for (size_t i = 0; i < figure->count; i++) {
        const double *value = figure->rows[i].value;
        if (!isfinite(value[0]) || !isfinite(value[FIGURE_VALUES - 1])) continue;
        fprintf(to, "%.9g %.9g\n", value[0], value[FIGURE_VALUES - 1]);
        any = true;
    }
    fputs("END\n", to);
    return any;
}

static void draw_bands(FILE *to, const struct figure *figure) {
    put_rows(to, figure, FIGURE_VALUES - 1);
    const bool clock = put_clock(to, figure);
    fputs("set key outside top horizontal\nset style fill transparent solid 0.3 noborder\n", to);
    fprintf(to, "%splot ", clock ? clock_axis : "");
    if (clock)
        fputs("$clock using 1:2 axes x1y2 with lines linewidth 1 linecolor rgb '#999999' title 'GHz (right)', ", to);
    fprintf(to,
            "$rows using 2:3:7 with filledcurves linecolor rgb '%s' title '5 to 95 %%', "
            "$rows using 2:4:6 with filledcurves linecolor rgb '%s' title '25 to 75 %%', "
            "$rows using 2:5 with lines linewidth 1.5 linecolor rgb 'black' title 'median'\n",
            colours[0], colours[0]);
}

static unsigned series_count(const struct figure *figure) {
    unsigned count = 0;
    for (size_t i = 0; i < figure->count; i++)
        if (figure->rows[i].series >= count) count = figure->rows[i].series + 1;
    return count;
}

/* What names the series: the remark where the table has one, or else the row's name. */
static const char *series_name(const struct figure *figure, unsigned series) {
    for (size_t i = 0; i < figure->count; i++)
        if (figure->rows[i].series == series)
            return figure->remark_title ? figure->rows[i].remark : figure->rows[i].name;
    return "";
}

/* One data block for each series, $s0 and so on: the first values of its rows, `known` of which must be known. */
static void put_series(FILE *to, const struct figure *figure, size_t known, size_t count) {
    for (unsigned s = 0; s < series_count(figure); s++) {
        fprintf(to, "$s%u << END\n", s);
        for (size_t i = 0; i < figure->count; i++)
            if (figure->rows[i].series == s && finite_values(&figure->rows[i], known))
                put_row(to, &figure->rows[i], 0.0, count);
        fputs("END\n", to);
    }
}

static void plot_series(FILE *to, const struct figure *figure, const char *style) {
    for (unsigned s = 0; s < series_count(figure); s++) {
        fprintf(to, "%s$s%u using 2:3 %s linecolor rgb '%s' title ", s ? ", " : "", s, style, colours[s % COLOURS]);
        put_text(to, series_name(figure, s));
    }
}

static void draw_scaling(FILE *to, const struct figure *figure) {
    enum { FEW_WORKERS = 8 };
    double most = 0.0;
    for (size_t i = 0; i < figure->count; i++)
        most = fmax(most, figure->rows[i].value[0]);
    put_series(to, figure, 2, 3);
    fprintf(to, "set key outside top horizontal\nset xrange [0:%.9g]\nset yrange [0:*]\n", 1.1 * most);
    fputs(most <= FEW_WORKERS ? "set xtics 1\nplot " : "plot ", to);
    plot_series(to, figure, "with points pointtype 7 pointsize 0.8");
    for (unsigned s = 0; s < series_count(figure); s++)
        fprintf(to, ", $s%u using 2:4 with lines smooth unique dashtype 2 linecolor rgb '%s' notitle", s,
                colours[s % COLOURS]);
    fputc('\n', to);
}

/* One slow engine would press the steps of the fast ones flat on a linear axis. */
static void draw_steps(FILE *to, const struct figure *figure) {
    struct range ns = {(double)INFINITY, 0.0};
    for (size_t i = 0; i < figure->count; i++)
        ns = include(ns, figure->rows[i].value[1]);
    put_series(to, figure, 2, 2);
    fputs("set key outside top horizontal\nset logscale x\nset format x '%.0s%c'\n", to);
    fputs(ns.high > 8.0 * ns.low ? "set logscale y\nset ytics add (2, 5, 20, 50, 200, 500, 2000)\nplot "
                                 : "set yrange [0:*]\nplot ",
          to);
    plot_series(to, figure, "with linespoints pointtype 7 pointsize 0.5 linewidth 1.5");
    fputc('\n', to);
}

static void draw_curve(FILE *to, const struct figure *figure) {
    enum { DISCS = 20 };
    put_rows(to, figure, 2);
    fprintf(to,
            "set xrange [*<0.5:1]\nset yrange [*<0.5:1]\nplot $rows using 2:3 with %s linewidth 1.5 linecolor rgb '%s'",
            figure->count > DISCS ? "lines" : "linespoints pointtype 7 pointsize 0.7", colours[0]);
    for (size_t i = 0; i < figure->count; i++) {
        if (!finite_values(&figure->rows[i], 2) || !figure->rows[i].name[0]) continue;
        fprintf(to, ", '+' using (%.9g):(%.9g):(", figure->rows[i].value[0], figure->rows[i].value[1]);
        put_text(to, figure->rows[i].name);
        fputs(") every ::::0 with labels left offset 0.7,0.5", to);
    }
    fputc('\n', to);
}

/* How many outliers exceed this one by more. */
static size_t count_above(const struct figure *figure, const struct figure_row *row) {
    size_t count = 0;
    for (size_t i = 0; i < figure->count; i++)
        count += figure->rows[i].mark == FIGURE_DISTURBED && figure->rows[i].value[1] > row->value[1];
    return count;
}

/* Names the outliers, the largest ones of many, in turns above and below their points, inside the plot. */
static void name_outliers(FILE *to, const struct figure *figure, double last) {
    enum { MOST_NAMED = 24 };
    size_t named = 0;
    for (size_t i = 0; i < figure->count; i++) {
        const struct figure_row *row = &figure->rows[i];
        if (row->mark != FIGURE_DISTURBED || count_above(figure, row) >= MOST_NAMED) continue;
        const bool left = row->value[0] > 0.7 * last;
        fputs("set label ", to);
        put_name(to, row->name);
        fprintf(to, " at %.9g, %.9g %s offset %s, %s font ',11'\n", row->value[0], row->value[1],
                left ? "right" : "left", left ? "-0.8" : "0.8", named++ % 2 ? "-0.4" : "0.4");
    }
}

static void draw_nodes(FILE *to, const struct figure *figure) {
    double last = 0.0;
    for (size_t i = 0; i < figure->count; i++)
        last = fmax(last, figure->rows[i].value[0]);
    put_marked(to, figure, "$nodes", FIGURE_PLAIN);
    put_marked(to, figure, "$outliers", FIGURE_DISTURBED);
    fputs("$bands << END\n", to);
    for (size_t i = 0; i < figure->count; i++)
        if (figure->rows[i].mark == FIGURE_BAND) put_row(to, &figure->rows[i], 0.0, 6);
    fputs("END\nset key outside top horizontal\nset style fill transparent solid 0.3 noborder\n", to);
    name_outliers(to, figure, last);
    fprintf(to, "set xrange [0:%.9g]\nplot %.9g with lines dashtype 2 linecolor rgb 'black' title '%.0f %%'",
            last + 1.0, figure->band, figure->band);
    if (count_marked(figure, FIGURE_BAND) > 0)
        fprintf(to,
                ", $bands using 2:4:7 with filledcurves linecolor rgb '%s' title '5 to 95 %%', "
                "$bands using 2:5:6 with filledcurves linecolor rgb '%s' title '25 to 75 %%', "
                "$bands using 2:3 with lines linewidth 1.5 linecolor rgb 'black' title 'median'",
                colours[0], colours[0]);
    if (count_marked(figure, FIGURE_PLAIN) > 0)
        fputs(", $nodes using 1:2:4 with points pointtype 7 pointsize 0.45 linecolor rgb variable title 'good'", to);
    if (count_marked(figure, FIGURE_DISTURBED) > 0)
        fprintf(to,
                ", $outliers using 1:2 with points pointtype 2 pointsize 0.8 linewidth 1.5 linecolor rgb '%s' title "
                "'named'",
                colours[1]);
    fputc('\n', to);
}

bool chart_possible(const struct figure *figure) {
    static const size_t needed[] = {
        [FIGURE_BARS] = 3,    [FIGURE_RATIOS] = 1, [FIGURE_ROOFLINE] = 2, [FIGURE_SAMPLES] = 2, [FIGURE_BANDS] = 6,
        [FIGURE_SCALING] = 2, [FIGURE_STEPS] = 2,  [FIGURE_CURVE] = 2,    [FIGURE_SPREAD] = 4,  [FIGURE_NODES] = 2};
    for (size_t i = 0; i < figure->count; i++)
        if (finite_values(&figure->rows[i], needed[figure->kind])) return true;
    return false;
}

void chart_script(FILE *to, const struct figure *figure) {
    static void (*const draw[])(FILE *, const struct figure *) = {
        [FIGURE_BARS] = draw_bars,       [FIGURE_RATIOS] = draw_ratios, [FIGURE_ROOFLINE] = draw_roofline,
        [FIGURE_SAMPLES] = draw_samples, [FIGURE_BANDS] = draw_bands,   [FIGURE_SCALING] = draw_scaling,
        [FIGURE_STEPS] = draw_steps,     [FIGURE_CURVE] = draw_curve,   [FIGURE_SPREAD] = draw_spread,
        [FIGURE_NODES] = draw_nodes};
    set_axes(to, figure);
    draw[figure->kind](to, figure);
}
