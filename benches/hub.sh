#!/usr/bin/env bash
# The hub beside others, in turns, in one run: memory a connection, fan-out, latency against load.
# Writes the tables of docs/hub.md, docs/hub-memory.svg and docs/hub-latency.svg.
#
#   PEERS=folder/of/programs benches/hub.sh
#
#   PEERS      a folder with hubs that listen on $ADDR and pass each message on /ws on to all:
#              floor (one thread, one epoll, C), rusthub (tokio-tungstenite), gohub (gorilla),
#              node/hub.js (npm ws). One that is missing is left out
#   HUB        ours (built in target/release if not given)
#   SIZES      connections, for memory ("1000 5000 10000 19000")
#   FANOUT     connections, for fan-out (10000); MESSAGES, in each round (100); ROUNDS (5)
#   RATES      messages a second to FANOUT connections, for latency ("2 4 6 8")
#   RESULTS    where the figures are kept (target/hub)
#   DOCS       the folder the tables and pictures go to (docs)
#   UNDER      is put before each run
#
# Some 18 minutes on two processors; let nothing else run meanwhile. The load comes from
# `gompa-hub bench`, for all of them.
set -euo pipefail
cd "$(dirname "$0")/.."

results=${RESULTS:-target/hub}
docs=${DOCS:-docs}
read -ra under <<<"${UNDER:-}"
read -ra sizes <<<"${SIZES:-1000 5000 10000 19000}"
read -ra rates <<<"${RATES:-2 4 6 8}"
fanout=${FANOUT:-10000}
messages=${MESSAGES:-100}
rounds=${ROUNDS:-5}
peers=${PEERS:-}
mkdir -p "$results"
ulimit -n "$(ulimit -Hn)"
if [ -z "${HUB:-}" ]; then
    cargo build --quiet --release -p gompa-hub
    HUB=${CARGO_TARGET_DIR:-target}/release/gompa-hub
fi

say() { printf 'hub: %4d s  %s\n' $SECONDS "$*" >&2; }

# Who takes part, by which command. Two threads, where there is a choice.
export GOMAXPROCS=2 THREADS=2
declare -A command
names=(gompa)
add() { # NAME FILE COMMAND
    if [ -e "$2" ]; then names+=("$1") && command[$1]=$3; else say "without $1: no $2"; fi
}
command[gompa]="exec $HUB --addr \$ADDR"
add c-epoll "$peers/floor" "exec $peers/floor"
add npm-ws "$peers/node/hub.js" "exec node --max-old-space-size=12000 $peers/node/hub.js"
add tokio-tungstenite "$peers/rusthub" "exec env READBUF=4096 $peers/rusthub"
add gorilla "$peers/gohub" "exec $peers/gohub"
add gorilla-tuned "$peers/gohub" "exec env CHAN=8 BUF=512 POOL=1 $peers/gohub"

# measure ROW NAME X COMMAND BENCH-ARGUMENTS...: starts the hub, loads it, ends it; a line of figures.
next_port=${PORT:-9700}
measure() {
    local row=$1 name=$2 x=$3 run=$4 port=$((next_port++))
    shift 4
    say "$row $name $x"
    ADDR=127.0.0.1:$port RUN=$run "${under[@]}" bash -c '
        bash -c "$RUN" >/dev/null 2>&1 &
        hub=$!
        trap "kill $hub; wait $hub 2>/dev/null" EXIT
        for _ in $(seq 200); do
            (exec 3<>"/dev/tcp/127.0.0.1/${ADDR##*:}") 2>/dev/null && break
            sleep 0.05
        done
        sleep 0.5
        timeout 170 "$@" --pid $hub --json || true
    ' measure "$HUB" bench "ws://127.0.0.1:$port/ws?room=bench" "$@" >"$results/json"
    sed 's/[{}",]/ /g; s/ *: */ /g' "$results/json" | awk -v row="$row" -v name="$name" -v x="$x" '
        { for (i = 1; i < NF; i++) if ($i ~ /^[a-z]/ && $(i + 1) ~ /^-?[0-9.]+$/) print row, name, x, $i, $(i + 1) }' \
        >>"$results/figures"
}

: >"$results/figures"
for n in "${sizes[@]}"; do
    for name in "${names[@]}"; do
        measure memory "$name" "$n" "${command[$name]}" -n "$n" -m 5 --idle 3
    done
done
for round in $(seq "$rounds"); do
    for name in "${names[@]}"; do
        measure fanout "$name" "$fanout" "${command[$name]}" -n "$fanout" -m "$messages"
    done
    measure fanout gompa-deflate "$fanout" "${command[gompa]}" -n "$fanout" -m "$messages" --deflate
done
for rate in "${rates[@]}"; do
    for name in "${names[@]}"; do
        # For some six seconds.
        measure load "$name" "$rate" "${command[$name]}" -n "$fanout" -m $((rate * 6)) --rate "$rate"
    done
done

{
    echo
    echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD)," \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors for both ends," \
        "Linux $(uname -r | cut -d- -f1); fan-out: medians of $rounds rounds of $messages messages of 64 bytes."
    echo
    awk -f benches/hub.awk -v fanout="$fanout" "$results/figures"
} >"$results/tables.md"
awk -f benches/hub.awk -v picture=memory "$results/figures" >"$docs/hub-memory.svg"
awk -f benches/hub.awk -v picture=load -v fanout="$fanout" "$results/figures" >"$docs/hub-latency.svg"
sed -i -e "/^<!-- figures: begin -->$/,/^<!-- figures: end -->$/{/^<!-- figures: begin -->$/r $results/tables.md
/^<!-- figures: \(begin\|end\) -->$/!d}" "$docs/hub.md"
say "done: $docs/hub.md"
