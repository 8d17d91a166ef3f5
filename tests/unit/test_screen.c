/* SPDX-License-Identifier: MIT */
/* The first screen of a run, of facts by hand: where its metrics stand beside the published ones. */
#include "report/screen.h"
#include "verify/published.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static json_t *facts_with(bool is_published, double precision) {
    const double *folds = published.fold_accuracy;
    json_t *facts = json_pack("{s:{s:b}, s:{s:b, s:i}, s:{s:[f, f, f], s:f, s:f}}", "job", "published", is_published,
                              "verdict", "correct", true, "checks", 7, "notebook", "fold_accuracy", folds[0], folds[1],
                              folds[2], "precision", precision, "recall", published.recall);
    assert_non_null(facts);
    return facts;
}

/* The screen as one line, with single spaces. Caller frees. */
static char *screen_of(json_t *facts, int columns) {
    char *text = NULL;
    size_t size = 0, to = 0;
    struct error err;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_int_equal(report_screen(out, facts, columns, &err), 0);
    fclose(out);
    for (size_t from = 0; from < size; from++) {
        const char c = text[from] == '\n' ? ' ' : text[from];
        if (c != ' ' || to == 0 || text[to - 1] != ' ') text[to++] = c;
    }
    text[to] = 0;
    json_decref(facts);
    return text;
}

static void assert_shown(json_t *facts, const char *wanted, const char *unwanted) {
    for (int columns = 60; columns <= 80; columns += 20) {
        char *text = screen_of(json_incref(facts), columns);
        if (!strstr(text, wanted)) fail_msg("'%s' is not in: %s", wanted, text);
        if (strstr(text, unwanted)) fail_msg("'%s' is in: %s", unwanted, text);
        free(text);
    }
    json_decref(facts);
}

static void equal_metrics_are_said_to_be(void **state) {
    (void)state;
    assert_shown(facts_with(true, published.precision),
                 "NOTEBOOK accuracy 0.9502 0.96565 0.96495, precision 0.7687, recall 0.8013, equal to the published "
                 "ones ",
                 "; published");
}

static void others_stand_beside_the_published_ones(void **state) {
    (void)state;
    assert_shown(facts_with(true, 0.75),
                 "precision 0.75, recall 0.8013; published: accuracy 0.9502 0.96565 0.96495, precision 0.7687, recall "
                 "0.8013 ",
                 "equal");
    assert_shown(facts_with(true, published.precision + 1e-15), "; published: ", "equal");
}

static void other_jobs_have_none(void **state) {
    (void)state;
    assert_shown(facts_with(false, published.precision), "precision 0.7687, recall 0.8013 ", "published");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_metrics_are_said_to_be),
        cmocka_unit_test(others_stand_beside_the_published_ones),
        cmocka_unit_test(other_jobs_have_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
