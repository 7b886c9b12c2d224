#!/usr/bin/env bash
# Gompa beside its peers: every workload, all contenders in turns, in one run.
#
#   PEER_GO=path/to/go-peer PEER_RUST=path/to/rust-peer benches/compare.sh [WORKLOAD...]
#
# writes the table of docs/benchmarks.md and the picture docs/benchmarks.svg. Without peers it
# measures gompa alone. The whole takes some ten minutes; let nothing else run meanwhile.
#
# A peer is a program that prints the same RESULT lines for the same work:
#   $PEER_GO   WORKLOAD -p P            $PEER_GO   echo -p P -port PORT -d SECONDS
#   $PEER_RUST WORKLOAD NAME -p P       $PEER_RUST echo NAME -p P -port PORT -d SECONDS
# where NAME is one of the runtimes the program holds; parked also gets -n TASKS, and echo is only
# a server. What is called for each workload stands in the tables below.
#
# The lines are kept, a file a workload, in RESULTS (target/compare). A run that was broken off
# goes on where it stopped; workloads that are named are measured anew. Results of another build
# of gompa or of other peers are thrown away first, unless KEEP=1.
#
#   PEER_VERSIONS  a line about the peers for the head of the table
#   RUST_spawn ... the Rust contenders for a workload, instead of those below
#   ROUNDS         rounds of every workload, instead of those below
#   LIMIT          seconds after which one command is given up (120)
#   QUIET          seconds to wait at most before a workload for an idle machine (20)
#   ECHO_LOAD      another load generator with the options of gompa-bench echo-load
#   ECHO_PORT      first of the ports the echo servers get (47400)
set -euo pipefail
cd "$(dirname "$0")/.."

results=${RESULTS:-target/compare}
limit=${LIMIT:-120}
quiet=${QUIET:-20}
port=${ECHO_PORT:-47400}
read -ra go <<<"${PEER_GO:-}"
read -ra rust <<<"${PEER_RUST:-}"

workloads=(spawn yield pingpong spsc mpmc mpsc1k select4 skynet parked timers fairness blockers
    ctx_cancel ctx_value echo)

# How often all contenders take their turn. Within a turn a program repeats by itself (five times;
# skynet, parked and timers in three fresh processes), so the long ones need few rounds.
declare -A rounds=(
    [spawn]=3 [yield]=3 [pingpong]=3 [spsc]=3 [mpmc]=3 [mpsc1k]=3 [select4]=3
    [skynet]=2 [parked]=1 [timers]=1 [fairness]=1 [blockers]=1
    [ctx_cancel]=3 [ctx_value]=3 [echo]=3
)
declare -A procs=([spawn]="1 2" [yield]="1 2" [pingpong]="1 2" [spsc]="1 2")

# The best Rust contenders of each workload; those far behind would only take time.
declare -A best=(
    [spawn]="smol tokio"
    [yield]="may tokio"
    [pingpong]="may-unbounded tokio+kanal"
    [spsc]="may+sem tokio+kanal"
    [mpmc]="tokio+kanal smol+kanal"
    [mpsc1k]="tokio+kanal"
    [select4]="tokio+crossfire tokio+flume"
    [skynet]="tokio"
    [parked]="smol tokio+kanal"
    [timers]="smol tokio"
    [fairness]="tokio smol may may+yield"
    [blockers]="tokio smol may"
    [ctx_cancel]="tokio-util"
    [ctx_value]=""
    [echo]="tokio smol may"
)
# Which workloads gompa also runs without own thread-locals.
carrier=" spawn yield pingpong "

say() { echo "compare: $*" >&2; }

cargo build --release --quiet -p gompa-benches
target=$(cargo metadata --format-version 1 --no-deps | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
bench=$target/release/gompa-bench
read -ra load <<<"${ECHO_LOAD:-$bench echo-load}"

# Results of one build and one set of peers only.
mkdir -p "$results"
stamp="$(sha256sum <"$bench") ${go[*]-} ${rust[*]-}"
if [ "${KEEP:-0}" != 1 ] && [ "$(cat "$results/stamp" 2>/dev/null || true)" != "$stamp" ]; then
    rm -f "$results"/*.txt
    echo "$stamp" >"$results/stamp"
fi

server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true' EXIT

# Waits until all processors together were busy for less than a tenth of one over half a second.
await_quiet() {
    local end=$((SECONDS + quiet)) before after
    while [ $SECONDS -lt $end ]; do
        before=$(awk '/^cpu /{print $2+$3+$4+$7+$8+$9}' /proc/stat)
        sleep 0.5
        after=$(awk '/^cpu /{print $2+$3+$4+$7+$8+$9}' /proc/stat)
        [ $((after - before)) -ge 5 ] || return 0
    done
    say "the machine is not idle; the figures will show it"
}

# run FILE COMMAND...: one contender's turn. A failure is noted and does not end the comparison.
run() {
    local file=$1 status=0
    shift
    say "${*##*/}"
    timeout --kill-after=5 "$limit" "$@" >>"$file" 2>"$results/stderr" || status=$?
    if [ $status -ne 0 ]; then
        say "failed with $status: $*"
        tail -n 5 "$results/stderr" >&2
        echo "# FAILED ($status): ${*##*/}" >>"$file"
    fi
}

