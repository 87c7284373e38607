#!/bin/sh
# Install the agent as a service, from this clone: sudo systemd/install.sh [gpio | gpio-classic] [signed] [neighbours] [ble] [remote]
#
# gpio: the pins of any board with a gpiochip, Pi 5 included (rpi-lgpio). gpio-classic: RPi.GPIO, up to Pi 4. Never both.
# signed: signed commands (PyNaCl). neighbours: other controllers of the street (Eclipse Zenoh). ble: beacons (dbus-fast).
# remote: the platform may replace the configuration (agent/configuration, agent/reload). Alone, where the agent is installed, it does that only.
# Makes /opt/gadelys (the program), the user gadelys, the unit, and /etc/gadelys/pole.toml if there is none. Starts nothing.
# To be run again after an update of the clone, or to add something: what is in /etc/gadelys stays, and so does what was chosen before.
set -eu
cd "$(dirname "$0")/.."

die() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 2
}

pins="" extras="" remote="" all=""
for word in "$@"; do
    case "$word" in
    gpio | gpio-classic)
        [ "${pins:-$word}" = "$word" ] || die "expected gpio or gpio-classic, found both: they have the same files"
        pins=$word
        ;;
    signed | neighbours | ble) extras="$extras $word" ;;
    remote) remote=remote ;;
    *) die "expected words of gpio (or gpio-classic), signed, neighbours, ble, remote; found '$word'" ;;
    esac
    [ "$word" = remote ] || all=all
done
[ "$(id -u)" = 0 ] || die "run as root: sudo systemd/install.sh $*"
root=${DESTDIR:-}
home=$root/opt/gadelys
unit=$root/etc/systemd/system/gadelys.service

pip() { "$home/bin/python" -m pip --disable-pip-version-check -q "$@"; }
has() { "$home/bin/python" -c 'import sys, importlib.metadata as of; of.version(sys.argv[1])' "$1" 2>/dev/null; }
locked() { # EXTRA REMEDY
    pip install --require-hashes -r "requirements-$1.lock" >"$home/$1.log" 2>&1 ||
        die "$1 cannot be installed for $("$home/bin/python" -V) (why: $home/$1.log)$2"
}

# What was chosen before is brought to what the lock files say now.
remember() {
    if [ -z "$pins" ] && has rpi-lgpio; then pins=gpio; fi
    if [ -z "$pins" ] && has RPi.GPIO; then pins=gpio-classic; fi
    if has pynacl; then extras="$extras signed"; fi
    if has eclipse-zenoh; then extras="$extras neighbours"; fi
    if has dbus-fast; then extras="$extras ble"; fi
    if [ -e "$unit.d/remote.conf" ]; then remote=remote; fi
}

program() {
    echo "installing the program: $home"
    [ -x "$home/bin/python" ] || python3 -m venv "$home" || die "python3 with venv is missing: apt-get install python3-venv python3-dev gcc swig"
    remember
    pip install --require-hashes -r requirements.lock
    case "$pins" in gpio) other=RPi.GPIO ;; *) other=rpi-lgpio ;; esac
    if [ -n "$pins" ] && has $other; then pip uninstall -y RPi.GPIO rpi-lgpio 2>/dev/null; fi # both have the same files
    export PYPI=1 # where lgpio has no wheel (Python 3.13), its build takes its own library in; that needs swig
    [ -z "$pins" ] || locked "$pins" "; if it has to be built: apt-get install gcc python3-dev swig"
    for extra in signed neighbours ble; do
        case " $extras " in *" $extra "*) locked $extra "" ;; esac
    done
    pip install --no-deps --no-build-isolation --force-reinstall .
    pip uninstall -y cython packaging setuptools wheel # what only the build needed
    rm -rf build gadelys.egg-info
}

service() {
    echo "installing the service: $unit"
    install -Dm644 systemd/gadelys.service -t "$root/etc/systemd/system"
    install -Dm644 systemd/gadelys.conf -t "$root/etc/sysusers.d"
    systemd-sysusers ${root:+--root="$root"} gadelys.conf
    install -dm755 "$root/usr/local/bin" "$root/etc/bash_completion.d"
    ln -sf /opt/gadelys/bin/gadelys "$root/usr/local/bin/gadelys"
    "$home/bin/gadelys" completion bash >"$root/etc/bash_completion.d/gadelys"
    if [ ! -e "$root/etc/gadelys/pole.toml" ]; then
        install -Dm644 docs/pole.toml -t "$root/etc/gadelys"
        echo "now describe your pole in $root/etc/gadelys/pole.toml, and: gadelys config check /etc/gadelys/pole.toml"
    fi
    command -v openssl >/dev/null || echo "for gadelys enrol: apt-get install openssl"
}

# The agent puts a configuration in place by renaming: the folder must be its own, and not read-only as all else is.
let_platform_configure() {
    install -Dm644 systemd/remote.conf -t "$unit.d"
    chown "$(sed -n 's/^gadelys:[^:]*:\([0-9]*\):.*/\1/p' "$root/etc/passwd")" "$root/etc/gadelys"
}

if [ -n "$remote" ] && [ -z "$all" ] && [ -x "$home/bin/gadelys" ] && [ -e "$unit" ]; then
    remember
else
    program
    service
fi
[ -z "$remote" ] || let_platform_configure
# shellcheck disable=SC2086 # lists of words
chosen=$(printf '%s\n' $pins $extras $remote | sort -u | xargs)
echo "installed with: ${chosen:-none of gpio, gpio-classic, signed, neighbours, ble, remote}"
if [ -z "$root" ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    ! systemctl -q is-active gadelys || echo "what runs is still as it was before: sudo systemctl restart gadelys"
fi
