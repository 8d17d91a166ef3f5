/* SPDX-License-Identifier: MIT */
#include "record/sweep_times.h"
#include "base/json.h"

#include "version.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static json_t *arguments_json(const struct sweep_process *process) {
    json_t *list = json_array();
    for (int i = 0; i < process->argc && list; i++) {
        if (json_add(list, json_escaped(process->argv[i])) == 0) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

json_t *sweep_times_json(const struct sweep_process *process) {
    char host[256] = "", started[32] = "", pus[PU_LIST_TEXT];
    const time_t now = time(NULL);
    struct tm parts;
    if (gethostname(host, sizeof host - 1) != 0) strcpy(host, "unknown");
    if (gmtime_r(&now, &parts)) strftime(started, sizeof started, "%Y-%m-%dT%H:%M:%SZ", &parts);
    placement_pus(process->placement, pus);
    const struct launcher *launcher = process->launcher;
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:s?, s:I, s:I, s:I, s:I, s:s}", "started", started, "host",
                     json_escaped(host), "arguments", arguments_json(process), "data", json_escaped(process->data),
                     "version", SGDMARK_VERSION, "isa", engine_backend_name(process->engine, process->backend), "pus",
                     pus, "launcher", launcher->name, "share", (json_int_t)process->share->number, "of",
                     (json_int_t)process->share->of, "points", (json_int_t)process->points, "group",
                     (json_int_t)process->group->models, "group_reason", process->group->reason);
}
