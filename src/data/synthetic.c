/* SPDX-License-Identifier: MIT */
/* Synthetic digits: ten glyphs with random position, size, slant, thickness and ink. All arithmetic is on integers, and
 * row i depends on the seed and i alone, so rows are equal on every machine and for every split. */
#include "data/synthetic.h"

#include "data/dataset.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 10, ART_LINES = 12 };

/* The digits 0 to 4 and 5 to 9, side by side. */
static const char *const art[2][ART_LINES] = {
    {
        "...####...  ....###...  ..#####...  .#######..  .....##...",
        "..######..  ...####...  .#######..  ########..  ....###...",
        ".###..###.  ..#####...  .##...###.  ......###.  ....##....",
        ".##....##.  ....###...  .......##.  ......##..  ...##.....",
        "###....###  ....##....  .......##.  .....##...  ..###..##.",
        "##......##  ....##....  ......###.  ...####...  ..##...##.",
        "##......##  ....##....  .....###..  ...#####..  .##...###.",
        "###....###  ....##....  ....###...  ......###.  .########.",
        ".##....##.  ....##....  ...###....  .......##.  .#########",
        ".###..###.  ...###....  ..###.....  ......###.  ......##..",
        "..######..  ..######..  .########.  #########.  .....###..",
        "...####...  ..######..  #########.  .######...  .....##...",
    },
    {
        "..#######.  .....###..  #########.  ...####...  ...#####..",
        ".########.  ....###...  ##########  ..######..  ..#######.",
        ".###......  ...###....  .......##.  .###..###.  .###...##.",
        ".##.......  ..###.....  ......###.  .##....##.  .##....##.",
        ".######...  ..##......  ......##..  .###..###.  .###..###.",
        ".########.  .###......  .....###..  ..######..  ..#######.",
        "......###.  .#######..  .....##...  ..######..  ...######.",
        ".......##.  .#########  ....###...  .###..###.  .....###..",
        ".......##.  .##....##.  ....##....  .##....##.  .....##...",
        "......###.  .###..###.  ...###....  .###..###.  ....###...",
        "#########.  ..######..  ...##.....  ..######..  ....##....",
        ".######...  ...####...  ..###.....  ...####...  ...###....",
    },
};

/* One line of a glyph: its spans of ink, in 1/UNIT of the glyph's width. A glyph has LINES of them. */
enum { LINES = 64, SPANS = 2, UNIT = 1 << 12 };
struct line {
    int spans;
    int32_t from[SPANS], to[SPANS];
};

/* What the rows of one data set share. Lengths in this file are in 1/256 of a pixel, where no unit is named. */
struct generator {
    uint64_t key;
    size_t side;   /* pixels: the digits are drawn on the first side * side features */
    size_t border; /* pixels that stay empty on each side */
    struct line glyph[CLASSES][LINES];
};

static struct line art_line(unsigned digit, int y) {
    struct line line = {0};
    const char *text = art[digit / 5][y] + (size_t)(digit % 5) * (COLUMNS + 2);
    for (int x = 0; x < COLUMNS; x++) {
        if (text[x] != '#') continue;
        bool begins = x == 0 || text[x - 1] != '#';
        if (begins) line.from[line.spans++] = x * UNIT / COLUMNS;
        line.to[line.spans - 1] = (x + 1) * UNIT / COLUMNS;
    }
    return line;
}

