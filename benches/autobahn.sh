#!/usr/bin/env bash
# The Autobahn test suite against gompa-ws, or any echo server: benches/autobahn.sh [server|client] [URL]
#
# wstest must be on the path (or named by $WSTEST). It is a program of Python 2.7:
#
#   python2.7 -m virtualenv venv && venv/bin/pip install autobahntestsuite==0.8.2
#   WSTEST=venv/bin/wstest benches/autobahn.sh
#
# Without URL a server of crates/ws/examples/echo.rs is started for it; with one (a hub's /echo, say)
# that is tested. Some nine minutes on two idle processors, half an hour on busy ones. Fails if any case but the informational ones is
# not OK; reports are left in target/autobahn.
set -euo pipefail
cd "$(dirname "$0")/.."
side=${1:-server} url=${2:-} wstest=${WSTEST:-wstest}
out=${CARGO_TARGET_DIR:-target}/autobahn
mkdir -p "$out"
command -v "$wstest" >/dev/null || { echo "wstest is missing; see the head of $0" >&2; exit 69; }

started=()
trap '[ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true' EXIT
[ -n "$url" ] || cargo build --release -p gompa-ws --example echo
echo=${CARGO_TARGET_DIR:-target}/release/examples/echo

case $side in
    server)
        if [ -z "$url" ]; then
            "$echo" server 127.0.0.1:0 >"$out/echo.log" &
            started+=($!)
            until address=$(grep -Eo '[0-9.]+:[0-9]+' "$out/echo.log"); do sleep 0.1; done
            url=ws://$address
        fi
        printf '{"outdir": "%s", "servers": [{"agent": "gompa-ws", "url": "%s"}], "cases": ["*"],
            "exclude-cases": [], "exclude-agent-cases": {}}' "$out/server" "$url" >"$out/server.json"
        "$wstest" -m fuzzingclient -s "$out/server.json"
        ;;
    client)
        printf '{"outdir": "%s", "url": "ws://127.0.0.1:9001", "cases": ["*"],
            "exclude-cases": [], "exclude-agent-cases": {}}' "$out/client" >"$out/client.json"
        "$wstest" -m fuzzingserver -w 0 -s "$out/client.json" >"$out/wstest.log" 2>&1 &
        started+=($!)
        for _ in $(seq 100); do
            (exec 3<>/dev/tcp/127.0.0.1/9001) 2>/dev/null && break
            sleep 0.1
        done
        "$echo" client 127.0.0.1:9001
        ;;
    *) echo "server or client, not $side" >&2; exit 64 ;;
esac

python3 - "$out/$side/index.json" <<'PY'
import collections, json, sys
cases = json.load(open(sys.argv[1]))["gompa-ws"]
count = collections.Counter(case["behavior"] for case in cases.values())
print(len(cases), dict(count))
bad = {n: c["behavior"] for n, c in cases.items() if c["behavior"] not in ("OK", "INFORMATIONAL")}
print(bad or "no other")
sys.exit(bool(bad))
PY
