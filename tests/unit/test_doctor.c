/* SPDX-License-Identifier: MIT */
/* What the doctor finds on the machines of tests/golden/doctor, and what it keeps silent about. Each machine is a tree
 * of files of /proc and /sys, written by hand; while it is played, the program reads that tree. */
#include "machine/doctor.h"
#include "record/findings.h"
#include "report/doctor_report.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define FOLDER "tests/golden/doctor/"

/* ---- a played machine: absolute paths are looked up below `root`, while there is one */

static char root[64];
static bool playing;
static bool wrote; /* a file was opened for writing */

static const char *played(char path[PATH_MAX], const char *asked) {
    if (!playing || asked[0] != '/') return asked;
    snprintf(path, PATH_MAX, "%s%s", root, asked);
    return path;
}

int open(const char *asked, int flags, ...) {
    char path[PATH_MAX];
    int (*libc)(const char *, int, ...);
    *(void **)&libc = dlsym(RTLD_NEXT, "open");
    if (playing && (flags & O_ACCMODE) != O_RDONLY) wrote = true;
    return libc(played(path, asked), flags, 0600);
}

int access(const char *asked, int mode) {
    char path[PATH_MAX];
    int (*libc)(const char *, int);
    *(void **)&libc = dlsym(RTLD_NEXT, "access");
    return libc(played(path, asked), mode);
}

DIR *opendir(const char *asked) {
    char path[PATH_MAX];
    DIR *(*libc)(const char *);
    *(void **)&libc = dlsym(RTLD_NEXT, "opendir");
    return libc(played(path, asked));
}

/* ---- trees */

/* Creates the file and its folders below root. */
static FILE *create(const char *name) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s", root, name);
    for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = 0;
        mkdir(path, 0700);
        *at = '/';
    }
    FILE *file = fopen(path, "w");
    if (!file) fail_msg("%s cannot be written", path);
    return file;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* Makes the tree of a machine in a folder of its own, `root`. */
static void make_tree(const char *machine) {
    char path[PATH_MAX], line[1024];
    FILE *out = NULL;
    snprintf(path, sizeof path, FOLDER "%s.txt", machine);
    snprintf(root, sizeof root, "/tmp/sgdmark-doctor-XXXXXX");
    FILE *in = fopen(path, "r");
    if (!in || !mkdtemp(root)) fail_msg("%s has no tree", machine);
    while (in && fgets(line, sizeof line, in)) {
        if (strncmp(line, "== ", 3) != 0) {
            if (out) fputs(line, out);
            if (!out && line[0] != '#') fail_msg("%s: a line before the first file is no comment", machine);
            continue;
        }
        line[strcspn(line, "\n")] = 0;
        if (out) fclose(out);
        out = create(line + 3);
    }
    if (out) fclose(out);
    if (in) fclose(in);
}

static void examine(struct doctor *doctor, const char *machine) {
    make_tree(machine);
    playing = true;
    json_t *facts = doctor_facts();
    playing = false;
    nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    assert_non_null(facts);
    doctor_examine(doctor, facts);
    json_decref(facts);
}

static const struct finding *find(const struct doctor *doctor, const char *name) {
    for (size_t i = 0; i < doctor->count; i++)
        if (strcmp(doctor->list[i].name, name) == 0) return &doctor->list[i];
    return NULL;
}

/* ---- the table */

static const char *const names[] = {"quota",          "load",     "memory",    "huge-pages", "transparent-huge-pages",
                                    "numa-balancing", "aslr",     "boost",     "isolated",   "mitigations",
                                    "clocksource",    "paranoid", "governor",  "smt",        "throttled",
                                    "clock-limit",    "steal",    "hypervisor"};
enum { NAMES = sizeof names / sizeof *names };

static size_t name_index(const char *name) {
    size_t i = 0;
    while (i < NAMES && strcmp(names[i], name) != 0)
        i++;
    if (i == NAMES) fail_msg("no finding has the name %s", name);
    return i;
}

/* Every finding says what, why it matters and what mends it. */
static void check_finding(const char *machine, const struct finding *one) {
    const bool mends = one->mend[0] != 0;
    if (!one->what[0] || !one->effect || one->weight < 1 || one->weight > 100)
        fail_msg("%s: %s lacks something", machine, one->name);
    if (mends == (one->no_mend != NULL)) fail_msg("%s: %s needs a command or a reason", machine, one->name);
    if (one->root && !mends) fail_msg("%s: %s needs root for nothing", machine, one->name);
}