/* Line y of a glyph: interpolated between the two nearest lines of art if both have the same number of spans. */
static struct line glyph_line(unsigned digit, int y) {
    int position = y * (ART_LINES - 1) * UNIT / (LINES - 1);
    int above = position / UNIT;
    int below = above + 1 < ART_LINES ? above + 1 : above;
    int weight = position % UNIT;
    struct line line = art_line(digit, above);
    struct line next = art_line(digit, below);
    if (line.spans != next.spans) return weight < UNIT / 2 ? line : next;
    for (int i = 0; i < line.spans; i++) {
        line.from[i] += (next.from[i] - line.from[i]) * weight / UNIT;
        line.to[i] += (next.to[i] - line.to[i]) * weight / UNIT;
    }
    return line;
}

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014) makes 64 random bits of a counter. */
static uint64_t mix(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/* The `word`-th 64 random bits of a row; a row has 16 of them. */
static uint64_t row_bits(const struct generator *generator, uint64_t row, unsigned word) {
    return mix(generator->key + (16 * row + word) * 0x9e3779b97f4a7c15ULL);
}

/* Takes the lowest 16 bits and makes them an integer in 0..max, max < 65536. */
static int pick(uint64_t *bits, unsigned max) {
    unsigned value = (unsigned)(*bits & 0xffff) * (max + 1) >> 16;
    *bits >>= 16;
    return (int)value;
}

static void generator_init(struct generator *generator, const struct synthetic *settings) {
    size_t side = 4;
    while ((side + 1) * (side + 1) <= settings->d)
        side++;
    generator->key = mix(settings->seed + 0x9e3779b97f4a7c15ULL);
    generator->side = side;
    generator->border = side < 14 ? 1 : side / 7;
    for (unsigned digit = 0; digit < CLASSES; digit++)
        for (int y = 0; y < LINES; y++)
            generator->glyph[digit][y] = glyph_line(digit, y);
}

/* Inks the pixels from `from` to `to`; a pixel at an end gets ink in proportion to the part covered. */
static void paint(uint8_t *pixels, int from, int to, int ink) {
    int first = from >> 8;
    int last = to >> 8;
    if (first == last) {
        pixels[first] = (uint8_t)(ink * (to - from) >> 8);
        return;
    }
    pixels[first] = (uint8_t)(ink * (256 - (from & 255)) >> 8);
    memset(pixels + first + 1, ink, (size_t)(last - first - 1));
    pixels[last] = (uint8_t)(ink * (to & 255) >> 8);
}

/* Draws row `row`, whose features are all zero, and returns its label. */
static uint8_t draw_row(const struct generator *generator, uint64_t row, uint8_t *pixels) {
    uint64_t bits = row_bits(generator, row, 0);
    int box = (int)(generator->side - 2 * generator->border); /* pixels */
    int label = pick(&bits, CLASSES - 1);
    int height = box - pick(&bits, (unsigned)box / 4);                        /* pixels */
    int top = (int)generator->border + pick(&bits, (unsigned)(box - height)); /* pixels */
    int width = box * 256 * (120 + pick(&bits, 96)) >> 8;
    bits = row_bits(generator, row, 1);
    int left = (int)generator->border * 256;
    int right = left + box * 256;
    int x = left + pick(&bits, (unsigned)(box * 256 - width));
    int slant = (pick(&bits, 192) - 96) * box / height; /* to the right for each line */
    int thickness = box * pick(&bits, 16);
    int ink = 255 - pick(&bits, 64);
    const struct line *glyph = generator->glyph[label];
    x -= slant * height / 2;
    for (int y = 0; y < height; y++, x += slant) {
        if (y % 16 == 0) bits = row_bits(generator, row, 2 + (unsigned)y / 16);
        const struct line *line = &glyph[y * LINES / height];
        int jittered = x + (int)(bits & 15) * box / 2;
        bits >>= 4;
        for (int i = 0; i < line->spans; i++) {
            int from = jittered + (line->from[i] * width / UNIT) - thickness;
            int to = jittered + (line->to[i] * width / UNIT) + thickness;
            if (from < left) from = left;
            if (to > right) to = right;
            if (from < to) paint(pixels + (size_t)(top + y) * generator->side, from, to, ink);
        }
    }
    return (uint8_t)label;
}

static int parse_number(uint64_t *number, const char *text, const char *end) {
    if (text == end || end - text > 10) return -1;
    *number = 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9') return -1;
        *number = 10 * *number + (uint64_t)(*text - '0');
    }
    return 0;
}

int synthetic_parse(struct synthetic *settings, const char *spec, struct error *err) {
    *settings = (struct synthetic){60000, 784, 1};
    struct {
        const char *name;
        uint64_t *value, least, most;
        bool given;
    } keys[] = {
        {"n", &settings->n, 10, UINT32_MAX, false},
        {"d", &settings->d, 16, UINT16_MAX, false},
        {"seed", &settings->seed, 0, UINT32_MAX, false},
    };
    const size_t key_count = sizeof keys / sizeof *keys;
    const char *at = spec + strlen("synthetic");
    while (*at) {
        at++; /* the ':' or the ',' */
        size_t length = strcspn(at, "=,");
        const char *end = at + strcspn(at, ",");
        size_t k = 0;
        while (k < key_count && (strlen(keys[k].name) != length || memcmp(keys[k].name, at, length) != 0))
            k++;
        if (k == key_count)
            return fail(err, "%.200s: '%.*s' is not a setting; write synthetic:n=N,d=D,seed=S", spec, (int)length, at);
        if (keys[k].given) return fail(err, "%.200s: %s is given twice", spec, keys[k].name);
        keys[k].given = true;
        if (at[length] != '=' || parse_number(keys[k].value, at + length + 1, end) != 0 ||
            *keys[k].value < keys[k].least || *keys[k].value > keys[k].most)
            return fail(err, "%.200s: %s must be a whole number from %" PRIu64 " to %" PRIu64, spec, keys[k].name,
                        keys[k].least, keys[k].most);
        at = end;
    }
    return 0;
}

int synthetic_load(struct dataset *ds, const char *spec, enum split split, struct error *err) {
    struct synthetic settings;
    if (synthetic_parse(&settings, spec, err) != 0) return -1;
    snprintf(ds->name, sizeof ds->name, "synthetic:n=%" PRIu64 ",d=%" PRIu64 ",seed=%" PRIu64, settings.n, settings.d,
             settings.seed);
    uint64_t test = settings.n / 6 > 10 ? settings.n / 6 : 10;
    uint64_t first = split == SPLIT_TEST ? settings.n : 0;
    uint64_t end = split == SPLIT_TRAIN ? settings.n : settings.n + test;
    if (dataset_allocate(ds, (size_t)(end - first), (size_t)settings.d, err) != 0) return -1;
    ds->n_train = split == SPLIT_TEST ? 0 : (size_t)settings.n;
    struct generator generator;
    generator_init(&generator, &settings);
    if (generator.side * generator.side == settings.d) ds->image_height = ds->image_width = generator.side;
    for (size_t i = 0; i < ds->n; i++)
        ds->labels[i] = draw_row(&generator, first + i, ds->pixels + i * ds->d);
    return 0;
}
