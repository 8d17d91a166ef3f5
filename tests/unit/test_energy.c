/* SPDX-License-Identifier: MIT */
/* Energy counters of packages, on folders written as the kernel's documentation of powercap has them. */
#include "machine/energy.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int set_up(void **state) {
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sgdmark-energy.XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void write_file(const char *zone, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, zone);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/%s/%s", folder, zone, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_zone(const char *zone, const char *name, const char *microjoules, const char *range) {
    write_file(zone, "name", name);
    write_file(zone, "energy_uj", microjoules);
    write_file(zone, "max_energy_range_uj", range);
}

/* Two packages with their parts, the same package through another interface, memory and the whole system. */
static void write_server(const char *first, const char *second) {
    write_zone("intel-rapl:0", "package-0\n", first, "262143328850\n");
    write_zone("intel-rapl:0:0", "core\n", "999\n", "262143328850\n");
    write_zone("intel-rapl:1", "package-1\n", second, "1000\n");
    write_zone("intel-rapl:2", "psys\n", "5\n", "262143328850\n");
    write_zone("intel-rapl-mmio:0", "package-0\n", first, "262143328850\n");
}

static void packages_are_added_and_begin_again(void **state) {
    (void)state;
    struct energy before, after;
    write_server("4000000\n", "900\n");
    energy_read(&before, folder);
    assert_int_equal(before.packages, 2);
    assert_string_equal(before.reason, "");
    write_server("6500000\n", "100\n"); /* 2.5 J, and 200 uJ over the end of the range */
    energy_read(&after, folder);
    assert_true(fabs(energy_between(&before, &after) - 2.5002) < 1e-12);
    assert_true(energy_between(&before, &before) == 0.0);
}

/* The packages of the first reading are read again; no others are looked for. */
static void the_same_packages_are_read_again(void **state) {
    (void)state;
    struct energy none, first, again;
    energy_read(&none, folder);
    write_server("4000000\n", "900\n");
    energy_read_again(&again, &none, folder);
    assert_int_equal(again.packages, 0);
    assert_string_equal(again.reason, none.reason);
    energy_read(&first, folder);
    write_server("5000000\n", "902\n");
    energy_read_again(&again, &first, folder);
    assert_int_equal(again.packages, 2);
    assert_true(fabs(energy_between(&first, &again) - 1.000002) < 1e-12);
    write_zone("intel-rapl:1", "package-1\n", "x\n", "1000\n");
    energy_read_again(&again, &first, folder);
    assert_int_equal(again.packages, 0);
    assert_non_null(strstr(again.reason, "package 1 cannot be read any more"));
    assert_true(isnan(energy_between(&first, &again)));
}

static void what_cannot_be_read_is_no_number(void **state) {
    (void)state;
    struct energy none, some, spoiled;
    energy_read(&none, folder);
    assert_int_equal(none.packages, 0);
    assert_non_null(strstr(none.reason, "no energy counters"));
    assert_true(isnan(energy_between(&none, &none)));

    write_server("1\n", "1\n");
    energy_read(&some, folder);
    assert_true(isnan(energy_between(&none, &some)));
    static const char *const bad[] = {"", "-1\n", "x\n", "1x\n", "99999999999999999999999\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_server("1\n", bad[i]); /* of one package: the other is not the whole */
        energy_read(&spoiled, folder);
        assert_int_equal(spoiled.packages, 0);
        assert_non_null(strstr(spoiled.reason, "package-1 cannot be read"));
    }
    write_zone("intel-rapl:1", "package-1\n", "1001\n", "1000\n"); /* beyond its range */
    energy_read(&some, folder);
    write_zone("intel-rapl:1", "package-1\n", "1\n", "1000\n");
    energy_read(&spoiled, folder);
    assert_true(isnan(energy_between(&some, &spoiled)));
    write_zone("intel-rapl:1", "memory\n", "1\n", "1000\n");
    energy_read(&spoiled, folder);
    assert_int_equal(spoiled.packages, 1);
    assert_true(isnan(energy_between(&some, &spoiled)));
}

static void without_permission_the_command_is_named(void **state) {
    (void)state;
    struct energy now;
    char path[128];
    if (geteuid() == 0) skip(); /* who may read everything */
    write_server("1\n", "1\n");
    snprintf(path, sizeof path, "%s/intel-rapl:0/energy_uj", folder);
    assert_int_equal(chmod(path, 0), 0);
    energy_read(&now, folder);
    assert_non_null(strstr(now.reason, "chmod a+r"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(packages_are_added_and_begin_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_packages_are_read_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_no_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_permission_the_command_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("energy", tests, NULL, NULL);
}
