"""A simulated instrument on the master side of a pty, in a process of its own: python instrument_writer.py MODEL FD SECONDS.

Prints, for each thing that it has said, the monotonic time at which its last byte was handed over, in seconds.
"""

from __future__ import annotations

import os
import select
import sys
import time

from firmware_sim.instruments import INSTRUMENTS


def main() -> None:
    """Speak for so many seconds, at the instrument's own rate; answer what is asked."""
    name, master, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    os.set_blocking(master, False)
    now_s = time.monotonic()
    end_s = now_s + seconds
    instrument = INSTRUMENTS[name](now_s=now_s)
    said = []
    while (now_s := time.monotonic()) < end_s:
        wait_s = min(max(instrument.next_s() - now_s, 0.0), end_s - now_s)
        if select.select([master], [], [], wait_s)[0]:
            instrument.arrived(os.read(master, 4096), time.monotonic())
        if data := instrument.due(time.monotonic()):
            os.write(master, data)
            said.append(time.monotonic())
    print("\n".join(map(repr, said)))


main()
