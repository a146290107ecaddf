#!/usr/bin/env bash
# Runs a fuzz target: fuzz/run.sh TARGET SECONDS [libFuzzer's options]. Needs a nightly toolchain and
# cargo-fuzz. What it finds lies in fuzz/artifacts/TARGET; what it learns goes to a corpus beside the
# committed one.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?which target?}
seconds=${2:?for how many seconds?}
learned=${FUZZ_CORPUS:-target/fuzz-corpus}/$target
mkdir -p "$learned"
exec cargo +nightly fuzz run --fuzz-dir fuzz --features libfuzzer "$target" \
    "$learned" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
    -dict="fuzz/dictionaries/$target.dict" -print_final_stats=1 "${@:3}"
