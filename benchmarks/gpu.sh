#!/usr/bin/env bash
# Tests and benchmarks on a GPU, with time limits of eight minutes together:
#
#     bash benchmarks/gpu.sh OUT [STORES MOTIFS]
#     bash benchmarks/gpu.sh OUT --dry      # everything in small, on the CPU
#
# STORES is a folder with train.h5, valid.h5 and test.h5, e.g. results/yeast/data, and MOTIFS
# their MEME file; without them, no accuracy is measured. Each part has a time limit and writes
# its results at once to OUT; a part that fails or ends late costs only its own results. The last
# output is a table of all results; the exit status is 1 if a part failed. PYTHON is the interpreter
# (default: .venv/bin/python), WHEELS a folder of wheels of packages that it lacks, which are used
# without being installed, and SHARE scales the time limits. Nothing is downloaded.
set -u
cd "$(dirname "$0")/.."
out=$1
stores=${2:-} motifs=${3:-}
mkdir -p "$out"
out=$(cd "$out" && pwd)
rm -f "$out"/failed "$out"/*.json "$out"/*.xml  # of an earlier run
python=${PYTHON:-.venv/bin/python}
share=${SHARE:-1}
export PYTHONUNBUFFERED=1 PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
if [ -n "${WHEELS:-}" ]; then
    "$python" -m pip install -q --no-index --no-deps --upgrade --target "$out/packages" "$WHEELS"/*.whl
    PYTHONPATH="$PYTHONPATH:$out/packages"
fi

# A multiple of the batch size: one size to compile for.
train=(--seconds 8 --warmup 30 --rows 200704)
explain=(--methods gradcam hirescam gradient integrated_gradients mutagenesis)
predict=(--models hybrid compact)
accuracy=(--models convnext compact hybrid best deepsea danq --seeds 1 2 --processes 4)
if [ "$stores" = --dry ]; then
    # Tiny batches are slower on several threads.
    export CUDA_VISIBLE_DEVICES='' NONCODING_GPU_TESTS=cpu OMP_NUM_THREADS=1
    share=10
    train=(--steps 1 --warmup 1 --rows 32 --batch 4)
    explain=(--methods gradcam --sequences 2 --repeats 1)
    predict=(--models compact --loci 8 --variants 4 --batch 4)
    accuracy=(--models compact --seeds 1 --epochs 1)
    # Random rows: three copies of one store.
    stores=$out/stores
    mkdir -p "$stores"
    "$python" -c "import sys; sys.path[0] = 'benchmarks'; from pathlib import Path; \
from load import make; make(Path(sys.argv[1]), 400)" "$stores"
    for split in train valid test; do
        cp "$stores/store.h5" "$stores/$split.h5"
    done
fi

# part NAME SECONDS COMMAND...: run a part with a limit; its output goes to OUT/NAME.log.
part() {
    local name=$1 limit
    limit=$("$python" -c "print(max(1, round($2 * $share)))")
    shift 2
    # Interrupted, pytest still writes its results; benchmarks write them after each measurement.
    timeout --signal=INT --kill-after=5 "$limit" "$@" > "$out/$name.log" 2>&1 ||
        echo "$name: ended with status $? (124 or 137: time limit of $limit s); see $name.log" |
        tee -a "$out/failed"
}

# What is timed comes first, alone on the GPU; then the rest, several processes at a time.
part train 180 "$python" benchmarks/train.py "${train[@]}" --models compact best deepsea danq \
    --together --json "$out/train.json"
part predict 40 "$python" benchmarks/predict.py "${predict[@]}" --json "$out/predict.json"
part explain 60 "$python" benchmarks/explain.py "${explain[@]}" --json "$out/explain.json"
tests=("$python" -m pytest -m gpu -q -p no:cacheprovider)
compiled=tests/gpu/test_gpu_training_compiled.py
part tests 200 "${tests[@]}" tests/gpu --ignore=$compiled --junitxml="$out/tests.xml" &
part compiled 200 "${tests[@]}" $compiled --junitxml="$out/compiled.xml" &
if [ -n "$stores" ]; then
    [ -n "$motifs" ] && accuracy+=(--motifs "$motifs")
    part accuracy 200 "$python" benchmarks/accuracy.py "$stores" "${accuracy[@]}" \
        --json "$out/accuracy.json" &
fi
wait
"$python" benchmarks/gpu_table.py "$out"
[ ! -e "$out/failed" ]
