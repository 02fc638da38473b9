#!/usr/bin/env bash
# Builds the server and the rig, runs the set of cases, and writes bench/results/DATE.md: machine, commit, medians.
#   bench/run.sh [--runs N] [--quick] [--alone] [--only CASES] [--no-build] [--yardstick DIR] [--out FILE]
#     --runs N         how often each case runs, in turn with the others (default 3)
#     --quick          small counts, one run: shows that it works, measures nothing
#     --alone          without the naive endpoint, which is the lower yardstick
#     --only CASES     these cases alone, names with commas between; a name ending in * is the beginning of one
#     --no-build       what was built last
#     --warm-up TIME   how long the server warms up before it listens (default 5s: on one core its own default of 1s compiles a part only)
#     --yardstick DIR  a directory with rawsse.cpp, a bare epoll server to compare with; needs g++
#     --out FILE       where the report goes instead
# Linux only. The server runs on core 0 and the load on core 1 where taskset and two cores are there.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=3 quick= alone= only= build=1 warm_up=5s yardstick= out=bench/results/$(date -u +%Y-%m-%d).md
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift ;;
    --quick) quick=1 runs=1 ;;
    --alone) alone=1 ;;
    --only) only=$2; shift ;;
    --no-build) build= ;;
    --warm-up) warm_up=$2; shift ;;
    --yardstick) yardstick=$(cd "$2" && pwd); shift ;;
    --out) out=$2; shift ;;
    -h|--help) sed -n '2,12s/^# \{0,1\}//p' bench/run.sh; exit 0 ;;
    *) echo "bench/run.sh: $1 is not known; --help lists what is" >&2; exit 2 ;;
  esac
  shift
done
[ "$(uname)" = Linux ] || { echo "bench/run.sh: Linux only: the rig serves its connections with epoll" >&2; exit 2; }

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

set -f # the cases hold words like ?stream={s}, which are no file names

pin_server=() pin_load=() pinned="not pinned: taskset or a second core is missing"
if command -v taskset >/dev/null && [ "$(nproc)" -ge 2 ]; then
  pin_server=(taskset -c 0) pin_load=(taskset -c 1) pinned="server pinned to core 0, load to core 1"
fi

if [ -n "$build" ]; then
  # As users run it (decision 0050).
  dotnet publish src/AkkaSse.Server -c Release --use-current-runtime --no-self-contained -o artifacts/server -v quiet --nologo
  [ -n "$alone" ] || dotnet build bench/AkkaSse.NaiveEndpoint -c Release -v quiet --nologo
  dotnet build bench/AkkaSse.LoadRig -c Release -v quiet --nologo
fi
rig=bench/AkkaSse.LoadRig/bin/Release/net10.0/AkkaSse.LoadRig

# await_line FILE PATTERN PID: the first match, once it is there; fails when the process ends or 30 s are over.
await_line() {
  for _ in $(seq 300); do
    grep -m1 -oE "$2" "$1" && return
    kill -0 "$3" 2>/dev/null || break
    sleep 0.1
  done
  echo "bench/run.sh: $1 never had a line like $2:" >&2
  cat "$1" >&2
  return 1
}

start_server() {
  "${pin_server[@]}" artifacts/server/AkkaSse.Server --urls http://127.0.0.1:0 --warm-up "$warm_up" --log-level warning >"$work/server.log" 2>&1 &
  server_pid=$!
  pids+=("$server_pid")
  server_url=$(await_line "$work/server.log" 'http://127\.0\.0\.1:[0-9]+' "$server_pid")
}

# start_other PROGRAM [ARGUMENTS AFTER THE PORT]: on a port that is free; sets other_pid and other_url.
start_other() {
  local program=$1 port
  shift
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 10000))
    "${pin_server[@]}" "$program" "$port" "$@" >"$work/other.log" 2>&1 &
    other_pid=$!
    for _ in $(seq 100); do
      kill -0 "$other_pid" 2>/dev/null || break
      if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        pids+=("$other_pid") other_url=http://127.0.0.1:$port
        return
      fi
      sleep 0.1
    done
  done
  echo "bench/run.sh: $program did not start" >&2
  return 1
}

# compare NAME SERVER SWITCHES...: the same case against the program that start_other has started.
compare() {
  local label=$1/$2
  shift 2
  one "$label" "$other_url" "$other_pid" "$@" --path "/sse/{s}" --pub-path "/pub/{s}"
  kill "$other_pid" && wait "$other_pid" 2>/dev/null || true
}

