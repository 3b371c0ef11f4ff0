#!/usr/bin/env bash
# The whole system on this machine, from local installations: NGINX, several LiveChat servers, Kafka, Cassandra, Redis
# and Prometheus, with the configurations of deploy/. For trials and tests: everything listens on the loopback alone.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deploy=$(dirname "$here") checkout=$(dirname "$(dirname "$here")")

usage() {
  cat <<'U'
cluster.sh start DIR [--nodes 2|3] [--kafka 1|3] [--cassandra 1|3] [--partitions N] [--program FILE]
           starts what does not run yet, and waits until it serves; all files are in DIR
cluster.sh stop DIR        ends every process that was started; DIR stays, and a start finds its data again
cluster.sh status DIR      a line for each part: its state and its address; exit code 1 when one does not run
cluster.sh kill|freeze|thaw|stop|start DIR PART [N]
           one part: nginx, redis, prometheus, node N, kafka N, cassandra N

Kafka and Cassandra are started by the scripts of LIVECHAT_SERVICES (../shared/services beside the checkout), or run
elsewhere: LIVECHAT_KAFKA and LIVECHAT_CASSANDRA name them (host:port, with commas between them).
Ports: LIVECHAT_PORT (8080; the internal address has the next one, links the one after it), NGINX_PORT (8000; TLS has
the next one), REDIS_PORT (6379), PROMETHEUS_PORT (9090), KAFKA_PORT (9092), CASSANDRA_PORT (9042). Server N, broker N
and node N listen on 127.0.0.N. The first start notes all of this in DIR/cluster.conf.
Lines NAME=value in DIR/node-N.env are added to the environment of server N.
U
}

fail() { echo "cluster.sh: $*" >&2; exit 1; }
# serves HOST PORT
serves() { (exec 3<>"/dev/tcp/$1/$2") 2> /dev/null; }
# readiness N: the first line of /readyz of a server.
readiness() {
  (exec 3<>"/dev/tcp/127.0.0.$1/$((LIVECHAT_PORT + 1))" && printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3 \
    && timeout 5 sed -n '/^\r$/,$p' <&3 | sed -n 2p) 2> /dev/null || true
}

# Parts that are this script's own: a folder of DIR, with the file pid. A process is known by its working folder.
folder() { echo "$dir/$1${2:+-$2}"; }
pid_of() { # PART [N]
  local home pid
  home=$(folder "$@")
  pid=$(cat "$home/pid" 2> /dev/null) && [ "$(readlink "/proc/$pid/cwd" 2> /dev/null)" = "$home" ] && echo "$pid"
}
launch() { # FOLDER COMMAND...: in a process group of its own, which a signal reaches as a whole
  local home=$1
  shift
  (cd "$home" && exec setsid nohup "$@" >> out.log 2>&1 < /dev/null) &
  echo $! > "$home/pid"
}
await() { # WHAT FOLDER SECONDS COMMAND...
  local what=$1 home=$2 seconds=$3 t
  shift 3
  for ((t = 0; ; t++)); do
    "$@" && return 0
    kill -0 "$(cat "$home/pid")" 2> /dev/null || fail "$what ended: $(tail -3 "$home/out.log")"
    [ $t -lt $((seconds * 5)) ] || fail "$what did not serve within $seconds s: see $home/out.log"
    sleep 0.2
  done
}
free() { # WHAT HOST PORT VARIABLE
  ! serves "$2" "$3" || fail "$1 cannot start: something else listens on $2:$3. Set $4 to another port."
}

# A service of its own script, or elsewhere.
is_given() { [ -n "$(given "$1")" ]; }
given() { [ "$1" = kafka ] && echo "$LIVECHAT_KAFKA" || echo "$LIVECHAT_CASSANDRA"; }
service() { # NAME VERB [N]
  ! is_given "$1" || fail "$1 is not this script's own: it is at $(given "$1")."
  # Nodes of Cassandra answer when their commit log is synced, as in production.
  KAFKA_PORT=$KAFKA_PORT CASSANDRA_PORT=$CASSANDRA_PORT CASSANDRA_SYNC=${CASSANDRA_SYNC:-batch} \
    "$LIVECHAT_SERVICES/$1" "$2" "$dir/$1" ${3:+"$3"}
}
count_of() { case $1 in node) echo "$NODES" ;; kafka) echo "$KAFKA" ;; cassandra) echo "$CASSANDRA" ;; esac; }
addresses() { # HOSTS PORT: of the nodes of a service
  local n list=
  for ((n = 1; n <= $1; n++)); do list+="${list:+,}127.0.0.$n:$2"; done
  echo "$list"
}

