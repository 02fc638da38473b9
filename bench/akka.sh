#!/usr/bin/env bash
# Measures targeted sends over three nodes of the Akka engine: clients of each node are sent to through another one. Nodes (the published server) and load are real processes on this machine and share its cores; every event is
# checked for loss, duplicates and order.
#   bench/akka.sh [--runs N] [--quick] [--only CASES] [--out FILE]
#     --runs N    how often each case runs (default 3)
#     --quick     small counts, one run: shows that it works, measures nothing
#     --only CASES  some of them, comma-separated: closed-4x1, closed-4x16, closed-64x1 (publishers × requests in flight on each, per node), open-21000
#     --out FILE  keeps the results, one JSON line each
#     --tls       the nodes speak TLS, with certificates of openssl
# Linux only. Needs a feed with Akka.NET's packages.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=3 quick= out= tls= only=closed-4x1,closed-4x16,closed-64x1,open-21000
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift ;;
    --quick) quick=1 runs=1 ;;
    --only) only=$2; shift ;;
    --out) out=$2; shift ;;
    --tls) tls=1 ;;
    -h|--help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bench/akka.sh: $1 is not known; --help lists what is" >&2; exit 2 ;;
  esac
  shift
done

work=$(mktemp -d)
pids=()
finish() {
  for pid in ${pids[@]+"${pids[@]}"}; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in ${pids[@]+"${pids[@]}"}; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
[ -n "$out" ] || out=$work/results.jsonl

if [ -z "${AKKASSE_BENCH_NO_BUILD:-}" ]; then
  dotnet publish src/AkkaSse.Server -c Release --use-current-runtime --no-self-contained -o artifacts/server-akka -v quiet --nologo >/dev/null
  dotnet build bench/AkkaSse.LoadRig -c Release -v quiet --nologo >/dev/null
fi
rig=${AKKASSE_BENCH_RIG:-bench/AkkaSse.LoadRig/bin/Release/net10.0/AkkaSse.LoadRig}
server=artifacts/server-akka/AkkaSse.Server

secure=()
if [ -n "$tls" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=bench -addext subjectAltName=IP:127.0.0.1 -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
  # One certificate that is its own authority.
  secure=(--set "Akka:Tls:CertificateFile=$work/tls.crt" --set "Akka:Tls:KeyFile=$work/tls.key" --set "Akka:Tls:CaFile=$work/tls.crt")
fi

first=$((20000 + RANDOM % 10000))
urls=()
for i in 0 1 2; do
  port=$((first + 10 + i))
  "$server" --urls http://127.0.0.1:$port --node-name n$i --engine akka --akka-port $((first + i)) \
    --akka-seed 127.0.0.1:$first --akka-seed 127.0.0.1:$((first + 1)) --akka-seed 127.0.0.1:$((first + 2)) --log-level warning --drain-window 100ms ${secure[@]+"${secure[@]}"} >"$work/n$i.log" 2>&1 &
  pids+=($!)
  urls+=(http://127.0.0.1:$port)
done
for url in "${urls[@]}"; do
  for _ in $(seq 300); do curl -sf "$url/healthz/ready" >/dev/null && break; sleep 0.1; done
  curl -sf "$url/healthz/ready" >/dev/null || { echo "bench/akka.sh: $url did not become ready" >&2; cat "$work"/n*.log >&2; exit 1; }
done

conns=300 events=40000 warmup=3000
# 180 000 sends through each node: until then its code is still being measured and compiled anew, at a quarter of its speed.
warm=180000
[ -z "$quick" ] || { conns=30 events=1000 warmup=100 warm=1000; }

# targeted CASE SWITCHES…: three rigs at once, each reading from one node and sending through the next.
targeted() {
  local name=$1 to=$out i jobs=()
  shift
  if [ "$name" = warm ]; then to=$work/warm; elif [[ ,$only, != *,$name,* ]]; then return 0; fi
  for i in 0 1 2; do
    "$rig" targeted --url "${urls[i]}" --pub-url "${urls[(i + 1) % 3]}" --path "/v1/events?client=c$i-{s}" --pub-path "/v1/clients/c$i-{s}/events" --conns $conns --streams $conns \
      --events $events --warmup $warmup --server-pid "${pids[i]}" --label "$name/rig$i" --json "$@" >>"$to.$i" &
    jobs+=($!)
  done
  for i in "${jobs[@]}"; do wait "$i" || echo "bench/akka.sh: a rig of $name was not clean" >&2; done
}

events=$warm targeted warm --pub-conns 64 --max-secs 120
for ((run = 1; run <= runs; run++)); do
  targeted closed-4x1 --pub-conns 4
  targeted closed-4x16 --pub-conns 4 --pub-depth 16
  targeted closed-64x1 --pub-conns 64
  # The issue's rate, open loop: 7 000/s through each node.
  targeted open-21000 --pub-conns 4 --pub-depth 64 --rate 7000
done
cat "$out".[012] >>"$out"
"$rig" report "$out"
