#!/usr/bin/env bash
# Measures what it costs to keep events in a data directory: this hub in memory and with --data for each --sync, in turn with Redis (XADD, appendfsync always) and the file-backed server of the npm
# package @durable-streams/server. 64 publishes of 200 bytes under way, each on a connection of its own; batches of 256; one stream read by 1 000 readers.
#   bench/storage.sh [--rounds N] [--seconds S] [--only CASES] [--data DIR] [--events N] [--logs N] [--out FILE]
#     --rounds N     how often each case runs, in turn (default 5)
#     --seconds S    about how long one measurement lasts (default 5): a count of events, so that a slow server takes longer, at most a minute
#     --only CASES   some of them, comma-separated: publish, batch, fanout, start-events, start-streams
#     --data DIR     where the directories lie (default: in the temporary folder, which must not be memory)
#     --events N     events of the log that start-events reads (default 10 000 000, about 3 GB)
#     --logs N       streams that start-streams reads (default 100 000)
#     --out FILE     keeps the results, one line of JSON each
# Linux only. redis-server and redis-benchmark are Debian's packages redis-server and redis-tools; the npm package is installed in the temporary folder. What is missing is left out and named.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=5 seconds=5 out= only=publish,batch,fanout,start-events,start-streams data=${TMPDIR:-/tmp} events=10000000 logs=100000
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2; shift ;;
    --seconds) seconds=$2; shift ;;
    --only) only=$2; shift ;;
    --data) data=$2; shift ;;
    --events) events=$2; shift ;;
    --logs) logs=$2; shift ;;
    --out) out=$2; shift ;;
    -h|--help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bench/storage.sh: $1 is not known; --help lists what is" >&2; exit 2 ;;
  esac
  shift
done

work=$(mktemp -d "$data/akkasse-storage.XXXXXX")
pid=
stop() {
  [ -z "$pid" ] || { kill -TERM "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; }
  pid=
}
trap 'stop; rm -rf "$work"' EXIT
[ -n "$out" ] || out=$work/results.jsonl
: >"$out"
case $(stat -f -c %T "$work") in
  tmpfs|ramfs) echo "bench/storage.sh: $work lies in memory, where nothing is kept; --data names a directory on a disk" >&2; exit 2 ;;
esac

if [ -z "${AKKASSE_BENCH_NO_BUILD:-}" ]; then
  dotnet publish src/AkkaSse.Server -c Release --use-current-runtime --no-self-contained -o artifacts/server -v quiet --nologo >/dev/null
  dotnet build bench/AkkaSse.LoadRig -c Release -v quiet --nologo >/dev/null
fi
rig=bench/AkkaSse.LoadRig/bin/Release/net10.0/AkkaSse.LoadRig
has() { [[ ,$only, == *,$1,* ]]; }

