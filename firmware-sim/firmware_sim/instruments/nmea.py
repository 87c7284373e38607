"""A GNSS receiver: RMC and GGA once a second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BEGIN = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Gnss:
    """`fix`: whether it sees satellites. `wrong_by_s`: its time is so much ahead."""

    baud = 9600

    def __init__(self, *, now_s: float = 0.0) -> None:
        self.latitude_deg = 55.6561
        self.longitude_deg = 12.3683
        self.altitude_m = 25.0
        self.satellites = 9
        self.fix = True
        self.wrong_by_s = 0.0
        self.alive = True
        self._begin, self._begin_s = BEGIN, now_s
        self._next_s = now_s + 1.0

    def arrived(self, data: bytes, now_s: float) -> None:
        """It does not listen."""

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        if now_s < self._next_s:
            return b""
        self._next_s = max(self._next_s + 1.0, now_s)
        return self.sentences(now_s) if self.alive else b""

    def set_time(self, utc: datetime, now_s: float) -> None:
        """It is that time now."""
        self._begin, self._begin_s = utc, now_s

    def next_s(self) -> float:
        """Return when it says something next."""
        return self._next_s

    def sentences(self, now_s: float) -> bytes:
        """Return an RMC and a GGA."""
        utc = self._begin + timedelta(seconds=now_s - self._begin_s + self.wrong_by_s)
        clock, date = f"{utc:%H%M%S}.{utc.microsecond // 10000:02}", f"{utc:%d%m%y}"
        if not self.fix:
            return sealed(f"GNRMC,{clock},V,,,,,,,{date},,,N") + sealed(f"GNGGA,{clock},,,,,0,00,99.99,,,,,,")
        place = f"{_angle(self.latitude_deg, 2, 'NS')},{_angle(self.longitude_deg, 3, 'EW')}"
        return sealed(f"GNRMC,{clock},A,{place},0.05,,{date},,,A") + sealed(
            f"GNGGA,{clock},{place},1,{self.satellites:02},0.9,{self.altitude_m:.1f},M,42.0,M,,"
        )


def sealed(body: str) -> bytes:
    """Return a sentence with its checksum."""
    total = 0
    for character in body.encode():
        total ^= character
    return f"${body}*{total:02X}\r\n".encode()


def _angle(value: float, digits: int, sides: str) -> str:
    degrees, minutes = divmod(round(abs(value) * 60, 5), 60)
    return f"{int(degrees):0{digits}}{minutes:08.5f},{sides[value < 0]}"
