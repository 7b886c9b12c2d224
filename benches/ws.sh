#!/usr/bin/env bash
# WebSocket frames beside tungstenite and bare compressors (benches/benches/ws.rs); writes the table of
# docs/ws.md. Under a minute once it is built; let nothing else run meanwhile.
#
#   RESULTS  where the lines are kept (target/ws)
#   QUIET    a command to run the measurement under, such as one that keeps others away (none)
set -euo pipefail
cd "$(dirname "$0")/.."

results=${RESULTS:-target/ws}
mkdir -p "$results"
bench=$(cargo bench -p gompa-benches --bench ws --no-run --message-format json |
    sed -n '/"kind":\["bench"\]/s/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
CRITERION_HOME=$results/criterion ${QUIET:-} "$bench" --bench --output-format bencher | tee "$results/lines" >&2

{
    echo
    echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD)," \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), one thread," \
        "tungstenite $(sed -n '/^name = "tungstenite"/{n;s/.*"\(.*\)"/\1/p}' Cargo.lock)," \
        "$(rustc --version | cut -d' ' -f1,2); nanoseconds a message, by criterion."
    echo
    awk '
    $1 == "test" {
        name = $2; value = 0
        for (i = 3; i < NF; i++) if ($i == "bench:") { value = $(i + 1); gsub(",", "", value) }
        n = split(name, part, "/")
        row = part[1] " | " part[2] " | " part[3]
        if (!(row in seen)) { seen[row] = 1; rows[++count] = row }
        figure[row, part[4]] = value
    }
    function ratio(a, b) { return b > 0 ? sprintf("%.2f", a / b) : "" }
    END {
        print "| what | side | bytes | gompa | tungstenite | bare | to it | with takeover | prepared |"
        print "|---|---|---:|---:|---:|---:|---:|---:|---:|"
        for (i = 1; i <= count; i++) {
            r = rows[i]
            peer = (r, "tungstenite") in figure ? figure[r, "tungstenite"] : figure[r, "bare"]
            print "| " r " | " figure[r, "gompa"] " | " figure[r, "tungstenite"] " | " figure[r, "bare"] \
                " | " ratio(figure[r, "gompa"], peer) " | " figure[r, "gompa-takeover"] " | " figure[r, "gompa-prepared"] " |"
        }
    }' "$results/lines"
    echo
} >"$results/table.md"
sed -i -e "/^<!-- figures: begin -->$/,/^<!-- figures: end -->$/{/^<!-- figures: begin -->$/r $results/table.md
/^<!-- figures: \(begin\|end\) -->$/!d}" docs/ws.md
