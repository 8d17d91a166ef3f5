/* SPDX-License-Identifier: MIT */
/* What times are good for: the second half of every verdict, beside whether the work was right. */
#ifndef SGDMARK_MEASURE_USABLE_H
#define SGDMARK_MEASURE_USABLE_H

enum { UNUSABLE_TEXT = 256 };

enum usable_state {
    USABLE,       /* differences of USABLE_FINE and more get a verdict, or nothing was compared */
    USABLE_ABOVE, /* only differences above `above` do */
    NOT_USABLE    /* something else shaped the times: no verdict */
};
#define USABLE_FINE 0.05
extern const char *const usable_names[]; /* "usable", "usable above", "not usable" */

struct usable {
    enum usable_state state;
    double above;               /* smallest difference that gets a verdict (0.03: 3 %); NAN: not known */
    char reason[UNUSABLE_TEXT]; /* why the times are not usable, or which of them are not; "": all are */
    char advice[UNUSABLE_TEXT]; /* what to do about it, or "" */
};

struct analysis;

/* Sets `unusable` of every case, and `usable` of the experiment but for `above`. In this order something shapes the
 * times if
 *   - the timing thread had no CPU for over 5 % of the time;
 *   - other programs took over 5 % of a timed PU, or over 10 % of one that shares a last-level cache with it;
 * or, of a single case, if
 *   - the A/A twin that covers it is not quiet, or it has none;
 *   - over a quarter of its samples stayed spoiled when repeated;
 *   - over a fifth of its samples were far too long and no source shows why;
 *   - it is above its roof by more than measurement can explain. */
void judge_usable(struct analysis *analysis);

/* Sets `above` and the state, once the pairs are analysed. */
void judge_resolution(struct analysis *analysis);

/* What holds for two experiments together: the worse state, the larger `above`. */
struct usable usable_both(const struct usable *a, const struct usable *b);

#endif
