#!/bin/sh
# Install the agent as a service, from this clone: sudo systemd/install.sh [gpio | gpio-classic]
#
# gpio: the pins of any board with a gpiochip, Pi 5 included (rpi-lgpio). gpio-classic: RPi.GPIO, up to Pi 4. Never both.
# Makes /opt/gadelys (the program), the user gadelys, the unit, and /etc/gadelys/pole.toml if there is none. Starts nothing.
# To be run again after an update of the clone; what is in /etc/gadelys stays.
set -eu
cd "$(dirname "$0")/.."

die() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 2
}

pins=${1:-}
case "$pins" in "" | gpio | gpio-classic) ;; *) die "expected gpio, gpio-classic or nothing, found '$pins'" ;; esac
[ "$(id -u)" = 0 ] || die "run as root: sudo systemd/install.sh $pins"
root=${DESTDIR:-}
home=$root/opt/gadelys

echo "installing the program: $home"
[ -x "$home/bin/python" ] || python3 -m venv "$home" || die "python3 with venv is missing: apt-get install python3-venv python3-dev gcc swig"
pip() { "$home/bin/python" -m pip --disable-pip-version-check -q "$@"; }
pip install --require-hashes -r requirements.lock
pip uninstall -y RPi.GPIO rpi-lgpio 2>/dev/null # the one of the last time: both have the same files
export PYPI=1 # where lgpio has no wheel (Python 3.13), its build takes its own library in; that needs swig
[ -z "$pins" ] || pip install --require-hashes -r "requirements-$pins.lock" >"$home/pins.log" 2>&1 ||
    die "$pins cannot be installed for $("$home/bin/python" -V) (why: $home/pins.log); if it has to be built: apt-get install gcc python3-dev swig"
pip install --no-deps --no-build-isolation --force-reinstall .
pip uninstall -y cython packaging setuptools wheel # what only the build needed
rm -rf build gadelys.egg-info

echo "installing the service: $root/etc/systemd/system/gadelys.service"
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
[ -n "$root" ] || ! [ -d /run/systemd/system ] || systemctl daemon-reload
