/* SPDX-License-Identifier: MIT */
#include "data/npz.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ending[] = ".npy";

/* ---- Writing ---- */

/* What a member's pieces point to. */
struct made {
    char name[ZIP_NAME + sizeof ending], header[NPY_HEADER];
    uint32_t *characters; /* of a text */
};

/* The text as the 32-bit characters of NumPy's 'U'. */
static bool make_text(struct made *made, struct span *values, const char *text) {
    const size_t length = strlen(text);
    made->characters = malloc((length + 1) * sizeof *made->characters);
    for (size_t k = 0; made->characters && k < length; k++)
        made->characters[k] = (uint32_t)text[k];
    *values = (struct span){made->characters, length * sizeof *made->characters};
    return made->characters;
}

static bool make_part(struct zip_part *part, struct made *made, const struct named_array *member) {
    const struct array *array = &member->array;
    snprintf(made->name, sizeof made->name, "%s%s", member->name, ending);
    npy_header(made->header, array);
    *part = (struct zip_part){.name = made->name, .piece = {{made->header, NPY_HEADER}}};
    if (array->type == ARRAY_TEXT) return make_text(made, &part->piece[1], array->values);
    part->piece[1] = (struct span){array->values, array_bytes(array)};
    return true;
}

int npz_write(const char *path, const struct named_array *members, size_t count, struct error *err) {
    struct zip_part part[ZIP_MEMBERS];
    struct made made[ZIP_MEMBERS] = {0};
    bool good = count <= ZIP_MEMBERS;
    for (size_t i = 0; good && i < count; i++)
        good = make_part(&part[i], &made[i], &members[i]);
    int bad = good ? zip_write(path, part, count, err) : fail_program(err, "%s: out of memory", path);
    for (size_t i = 0; i < ZIP_MEMBERS; i++)
        free(made[i].characters);
    return bad;
}

/* ---- Reading ---- */

static int take_member(struct npz *npz, const struct zip *zip, const struct zip_member *packed, struct error *err) {
    struct named_array *member = &npz->member[npz->count];
    const size_t length = strlen(packed->name), stem = length - strlen(ending);
    char name[1024];
    if (length <= strlen(ending) || strcmp(packed->name + stem, ending) != 0)
        return fail(err, "%s: '%s' is no .npy array", npz->path, packed->name);
    memcpy(member->name, packed->name, stem);
    member->name[stem] = 0;
    snprintf(name, sizeof name, "%.800s: '%s'", npz->path, member->name);
    uint8_t *bytes = malloc(packed->size + 1);
    if (!bytes) return fail_program(err, "%s: out of memory", npz->path);
    int bad = zip_unpack(zip, packed, bytes, err);
    if (!bad) bad = npy_read(&member->array, name, bytes, packed->size, err);
    if (!bad) npz->count++;
    free(bytes);
    return bad;
}

int npz_parse(struct npz *npz, const char *path, const uint8_t *bytes, size_t length, struct error *err) {
    struct zip zip;
    npz->path = path;
    npz->count = 0;
    if (zip_list(&zip, path, bytes, length, err) != 0) return -1;
    for (size_t i = 0; i < zip.count; i++) {
        if (take_member(npz, &zip, &zip.member[i], err) == 0) continue;
        npz_free(npz);
        return -1;
    }
    return 0;
}

void npz_free(struct npz *npz) {
    for (size_t i = 0; i < npz->count; i++)
        array_free(&npz->member[i].array);
    npz->count = 0;
}

static int read_all(int fd, uint8_t *bytes, size_t length, const char *path, struct error *err) {
    for (size_t done = 0; done < length;) {
        ssize_t got = read(fd, bytes + done, length - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(err, "%s: cannot be read: %s", path, strerror(errno));
        if (got == 0) return fail(err, "%s: became shorter while it was read", path);
        done += (size_t)got;
    }
    return 0;
}

int npz_load(struct npz *npz, const char *path, struct error *err) {
    npz->count = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(err, "%s: cannot be opened: %s", path, strerror(errno));
    struct stat info;
    uint8_t *bytes = NULL;
    int bad = 0;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
        bad = fail(err, "%s: is not a regular file", path);
    else if (info.st_size > ZIP_BYTES_MOST)
        bad = fail(err, "%s: has %lld bytes; a model has at most %d", path, (long long)info.st_size, ZIP_BYTES_MOST);
    else if (!(bytes = malloc((size_t)info.st_size + 1)))
        bad = fail_program(err, "%s: out of memory", path);
    if (!bad) bad = read_all(fd, bytes, (size_t)info.st_size, path, err);
    close(fd);
    if (!bad) bad = npz_parse(npz, path, bytes, (size_t)info.st_size, err);
    free(bytes);
    return bad;
}

const struct array *npz_find(const struct npz *npz, const char *name) {
    for (size_t i = 0; i < npz->count; i++)
        if (strcmp(npz->member[i].name, name) == 0) return &npz->member[i].array;
    return NULL;
}
