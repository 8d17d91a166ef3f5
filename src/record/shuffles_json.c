/* SPDX-License-Identifier: MIT */
#include "record/shuffles_json.h"

#include "base/json.h"

static json_t *counts_json(const uint64_t *count, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n && list; i++) {
        if (json_add(list, json_integer((json_int_t)count[i])) == 0) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

static json_t *place_json(const struct shuffle_place *place, const char *metric) {
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "metric", metric, "value", json_number(place->value),
                     "percentile", json_number(place->percentile), "p5", json_number(place->p5), "median",
                     json_number(place->median), "p95", json_number(place->p95));
}

json_t *shuffles_json(const struct shuffles *shuffles, const struct shuffle_place place[SHUFFLE_METRICS]) {
    json_t *places = json_array();
    for (size_t m = 0; m < SHUFFLE_METRICS && places; m++) {
        if (json_add(places, place_json(&place[m], shuffle_metric_names[m])) == 0) continue;
        json_decref(places);
        places = NULL;
    }
    return json_pack("{s:I, s:o, s:[I, I], s:o, s:o, s:o}", "seeds", (json_int_t)shuffles->count, "seconds",
                     json_number(shuffles->seconds), "rows", (json_int_t)shuffles->negatives,
                     (json_int_t)shuffles->positives, "fp", counts_json(shuffles->fp, shuffles->count), "fn",
                     counts_json(shuffles->fn, shuffles->count), "places", places);
}
