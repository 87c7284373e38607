"""How a pty is set: Linux keeps its speed, stop bits and the odd parity, and takes the bit that says 'a parity' away."""

from __future__ import annotations

import fcntl
import struct
import termios

from firmware_sim.link import Link

# linux/include/uapi/asm-generic/ioctls.h and termbits.h: speeds as numbers, which Python's termios does not know.
_TCGETS2, _TCSETS2 = 0x802C542A, 0x402C542B
_SIZE, _SPEEDS_AT = 44, 36
_CBAUD, _BOTHER = 0o010017, 0o010000


def link_of(slave: int) -> Link:
    """What whoever has the slave side open has set it to. Even parity shows only by the checking that goes with it."""
    settings = fcntl.ioctl(slave, _TCGETS2, bytes(_SIZE))
    input_flags, _, control, _ = struct.unpack_from("=4I", settings)
    _, baud = struct.unpack_from("=2I", settings, _SPEEDS_AT)
    stop_bits = 2 if control & termios.CSTOPB else 1
    if control & termios.PARODD:
        return Link(baud, "odd", stop_bits)
    return Link(baud, "even" if input_flags & termios.INPCK else None, stop_bits)


def set_speed(slave: int, baud: int) -> None:
    """Set the speed, any number of it."""
    settings = bytearray(fcntl.ioctl(slave, _TCGETS2, bytes(_SIZE)))
    (control,) = struct.unpack_from("=I", settings, 8)
    struct.pack_into("=I", settings, 8, control & ~_CBAUD | _BOTHER)
    struct.pack_into("=2I", settings, _SPEEDS_AT, baud, baud)
    fcntl.ioctl(slave, _TCSETS2, bytes(settings))