missing() {
  local found=0
  lacks() { echo "cluster.sh: $1 is not installed: apt-get install $2" >&2; found=1; }
  command -v nginx > /dev/null || lacks NGINX nginx
  command -v redis-server > /dev/null || lacks Redis redis-server
  command -v prometheus > /dev/null || lacks Prometheus prometheus
  command -v openssl > /dev/null || lacks openssl openssl
  case $PROGRAM in *.dll) command -v dotnet > /dev/null || lacks .NET aspnetcore-runtime-10.0 ;; esac
  [ -f "$PROGRAM" ] || { found=1; echo "cluster.sh: there is no $PROGRAM: dotnet build src/LiveChat.Cli -c Release" \
    "makes it, or --program names it." >&2; }
  local one
  for one in kafka cassandra; do
    is_given $one || [ -x "$LIVECHAT_SERVICES/$one" ] || { found=1; echo "cluster.sh: there is no" \
      "$LIVECHAT_SERVICES/$one: set LIVECHAT_SERVICES to the folder with it, or LIVECHAT_${one^^} to the addresses of" \
      "a running one." >&2; }
  done
  return $found
}

# What DIR was made for; a first start notes it.
read_conf() {
  [ -f "$dir/cluster.conf" ] || fail "$dir is no cluster: cluster.sh start $dir makes one."
  # shellcheck disable=SC1091
  . "$dir/cluster.conf"
}
make_conf() { # OPTIONS
  NODES=2 KAFKA=1 CASSANDRA=1 PARTITIONS=24 PROGRAM=$checkout/src/LiveChat.Cli/bin/Release/net10.0/livechat.dll
  while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || fail "$1 needs a value."
    case "$1 $2" in
      "--nodes "[23]) NODES=$2 ;;
      "--kafka "[13]) KAFKA=$2 ;;
      "--cassandra "[13]) CASSANDRA=$2 ;;
      "--partitions "[1-9]*) PARTITIONS=$2 ;;
      "--program "*) PROGRAM=$(realpath "$2") ;;
      *) fail "$1 $2 is no option: cluster.sh help lists them." ;;
    esac
    shift 2
  done
  local services=${LIVECHAT_SERVICES:-$checkout/../shared/services} names
  names="NODES KAFKA CASSANDRA PARTITIONS PROGRAM"
  LIVECHAT_SERVICES=$(realpath -m "$services")
  : "${LIVECHAT_KAFKA:=}" "${LIVECHAT_CASSANDRA:=}" "${LIVECHAT_PORT:=8080}" "${NGINX_PORT:=8000}"
  : "${REDIS_PORT:=6379}" "${PROMETHEUS_PORT:=9090}" "${KAFKA_PORT:=9092}" "${CASSANDRA_PORT:=9042}"
  names+=" LIVECHAT_SERVICES LIVECHAT_KAFKA LIVECHAT_CASSANDRA LIVECHAT_PORT NGINX_PORT REDIS_PORT PROMETHEUS_PORT"
  local name
  for name in $names KAFKA_PORT CASSANDRA_PORT; do printf '%s=%q\n' "$name" "${!name}"; done > "$dir/cluster.conf.new"
  if [ -f "$dir/cluster.conf" ] && ! cmp -s "$dir/cluster.conf" "$dir/cluster.conf.new"; then
    # Without options and variables a start goes on with what there is.
    [ "$ASKED" = 0 ] || fail "$dir was made for something else ($(diff "$dir/cluster.conf" "$dir/cluster.conf.new" \
      | sed -n 's/^> //p' | tr '\n' ' ')): stop it and take another folder."
    rm "$dir/cluster.conf.new"
    read_conf
    missing
  else
    # What cannot start is not noted: the next start may ask for something else.
    missing || { rm "$dir/cluster.conf.new"; exit 1; }
    mv "$dir/cluster.conf.new" "$dir/cluster.conf"
  fi
}

secrets() {
  local one
  umask 077
  for one in secret links-secret redis-password; do
    [ -s "$dir/$one" ] || openssl rand -hex 32 > "$dir/$one"
  done
  mkdir -p "$dir/tls"
  [ -s "$dir/tls/chat.pem" ] || openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" -keyout "$dir/tls/chat.key" -out "$dir/tls/chat.pem" \
    2> "$dir/tls/openssl.log" || fail "openssl made no certificate: $(tail -1 "$dir/tls/openssl.log")"
}

