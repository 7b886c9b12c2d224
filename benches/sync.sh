#!/usr/bin/env bash
# Locks, groups, pools and maps beside Go's and Rust's, in turns, in one run; writes the tables of
# docs/sync.md.
#
#   GO=path/to/go benches/sync.sh
#
#   GO       the Go command (go)
#   ROUNDS   how often both programs take their turn (5); a figure is the median
#   RESULTS  where the lines are kept (target/sync)
#
# Ours and the Rust peers are in benches/benches/sync.rs, Go's in benches/go/sync.go. Five rounds take
# some minute and a half; let nothing else run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

results=${RESULTS:-target/sync}
rounds=${ROUNDS:-5}
mkdir -p "$results"
"${GO:-go}" build -o "$results/go" benches/go/sync.go
bench=$(cargo bench -p gompa-benches --bench sync --no-run --message-format json |
    sed -n 's/.*"executable":"\([^"]*\/sync-[^"]*\)".*/\1/p' | tail -n 1)

: >"$results/lines"
for round in $(seq "$rounds"); do
    echo "sync: round $round of $rounds" >&2
    if [ $((round % 2)) -eq 1 ]; then
        "$bench" >>"$results/lines"
        "$results/go" >>"$results/lines"
    else
        "$results/go" >>"$results/lines"
        "$bench" >>"$results/lines"
    fi
done

# Medians, as rows and columns. A contender on threads and on goroutines has two columns; where a
# row is about one alone, the name has neither ending.
tables() {
    awk -v rounds="$rounds" '
    function median(row, who,    n, i, j, t, a) {
        n = split(lines[row, who], a, " ")
        for (i = 2; i <= n; i++) for (j = i; j > 1 && a[j] + 0 < a[j - 1] + 0; j--) { t = a[j]; a[j] = a[j - 1]; a[j - 1] = t }
        return a[int((n + 1) / 2)]
    }
    function shown(x) { return x == "" ? "" : x >= 100 ? sprintf("%.0f", x) : x >= 10 ? sprintf("%.1f", x) : sprintf("%.2f", x) }
    function cell(row, who) { return (row, who) in lines ? shown(median(row, who)) : "" }
    # The figure on goroutines, or of one alone.
    function ours(row, who) { return (row, who "-goroutines") in lines ? who "-goroutines" : who }
    function table(pattern, unit, peers,    n, names, i, r, row, go, line) {
        n = split(peers, names, " ")
        line = "| row (" unit ") | gompa | gompa, threads | Go |"
        for (i = 1; i <= n; i++) line = line " " names[i] " |"
        print line " to Go |"
        line = "|---|---:|---:|---:|"
        for (i = 1; i <= n; i++) line = line "---:|"
        print line "---:|"
        for (r = 1; r <= count; r++) {
            row = rows[r]
            if (row !~ pattern || unit != units[row]) continue
            line = "| " row " | " cell(row, ours(row, "gompa")) " | " cell(row, "gompa-threads") " | " cell(row, "go") " |"
            for (i = 1; i <= n; i++) {
                line = line " " cell(row, (row, names[i] "-threads") in lines ? names[i] "-threads" : names[i]) " |"
            }
            go = (row, "go") in lines ? median(row, "go") : 0
            print line " " (go > 0 ? sprintf("%.2f", median(row, ours(row, "gompa")) / go) : "") " |"
        }
        print ""
    }
    $1 == "RESULT" && $2 != "work" {
        if (!($2 in units)) { rows[++count] = $2; units[$2] = $5 }
        lines[$2, $3] = lines[$2, $3] " " $4
    }
    END {
        table("^(mutex|rwlock|semaphore|waitgroup|once|pool)", "ns", "parking_lot std")
        print "How long one waits for a contended mutex, each wait timed (which makes the time away longer):\n"
        table("^mutex-waits", "us", "parking_lot std")
        print "A map for many at once:\n"
        table("^map", "ns", "papaya dashmap std-rwlock")
    }' "$results/lines"
}

{
    echo
    echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD)," \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors," \
        "$("${GO:-go}" version | cut -d' ' -f3), $(rustc --version | cut -d' ' -f1,2); medians of $rounds rounds."
    echo
    tables
} >"$results/tables.md"
sed -i -e "/^<!-- figures: begin -->$/,/^<!-- figures: end -->$/{/^<!-- figures: begin -->$/r $results/tables.md
/^<!-- figures: \(begin\|end\) -->$/!d}" docs/sync.md
