#!/usr/bin/env bash
# The collected heap beside Go's and beside Rust's ways to own memory: all figures of docs/gc.md, in one
# run, and the picture docs/gc-course.svg.
#
#   PEER_GO="go-peer other-go-peer" PEER_RUST=rust-peer GO127=path/to/go GO123=path/to/go \
#       benches/gc.sh [trees] [gcpause] [loaded] [micro] [course]
#
#   PEER_GO, PEER_RUST   programs as benches/compare.sh describes them, the Go one to compare with first
#   GO127, GO123         Go commands, for single operations and for the course (GO127)
#   RUST_TREES           Rust contenders of trees
#   RUST_GCPAUSE         Rust contenders of gcpause
#   ROUNDS               how often gompa and the first Go take their turn (2)
#   SHRINK               divide the work, to try things out (1; a power of two)
#   LIMIT                seconds after which one command is given up (60)
#   RESULTS              where the lines are kept (target/gc); a part that is not named keeps its own
#   DOC, PICTURE         what is written (docs/gc.md, docs/gc-course.svg)
#
# What is missing has no column. loaded: trees and gcpause again while as many processes as there are
# processors do nothing but count. Without building, all of it takes ten minutes; let nothing else run.
set -euo pipefail
cd "$(dirname "$0")/.."

results=${RESULTS:-target/gc}
rounds=${ROUNDS:-2}
shrink=${SHRINK:-1}
limit=${LIMIT:-60}
doc=${DOC:-docs/gc.md}
picture=${PICTURE:-docs/gc-course.svg}
read -ra go <<<"${PEER_GO:-}"
rust=${PEER_RUST:-}
read -ra trees <<<"${RUST_TREES:-box arc gc-arena dumpster-unsync}"
read -ra pause <<<"${RUST_GCPAUSE:-box arc+mutex gc-arena dumpster-unsync}"

# Depths, trees and seconds of the peers, as gompa-bench --shrink has them.
log=0
while [ $((1 << log)) -lt "$shrink" ]; do log=$((log + 1)); done
small=$((18 - log)) large=$((20 - log)) forest=$((2 * (107 / shrink))) seconds=$(awk "BEGIN { print 10 / $shrink }")