start_service() { # NAME
  local name=$1 n
  ! is_given "$name" || return 0
  if [ ! -d "$dir/$name/node-1" ]; then
    service "$name" start "$(count_of "$name")" > "$dir/$name.log" 2>&1 \
      || fail "$name did not start: $(tail -2 "$dir/$name.log")"
    return
  fi
  for ((n = 1; n <= $(count_of "$name"); n++)); do
    is_running "$name" "$n" || service "$name" start-node "$n" || fail "$name $n did not start."
  done
}
start_redis() {
  local home=$dir/redis
  mkdir -p "$home"
  free Redis 127.0.0.1 "$REDIS_PORT" REDIS_PORT
  sed "s/CHANGE-ME/$(cat "$dir/redis-password")/" "$deploy/redis/users.acl" > "$home/users.acl"
  launch "$home" redis-server "$deploy/redis/redis.conf" --port "$REDIS_PORT" --bind 127.0.0.1 --dir "$home" \
    --aclfile "$home/users.acl"
  await Redis "$home" 30 serves 127.0.0.1 "$REDIS_PORT"
}
start_prometheus() {
  local home=$dir/prometheus n targets=
  mkdir -p "$home"
  free Prometheus 127.0.0.1 "$PROMETHEUS_PORT" PROMETHEUS_PORT
  for ((n = 1; n <= NODES; n++)); do targets+="${targets:+, }\"127.0.0.$n:$((LIVECHAT_PORT + 1))\""; done
  sed "s|/etc/prometheus/|$deploy/prometheus/|; s|\"127.0.0.1:8081\"|$targets|" "$deploy/prometheus/prometheus.yml" \
    > "$home/prometheus.yml"
  launch "$home" prometheus --config.file="$home/prometheus.yml" --storage.tsdb.path="$home/data" \
    --web.listen-address="127.0.0.1:$PROMETHEUS_PORT"
  await Prometheus "$home" 60 serves 127.0.0.1 "$PROMETHEUS_PORT"
}
start_nginx() {
  local home=$dir/nginx n servers= file
  mkdir -p "$home/tmp"
  free NGINX 127.0.0.1 "$NGINX_PORT" NGINX_PORT
  free NGINX 127.0.0.1 $((NGINX_PORT + 1)) NGINX_PORT
  for ((n = 1; n <= NODES; n++)); do
    # One without the role of a gateway takes no sessions.
    ! grep -qsE '^LIVECHAT__NODE__ROLES=(Delivery|History)' "$dir/node-$n.env" || continue
    servers+="    \\1127.0.0.$n:$LIVECHAT_PORT\\2\\n"
  done
  # The site with TLS; what it sends on to https is served here too, for clients that do not know the certificate.
  for file in livechat.conf livechat.http livechat.server; do
    sed -E "s|^ *(server )livechat:8080(.*)|${servers%\\n}|; s|/etc/nginx/conf.d/|$home/|; s|/etc/nginx/tls/|$dir/tls/|
      s|listen 443 ssl|listen 127.0.0.1:$((NGINX_PORT + 1)) ssl|; s|listen 80;|listen 127.0.0.1:$NGINX_PORT;|
      s|return 301 .*|include $home/livechat.server;|" "$deploy/nginx/$file" > "$home/$file"
  done
  local of="temp_path $home/tmp;"
  sed -E "s|^user .*|daemon off;|; s|worker_rlimit_nofile .*|worker_rlimit_nofile $(ulimit -Hn);|
    s|worker_connections .*|worker_connections 8192;|; s|/var/run/|$home/|; s|conf.d/\*.conf|$home/livechat.conf|
    s|/etc/nginx/$home|$home|; s|^( *)sendfile .*|\1client_body_$of proxy_$of fastcgi_$of uwsgi_$of scgi_$of|" \
    "$deploy/nginx/nginx.conf" > "$home/nginx.conf"
  launch "$home" nginx -p "$home" -c "$home/nginx.conf" -e stderr
  await NGINX "$home" 30 serves 127.0.0.1 "$NGINX_PORT"
}
start_node() { # N [nowait]
  local home=$dir/node-$1 brokers points
  mkdir -p "$home"
  free "server $1" "127.0.0.$1" "$LIVECHAT_PORT" LIVECHAT_PORT
  brokers=${LIVECHAT_KAFKA:-$(addresses "$KAFKA" "$KAFKA_PORT")}
  points=${LIVECHAT_CASSANDRA:-$(addresses "$CASSANDRA" "$CASSANDRA_PORT")}
  sed -e "s|kafka-1:9092.*:9092|$brokers|; s|cassandra-1,.*-3|$points|; s|redis:6379|127.0.0.1:$REDIS_PORT|" \
    -e "s|/etc/livechat/|$dir/|; s|/var/lib/livechat|$home/data|; s|\*:7400|127.0.0.$1:$((LIVECHAT_PORT + 2))|" \
    -e "s|0.0.0.0:8080|127.0.0.$1:$LIVECHAT_PORT|; s|127.0.0.1:8081|127.0.0.$1:$((LIVECHAT_PORT + 1))|" \
    -e "s|\"Partitions\": 1000|\"Partitions\": $PARTITIONS|" "$deploy/cluster/livechat.json" > "$home/livechat.json"
  local environment=("LIVECHAT__NODE__NAME=node-$1") command=("$PROGRAM")
  environment+=("LIVECHAT__LINKS__ANNOUNCE=127.0.0.$1:$((LIVECHAT_PORT + 2))")
  environment+=("LIVECHAT__STORE__PORT=$CASSANDRA_PORT")
  [ "${brokers/,/}" != "$brokers" ] || environment+=(LIVECHAT__LOG__SINGLEBROKER=true)
  [ "${points/,/}" != "$points" ] || environment+=(LIVECHAT__STORE__SINGLENODE=true)
  [ ! -f "$dir/node-$1.env" ] || mapfile -t -O ${#environment[@]} environment < "$dir/node-$1.env"
  case $PROGRAM in *.dll) command=(dotnet "$PROGRAM") ;; esac
  launch "$home" env "${environment[@]}" "${command[@]}" serve --profile cluster
  [ "${2:-}" = nowait ] || await "server $1" "$home" 300 is_ready "$1"
}
is_ready() { [ "$(readiness "$1")" = ok ]; }

