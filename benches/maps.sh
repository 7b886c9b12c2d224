#!/usr/bin/env bash
# Maps: ours and others, in one run, in turns: the tables and the picture of docs/hmap.md.
#
#   GO127=path/to/go1.27/bin/go GO123=path/to/go1.23/bin/go benches/maps.sh
#
# The Go tools are optional: without one its column stays empty. Some eight minutes and 3 GiB; let
# nothing else run meanwhile. Raw results are kept, a file a measurement, in RESULTS (target/maps);
# KEEP=1 goes on with what lies there instead of beginning anew.
#
# Smaller, to try it: N=200000 LATENCY=400000 REPS=1 DOC=copy-of-hmap.md SVG=x.svg benches/maps.sh
# UNDER is put before each measuring command, MAP_BENCH names the program if it is built already.
set -euo pipefail
cd "$(dirname "$0")/.."

results=${RESULTS:-target/maps}
read -ra under <<<"${UNDER:-}"
latency=${LATENCY:-16000000}

say() { printf 'maps: %4d s  %s\n' "$SECONDS" "$*" >&2; }
fail() { echo "maps: $*" >&2; exit 1; }

# go_tool VARIABLE VERSION: checks that the tool is of this version.
go_tool() {
    local tool=${!1:-} found
    [ -n "$tool" ] || { say "$1 is not set (path of the go command of Go $2): its column stays empty"; return 1; }
    found=$("$tool" version 2>/dev/null) || fail "$1=$tool cannot be run; it should be the go command of Go $2"
    [[ $found == *"go$2"* ]] || fail "$1=$tool says \"$found\", not Go $2"
}

[ -n "${KEEP:-}" ] || rm -rf "$results"
mkdir -p "$results"

if [ -z "${MAP_BENCH:-}" ]; then
    say "building"
    cargo bench --quiet -p gompa-benches --bench map --no-run
    MAP_BENCH=$(cargo bench -p gompa-benches --bench map --no-run --message-format json 2>/dev/null |
        sed -n 's/.*"executable":"\([^"]*\/map-[^"]*\)".*/\1/p' | tail -n 1)
fi
[ -x "$MAP_BENCH" ] || fail "MAP_BENCH=$MAP_BENCH is no program"

# Who takes part, and by which program.
contenders=(gompa hashbrown+ahash hashbrown std+ahash griddle indexmap gompa+siphash)
timed=(gompa hashbrown+ahash griddle)
declare -A program=([nothing]=$MAP_BENCH)
for name in "${contenders[@]}"; do program[$name]=$MAP_BENCH; done
for go in GO127:1.27 GO123:1.23; do
    go_tool "${go%:*}" "${go#*:}" || continue
    tool=${go%:*} name=go${go#*:}
    GO111MODULE=off "${!tool}" build -o "$results/$name" benches/go/map.go
    contenders+=("$name")
    timed+=("$name")
    program[$name]=$results/$name
done

# measure FILE CONTENDER [WHAT [N]]: its lines, unless they are there.
measure() {
    local file=$results/$1
    shift
    [ ! -e "$file" ] || return 0
    say "$* ${ONLY:-}"
    "${under[@]}" "${program[$1]}" "$@" >"$file.part"
    mv "$file.part" "$file"
}

# A few rows at a time, all contenders one after another.
for rows in insert "hit_8M miss_8M iter" delete "hit_1k miss_1k" "str_insert str_hit"; do
    for name in "${contenders[@]}"; do
        ONLY=$rows measure "${rows// /+}-$name.txt" "$name"
    done
done
for name in nothing "${timed[@]}"; do
    measure "latency-$name.txt" "$name" latency "$latency"
done
for name in "${contenders[@]}"; do
    measure "bytes-$name.txt" "$name" bytes "$latency"
done
for name in gompa hashbrown; do measure "collide-$name.txt" "$name" collide; done

echo "Measured on $(date -u +%F), commit $(git rev-parse --short HEAD)," \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) processors," \
    "Linux $(uname -r | cut -d- -f1), $(rustc --version | cut -d' ' -f1,2), huge pages:" \
    "$(cat /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null || echo none)." >"$results/machine.md"
"$MAP_BENCH" report "$results" "${DOC:-docs/hmap.md}" "${SVG:-docs/hmap-latency.svg}"
say "done: ${DOC:-docs/hmap.md}"
