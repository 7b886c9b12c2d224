#!/usr/bin/env bash
# The collected heap beside Go's and beside Rust's ways to own memory: trees and gcpause, in turns, in
# one run. Prints a line for each figure, and makes the picture docs/gc-course.svg.
#
#   PEER_GO="go-peer other-go-peer" PEER_RUST=rust-peer GO=go benches/gc.sh [trees] [gcpause] [loaded] [course]
#
#   PEER_GO, PEER_RUST   as for benches/compare.sh; without them gompa alone is measured
#   GO                   the Go command, for the course (go)
#   RUST_TREES           Rust contenders of trees
#   RUST_GCPAUSE         Rust contenders of gcpause
#
# loaded: gcpause again while as many processes as there are processors do nothing but count. All of
# it takes some ten minutes; each turn less than one. Let nothing else run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

read -ra go <<<"${PEER_GO:-}"
rust=${PEER_RUST:-}
read -ra trees <<<"${RUST_TREES:-box arc gc-arena dumpster-unsync}"
read -ra pause <<<"${RUST_GCPAUSE:-box arc+mutex gc-arena dumpster-sync}"

cargo build --release --quiet -p gompa-benches
target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
bench=$target/release/gompa-bench

run() {
    echo "gc: ${*##*/}" >&2
    timeout --kill-after=5 "${LIMIT:-300}" "$@" | grep '^RESULT' || echo "# FAILED: ${*##*/}"
}

measure_trees() {
    for p in 1 2; do
        run "$bench" trees -p "$p" --reps 3
        for peer in "${go[@]}"; do
            run "$peer" trees -depth 18 -p "$p"
            run "$peer" trees -depth 20 -p "$p"
        done
    done
    [ -z "$rust" ] || for name in "${trees[@]}"; do
        run "$rust" trees "$name" -n 18 -reps 3
        run "$rust" trees "$name" -n 20 -reps 1
    done
}

measure_gcpause() {
    run "$bench" gcpause
    for peer in "${go[@]}"; do run "$peer" gcpause -p 2; done
    [ -z "$rust" ] || for name in "${pause[@]}"; do run "$rust" gcpause "$name"; done
}

# The same on a machine that is busy elsewhere.
measure_loaded() {
    local others=() i
    for i in $(seq "$(nproc)"); do
        (while :; do :; done) &
        others+=($!)
    done
    echo "# busy elsewhere:"
    run "$bench" gcpause
    for peer in "${go[@]}"; do run "$peer" gcpause -p 2; done
    kill "${others[@]}"
    wait "${others[@]}" 2>/dev/null || true
}

measure_course() {
    "$bench" gcpause --child -n 1 >"$target/course-gompa.txt"
    "${GO:-go}" run benches/go/gcpause.go >"$target/course-go.txt"
    awk -f benches/gc-course.awk "$target/course-gompa.txt" "$target/course-go.txt" >docs/gc-course.svg
}

[ $# -gt 0 ] || set -- trees gcpause loaded course
for what in "$@"; do "measure_$what"; done
