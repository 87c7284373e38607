"""`line.sock`: the hand that makes trouble on a line and looks into its units."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from firmware_sim.cabinet import Placed, names, put, values
from firmware_sim.faults import Faults, read_faults
from firmware_sim.json_socket import JsonSocket, Wrong, text_of
from firmware_sim.line import Line
from firmware_sim.tcp import DeviceServer, TcpUnits

DEEDS = ("units", "faults", "power", "set", "pull", "plug")
Ends = dict[str, Line | DeviceServer | TcpUnits]


class LineSocket(JsonSocket):
    """Serves the units of one folder and the ends by which they are reached."""

    def __init__(self, path: Path, placed: list[Placed], ends: Ends, seed: int) -> None:
        super().__init__(path)
        self._placed = {one.name: one for one in placed}
        self._ends = ends
        self._seed = seed

    async def _do(self, request: dict[str, Any]) -> dict[str, object]:
        what = request.pop("do")
        if what == "units":
            return self.state()
        if what == "faults":
            self._faults(request)
        elif what == "power":
            self._power(self._named(request), request.get("on"))
        elif what == "set":
            one = self._named(request)
            try:
                put(one.unit, text_of(request, "value"), request.get("to"), time.monotonic())
            except ValueError as wrong:
                raise Wrong(str(wrong)) from None
        elif what in {"pull", "plug"}:
            line = self._ends["line"]
            if isinstance(line, Line):
                async with self._hand:
                    await asyncio.to_thread(line.pull if what == "pull" else line.plug)
        else:
            raise Wrong(f"do: expected {', '.join(DEEDS)} or watch")
        return {}

    def _faults(self, request: dict[str, Any]) -> None:
        """Those named, on a unit or an end, and no others."""
        one = self._named(request) if "unit" in request else None
        where = text_of(request, "on") if "on" in request else "line"
        if where not in self._ends:
            raise Wrong(f"on: expected one of {', '.join(self._ends)}")
        given = {key: value for key, value in request.items() if key not in {"unit", "on"}}
        try:
            faults = read_faults({"seed": self._seed} | given, of_unit=one is not None)
        except ValueError as wrong:
            raise Wrong(str(wrong)) from None
        if one is not None:
            one.unit.faults = faults
        else:
            self._ends[where].suffer(faults)

    def _power(self, one: Placed, on: object) -> None:
        if not isinstance(on, bool):
            raise Wrong("on: expected true or false")
        if on and not one.unit.alive:
            one.unit.power_up(time.monotonic())
        one.unit.alive = on

    def _named(self, request: dict[str, Any]) -> Placed:
        one = self._placed.get(text_of(request, "unit"))
        if one is None:
            raise Wrong(f"unit: expected one of {', '.join(self._placed)}")
        return one

    def state(self) -> dict[str, object]:
        now_s = time.monotonic()
        return {
            "ports": {name: end.port for name, end in self._ends.items() if not isinstance(end, Line)},
            "units": [
                {
                    "name": one.name,
                    "product": one.product.name,
                    "on": one.on,
                    "address": one.unit.address,
                    "link": None if one.unit.link is None else str(one.unit.link),
                    "alive": one.unit.alive,
                    "values": values(one.unit, now_s),
                    "can_set": names(one.unit),
                    "faults": _changed(one.unit.faults),
                }
                for one in self._placed.values()
            ],
        }


def _changed(faults: Faults) -> dict[str, object]:
    """Which faults are on."""
    calm = Faults()
    return {
        name: getattr(faults, name)
        for name in Faults.__slots__
        if name != "seed" and getattr(faults, name) != getattr(calm, name)
    }
