"""Units whose answers show which request they are answers to: no stale or foreign value can pass for the right one."""

from __future__ import annotations

from rtu_line import sealed


class TruthfulUnits:
    """Register n reads, in its high byte, n, and in its low byte how many frames its unit has been sent by then.

    Coils are all on. One frame after the other, as units and device servers take them: an answer that is late delays the next.
    """

    def __init__(self, *addresses: int, latency_s: float = 0.004, ignores: frozenset[int] = frozenset()) -> None:
        self.addresses = addresses
        self.latency_s = latency_s
        self.ignores = ignores  # functions that are not answered at all
        self.refuses: dict[int, int] = {}  # first address -> exception code
        self.asked: dict[int, list[bytes]] = {address: [] for address in addresses}
        self.done: list[bytes] = []  # writes
        self._free_s: dict[int, float] = {}

    def __call__(self, frame: bytes, now_s: float) -> list[tuple[float, bytes]]:
        """Answer as sound units do."""
        answer = self.answer(frame)
        return [] if answer is None else [(self.after(frame[0], now_s, self.latency_s), answer)]

    def after(self, address: int, now_s: float, latency_s: float) -> float:
        """Return how long after `now_s` a unit answers that is busy for so long with each request."""
        self._free_s[address] = max(now_s, self._free_s.get(address, 0.0)) + latency_s
        return self._free_s[address] - now_s

    def answer(self, frame: bytes) -> bytes | None:
        address, function = frame[0], frame[1]
        if sealed(frame[:-2]) != frame:
            return None
        if address == 0:
            self.done.append(frame)
        if address not in self.asked:
            return None
        self.asked[address].append(frame)
        if function in self.ignores:
            return None
        first, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
        if first in self.refuses:
            return sealed(bytes([address, function | 0x80, self.refuses[first]]))
        if function in {5, 6, 15, 16}:
            self.done.append(frame)
            return sealed(frame[:6])
        bits = function in {1, 2}
        data = b"\xff" * ((count + 7) // 8) if bits else self.words(address, first, count)
        return sealed(bytes([address, function, len(data)]) + data)

    def serial(self, address: int) -> tuple[int, int]:
        """Return which unit, and how many frames it has been sent."""
        return address, len(self.asked[address])

    def words(self, address: int, first: int, count: int) -> bytes:
        """Return what these registers read in the answer to the last frame of a unit."""
        serial = len(self.asked[address]) & 0xFF
        return b"".join(bytes([register & 0xFF, serial]) for register in range(first, first + count))
