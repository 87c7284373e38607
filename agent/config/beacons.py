"""The reader of beacons: those that this controller is, and those that it listens for. Pure."""

from __future__ import annotations

from agent.config.records import Beacon
from agent.config.table import Table
from drivers.ble.encoding import HIGHEST_DBM, LOWEST_DBM, NotSo, payload
from drivers.ble.records import EddystoneUid, EddystoneUrl, IBeacon, Named

FORMS = ("ibeacon", "eddystone-uid", "eddystone-url")
_NAMES = {
    "ibeacon": ("uuid", "major", "minor"),
    "eddystone-uid": ("namespace", "instance"),
    "eddystone-url": ("url",),
}
_TEXTS = {
    "uuid": 'a UUID such as "2f234454-cf6d-4a0f-adf2-f4911ba9ffa6"',
    "namespace": "20 hexadecimal digits",
    "instance": "12 hexadecimal digits",
    "url": "an address of the web",
}
OPTIONS = ("advert", "hears", "power_dbm", "interval_ms", "silent_after_s", *_TEXTS, "major", "minor")

_HARMLESS = IBeacon("00000000-0000-0000-0000-000000000000", 0, 0, 0)  # after a mistake that has been noted


def read_beacon(table: Table) -> Beacon:
    """Read what makes a device a beacon."""
    heard = "hears" in table
    way = "hears" if heard else "advert"
    form = table.choice(way, FORMS)
    for key in ("advert", "power_dbm", "interval_ms") if heard else ("silent_after_s",):
        table.needless(key, f"with {way}")
    for key in (*_TEXTS, "major", "minor"):
        if key not in _NAMES[form]:
            table.needless(key, f'with {way} = "{form}"')
    return Beacon(
        says=_says(table, form, heard=heard),
        heard=heard,
        interval_ms=0 if heard else table.whole("interval_ms", 100, 10_000, 500),
        silent_after_s=table.number("silent_after_s", 30, 86_400, 60) if heard else 0.0,
    )


def _says(table: Table, form: str, *, heard: bool) -> Named:
    power_dbm = 0 if heard else table.whole("power_dbm", LOWEST_DBM, HIGHEST_DBM)
    texts = {key: table.text(key, says) for key, says in _TEXTS.items() if key in _NAMES[form]}
    says: Named
    match form:
        case "eddystone-uid":
            says = EddystoneUid(texts["namespace"], texts["instance"], power_dbm)
        case "eddystone-url":
            says = EddystoneUrl(texts["url"], power_dbm)
        case _:
            major, minor = table.whole("major", 0, 0xFFFF), table.whole("minor", 0, 0xFFFF)
            says = IBeacon(texts["uuid"], major, minor, power_dbm)
    try:
        payload(says)
    except NotSo as error:
        if table.sound(error.part):
            table.wrong(error.part, error.expected)
        return _HARMLESS
    return says
