/* SPDX-License-Identifier: MIT */
#include "data/idx_find.h"

#include "data/idx_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    LEVELS = 3,           /* of folders below the one that is named */
    MOST_ENTRIES = 10000, /* files and folders that are looked at */
    MOST_SETS = 64,
    MOST_FOLDERS = 4096, /* of one level */
    LISTED = 6           /* sets that an error names */
};

/* How files are called, in small letters and with '-' between words. Errors give the first name. */
static const char *const stems[IDX_ROLES][4] = {
    [TRAIN_IMAGES] = {"train-images-idx3-ubyte"},
    [TRAIN_LABELS] = {"train-labels-idx1-ubyte", "train-labels-idx2-int"},
    [TEST_IMAGES] = {"t10k-images-idx3-ubyte", "test-images-idx3-ubyte"},
    [TEST_LABELS] = {"t10k-labels-idx1-ubyte", "test-labels-idx1-ubyte", "t10k-labels-idx2-int",
                     "test-labels-idx2-int"},
};

/* The files of one folder whose names begin alike. */
struct set {
    char *folder, *prefix;
    char *path[IDX_ROLES];
    unsigned rank[IDX_ROLES]; /* of that path: the least wins */
    bool hollow[IDX_ROLES];   /* a folder has the name of the file */
};

struct search {
    enum split split;
    const char *prefix; /* that the names must have; NULL: any */
    struct set set[MOST_SETS];
    size_t sets, entries;
    char **folders, **below; /* [MOST_FOLDERS] of this level and the next */
    size_t folder_count, below_count;
};

/* What a name says of a file. */
struct name {
    enum idx_role role;
    size_t prefix; /* length of what comes before */
    unsigned rank;
};

bool idx_needs(enum split split, enum idx_role role) {
    const bool training = role == TRAIN_IMAGES || role == TRAIN_LABELS;
    return split == SPLIT_ALL || training == (split == SPLIT_TRAIN);
}

static char plain_char(char c) {
    return c == '.' || c == '_' ? '-' : (char)tolower((unsigned char)c);
}

/* Are the two texts equal, signs and letters taken as plain_char has them? */
static bool alike(const char *a, const char *b, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (plain_char(a[i]) != plain_char(b[i])) return false;
    return true;
}

/* Does the name, of this length without .gz, end in the stem? Anything before it ends in a sign between words. */
static bool ends_in(const char *name, size_t length, const char *stem) {
    const size_t tail = strlen(stem);
    if (length < tail || !alike(name + length - tail, stem, tail)) return false;
    return length == tail || plain_char(name[length - tail - 1]) == '-';
}

static bool read_name(struct name *read, const char *name) {
    size_t length = strlen(name);
    const bool gzipped = length > 3 && alike(name + length - 3, ".gz", 3);
    if (gzipped) length -= 3;
    for (enum idx_role role = TRAIN_IMAGES; role < IDX_ROLES; role++)
        for (unsigned i = 0; i < 4 && stems[role][i]; i++) {
            if (!ends_in(name, length, stems[role][i])) continue;
            const size_t prefix = length - strlen(stems[role][i]);
            const bool exact = memcmp(name + prefix, stems[role][i], length - prefix) == 0;
            *read = (struct name){role, prefix, 16U * gzipped + 4U * !exact + i};
            return true;
        }
    return false;
}

