/* SPDX-License-Identifier: MIT */
/* Reads the facts of a result for printing. Files are untrusted input: a fact that is missing, null or of another type
 * prints as "-". */
#ifndef SGDMARK_REPORT_FACTS_H
#define SGDMARK_REPORT_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* object[key], or *value, as a text ("-" if it is none), a number (NAN), or true (false). */
const char *fact_text(const json_t *object, const char *key);
const char *fact_text_of(const json_t *value);
double fact_number(const json_t *object, const char *key);
bool fact_true(const json_t *object, const char *key);

/* True if object[key] exists and is not null. */
bool fact_known(const json_t *object, const char *key);

/* Writes a text of any bytes as base/text.h shows it, so that a name or a file cannot control the terminal. */
void print_plain(FILE *to, const char *text);

/* A list of numbers, "0.9502 0.96565 0.96495"; a confusion matrix, "53272 1307 / 1077 4344". */
void print_numbers(FILE *to, const json_t *list);
void print_confusion(FILE *to, const json_t *confusion);

/* "1 package", "2 packages", and what follows. */
void print_count(FILE *to, double count, const char *what, const char *behind);

/* Does any of the cases know its energy per `unit` ("epoch", "fold")? */
bool any_energy(const json_t *cases, const char *unit);

/* Joules per `unit` of a case; NAN: not known. */
double energy_of(const json_t *one, const char *unit);

/* Formats a number by a printf format for one double; "-" if it is not finite. Returns `text`. */
enum { FACT_TEXT = 48 };
const char *format_fact(char text[FACT_TEXT], const char *format, double value) __attribute__((format(printf, 2, 0)));

/* The unit for the times of a table: ms, or us if the shortest one (in seconds) is below 0.1 ms. */
struct time_unit {
    const char *name;
    double per_second;
};
struct time_unit time_unit_for(double shortest);

/* The experiment with this name, or NULL. `facts` is the member "sgdmark" of a result. */
const json_t *find_experiment(const json_t *facts, const char *name);

/* The case with this name, or the first pair with this family and subject; or NULL. */
const json_t *find_case(const json_t *experiment, const char *name);
const json_t *find_pair(const json_t *experiment, const char *family, const char *subject);

#endif