static void found_text(char text[1024], const char *machine, const struct doctor *doctor) {
    text[0] = 0;
    for (size_t i = 0; i < doctor->count; i++) {
        check_finding(machine, &doctor->list[i]);
        if (i > 0) assert_true(doctor->list[i].weight <= doctor->list[i - 1].weight);
        snprintf(text + strlen(text), 1024 - strlen(text), "%s%s", i ? " " : "", doctor->list[i].name);
    }
    if (doctor->count == 0) snprintf(text, 1024, "-");
}

/* One line of the table; counts[name] counts where a finding is found, and where it is kept silent about. */
static void check_machine(char *line, unsigned found_at[NAMES], unsigned silent_at[NAMES]) {
    char *rest = NULL, text[1024];
    struct doctor doctor;
    const char *machine = strtok_r(line, "\t", &rest), *found = strtok_r(NULL, "\t", &rest);
    char *silent = strtok_r(NULL, "\t\n", &rest);
    assert_non_null(silent);
    examine(&doctor, machine);
    found_text(text, machine, &doctor);
    if (strcmp(text, found) != 0) fail_msg("%s: found %s, not %s", machine, text, found);
    for (size_t i = 0; i < doctor.count; i++)
        found_at[name_index(doctor.list[i].name)]++;
    for (char *name = strtok_r(silent, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
        silent_at[name_index(name)]++;
        if (find(&doctor, name)) fail_msg("%s: %s is a false alarm", machine, name);
    }
    print_message("%-22s finds %s\n", machine, text);
}

static void test_every_machine(void **state) {
    (void)state;
    char line[2048];
    unsigned found_at[NAMES] = {0}, silent_at[NAMES] = {0};
    size_t machines = 0;
    FILE *table = fopen(FOLDER "expected.tsv", "r");
    assert_non_null(table);
    while (fgets(line, sizeof line, table)) {
        if (line[0] == '#') continue;
        check_machine(line, found_at, silent_at);
        machines++;
    }
    fclose(table);
    assert_true(machines >= 15);
    assert_false(wrote);
    for (size_t i = 0; i < NAMES; i++) {
        if (!found_at[i]) fail_msg("%s is found on no machine", names[i]);
        if (!silent_at[i]) fail_msg("%s is silent on no machine", names[i]);
    }
}

/* Every tree of the folder has its line in the table. */
static void test_table_is_whole(void **state) {
    (void)state;
    char table[16384];
    FILE *file = fopen(FOLDER "expected.tsv", "r");
    assert_non_null(file);
    table[fread(table, 1, sizeof table - 1, file)] = 0;
    fclose(file);
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char start[NAME_MAX + 3];
        const char *end = strstr(entry->d_name, ".txt");
        if (!end) continue;
        snprintf(start, sizeof start, "\n%.*s\t", (int)(end - entry->d_name), entry->d_name);
        if (!strstr(table, start)) fail_msg("%s has no line in the table", entry->d_name);
    }
    closedir(folder);
}

/* ---- what is said */

static void says(const char *machine, const char *name, const char *what, const char *mend, bool as_root) {
    struct doctor doctor;
    examine(&doctor, machine);
    const struct finding *one = find(&doctor, name);
    if (!one) fail_msg("%s has no %s", machine, name);
    assert_string_equal(one->what, what);
    assert_string_equal(one->mend, mend);
    assert_int_equal(one->root, as_root);
}

static void test_what_is_said(void **state) {
    (void)state;
    says("slice-quota", "quota", "a quota allows the time of 4 CPUs, on 32 PUs",
         "echo max > '/sys/fs/cgroup/user.slice/user-1007.slice/cpu.max'", true);
    says("docker-quota", "quota", "a quota allows the time of 1.5 CPUs, on 16 PUs", "", false);
    says("kvm-guest", "steal", "the hypervisor gave 10.0 % of the time since the start to other machines", "", false);
    says("kvm-guest", "hypervisor", "this is a virtual machine (QEMU, Standard PC (Q35 + ICH9, 2009))", "", false);
    says("hybrid-laptop", "governor", "the frequency governor is powersave, with the energy preference balance_power",
         "cpupower frequency-set -g performance", true);
    says("hybrid-laptop", "throttled", "the processor was too hot 340 times since the start", "", false);
    says("desktop-amd", "governor", "cores have 2 different frequency governors",
         "cpupower frequency-set -g performance", true);
    says("raspberry-pi", "clock-limit", "the clock is limited to 0.60 of 1.50 GHz",
         "cpupower frequency-set -u 1500000kHz", true);
    says("isolated-unused", "isolated", "PUs 2-7 are isolated, and this process may not use them",
         "taskset -c 2-7 sgdmark run", false);
    says("cloud-xen", "clocksource", "the kernel reads the time from xen",
         "echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource", true);
    says("old-server", "clocksource", "the kernel reads the time from hpet", "", false);
    says("slice-quota", "load", "23 other threads run now; load average 21.50",
         "ps -eo pid,user,pcpu,args --sort=-pcpu | head", false);
    says("default-server", "boost", "the processor may boost its clock",
         "echo 0 > /sys/devices/system/cpu/cpufreq/boost", true);
}

