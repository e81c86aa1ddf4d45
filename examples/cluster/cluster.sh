#!/usr/bin/env bash
# Three members of etcd on this machine, for trying out what a cluster does: clients at 127.0.0.1:2377, 2378 and 2379,
# members among themselves at 2380, 2381 and 2382. FIRST_PORT moves all six.
#
#   cluster.sh start [DIR]         starts those that do not run, on the data they have, and prints the endpoints
#   cluster.sh stop [DIR]          stops those that run; their data stays
#   cluster.sh status [DIR]        tells who runs and who leads; fails unless all three serve
#   cluster.sh kill-leader [DIR]   kills the leader without warning; the next `start` brings it back
#
# DIR has the data, log and process id of each member. Only processes that these ids name are ever ended.
set -euo pipefail

dir=$(realpath -m "${2:-${TMPDIR:-/tmp}/svcdns-cluster}")
first_port=${FIRST_PORT:-2377}
members=(one two three)
# Seconds: for an election on a busy machine, and for a member to end in good order.
election_seconds=30
stop_seconds=10
export ETCDCTL_API=3

client() { echo "127.0.0.1:$((first_port + $1))"; }
peer() { echo "127.0.0.1:$((first_port + 3 + $1))"; }

endpoints="http://$(client 0),http://$(client 1),http://$(client 2)"
initial_cluster="one=http://$(peer 0),two=http://$(peer 1),three=http://$(peer 2)"

# The process id of a member that runs. The one in the file may be another program's by now.
pid_of() {
  local pid
  pid=$(cat "$dir/$1.pid" 2>/dev/null) || return 1
  tr '\0' '\n' 2>/dev/null <"/proc/$pid/cmdline" | grep -qxF "$dir/$1.data" || return 1
  echo "$pid"
}

start_member() {
  local name=${members[$1]}
  # Without our streams: who reads them would wait for etcd to end.
  setsid etcd --name "$name" --data-dir "$dir/$name.data" \
    --listen-client-urls "http://$(client "$1")" --advertise-client-urls "http://$(client "$1")" \
    --listen-peer-urls "http://$(peer "$1")" --initial-advertise-peer-urls "http://$(peer "$1")" \
    --initial-cluster "$initial_cluster" --initial-cluster-token svcdns-example \
    --logger zap --log-level warn </dev/null >>"$dir/$name.log" 2>&1 &
  echo $! >"$dir/$name.pid"
  # Until it has become etcd it has our own arguments, by which pid_of does not know it.
  while kill -0 $! 2>/dev/null && ! pid_of "$name" >/dev/null; do sleep 0.05; done
}

start() {
  local at name deadline=$((SECONDS + election_seconds))
  mkdir -p "$dir"
  for at in 0 1 2; do pid_of "${members[at]}" >/dev/null || start_member "$at"; done
  until etcdctl --endpoints "$endpoints" endpoint health >/dev/null 2>&1; do
    for name in "${members[@]}"; do
      pid_of "$name" >/dev/null || { echo "$name has ended: see $dir/$name.log" >&2; return 1; }
    done
    ((SECONDS < deadline)) || { echo "not healthy within $election_seconds seconds: see $dir" >&2; return 1; }
    sleep 0.2
  done
  echo "$endpoints"
}

stop() {
  local name pid deadline=$((SECONDS + stop_seconds))
  for name in "${members[@]}"; do
    if pid=$(pid_of "$name"); then kill "$pid" 2>/dev/null || true; fi
  done
  for name in "${members[@]}"; do
    while pid=$(pid_of "$name"); do
      ((SECONDS < deadline)) || kill -KILL "$pid" 2>/dev/null || true
      sleep 0.1
    done
    rm -f "$dir/$name.pid"
  done
}

# What a member says of itself: `leads`, `follows`, or `does not answer`.
role() {
  local fields
  fields=$(etcdctl --endpoints "$(client "$1")" --command-timeout 2s endpoint status 2>/dev/null) || true
  case $(cut -d, -f5 <<<"$fields") in
    ' true') echo leads ;;
    ' false') echo follows ;;
    *) echo 'does not answer' ;;
  esac
}

status() {
  local at pid role serving=0
  for at in 0 1 2; do
    pid=$(pid_of "${members[at]}") || { echo "${members[at]}: does not run"; continue; }
    role=$(role "$at")
    echo "${members[at]}: $(client "$at"), process $pid, $role"
    [[ $role == 'does not answer' ]] || serving=$((serving + 1))
  done
  ((serving == 3))
}

kill_leader() {
  local at pid deadline=$((SECONDS + election_seconds))
  while ((SECONDS < deadline)); do
    for at in 0 1 2; do
      pid=$(pid_of "${members[at]}") && [[ $(role "$at") == leads ]] || continue
      kill -KILL "$pid"
      echo "${members[at]} was killed"
      return
    done
    sleep 0.2
  done
  echo 'no member leads' >&2
  return 1
}

case ${1:-} in
  start | stop | status) "$1" ;;
  kill-leader) kill_leader ;;
  *) echo 'usage: cluster.sh start|stop|status|kill-leader [DIR]' >&2; exit 2 ;;
esac
