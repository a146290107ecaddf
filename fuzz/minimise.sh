#!/usr/bin/env bash
# Makes the corpus of a target anew: of what is in it and what fuzz/run.sh has found, the fewest
# inputs that reach as much. Files that have a speaking name are kept as they are.
#
#   fuzz/minimise.sh TARGET [FILES]    at most so many files of no name, 48 unless said otherwise
set -euo pipefail
cd "$(dirname "$0")/.."

target=${1:?usage: fuzz/minimise.sh TARGET [FILES]}
most=${2:-48}
corpus=fuzz/corpus/$target
found=${FUZZ_CORPUS:-target/fuzz-corpus}/$target

# libFuzzer names what it writes by a SHA-1.
is_hash='^[0-9a-f]{40}$'
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/named" "$scratch/all" "$scratch/merged"
for file in "$corpus"/* "$found"/*; do
    [[ -f $file ]] || continue
    if [[ $(basename "$file") =~ $is_hash ]]; then
        cp "$file" "$scratch/all"
    else
        cp "$file" "$scratch/named"
        cp "$file" "$scratch/merged"
    fi
done

# A merge adds to its first folder what the others reach and it does not, the greatest gain first.
cargo +nightly fuzz run --fuzz-dir fuzz --sanitizer none --features libfuzzer "$target" \
    "$scratch/merged" "$scratch/all" -- -set_cover_merge=1 -timeout=60

rm -f "$corpus"/*
cp "$scratch/named"/* "$corpus" 2>/dev/null || true
kept=0
for file in $(ls -t "$scratch/merged"); do
    [[ $file =~ $is_hash && $kept -lt $most ]] || continue
    cp "$scratch/merged/$file" "$corpus"
    kept=$((kept + 1))
done
echo "$corpus: $(find "$corpus" -type f | wc -l) files"
