#!/usr/bin/env bash
# Measures what a replicated publish costs: three nodes of the Akka engine, and in turn with them JetStream of nats-server with three replicas in memory where it is installed. Nodes (the published
# server) and load are real processes on this machine and share its cores. Every acknowledged event has to be stored.
#   bench/cluster.sh [--rounds N] [--seconds S] [--only CASES] [--out FILE] [--server DIR]...
#     --rounds N      how often each case runs (default 5)
#     --seconds S     how long each of them is measured (default 5), after a warm-up of 2 s and, of new nodes, 15 s
#     --only CASES    some of them, comma-separated: connects-600 (600 clients with ids of their own at once into nodes that have just become ready), streams-20, stream-1, alone (one publish at a
#                     time), client-20 (SseHubClient), batch-20
#     --out FILE      keeps the results, one line each: case/who, publishes/s, p50 and p99 in ms, processor time of all nodes per publish in µs, their context switches per publish, processor time
#                     of the load, events, whether all of them are stored
#     --server DIR    a published server to measure, in place of the one that is built; several are measured in turn, named by the last part of the path
# Linux only. Needs a feed with Akka.NET's packages; nats-server is Debian's package of that name.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=5 seconds=5 out= only=connects-600,streams-20,stream-1,alone,client-20,batch-20
servers=()
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --only) only=$2; shift ;;
    --out) out=$2; shift ;;
    --server) servers+=("$2"); shift ;;
    -h|--help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bench/cluster.sh: $1 is not known; --help lists what is" >&2; exit 2 ;;
  esac
  shift
done

work=$(mktemp -d)
pids=()
stop() {
  local pid
  for pid in ${pids[@]+"${pids[@]}"}; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in ${pids[@]+"${pids[@]}"}; do wait "$pid" 2>/dev/null || true; done
  pids=()
}
trap 'stop; rm -rf "$work"' EXIT
[ -n "$out" ] || out=$work/results.tsv

if [ -z "${AKKASSE_BENCH_NO_BUILD:-}" ]; then
  [ ${#servers[@]} -gt 0 ] || dotnet publish src/AkkaSse.Server -c Release --use-current-runtime --no-self-contained -o artifacts/server-akka -v quiet --nologo >/dev/null
  dotnet build bench/AkkaSse.PublishRig -c Release -v quiet --nologo >/dev/null
  dotnet build bench/AkkaSse.LoadRig -c Release -v quiet --nologo >/dev/null
fi
[ ${#servers[@]} -gt 0 ] || servers=(artifacts/server-akka)
rig=bench/AkkaSse.PublishRig/bin/Release/net10.0/AkkaSse.PublishRig
readers=bench/AkkaSse.LoadRig/bin/Release/net10.0/AkkaSse.LoadRig
[ ${#servers[@]} -gt 1 ] || named=hub

# start_hub DIR: three nodes that know each other; sets urls and pids.
start_hub() {
  local i url first=$((20000 + RANDOM % 10000))
  urls=()
  for i in 0 1 2; do
    url=http://127.0.0.1:$((first + 10 + i))
    "$1/AkkaSse.Server" --urls "$url" --node-name n$i --engine akka --akka-port $((first + i)) \
      --akka-seed 127.0.0.1:$first --akka-seed 127.0.0.1:$((first + 1)) --akka-seed 127.0.0.1:$((first + 2)) --log-level warning --drain-window 100ms >"$work/n$i.log" 2>&1 &
    pids+=($!)
    urls+=("$url")
  done
  for url in "${urls[@]}"; do
    for _ in $(seq 600); do curl -sf "$url/healthz/ready" >/dev/null && break; sleep 0.1; done
    curl -sf "$url/healthz/ready" >/dev/null || { echo "bench/cluster.sh: $url did not become ready" >&2; cat "$work"/n*.log >&2; exit 1; }
  done
}

start_jetstream() {
  local i first=$((10000 + RANDOM % 9000)) routes
  urls=()
  routes=nats://127.0.0.1:$((first + 10)),nats://127.0.0.1:$((first + 11)),nats://127.0.0.1:$((first + 12))
  for i in 0 1 2; do
    nats-server --name n$i --addr 127.0.0.1 --port $((first + i)) --http_port $((first + 20 + i)) --jetstream --store_dir "$work/js$i" \
      --cluster_name bench --cluster nats://127.0.0.1:$((first + 10 + i)) --routes "$routes" >"$work/js$i.log" 2>&1 &
    pids+=($!)
    urls+=("nats://127.0.0.1:$((first + i))")
  done
  for i in 0 1 2; do
    for _ in $(seq 300); do curl -sf "http://127.0.0.1:$((first + 20 + i))/healthz" >/dev/null && break; sleep 0.1; done
    curl -sf "http://127.0.0.1:$((first + 20 + i))/healthz" >/dev/null || { echo "bench/cluster.sh: nats-server did not become ready" >&2; cat "$work"/js*.log >&2; exit 1; }
  done
}

# load CASE WHO KIND SWITCHES…
load() {
  local case=$1 who=$2 kind=$3 url nodes=()
  shift 3
  [[ ,$only, == *,$case,* ]] || return 0
  for url in "${urls[@]}"; do nodes+=(--node "$url"); done
  "$rig" cluster "$kind" "${nodes[@]}" --pids "$(IFS=,; echo "${pids[*]}")" --seconds "$seconds" --label "$case/$who" "$@" | tee -a "$out" ||
    echo "bench/cluster.sh: $case of $who was not clean" >&2
}

# connects WHO: a third of the clients at each node, all at once; prints how many are held, and when the last one was.
connects() {
  [[ ,$only, == *,connects-600,* ]] || return 0
  local i rigs=()
  for i in 0 1 2; do
    "$readers" storm --url "${urls[$i]}" --conns 200 --path "/v1/events?client=c$i-{c}" --label connects-600 --json >"$work/connects$i" &
    rigs+=($!)
  done
  for i in "${rigs[@]}"; do wait "$i" || true; done
  cat "$work"/connects? | python3 -c '
import json, sys
runs = [json.loads(line) for line in sys.stdin]
print(f"connects-600/{sys.argv[1]}: {sum(r.get(\"established\", 0) for r in runs):.0f} of 600 held, the last after {max(r.get(\"connect_s\", 99) for r in runs):.2f} s")' "$1"
}

: >"$out"
for ((round = 1; round <= rounds; round++)); do
  if command -v nats-server >/dev/null; then
    start_jetstream
    load streams-20 jetstream jetstream
    load stream-1 jetstream jetstream --streams 1
    load alone jetstream jetstream --in-flight 1
    load client-20 jetstream jetstream
    stop
  fi
  for server in "${servers[@]}"; do
    who=${named:-$(basename "$server")}
    start_hub "$server"
    connects "$who"
    # Until its code is compiled for good a node runs at a fraction of its speed.
    "$rig" cluster request $(printf -- '--node %s ' "${urls[@]}") --warm 0 --seconds 15 >/dev/null || true
    load streams-20 "$who" request
    load stream-1 "$who" request --streams 1
    load alone "$who" request --in-flight 1
    load client-20 "$who" client
    load batch-20 "$who" batch --in-flight 8
    stop
  done
done
"$rig" report "$out"
