#!/bin/sh
# Run a command inside User Mode Linux, on this machine's own files: uml.sh KERNEL OUT COMMAND …
# All that it writes is in memory and gone with it, except in OUT. It has a chip like a Pi's, /dev/gpiochip0 with 54 lines; the
# other side of line N is the folder /run/line/N (pull: what drives an input; value: what an output drives). OUT/log is what the
# command says, its status is this one's. No root is needed.
set -eu
kernel=$1 out=$(mkdir -p "$2" && cd "$2" && pwd) here=$(pwd)
shift 2
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
trap 'exit 124' INT TERM
rm -f "$out/status"
: >"$out/log"
{
    printf '#!/bin/sh\nexport PATH="%s" HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 RPI_LGPIO_CHIP=0 RPI_LGPIO_REVISION=00a02082\n' "$PATH"
    cat <<'INSIDE'
mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t tmpfs -o mode=755 run /run
mkdir -p /dev/pts /dev/shm && mount -t devpts pts /dev/pts && mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t configfs config /sys/kernel/config && mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing
bank=/sys/kernel/config/gpio-sim/pi/bank0
mkdir -p $bank && echo 54 >$bank/num_lines && echo pinctrl-bcm2835 >$bank/label
for n in $(seq 0 27); do mkdir $bank/line$n && echo "GPIO$n" >$bank/line$n/name; done
echo 1 >/sys/kernel/config/gpio-sim/pi/live
chip=$(cat /sys/kernel/config/gpio-sim/pi/dev_name) && bank=$(cat $bank/chip_name)
mkdir /run/line && for n in $(seq 0 27); do ln -s "/sys/devices/platform/$chip/$bank/sim_gpio$n" "/run/line/$n"; done
ip link set lo up 2>/dev/null || ifconfig lo up 2>/dev/null || busybox ip link set lo up
INSIDE
    printf 'export GADELYS_RIG_PULSES="%s"\ncd "%s"\n' "${GADELYS_RIG_PULSES:-10000}" "$here"
    for word in "$@"; do printf '"%s" ' "$word"; done
    printf '>>"%s/log" 2>&1\necho $? >"%s/status"\nsync\necho o >/proc/sysrq-trigger\nsleep 9\n' "$out" "$out"
} >"$room/go"
mkdir -p "$room/first/bin" "$room/first/proc" "$room/first/low" "$room/first/rw" "$room/first/new"
cp "$(command -v busybox)" "$room/first/bin/busybox"
cat >"$room/first/init" <<END_INIT
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t hostfs -o / none /low && mount -t tmpfs -o mode=755 rw /rw && mkdir /rw/up /rw/work
mount -t overlay -o lowerdir=/low,upperdir=/rw/up,workdir=/rw/work all /new
mkdir -p "/new$out" && mount -t hostfs -o "$out" none "/new$out" && mount -t devtmpfs dev /new/dev
cp /go /new/sbin/go-rig && exec switch_root /new /bin/sh /sbin/go-rig
END_INIT
cp "$room/go" "$room/first/go"
chmod 755 "$room/first/init"
(cd "$room/first" && find . | cpio -o -H newc --quiet) | gzip -1 >"$room/image"
# Its processes go with it: they are in a PID namespace of their own.
own=""
[ "$(id -u)" = 0 ] || own=-r
TMPDIR=/dev/shm unshare $own -p -f --kill-child=KILL -- "$kernel" mem=512M initrd="$room/image" rdinit=/init rw con=null con0=null,fd:1 quiet \
    </dev/null >"$out/console" 2>&1 || true
[ -f "$out/status" ] || {
    echo "it did not get as far as the command; the end of $out/console:" >&2
    tail -n 15 "$out/console" >&2
    exit 3
}
exit "$(cat "$out/status")"
