#!/usr/bin/env bash
# Counts the instructions of one run of each contestant of a measure, with valgrind: the same number
# each time, whatever else the machine does. callgrind.sh [MEASURE...]; without one, some that say
# the most.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build -q --release -p mailwire-benches --bin ratios --bin once
bin=${CARGO_TARGET_DIR:-target}/release
measures=("$@")
if [ ${#measures[@]} -eq 0 ]; then
    measures=(command/typical command/rich reply/single reply/ehlo receive/lone-dots session/plain session/rich
        delivery/one-recipient delivery/fifty-recipients delivery/kept)
fi
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/once" "$@" 2>&1 |
        sed -n 's/.*Collected : //p'
}
for measure in "${measures[@]}"; do
    for contestant in mailwire-smtp-proto smtp-proto mailrs-smtp-proto smtp-message smtp-codec \
        mailrs-smtp-client io-smtp lettre mailin; do
        # Not every contestant can do everything.
        "$bin/once" "$measure" "$contestant" 1 2>/dev/null || continue
        # What the program costs by itself is the same in both, and falls out.
        few=$(instructions "$measure" "$contestant" 10)
        many=$(instructions "$measure" "$contestant" 110)
        printf '%-20s %-22s %12d\n' "$measure" "$contestant" $(((many - few) / 100))
    done
done
