#!/bin/sh
# Run a command with the registers of a Raspberry Pi 3B as /dev/gpiomem, which PLAYER (registers.c) plays: gpiomem.sh PLAYER COMMAND …
# For the real RPi.GPIO. There are no edges, as on current kernels; no resistors; pins below 32.
set -eu
player=$1
shift
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT
trap 'exit 124' INT TERM
head -c 4096 /dev/zero >"$room/registers"
printf 'processor\t: 0\n\nHardware\t: BCM2835\nRevision\t: a02082\nSerial\t\t: 0000000000000001\nModel\t\t: Raspberry Pi 3 Model B Rev 1.2\n' \
    >"$room/cpuinfo"
export GADELYS_RIG_REGISTERS="$room/registers" GADELYS_RIG_ROOM="$room" GADELYS_RIG_PLAYER="$player"
own=""
[ "$(id -u)" = 0 ] || own=-r
unshare $own -m -p -f --kill-child=KILL --propagation private -- sh -eu -c '
mount -t proc proc /proc
mount --bind "$GADELYS_RIG_ROOM/cpuinfo" /proc/cpuinfo
mkdir "$GADELYS_RIG_ROOM/dev" && mount -t tmpfs -o mode=755 dev "$GADELYS_RIG_ROOM/dev"
for node in null zero full random urandom gpiomem; do touch "$GADELYS_RIG_ROOM/dev/$node"; done
for node in null zero full random urandom; do mount --bind "/dev/$node" "$GADELYS_RIG_ROOM/dev/$node"; done
mkdir -m 1777 "$GADELYS_RIG_ROOM/dev/shm" && ln -s /proc/self/fd "$GADELYS_RIG_ROOM/dev/fd"
mount --bind "$GADELYS_RIG_REGISTERS" "$GADELYS_RIG_ROOM/dev/gpiomem"
mount --rbind "$GADELYS_RIG_ROOM/dev" /dev
"$GADELYS_RIG_PLAYER" "$GADELYS_RIG_REGISTERS" &
"$@"' sh "$@"
