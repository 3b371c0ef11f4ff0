#!/usr/bin/env bash
# build.sh [ci [--long] | build | test | fuzz [seconds [seed]] | fmt | bench [arguments]]
#   ci      what the continuous build runs: tools, restore, build, every test; the last line is "N passed, N failed".
#           --long adds what takes minutes: soaks, long fuzzing, many power cuts.
#   build   restores exactly what the lock files say and builds everything in Release.
#   test    builds and runs the fast tests.
#   fuzz    damages frames, JSON, records and CQL for so many seconds each (600), by this seed or a new one, and prints
#           the seed and the input of what it finds.
#   fmt     formats the code.
#   bench   runs the benchmarks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
reports=artifacts/tests
suites=(LiveChat.Tests LiveChat.Cql.Tests LiveChat.EndToEnd)
passed=0 failed=0

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
    need java openjdk-17-jre-headless "tests against a real Cassandra"
    need /usr/lib/python3/dist-packages/cassandra python3-cassandra "the comparison with another Cassandra client"
  elif [ -z "${LIVECHAT_CASSANDRA:-}" ]; then
    echo "skip: no Cassandra (neither ../shared/services nor LIVECHAT_CASSANDRA); its tests will be skipped"
  fi
  need mkfs.ext4 e2fsprogs "power cuts on a file system of their own"
  need cc "gcc libc6-dev" "servers that never sync, or whose disk fails"
  need losetup mount "power cuts on a file system of their own"
  need node nodejs "chatting with the package ws"
  need npm npm "chatting with the package ws"
  need chromium chromium "chatting with a browser"
  need nginx nginx "checking the sites of deploy/nginx"
  need tmux tmux "the chat screen in a terminal"
  install
}

build() {
  dotnet restore LiveChat.slnx --locked-mode
  dotnet build LiveChat.slnx -c Release --no-restore -v minimal
}

# suite NAME SECONDS [arguments]: runs (the given part of) one test project and adds its counts; no report or a crash
# is one failure.
suite() {
  say "$@"
  local report=$reports/$1${3:-}.xml code=0 assembly count
  timeout --kill-after=30 "$2" dotnet "tests/$1/bin/Release/net10.0/$1.dll" -noColor -noLogo -result-xml "$report" \
    "${@:3}" < /dev/null || code=$?
  assembly=$(grep -o -m 1 '<assembly [^>]*>' "$report" 2> /dev/null | head -n 1 || true)
  count() { sed -nE "s/.* $1=\"([0-9]+)\".*/\1/p" <<< "$assembly"; }
  local good bad
  good=$(count passed) bad=$(($(count failed) + $(count errors)))
  [ "$code" = 0 ] || [ "$bad" != 0 ] || { echo "$1 ended with $code"; bad=1; }
  [ "${good:-0}" != 0 ] || [ "$bad" != 0 ] || { echo "$1 ran no test"; bad=1; }
  passed=$((passed + ${good:-0})) failed=$((failed + bad))
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

ci() {
  local seconds=1500
  if [ "${1:-}" = --long ]; then
    export LIVECHAT_LONG=1 LIVECHAT_FUZZ_SECONDS="${LIVECHAT_FUZZ_SECONDS:-600}"
    seconds=7200
  fi
  rm -rf "$reports" && mkdir -p "$reports"
  say tools && tools
  say build
  if (build) < /dev/null; then
    for name in "${suites[@]}"; do suite "$name" "$seconds"; done
    # The suites have fuzzed for 2 to 5 s each, a long one for as long as it takes.
    if [ -z "${LIVECHAT_LONG:-}" ]; then
      LIVECHAT_FUZZ_SECONDS=20 suite LiveChat.Tests 300 -namespace LiveChat.Tests.Fuzzing
      LIVECHAT_FUZZ_SECONDS=30 suite LiveChat.Cql.Tests 100 -class "*.DecoderFuzzTests"
    fi
  else
    failed=1
  fi
  for report in "$reports"/*.xml; do [ ! -e "$report" ] || failures "$report"; done
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

case ${1:-ci} in
  ci) shift || true; ci "$@" ;;
  build) build ;;
  test) build && dotnet tests/LiveChat.Tests/bin/Release/net10.0/LiveChat.Tests.dll -noLogo ;;
  fuzz) shift; fuzz "$@" ;;
  fmt) dotnet format LiveChat.slnx ;;
  bench) shift; dotnet run --project bench/LiveChat.Bench -c Release -- "$@" ;;
  *) sed -n '2,10p' "$0"; exit 2 ;;
esac