conns=1000 many=10000 scale=1
[ -z "$quick" ] || { conns=100 many=500 scale=10; }
sustained="--pub-conns 4 --window 16"
eight='/v1/events?stream=load-{s}'
for i in 1 2 3 4 5 6 7; do eight+="&stream=quiet-$i"; done
# NAME|both or own|MODE and switches
cases=(
  "fanout-sustained|both|fanout --conns $conns --events $((4000 / scale)) --warmup $((500 / scale)) $sustained"
  "fanout-many|both|fanout --conns $many --events $((1000 / scale)) --warmup $((100 / scale)) $sustained"
  "fanout-100-per-s|both|fanout --conns $conns --events $((500 / scale)) --rate 100"
  "fanout-of-8-streams|own|fanout --conns $conns --events $((4000 / scale)) --warmup $((500 / scale)) $sustained --path $eight"
  "streams|both|streams --conns $conns --streams 100 --events $((40000 / scale)) --warmup $((4000 / scale)) --pub-conns 4"
  "targeted|both|targeted --conns $conns --events $((40000 / scale)) --warmup $((4000 / scale)) --pub-conns 4"
  "ingest|both|ingest --events $((100000 / scale)) --warmup $((10000 / scale)) --pub-conns 4"
  "ingest-pipelined|both|ingest --events $((200000 / scale)) --warmup $((20000 / scale)) --pub-conns 4 --pub-depth 16"
  "batch|own|ingest --events $((3000000 / scale)) --warmup $((300000 / scale)) --pub-conns 4 --batch 256 --pub-path /v1/batch --pub-body {\"stream\":\"load-{s}\",\"data\":\"{payload}\"}"
  "resume-storm|own|resume --conns $many --events $((100 / scale)) --warmup 10"
  "none-stalled|own|slow --conns $conns --stalled 0 --events $((20000 / scale)) --warmup $((500 / scale)) $sustained"
  "one-stalled|own|slow --conns $conns --stalled 1 --events $((20000 / scale)) --warmup $((500 / scale)) $sustained"
  "tenth-stalled|own|slow --conns $conns --stalled $((conns / 10)) --events $((20000 / scale)) --warmup $((500 / scale)) $sustained"
  "idle|both|idle --conns $many --collect"
  "storm|both|storm --conns $many"
)
if [ -n "$only" ]; then
  chosen=()
  IFS=, read -ra wanted <<<"$only"
  for pattern in "${wanted[@]}"; do
    found=
    for entry in "${cases[@]}"; do
      # shellcheck disable=SC2053 # a pattern is meant
      if [[ ${entry%%|*} == $pattern ]]; then chosen+=("$entry") found=1; fi
    done
    [ -n "$found" ] || { echo "bench/run.sh: no case is called $pattern; there are ${cases[*]%%|*}" >&2; exit 2; }
  done
  cases=("${chosen[@]}")
fi

clean=0
# one LABEL URL PID SWITCHES...: a run that is not clean is reported as such and does not stop the set.
one() {
  local label=$1 url=$2 pid=$3
  shift 3
  local code=0
  "${pin_load[@]}" "$rig" "$@" --url "$url" --server-pid "$pid" --label "$label" --json >>"$work/results.jsonl" || code=$?
  [ "$code" -le 1 ] || exit "$code"
  # What the yardsticks lose is their matter; the report says it.
  [ "$code" -eq 0 ] || [[ $label != */akkasse ]] || clean=1
}

[ -z "$yardstick" ] || g++ -O2 -march=native -std=c++17 -o "$work/rawsse" "$yardstick/rawsse.cpp"

echo "Load before: $(cut -d' ' -f1-3 /proc/loadavg)"
load_before=$(cut -d' ' -f1-3 /proc/loadavg)
for run in $(seq "$runs"); do
  for entry in "${cases[@]}"; do
    IFS='|' read -r name where switches <<<"$entry"
    echo "run $run of $runs: $name"
    # A fresh server for every case, so that none pays for the memory of another.
    start_server
    # shellcheck disable=SC2086 # the switches are words
    case $name in
      targeted) one "$name/akkasse" "$server_url" "$server_pid" $switches --path "/v1/events?client=load-{s}" --pub-path "/v1/clients/load-{s}/events" ;;
      *) one "$name/akkasse" "$server_url" "$server_pid" $switches ;;
    esac
    kill "$server_pid" && wait "$server_pid" 2>/dev/null || true
    [ "$where" = both ] || continue
    # shellcheck disable=SC2086
    [ -n "$alone" ] || { start_other bench/AkkaSse.NaiveEndpoint/bin/Release/net10.0/AkkaSse.NaiveEndpoint; compare "$name" naive $switches; }
    # shellcheck disable=SC2086
    [ -z "$yardstick" ] || { start_other "$work/rawsse" --coalesce; compare "$name" bare $switches; }
  done
done

mkdir -p "$(dirname "$out")"
# Before the report itself is a change.
commit=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)$([ -z "$(git status --porcelain 2>/dev/null)" ] || echo ', with uncommitted changes')
baseline=(--baseline naive)
[ -z "$alone" ] || baseline=()
[ -z "$yardstick" ] || baseline=(--baseline bare)
{
  echo "# Measured on $(date -u +%Y-%m-%d)"
  echo
  echo "- Commit: $commit"
  echo "- Machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) cores, $(awk '/MemTotal/{printf "%d", $2/1048576}' /proc/meminfo) GiB, Linux $(uname -r)"
  echo "- .NET $(dotnet --version); the published server, started for each case with \`--warm-up $warm_up\`; $pinned; load average before: $load_before"
  echo "- $runs run(s) of each case in turn, medians; events of 200 bytes${quick:+; quick counts, good for nothing but showing that it works}"
  [ -n "$alone" ] || echo "- \`naive\` is what one writes in ASP.NET Core without a hub: a channel and a loop per client, a write and a flush per event (\`bench/AkkaSse.NaiveEndpoint\`)"
  [ -z "$yardstick" ] || echo "- \`bare\` is a C++ epoll program that writes preformatted bytes and coalesces: no HTTP framework, no log, no resume"
  echo
  "$rig" report "$work/results.jsonl" "${baseline[@]}"
  echo
  echo "Where \`rig cores\` is near 1.00 the load generator was the limit, and the figure is a lower bound. Made with \`bench/run.sh\`."
} >"$out"
echo "Written: $out"
exit "$clean"
