#!/bin/bash
# The notebook's published numbers, and those of the same job in other row orders and scikit-learn versions, on the real
# MNIST images. Sources: the outputs of the 2018 notebook (rows sorted by label and permuted, compat 0.19), and runs of
# scikit-learn 1.2.1 (compat 1.2); update hashes are those of the epoch*60000 + position sequence.
source "$(dirname "$0")/lib.sh"
needs jq

if ! have_mnist; then
    skip "golden numbers of the notebook" "$mnist is not there (tools/fetch-mnist)"
    finish
fi

# got COMMAND ARGUMENTS...: keeps the JSON of one run in $scratch/json.
got() {
    "$sgdmark" "$@" --json - > "$scratch/json" 2> "$scratch/stderr" || not_ok "sgdmark $*" "$(cat "$scratch/stderr")"
}

# field NAME KEY WANT
field() {
    equal "$1: $2" "$(json "$scratch/json" "$2")" "$3"
}

notebook_metrics() {
    field "$1" fold_accuracy '[0.9502,0.96565,0.96495]'
    field "$1" confusion '[[53272,1307],[1077,4344]]'
    field "$1" precision 0.7687135020350381
    field "$1" recall 0.801328168234643
    field "$1" f1 0.7846820809248555
    field "$1" fold_updates '[9512,9108,9385]'
}

got cv
name="cv with no options"
field "$name" n 60000
field "$name" d 784
field "$name" folds 3
field "$name" engine f32
notebook_metrics "$name"

got cv --engine f64
notebook_metrics "cv f64"
field "cv f64" roc_auc 0.9624496555967155
field "cv f64" fold_intercept '[28.795919772610006,57.639086207816376,59.77841969810528]'
field "cv f64" fold_update_hash '["cc5211fa281584d4","4cca18c584230d15","215b20d66da7140d"]'

# The textbook's scores at its threshold; average precision and the two thresholds are those of scikit-learn 1.2.1 on the
# same decision values.
got cv --engine f64 --threshold 70000 --at-precision 0.9 --at-recall 0.9 --curve "$scratch/curve.csv"
field "trade-off" average_precision 0.8475033008342288
field "trade-off" roc_auc 0.9624496555967155
equal "trade-off: at_threshold" "$(jq -c '.at_threshold | del(.f1)' "$scratch/json")" \
    '{"threshold":70000,"confusion":[[53992,587],[1630,3791]],"precision":0.8659205116491548,"recall":0.6993174691016417}'
equal "trade-off: at_precision" "$(jq -c '.at_precision | del(.f1)' "$scratch/json")" \
    '{"wanted":0.9,"threshold":103561.3878804462,"confusion":[[54194,385],[1950,3471]],"precision":0.9001556016597511,"recall":0.6402877697841727}'
equal "trade-off: at_recall" "$(jq -c '.at_recall | del(.f1)' "$scratch/json")" \
    '{"wanted":0.9,"threshold":-114047.70470210504,"confusion":[[50235,4344],[542,4879]],"precision":0.529003578011493,"recall":0.9000184467810367}'
equal "the curve has a line for each decision value, a heading and an end" "$(wc -l < "$scratch/curve.csv")" 60002
equal "it goes down to all rows" "$(sed -n 2p "$scratch/curve.csv" | cut -d , -f 2-)" "0.09035,1,1,5421,54579,1"

# Engine int's decisions carry no rounding, so two that float64 tells apart may tie: the AUC's last digits are its own.
got cv --engine int
notebook_metrics "cv int"
field "cv int" fold_intercept '[28.795919772610006,57.639086207816376,59.77841969810528]'
field "cv int" fold_update_hash '["cc5211fa281584d4","4cca18c584230d15","215b20d66da7140d"]'

got train
field "train with no options" update_hash 14cd0deafca98f6e
got train --engine f64
field "train f64" update_hash 14cd0deafca98f6e
fingerprint=$(json "$scratch/json" fingerprint)
for backend in $(backends_here bits); do
    got train --engine int --isa "$backend"
    field "train int/$backend" update_hash 14cd0deafca98f6e
    field "train int/$backend" fingerprint "$fingerprint"
done

