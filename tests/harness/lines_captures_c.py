"""Check frames of ultrasonic heads and particulate counters: of makers' papers, of instruments, and wrong ones."""

from __future__ import annotations

from drivers.points import Value
from line_capture import Capture

_DISTANCE, _TEMPERATURE = "distance/sensor_value", "temperature/sensor_value"


def _sds(pm2_5: float, pm10: float) -> dict[str, Value | None]:
    return {"air/pm2_5": pm2_5, "air/pm10": pm10}


def _pms(masses: tuple[float, float, float], numbers: tuple[float, ...]) -> dict[str, Value | None]:
    told: dict[str, Value | None] = dict(zip(("air/pm1", "air/pm2_5", "air/pm10"), masses, strict=True))
    names = ("air/count_0_3", "air/count_0_5", "air/count_1", "air/count_2_5")
    return told | dict(zip(names, numbers or (None,) * 4, strict=True))


_PMS_1 = "42 4D 00 1C 00 02 00 0A 00 0A 00 02 00 0A 00 0A 02 46 00 AF 00 31 00 16 00 00 00 00 97 00 02 AC"
_PMS_2 = "42 4D 00 1C 00 29 00 3E 00 46 00 1F 00 2E 00 3C 19 EC 07 BF 01 69 00 36 00 08 00 00 91 00 04 E5"
_PMS_3 = "42 4D 00 1C 00 00 00 08 00 08 00 00 00 08 00 08 00 D2 00 46 00 2D 00 1E 00 00 00 00 97 00 02 C5"
_PMS_T = "42 4D 00 1C 00 17 00 27 00 29 00 16 00 23 00 29 10 08 04 A9 01 16 00 0C 00 D4 00 E0 9A 00 04 AA"
_PMS_20 = "42 4D 00 14 00 01 00 01 00 01 00 01 00 01 00 01 00 00 00 00 00 51 00 FA"
_PMS_20_CLEAN = "42 4D 00 14 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 51 00 F4"

CAPTURES = (
    Capture("the maker's", "a02", "FF 07 A1 A7", {_DISTANCE: 1.953}),
    Capture("wrong sum", "a02", "FF 07 A1 A8", None),
    Capture("wrong head", "a02", "FE 07 A1 A6", None),
    Capture("the maker's", "sen0754", "FF 07 A1 A7", {_DISTANCE: 1.953}),
    Capture("another head", "sen0754", "FF FF FE FC", {_DISTANCE: None}),
    Capture("no object", "sen0754", "FF FF FD FB", {_DISTANCE: None}),
    Capture("wrong sum", "sen0754", "FF FF FD FC", None),
    Capture("the maker's distance", "urm", "55 AA 11 02 02 12 34 5A", {_DISTANCE: 4.66}),
    Capture(
        "the maker's temperature",
        "urm",
        "55 AA 11 02 03 00 FF 14",
        {_TEMPERATURE: 25.5},
        before=("55 AA 11 02 02 12 34 5A",),
    ),
    Capture("a temperature that was not asked for", "urm", "55 AA 11 02 03 00 FF 14", {}),
    Capture("wrong sum", "urm", "55 AA 11 02 02 12 34 5B", None),
    Capture("the question", "urm", "55 AA 11 00 02 12", None),
    Capture("the maker's", "sds011", "AA C0 D4 04 3A 0A A1 60 1D AB", _sds(123.6, 261.8)),
    Capture("an instrument's", "sds011", "AA C0 F2 00 7E 01 56 51 18 AB", _sds(24.2, 38.2)),
    Capture("another's", "sds011", "AA C0 09 00 09 00 58 D9 43 AB", _sds(0.9, 0.9)),
    Capture("the maker's answer to a mode", "sds011", "AA C5 02 01 01 00 A1 60 05 AB", {}),
    Capture("an instrument's firmware", "sds011", "AA C5 07 12 0B 10 56 51 DB AB", {}),
    Capture("wrong sum", "sds011", "AA C0 D4 04 3A 0A A1 60 1E AB", None),
    Capture("wrong tail", "sds011", "AA C0 D4 04 3A 0A A1 60 1D AA", None),
    Capture("a PM100 counter's", "sds011", "AA CF 0E 00 10 00 E9 05 0C AB", None),
    Capture("the question", "sds011", "AA B4 04 00 00 00 00 00 00 00 00 00 00 00 00 FF FF 02 AB", None),
    Capture("an instrument's", "pms5003", _PMS_1, _pms((2, 10, 10), (5820, 1750, 490, 220))),
    Capture("another's", "pms5003", _PMS_2, _pms((31, 46, 60), (66360, 19830, 3610, 540))),
    Capture("clean air", "pms5003", _PMS_3, _pms((0, 8, 8), (2100, 700, 450, 300))),
    Capture("a PMS5003T's", "pms5003", _PMS_T, _pms((22, 35, 41), (41040, 11930, 2780, 120))),
    Capture("a PMS3003's", "pms5003", _PMS_20, _pms((1, 1, 1), ())),
    Capture("a PMS3003's in clean air", "pms5003", _PMS_20_CLEAN, _pms((0, 0, 0), ())),
    Capture("an answer to a mode", "pms5003", "42 4D 00 04 E1 00 01 74", {}),
    Capture("wrong sum", "pms5003", _PMS_1[:-2] + "AD", None),
    Capture("wrong length", "pms5003", _PMS_1.replace("00 1C", "00 1D", 1), None),
    Capture("wrong head", "pms5003", "42 4E" + _PMS_1[5:], None),
)
