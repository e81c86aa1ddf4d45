#!/bin/sh
# Registers an instance with etcdctl alone, for as long as this runs: etcdctl-only.sh SERVICE ID URL
#   ETCDCTL_ENDPOINTS=http://127.0.0.1:2379 etcdctl-only.sh specServer 1 http://10.0.0.1:8080
set -u
export ETCDCTL_API=3
lease=
trap 'exit 0' INT TERM
# The lease and not the key, which may be another's by now.
trap '[ -z "$lease" ] || etcdctl lease revoke "$lease"' EXIT
while :; do
  # A lease that has ended, in an outage say, does not come back: take a new one. Ten seconds.
  lease=$(etcdctl lease grant 10 | cut -d ' ' -f 2)
  if [ -n "$lease" ] && etcdctl put --lease="$lease" "/$1/$2" "$3"; then
    # Once and again: a keep-alive that runs by itself would outlive this script when that is killed.
    while etcdctl lease keep-alive --once "$lease" >/dev/null; do sleep 3 & wait $!; done
  fi
  sleep 1 & wait $!
done
