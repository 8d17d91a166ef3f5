/* SPDX-License-Identifier: MIT */
/* Descriptions of other machines: hwloc XML or synthetic text. Both are untrusted input. */
#include "machine/topology_private.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SYNTHETIC_TEXT = 4096, /* longest synthetic description */
    XML_BYTES = 16 << 20,  /* longest XML; a machine of 256 PUs has about 0.5 MiB */
    MAX_PUS = 1 << 12      /* most PUs; OS indexes are below it */
};

int description_load(hwloc_topology_t *hw, const char *text, size_t length) {
    if (hwloc_topology_init(hw) != 0) return -1;
    int bad;
    if (text[0] == '<') {
        bad = hwloc_topology_set_xmlbuffer(*hw, text, (int)length + 1);
    } else {
        bad = hwloc_topology_set_synthetic(*hw, text);
    }
    if (!bad) bad = hwloc_topology_set_flags(*hw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    if (!bad) bad = hwloc_topology_load(*hw);
    if (bad) hwloc_topology_destroy(*hw);
    return bad;
}

/* The number of PUs that a synthetic description has, at most MAX_PUS + 1. */
static unsigned long synthetic_size(const char *text) {
    unsigned long product = 1;
    int inside = 0;
    for (const char *at = text; *at; at++) {
        if (*at == '(') inside++;
        if (*at == ')') inside--;
        if (inside || !isdigit((unsigned char)*at)) continue;
        char *end;
        unsigned long number = strtoul(at, &end, 10);
        bool count = at == text || at[-1] == ':' || isspace((unsigned char)at[-1]);
        if (count && number > 0) product = number > MAX_PUS / product ? MAX_PUS + 1 : product * number;
        if (product > MAX_PUS) return MAX_PUS + 1;
        at = end - 1;
    }
    return product;
}

int description_trial(const char *text, size_t length) {
    hwloc_topology_t hw;
    if (description_load(&hw, text, length) != 0) return TRIAL_REFUSED;
    hwloc_topology_check(hw); /* aborts on inconsistent trees, which loading accepts */
    int last = hwloc_bitmap_last(hwloc_topology_get_complete_cpuset(hw));
    int pus = hwloc_get_nbobjs_by_type(hw, HWLOC_OBJ_PU);
    hwloc_topology_destroy(hw);
    return last < 0 || last >= MAX_PUS || pus < 1 || pus > MAX_PUS ? TRIAL_TOO_MANY_PUS : 0;
}

/* The version of the XML format, "3.0", of a text that declares one newer than hwloc reads here; else "". */
static void newer_version(char version[16], const char *text) {
    version[0] = 0;
    const char *root = strstr(text, "<topology");
    const char *found = root ? strstr(root, "version=\"") : NULL;
    if (!found || strcspn(root, ">") < (size_t)(found - root)) return;
    found += strlen("version=\"");
    char *end;
    const unsigned long major = strtoul(found, &end, 10);
    const size_t length = strspn(found, "0123456789.");
    if (end != found && length < 16 && major > hwloc_get_api_version() >> 16)
        snprintf(version, length + 1, "%s", found);
}

static int refuse_xml(const char *name, const char *text, struct error *err) {
    char version[16];
    newer_version(version, text);
    if (version[0])
        return fail(err,
                    "%s: hwloc XML of version %s, which hwloc %u here does not read (on that machine, lstopo "
                    "--export-xml-flags v2 FILE.xml writes the older form)",
                    name, version, hwloc_get_api_version() >> 16);
    return fail(err, "%s: not hwloc XML (lstopo FILE.xml or sgdmark topo --export FILE.xml writes it)", name);
}

/* Turns the wait status of a trial into an error; 0: the text is good. */
static int judge_trial(const char *name, int status, const char *text, const char *said, struct error *err) {
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == TRIAL_TOO_MANY_PUS)
        return fail(err, "%s: describes no PU or more than %d", name, MAX_PUS);
    if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
        return fail(err, "%s: hwloc takes more than %d seconds to read it", name, TRIAL_SECONDS);
    if (WIFSIGNALED(status)) return fail(err, "%s: damaged: its parts contradict each other", name);
    if (text[0] == '<') return refuse_xml(name, text, err);
    return fail(err, "%s: neither a file nor an hwloc synthetic description%s%s (an example: 'package:2 core:4 pu:2')",
                name, said[0] ? ": " : "", said);
}

