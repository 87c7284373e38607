#!/bin/sh
# The agent as an installed service, in a machine of its own: service.sh. Called by ./dev rig service, when the environment is there.
# A small Debian in a folder (made once, 2 minutes); systemd/install.sh puts the agent into it as README.md says; its systemd runs as the
# first process there, in systemd-nspawn, beside a Mosquitto and simulated units. service_run.py then looks at it from outside.
# Nothing of this machine is touched, and what happens in there is forgotten at the end. Everything is kept in .cache/rigs/service.
set -eu
here=tests/rigs cache=$(pwd)/.cache/rigs/service
tree=$cache/tree machine=$cache/machine copy=$cache/clone log=$cache/log
packages=ca-certificates,systemd,systemd-sysv,tzdata,python3,python3-venv,python3-dev,gcc,libc6-dev,openssl,mosquitto,mosquitto-clients
ca=/etc/ssl/certs/ca-certificates.crt
rows=$cache/rows
mkdir -p "$cache"
: >"$rows"

skip() {
    printf 'service skipped          -  %s\n' "$1" | tee -a "$rows"
    exit 0
}

[ "$(id -u)" = 0 ] || skip "it needs root: sudo ./dev rig service"
for tool in debootstrap systemd-nspawn nsenter; do
    command -v $tool >/dev/null || skip "there is no $tool: apt-get install debootstrap systemd-container util-linux"
done

quietly() {
    "$@" >>"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        echo "rig: failed: $* (the whole of it: $log)" >&2
        exit 1
    }
}

: >"$log"
if [ "$(cat "$tree.stamp" 2>/dev/null)" != "$packages" ]; then
    echo "making a Debian, once: 500 MB" >&2
    rm -rf "$tree"
    quietly debootstrap --variant=minbase --include="$packages" bookworm "$tree" \
        "$(awk '/^URIs:/{print $2; exit} /^deb /{print $2; exit}' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null)"
    # Whom this machine trusts, pip may trust in there.
    [ ! -e $ca ] || cp -L $ca "$tree/etc/ssl/rig.crt"
    printf '%s' "$packages" >"$tree.stamp"
fi

echo "installing the agent in a copy of it: systemd/install.sh signed" >&2
rm -rf "$machine" "$copy"
cp -a --reflink=auto "$tree" "$machine"
mkdir "$copy"
tar c --exclude=.git --exclude=.venv --exclude=.cache --exclude='*.so' --exclude=build --exclude=__pycache__ . | tar x -C "$copy"
quietly systemd-nspawn -q --register=no --keep-unit -D "$machine" --bind="$copy:/src" --setenv=PIP_CERT=/etc/ssl/rig.crt \
    --setenv=PIP_NO_CACHE_DIR=1 sh /src/systemd/install.sh signed

: >"$machine/etc/machine-id"
systemd-nspawn -q --register=no --keep-unit --private-network --volatile=overlay -M gadelys-rig -D "$machine" --bind-ro="$copy:/src" \
    --boot --console=pipe </dev/null >"$cache/console" 2>&1 &
nspawn=$!
trap 'kill $nspawn 2>/dev/null; wait $nspawn 2>/dev/null || true; rm -rf "$machine" "$copy"' EXIT
trap 'exit 130' INT TERM
first=""
for _ in $(seq 100); do
    kill -0 $nspawn 2>/dev/null || break
    # The first process of the machine is the child of nspawn's that is named systemd.
    for child in $(cat /proc/$nspawn/task/$nspawn/children 2>/dev/null); do
        [ "$(cat "/proc/$child/comm" 2>/dev/null)" != systemd ] || first=$child
    done
    [ -z "$first" ] || break
    sleep 0.1
done
[ -n "$first" ] || skip "systemd does not come up in a container here (its words: $cache/console)"
GADELYS_RIG_MACHINE=$first .venv/bin/python $here/service_run.py service "$rows"
