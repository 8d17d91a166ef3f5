/* SPDX-License-Identifier: MIT */
/* Telling perf what to count, with perf played by two pipes. */
#include "machine/perf_control.h"

#include "setup.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What perf would see and say: its ends of the two pipes. */
struct played {
    int control[2], ack[2];
    char text[64]; /* of --perf-ctl */
};

static void play(struct played *perf, const char *answers, size_t length) {
    assert_int_equal(pipe(perf->control), 0);
    assert_int_equal(pipe(perf->ack), 0);
    assert_int_equal(fcntl(perf->control[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(write(perf->ack[1], answers, length), (ssize_t)length);
    snprintf(perf->text, sizeof perf->text, "fd:%d,%d", perf->control[1], perf->ack[0]);
}

static void end(struct played *perf) {
    for (int i = 0; i < 2; i++) {
        close(perf->control[i]);
        close(perf->ack[i]);
    }
}

static void assert_told(const struct played *perf, const char *want) {
    char told[256] = "";
    const ssize_t got = read(perf->control[0], told, sizeof told - 1);
    told[got > 0 ? got : 0] = 0;
    assert_string_equal(told, want);
}

/* Without a connection nothing is told, and nothing is wrong. */
static void test_without(void **state) {
    (void)state;
    struct error err;
    perf_control_enter("epoch/f32/scalar");
    perf_control_leave();
    assert_int_equal(perf_control_close(&err), 0);
}

/* Both versions of perf's answer: with a NUL behind the newline, and without. */
static void test_regions(void **state) {
    (void)state;
    static const char with[] = "ack\n\0ack\n\0ack\n\0ack\n", without[] = "ack\nack\nack\nack\n";
    const struct {
        const char *text;
        size_t length;
    } answers[] = {{with, sizeof with}, {without, sizeof without - 1}};
    for (size_t i = 0; i < 2; i++) {
        struct played perf;
        struct error err;
        play(&perf, answers[i].text, answers[i].length);
        assert_int_equal(perf_control_open(perf.text, NULL, &err), 0);
        assert_told(&perf, "");
        perf_control_enter(NULL);
        assert_told(&perf, "enable\n");
        perf_control_enter(NULL);
        assert_told(&perf, "");
        perf_control_leave();
        assert_told(&perf, "disable\n");
        perf_control_leave();
        assert_told(&perf, "");
        perf_control_enter("any");
        perf_control_leave();
        assert_told(&perf, "enable\ndisable\n");
        assert_int_equal(perf_control_close(&err), 0);
        end(&perf);
    }
}

static void test_case(void **state) {
    (void)state;
    struct played perf;
    struct error err;
    play(&perf, "ack\nack\n", 8);
    assert_int_equal(perf_control_open(perf.text, "epoch/f32/avx2", &err), 0);
    static const char *const others[] = {"epoch/f32/avx2/again", "epoch/f32/avx", NULL};
    for (size_t i = 0; i < 3; i++) {
        perf_control_enter(others[i]);
        perf_control_leave();
    }
    assert_told(&perf, "");
    perf_control_enter("epoch/f32/avx2");
    perf_control_leave();
    assert_told(&perf, "enable\ndisable\n");
    assert_int_equal(perf_control_close(&err), 0);
    end(&perf);
}

static void assert_fault(const struct error *err, const char *want) {
    if (!strstr(err->text, want)) fail_msg("'%s' does not say '%s'", err->text, want);
}

static void test_faults(void **state) {
    (void)state;
    struct played perf;
    struct error err;
    play(&perf, "", 0);
    assert_int_equal(perf_control_open(perf.text, "epoch/f64/scalar", &err), 0);
    perf_control_enter("cv/f64/scalar");
    assert_int_equal(perf_control_close(&err), -1);
    assert_fault(&err, "no case is called epoch/f64/scalar");
    end(&perf);

    play(&perf, "", 0);
    close(perf.ack[1]);
    assert_int_equal(perf_control_open(perf.text, NULL, &err), 0);
    perf_control_enter(NULL);
    perf_control_leave(); /* after a fault perf is told nothing more */
    assert_told(&perf, "enable\n");
    assert_int_equal(perf_control_close(&err), -1);
    assert_fault(&err, "perf has ended");

    play(&perf, "enable\n", 7);
    assert_int_equal(perf_control_open(perf.text, NULL, &err), 0);
    perf_control_enter(NULL);
    assert_int_equal(perf_control_close(&err), -1);
    assert_fault(&err, "what answers is no perf");
    end(&perf);

    play(&perf, "", 0);
    close(perf.control[0]);
    assert_int_equal(perf_control_open(perf.text, NULL, &err), 0);
    perf_control_enter(NULL); /* no signal ends this process */
    assert_int_equal(perf_control_close(&err), -1);
    assert_fault(&err, "perf cannot be told");
}

static void test_texts(void **state) {
    (void)state;
    static const struct {
        const char *text, *fault;
    } bad[] = {
        {"", "neither"},
        {"fd:", "neither"},
        {"fd:7", "neither"},
        {"fd:7,", "neither"},
        {"fd:,7", "neither"},
        {"fd:7,8,9", "neither"},
        {"pipe:7,8", "neither"},
        {"fd:0,1", "no open descriptor"},
        {"fd:900,901", "no open descriptor"},
        {"fd: 7,8", "no open descriptor"},
        {"fd:-7,8", "no open descriptor"},
        {"fd:99999999999999999999,8", "no open descriptor"},
        {"fifo:/nowhere/a,/nowhere/b", "/nowhere/a: No such file"},
        {"fifo:/dev/null,/dev/null", "is no FIFO"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error err;
        assert_int_equal(perf_control_check(bad[i].text, &err), -1);
        assert_fault(&err, bad[i].fault);
        assert_int_equal(perf_control_open(bad[i].text, NULL, &err), -1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without), cmocka_unit_test(test_regions), cmocka_unit_test(test_case),
        cmocka_unit_test(test_faults),  cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
