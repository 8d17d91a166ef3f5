/* SPDX-License-Identifier: MIT */
/* The PNG file of a picture, read back. */
#include "report/picture.h"

#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void png_holds_the_pixels_enlarged_and_inverted(void **state) {
    (void)state;
    static const uint8_t pixels[] = {0, 255, 7, 100, 1, 254};
    struct picture picture = {pixels, 2, 3};
    char path[] = "/tmp/sgdmark-picture.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(picture_write_png(&picture, path, NULL), 0);

    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&image, path));
    assert_int_equal(image.width, 24);
    assert_int_equal(image.height, 16);
    image.format = PNG_FORMAT_GRAY;
    uint8_t large[16 * 24];
    assert_true(png_image_finish_read(&image, NULL, large, 0, NULL));
    for (size_t y = 0; y < 16; y++)
        for (size_t x = 0; x < 24; x++)
            assert_int_equal(large[y * 24 + x], 255 - pixels[y / 8 * 3 + x / 8]);
    unlink(path);
}

static void a_png_that_cannot_be_written_is_an_error(void **state) {
    (void)state;
    static const uint8_t pixels[1] = {0};
    struct picture picture = {pixels, 1, 1};
    struct error err;
    assert_int_equal(picture_write_png(&picture, "/no/such/folder/digit.png", &err), -1);
    assert_non_null(strstr(err.text, "/no/such/folder/digit.png"));
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(png_holds_the_pixels_enlarged_and_inverted),
        cmocka_unit_test(a_png_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
