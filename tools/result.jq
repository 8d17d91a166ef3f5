# SPDX-License-Identifier: MIT
# What tools/hostile, tools/identical and tests/witness.sh read of a result file, in one place:
# jq -L tools 'include "result"; ...'. Files before schema 3 have no word on their times: their A/A answers.

# Of an experiment: "usable", "usable above" or "not usable".
def usable:
    if .usable then .usable.state elif .aa.state == "quiet" then "usable" else "not usable" end;

# The same with the difference that it starts from: "usable above 3 %".
def usable_text:
    usable + (if .usable.above then " \(1000 * .usable.above | round / 10) %" else "" end);

# Of a result, "epochs: usable, folds: not usable".
def times_text:
    [.sgdmark.experiments[] | "\(.name): \(usable_text)"] | join(", ");

# Of a result: the least that is said of any experiment, and of the run as a whole.
def times:
    [.sgdmark.verdict.times.state // empty, (.sgdmark.experiments[] | usable)] |
    if any(. == "not usable") then "not usable" elif any(. == "usable above") then "usable above" else "usable" end;

# Of a result: each pair's interval, with the word of its experiment. Numbers are null where a case of it failed or is
# not usable.
def intervals:
    .sgdmark.experiments[] | . as $experiment | .pairs[] |
    {key: "\($experiment.name) \(.family) \(.subject) / \(.base)", subject, base, ratio, low, high, verdict,
     experiment: $experiment.name, usable: ($experiment | usable)};

# Of a result: the median of each case.
def medians:
    .sgdmark.experiments[] | .name as $experiment | .cases[] |
    {key: "\($experiment) \(.name)", ratio: .summary.median};

# Of several quiet results: the range of each pair's ratio and of each case's median, widened by 2 %.
def truth:
    [.[] | intervals, medians | select(.ratio)] | group_by(.key) |
    map({key: .[0].key, value: {low: (map(.ratio) | min / 1.02), high: (map(.ratio) | max * 1.02)}}) | from_entries;

# Of a result: what it says against the truth. An interval is wrong if it holds no part of the range; that is bad if its
# experiment is called usable and the pair is not withheld. Medians outside are counted, too: they claim nothing alone.
def judged($truth):
    [intervals | $truth[.key] as $range | select($range and .low and .high) | . + {wrong: (.low > $range.high or .high < $range.low), range: $range}] as $all |
    ($all | map(select(.wrong and .usable != "not usable" and .verdict != "withheld"))) as $bad |
    {times: times, text: times_text, pairs: ($all | length), wrong: ($all | map(select(.wrong)) | length), bad: ($bad | length),
     off: ([medians | $truth[.key] as $range | select($range and .ratio and (.ratio < $range.low or .ratio > $range.high))] | length),
     worst: ($bad | if length == 0 then "" else max_by([.low / .range.high, .range.low / .high] | max) |
         "\(.key) [\(.low), \(.high)], truth [\(.range.low), \(.range.high)]" end)};

# Of a result of a build in which a backend has a second name, NAME-<ending>: the pairs of the two, with the second one's
# verdict against the first: faster, slower, or what else is said.
def twins($ending):
    intervals | (.subject | contains($ending)) as $second |
    select(.subject != .base and (.subject | sub($ending; "")) == (.base | sub($ending; ""))) |
    . + {verdict: (if $second then .verdict else {faster: "slower", slower: "faster"}[.verdict] // .verdict end)};
