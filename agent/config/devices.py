"""The reader of devices: what the city sees, and what carries it: a unit, an instrument or a pin. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from agent.config.beacons import OPTIONS as BEACON_OPTIONS
from agent.config.beacons import read_beacon
from agent.config.records import Beacon, Config, Device, Instrument, Pin, Unit
from agent.config.table import Table
from drivers.ble.records import named
from drivers.profile import KINDS as PROFILE_KINDS
from drivers.toml_words import did_you_mean

KINDS = (*PROFILE_KINDS, "vehicles", "location", "contact", "beacon")
_PIN_KINDS = ("presence", "contact", "luminaire", "meter", "weather")
_COUNTED = {"meter": "pulses_per_kwh", "weather": "mm_per_pulse"}

_GEAR_OPTIONS = ("curve", "minimum_pct", "lumen_maintenance")
_HEAD_OPTIONS = ("occupied_below_m", "empty_m", "full_m")
_MAINTENANCE = "pairs [hours, share of the first light]: hours from 0 rising, shares from 1 falling, more than 0"

# The options that not every device has: by kind, and by kind of those on a pin.
_KIND_OPTIONS = {
    "luminaire": ("position_m", "nominal_w", "meter", *_GEAR_OPTIONS),
    "presence": ("position_m",),
    "vehicles": ("position_m", "looks"),
    "distance": _HEAD_OPTIONS,
    "beacon": BEACON_OPTIONS,
}
_PIN_OPTIONS = {
    "luminaire": ("active", "drive", "pwm_hz", "feedback_gpio", "feedback_active"),
    "presence": ("active", "pull", "debounce_ms", "hold_s"),
    "contact": ("active", "pull", "debounce_ms"),
    "meter": ("active", "pull", "debounce_ms", "pulses_per_kwh"),
    "weather": ("active", "pull", "debounce_ms", "mm_per_pulse"),
}
_OPTIONS = {"gpio", "instrument"}.union(*_KIND_OPTIONS.values(), *_PIN_OPTIONS.values())
_INSTRUMENT_KINDS = ("presence", "vehicles", "distance", "air", "location")
_METER = 'the name of a [device.…] of kind = "meter"'
_PLACED_KINDS = ("luminaire", "presence", "vehicles")

_Carrier = TypeVar("_Carrier")

Tables = Mapping[tuple[str, ...], Table]


class Carrier(Protocol):
    """What must be known of a unit's profile."""

    @property
    def kinds(self) -> Sequence[str]: ...
    @property
    def channels(self) -> int: ...


def read_device(table: Table) -> Device:
    """Read one device; what it says of others is checked by `check_devices`."""
    kind = table.choice("kind", KINDS)
    on_pin = "gpio" in table and kind in _PIN_KINDS
    on_instrument = "instrument" in table and kind in _INSTRUMENT_KINDS and not on_pin
    _needless(table, kind, on_pin=on_pin, on_instrument=on_instrument)
    is_beacon = kind == "beacon"
    on_unit = not (on_pin or on_instrument or is_beacon)
    placed = kind in _PLACED_KINDS
    return Device(
        id=table.path[-1],
        kind=kind,
        unit=table.text("unit", _way(kind)) if on_unit else None,
        channel=table.whole("channel", 1, 64) if "channel" in table and on_unit else None,
        instrument=table.text("instrument", "the name of an [instrument.…]") if on_instrument else None,
        pin=_pin(table, kind) if on_pin else None,
        beacon=read_beacon(table) if is_beacon else None,
        hold_s=table.number("hold_s", 0, 600, 5) if on_pin and kind == "presence" else 0.0,
        position_m=table.number("position_m", -100_000, 100_000) if placed else None,
        nominal_w=table.number("nominal_w", 1, 2000, 60) if kind == "luminaire" else 0.0,
        looks=table.choice("looks", ("up", "down")) if kind == "vehicles" else None,
        meter=table.text("meter", _METER) if kind == "luminaire" and "meter" in table else None,
        **(_gear(table) if kind == "luminaire" and on_unit else _head(table) if kind == "distance" else {}),
    )


def _head(table: Table) -> dict[str, float]:
    """Read what a distance head looks at: nothing that it says, a bay, or a container."""
    said = [key for key in _HEAD_OPTIONS if key in table]
    if "occupied_below_m" in said:
        for key in _HEAD_OPTIONS[1:]:
            table.needless(key, "with occupied_below_m: a head looks at a bay or into a container")
        return {"occupied_below_m": table.number("occupied_below_m", 0.05, 50)}
    if not said:
        return {}
    empty_m, full_m = table.number("empty_m", 0.05, 50), table.number("full_m", 0, 50)
    if table.sound("empty_m") and table.sound("full_m") and full_m >= empty_m:
        table.wrong("full_m", f"less than empty_m ({empty_m:g})")
    return {"empty_m": empty_m, "full_m": full_m}


