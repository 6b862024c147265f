#!/usr/bin/env bash
# Everything that only a machine with an NVIDIA GPU can show, in one call: the test suite, compute-sanitizer's four tools,
# training on CUDA checked against PyTorch and beside the CPU, and times beside PyTorch's.
#
#   tools/gpu_check.sh [--seconds 540] [--build-only] OUT [BASELINE.py]
#
# OUT gets summary.md (card, date, commit, every command and table), logs/ (one a step) and a sample grid. A step that
# fails or runs out of time does not stop the others; the exit code is 1 at the end if any did, 3 if there is no GPU.
#   --seconds N    the time for everything after the build; the sanitizers come last and take what is left of it
#   --build-only   configure and build, then stop: where a call may only last so long
#   BASELINE.py    a PyTorch benchmark that takes --workloads, --variants, --budget and --json
# Needs a CUDA toolkit; where .offline/enter.sh exists in the root it is sourced first, to put packages on the paths.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
command_line="tools/gpu_check.sh $*"

usage() {
  echo "gpu_check: error: $1; see the head of $0" >&2
  exit 2
}

seconds=540 build_only=false build=$root/build/gpu
while [[ ${1:-} == --* ]]; do
  case $1 in
    --seconds) seconds=${2:-} && shift ;;
    --build) build=${2:-} && shift ;; # the build tree, for a dry run of this script
    --build-only) build_only=true ;;
    *) usage "unknown option $1" ;;
  esac
  shift
done
[[ $seconds =~ ^[0-9]+$ ]] || usage "--seconds: '$seconds' is not a whole number"
[[ $# == 1 || $# == 2 ]] || usage 'OUT is missing, or too much is given'
mkdir -p "$1/logs" || exit 2
out=$(cd "$1" && pwd)
baseline=${2:-}
[[ -z $baseline || -f $baseline ]] || usage "there is no $baseline"
[[ -z $baseline ]] || baseline=$(realpath "$baseline")
cd "$root" || exit 2

if [[ -f .offline/enter.sh ]]; then
  # shellcheck source=/dev/null
  source .offline/enter.sh
fi
if ! card=$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>&1); then
  echo "gpu_check: error: no NVIDIA GPU here: $card" >&2
  exit 3
fi
nvcc=$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)
sanitizer=$(command -v compute-sanitizer || echo "$(dirname "$nvcc")/compute-sanitizer")
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT

failed=0
rows=()     # of the table of steps
sections=() # of the summary, after that table
deadline=$((SECONDS + 24 * 3600))

record() { # STEP RESULT SECONDS
  rows+=("| $1 | $2 | $3 |")
  echo "gpu_check: $1: $2 (${3} s)"
  [[ $2 == ok || $2 == skipped* ]] || failed=1
}

# step NAME LIMIT COMMAND...: runs it for LIMIT seconds at most and while there is time; its output goes to logs/NAME.log.
step() {
  local name=$1 limit=$2 start=$SECONDS status result=ok
  shift 2
  ((limit <= deadline - SECONDS)) || limit=$((deadline - SECONDS))
  if ((limit < 1)); then
    record "$name" 'FAILED: no time left' 0
    return 1
  fi
  printf '+ %s\n' "$*" >"$out/logs/$name.log"
  timeout --kill-after=5 "$limit" "$@" >>"$out/logs/$name.log" 2>&1
  status=$?
  if ((status == 124 || status == 137)); then
    result="FAILED: not done within $limit s"
  elif ((status != 0)); then
    result="FAILED: exit code $status"
  fi
  record "$name" "$result" $((SECONDS - start))
  return $status
}

# section TITLE TEXT / quote TITLE LOG SED-SCRIPT: what the summary shows; of a log, the command and what sed -n prints.
section() { sections+=("## $1"$'\n\n'"$2"$'\n'); }
quote() {
  local text
  text=$(head -n 1 "$out/logs/$2.log" 2>/dev/null && tail -n +2 "$out/logs/$2.log" | sed -nE "$3")
  section "$1" '```'$'\n'"$text"$'\n''```'
}

configure_and_build() {
  local architecture
  architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -n 1 | tr -d .)
  ((${architecture:-0} < 90)) || architecture+=a # Hopper and later have instructions of their own
  step configure 120 cmake --preset default -B "$build" ${architecture:+"-DCMAKE_CUDA_ARCHITECTURES=$architecture-real"}
  step build 1800 cmake --build "$build" --target gan_cuda_train gan_cuda_bench kernel_tests_gpu engine_tests -- -k 0
}

run_tests() {
  step tests 150 ctest --test-dir "$build" -R '^(gpu|engine)\.' --no-tests=error --output-on-failure --timeout 120 \
    --parallel "$(nproc)"
  if grep -qs 'Skipped' "$out/logs/tests.log"; then record 'tests on the GPU' 'FAILED: some were skipped' 0; fi
  quote 'Test suite: CUDA against CPU' tests '/Test +#|tests passed|tests failed/p'
}

train() { # NAME LIMIT OPTIONS...
  step "$1" "$2" "$build/bin/gan_cuda_train" --data "$data" --image-size 64 --model dcgan --out "$runs/$1" "${@:3}"
}

train_and_verify() {
  train train-cuda 90 --device cuda --width 64 --batch 128 --minutes 0.75 --log-every 50 --sample-every 0 \
    --checkpoint-every 0 --trace 3
  quote 'Training on CUDA' train-cuda '/^(device|data|model|Done|100%)/p'
  find "$runs/train-cuda/samples" -name '*.png' 2>/dev/null | sort | tail -n 1 | xargs -r -I{} cp {} "$out/samples.png"
  if [[ -n $python ]]; then
    step verify 60 "$python" tools/verify_pytorch.py "$runs/train-cuda"
    quote 'Its first three iterations against PyTorch' verify "\$p"
  else
    record verify 'skipped: no Python here imports torch' 0
  fi
}

