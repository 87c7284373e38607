"""What goes wrong on a line or with a unit, by chance that repeats with its seed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random

from firmware_sim import modbus

MOST_NOISE = 8  # bytes in a burst
SHORTEST = 4  # bytes: unit, function, CRC


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong. Shares are 0..1.

    Of the answers: `drop` is lost, `corrupt` has one wrong bit, `truncate` is cut off; `wrong_unit`, `wrong_function` and
    `wrong_length` are well sealed and not what was asked for. Answers start `late_s` later, with `gap_s` between their bytes
    and a pause of `stall_s` somewhere in them. `lose`: of the bytes, either way. Only of a line: `echo` (the adapter gives the
    master its own bytes back), `babble` (somebody never stops sending), `noise_per_s` (bursts of random bytes),
    `foreign_per_s` (exchanges of another master, broadcasts among them).
    """

    drop: float = 0.0
    corrupt: float = 0.0
    late_s: float = 0.0
    echo: bool = False
    babble: bool = False
    seed: int = 1
    truncate: float = 0.0
    wrong_unit: float = 0.0
    wrong_function: float = 0.0
    wrong_length: float = 0.0
    lose: float = 0.0
    gap_s: float = 0.0
    stall_s: float = 0.0
    noise_per_s: float = 0.0
    foreign_per_s: float = 0.0


LINE_ONLY = frozenset({"echo", "babble", "noise_per_s", "foreign_per_s"})
SHARES = frozenset({"drop", "corrupt", "truncate", "wrong_unit", "wrong_function", "wrong_length", "lose"})
LONGEST_S = 60.0
MOST_PER_S = 1000.0


def read_faults(given: dict[str, object], *, of_unit: bool = False) -> Faults:
    """Faults from their names and values. ValueError says what was expected."""
    known = {one.name for one in fields(Faults)} - (LINE_ONLY if of_unit else frozenset())
    for name, value in given.items():
        if name not in known:
            raise ValueError(f"{name}: expected one of {', '.join(sorted(known))}")
        if name in {"echo", "babble"}:
            if not isinstance(value, bool):
                raise ValueError(f"{name}: expected true or false")
        elif isinstance(value, bool) or not isinstance(value, int if name == "seed" else int | float):
            raise ValueError(f"{name}: expected a number")
        elif name != "seed":
            most = 1.0 if name in SHARES else MOST_PER_S if name.endswith("_per_s") else LONGEST_S
            if not 0 <= value <= most:
                raise ValueError(f"{name}: expected 0 to {most:g}")
    return Faults(**given)  # type: ignore[arg-type] # each looked at above


class Chance:
    """The dice for some faults; they begin anew with each `Chance`."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = Random(faults.seed)  # noqa: S311 (faults, not secrets)

    def noise(self, size: int) -> bytes:
        """Random bytes; none for a negative size."""
        return self._random.randbytes(max(size, 0))

    def burst(self) -> bytes:
        """A burst of noise."""
        return self.noise(self._random.randint(1, MOST_NOISE))

    def wait_s(self, per_s: float) -> float:
        """Time until the next of what happens so often."""
        return self._random.expovariate(per_s)

    def foreign(self) -> list[bytes]:
        """What another master and its unit say: a broadcast, or a request and its answer."""
        if self._happens(0.25):
            return [modbus.seal(modbus.BROADCAST, b"\x06" + self.noise(4))]
        unit = self._random.randint(200, 247)
        return [
            modbus.seal(unit, b"\x03" + self.noise(1) + b"\0\0\2"),
            modbus.seal(unit, b"\x03\4" + self.noise(4)),
        ]

    def hurt(self, frame: bytes) -> bytes | None:
        """An answer as it goes out; none if it does not."""
        faults = self.faults
        if self._happens(faults.drop):
            return None
        if len(frame) < SHORTEST:  # its unit has already cut it short
            return self.thinned(frame)
        if self._happens(faults.wrong_unit):
            frame = modbus.seal(frame[0] % 247 + 1, frame[1:-2])
        if self._happens(faults.wrong_function):
            frame = modbus.seal(frame[0], bytes([frame[1] ^ 1]) + frame[2:-2])
        if self._happens(faults.wrong_length):
            body = frame[1:-2] + b"\0\0" if self._happens(0.5) else frame[1:-3]
            frame = modbus.seal(frame[0], body)
        if self._happens(faults.corrupt):
            bit = self._random.randrange(8 * len(frame))
            frame = (int.from_bytes(frame, "little") ^ 1 << bit).to_bytes(len(frame), "little")
        if self._happens(faults.truncate) and len(frame) > 1:
            frame = frame[: self._random.randrange(1, len(frame))]
        return self.thinned(frame)

    def thinned(self, data: bytes) -> bytes:
        """Bytes without those that get lost."""
        if not self.faults.lose:
            return data
        return bytes(byte for byte in data if not self._happens(self.faults.lose))

    def stall_at(self, size: int) -> int | None:
        """Before which byte of an answer the pause comes, if one does."""
        return self._random.randrange(1, size) if self.faults.stall_s and size > 1 else None

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share