def _gear(table: Table) -> dict[str, Any]:
    """Read what a luminaire on a unit says of its driver."""
    points: tuple[tuple[float, float], ...] = ()
    if "lumen_maintenance" in table:
        points = table.pairs("lumen_maintenance", 0, 1e6, _MAINTENANCE)
        rises = all(before[0] < after[0] for before, after in pairwise(points))
        falls = all(before[1] >= after[1] > 0 for before, after in pairwise(points))
        if table.sound("lumen_maintenance") and not (points[0] == (0.0, 1.0) and rises and falls):
            table.wrong("lumen_maintenance", _MAINTENANCE)
    return {
        "curve": table.choice("curve", ("linear", "dali")) if "curve" in table else None,
        "minimum_pct": table.number("minimum_pct", 0, 20, 0),
        "lumen_maintenance": points if table.sound("lumen_maintenance") else (),
    }


def _pin(table: Table, kind: str) -> Pin:
    """Read what a device on a pin says of it."""
    number = table.whole("gpio", 0, 53)
    if kind == "luminaire":
        drive = table.choice("drive", ("switch", "pwm"))
        if drive == "switch":
            table.needless("pwm_hz", 'with drive = "switch"')
        feedback = table.whole("feedback_gpio", 0, 53) if "feedback_gpio" in table else None
        if feedback is None:
            table.needless("feedback_active", "without feedback_gpio")
        return Pin(
            number=number,
            active_high=table.choice("active", ("high", "low"), "high") == "high",
            drive=drive,
            pwm_hz=table.number("pwm_hz", 50, 2000, 500) if drive == "pwm" else 0.0,
            feedback=feedback,
            feedback_active_high=feedback is not None
            and table.choice("feedback_active", ("high", "low"), "low") == "high",
        )
    counted = _COUNTED.get(kind)
    per_pulse = 0.0
    if counted == "pulses_per_kwh":
        per_pulse = 1000 / table.number(counted, 1, 100_000)
    elif counted == "mm_per_pulse":
        per_pulse = table.number(counted, 0.01, 10)
    return Pin(
        number=number,
        pull=table.choice("pull", ("none", "up", "down"), "up" if counted else "none"),
        active_high=table.choice("active", ("high", "low"), "low" if counted else "high") == "high",
        debounce_s=table.whole("debounce_ms", 0, 5000, 5 if counted else 50) / 1000,
        per_pulse=per_pulse,
    )


def _needless(table: Table, kind: str, *, on_pin: bool, on_instrument: bool) -> None:
    """Note options that are not for such a device."""
    carried_by = "gpio" if on_pin else "instrument" if on_instrument else None
    for key in ("unit", "channel", "instrument") if carried_by else ():
        if key != carried_by:
            table.needless(key, f"beside {carried_by}")
    for key in _GEAR_OPTIONS if on_pin and kind == "luminaire" else ():
        table.needless(key, "for a lamp on a pin")
    for key in ("unit", "channel") if kind == "beacon" else ():
        table.needless(key, f'for kind = "{kind}"')
    ours = {*_KIND_OPTIONS.get(kind, ()), *(_PIN_OPTIONS.get(kind, ()) if on_pin else ())}
    ours |= {"gpio"} if kind in _PIN_KINDS else set()
    ours |= {"instrument"} if kind in _INSTRUMENT_KINDS else set()
    for key in sorted(_OPTIONS - ours):
        without_pin = key in _PIN_OPTIONS.get(kind, ()) and not on_pin
        table.needless(key, f'for kind = "{kind}"' + (" without gpio" if without_pin else ""))


def _way(kind: str) -> str:
    ways = ["the name of a [unit.…]"]
    ways += ["instrument instead"] if kind in _INSTRUMENT_KINDS else []
    ways += ["gpio instead"] if kind in _PIN_KINDS else []
    return ", or ".join(ways)


def check_devices(root: Table, config: Config, tables: Tables, profiles: Mapping[str, Carrier]) -> None:
    """Note what is wrong between devices and what carries them."""
    _Devices(root, config, tables, profiles).check()


