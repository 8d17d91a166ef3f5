/* SPDX-License-Identifier: MIT */
/* The soak's answers, what it finds of a difference, what it makes of wrong results, its JSON, and the sensors. That it
 * finds faults of a core is tests/soak.sh's. */
#include "base/json.h"
#include "machine/sensors.h"
#include "record/soak_json.h"
#include "transcendental.h"
#include "verify/soak_private.h"

#include "record/load_private.h" /* after verify/kernel_inputs.h: both have a LONGEST */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* ---- Kernels ---- */

static void answers_are_the_known_ones(void **state) {
    (void)state;
    for (size_t kernel = 0; kernel < KERNEL_COUNT; kernel++)
        for (unsigned p = 0; p < SOAK_PATTERNS; p++) {
            struct soak_block block;
            struct error err;
            const bool other_class = kernel == KERNEL_sigmoid_f32 && strcmp(TRANSCENDENTAL_CLASS, "no-fma") != 0;
            assert_int_equal(soak_block_make(&block, kernel, p, &err), 0);
            if (!other_class && block.hash != soak_known_answer(kernel, p))
                fail_msg("%s, pattern %u: the known answer should be 0x%016llx", kernel_names[kernel], p,
                         (unsigned long long)block.hash);
            soak_block_free(&block);
        }
}

static void every_backend_gives_them(void **state) {
    (void)state;
    struct error err;
    for (size_t kernel = 0; kernel < KERNEL_COUNT; kernel++)
        for (unsigned p = 0; p < SOAK_PATTERNS; p++) {
            struct soak_block block;
            assert_int_equal(soak_block_make(&block, kernel, p, &err), 0);
            unsigned char *results = aligned_alloc(4096, (soak_block_results(&block) + 4095) / 4096 * 4096);
            assert_non_null(results);
            for (size_t b = 0; b < backend_count; b++) {
                bool near = false;
                if (backend_state(&backends[b]) != BACKEND_OK || kernel >= kernels_of(&backends[b])) continue;
                soak_block_run(&block, &backends[b], results);
                const bool equal = memcmp(results, soak_block_answers(&block), soak_block_results(&block)) == 0;
                assert_int_equal(soak_block_near(&block, results, &near, &err), 0);
                if (!(backends[b].parity == PARITY_BITS ? equal : near))
                    fail_msg("%s of %s", kernel_names[kernel], backends[b].name);
                assert_true(near);
            }
            assert_true(block.hash == soak_block_hash(&block)); /* nothing was written */
            free(results);
            soak_block_free(&block);
        }
}