compare_curves() {
  local device options=(--width 32 --batch 64 --iterations 300 --log-every 10 --sample-every 0 --checkpoint-every 0)
  for device in cpu cuda; do train "curves-$device" 90 --device "$device" "${options[@]}"; done
  if step curves 10 "${python:-python3}" tools/compare_logs.py "$runs/curves-cpu" "$runs/curves-cuda" --every 30 --names cpu,cuda; then
    section 'Loss curves, CPU and CUDA' "$data, 64x64, \`${options[*]}\`, the same seed"$'\n\n'"$(tail -n +2 "$out/logs/curves.log")"
  fi
}

time_iterations() {
  local workload name
  for workload in 'mlp 28 1 64 128' 'dcgan 64 3 64 128' 'dcgan 64 3 64 512'; do
    # shellcheck disable=SC2086
    set -- $workload
    name=bench-$1-$5
    step "$name" 30 "$build/bin/gan_cuda_bench" --device cuda --model "$1" --image-size "$2" --channels "$3" --width "$4" \
      --batch "$5" --iterations 50 --profile
    quote "Our fp32 time: $1 ${2}x$2x$3, width $4, batch $5" "$name" '/^$/q; p'
  done
  if [[ -z $baseline || -z $python ]]; then
    record pytorch-baseline 'skipped: no baseline given, or no Python here imports torch' 0
    return
  fi
  step pytorch-baseline 90 "$python" "$baseline" --workloads w1,w2,w2b512 --budget 80 --json "$out/pytorch_baseline.jsonl" \
    --variants eager-tf32,graph-tf32,eager-bf16,graph-bf16
  quote 'PyTorch on the same card (w1: the mlp; w2, w2b512: the dcgan at batch 128, 512; no new noise in its G step)' \
    pytorch-baseline p
}

# sanitize TOOL CASES END: one tool over the cases of one test file, until END; the result goes to logs/TOOL.CASES.status.
sanitize() {
  local log=$out/logs/$1.$2 left=$(($3 - SECONDS)) status
  rm -f "$log.status"
  ((left > 0)) || return
  timeout --kill-after=5 "$left" "$sanitizer" --tool "$1" --error-exitcode 1 --print-limit 20 \
    "$build/bin/kernel_tests_gpu" --filenames-as-tags "[#$2]" >"$log.log" 2>&1
  status=$?
  if ((status == 0)) && ! grep -q 'SUMMARY' "$log.log"; then status='no summary'; fi
  echo "$status" >"$log.status"
}

run_sanitizers() {
  local tool file cases start=$SECONDS end=$((deadline - 6)) slots=$((($(nproc) + 1) / 2)) table result bad=0
  local tools=(memcheck racecheck synccheck initcheck)
  for tool in "${tools[@]}"; do
    for file in tests/kernels/*_test.cpp; do
      while (($(jobs -rp | wc -l) >= slots)); do wait -n; done
      sanitize "$tool" "$(basename "$file" .cpp)" "$end" &
    done
  done
  wait
  table='| cases |'$(printf ' %s |' "${tools[@]}")$'\n''|---|--:|--:|--:|--:|'
  for file in tests/kernels/*_test.cpp; do
    cases=$(basename "$file" .cpp)
    table+=$'\n'"| $cases |"
    for tool in "${tools[@]}"; do
      result=$(cat "$out/logs/$tool.$cases.status" 2>/dev/null || echo 124)
      case $result in
        0) table+=' ok |' ;;
        124 | 137) table+=' out of time |' && bad=$((bad + 1)) ;;
        *) table+=" FAILED ($result) |" && bad=$((bad + 1)) ;;
      esac
      rm -f "$out/logs/$tool.$cases.status"
    done
  done
  if ((bad == 0)); then result=ok; else result="FAILED: $bad of the table's entries"; fi
  record sanitizers "$result" $((SECONDS - start))
  section "compute-sanitizer over the GPU tests" "\`compute-sanitizer --tool TOOL kernel_tests_gpu --filenames-as-tags [#CASES]\`"$'\n\n'"$table"
}

write_summary() {
  {
    echo "# gan_cuda on a GPU"
    echo
    echo "- command: \`$command_line\`"
    echo "- card, driver, memory: $card"
    echo "- toolkit: $("$nvcc" --version 2>&1 | grep -o 'release.*')"
    echo "- processor: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"
    echo "- date: $(date -u +%F)"
    echo "- commit: $(git describe --always --dirty --abbrev=12 2>/dev/null || echo 'unknown: no git repository here')"
    printf '\n| step | result | seconds |\n|---|---|--:|\n'
    printf '%s\n' "${rows[@]}"
    echo
    printf '%s\n' "${sections[@]+"${sections[@]}"}"
  } >"$out/summary.md"
  echo "gpu_check: $out/summary.md"
}

configure_and_build
if ! $build_only; then
  deadline=$((SECONDS + seconds))
  python=$(tools/python_setup --find 2>/dev/null)
  data=fashion-mnist
  if [[ ! -e /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz &&
    ! -e ${GAN_CUDA_DATA:-}/fashion-mnist/train-images-idx3-ubyte.gz ]]; then
    data=shapes
  fi
  run_tests
  train_and_verify
  compare_curves
  time_iterations
  run_sanitizers
fi
write_summary
exit $failed
