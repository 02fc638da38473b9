#!/usr/bin/env bash
# Measures the PostgreSQL engine over two nodes: what is published to one is read on the other. A throw-away PostgreSQL, both nodes and the load are real processes on
# this machine and share its cores. Each case runs in turn with the others, every event is checked, and the last table has the medians.
#   bench/postgres.sh [--runs N] [--quick] [--only CASES] [--out FILE]
#     --runs N      how often each case runs (default 3)
#     --quick       small counts, one run: shows that it works, measures nothing
#     --only CASES  some of them, comma-separated, with * for any text: 'batches-of-32/commit-on,one-*'. Cases: batches-of-32, batches-of-256, one-at-a-time, latency-100-per-s,
#                   each /commit-on and /commit-off (with synchronous_commit on and off)
#     --notify      instead: what a NOTIFY inside the appending transactions costs, and what one apart from them, in SQL alone
#     --out FILE    keeps the results, one JSON line each
# NODE_ARGUMENTS is given to the nodes. AKKASSE_BENCH_NO_BUILD=1 takes what is built.
# Linux only. Needs PostgreSQL's programs (Debian: apt-get install postgresql).
set -euo pipefail
cd "$(dirname "$0")/.."

runs=3 quick= out= notify= only=*
while [ $# -gt 0 ]; do
  case $1 in
    --runs) runs=$2; shift ;;
    --quick) quick=1 runs=1 ;;
    --notify) notify=1 ;;
    --only) only=$2; shift ;;
    --out) out=$2; shift ;;
    -h|--help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "bench/postgres.sh: $1 is not known; --help lists what is" >&2; exit 2 ;;
  esac
  shift
