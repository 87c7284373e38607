#!/bin/sh
# Run checks on an emulated Raspberry Pi 3B: pi3b.sh ROOM LOG [CHECK …]. ROOM is what pi3b_build.sh has made, LOG what they say.
# The kernel is Debian's, the registers of the pins are QEMU's, and so is the other side of them (pi3b_far.py). QEMU tells no edges.
set -eu
room=$1 log=$2
shift 2
here=tests/rigs
run=$(mktemp -d)
board="" far=""
trap 'for process in $board $far; do kill "$process" 2>/dev/null && wait "$process" || true; done; rm -rf "$run"' EXIT
trap 'exit 124' INT TERM
mkdir "$run/top" "$run/top/checks"
cp $here/*.py "$run/top/checks/"
cp $here/pi3b_init.sh "$run/top/init"
chmod 755 "$run/top/init"
echo "$@" >"$run/top/checks/names"
(cd "$room/base" && find . | cpio -o -H newc --quiet) | gzip -1 >"$run/image"
(cd "$run/top" && find . | cpio -o -H newc --quiet) | gzip -1 >>"$run/image" # a later file of a name is the one that counts
: >"$log"
qemu-system-aarch64 -M raspi3b -kernel "$room/vmlinuz" -dtb "$room/pi.dtb" -initrd "$run/image" \
    -append "console=ttyS1,115200 8250.nr_uarts=2 iomem=relaxed rdinit=/init panic=3 loglevel=3" \
    -chardev socket,id=port,path="$run/port",server=on,wait=off -serial chardev:port -serial "file:$log" \
    -display none -monitor none -qtest "unix:$run/qtest,server=on,wait=off" -qtest-log none -no-reboot >"$run/said" 2>&1 &
board=$!
until [ -S "$run/port" ] && [ -S "$run/qtest" ]; do
    kill -0 $board 2>/dev/null || { cat "$run/said" >&2; exit 3; }
    sleep 0.1
done
.venv/bin/python $here/pi3b_far.py "$run/port" "$run/qtest" &
far=$!
while kill -0 $board 2>/dev/null && ! grep -aq '^status ' "$log"; do sleep 0.5; done
status=$(sed -n 's/^status \([0-9]*\).*/\1/p' "$log")
exit "${status:-3}"
