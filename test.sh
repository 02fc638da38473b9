#!/usr/bin/env bash
# Builds everything once and runs every test. The last line sums up: "N passed, N failed, N skipped".
#   ./test.sh [--quick | --soak] [--filter EXPRESSION]
#     --quick    what a developer runs again and again: not the tests that are marked [Trait("speed", "slow")] (processes that are killed or strangers, lost
#                nodes, outages, leaks, browsers), and the end-to-end tests once, in the default mode
#     --soak     the full counts of cycles, kills and races (takes long)
#     --filter   handed to `dotnet test`, for example --filter FullyQualifiedName~LifecycleTests
# Waits of tests count the time that the machine gave them (AkkaSse.Testing.GrantedTime): beside other work a run takes longer, and says the same.
set -uo pipefail
cd "$(dirname "$0")"

configuration=Release
results=artifacts/test-results
# Longer than any wait of a test takes on a machine that is busy with something else (Eventually: 10 minutes).
hang_limit=20m
quick=
filter=

while [ $# -gt 0 ]; do
  case $1 in
    --quick) quick=1 ;;
    --soak) export AKKASSE_SOAK=1; hang_limit=60m ;;
    --filter) [ $# -ge 2 ] || { echo "test.sh: --filter needs an expression" >&2; exit 2; }; filter=$2; shift ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "test.sh: $1 is not known; --quick, --soak and --filter EXPRESSION are" >&2; exit 2 ;;
  esac
  shift
done
[ -z "$quick" ] || [ -z "${AKKASSE_SOAK:-}" ] || { echo "test.sh: --quick and --soak exclude each other" >&2; exit 2; }
[ -z "$quick" ] || filter="speed!=slow${filter:+&($filter)}"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en
# One seed for the run, printed, so that a failure can be repeated with AKKASSE_TEST_SEED=… ./test.sh
export AKKASSE_TEST_SEED=${AKKASSE_TEST_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
echo "Random seed: $AKKASSE_TEST_SEED"

# install PACKAGE: from Debian, when that is possible without asking anybody.
install_package() {
  local as=()
  command -v apt-get >/dev/null || { echo "no apt-get here"; return 1; }
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || { echo "neither root nor sudo without a password"; return 1; }
    as=(sudo -n)
  fi
  "${as[@]}" apt-get update -qq >/dev/null 2>&1 || { echo "apt-get update failed"; return 1; }
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" >/dev/null 2>&1 || { echo "apt-get install $1 failed"; return 1; }
}

if [ -n "$quick" ]; then
  echo "Quick: without tests that are marked slow, and the end-to-end tests once"
elif [ "${AKKASSE_TEST_CHROMIUM:-}" = none ]; then
  echo "Browser: not tested, AKKASSE_TEST_CHROMIUM is none"
elif [ -n "${AKKASSE_TEST_CHROMIUM:-}" ]; then
  echo "Browser: tested with $AKKASSE_TEST_CHROMIUM"
elif command -v chromium >/dev/null; then
  echo "Browser: tested with chromium"
elif reason=$(install_package chromium); then
  echo "Browser: tested with chromium, just installed"
else
  echo "Browser: not tested, chromium is missing and was not installed ($reason)"
fi

# promtool and a Prometheus that scrapes a node.
if [ -n "$quick" ]; then :
elif [ "${AKKASSE_TEST_PROMETHEUS:-}" = none ]; then
  echo "Prometheus: not tested, AKKASSE_TEST_PROMETHEUS is none"
elif [ -n "${AKKASSE_TEST_PROMETHEUS:-}" ]; then
  echo "Prometheus: tested with $AKKASSE_TEST_PROMETHEUS"
elif command -v promtool >/dev/null; then
  echo "Prometheus: tested with $(command -v promtool)"
elif reason=$(install_package prometheus); then
  echo "Prometheus: tested, prometheus was just installed"
else
  echo "Prometheus: not tested, prometheus is missing and was not installed ($reason)"
fi

# The browser client has tests of its own in node, is packed with npm, and is read with behind nginx.
if [ -z "$quick" ]; then
  for tool in node:nodejs npm:npm nginx:nginx; do
    PATH=$PATH:/usr/sbin command -v "${tool%:*}" >/dev/null || reason=$(install_package "${tool#*:}") \
      || echo "Browser client: not all is tested, ${tool#*:} is missing and was not installed ($reason)"
  done
fi

# The tests of the PostgreSQL engine start throw-away servers of their own, on free loopback ports; they need its programs.
postgres_programs() { ls ${AKKASSE_TEST_POSTGRES:+"$AKKASSE_TEST_POSTGRES/initdb"} /usr/lib/postgresql/*/bin/initdb /usr/local/bin/initdb /usr/bin/initdb 2>/dev/null | head -1; }
postgres=1
if [ -n "$(postgres_programs)" ]; then
  echo "PostgreSQL engine: tested with $(dirname "$(postgres_programs)")"
elif reason=$(install_package postgresql); then
  echo "PostgreSQL engine: tested, PostgreSQL was just installed"
else
  postgres=
  echo "PostgreSQL engine: not tested, PostgreSQL is missing and was not installed ($reason)"
fi

echo "Building ($configuration)"
started=$SECONDS
mkdir -p "$results"
# One compiler for all projects: with one per project the build takes twice as long. It is ended afterwards.
if ! dotnet build AkkaSse.sln -c $configuration -v quiet -nologo -p:UseSharedCompilation=true; then
  echo "The build failed."
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi
# The full counts run the server as users do, published.
if [ -n "${AKKASSE_SOAK:-}" ] && [ -z "${AKKASSE_TEST_SERVER:-}" ]; then
  if dotnet publish src/AkkaSse.Server -c $configuration --use-current-runtime --no-self-contained -o artifacts/server -v quiet -nologo -p:UseSharedCompilation=true; then
    export AKKASSE_TEST_SERVER=$PWD/artifacts/server/AkkaSse.Server.dll
  else
    echo "The server was not published: nodes run as they were built."
  fi
fi
dotnet build-server shutdown --vbcscompiler >/dev/null 2>&1
echo "Built in $((SECONDS - started)) s"

# run_tests PROJECT DETACH: prints what a run of one project says, and leaves its counts in $results/NAME.counts
run_tests() {
  local project=$1 detach=$2 wanted=$filter name trx started code counters p f s
  name=$(basename "$project" .csproj)
  if [ "$detach" = off ]; then
    # Most of the server's tests begin a process and hold no stream.
    [ "$name" != AkkaSse.Server.Tests ] || wanted="detach=both${filter:+&($filter)}"
    name=$name.detach-off
  fi
  trx=$results/$name.trx
  rm -f "$trx"
  started=$SECONDS
  AKKASSE_TEST_DETACH=$detach dotnet test "$project" -c $configuration --no-build --nologo -v quiet \
    --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=minimal" --results-directory "$results" \
    --blame-hang-timeout $hang_limit --blame-hang-dump-type none ${wanted:+--filter "$wanted"}
  code=$?
  counters=$(grep -o '<Counters [^>]*>' "$trx" 2>/dev/null | head -1)
  count() { echo "$counters" | grep -o "$1=\"[0-9]*\"" | head -1 | grep -o '[0-9]*' || echo 0; }
  p=$(count passed) f=$(count failed) s=$(($(count total) - $(count executed)))
  # A crash or a hang leaves no failed test behind, but it is one.
  if [ $code -ne 0 ] && [ "$f" -eq 0 ]; then f=1; echo "$name: ended with code $code without a failed test: a crash or a hang"; fi
  echo "$name: $p passed, $f failed, $s skipped in $((SECONDS - started)) s"
  # The reasons, once each; the console logger does not say them.
  [ "$s" -eq 0 ] || grep -A8 'outcome="NotExecuted"' "$trx" | sed -n 's/.*<Message>\(.*\)<\/Message>.*/  skipped: \1/p' | sort | uniq -c | sed 's/^ *\([0-9]*\) */  \1 × /'
  echo "$p $f $s" >"$results/$name.counts"
}

# Streams outlive their requests by default (detach); the end-to-end tests run a second time with requests that stay. The longest come first, so that
# none of them runs alone at the end.
runs=() again=()
for project in tests/AkkaSse.{Server,Browser,Postgres,Packaging}.Tests/*.csproj tests/*.Tests/*.csproj bench/*.Tests/*.csproj; do
  case " ${runs[*]} " in *" $project|on "*) continue ;; esac
  name=$(basename "$project" .csproj)
  [ -n "$(find "$(dirname "$project")" -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*' -print -quit)" ] || { echo "$name: empty"; continue; }
  [ -n "$postgres" ] || [ "$name" != AkkaSse.Postgres.Tests ] || { echo "$name: skipped, there is no PostgreSQL"; continue; }
  runs+=("$project|on")
  [ -n "$quick" ] || case $name in AkkaSse.AspNetCore.Tests|AkkaSse.Server.Tests) again=("$project|off" "${again[@]}") ;; esac
done
runs+=("${again[@]}")

rm -f "$results"/*.counts
# What runs in the background does not hear Ctrl+C itself.
trap 'trap - TERM; kill 0' INT TERM
# Two projects at a time, because half of a run is waiting. Each prints its output when it ends. The cluster's tests begin dozens of servers and have
# the machine to themselves, unless this is a quick run, which begins none.
for run in "${runs[@]}"; do
  case $quick$run in tests/AkkaSse.Cluster.Tests/*) run_tests "${run%|*}" "${run#*|}" ;; esac
done
for run in "${runs[@]}"; do
  case $quick$run in tests/AkkaSse.Cluster.Tests/*) continue ;; esac
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
  { output=$(run_tests "${run%|*}" "${run#*|}" 2>&1); echo "$output"; } &
done
wait
read -r passed failed skipped finished < <(cat "$results"/*.counts | awk '{p += $1; f += $2; s += $3} END {print p + 0, f + 0, s + 0, NR}')
[ "$finished" -eq ${#runs[@]} ] || { echo "${#runs[@]} runs were begun, $finished ended"; failed=$((failed + 1)); }

echo "Everything in $((SECONDS / 60)) min $((SECONDS % 60)) s; load average $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || echo unknown)"
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