is_running() { # PART [N]
  case $1 in
    kafka | cassandra) grep -q "^[a-z]* $2 .* running" <<< "$(service "$1" status)" ;;
    *) pid_of "$@" > /dev/null ;;
  esac
}
start_part() { # PART [N]
  ! is_running "$@" || fail "$* runs already."
  case $1 in
    node) start_node "$2" ;;
    kafka | cassandra) service "$1" start-node "$2" ;;
    *) "start_$1" ;;
  esac
}
start_all() {
  local n began=0
  # What a first start leaves undone is ended; a start that goes on ends nothing that ran before.
  trap '[ $? = 0 ] || [ $began = 1 ] || { stop_all; echo "cluster.sh: nothing of it runs now." >&2; }' EXIT
  ! any_runs || began=1
  secrets
  # Each says for itself what is wrong; all of them take their time.
  start_service kafka & local kafka=$!
  start_service cassandra & local cassandra=$!
  is_running redis || start_redis
  wait $kafka && wait $cassandra || exit 1
  is_running node 1 || start_node 1
  for ((n = 2; n <= NODES; n++)); do is_running node $n || start_node $n nowait; done
  for ((n = 2; n <= NODES; n++)); do await "server $n" "$dir/node-$n" 300 is_ready $n; done
  is_running nginx || start_nginx
  is_running prometheus || start_prometheus
  trap - EXIT
  echo "LiveChat: https://localhost:$((NGINX_PORT + 1)) (certificate $dir/tls/chat.pem), http://127.0.0.1:$NGINX_PORT"
  echo "The secret of its tokens is in $dir: livechat chat --data $dir --user ann --url http://127.0.0.1:$NGINX_PORT"
}
any_runs() {
  local n
  for ((n = 1; n <= NODES; n++)); do pid_of node $n > /dev/null && return 0; done
  pid_of redis > /dev/null || pid_of nginx > /dev/null || pid_of prometheus > /dev/null
}

signal() { # SIGNAL PART [N]
  local pid verb
  case $2 in
    kafka | cassandra)
      case $1 in KILL) verb=kill ;; STOP) verb=freeze ;; *) verb=thaw ;; esac
      service "$2" $verb "$3" ;;
    *)
      pid=$(pid_of "${@:2}") || fail "${*:2} does not run. $(tail -5 "$(folder "${@:2}")/out.log" 2> /dev/null)"
      kill "-$1" -- "-$pid"
      [ "$1" != KILL ] || while kill -0 "$pid" 2> /dev/null; do sleep 0.05; done ;;
  esac
}
stop_part() { # PART [N]
  local pid t
  case $1 in kafka | cassandra) service "$1" stop "$2"; return ;; esac
  pid=$(pid_of "$@") || return 0
  # A frozen one ends when it is thawed.
  kill -TERM "$pid" && kill -CONT -- "-$pid"
  for ((t = 0; t < 400; t++)); do kill -0 "$pid" 2> /dev/null || return 0; sleep 0.1; done
  kill -KILL -- "-$pid" 2> /dev/null || true
}
stop_all() {
  local n one
  stop_part nginx
  stop_part prometheus
  for ((n = 1; n <= NODES; n++)); do stop_part node $n & done
  wait
  stop_part redis
  for one in kafka cassandra; do
    [ ! -d "$dir/$one" ] || is_given $one || {
      for ((n = 1; n <= $(count_of $one); n++)); do service $one thaw $n > /dev/null 2>&1 || true; done
      service $one stop
    } &
  done
  wait
}