/* Each bit of each result is compared, and the first that differs is named. */
static void differences_are_named(void **state) {
    (void)state;
    struct error err;
    static const struct {
        size_t kernel, row, element;
        unsigned bytes;
        bool real;
    } cases[] = {{KERNEL_dot_u8f32, 15, 0, 4, true},       {KERNEL_dot_u8i16, 3, 0, 8, false},
                 {KERNEL_dot_many_packed, 7, 11, 8, true}, {KERNEL_decision_u8f32, 15, 0, 8, true},
                 {KERNEL_axpy_u8f32, 2, 783, 4, true},     {KERNEL_axpy_u8i16, 0, 0, 2, false},
                 {KERNEL_axpy_u8f64, 15, 783, 8, true},    {KERNEL_unpack_u8, 9, 831, 1, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct soak_block block;
        assert_int_equal(soak_block_make(&block, cases[i].kernel, 1, &err), 0);
        const size_t size = soak_block_results(&block);
        unsigned char *results = malloc(size);
        assert_non_null(results);
        memcpy(results, soak_block_answers(&block), size);
        const size_t at = cases[i].row * block.answer_room + cases[i].element * cases[i].bytes;
        results[at] ^= 0x40;
        const struct soak_difference found = soak_block_difference(&block, soak_block_answers(&block), results);
        assert_int_equal(found.row, cases[i].row);
        assert_int_equal(found.element, cases[i].element);
        assert_int_equal(found.bytes, cases[i].bytes);
        assert_int_equal(found.real, cases[i].real);
        assert_int_equal(found.got ^ found.right, 0x40);
        free(results);
        soak_block_free(&block);
    }
}

static void far_results_are_not_near(void **state) {
    (void)state;
    struct error err;
    for (size_t kernel = 0; kernel < KERNEL_COUNT; kernel++) {
        struct soak_block block;
        bool near = true;
        assert_int_equal(soak_block_make(&block, kernel, 0, &err), 0);
        unsigned char *results = calloc(1, soak_block_results(&block));
        assert_non_null(results);
        assert_int_equal(soak_block_near(&block, results, &near, &err), 0);
        assert_false(near);
        free(results);
        soak_block_free(&block);
    }
}

static void a_changed_block_is_restored(void **state) {
    (void)state;
    struct soak_block block;
    struct error err;
    assert_int_equal(soak_block_make(&block, KERNEL_dot_packed, 0, &err), 0);
    block.memory[100] ^= 1;
    assert_true(soak_block_hash(&block) != block.hash);
    assert_int_equal(soak_block_restore(&block, &err), 0);
    assert_true(soak_block_hash(&block) == block.hash);
    soak_block_free(&block);
}

/* ---- Fits ---- */

static void fits_are_compared_decision_by_decision(void **state) {
    (void)state;
    struct soak_fits fits;
    struct soak_fit_outcome outcome;
    struct error err;
    char wrong[SOAK_WRONG_TEXT] = "";
    assert_int_equal(soak_fits_make(&fits, NULL, NULL, wrong, &err), 0);
    assert_string_equal(wrong, "");
    double *trace = malloc(fits.rows.n * sizeof *trace);
    assert_non_null(trace);
    for (int e = 0; e < ENGINES; e++) {
        const enum engine engine = (enum engine)e;
        struct soak_answer *answer = &fits.answer[e];
        assert_true(answer->fingerprint == soak_known_fingerprint(engine));
        assert_int_equal(soak_fit_run(&fits, engine, backend_best(), answer, trace, &outcome, &err), 0);
        assert_false(outcome.wrong);
        /* One bit of the decision at position 17 of the second epoch. */
        uint64_t bits, right;
        double *at = &answer->decision[fits.rows.n + 17];
        memcpy(&right, at, sizeof right);
        assert_true(right != 0); /* it is traced */
        bits = right ^ 2;
        memcpy(at, &bits, sizeof bits);
        assert_int_equal(soak_fit_run(&fits, engine, backend_best(), answer, trace, &outcome, &err), 0);
        assert_true(outcome.wrong && !outcome.model);
        assert_int_equal(outcome.epoch, 1);
        assert_int_equal(outcome.row, fits.visited[fits.rows.n + 17]);
        assert_true(outcome.got == right && outcome.right == bits);
        memcpy(at, &right, sizeof right);
        answer->fingerprint ^= 1;
        assert_int_equal(soak_fit_run(&fits, engine, backend_best(), answer, trace, &outcome, &err), 0);
        assert_true(outcome.wrong && outcome.model);
        answer->fingerprint ^= 1;
    }
    assert_true(fits.hash == soak_fits_hash(&fits));
    fits.built_in.pixels[12345] ^= 1;
    assert_true(fits.hash != soak_fits_hash(&fits));
    free(trace);
    soak_fits_free(&fits);
}

/* ---- What is made of wrong results ---- */

enum { CORES = 3 };

struct played {
    struct soak_core cores[CORES];
    struct soak_fault faults[4];
    struct soak_outcome outcome;
};

static void play(struct played *played) {
    *played = (struct played){0};
    played->outcome.cores = played->cores;
    played->outcome.core_count = CORES;
    played->outcome.faults = played->faults;
    for (int c = 0; c < CORES; c++)
        for (int s = 0; s < SOAK_STATES; s++)
            played->cores[c].state[s].calls = 1000;
}

static void add_fault(struct played *played, size_t core, enum soak_state state, enum soak_cause cause) {
    played->faults[played->outcome.fault_count++] = (struct soak_fault){.core = core, .state = state, .cause = cause};
    played->cores[core].state[state].wrong++;
}

static void verdicts(void **state) {
    (void)state;
    struct played p;
    play(&p);
    assert_int_equal(soak_verdict(&p.outcome, 1), SOAK_CAUSES);
    add_fault(&p, 1, SOAK_ALL, SOAK_ONCE);
    assert_int_equal(soak_verdict(&p.outcome, 1), SOAK_ONCE);
    add_fault(&p, 1, SOAK_ALL, SOAK_ONCE); /* twice, and no other core: that is the core */
    assert_int_equal(soak_verdict(&p.outcome, 1), SOAK_CORE);
    add_fault(&p, 2, SOAK_ALONE, SOAK_ONCE);
    assert_int_equal(soak_verdict(&p.outcome, 1), SOAK_ONCE);
    add_fault(&p, 1, SOAK_ALONE, SOAK_CORE);
    assert_int_equal(soak_verdict(&p.outcome, 1), SOAK_CORE);
    assert_int_equal(soak_verdict(&p.outcome, 0), SOAK_CAUSES);
    play(&p);
    add_fault(&p, 0, SOAK_ALL, SOAK_MEMORY);
    assert_int_equal(soak_verdict(&p.outcome, 0), SOAK_MEMORY);
    add_fault(&p, 0, SOAK_ALL, SOAK_EVERYWHERE);
    assert_int_equal(soak_verdict(&p.outcome, 0), SOAK_EVERYWHERE);
}

static void only_under_load(void **state) {
    (void)state;
    struct soak_core core = {.verdict = SOAK_CORE};
    core.state[SOAK_ALONE].calls = 10000;
    core.state[SOAK_ALL].calls = 10000;
    assert_false(soak_only_loaded(&core));
    core.state[SOAK_ALL].wrong = 2; /* two alone were as likely none */
    assert_false(soak_only_loaded(&core));
    core.state[SOAK_BURSTS] = (struct soak_count){.calls = 10000, .wrong = 5}; /* 3.5 expected alone */
    assert_true(soak_only_loaded(&core));
    core.state[SOAK_ALONE].wrong = 1;
    assert_false(soak_only_loaded(&core));
    core.state[SOAK_ALONE].wrong = 0;
    core.verdict = SOAK_MEMORY;
    assert_false(soak_only_loaded(&core));
}

static void the_bound_is_three_over_n(void **state) {
    (void)state;
    assert_true(isnan(soak_bound(0)));
    assert_true(soak_bound(1) == 1.0);
    assert_true(soak_bound(3000000000) == 1e-9);
}

/* ---- JSON ---- */

static void the_file_holds_together(void **state) {
    (void)state;
    struct soak_unit units[] = {{KERNEL_dot_u8f32, ENGINE_F32, &backends[0], true},
                                {-1, ENGINE_INT, &backends[0], true}};
    struct soak_count ran[2 * CORES] = {{16, 0}, {1, 0}, {16, 1}, {1, 1}, {16, 0}, {1, 0}};
    struct played p;
    struct error err;
    const struct reader reader = {"file", &err};
    play(&p);
    p.outcome.units = units;
    p.outcome.ran = ran;
    p.outcome.unit_count = 2;
    add_fault(&p, 1, SOAK_ALL, SOAK_CORE);
    p.faults[0].epoch = -1;
    p.faults[0].bytes = 4;
    p.faults[0].real = true;
    p.faults[0].got = 0x3f800010;
    p.faults[0].right = 0x3f800000;
    p.faults[0].ghz = 3.5;
    p.faults[0].celsius = (double)NAN;
    p.faults[0].elsewhere_pu = -1;
    p.outcome.calls = (uint64_t)CORES * SOAK_STATES * 1000;
    p.outcome.wrong = 1;
    for (int c = 0; c < CORES; c++) {
        p.cores[c].multiplications = 1000;
        p.cores[c].verdict = c == 1 ? SOAK_CORE : SOAK_CAUSES;
    }
    p.outcome.multiplications = 3000;
    json_t *facts = json_pack("{s:o}", "soak", soak_json(&p.outcome));
    json_t *soak = json_object_get(facts, "soak");
    assert_non_null(soak);
    assert_int_equal(check_soak(facts, &reader), 0);
    const json_t *fault = json_array_get(json_object_get(soak, "faults"), 0);
    assert_string_equal(json_string_value(json_object_get(fault, "differing_bits")), "00000010");
    assert_string_equal(json_string_value(json_object_get(json_object_get(fault, "got"), "bits")), "3f800010");
    assert_true(json_real_value(json_object_get(json_object_get(fault, "right"), "value")) == 1.0);
    assert_true(json_is_null(json_object_get(fault, "celsius")));
    assert_true(json_is_null(json_object_get(soak, "bound"))); /* no bound where a result was wrong */
    assert_true(json_is_false(json_object_get(soak, "passed")));
    json_object_set_new(soak, "passed", json_true());
    assert_int_equal(check_soak(facts, &reader), -1);
    assert_non_null(strstr(err.text, "passed"));
    json_object_set_new(soak, "passed", json_false());
    json_object_set_new(soak, "multiplications", json_integer(3001));
    assert_int_equal(check_soak(facts, &reader), -1);
    json_object_set_new(soak, "multiplications", json_integer(3000));
    json_object_set_new(soak, "bound", json_real(1e-3)); /* a bound, though one was wrong */
    assert_int_equal(check_soak(facts, &reader), -1);
    json_object_set_new(soak, "bound", json_null());
    json_object_set_new(soak, "bound_reason", json_string("something was wrong"));
    assert_int_equal(check_soak(facts, &reader), 0);
    json_object_del(soak, "cores");
    assert_int_equal(check_soak(facts, &reader), -1);
    json_decref(facts);
}

/* ---- Sensors, of a tree of files ---- */

static void put(const char *root, const char *path, const char *text) {
    char whole[512], command[600];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    for (char *slash = whole + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = 0;
        mkdir(whole, 0777);
        *slash = '/';
    }
    snprintf(command, sizeof command, "%s", whole);
    FILE *file = fopen(command, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void sensors_are_read(void **state) {
    (void)state;
    char root[] = "/tmp/sgdmark-sensors-XXXXXX", command[64];
    struct sensors sensors;
    struct pu_facts facts;
    assert_non_null(mkdtemp(root));
    sensors_find(&sensors, root);
    assert_true(isnan(sensors_celsius(&sensors, 0)));
    sensors_pu(&sensors, 3, &facts);
    assert_true(facts.package == -1 && facts.throttles == -1 && isnan(facts.mhz) && !facts.microcode[0] &&
                !facts.ppin[0]);
    put(root, "/sys/class/thermal/thermal_zone0/type", "acpitz\n");
    put(root, "/sys/class/thermal/thermal_zone1/type", "x86_pkg_temp\n");
    put(root, "/sys/class/thermal/thermal_zone1/temp", "41000\n");
    sensors_find(&sensors, root);
    assert_true(sensors_celsius(&sensors, 0) == 41.0);
    put(root, "/sys/class/hwmon/hwmon0/name", "nvme\n");
    put(root, "/sys/class/hwmon/hwmon0/temp1_input", "30000\n");
    put(root, "/sys/class/hwmon/hwmon1/name", "coretemp\n");
    put(root, "/sys/class/hwmon/hwmon1/temp1_label", "Package id 1\n");
    put(root, "/sys/class/hwmon/hwmon1/temp1_input", "66500\n");
    put(root, "/sys/devices/system/cpu/cpu3/topology/physical_package_id", "1\n");
    put(root, "/sys/devices/system/cpu/cpu3/topology/ppin", "0x2b1f7d1c3a5e9988\n");
    put(root, "/sys/devices/system/cpu/cpu3/microcode/version", "0x2b000603\n");
    put(root, "/sys/devices/system/cpu/cpu3/thermal_throttle/core_throttle_count", "5\n");
    put(root, "/sys/devices/system/cpu/cpu3/thermal_throttle/package_throttle_count", "7\n");
    put(root, "/sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq", "2600000\n");
    sensors_find(&sensors, root);
    sensors_pu(&sensors, 3, &facts);
    assert_int_equal(facts.package, 1);
    assert_true(sensors_celsius(&sensors, facts.package) == 66.5);
    assert_true(isnan(sensors_celsius(&sensors, 0)));
    assert_string_equal(facts.ppin, "0x2b1f7d1c3a5e9988");
    assert_string_equal(facts.microcode, "0x2b000603");
    assert_int_equal(facts.throttles, 12);
    assert_true(facts.mhz == 2600.0);
    snprintf(command, sizeof command, "rm -rf %s", root);
    assert_int_equal(system(command), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_the_known_ones),
        cmocka_unit_test(every_backend_gives_them),
        cmocka_unit_test(differences_are_named),
        cmocka_unit_test(far_results_are_not_near),
        cmocka_unit_test(a_changed_block_is_restored),
        cmocka_unit_test(fits_are_compared_decision_by_decision),
        cmocka_unit_test(verdicts),
        cmocka_unit_test(only_under_load),
        cmocka_unit_test(the_bound_is_three_over_n),
        cmocka_unit_test(the_file_holds_together),
        cmocka_unit_test(sensors_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