# The textbook's one-versus-all classifier: ten decision values of row 36000 of the images sorted by label (taken for a 5),
# and of the notebook's digit, row 34911 (a 5, taken for an 8), in the 8 decimals that were published.
got train --digit all --engine f64 --save "$scratch/ten.npz"
equal "ten digits: the fit of the 5 is the notebook's" "$(jq -r '.fits[5].fingerprint' "$scratch/json")" "$fingerprint"
equal "ten digits: accuracy" "$(json "$scratch/json" accuracy)" 0.8639333333333333
cp "$scratch/json" "$scratch/ten.json"
got predict --model "$scratch/ten.npz" --order sorted --decision-out "$scratch/d.npy" --predictions-out "$scratch/p.npy"
# row N: its ten decision values in the file, behind a header of 128 bytes, and the digit.
row() {
    od -A n -v -t f8 -w80 -j $((128 + 80 * $1)) -N 80 "$scratch/d.npy" | awk '{for (k = 1; k <= 10; k++) printf "%.8f ", $k}'
    od -A n -t d8 -j $((128 + 8 * $1)) -N 8 "$scratch/p.npy" | tr -d ' '
}
equal "ten digits: row 36000" "$(row 36000)" "-311402.62954431 -363517.28355739 -446449.53064540 -183226.61023518 \
-414337.15339485 161855.74572176 -452576.39616343 -471957.14962573 -518542.33997148 -536774.63961222 5"
equal "ten digits: row 34911" "$(row 34911)" "-568632.25489189 -475154.46507626 -587457.57386148 -322107.90219960 \
-336516.19717905 57246.29519203 -467769.46989458 -521907.68102283 123205.30703063 -1663.65917709 8"
got train --digit all --engine int
equal "ten digits: engine int trains the same ten models" "$(jq -c '[.fits[].fingerprint]' "$scratch/json")" \
    "$(jq -c '[.fits[].fingerprint]' "$scratch/ten.json")"

# golden ORDER COMPAT | fold accuracies | confusion | AUC | fold updates | full-fit intercept | full-fit updates
golden() {
    local name="f64 order $1 compat $2"
    got cv --engine f64 --order "$1" --compat "$2"
    field "$name" fold_accuracy "$3"
    field "$name" confusion "$4"
    field "$name" roc_auc "$5"
    field "$name" fold_updates "$6"
    got train --engine f64 --order "$1" --compat "$2"
    field "$name" intercept "$7"
    local updates
    updates=$(json "$scratch/json" updates | tr , + | tr -d '[]')
    equal "$name: updates of all epochs" "$((updates))" "$8"
    local fingerprint
    fingerprint=$(json "$scratch/json" fingerprint)
    got train --engine int --order "$1" --compat "$2"
    field "int order $1 compat $2" fingerprint "$fingerprint"
    got cv --engine int --order "$1" --compat "$2"
    field "int order $1 compat $2" fold_accuracy "$3"
    field "int order $1 compat $2" confusion "$4"
    field "int order $1 compat $2" fold_updates "$6"
}
golden notebook 0.19 '[0.9502,0.96565,0.96495]' '[[53272,1307],[1077,4344]]' 0.9624496555967155 \
    '[9512,9108,9385]' 65.90588842073879 13725
golden notebook 1.2 '[0.96225,0.9645,0.94765]' '[[53417,1162],[1350,4071]]' 0.9562435587387077 \
    '[9491,9219,9452]' 42.886242353677105 13662
golden file 0.19 '[0.9532,0.95125,0.9625]' '[[52992,1587],[1074,4347]]' 0.9584692857783504 \
    '[9666,9058,9129]' 51.78449442122943 13697
golden file 1.2 '[0.9633,0.95695,0.9146]' '[[52336,2243],[1060,4361]]' 0.9536789698168867 \
    '[9658,8974,9140]' 32.47466697909756 13692

got cv --engine f64 --compat 1.2
field "cv f64 compat 1.2" fold_intercept '[66.6492667554034,31.037747691410637,56.225360053986094]'
field "cv f64 compat 1.2" fold_update_hash '["2e6f3aae57731ee8","ab4529b0e5b5dbdc","009643bee36c2ddc"]'
got train --engine f64 --compat 1.2
field "train f64 compat 1.2" update_hash ac5457dade28562a

got cv --estimator never
# The notebook's Never5Classifier is no classifier to scikit-learn, so its folds are plain thirds.
field "never a 5" confusion '[[54579,0],[5421,0]]'
field "never a 5" fold_accuracy '[0.909,0.90715,0.9128]'

finish
