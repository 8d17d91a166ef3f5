/* SPDX-License-Identifier: MIT */
/* Performance counters, on a kernel that this test plays and that has three of the four events of a pass; and small
 * files with unexpected content. */
#include "machine/counters.h"
#include "machine/sysfs.h"
#include "played_syscall.h"
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MISSING = 2 }; /* index of the event that cannot be opened */

/* What the system was asked for. */
static struct {
    int opened, leader; /* number of events opened; file descriptor of the first */
    bool nameless;      /* events get no identifiers */
    struct perf_event_attr first, second;
    int started, stopped, reset;
} played;

static int open_played(const struct perf_event_attr *attributes, int group) {
    int number = played.opened++;
    if (number == MISSING) {
        errno = ENOENT;
        return -1;
    }
    int fd = memfd_create("event", MFD_CLOEXEC);
    if (number == 0) {
        played.first = *attributes;
        played.leader = fd;
        assert_int_equal(group, -1);
    } else {
        played.second = *attributes;
        assert_int_equal(group, played.nameless ? -1 : played.leader);
    }
    return fd;
}

static bool play_syscall(long number, const long argument[6], long *result) {
    if (number != SYS_perf_event_open) return false;
    *result =
        open_played((const struct perf_event_attr *)argument[0], (int)argument[3]); // NOLINT: as the kernel takes it
    return true;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list values;
    va_start(values, request);
    void *argument = va_arg(values, void *);
    va_end(values);
    if (request == PERF_EVENT_IOC_ID) {
        if (played.nameless) {
            errno = ENOTTY;
            return -1;
        }
        *(uint64_t *)argument = 100 + (uint64_t)fd;
        return 0;
    }
    assert_int_equal(fd, played.leader);
    assert_int_equal((uintptr_t)argument, PERF_IOC_FLAG_GROUP);
    played.reset += request == PERF_EVENT_IOC_RESET;
    played.started += request == PERF_EVENT_IOC_ENABLE;
    played.stopped += request == PERF_EVENT_IOC_DISABLE;
    return 0;
}

static void test_a_group(void **state) {
    (void)state;
    struct counters group;
    memset(&played, 0, sizeof played);
    assert_int_equal(counters_open(&group, PASS_MAIN), 3);
    assert_int_equal(played.first.type, PERF_TYPE_HARDWARE);
    assert_int_equal(played.first.config, PERF_COUNT_HW_CPU_CYCLES);
    assert_true(played.first.disabled && played.first.pinned && played.first.exclude_kernel);
    assert_false(played.second.disabled || played.second.pinned); /* follow the leader */
    assert_non_null(strstr(group.reason[MISSING], "no PMU"));

    counters_start(&group);
    counters_stop(&group);
    assert_int_equal(played.reset + 10 * played.started + 100 * played.stopped, 111);

    /* The group ran for half of the time. */
    const uint64_t words[] = {3, 2000, 1000, 500, group.id[0], 700, group.id[1], 7, group.id[3]};
    assert_int_equal(write(played.leader, words, sizeof words), sizeof words);
    lseek(played.leader, 0, SEEK_SET);
    struct counter_values values;
    counter_values_clear(&values);
    counters_read(&group, &values);
    assert_near(values.value[COUNTER_CYCLES], 1000);
    assert_near(values.value[COUNTER_INSTRUCTIONS], 1400);
    assert_true(isnan(values.value[COUNTER_BRANCH_MISSES]));
    assert_near(values.value[COUNTER_L1D_MISSES], 14);
    assert_near(values.running, 0.5);
    assert_true(values.multiplexed);

    counters_read(&group, &values); /* nothing to read: another user has the counters */
    assert_true(values.lost);
    counters_close(&group);
    counters_start(&group);
    counters_stop(&group);
    assert_int_equal(played.started, 1); /* a closed group makes no calls */
}

static void test_events_without_names(void **state) {
    (void)state;
    struct counters group;
    memset(&played, 0, sizeof played);
    played.nameless = true;
    assert_int_equal(counters_open(&group, PASS_REST), 0);
    assert_non_null(strstr(group.reason[0], "gives events no identifiers"));
}

/* Makes a file with this content; returns its path. */
static const char *file_of(const char *content) {
    static char path[64];
    snprintf(path, sizeof path, "/tmp/sgdmark-test.XXXXXX");
    int fd = mkstemp(path);
    size_t length = strlen(content);
    if (fd < 0 || write(fd, content, length) != (ssize_t)length) fail_msg("%s: %s", path, strerror(errno));
    close(fd);
    return path;
}

static void string_is(const char *content, const char *value, const char *reason) {
    json_t *object = json_object();
    const char *path = file_of(content);
    sysfs_string(object, "key", path);
    unlink(path);
    const char *got = json_string_value(json_object_get(object, "key"));
    const char *why = json_string_value(json_object_get(object, "key_reason"));
    if (value) assert_string_equal(got, value);
    if (reason) assert_string_equal(why, reason);
    assert_true(value ? !why : json_is_null(json_object_get(object, "key")));
    json_decref(object);
}

static void test_strings(void **state) {
    (void)state;
    string_is("performance\n\n", "performance", NULL);
    string_is("", "", NULL);
    string_is("caf\xe9\n", "caf\\xe9", NULL);
    json_t *object = json_object();
    sysfs_string(object, "key", "/no/such/file");
    assert_string_equal(json_string_value(json_object_get(object, "key_reason")),
                        "/no/such/file: No such file or directory");
    json_decref(object);
}

static void integer_is(const char *content, json_int_t value, const char *reason) {
    json_t *object = json_object();
    const char *path = file_of(content);
    sysfs_integer(object, "key", path);
    unlink(path);
    if (reason) {
        assert_true(json_is_null(json_object_get(object, "key")));
        assert_string_equal(json_string_value(json_object_get(object, "key_reason")), reason);
    } else {
        assert_int_equal(json_integer_value(json_object_get(object, "key")), value);
        assert_null(json_object_get(object, "key_reason"));
    }
    json_decref(object);
}

static void test_integers(void **state) {
    (void)state;
    integer_is("4096\n", 4096, NULL);
    integer_is("-1 of 7\n", -1, NULL);
    integer_is("max\n", 0, "is not a number");
    integer_is("", 0, "is not a number");
    integer_is("99999999999999999999\n", 0, "is not a number");
}

static void test_a_path_too_long(void **state) {
    (void)state;
    char folder[8192], text[16] = "left";
    memset(folder, 'x', sizeof folder - 1);
    folder[sizeof folder - 1] = 0;
    errno = 0;
    assert_int_equal(sysfs_read_in(text, sizeof text, folder, "name"), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_string_equal(text, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_group),  cmocka_unit_test(test_events_without_names), cmocka_unit_test(test_strings),
        cmocka_unit_test(test_integers), cmocka_unit_test(test_a_path_too_long),
    };
    return cmocka_run_group_tests_name("counting", tests, NULL, NULL);
}
