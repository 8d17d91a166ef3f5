/* SPDX-License-Identifier: MIT */
#include "machine/pu_load.h"

#include "machine/sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A line of /proc/stat has ten numbers. */
enum { STAT_LINE = 256 };

int pu_load_new(struct pu_load *load, size_t count, struct error *err) {
    *load = (struct pu_load){.count = count, .busy = calloc(count + 1, sizeof *load->busy)};
    return load->busy ? 0 : fail_program(err, "out of memory for %zu PUs", count);
}

void pu_load_free(struct pu_load *load) {
    free(load->busy);
    *load = (struct pu_load){0};
}

/* user + nice + system + irq + softirq of the numbers after "cpuN"; idle and iowait stand between. */
static double busy_ticks(const char *numbers) {
    static const bool busy[] = {true, true, true, false, false, true, true};
    double ticks = 0;
    for (size_t i = 0; i < sizeof busy / sizeof *busy; i++) {
        char *end;
        double one = strtod(numbers, &end);
        if (end == numbers) break;
        if (busy[i]) ticks += one;
        numbers = end;
    }
    return ticks;
}

void pu_load_parse(struct pu_load *load, const char *stat, double hz) {
    memset(load->busy, 0, load->count * sizeof *load->busy);
    for (const char *line = stat; line; line = strchr(line, '\n')) {
        if (*line == '\n') line++;
        if (strncmp(line, "cpu", 3) != 0) break;
        char *end;
        if (line[3] == ' ') continue; /* the sum over all PUs */
        unsigned long pu = strtoul(line + 3, &end, 10);
        if (end != line + 3 && pu < load->count) load->busy[pu] = busy_ticks(end) / hz;
    }
}

void pu_load_read(struct pu_load *load) {
    const size_t size = (load->count + 2) * STAT_LINE;
    char *text = malloc(size);
    load->reason[0] = 0;
    if (!text)
        snprintf(load->reason, sizeof load->reason, "out of memory");
    else if (sysfs_read(text, size, "/proc/stat") != 0)
        snprintf(load->reason, sizeof load->reason, "/proc/stat: %s", strerror(errno));
    else
        pu_load_parse(load, text, (double)sysconf(_SC_CLK_TCK));
    free(text);
}