static int join(char path[PATH_MAX], const char *folder, const char *name, struct error *err) {
    const char *slash = folder[0] && folder[strlen(folder) - 1] == '/' ? "" : "/";
    if (snprintf(path, PATH_MAX, "%s%s%s", folder, slash, name) < PATH_MAX) return 0;
    return fail(err, "%.255s...: the path is too long", folder);
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int no_memory(const char *folder, struct error *err) {
    return fail_program(err, "%.255s: out of memory for the names in it", folder);
}

/* The set of this folder with this prefix, a new one where there is none; NULL with the reason. */
static struct set *set_of(struct search *search, const char *folder, const char *prefix, size_t length,
                          struct error *err) {
    for (size_t i = 0; i < search->sets; i++) {
        struct set *set = &search->set[i];
        if (strcmp(set->folder, folder) == 0 && strlen(set->prefix) == length && alike(set->prefix, prefix, length))
            return set;
    }
    if (search->sets == MOST_SETS) {
        fail(err, "%.255s: holds more than %d data sets; name the folder of one", folder, MOST_SETS);
        return NULL;
    }
    struct set *set = &search->set[search->sets];
    *set = (struct set){.folder = strdup(folder), .prefix = strndup(prefix, length)};
    search->sets++;
    if (set->folder && set->prefix) return set;
    no_memory(folder, err);
    return NULL;
}

static void forget_sets(struct search *search) {
    for (size_t i = 0; i < search->sets; i++) {
        free(search->set[i].folder);
        free(search->set[i].prefix);
        for (int role = 0; role < IDX_ROLES; role++)
            free(search->set[i].path[role]);
    }
    search->sets = 0;
}

static void forget_folders(char **folders, size_t *count) {
    while (*count > 0)
        free(folders[--*count]);
}

/* Takes a file for its role if no better one is there. Of equal rank the first by name wins. */
static int offer(struct set *set, const struct name *name, unsigned rank, const char *path, struct error *err) {
    char **to = &set->path[name->role];
    if (*to && (set->rank[name->role] < rank || (set->rank[name->role] == rank && strcmp(*to, path) <= 0))) return 0;
    free(*to);
    *to = strdup(path);
    set->rank[name->role] = rank;
    return *to ? 0 : no_memory(set->folder, err);
}

/* A folder that has the name of a file: the file may lie in it, under any of its names. */
static int look_inside(struct search *search, struct set *set, const struct name *outer, const char *folder,
                       struct error *err) {
    enum { INSIDE = 64 /* rank: behind every file that lies beside the folder */ };
    DIR *dir = opendir(folder);
    set->hollow[outer->role] = true;
    if (!dir) return errno == ENOMEM ? no_memory(folder, err) : 0;
    int bad = 0;
    for (const struct dirent *entry; !bad && search->entries < MOST_ENTRIES && (entry = readdir(dir));) {
        char path[PATH_MAX];
        struct name name;
        search->entries++;
        if (entry->d_name[0] == '.' || !read_name(&name, entry->d_name) || name.role != outer->role) continue;
        bad = join(path, folder, entry->d_name, err);
        if (!bad && !is_folder(path)) bad = offer(set, &name, INSIDE + name.rank, path, err);
    }
    closedir(dir);
    return bad;
}

static int take_file(struct search *search, const char *folder, const char *entry, const struct name *name,
                     const char *path, struct error *err) {
    struct set *set = set_of(search, folder, entry, name->prefix, err);
    if (!set) return -1;
    return is_folder(path) ? look_inside(search, set, name, path, err) : offer(set, name, name->rank, path, err);
}

static int keep_folder(struct search *search, const char *path, struct error *err) {
    if (search->below_count == MOST_FOLDERS) return 0;
    search->below[search->below_count] = strdup(path);
    return search->below[search->below_count++] ? 0 : no_memory(path, err);
}

static bool wanted(const struct search *search, const char *entry, const struct name *name) {
    const char *prefix = search->prefix;
    if (!prefix) return true;
    size_t length = strlen(prefix);
    if (length > 0 && plain_char(prefix[length - 1]) == '-') length--;
    return name->prefix == length + 1 && alike(prefix, entry, length);
}

/* A folder that cannot be opened is passed over, unless it is the one that was named. */
static int not_listed(const struct search *search, const char *folder, struct error *err) {
    if (errno == ENOMEM) return no_memory(folder, err);
    if (search->entries > 0) return 0;
    return fail(err, "%.255s: cannot be listed: %s", folder, strerror(errno));
}

/* Looks at every entry of one folder. Names that begin with a dot are no data: .git, or the ._NAME that macOS adds. */
static int look_at(struct search *search, const char *folder, struct error *err) {
    DIR *dir = opendir(folder);
    if (!dir) return not_listed(search, folder, err);
    int bad = 0;
    for (const struct dirent *entry; !bad && (entry = readdir(dir));) {
        char path[PATH_MAX];
        struct name name;
        if (entry->d_name[0] == '.') continue;
        if (++search->entries > MOST_ENTRIES) {
            bad = fail(err, "%.255s: %d files and folders hold no complete data set; name the folder of the IDX files",
                       folder, MOST_ENTRIES);
        } else if (join(path, folder, entry->d_name, err) != 0) {
            bad = -1;
        } else if (read_name(&name, entry->d_name)) {
            if (wanted(search, entry->d_name, &name)) bad = take_file(search, folder, entry->d_name, &name, path, err);
        } else if (!search->prefix && is_folder(path)) {
            bad = keep_folder(search, path, err);
        }
    }
    closedir(dir);
    return bad;
}

static bool complete(const struct set *set, enum split split) {
    for (enum idx_role role = TRAIN_IMAGES; role < IDX_ROLES; role++)
        if (idx_needs(split, role) && !set->path[role]) return false;
    return true;
}

/* "MNIST/raw", or "EMNIST/raw/emnist-digits" where the names begin with something. */
static int name_set(char name[PATH_MAX], const struct set *set, struct error *err) {
    const size_t length = strlen(set->prefix);
    if (length > 0) {
        if (join(name, set->folder, set->prefix, err) != 0) return -1;
        name[strlen(name) - 1] = 0; /* the sign before the stem */
    } else {
        snprintf(name, PATH_MAX, "%s", set->folder);
    }
    return 0;
}

static int by_place(const void *left, const void *right) {
    const struct set *a = left, *b = right;
    const int folders = strcmp(a->folder, b->folder);
    return folders ? folders : strcmp(a->prefix, b->prefix);
}

/* Several complete sets: names the first ones. */
static int ambiguous(struct search *search, const char *spec, size_t count, struct error *err) {
    char list[700] = "", name[PATH_MAX];
    size_t used = 0, listed = 0;
    for (size_t i = 0; i < search->sets && listed < LISTED; i++) {
        if (!complete(&search->set[i], search->split) || name_set(name, &search->set[i], err) != 0) continue;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s--data %.200s", listed ? ", " : "", name);
        listed++;
    }
    return fail(err, "%.200s: holds %zu data sets; choose one: %s%s", spec, count, list, count > listed ? ", ..." : "");
}

/* Takes the one complete set of this level. Returns 1, 0 where there is none, or -1 with the reason. */
static int choose(struct idx_found *found, struct search *search, const char *spec, struct error *err) {
    struct set *chosen = NULL;
    size_t count = 0;
    qsort(search->set, search->sets, sizeof *search->set, by_place);
    for (size_t i = 0; i < search->sets; i++) {
        if (!complete(&search->set[i], search->split)) continue;
        /* Names with nothing before them win over others in the same folder. */
        const bool bare = chosen && *chosen->prefix == 0 && strcmp(chosen->folder, search->set[i].folder) == 0;
        if (bare) continue;
        if (!chosen) chosen = &search->set[i];
        count++;
    }
    if (count != 1) return count == 0 ? 0 : ambiguous(search, spec, count, err);
    char name[PATH_MAX];
    if (name_set(name, chosen, err) != 0) return -1;
    found->set = strdup(name);
    if (join(name, chosen->folder, "", err) != 0) return -1;
    found->names = strlen(name);
    for (enum idx_role role = TRAIN_IMAGES; role < IDX_ROLES; role++) {
        found->path[role] = chosen->path[role]; /* no longer the set's */
        chosen->path[role] = NULL;
    }
    return found->set ? 1 : no_memory(spec, err);
}

/* Nothing is complete: what is missing of the set that has most, else of MNIST's own names. */
static int missing(const struct search *search, const char *spec, const char *folder, struct error *err) {
    const struct set *nearest = NULL;
    size_t most = 0;
    for (size_t i = 0; i < search->sets; i++) {
        size_t has = 0;
        for (int role = 0; role < IDX_ROLES; role++)
            has += search->set[i].path[role] || search->set[i].hollow[role];
        if (has > most) {
            most = has;
            nearest = &search->set[i];
        }
    }
    for (enum idx_role role = TRAIN_IMAGES; role < IDX_ROLES; role++) {
        if (!idx_needs(search->split, role) || (nearest && nearest->path[role])) continue;
        const char *prefix = nearest ? nearest->prefix : "";
        if (nearest && nearest->hollow[role])
            return fail(err, "%s/%s%s: is a folder that does not hold the file; " IDX_WAY_OUT, nearest->folder, prefix,
                        stems[role][0]);
        return fail(err, "%s: has no file %s%s, plain or .gz; " IDX_WAY_OUT, nearest ? nearest->folder : folder, prefix,
                    stems[role][0]);
    }
    return fail(err, "%s: holds no complete data set; " IDX_WAY_OUT, spec);
}

/* Level by level. Sets that are not complete stay, for the error that names what they lack. */
static int search_levels(struct idx_found *found, struct search *search, const char *spec, const char *folder,
                         struct error *err) {
    int bad = keep_folder(search, folder, err);
    for (int level = 0; level <= LEVELS && !bad && search->below_count > 0; level++) {
        char **last = search->folders;
        search->folders = search->below;
        search->folder_count = search->below_count;
        search->below = last;
        search->below_count = 0;
        for (size_t i = 0; i < search->folder_count && !bad; i++)
            bad = look_at(search, search->folders[i], err);
        int chosen = bad ? -1 : choose(found, search, spec, err);
        forget_folders(search->folders, &search->folder_count);
        if (chosen != 0) return chosen < 0 ? -1 : 0;
    }
    return bad ? -1 : missing(search, spec, folder, err);
}

/* *any: whether a file has a name of a data set. */
static int search_from(struct idx_found *found, const char *spec, const char *folder, const char *prefix,
                       enum split split, bool *any, struct error *err) {
    *any = false;
    struct search *search = calloc(1, sizeof *search);
    if (!search) return no_memory(folder, err);
    search->split = split;
    search->prefix = prefix;
    search->folders = calloc(MOST_FOLDERS, sizeof *search->folders);
    search->below = calloc(MOST_FOLDERS, sizeof *search->below);
    int bad =
        search->folders && search->below ? search_levels(found, search, spec, folder, err) : no_memory(folder, err);
    *any = search->sets > 0;
    if (search->below) forget_folders(search->below, &search->below_count);
    forget_sets(search);
    free(search->folders);
    free(search->below);
    free(search);
    return bad;
}

/* MNIST's own names in the folder itself, which may be one that cannot be listed or holds much else: '-' or '.' before
 * idx, plain or .gz. Returns whether all are there. */
static bool find_known(struct idx_found *found, const char *folder, enum split split) {
    char path[PATH_MAX], name[64];
    for (enum idx_role role = TRAIN_IMAGES; role < IDX_ROLES; role++) {
        for (int variant = 0; idx_needs(split, role) && variant < 4 && !found->path[role]; variant++) {
            struct stat info;
            snprintf(name, sizeof name, "%s%s", stems[role][0], variant >= 2 ? ".gz" : "");
            if (variant % 2) *strstr(name, "-idx") = '.';
            if (join(path, folder, name, NULL) == 0 && stat(path, &info) == 0 && !S_ISDIR(info.st_mode))
                found->path[role] = strdup(path);
        }
        if (idx_needs(split, role) && !found->path[role]) return false;
    }
    found->set = strdup(folder);
    found->names = join(path, folder, "", NULL) == 0 ? strlen(path) : 0;
    return found->set;
}

/* A path that is no folder: does its last part begin the names of files? */
static int find_prefixed(struct idx_found *found, const char *spec, enum split split, bool *begins, struct error *err) {
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", spec);
    char *slash = strrchr(folder, '/');
    const char *prefix = slash ? spec + (slash + 1 - folder) : spec;
    if (slash) slash[slash == folder] = 0;
    return search_from(found, spec, slash ? folder : ".", prefix, split, begins, err);
}

int idx_find(struct idx_found *found, const char *spec, enum split split, struct error *err) {
    struct stat info;
    bool any;
    *found = (struct idx_found){0};
    if (strlen(spec) >= PATH_MAX) return fail(err, "%.255s...: the path is too long", spec);
    if (stat(spec, &info) == 0) {
        if (!S_ISDIR(info.st_mode)) return fail(err, "%s: is not a folder; " IDX_WAY_OUT, spec);
        if (find_known(found, spec, split)) return 0;
        idx_found_free(found);
        return search_from(found, spec, spec, NULL, split, &any, err);
    }
    const int why = errno;
    if (why == ENOENT) {
        if (find_prefixed(found, spec, split, &any, err) == 0) return 0;
        if (any || (err && err->kind == ERROR_PROGRAM)) return -1;
    }
    return fail(err, "%.255s: %s; " IDX_WAY_OUT, spec, strerror(why));
}

void idx_found_free(struct idx_found *found) {
    free(found->set);
    for (int role = 0; role < IDX_ROLES; role++)
        free(found->path[role]);
    *found = (struct idx_found){0};
}
