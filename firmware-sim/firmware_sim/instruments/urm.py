"""DFRobot URM06 RS-485 (SEN0149), an ultrasonic head that is asked: `55 AA address length command data sum`."""

from __future__ import annotations

import math

_EVERYBODY = 0xAB
_DISTANCE, _TEMPERATURE, _SET_ADDRESS = 0x02, 0x03, 0x55


class Urm:
    """`distance_m`: what is before it, or none. `latency_s`: from the end of a question to its answer."""

    baud = 19200

    def __init__(self, distance_m: float | None = 1.0, *, address: int = 0x11, now_s: float = 0.0) -> None:
        """`now_s` means nothing to it: it only answers."""
        del now_s
        self.distance_m = distance_m
        self.temperature_cel = 20.0
        self.address = address
        self.latency_s = 0.06
        self.alive = True
        self._heard = b""
        self._answers: list[tuple[float, bytes]] = []

    def arrived(self, data: bytes, now_s: float) -> None:
        """Take bytes of the line."""
        self._heard = (self._heard + data)[-64:]
        while len(self._heard) >= 6:
            size = 6 + self._heard[3]
            if self._heard[:2] != b"\x55\xaa" or size > 16:
                self._heard = self._heard[1:]
            elif len(self._heard) < size:
                return
            else:
                packet, self._heard = self._heard[:size], self._heard[size:]
                if sum(packet[:-1]) % 256 == packet[-1] and packet[2] in (self.address, _EVERYBODY):
                    self._asked(packet[4], packet[5:-1], now_s)

    def due(self, now_s: float) -> bytes:
        """Return the answers that it sends now."""
        ready = b"".join(answer for at_s, answer in self._answers if at_s <= now_s)
        self._answers = [(at_s, answer) for at_s, answer in self._answers if at_s > now_s]
        return ready

    def next_s(self) -> float:
        """Return when it sends the next."""
        return min((at_s for at_s, _ in self._answers), default=math.inf)

    def _asked(self, command: int, data: bytes, now_s: float) -> None:
        if not self.alive:
            return
        answer = b""
        if command == _DISTANCE and not data:
            millimetres = 0xFFFF
            if self.distance_m is not None and self.distance_m <= 10:
                millimetres = max(round(self.distance_m * 1000), 200)
            answer = millimetres.to_bytes(2, "big")
        elif command == _TEMPERATURE and not data:
            answer = round(min(max(self.temperature_cel, -10.0), 70.0) * 10).to_bytes(2, "big", signed=True)
        elif command == _SET_ADDRESS and len(data) == 1 and 0x11 <= data[0] <= 0x80:
            self.address = data[0]
            answer = b"\xcc"
        if answer:
            free_s = self._answers[-1][0] if self._answers else now_s  # one thing after the other
            self._answers.append((max(now_s, free_s) + self.latency_s, packed(self.address, command, answer)))


def packed(address: int, command: int, data: bytes = b"") -> bytes:
    """Return a question or an answer."""
    packet = bytes((0x55, 0xAA, address, len(data), command)) + data
    return packet + bytes((sum(packet) % 256,))