/* Keeps the first line, as printable ASCII. */
static void clean_line(char *text) {
    text[strcspn(text, "\n")] = 0;
    for (char *at = text; *at; at++)
        if (!isprint((unsigned char)*at)) *at = '?';
}

static int try_out(const char *name, const char *text, size_t length, struct error *err) {
    char said[200];
    int status = sandbox_trial(text, length, said, sizeof said);
    if (status < 0) return fail(err, "%s: cannot start a process to read it: %s", name, strerror(errno));
    clean_line(said);
    return judge_trial(name, status, text, said, err);
}

int description_check(const char *name, const char *text, size_t length, struct error *err) {
    bool xml = length > 0 && text[0] == '<';
    size_t most = xml ? XML_BYTES : SYNTHETIC_TEXT;
    if (length == 0) return fail(err, "%s: empty", name);
    if (length >= most) return fail(err, "%s: too long: at most %zu bytes are read", name, most - 1);
    if (memchr(text, 0, length)) return fail(err, "%s: holds NUL bytes: neither XML nor a synthetic description", name);
    if (!xml && synthetic_size(text) > MAX_PUS) return fail(err, "%s: describes more than %d PUs", name, MAX_PUS);
    return try_out(name, text, length, err);
}

/* Reads the stream to its end, or to a length that description_check still refuses. */
static char *read_all(FILE *file, const char *name, size_t *length, struct error *err) {
    enum { MOST = XML_BYTES + 1 };
    char *text = malloc(MOST + 1);
    if (!text) {
        fail_program(err, "%s: out of memory", name);
        return NULL;
    }
    *length = fread(text, 1, MOST, file);
    if (ferror(file)) {
        fail(err, "%s: cannot be read: %s", name, strerror(errno));
        free(text);
        return NULL;
    }
    text[*length] = 0;
    char *fit = realloc(text, *length + 1);
    return fit ? fit : text;
}

/* Removes a byte order mark, as editors of other systems write it, and blank space at both ends. */
static void strip(char *text, size_t *length) {
    size_t start = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (isspace((unsigned char)text[start]))
        start++;
    while (*length > start && isspace((unsigned char)text[*length - 1]))
        --*length;
    *length -= start;
    memmove(text, text + start, *length);
    text[*length] = 0;
}

/* Opens the file, the pipe or standard input ("-"); *streams says whether it is one of the latter two. NULL with the
 * reason. */
static FILE *open_description(const char *path, bool *streams, struct error *err) {
    struct stat info;
    const bool input = strcmp(path, "-") == 0;
    if (!input && stat(path, &info) == 0) {
        *streams = S_ISFIFO(info.st_mode);
        if (!*streams && !S_ISREG(info.st_mode)) {
            fail(err, "%s: neither a file nor a pipe", path);
            return NULL;
        }
    }
    if (input) *streams = true;
    const int fd = input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) : open(path, O_RDONLY | O_CLOEXEC);
    FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (!file) fail(err, "%s: cannot be read: %s", input ? "standard input" : path, strerror(errno));
    if (!file && fd >= 0) close(fd);
    return file;
}

char *description_read(const char *path, size_t *length, struct error *err) {
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    bool streams = false;
    FILE *file = open_description(path, &streams, err);
    if (!file) return NULL;
    char *text = read_all(file, name, length, err);
    fclose(file);
    if (!text) return NULL;
    if (*length <= XML_BYTES) strip(text, length);
    if (streams || text[0] == '<') return text;
    fail(err, "%s: not hwloc XML (lstopo FILE.xml writes it)", path);
    free(text);
    return NULL;
}
