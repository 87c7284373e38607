#!/bin/sh
# Build a Linux that runs as an ordinary process (User Mode Linux), with a simulated gpiochip: uml_kernel.sh WORK KERNEL
# From Debian's own kernel source; about 6 minutes of one core, 1.6 GB in WORK that is removed afterwards, 8 MB in the end.
set -eu
work=$1 kernel=$2
archive=$(find /usr/src -maxdepth 1 -name 'linux-source-*.tar.xz' | sort -V | tail -n 1)
[ -n "$archive" ] || { echo "no kernel source: install linux-source-6.1" >&2; exit 2; }
rm -rf "$work"
mkdir -p "$work"
tar -C "$work" --strip-components=1 -xf "$archive"
cd "$work"
# Here every interrupt number belongs to a signal; the edges of a simulated chip need numbers of their own.
sed -i 's/^\(#define NR_IRQS[ \t]*\)UM_LAST_SIGNAL_IRQ$/\1(UM_LAST_SIGNAL_IRQ + 256)/' arch/um/include/asm/irq.h
# A simulated chip tells its edges at the next tick, and two of a kind in one tick are one: a tick is 1 ms, not 10.
sed -i '/^config HZ$/,/default/s/default 100$/default 1000/' arch/um/Kconfig
make -s ARCH=um defconfig
for option in DEBUG_INFO SOUND WLAN WERROR MODULES SMB_SERVER REISERFS_FS; do ./scripts/config -d $option; done
options="EXPERT OF GPIOLIB GPIO_CDEV GPIO_CDEV_V1 CONFIGFS_FS GPIO_SIM DEBUG_FS FTRACE ENABLE_DEFAULT_TRACERS HOSTFS OVERLAY_FS TMPFS DEVTMPFS BLK_DEV_INITRD
    RD_GZIP INET UNIX SIGNALFD TIMERFD EPOLL EVENTFD POSIX_TIMERS NULL_TTY"
for option in $options; do ./scripts/config -e "$option"; done
make -s ARCH=um olddefconfig
for option in GPIO_SIM GPIO_CDEV OVERLAY_FS HOSTFS EVENT_TRACING; do
    grep -q "^CONFIG_$option=y" .config && grep -q '^CONFIG_HZ=1000$' .config || { echo "this kernel cannot be built with $option" >&2; exit 1; }
done
make -s ARCH=um -j"$(nproc)" linux
strip -s -o "$kernel.new" linux
mv "$kernel.new" "$kernel"
cd / && rm -rf "$work"
