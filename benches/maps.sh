#!/usr/bin/env bash
# Maps: ours and others, in one run, in turns: the tables and the picture of docs/hmap.md.
#
#   GO127=path/to/go GO123=path/to/go benches/maps.sh
#
# Without a Go its column stays empty. Some fifteen minutes; let nothing else run meanwhile. Results
# are kept, a file a contender, in RESULTS (target/maps); one that is there is not measured again.
# UNDER is put before each measuring command, N and LATENCY make maps smaller.
set -euo pipefail
cd "$(dirname "$0")/.."

results=${RESULTS:-target/maps}
read -ra under <<<"${UNDER:-}"
latency=${LATENCY:-16000000}
mkdir -p "$results"

say() { echo "maps: $*" >&2; }

if [ -z "${MAP_BENCH:-}" ]; then
    cargo bench --quiet -p gompa-benches --bench map --no-run
    MAP_BENCH=$(cargo bench -p gompa-benches --bench map --no-run --message-format json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\/map-[^"]*\)".*/\1/p' | tail -n 1)
fi

# Who takes part, and by which program.
contenders=(gompa hashbrown+ahash hashbrown std+ahash std griddle indexmap)
declare -A program
for name in "${contenders[@]}"; do program[$name]=$MAP_BENCH; done
for go in "${GO127:-}:go1.27" "${GO123:-}:go1.23"; do
    name=${go##*:} tool=${go%:*}
    [ -n "$tool" ] || continue
    GO111MODULE=off "$tool" build -o "$results/$name" benches/go/map.go
    contenders+=("$name")
    program[$name]=$results/$name
done

# measure FILE COMMAND...: its lines, unless they are there.
measure() {
    local file=$results/$1
    shift
    [ ! -e "$file" ] || return 0
    say "$(basename "$1") ${*:2}"
    "${under[@]}" "$@" >"$file.part"
    mv "$file.part" "$file"
}

# A row at a time, all contenders one after another.
for row in insert hit_8M miss_8M iter delete hit_1k miss_1k str_insert str_hit; do
    for name in "${contenders[@]}"; do
        ONLY=$row measure "$row-$name.txt" "${program[$name]}" "$name"
    done
done
for name in "${contenders[@]}"; do
    measure "latency-$name.txt" "${program[$name]}" "$name" latency "$latency"
    measure "bytes-$name.txt" "${program[$name]}" "$name" bytes "$latency"
done

echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD)," \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors," \
    "Linux $(uname -r | cut -d- -f1), $(rustc --version | cut -d' ' -f1,2), huge pages:" \
    "$(cat /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null || echo none)." >"$results/machine.md"
"$MAP_BENCH" report "$results" docs/hmap.md docs/hmap-latency.svg
