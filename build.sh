#!/usr/bin/env bash
# build.sh [ci [--long] | build | test | faults [part of a name] | fuzz [seconds [seed]] | fmt | bench [arguments]]
#   ci      what the continuous build runs: tools, restore, build, every test; the last line is "N passed, N failed".
#           --long adds what takes minutes: soaks, long fuzzing, many power cuts.
#   build   restores exactly what the lock files say and builds everything in Release.
#   test    builds and runs the fast tests.
#   faults  breaks each part of the whole system under load, and writes the table of docs/RELIABILITY.md; with a part of
#           a fault's name only those faults, and writes nothing.
#   fuzz    damages frames, JSON, records and CQL for so many seconds each (600), by this seed or a new one, and prints
#           the seed and the input of what it finds.
#   fmt     formats the code.
#   bench   runs the benchmarks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
reports=artifacts/tests configuration=Release
passed=0 failed=0

# When no test has begun or ended for so many seconds, one hangs.
silence=300

say() { printf '\n== %s\n' "$*"; }

# need COMMAND-OR-FILE PACKAGES WHY: notes Debian packages that are missing.
need() {
  command -v "$1" > /dev/null || [ -e "$1" ] && return
  missing+=("$2|$3")
}

# install: says what is missing, then takes it, and says so when it cannot.
install() {
  [ ${#missing[@]} != 0 ] || return 0
  local as=() packages one
  [ "$(id -u)" = 0 ] || as=(sudo -n)
  if ! command -v apt-get > /dev/null || ! "${as[@]}" true 2> /dev/null; then
    for one in "${missing[@]}"; do echo "skip: ${one%|*} cannot be installed here; ${one#*|} will be skipped"; done
    return
  fi
  for one in "${missing[@]}"; do echo "to be installed with apt-get: ${one%|*}, for ${one#*|}"; done
  local get=("${as[@]}" apt-get -y -qq --no-install-recommends)
  for one in "${missing[@]}"; do
    read -ra packages <<< "${one%|*}"
    { "${get[@]}" install "${packages[@]}" || { "${get[@]}" update && "${get[@]}" install "${packages[@]}"; }; } \
      < /dev/null > /dev/null 2>&1 || echo "skip: ${one%|*} was not installed; ${one#*|} will be skipped"
  done
}

# What the tests use beyond .NET. A Cassandra to run stands beside the checkout, or is elsewhere, or is not there.
tools() {
  local missing=()
  if [ -d ../shared/services ]; then
    need java openjdk-17-jre-headless "tests against a real Cassandra and a real Kafka"
    need /usr/lib/python3/dist-packages/cassandra python3-cassandra "the comparison with another Cassandra client"
  elif [ -z "${LIVECHAT_CASSANDRA:-}" ]; then
    echo "skip: no Cassandra (neither ../shared/services nor LIVECHAT_CASSANDRA); its tests will be skipped"
  fi
  need redis-server redis-server "presence in a real Redis"
  need redis-sentinel redis-sentinel "presence in a real Redis"
  need mkfs.ext4 e2fsprogs "power cuts on a file system of their own"
  need cc "gcc libc6-dev" "servers that never sync, or whose disk fails or whose clock is a test's"
  need losetup mount "power cuts on a file system of their own"
  need node nodejs "chatting with the package ws"
  need npm npm "chatting with the package ws"
  need chromium chromium "chatting with a browser"
  need nginx nginx "checking the sites of deploy/nginx"
  need haproxy haproxy "sessions through HAProxy"
  need caddy caddy "sessions through Caddy"
  need prometheus prometheus "alerts in a running Prometheus"
  need tmux tmux "the chat screen in a terminal"
  need jq jq "the parts of a package"
  need systemd-analyze systemd "what the systemd unit allows"
  need python3 python3 "a server under the unit's filter of system calls"
  install
}

build() {
  dotnet restore LiveChat.slnx --locked-mode
  dotnet build LiveChat.slnx -c Release --no-restore -v minimal
}

# suite NAME SECONDS [arguments]: runs (the given part of) one test project and adds its counts. Without a report, what
# its journal says is counted, and each test that did not end there is a failure.
suite() {
  say "$@"
  local file=$1${*:3} code=0 good bad
  file=$reports/${file//[^A-Za-z.-]/}
  rm -f "$file.xml" && : > "$file.journal"
  run "$file.journal" "$2" dotnet "tests/$1/bin/$configuration/net10.0/$1.dll" -noColor -noLogo \
    -result-xml "$file.xml" -result-journal "$file.journal" "${@:3}" || code=$?
  if [ -s "$file.xml" ]; then
    good=$(total passed "$file.xml") bad=$(($(total failed "$file.xml") + $(total errors "$file.xml")))
  else
    good=$(grep -c '^passed ' "$file.journal") || true
    unended "$file.journal" > "$file.failed"
    bad=$(wc -l < "$file.failed")
  fi
  if [ "$bad" = 0 ] && { [ "$code" != 0 ] || [ "$good" = 0 ]; }; then
    [ "$code" = 0 ] && echo "failed: $1 ran no test" > "$file.failed" \
      || echo "failed: $1 ended with $code" > "$file.failed"
    bad=1
  fi
  passed=$((passed + good)) failed=$((failed + bad))
}

# run JOURNAL SECONDS COMMAND...: runs a command in a process group of its own, and kills all of the group when it takes
# longer, or when its journal has not grown for so long that a test must hang.
run() {
  local began=$SECONDS group reason=
  set -m
  # A build in the background ignores SIGINT, which tests send to the commands that they start.
  env --default-signal=INT "${@:3}" < /dev/null &
  group=$!
  set +m
  trap 'kill -KILL -- "-$group"; exit 130' INT TERM
  while [ -z "$reason" ] && sleep 1 && kill -0 "$group" 2> /dev/null; do
    if ((SECONDS - began >= $2)); then
      reason="it took longer than $2 s"
    elif [ -s "$1" ] && (($(date +%s) - $(stat -c %Y "$1") >= silence)); then
      reason="no test began or ended for $silence s"
    fi
  done
  [ -z "$reason" ] || echo "killed: $reason"
  # What the suite left behind goes too.
  kill -KILL -- "-$group" 2> /dev/null || true
  trap - INT TERM
  wait "$group"
}

# total WHAT REPORT: a count of a report; 0 of one that is broken off.
total() {
  local found
  found=$(grep -o -m 1 '<assembly [^>]*>' "$2" | sed -nE "1s/.* $1=\"([0-9]+)\".*/\1/p") || true
  echo "${found:-0}"
}

# unended JOURNAL: what failed, and what began and did not end.
unended() {
  awk '{ name = substr($0, index($0, " ") + 1) }
    $1 == "begins" { open[name]++; next }
    { open[name]-- }
    $1 == "failed" { print "failed: " name }
    END { for (name in open) if (open[name] > 0) print "failed: " name " (it did not end)" }' "$1"
}

# failures REPORT: names the tests that failed, with what they said, where a reader of a long log looks first.
failures() {
  awk 'BEGIN { RS = "<test " }
    /result="Fail"/ {
      name = message = $0
      name = substr(name, index(name, " name=\"") + 7); sub(/".*/, "", name)
      sub(/.*<message>(<!\[CDATA\[)?/, "", message); sub(/(\]\]>)?<\/message>.*/, "", message)
      print "failed: " name "\n" substr(message, 1, 2000)
    }' "$1" | sed -e 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&apos;/'"'"'/g' -e "s/&#x[dD];//g; s/&#x[aA];/\n/g" \
    -e 's/&amp;/\&/g'
}

# The limits keep all of it below 75 minutes, also when every suite hangs.
ci() {
  local factor=1 seeds=1000 clusterSeeds=100
  if [ "${1:-}" = --long ]; then
    seeds=10000 clusterSeeds=10000
    export LIVECHAT_LONG=1 LIVECHAT_FUZZ_SECONDS="${LIVECHAT_FUZZ_SECONDS:-600}"
    factor=12 silence=7200
  fi
  rm -rf "$reports" && mkdir -p "$reports"
  say tools && tools
  say build
  if (build) < /dev/null; then
    suite LiveChat.Tests $((360 * factor))
    suite LiveChat.Cql.Tests $((480 * factor))
    suite LiveChat.Cluster.Tests $((480 * factor))
    # Kills and power cuts go on for minutes when the machine does other work.
    silence=$((2 * silence)) suite LiveChat.EndToEnd $((1500 * factor))
    # One test, which does not end before all of its seeds have.
    export LIVECHAT_SIM_SEEDS=$seeds LIVECHAT_SIM_CLUSTER_SEEDS=$clusterSeeds
    silence=$((420 * factor)) suite LiveChat.Tests $((420 * factor)) -class "*.SimulationTests"
    silence=$((420 * factor)) suite LiveChat.Tests $((420 * factor)) -class "*.ClusterSimulationTests"
    # Every planted fault is found.
    suite LiveChat.Tests $((420 * factor)) -explicit only
    # The suites have fuzzed for 2 to 5 s each, a long one for as long as it takes.
    if [ -z "${LIVECHAT_LONG:-}" ]; then
      LIVECHAT_FUZZ_SECONDS=20 suite LiveChat.Tests 120 -namespace LiveChat.Tests.Fuzzing
      LIVECHAT_FUZZ_SECONDS=30 suite LiveChat.Cql.Tests 80 -class "*.DecoderFuzzTests"
    fi
  else
    failed=1
  fi
  conclude
}

# conclude: names what failed, and counts; the exit code says whether all is well.
conclude() {
  local report
  say result
  for report in "$reports"/*.xml; do [ ! -e "$report" ] || failures "$report"; done
  cat "$reports"/*.failed 2> /dev/null || true
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" = 0 ] && [ "$passed" != 0 ]
}

# fuzz [SECONDS [SEED]]: one fuzzer after the other.
fuzz() {
  build
  export LIVECHAT_FUZZ_SECONDS=${1:-600}
  [ -z "${2:-}" ] || export LIVECHAT_FUZZ_SEED=$2
  local quiet=(-noColor -noLogo -showLiveOutput -maxThreads 1)
  dotnet tests/LiveChat.Tests/bin/Release/net10.0/LiveChat.Tests.dll "${quiet[@]}" -namespace LiveChat.Tests.Fuzzing
  dotnet tests/LiveChat.Cql.Tests/bin/Release/net10.0/LiveChat.Cql.Tests.dll "${quiet[@]}" -class "*.DecoderFuzzTests"
}

# Sourced, it is its functions.
[ "${BASH_SOURCE[0]}" = "$0" ] || return 0

case ${1:-ci} in
  ci) shift || true; ci "$@" ;;
  build) build ;;
  test) build && dotnet tests/LiveChat.Tests/bin/Release/net10.0/LiveChat.Tests.dll -noLogo ;;
  faults)
    build
    [ -n "${2:-}" ] && export LIVECHAT_FAULTS=$2 || export LIVECHAT_WRITE=1
    LIVECHAT_LONG=1 dotnet tests/LiveChat.EndToEnd/bin/Release/net10.0/LiveChat.EndToEnd.dll \
      -noColor -noLogo -showLiveOutput -class "*.FaultMatrixTests" ;;
  fuzz) shift; fuzz "$@" ;;
  fmt) dotnet format LiveChat.slnx ;;
  bench) shift; dotnet run --project bench/LiveChat.Bench -c Release -- "$@" ;;
  *) sed -n '2,12p' "$0"; exit 2 ;;
esac
