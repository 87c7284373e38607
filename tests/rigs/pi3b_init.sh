#!/bin/busybox sh
# The first process of the emulated board: it runs /checks on its pins and says on the console how that ended.
/bin/busybox --install -s /bin
mount -t proc proc /proc && mount -t sysfs sys /sys && mount -t devtmpfs dev /dev && mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm && mount -t devpts pts /dev/pts && mount -t tmpfs shm /dev/shm
ip link set lo up
stty -F /dev/ttyAMA0 raw -echo
export PATH=/bin:/usr/bin HOME=/root LANG=C.UTF-8 PYTHONPATH=/site PYTHONUNBUFFERED=1 GADELYS_RIG_BOARD=/dev/ttyAMA0
cd /tmp
# shellcheck disable=SC2046
/usr/bin/python3 /checks/gpio_run.py pi3b /tmp/rows $(cat /checks/names)
echo "status $?"
poweroff -f
