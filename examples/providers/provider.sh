#!/bin/sh
# Any program as an instance of a service: provider.sh SERVICE PORT PROGRAM [ARGUMENT...]
#   provider.sh specServer 9001 python3 -m http.server 9001
# It is registered while its port accepts connections. On SIGTERM it is taken out of DNS first, and told to stop when no
# client has its address any more.
set -eu
service=$1
port=$2
shift 2
# exec: a signal for this script is one for svcdns, and its exit code is that of the program.
exec svcdns register "$service" --port "$port" --check tcp --metadata "host=$(uname -n)" -- "$@"