line() { # PART N ADDRESS
  local pid state=stopped
  if pid=$(pid_of "$1" ${2:+"$2"}); then
    state=running
    grep -q '^State:.T' "/proc/$pid/status" && state=frozen
    [ "$1 $state" != "node running" ] || is_ready "$2" || state="running, not ready"
  fi
  [ "$state" = running ] || all=1
  printf '%-12s %-8s %s%s\n' "$1${2:+ $2}" "$state" "$3" "${pid:+ (process $pid)}"
}
status() {
  local n one all=0 said
  line nginx "" "http://127.0.0.1:$NGINX_PORT https://localhost:$((NGINX_PORT + 1))"
  for ((n = 1; n <= NODES; n++)); do
    line node $n "http://127.0.0.$n:$LIVECHAT_PORT internal http://127.0.0.$n:$((LIVECHAT_PORT + 1))"
  done
  for one in kafka cassandra; do
    if is_given $one; then
      printf '%-12s %-8s %s\n' $one elsewhere "$(given $one)"
      continue
    fi
    said=$([ ! -d "$dir/$one/node-1" ] || service $one status \
      | sed -E "s/^[a-z]+ ([0-9]+) ([^ ]+) stopped$/$one \1|stopped|\2/
      s/^[a-z]+ ([0-9]+) ([^ ]+) running, pid ([0-9]+)$/$one \1|running|\2 (process \3)/")
    [ -n "$said" ] || said="$one|stopped|it was never started"
    local pid
    while IFS='|' read -r name state address; do
      pid=$(sed -nE 's/.*process ([0-9]+).*/\1/p' <<< "$address")
      [ -z "$pid" ] || ! grep -q '^State:.T' "/proc/$pid/status" || state=frozen
      [ "$state" = running ] || all=1
      printf '%-12s %-8s %s\n' "$name" "$state" "$address"
    done <<< "$said"
  done
  line redis "" "127.0.0.1:$REDIS_PORT"
  line prometheus "" "http://127.0.0.1:$PROMETHEUS_PORT"
  return $all
}

check_part() { # PART [N]
  case $1 in
    nginx | redis | prometheus) [ $# = 1 ] || fail "There is one $1: leave the number out." ;;
    node | kafka | cassandra)
      [[ ${2:-} =~ ^[1-9]$ ]] && [ "$2" -le "$(count_of "$1")" ] \
        || fail "Say which one: $1 1$([ "$(count_of "$1")" = 1 ] || echo " to $1 $(count_of "$1")")." ;;
    *) fail "There is no part $1: nginx, redis, prometheus, node N, kafka N, cassandra N." ;;
  esac
}

verb=${1:-help}
case $verb in start | stop | status | kill | freeze | thaw) ;; *) usage; [ "$verb" = help ] && exit 0 || exit 2 ;; esac
[ $# -gt 1 ] || fail "$verb needs a folder: cluster.sh help."
ASKED=0
[ -z "${LIVECHAT_PORT:-}${NGINX_PORT:-}${REDIS_PORT:-}${PROMETHEUS_PORT:-}${KAFKA_PORT:-}${CASSANDRA_PORT:-}" ] \
  || ASKED=1
[ "$verb" != start ] || mkdir -p "$2"
[ -d "$2" ] || fail "There is no folder $2."
dir=$(realpath "$2")
shift 2
if [ "$verb" = start ] && [[ $# = 0 || $1 = --* ]]; then
  [ $# = 0 ] || ASKED=1
  make_conf "$@"
  start_all
  exit
fi
read_conf
[ $# = 0 ] || check_part "$@"
case $verb in
  status) status ;;
  stop) if [ $# = 0 ]; then stop_all; else stop_part "$@"; fi ;;
  start) start_part "$@" ;;
  *)
    [ $# -gt 0 ] || fail "Say which part to $verb: cluster.sh help."
    case $verb in kill) signal KILL "$@" ;; freeze) signal STOP "$@" ;; thaw) signal CONT "$@" ;; esac ;;
esac