done
programs=
for directory in /usr/lib/postgresql/*/bin /usr/local/bin /usr/bin; do
  [ ! -x "$directory/initdb" ] || [ ! -x "$directory/psql" ] || { programs=$directory; break; }
done
[ -n "$programs" ] || { echo "bench/postgres.sh: PostgreSQL's programs (initdb, postgres, psql) are missing" >&2; exit 2; }

work=$(mktemp -d)
pids=()
finish() {
  # Nodes first; PostgreSQL then ends at once (a fast shutdown is SIGINT there).
  for ((i = ${#pids[@]} - 1; i > 0; i--)); do kill -TERM "${pids[i]}" 2>/dev/null && wait "${pids[i]}" 2>/dev/null || true; done
  [ ${#pids[@]} -eq 0 ] || { kill -INT "${pids[0]}" 2>/dev/null && wait "${pids[0]}" 2>/dev/null || true; }
  rm -rf "$work"
}
trap finish EXIT
[ -n "$out" ] || out=$work/results.jsonl

rig=bench/AkkaSse.LoadRig/bin/Release/net10.0/AkkaSse.LoadRig
server=src/AkkaSse.Server/bin/Release/net10.0/AkkaSse.Server

# PostgreSQL refuses to run as root.
as=()
[ "$(id -u)" -ne 0 ] || { as=(setpriv --reuid=postgres --regid=postgres --clear-groups); chown postgres "$work"; }
port=$((20000 + RANDOM % 10000))
"${as[@]}" "$programs/initdb" -D "$work/data" -U hub -A trust -E UTF8 --locale=C --no-instructions >/dev/null
# Durable, as in production: fsync and full_page_writes are on.
"${as[@]}" "$programs/postgres" -D "$work/data" -p $port -h 127.0.0.1 -k "" -c max_connections=100 -c shared_buffers=256MB -c max_wal_size=2GB -c log_min_messages=warning 2>"$work/postgres.log" &
database_pid=$!
pids+=("$database_pid")
for _ in $(seq 200); do "$programs/pg_isready" -q -h 127.0.0.1 -p $port && break; sleep 0.1; done
sql() { "$programs/psql" -q -h 127.0.0.1 -p $port -U hub -d postgres -c "$1"; }

# Four connections append as the engine does (row locked, 32 or 256 events, head moved), each to streams of its own, with two listeners; NOTIFY nowhere, inside, or on a
# connection of its own every 2 ms.
if [ -n "$notify" ]; then
  sql "create table s (id int primary key, head bigint not null) with (fillfactor = 50)"
  sql "insert into s select i, 0 from generate_series(0, 63) i"
  sql "create table e (stream bigint, \"offset\" bigint, at bigint, type text, id text, data bytea, primary key (stream, \"offset\"))"
  for listener in 1 2; do
    { echo "listen heads;"; while sleep 0.05; do echo "select 1;"; done; } | "$programs/psql" -q -h 127.0.0.1 -p $port -U hub -d postgres >/dev/null 2>&1 &
    pids+=($!)
  done
  for batch in 32 256; do
    append="\\set s :client_id * 4 + random(0, 3)
begin;
select head from s where id = :s for update \\gset
insert into e select :s, :head + i, 1, null, null, convert_to(repeat('x', 200), 'UTF8') from generate_series(1, $batch) i;
update s set head = head + $batch where id = :s;"
    printf '%s\ncommit;\n' "$append" >"$work/none.sql"
    printf '%s\nselect pg_notify(%s, :s::text || %s || (:head + %s)::text);\ncommit;\n' "$append" "'heads'" "':'" "$batch" >"$work/inside.sql"
    printf '\\sleep 2 ms\nselect pg_notify(%s, random()::text);\n' "'heads'" >"$work/tick.sql"
    for round in $(seq "$runs"); do
      for commit in on off; do
        for how in none inside apart; do
          [ $how != apart ] || { PGOPTIONS="-c synchronous_commit=$commit" "$programs/pgbench" -n -h 127.0.0.1 -p $port -U hub -c 1 -T 5 -f "$work/tick.sql" postgres >/dev/null 2>&1 & ticker=$!; }
          file=$how; [ $how != apart ] || file=none
          tps=$(PGOPTIONS="-c synchronous_commit=$commit" "$programs/pgbench" -n -M prepared -h 127.0.0.1 -p $port -U hub -c 4 -T 4 -f "$work/$file.sql" postgres 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
          [ $how != apart ] || wait $ticker
          echo "batches of $batch, synchronous_commit $commit, NOTIFY $how: $(awk "BEGIN { printf \"%d\", $tps * $batch }") events/s"
          sql "truncate e" && sql "vacuum s"
        done
      done
    done
  done
  exit
fi

if [ -z "${AKKASSE_BENCH_NO_BUILD:-}" ]; then
  dotnet build src/AkkaSse.Server -c Release -v quiet --nologo >/dev/null
  dotnet build bench/AkkaSse.LoadRig -c Release -v quiet --nologo >/dev/null
fi
# chosen CASE: whether it is asked for.
chosen() {
  local pattern patterns
  IFS=, read -ra patterns <<<"$only"
  for pattern in "${patterns[@]}"; do
    # shellcheck disable=SC2053 # It is a pattern.
    [[ $1 == $pattern || $1 == $pattern/commit-* ]] && return
  done
  return 1
}
nodes=0
# start_node SYNCHRONOUS DATABASE: sets url and pid.
start_node() {
  nodes=$((nodes + 1))
  AKKASSE_POSTGRES__CONNECTIONSTRING="Host=127.0.0.1;Port=$port;Username=hub;Database=$2" "$server" --urls http://127.0.0.1:0 --node-name "n$nodes" \
    --engine postgres --set "Postgres:SynchronousCommit=$1" --log-level warning ${NODE_ARGUMENTS:-} >"$work/n$nodes.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  for _ in $(seq 300); do
    url=$(grep -m1 -oE 'http://127\.0\.0\.1:[0-9]+' "$work/n$nodes.log") && break
    kill -0 $pid 2>/dev/null || { cat "$work/n$nodes.log" >&2; exit 1; }
    sleep 0.1
  done
  for _ in $(seq 100); do curl -fs -o /dev/null "$url/healthz/ready" && return; sleep 0.1; done
  echo "bench/postgres.sh: node n$nodes is not ready" >&2
  exit 1
}

sizes=(32 256)
cases() { for size in "${sizes[@]}"; do echo "batches-of-$size/commit-$1"; done; echo "one-at-a-time/commit-$1"; echo "latency-100-per-s/commit-$1"; }
commits=()
for commit in on off; do
  for case in $(cases $commit); do
    chosen "$case" || continue
    commits+=("$commit")
    break
  done
done
[ ${#commits[@]} -gt 0 ] || { echo "bench/postgres.sh: --only '$only' matches no case; there are $(cases on | tr '\n' ' ')and the same with commit-off" >&2; exit 2; }
for commit in "${commits[@]}"; do
  sql "create database hub_$commit"
  [ "$commit" = on ] && synchronous=true || synchronous=false
  start_node $synchronous "hub_$commit"; eval "a_$commit=\$url a_pid_$commit=\$pid"
  start_node $synchronous "hub_$commit"; eval "b_$commit=\$url b_pid_$commit=\$pid"
done

scale=1
[ -z "$quick" ] || scale=20
run=0
# ticks PID: processor time so far of a process and its children.
ticks() { for p in $1 $(cat "/proc/$1/task/"*/children); do awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$p/stat" 2>/dev/null; done | awk '{ n += $1 } END { print n + 0 }'; }
# machine: busy, stolen (by the host, for other machines) and elapsed processor time of this machine so far.
machine() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8, $9, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9 }' /proc/stat; }
figure() { tail -1 "$out" | sed -E "s/.*\"$1\":([0-9.a-z]+).*/\1/"; }
one() {
  local name=$1 commit=$2 mode=$3
  shift 3
  local a=a_$commit b=b_$commit pa=a_pid_$commit pb=b_pid_$commit before after
  run=$((run + 1))
  before=($(ticks "${!pa}") $(ticks "${!pb}") $(ticks "$database_pid") $(machine))
  # Streams of its own for every run, so that no run reads what another left. A run that is not clean says so in its line.
  "$rig" "$mode" --url "${!b}" --pub-url "${!a}" --path "/v1/streams/r$run-{s}/events" --label "$name/commit-$commit" --server-pid "${!pa},${!pb},$database_pid" --json "$@" >>"$out" || true
  after=($(ticks "${!pa}") $(ticks "${!pb}") $(ticks "$database_pid") $(machine))
  # The processor time is that of the whole run, warm-up and connecting included, over the events of both phases. Where whatever else ran here, or was stolen, is not near 0, the rates
  # are those of a smaller machine.
  awk -v name="$name/commit-$commit" -v published="$(figure publishes_per_s)" -v answer="$(figure publish_p50_ms)" -v delivered="$(figure deliveries_per_s)" \
    -v p50="$(figure latency_p50_ms)" -v p99="$(figure latency_p99_ms)" -v events="$(figure events_accepted)" -v clean="$(figure clean)" -v rig="$(figure rig_cpu_cores)" \
    -v a=$((after[0] - before[0])) -v b=$((after[1] - before[1])) -v d=$((after[2] - before[2])) -v busy=$((after[3] - before[3])) -v stolen=$((after[4] - before[4])) -v all=$((after[5] - before[5])) -v cores="$(nproc)" -v us="$(awk "BEGIN { print 1e6 / $(getconf CLK_TCK) }")" -v warm="$warmup" \
    'BEGIN { n = events + warm; printf "%-32s %6d published/s (answer p50 %.1f ms) %6d delivered/s, latency p50 %.1f p99 %.1f ms; CPU us/event: publishing node %.1f, reading node %.1f, PostgreSQL %.1f; cores: load generator %.2f, whatever else %.2f, stolen %.2f; %d events, clean %s\n",
      name, published, answer, delivered, p50, p99, a * us / n, b * us / n, d * us / n, rig, (busy - a - b - d) * cores / all - rig, stolen * cores / all, events, clean }'
}
batch() { echo "--batch $1 --pub-path /v1/batch"; }
body() { echo "{\"stream\":\"r$((run + 1))-{s}\",\"data\":\"{payload}\"}"; }
for round in $(seq "$runs"); do
  for commit in "${commits[@]}"; do
    warmup=$((30000 / scale))
    for size in "${sizes[@]}"; do
      chosen "batches-of-$size/commit-$commit" || continue
      one "batches-of-$size" "$commit" streams --conns 16 --streams 16 --pub-conns 16 --pub-depth 4 --events $((300000 / scale)) --warmup $warmup --max-secs 12 --drain-secs 5 $(batch $size) --pub-body "$(body)"
    done
    warmup=$((3000 / scale))
    ! chosen "one-at-a-time/commit-$commit" ||
      one "one-at-a-time" "$commit" streams --conns 16 --streams 16 --pub-conns 32 --pub-depth 4 --events $((30000 / scale)) --warmup $warmup --max-secs 8 --drain-secs 5 --pub-path "/v1/streams/r$((run + 1))-{s}/events"
    warmup=100
    ! chosen "latency-100-per-s/commit-$commit" ||
      one "latency-100-per-s" "$commit" fanout --conns 1 --rate 100 --events $((600 / scale)) --warmup $warmup --pub-path "/v1/streams/r$((run + 1))-{s}/events"
  done
done
echo
"$rig" report "$out"
echo
"$programs/psql" -qAt -h 127.0.0.1 -p $port -U hub -d "hub_${commits[0]}" -c "select 'Table and indexes: ' || pg_total_relation_size('akkasse.events') / count(*) || ' bytes per event of 200' from akkasse.events"
