#!/usr/bin/env bash
# What a look inside costs: the flight recorder, on against off, and dumps, profiles and metrics; writes
# the tables of docs/insight-cost.md.
#
#   benches/insight.sh
#
#   ROUNDS      how often both builds take their turn (15); a figure is the median
#   SHRINK      divides each workload's amount of work (1), to try the script out
#   GOROUTINES  how many are looked at (1000000)
#   RESULTS     where the lines are kept (target/insight)
#
# The recorder cannot be switched off in a program that is built: there are two builds, the second in a
# folder of its own below the target folder. Two minutes to measure, besides some five to build; let
# nothing else run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

results=${RESULTS:-target/insight}
rounds=${ROUNDS:-15}
goroutines=${GOROUTINES:-1000000}
target=${CARGO_TARGET_DIR:-target}
mkdir -p "$results"

say() { echo "insight: $*" >&2; }

say "building, with the recorder"
cargo build -q --release --locked -p gompa-benches --bin gompa-bench
say "building, without"
RUSTFLAGS="${RUSTFLAGS:-} --cfg gompa_no_recorder" CARGO_TARGET_DIR=$target/no-recorder \
    cargo build -q --release --locked -p gompa-benches --bin gompa-bench
say "building what looks"
cargo build -q --release --locked -p gompa-insight --example cost

declare -A bench=(
    [on]=$target/release/gompa-bench
    [off]=$target/no-recorder/release/gompa-bench
)
: >"$results/recorder"
for round in $(seq "$rounds"); do
    say "recorder: round $round of $rounds"
    turns="on off"
    [ $((round % 2)) -eq 1 ] || turns="off on"
    for workload in spawn pingpong; do
        for procs in 1 2; do
            for turn in $turns; do
                "${bench[$turn]}" "$workload" -p "$procs" --reps 3 --shrink "${SHRINK:-1}" 2>/dev/null |
                    sed -n "s/^RESULT /$turn /p" >>"$results/recorder"
            done
        done
    done
done
say "looking at $goroutines goroutines"
"$target/release/examples/cost" "$goroutines" >"$results/cost"

# Lines "on|off WORKLOAD CONTENDER METRIC VALUE UNIT".
recorder_table() {
    echo "| workload | recorder on, ns | off, ns | on to off | on to off, the least of each |"
    echo "|---|---:|---:|---:|---:|"
    sort -k2,2r -k4,4 -k1,1 -k5,5g "$results/recorder" | awk '
    function flush() { if (n) { median[row, who] = value[int((n + 1) / 2)]; least[row, who] = value[1] } n = 0 }
    { this = $2 substr($4, index($4, "@")) }
    this != row || $1 != who { flush(); row = this; who = $1; if (!(row in seen)) { rows[++count] = row; seen[row] = 1 } }
    { value[++n] = $5 }
    END {
        flush()
        for (i = 1; i <= count; i++) {
            r = rows[i]
            printf "| %s | %.1f | %.1f | %.3f | %.3f |\n", r, median[r, "on"], median[r, "off"],
                median[r, "on"] / median[r, "off"], least[r, "on"] / least[r, "off"]
        }
    }'
}

# Lines "RESULT TABLE ROW VALUE UNIT"; the first row of a table is the one others are compared to.
cost_table() {
    awk -v table="$1" -v head="$2" '
    BEGIN { print "| " head " | ns | to the first |"; print "|---|---:|---:|" }
    $1 == "RESULT" && $2 == table {
        gsub("_", " ", $3)
        if (!first) first = $4
        printf "| %s | %.1f | %.2f |\n", $3, $4, $4 / first
    }' "$results/cost"
}

many_table() {
    echo "| of $goroutines goroutines that wait | ms | ns each |"
    echo "|---|---:|---:|"
    awk '
    $1 == "RESULT" && $2 == "many" { ms[$3] = $4 }
    $1 == "RESULT" && $2 == "many-each" {
        row = $3
        gsub("_", " ", row)
        printf "| %s | %.1f | %.0f |\n", row, ms[$3], $4
    }' "$results/cost"
}

{
    echo
    echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD)," \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors," \
        "$(rustc --version | cut -d' ' -f1,2); medians of $rounds rounds${SHRINK:+, a part of the work}."
    echo
    recorder_table
    echo
    many_table
    echo
    cost_table beside "a round trip"
    echo
    cost_table block "ping-pong, a round trip, with the block profile"
    echo
    cost_table cpu "the same, with the CPU profile"
    echo
    cost_table mutex "a contended lock and unlock, with the mutex profile"
    echo
    cost_table heap "an allocation of 64 bytes, with the heap's profile"
    echo
} >"$results/tables.md"
sed -i -e "/^<!-- figures: begin -->$/,/^<!-- figures: end -->$/{/^<!-- figures: begin -->$/r $results/tables.md
/^<!-- figures: \(begin\|end\) -->$/!d}" docs/insight-cost.md
say "done in $SECONDS s: docs/insight-cost.md"
