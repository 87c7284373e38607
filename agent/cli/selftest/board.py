"""What kind of board this is: read from the kernel's files, nothing is changed. `root` is `/`, or a tree like it in tests."""

from __future__ import annotations

import fcntl
import os
import platform
import struct
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import cext
from agent.cli.selftest.records import Check, Figure

_CHIPINFO = 0x8044B401  # GPIO_GET_CHIPINFO_IOCTL, linux/gpio.h: name[32], label[32], lines
_CHIPINFO_BYTES = 68
_HOTTEST_CEL = 75.0
_LEAST_MB = 400


def software() -> Iterator[Check]:
    """Look at what is installed."""
    yield Check("software", "Python", "ok", platform.python_version(), {"python": platform.python_version()})
    compiled = cext.COMPILED
    says = "compiled" if compiled else "interpreted: install the wheel for this machine"
    yield Check("software", "control kernel", "ok" if compiled else "wrong", says, {"compiled": compiled})
    found = {name: version for name in ("rpi-lgpio", "RPi.GPIO") if (version := _version(name))}
    figures: dict[str, Figure] = dict(found)
    if len(found) == 2:
        remedy = "both are installed, and have overwritten each other's files: uninstall both, then install one extra"
        yield Check("software", "pins", "wrong", remedy, figures)
    else:
        shown = ", ".join(f"{name} {version}" for name, version in found.items())
        yield Check("software", "pins", "ok" if found else "note", shown or "no extra is installed", figures)


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def board(root: Path) -> Iterator[Check]:
    """Look at the machine."""
    model = _text(root / "proc/device-tree/model") or _text(root / "sys/class/dmi/id/product_name") or "not known"
    name = os.uname()
    yield Check("board", "model", "ok", model, {"model": model})
    yield Check(
        "board", "kernel", "ok", f"{name.release} {name.machine}", {"kernel": name.release, "machine": name.machine}
    )
    cores, memory_mb = os.cpu_count() or 0, _memory_mb(root)
    yield Check(
        "board",
        "size",
        "ok" if memory_mb >= _LEAST_MB else "note",
        f"{cores} cores, {memory_mb:.0f} MB",
        {"cores": float(cores), "memory_mb": round(memory_mb)},
    )
    heat = _text(root / "sys/class/thermal/thermal_zone0/temp")
    if heat.lstrip("-").isdigit():
        cel = int(heat) / 1000
        yield Check(
            "board", "temperature", "ok" if cel < _HOTTEST_CEL else "note", f"{cel:.1f} Cel", {"temperature_cel": cel}
        )
    throttled = _text(root / "sys/devices/platform/soc/soc:firmware/get_throttled")
    if throttled:
        fine = throttled in {"0", "0x0"}
        says = "never throttled, supply never low" if fine else f"flags {throttled}: low supply or heat since the start"
        yield Check("board", "supply", "ok" if fine else "wrong", says, {"throttled": throttled})
    watchdog = (root / "dev/watchdog").exists()
    yield Check(
        "board",
        "watchdog",
        "ok" if watchdog else "note",
        "there is one" if watchdog else "none: a hang of the kernel stays",
        {"watchdog": watchdog},
    )


def clock(root: Path, *, synchronised: bool) -> Iterator[Check]:
    """Look at what keeps the time."""
    rtc = _text(root / "sys/class/rtc/rtc0/name")
    says = rtc or "no battery-backed clock: after a power cut without a network the time is not known"
    yield Check("clock", "RTC", "ok" if rtc else "note", says, {"rtc": rtc})
    shown = "synchronised" if synchronised else "not synchronised"
    yield Check("clock", "network time", "ok" if synchronised else "note", shown, {"synchronised": synchronised})


def ports(root: Path) -> Iterator[Check]:
    """Look at serial ports, pins and radios: which there are, and whether this user may open them."""
    by_id = sorted((root / "dev/serial/by-id").glob("*"))
    for path in by_id:
        may = os.access(path, os.R_OK | os.W_OK)
        says = f"{path.name} ({path.resolve().name}, {_driver(root, path.resolve().name)})"
        yield Check(
            "ports",
            "serial",
            "ok" if may else "wrong",
            says + ("" if may else ": no permission; join the group dialout"),
        )
    for path in sorted((root / "dev").glob("ttyAMA*")) + sorted((root / "dev").glob("ttyS[0-9]")):
        if _driver(root, path.name):
            yield Check("ports", "serial", "ok", f"{path.name} ({_driver(root, path.name)})")
    chips = sorted((root / "dev").glob("gpiochip*"))
    for path in chips:
        yield _chip(path)
    if not chips:
        yield Check("ports", "pins", "note", "no gpiochip")
    radios = sorted(path.name for path in (root / "sys/class/bluetooth").glob("hci[0-9]*"))
    yield Check("ports", "Bluetooth", "ok" if radios else "note", ", ".join(radios) or "no adapter")


def _chip(path: Path) -> Check:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        why = "no permission; join the group gpio" if isinstance(error, PermissionError) else error.strerror
        return Check("ports", "pins", "wrong", f"{path.name}: {why}")
    try:
        answer = fcntl.ioctl(descriptor, _CHIPINFO, bytes(_CHIPINFO_BYTES))
    except OSError as error:
        return Check("ports", "pins", "wrong", f"{path.name}: {error.strerror}")
    finally:
        os.close(descriptor)
    name, label, lines = struct.unpack("32s32sI", answer)
    shown = label.rstrip(b"\0").decode("ascii", "replace")
    return Check(
        "ports",
        "pins",
        "ok",
        f"{name.rstrip(bytes(1)).decode('ascii', 'replace')} [{shown}], {lines} lines",
        {"label": shown, "lines": float(lines)},
    )


def _driver(root: Path, tty: str) -> str:
    link = root / "sys/class/tty" / tty / "device/driver"
    return link.resolve().name if link.exists() else ""


def _memory_mb(root: Path) -> float:
    for row in _text(root / "proc/meminfo").splitlines():
        if row.startswith("MemTotal:"):
            return int(row.split()[1]) / 1000
    return 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    except OSError:
        return ""