mkdir -p "$results"
cargo build --release --quiet -p gompa-benches
target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
bench=$target/release/gompa-bench
micro=$(cargo bench --quiet -p gompa-benches --bench gc --no-run --message-format json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*\/gc-[^"]*\)".*/\1/p' | tail -n 1)
for version in 127 123; do
    tool=GO$version
    [ -z "${!tool:-}" ] || GO111MODULE=off "${!tool}" build -o "$results/micro-go$version" benches/go/gc.go
done
[ -z "${GO127:-}" ] || GO111MODULE=off "$GO127" build -o "$results/course-go" benches/go/gcpause.go
SECONDS=0

others=()
idle_again() {
    [ ${#others[@]} -eq 0 ] || kill "${others[@]}" 2>/dev/null || true
    wait "${others[@]}" 2>/dev/null || true
    others=()
}
trap idle_again EXIT

say() { echo "gc: ${SECONDS} s: $*" >&2; }

# run COMMAND...: its RESULT lines, and how busy the rest of the machine was.
run() {
    say "${*##*/}"
    if ! timeout --kill-after=5 "$limit" "$@" 2>"$results/stderr" | grep -E '^(RESULT|# foreign)'; then
        say "failed: $*"
        tail -n 3 "$results/stderr" >&2
        echo "# given up after at most $limit s: ${*##*/}"
    fi
}

# one_tree P PEER: a Go peer's trees.
one_tree() {
    run "$2" trees -depth "$small" -p "$1" -reps 1
    run "$2" trees -depth "$large" -p "$1" -reps 1
}

one_pause() { run "$1" gcpause -p 2 -reps 1 -trees "$forest" -d "$seconds"; }

measure_trees() {
    local round p name
    for round in $(seq "$rounds"); do
        for p in 1 2; do
            run "$bench" trees -p "$p" --reps 1 --shrink "$shrink"
            [ ${#go[@]} -eq 0 ] || one_tree "$p" "${go[0]}"
        done
    done
    for name in "${go[@]:1}"; do one_tree 1 "$name"; one_tree 2 "$name"; done
    [ -z "$rust" ] || for name in "${trees[@]}"; do
        run "$rust" trees "$name" -n "$small" -reps 1
        # A hundred seconds.
        [ "$name" = gc-arena ] || run "$rust" trees "$name" -n "$large" -reps 1
    done
}

measure_gcpause() {
    local round name
    for round in $(seq "$rounds"); do
        run "$bench" gcpause --reps 1 --shrink "$shrink"
        [ ${#go[@]} -eq 0 ] || one_pause "${go[0]}"
    done
    for name in "${go[@]:1}"; do one_pause "$name"; done
    [ -z "$rust" ] || for name in "${pause[@]}"; do
        run "$rust" gcpause "$name" -reps 1 -trees "$forest" -d "$seconds"
    done
}

# The same on a machine that is busy elsewhere; with two Ps only.
measure_loaded() {
    local i round name
    for i in $(seq "$(nproc)"); do
        (while :; do :; done) &
        others+=($!)
    done
    {
        run "$bench" trees -p 2 --reps 1 --shrink "$shrink"
        for name in "${go[@]}"; do one_tree 2 "$name"; done
        for round in $(seq "$rounds"); do
            run "$bench" gcpause --reps 1 --shrink "$shrink"
            [ ${#go[@]} -eq 0 ] || one_pause "${go[0]}"
        done
        for name in "${go[@]:1}"; do one_pause "$name"; done
    } | sed 's/^RESULT /RESULT loaded-/'
    idle_again
}

# Single operations, and a cycle beside a million goroutines: nanoseconds.
measure_micro() {
    local version
    say "single operations"
    "$micro" --bench 2>/dev/null | awk '
        /time:/ {
            name = $0; sub(/ *time:.*/, "", name); if (name == "") name = before
            sub(/.*\[/, ""); split($0, t, " ")
            scale = t[4] == "ns" ? 1 : t[4] == "ms" ? 1e6 : t[4] == "ps" ? 1e-3 : 1e3
            sub("^[^/]*/", "", name); gsub(/ /, "_", name)
            print "RESULT micro gompa", name, t[3] * scale, "ns"
        }
        { before = $0 }'
    for version in 127 123; do
        [ ! -x "$results/micro-go$version" ] || GOGC=off "$results/micro-go$version" | awk '
            NR == 1 { go = $1; sub(/\.[0-9]*$/, "", go); next }
            { value = $(NF - 1); sub(/ *[0-9.]+ ns$/, ""); gsub(/ /, "_"); print "RESULT micro", go, $0, value, "ns" }'
    done
}

measure_course() {
    say "course"
    "$bench" gcpause --child -n 1 --shrink "$shrink" | grep ^COURSE >"$results/course-gompa.lines"
    [ -x "$results/course-go" ] || return 0
    "$results/course-go" >"$results/course-go.lines"
    awk -f benches/gc-course.awk "$results/course-gompa.lines" "$results/course-go.lines" >"$picture"
}

[ $# -gt 0 ] || set -- trees gcpause loaded micro course
for what in "$@"; do
    "measure_$what" >"$results/$what.part"
    mv "$results/$what.part" "$results/$what.txt"
done

{
    echo
    echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD)," \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors," \
        "Linux $(uname -r | cut -d- -f1), $(rustc --version | cut -d' ' -f1,2); medians, of the worst" \
        "replacement the worst; rounds of gompa and of the first Go: $rounds, of each other: one."
    [ "$shrink" -eq 1 ] || echo "With a part of the work only, 1/$shrink: of no use but to try this out."
    echo
    cat "$results"/*.txt | awk -v small="$small" -v large="$large" -f benches/gc-tables.awk
} >"$results/tables.md"
sed -i -e "/^<!-- figures: begin -->$/,/^<!-- figures: end -->$/{/^<!-- figures: begin -->$/r $results/tables.md
/^<!-- figures: \(begin\|end\) -->$/!d}" "$doc"
say "done: $doc"