# await_url URL: until it answers; ends the run when the process has ended.
await_url() {
  until curl -sf -o /dev/null "$1"; do
    kill -0 "$pid" 2>/dev/null || { echo "bench/storage.sh: $1 does not answer, its process has ended:" >&2; cat "$work/log" >&2; exit 1; }
    sleep 0.05
  done
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# start_hub WHO: memory, always, interval or os; a directory of its own.
start_hub() {
  local switches=()
  [ "$1" = memory ] || { rm -rf "$work/hub"; switches=(--data "$work/hub" --sync "$1"); }
  url=http://127.0.0.1:$(free_port)
  artifacts/server/AkkaSse.Server --urls "$url" --log-level warning --warm-up 5s "${switches[@]}" >"$work/log" 2>&1 &
  pid=$!
  await_url "$url/healthz/ready"
}

start_redis() {
  rm -rf "$work/redis"; mkdir "$work/redis"
  port=$(free_port)
  redis-server --bind 127.0.0.1 --port "$port" --dir "$work/redis" --save '' --appendonly yes --appendfsync always >"$work/log" 2>&1 &
  pid=$!
  until redis-cli -p "$port" ping >/dev/null 2>&1; do kill -0 "$pid" || { cat "$work/log" >&2; exit 1; }; sleep 0.05; done
}

start_durable_streams() {
  rm -rf "$work/ds"; mkdir "$work/ds"
  port=$(free_port) url=http://127.0.0.1:$port
  (cd "$work/npm" && exec node -e '
    import("@durable-streams/server").then(async m => {
      await new m.DurableStreamTestServer({ port: +process.argv[1], host: "127.0.0.1", dataDir: process.argv[2], compression: false }).start();
    });' "$port" "$work/ds") >"$work/log" 2>&1 &
  pid=$!
  until curl -s -o /dev/null -X PUT -H 'Content-Type: text/plain' "$url/v1/stream/load-0"; do
    kill -0 "$pid" 2>/dev/null || { cat "$work/log" >&2; exit 1; }
    sleep 0.05
  done
}

# load CASE/WHO MODE SWITCHES…: a run that is not clean is named, and counts as such in the table.
load() {
  local label=$1 mode=$2
  shift 2
  "$rig" "$mode" --max-secs 60 --url "$url" --server-pid "$pid" --label "$label" --json "$@" >>"$out" || echo "bench/storage.sh: $label was not clean" >&2
}

# publish_of WHO EVENTS WARMUP SWITCHES…
publish_of() { load "publish/$1" ingest --events "$2" --warmup "$3" --pub-conns 64 "${@:4}"; }

have_redis= have_npm=
if has publish; then
  if command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null; then have_redis=1; else echo "bench/storage.sh: without Redis, redis-server or redis-benchmark is missing"; fi
  mkdir "$work/npm"
  if command -v npm >/dev/null && (cd "$work/npm" && npm install --silent --no-fund --no-audit @durable-streams/server@0.3.7 >/dev/null 2>&1); then
    have_npm=1
  else
    echo "bench/storage.sh: without @durable-streams/server, npm is missing or did not install it"
  fi
fi

for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds"
  if has publish; then
    if [ -n "$have_redis" ]; then
      start_redis
      # Of 64 clients, each with one command under way; a warm-up first.
      body=$(head -c 200 /dev/zero | tr '\0' x)
      redis-benchmark -p "$port" -c 64 -n 20000 -q XADD load-0 '*' d "$body" >/dev/null
      redis-benchmark -p "$port" -c 64 -n $((30000 * seconds)) --csv XADD load-0 '*' d "$body" | tail -1 | tr -d '"' |
        awk -F, '{printf "{\"label\":\"publish/redis\",\"publishes_per_s\":%s,\"publish_p50_ms\":%s,\"publish_p99_ms\":%s,\"faults\":[]}\n", $(NF-6), $(NF-3), $(NF-1)}' >>"$out"
      stop
    fi
    if [ -n "$have_npm" ]; then
      start_durable_streams
      publish_of durable-streams $((1000 * seconds)) 500 --pub-path '/v1/stream/load-{s}' --pub-header 'Content-Type: text/plain'
      stop
    fi
    for who in memory always interval os; do
      start_hub $who
      publish_of $who $((30000 * seconds)) 40000
      stop
    done
  fi
  if has batch; then
    for who in memory always interval; do
      start_hub $who
      load "batch/$who" ingest --events $((400000 * seconds)) --warmup 300000 --pub-conns 4 --batch 256
      stop
    done
  fi
  if has fanout; then
    for who in memory always; do
      start_hub $who
      load "fanout/$who" fanout --conns 1000 --events $((1000 * seconds)) --warmup 500 --pub-conns 4 --window 16
      stop
    done
  fi
done

# start_full: a node on the directory that start-… reads.
start_full() {
  url=http://127.0.0.1:$(free_port)
  artifacts/server/AkkaSse.Server --urls "$url" --log-level warning --data "$work/full" --retain-events 100000000 --retain-bytes 100GiB --set Hub:MaxStreams=1000000 "$@" >"$work/log" 2>&1 &
  pid=$!
  await_url "$url/healthz/ready"
}

# start_times CASE: from exec to ready on that directory, and the memory that the process then holds.
start_times() {
  local round before after rss
  stop
  echo "$1: $(du -sh "$work/full" | cut -f1)"
  for ((round = 1; round <= rounds; round++)); do
    before=$(date +%s%N)
    start_full --warm-up 0s
    after=$(date +%s%N)
    rss=$(awk '/VmRSS/{print $2 * 1024}' "/proc/$pid/status")
    stop
    awk -v c="$1" -v ns=$((after - before)) -v rss="$rss" 'BEGIN{printf "{\"label\":\"%s/hub\",\"start_s\":%.2f,\"server_rss_idle\":%d,\"faults\":[]}\n", c, ns / 1e9, rss}' >>"$out"
  done
  rm -rf "$work/full"
}

if has start-events; then
  start_full --sync os
  load start-events/write ingest --events "$events" --warmup 100 --pub-conns 4 --batch 256 --max-secs 300
  start_times start-events
fi
if has start-streams; then
  start_full --sync os
  load start-streams/write ingest --streams "$logs" --events "$logs" --warmup 0 --pub-conns 8 --max-secs 300
  start_times start-streams
fi
"$rig" report "$out" --baseline "$([ -n "$have_redis" ] && echo redis || echo memory)"