class _Devices:
    def __init__(self, root: Table, config: Config, tables: Tables, profiles: Mapping[str, Carrier]) -> None:
        self._root = root
        self._config = config
        self._tables = tables
        self._profiles = profiles
        self._taken: dict[tuple[Any, ...], str] = {}

    def check(self) -> None:
        config, root = self._config, self._root
        meters = [device.id for device in config.devices if device.kind == "meter"]
        units = {unit.id: unit for unit in config.units}
        instruments = {instrument.id: instrument for instrument in config.instruments}
        for device in config.devices:
            table = self._tables["device", device.id]
            if device.meter is not None:
                self._metered(table, device, device.meter, meters)
            if device.pin is not None:
                self._on_pin(table, device.pin, device.id)
            elif device.beacon is not None:
                self._on_air(table, device.beacon, device.id)
            elif device.instrument is not None:
                if (instrument := _named(table, "instrument", device.instrument, instruments)) is not None:
                    self._on_instrument(table, device, instrument)
            elif device.unit is not None and (unit := _named(table, "unit", device.unit, units)) is not None:
                self._on_unit(table, device, unit)
        self._idle("unit", units, {device.unit for device in config.devices})
        self._idle("instrument", instruments, {device.instrument for device in config.devices})
        if config.ble is not None and not any(device.beacon for device in config.devices):
            root.wrong_at(("ble",), 'a [device.…] of kind = "beacon"', "none")
        if not any(device.kind == "luminaire" for device in config.devices):
            root.wrong_at(("device",), 'at least one device of kind = "luminaire"', "none")

    def _metered(self, table: Table, device: Device, meter: str, meters: Sequence[str]) -> None:
        """Check the meter that measures one luminaire alone."""
        if table.sound("meter") and meter not in meters:
            table.wrong("meter", _METER + did_you_mean(meter, meters))
        other = self._taken.setdefault(("meter", meter), device.id)
        if other != device.id:
            table.wrong("meter", f"one that {other} does not have")

    def _idle(self, what: str, names: Iterable[str], carrying: Container[str | None]) -> None:
        """Note what carries no device."""
        for name in names:
            if name not in carrying:
                self._root.wrong_at((what, name), f"a [device.…] on this {what}", "none")

    def _on_pin(self, table: Table, pin: Pin, device: str) -> None:
        for key, number in (("gpio", pin.number), ("feedback_gpio", pin.feedback)):
            if number is None or not table.sound(key):
                continue
            other = self._taken.setdefault(("gpio", number), f"{device}'s {key}")
            if other != f"{device}'s {key}":
                table.wrong(key, f"a pin of its own ({other.partition(chr(39))[0]} has it)")
        if self._config.gpio is None:
            table.wrong("gpio", "a table [gpio] that says which chip has the pins", "none")

    def _on_air(self, table: Table, beacon: Beacon, device: str) -> None:
        way = "hears" if beacon.heard else "advert"
        if self._config.ble is None and table.sound(way):
            table.wrong(way, "a table [ble] that says which adapter sends and hears", "none")
        other = self._taken.setdefault((way, *named(beacon.says)), device)
        if table.sound(way) and other != device:
            table.wrong(way, f"another beacon than {other}")

    def _on_instrument(self, table: Table, device: Device, instrument: Instrument) -> None:
        """Check a device against the model of the instrument that carries it."""
        kinds = instrument.kinds
        if kinds and table.sound("kind") and device.kind not in kinds:
            table.wrong("kind", f"{' or '.join(kinds)}, which is what {instrument.model} serves")
        other = self._taken.setdefault(("instrument", instrument.id, device.kind), device.id)
        if other != device.id:
            table.wrong("instrument", f"one that {other} does not have")

    def _on_unit(self, table: Table, device: Device, unit: Unit) -> None:
        """Check a device against the profile of the unit that carries it."""
        profile = self._profiles.get(unit.id)
        if profile is None:
            return
        if table.sound("kind") and device.kind not in profile.kinds:
            table.wrong("kind", f"{' or '.join(profile.kinds)}, which is what {unit.profile} serves")
        says = f"a channel from 1 to {profile.channels} of {unit.profile}"
        if profile.channels == 0 and device.channel is not None:
            table.wrong("channel", f"none: {unit.profile} has no channels")
        elif profile.channels and device.channel is None:
            table.wrong("channel", says, "nothing")
        elif device.channel is not None and device.channel > profile.channels and table.sound("channel"):
            table.wrong("channel", says)
        other = self._taken.setdefault(("unit", unit.id, device.channel), device.id)
        if other != device.id:
            table.wrong("channel" if profile.channels else "unit", f"one that {other} does not have")


def _named(table: Table, key: str, name: str, known: Mapping[str, _Carrier]) -> _Carrier | None:
    """Return what a device says that it is on; none, after noting the mistake, if there is no such one."""
    if table.sound(key) and name not in known:
        article = "an" if key == "instrument" else "a"
        table.wrong(key, f"the name of {article} [{key}.…]{did_you_mean(name, known)}")
    return known.get(name)
