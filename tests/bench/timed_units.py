"""Units of a timed line as a bus has them: ten registers each, a lamp among them where one is wanted."""

from __future__ import annotations

from collections import Counter, defaultdict

from drivers.bus import UnitSpec
from drivers.points import Quality, Reading
from drivers.profile import parse_profile
from timed_line import REGISTERS

_ROW = '[[points]]\npoint = "sample/{name}"\ntitle = "t"\nspace = "holding"\naddress = {address}\ntype = "u16"\n'
_METER = 'title = "t"\nsource = "s"\nkinds = ["meter"]\npoll_s = 0.1\n' + "".join(
    _ROW.format(name=chr(ord("a") + address), address=address) for address in range(REGISTERS)
)
_LAMP = """
title = "t"
source = "s"
kinds = ["luminaire"]
channels = 1
poll_s = 3600
[[points]]
point = "lamp/dimming_level"
title = "confirmed"
unit = "%"
space = "input"
address = 9
type = "u16"
scale = 0.01
[output]
address = 8
steps_per_pct = 100
confirmed_by = "lamp/dimming_level"
"""
LAMP = "lamp"


def meter(address: int, poll_s: float) -> UnitSpec:
    """A unit whose ten registers are read."""
    return _unit(address, _METER, poll_s, (None, f"u{address}"))


def lamp(address: int) -> UnitSpec:
    """A unit that is hardly ever read, and to whose channel levels are written."""
    return _unit(address, _LAMP, 3600.0, (1, LAMP))


def _unit(address: int, document: str, poll_s: float, device: tuple[int | None, str]) -> UnitSpec:
    profile = parse_profile("p", document)
    return UnitSpec(
        id=f"u{address}",
        address=address,
        profile=profile,
        poll_s=poll_s,
        safe_after_s=None,
        safe_pct=80.0,
        devices=(device,),
    )


class Samples:
    """A sink that keeps when each unit was read, and how many values were not what the unit holds."""

    def __init__(self) -> None:
        self.moments_s: defaultdict[str, list[float]] = defaultdict(list)
        self.wrong = 0
        self.events: Counter[str] = Counter()

    def reading(self, key: str, reading: Reading) -> None:
        """Judge a value, and note the sample by the last register of its unit."""
        device, _, name = key.partition("/sample/")
        if reading.quality is not Quality.GOOD or device == LAMP or not name:
            return
        self.wrong += reading.value != 256 * int(device[1:]) + ord(name) - ord("a")
        if name == chr(ord("a") + REGISTERS - 1):
            self.moments_s[device].append(reading.mono_s)

    def same(self, keys: tuple[str, ...], mono_s: float) -> None:
        """Note the sample."""
        self.moments_s[keys[0].partition("/")[0]].append(mono_s)

    def sent(self, device_id: str, level_pct: float, mono_s: float) -> None:
        """Nobody wants to know."""

    def event(self, name: str, **_: object) -> None:
        """Count it."""
        self.events[name] += 1
