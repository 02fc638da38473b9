#!/usr/bin/env bash
# Fuzzes what reads bytes of strangers with AFL++, guided by the coverage of AkkaSse's own code (SharpFuzz).
#   tests/AkkaSse.Fuzz/fuzz.sh [--minutes N] [--out DIR] [TARGET...]
#     --minutes  minutes by the clock for each target, default 30
#     --out      where findings and queues go, default artifacts/fuzz
#     TARGET     parser, position, request, batch, hocon, node, wire; default: all, one after the other
# Needs afl++ (Debian) and the dotnet tool SharpFuzz.CommandLine, and installs both where it may. Ends with 1 when a target crashed or hung;
# the inputs lie in DIR/TARGET/default/crashes and hangs. `dotnet artifacts/fuzz/bin/AkkaSse.Fuzz.dll TARGET FILE` repeats one.
set -euo pipefail
cd "$(dirname "$0")/../.."

minutes=30
out=$PWD/artifacts/fuzz
targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --minutes) [ $# -ge 2 ] || { echo "fuzz.sh: --minutes needs a number" >&2; exit 2; }; minutes=$2; shift ;;
    --out) [ $# -ge 2 ] || { echo "fuzz.sh: --out needs a directory" >&2; exit 2; }; out=$2; shift ;;
    -h|--help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) echo "fuzz.sh: $1 is not known; --minutes N, --out DIR and names of targets are" >&2; exit 2 ;;
    *) [ -d "tests/AkkaSse.Fuzz/corpus/$1" ] || { echo "fuzz.sh: there is no target $1; $(ls tests/AkkaSse.Fuzz/corpus | tr '\n' ' ')are" >&2; exit 2; }
       targets+=("$1") ;;
  esac
  shift
done
[[ $minutes =~ ^[0-9]+$ ]] && [ "$minutes" -ge 1 ] || { echo "fuzz.sh: --minutes is '$minutes'; a whole number from 1 is allowed" >&2; exit 2; }
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls tests/AkkaSse.Fuzz/corpus)

command -v afl-fuzz >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends afl++; } >/dev/null
tools=$out/tools
[ -x "$tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$tools" >/dev/null
bin=$out/bin
rm -rf "$bin"
dotnet publish tests/AkkaSse.Fuzz -c Release -o "$bin" -v quiet -nologo
for library in Protocol Hub AspNetCore Cluster; do "$tools/sharpfuzz" "$bin/AkkaSse.$library.dll"; done

# The machine's handling of core files and its scaling of the clock are nobody's business here; a .NET program needs memory and a start.
export AFL_SKIP_BIN_CHECK=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1 AFL_FORKSRV_INIT_TMOUT=60000
export DOTNET_TieredPGO=0 DOTNET_gcServer=0
failed=
for target in "${targets[@]}"; do
  rm -rf "${out:?}/$target"
  echo "$target: $minutes min"
  afl-fuzz -i "tests/AkkaSse.Fuzz/corpus/$target" -o "$out/$target" -t 5000 -m none -V $((minutes * 60)) \
    dotnet "$bin/AkkaSse.Fuzz.dll" "$target" >"$out/$target.log" 2>&1 || { echo "$target: afl-fuzz ended, see $out/$target.log" >&2; failed=1; continue; }
  stats=$out/$target/default/fuzzer_stats
  value() { sed -n "s/^$1 *: *//p" "$stats"; }
  echo "$target: $(value execs_done) inputs, $(value corpus_count) kept, $(value saved_crashes) crashes, $(value saved_hangs) hangs"
  [ "$(value saved_crashes)$(value saved_hangs)" = 00 ] || failed=1
done
[ -z "$failed" ]
