"""OmniPreSense OPS243: a report ten times a second while something moves; commands of two characters."""

from __future__ import annotations

import json

# As it names them, and how many of each make a metre a second.
UNITS = {
    "UM": ("m-per-sec", 1.0),
    "UK": ("km-per-hr", 3.6),
    "US": ("mph", 2.236936),
    "UF": ("ft-per-sec", 3.28084),
    "UC": ("cm-per-sec", 100.0),
}


class Ops243:
    """`speed_m_per_s`: of what moves, above 0 coming nearer; none for nothing. It leaves the factory in mph, as text."""

    baud = 19_200

    def __init__(self, speed_m_per_s: float | None = None, *, now_s: float = 0.0) -> None:
        self.speed_m_per_s = speed_m_per_s
        self.magnitude = 120
        self.alive = True
        self.zeros = False
        self.names_unit = False  # in each report, as only some types do
        self._inbound = self._outbound = True
        self._reset()
        self._next_s = now_s + 0.1
        self._heard = b""
        self._answers = b""

    def power_up(self) -> None:
        """Its supply was gone: nothing that was set is left."""
        self._reset()

    def _reset(self) -> None:
        self._json = self._magnitude = False
        self._unit = UNITS["US"]

    def arrived(self, data: bytes, _now_s: float) -> None:
        """Take commands; LF and CR are passed over."""
        self._heard += data.replace(b"\n", b"").replace(b"\r", b"")
        while len(self._heard) >= 2:
            word, self._heard = self._heard[:2].decode("ascii", "replace"), self._heard[2:]
            self._take(word)

    def due(self, now_s: float) -> bytes:
        """Return what it says now."""
        out, self._answers = self._answers, b""
        if now_s >= self._next_s:
            self._next_s = max(self._next_s + 0.1, now_s)
            if self._shows(self.speed_m_per_s):
                out += self.report()
        return out if self.alive else b""

    def next_s(self) -> float:
        """Return when it says something next."""
        return 0.0 if self._answers else self._next_s

    def _shows(self, speed: float | None) -> bool:
        if speed is None:
            return self.zeros
        return self._inbound if speed > 0 else self._outbound

    def report(self) -> bytes:
        """Return a report."""
        name, per_m_per_s = self._unit
        speed = round((self.speed_m_per_s or 0.0) * per_m_per_s, 3)
        if not self._json:
            return f"{speed}\r\n".encode()
        said: dict[str, object] = {"speed": speed}
        if self.names_unit:
            said = {"unit": name, **said}
        if self._magnitude:
            said["magnitude"] = self.magnitude
        return json.dumps(said).encode() + b"\r\n"

    def _take(self, word: str) -> None:
        if word in UNITS:
            self._unit = UNITS[word]
            self._tell("Units", self._unit[0])
        elif word == "U?":
            self._tell("Units", self._unit[0])
        elif word in {"R+", "R-", "R|"}:
            self._inbound, self._outbound = word != "R-", word != "R+"
        elif word == "AX":
            self._reset()
        elif word in {"OJ", "Oj"}:
            self._json = word == "OJ"
        elif word in {"OM", "Om"}:
            self._magnitude = word == "OM"
        elif word == "BZ":
            self.zeros = True
        elif word in {"?P", "??"}:
            self._tell("Product", "OPS243")
        if word in {"?V", "??"}:
            self._tell("Version", "1.3.2")

    def _tell(self, name: str, value: str) -> None:
        self._answers += f'{{"{name}":"{value}"}}\r\n'.encode()
