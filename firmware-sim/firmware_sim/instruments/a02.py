"""Ultrasonic heads that report by themselves: A02YYUW (9600 baud) and SEN0754 (115200), `FF H L sum`, millimetres."""

from __future__ import annotations


class A02:
    """A02YYUW. `distance_m`: what is before it, or none; it reports 0 then, as for what is nearer than 3 cm."""

    baud = 9600
    interval_s = 0.1

    def __init__(self, distance_m: float | None = 1.0, *, now_s: float = 0.0) -> None:
        self.distance_m = distance_m
        self.alive = True
        self._next_s = now_s + self.interval_s

    def arrived(self, data: bytes, now_s: float) -> None:
        """It does not listen."""

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        if now_s < self._next_s:
            return b""
        while self._next_s <= now_s:
            self._next_s += self.interval_s
        return report(self.millimetres()) if self.alive else b""

    def next_s(self) -> float:
        """Return when it says something next."""
        return self._next_s

    def millimetres(self) -> int:
        """Return the number that it reports."""
        if self.distance_m is None or self.distance_m < 0.03:
            return 0
        return min(round(self.distance_m * 1000), 4500)


class Sen0754(A02):
    """SEN0754. `interfered`: another head sounds at the same time."""

    baud = 115200

    def __init__(self, distance_m: float | None = 1.0, *, now_s: float = 0.0) -> None:
        super().__init__(distance_m, now_s=now_s)
        self.interfered = False

    def millimetres(self) -> int:
        """Return the number that it reports."""
        if self.interfered:
            return 0xFFFE
        if self.distance_m is None:
            return 0xFFFD
        return round(self.distance_m * 1000)


def report(millimetres: int) -> bytes:
    """Return a report."""
    high, low = divmod(millimetres, 256)
    return bytes((0xFF, high, low, (0xFF + high + low) % 256))
