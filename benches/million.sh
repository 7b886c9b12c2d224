#!/usr/bin/env bash
# Many connections to many hubs that one Redis joins: each published message must reach each of them,
# once. Writes its table into docs/hub.md (between "million: begin" and "million: end").
#
#   benches/million.sh [CONNECTIONS]      1 000 000 by default; some 20 minutes on two processors
#
#   HUB        the program (built in target/release if not given)
#   EACH       connections a hub process (its limit of open files, less a few)
#   MESSAGES   messages published (5), one after SECONDS_BETWEEN (N / 40 000)
#   DOCS       the file the table goes to (docs/hub.md); empty: none
#
# Needs redis-server. Both ends are here: a million connections are two million sockets, some 16 GiB
# in all, and fs.file-max above 2.1 million (`gompa-hub check`).
set -euo pipefail
cd "$(dirname "$0")/.."

n=${1:-1000000}
messages=${MESSAGES:-5}
ulimit -n "$(ulimit -Hn)"
fit=$(($(ulimit -n) - 500))
each=${EACH:-$((fit < 19500 ? fit : 19500))}
seconds=${SECONDS_BETWEEN:-$((n / 40000 + 1))}
docs=${DOCS-docs/hub.md}
port=${PORT:-9500}
if [ -z "${HUB:-}" ]; then
    cargo build --quiet --release -p gompa-hub
    HUB=${CARGO_TARGET_DIR:-target}/release/gompa-hub
fi
hubs=$(((n + each - 1) / each))
folder=$(mktemp -d)
begun=$(date +%s)
pids=()

say() { printf 'million: %4d s  %s\n' $(($(date +%s) - begun)) "$*" >&2; }
free() { awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo; }
finish() {
    kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$folder"
}
trap finish EXIT

memory_before=$(free)
redis-server --port $((port - 1)) --bind 127.0.0.1 --save '' --appendonly no --dir "$folder" >"$folder/redis" &
pids+=($!)
redis=$!
hub_pids=()
for ((i = 0; i < hubs; i++)); do
    # Nobody is silent for reasons of its own here: pings would only add to the noise.
    GOMPA_HUB_PING_INTERVAL=60m "$HUB" --addr 127.0.0.1:$((port + i)) --redis redis://127.0.0.1:$((port - 1)) \
        >"$folder/hub-$i" 2>&1 &
    pids+=($!)
    hub_pids+=($!)
done
for ((i = 0; i < hubs; i++)); do
    until (exec 3<>/dev/tcp/127.0.0.1/$((port + i))) 2>/dev/null; do
        kill -0 "${hub_pids[i]}" || { cat "$folder/hub-$i" >&2; exit 1; }
        sleep 0.1
    done
done
resident() {
    local pid sum=0
    for pid in "${hub_pids[@]}"; do sum=$((sum + $(awk '/^VmRSS/ { print $2 }' "/proc/$pid/status"))); done
    echo $sum
}
say "$hubs hubs, a Redis"
hubs_before=$(resident)
memory_hubs=$(free)

# One sender, and for each hub one process that listens: together n connections.
run=$RANDOM$RANDOM
url() { echo "ws://127.0.0.1:$((port + $1))/ws?room=all"; }
listeners=()
left=$((n - 1))
for ((i = 0; i < hubs; i++)); do
    m=$((left / (hubs - i)))
    left=$((left - m))
    "$HUB" bench "$(url $i)" -n $m -m "$messages" --listen --run "$run" --patience 90 --json \
        --source 127.$((2 + i / 200)).$((i % 200)).1 >"$folder/report-$i" 2>"$folder/error-$i" &
    listeners+=($!)
    pids+=($!)
    until grep -qs listening "$folder/error-$i"; do
        kill -0 "${listeners[i]}" 2>/dev/null || { cat "$folder/error-$i" >&2; exit 1; }
        sleep 0.1
    done
    say "hub $((i + 1)) of $hubs: $m connections, $(free) MiB of memory left"
done
sleep 5 # stacks of handshakes are given back
memory_open=$(free)
hubs_open=$(resident)

say "$messages messages, one every $seconds s"
cpu() {
    local pid sum=0 ticks
    for pid in "${hub_pids[@]}"; do
        ticks=$(awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$pid/stat")
        sum=$((sum + ticks))
    done
    echo $sum
}
cpu_before=$(cpu)
"$HUB" bench "$(url 0)" -n 1 -m "$messages" --rate "$(awk "BEGIN { print 1 / $seconds }")" --run "$run" \
    --patience 90 --json --source 127.9.0.1 >"$folder/report-sender" 2>"$folder/error-sender" &
sender=$!
pids+=($sender)
while kill -0 $sender 2>/dev/null; do
    sleep 10
    say "saying; $(free) MiB of memory left"
done
wait "${listeners[@]}" || true
hubs_after=$(resident)
cpu_after=$(cpu)
memory_after=$(free)
say "all have reported"
cat "$folder"/error-* | grep -v listening >&2 || true

number() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$2"; }
sum() { for file in "$folder"/report-*; do number "$1" "$file"; done | awk '{ s += $1 } END { printf "%.0f", s }'; }
most() { for file in "$folder"/report-*; do number "$1" "$file"; done | sort -n | tail -n 1; }
ms() { awk "BEGIN { printf \"%.0f ms\", $1 / 1000 }"; }
connections=$(sum connections)
deliveries=$(sum deliveries)
kib() { awk "BEGIN { printf \"%.2f KiB\", ($1) / $connections }"; }
{
    echo
    echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD), $(nproc) processors, Linux" \
        "$(uname -r | cut -d- -f1), $(redis-server --version | sed 's/.*v=\([^ ]*\).*/Redis \1/'), $hubs hub processes," \
        "$messages messages of 64 bytes, one every $seconds s, $(($(date +%s) - begun)) s in all:"
    echo
    echo "| | |"
    echo "|---|---:|"
    echo "| connections | $connections of $n |"
    echo "| deliveries | $deliveries of $((n * messages)) |"
    echo "| lost | $(sum lost) |"
    echo "| twice | $(sum duplicates) |"
    echo "| foreign | $(sum foreign) |"
    echo "| connections that failed | $(sum failed) |"
    echo "| latency, p50 and p99, of the slowest hub | $(ms "$(most p50_us)"), $(ms "$(most p99_us)") |"
    echo "| the last delivery of a message after | $(ms "$(most max_us)") |"
    echo "| hubs' memory a connection, idle | $(kib "$hubs_open - $hubs_before") |"
    echo "| hubs' memory a connection, after | $(kib "$hubs_after - $hubs_before") |"
    echo "| the machine's memory a connection, hubs, clients and both sockets | $(kib "1024 * ($memory_hubs - $memory_open)") |"
    echo "| hubs' processor time a delivery | $(awk "BEGIN { printf \"%.1f us\", ($cpu_after - $cpu_before) * 1e6 / $(getconf CLK_TCK) / $deliveries }") |"
    echo "| memory left: before, with all connections, after | $memory_before, $memory_open, $memory_after MiB |"
    echo
} >"$folder/table"
cat "$folder/table"
if [ -n "$docs" ]; then
    sed -i -e "/^<!-- million: begin -->$/,/^<!-- million: end -->$/{/^<!-- million: begin -->$/r $folder/table
/^<!-- million: \(begin\|end\) -->$/!d}" "$docs"
fi
kill -0 "$redis"
[ "$(sum lost)$(sum duplicates)$(sum foreign)$(sum failed)" = 0000 ] && [ "$connections" = "$n" ] && [ "$deliveries" = $((n * messages)) ]