# echo_turn FILE NAME COMMAND...: a server, and the neutral load against it.
echo_turn() {
    local file=$1 name=$2
    shift 2
    say "echo $name"
    "$@" >/dev/null 2>"$results/stderr" &
    server=$!
    run "$file" "${load[@]}" -p "$port" -c 200 -d 5 -s 64 -n "$name" -t P2
    kill "$server" 2>/dev/null || say "the echo server of $name had ended: $(tail -n 3 "$results/stderr")"
    wait "$server" 2>/dev/null || true
    server=
    port=$((port + 1))
}

# The turns of one workload and one number of Ps, a line each: the words of a command. Echo has
# the contender's name before the command of its server.
turns() {
    local workload=$1 p=$2 chosen=RUST_$1 names name n sizes=("")
    read -ra names <<<"${!chosen:-${best[$workload]}}"
    if [ "$workload" = echo ]; then
        echo "gompa $bench echo-server -p $p --port PORT --seconds 30"
        [ ${#go[@]} -eq 0 ] || echo "$go_name ${go[*]} echo -p $p -port PORT -d 30"
        [ ${#rust[@]} -eq 0 ] || for name in "${names[@]}"; do
            echo "$name ${rust[*]} echo $name -p $p -port PORT -d 30"
        done
        return
    fi
    [ "$workload" != parked ] || sizes=("-n 100000" "-n 1000000")
    echo "$bench $workload -p $p"
    [ "${carrier/ $workload /}" = "$carrier" ] || echo "$bench $workload -p $p --contender gompa-carrier-tls"
    for n in "${sizes[@]}"; do
        [ ${#go[@]} -eq 0 ] || echo "${go[*]} $workload -p $p $n"
        [ ${#rust[@]} -eq 0 ] || for name in "${names[@]}"; do
            echo "${rust[*]} $workload $name -p $p $n"
        done
    done
}

measure() {
    local workload=$1 file=$results/$1.part round p turn
    : >"$file"
    await_quiet
    for round in $(seq "${ROUNDS:-${rounds[$workload]}}"); do
        for p in ${procs[$workload]:-2}; do
            turns "$workload" "$p" >"$results/turns"
            # Backwards every other round, so that no one always follows the same one.
            [ $((round % 2)) -eq 1 ] || { tac "$results/turns" >"$results/back" && mv "$results/back" "$results/turns"; }
            while read -ra turn <&3; do
                if [ "$workload" = echo ]; then
                    echo_turn "$file" "${turn[@]/#PORT/$port}"
                else
                    run "$file" "${turn[@]}"
                fi
            done 3<"$results/turns"
        done
    done
    mv "$file" "$results/$workload.txt"
}

# What Go's contender calls itself, as go1.27.
go_name=go
if [ ${#go[@]} -gt 0 ]; then
    go_name=$(timeout 60 "${go[@]}" yield -p 1 | awk '/^RESULT/{print $3; exit}')
    [ -n "$go_name" ] || { say "PEER_GO prints no RESULT line"; exit 1; }
fi

if [ $# -gt 0 ]; then chosen=("$@"); else chosen=("${workloads[@]}"); fi
for workload in "${chosen[@]}"; do
    [ -n "${rounds[$workload]:-}" ] || { say "no workload $workload"; exit 64; }
    if [ $# -eq 0 ] && [ -e "$results/$workload.txt" ]; then
        say "$workload is there already"
    else
        measure "$workload"
    fi
done

# The head of the table: what it was measured on.
{
    echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD 2>/dev/null || echo unknown)," \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors," \
        "Linux $(uname -r | cut -d- -f1), $(getconf GNU_LIBC_VERSION), $(rustc --version | cut -d' ' -f1,2)."
    [ -z "${PEER_VERSIONS:-}" ] || echo "Peers: $PEER_VERSIONS."
    cat "$results"/*.txt | awk '/^# foreign/ {
            for (i = 1; i < NF; i++) if ($i == "used") { n++; if ($(i + 1) > most) most = $(i + 1); if ($(i + 1) > 0.1) many++ }
        } END {
            printf "Other processes used at most %.2f of one core while a contender had its turn, and more than 0.1 in %d of %d turns.\n", most, many, n
        }'
} >"$results/machine.md"

"$bench" report --results "$results" --doc docs/benchmarks.md --svg docs/benchmarks.svg
grep -h '^# FAILED' "$results"/*.txt >&2 || true
