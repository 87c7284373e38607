#!/bin/sh
# Put together an emulated Raspberry Pi 3B's files, out of Debian's arm64 packages, of which nothing is run here:
# pi3b_build.sh ROOM. It makes ROOM/vmlinuz, ROOM/pi.dtb and ROOM/base, its files: in /site the product and RPi.GPIO, compiled
# for that machine, and what they need.
set -eu
room=$1
python=.venv/bin/python
base=$room/base

apt_arm64() { # COMMAND …
    command=$1
    shift
    "$command" -qq -o APT::Architecture=arm64 -o APT::Architectures= -o APT::Architectures::=arm64 -o APT::Install-Recommends=false \
        -o APT::Sandbox::User=root -o Debug::NoLocking=1 -o Dir::State::status=/dev/null -o Dir::State::lists="$room/apt/lists" \
        -o Dir::Cache="$room/apt" "$@"
}

unpack() { # ARCHIVE FOLDER
    dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --no-same-owner
}

machine() {
    mkdir -p "$room/apt/lists/partial" "$room/apt/archives/partial" "$base" "$room/kernel"
    apt_arm64 apt-get update
    apt_arm64 apt-get install -y --download-only python3 libpython3-dev busybox-static
    kernel=$(apt_arm64 apt-cache depends linux-image-arm64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
    (cd "$room/apt/archives" && apt_arm64 apt-get download "$kernel")
    for archive in "$room"/apt/archives/*.deb; do
        case ${archive##*/} in
        linux-image-*) unpack "$archive" "$room/kernel" ;;
        linux-libc-dev* | dpkg_* | tar_*) ;;
        *) unpack "$archive" "$base" ;;
        esac
    done
    cp "$room"/kernel/boot/vmlinuz-* "$room/vmlinuz"
    cp "$room"/kernel/usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb "$room/pi.dtb"
    fdtput -p -t x "$room/pi.dtb" /system linux,revision a02082 # a Pi's firmware writes it, and RPi.GPIO reads it
    fdtput -r "$room/pi.dtb" /soc/serial@7e201000/bluetooth     # the port is the rig's way out: /dev/ttyAMA0
    rm -rf "$room/kernel" "$room/apt"
}

compiled() { # WHAT …: for pip wheel
    CC=aarch64-linux-gnu-gcc LDSHARED="aarch64-linux-gnu-gcc -shared" _PYTHON_HOST_PLATFORM=linux-aarch64 \
        CFLAGS="-O2 -fPIC -fcommon -I$base/usr/include/python$version -I$base/usr/include" \
        $python -m pip wheel --disable-pip-version-check -q --no-deps --no-build-isolation --no-cache-dir -w "$room/wheels" "$@"
}

packages() {
    site=$base/site version=$(readlink "$base/usr/bin/python3")
    version=${version#python}
    mkdir -p "$site"
    $python -m pip install --disable-pip-version-check -q --no-deps --require-hashes --no-compile --only-binary=:all: --target "$site" \
        --platform manylinux_2_17_aarch64 --platform manylinux2014_aarch64 --platform manylinux_2_28_aarch64 --implementation cp \
        --python-version "$version" -r requirements.lock
    for build in Cython cython pyximport setuptools wheel pkg_resources _distutils_hack; do rm -rf "$site/$build" "$site/$build".py "$site/$build"-*; done
    rm -f "$site"/*.pth
    compiled --require-hashes -r requirements-gpio-classic.lock
    compiled .
    rm -rf build ./*.egg-info
    for wheel in "$room"/wheels/*.whl; do $python -m zipfile -e "$wheel" "$site"; done
    for library in "$site"/cext/*.so "$site"/RPi/*.so; do mv "$library" "${library%%.cpython-*}.so"; done # they are named for this machine
}

files() {
    mkdir -p "$base/proc" "$base/sys" "$base/dev" "$base/tmp" "$base/run" "$base/root" "$base/etc"
    rm -rf "$room/wheels" "$base/usr/include" "$base/usr/share" "$base"/usr/lib/python3*/config-* "$base"/usr/lib/python3*/lib2to3 "$base"/usr/lib/*/*.a \
        "$base"/usr/lib/*/libpython3*.so* "$base"/usr/lib/*/perl* "$base"/usr/lib/*/gconv
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$base/etc/passwd"
    printf 'root:x:0:\n' >"$base/etc/group"
    printf '#!/usr/bin/python3\nimport sys\nfrom agent.cli.main import main\nsys.exit(main())\n' >"$base/usr/bin/gadelys"
    printf '127.0.0.1 localhost\n' >"$base/etc/hosts"
    chmod 755 "$base/usr/bin/gadelys"
}

rm -rf "$room"
machine
packages
files