static void test_containers_are_noticed(void **state) {
    (void)state;
    static const struct {
        const char *machine;
        bool container;
    } list[] = {{"docker-quota", true}, {"kubernetes-whole-cpus", true}, {"slice-quota", false}, {"empty", false}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct doctor doctor;
        examine(&doctor, list[i].machine);
        assert_int_equal(doctor.container, list[i].container);
    }
}

/* A command, or null and a reason. */
static void test_findings_as_json(void **state) {
    (void)state;
    struct doctor doctor;
    examine(&doctor, "docker-quota");
    json_t *list = findings_json(&doctor);
    assert_int_equal(json_array_size(list), doctor.count);
    const json_t *quota = json_array_get(list, 0), *governor = json_array_get(list, 2);
    assert_string_equal(json_string_value(json_object_get(quota, "name")), "quota");
    assert_true(json_is_null(json_object_get(quota, "mend")));
    assert_true(json_string_length(json_object_get(quota, "mend_reason")) > 0);
    assert_string_equal(json_string_value(json_object_get(governor, "name")), "governor");
    assert_true(json_is_true(json_object_get(governor, "root")));
    assert_string_equal(json_string_value(json_object_get(governor, "mend")), doctor.list[2].mend);
    assert_null(json_object_get(governor, "mend_reason"));
    json_decref(list);
}

/* ---- what is printed */

/* What is printed of a machine: by doctor, or its worst findings by run. The caller frees it. */
static char *printed(const char *machine, bool worst) {
    struct doctor doctor;
    char *text = NULL;
    size_t size;
    examine(&doctor, machine);
    FILE *to = open_memstream(&text, &size);
    assert_non_null(to);
    json_t *all = doctor_json(&doctor);
    if (worst)
        print_worst_findings(to, json_object_get(all, "findings"));
    else
        print_doctor(to, all);
    json_decref(all);
    fclose(to);
    return text;
}

static void prints(const char *machine, bool worst, const char *want) {
    char *text = printed(machine, worst);
    if (strcmp(text, want) != 0) fail_msg("%s: printed:\n%s", machine, text);
    free(text);
}

/* At most two, and only those that disturb. */
static void test_run_prints_the_worst(void **state) {
    (void)state;
    static const char ending[] = " (sgdmark doctor: effect, and what mends it)\n";
    char two[512], one[512];
    snprintf(two, sizeof two,
             "DISTURBS load: 2 other threads run now; load average 1.80%s"
             "DISTURBS transparent-huge-pages: transparent huge pages are off%s",
             ending, ending);
    snprintf(one, sizeof one, "DISTURBS clock-limit: the clock is limited to 0.60 of 1.50 GHz%s", ending);
    prints("big-numa", true, two);
    prints("raspberry-pi", true, one);
    prints("default-server", true, "");
    prints("tuned-server", true, "");
    FILE *to = tmpfile();
    assert_non_null(to);
    print_worst_findings(to, NULL); /* a file of an earlier version */
    assert_int_equal(ftell(to), 0);
    fclose(to);
}

static void test_doctor_prints_all(void **state) {
    (void)state;
    prints("tuned-server", false, "nothing found that would disturb a measurement\n");
    prints("raspberry-pi", false,
           "clock-limit: the clock is limited to 0.60 of 1.50 GHz\n"
           "    effect  every time is longer than the machine can do\n"
           "    as root cpupower frequency-set -u 1500000kHz\n"
           "1 finding, the worst first; nothing was changed\n");
    prints("isolated-unused", false,
           "isolated: PUs 2-7 are isolated, and this process may not use them\n"
           "    effect  the PUs that the kernel keeps quiet are not among those that are timed\n"
           "    command taskset -c 2-7 sgdmark run\n"
           "1 finding, the worst first; nothing was changed\n");
    prints("kubernetes-whole-cpus", false,
           "hypervisor: this is a virtual machine (Google, Google Compute Engine)\n"
           "    effect  others may use the same cores, caches and memory: wider noise, shifts between runs, and\n"
           "            much of it is not seen from here\n"
           "    helps   a bare-metal machine; runs at several times of day show the noise\n"
           "1 finding, the worst first; nothing was changed\n"
           "this is a container: commands that need root are for its host\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_machine),     cmocka_unit_test(test_table_is_whole),
        cmocka_unit_test(test_what_is_said),      cmocka_unit_test(test_containers_are_noticed),
        cmocka_unit_test(test_findings_as_json),  cmocka_unit_test(test_run_prints_the_worst),
        cmocka_unit_test(test_doctor_prints_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
