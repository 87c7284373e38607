"""MaxBotix HRXL-MaxSonar-WR: `R` and four digits of millimetres, CR, six times a second; an XL has three of centimetres."""

from __future__ import annotations


class Maxbotix:
    """`distance_m`: what is before it, or none. `centimetres`: it is an XL."""

    baud = 9600

    def __init__(self, distance_m: float | None = 1.234, *, now_s: float = 0.0) -> None:
        self.distance_m = distance_m
        self.centimetres = False
        self.alive = True
        self._next_s = now_s + 1 / 6
        self._started = False

    def arrived(self, data: bytes, now_s: float) -> None:
        """It does not listen."""

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        if now_s < self._next_s:
            return b""
        self._next_s = max(self._next_s + 1 / 6, now_s)
        return self.line() if self.alive else b""

    def next_s(self) -> float:
        """Return when it says something next."""
        return self._next_s

    def line(self) -> bytes:
        """Return a line."""
        per_m, digits, least, most = (100, 3, 20, 765) if self.centimetres else (1000, 4, 300, 5000)
        number = most if self.distance_m is None else min(max(round(self.distance_m * per_m), least), most)
        return f"R{number:0{digits}}\r".encode()
