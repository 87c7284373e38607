"""What beacons say, as lines and as data. Pure."""

from __future__ import annotations

from agent.cli.text import Line, Span, line
from drivers.ble.records import (
    Beacon,
    EddystoneEid,
    EddystoneTlm,
    EddystoneUid,
    EddystoneUrl,
    IBeacon,
    Wrong,
    distance_m,
    power_at_1_m_dbm,
)


def said(beacon: Beacon | Wrong) -> Line:
    """Return what a beacon says, as a line."""
    match beacon:
        case IBeacon():
            text = f"{beacon.uuid}  major {beacon.major}  minor {beacon.minor}  {beacon.power_dbm} dBm at 1 m"
            return line(Span("iBeacon", "bold"), f"  {text}")
        case EddystoneUid():
            text = f"{beacon.namespace} {beacon.instance}  {beacon.power_dbm} dBm at 0 m"
            return line(Span("Eddystone-UID", "bold"), f"  {text}")
        case EddystoneUrl():
            return line(Span("Eddystone-URL", "bold"), f"  {beacon.url}  {beacon.power_dbm} dBm at 0 m")
        case EddystoneEid():
            return line(Span("Eddystone-EID", "bold"), f"  {beacon.id}  {beacon.power_dbm} dBm at 0 m")
        case EddystoneTlm():
            return line(Span("Eddystone-TLM", "bold"), f"  {_telemetry(beacon)}")
        case Wrong():
            return line(Span("no beacon", "bad"), f"  {beacon.reason}")


def _telemetry(beacon: EddystoneTlm) -> str:
    parts = [
        "no battery told" if beacon.battery_mv is None else f"{beacon.battery_mv / 1000:.2f} V",
        "no temperature told" if beacon.temperature_cel is None else f"{beacon.temperature_cel:.1f} °C",
        f"{beacon.adv_count} adverts in {beacon.uptime_s:.0f} s",
    ]
    return ", ".join(parts)


def how_far(beacon: Beacon | Wrong, rssi_dbm: int | None) -> str:
    """Return how strong and how far, roughly; nothing where that is not told."""
    if rssi_dbm is None:
        return ""
    power_dbm = None if isinstance(beacon, Wrong) else power_at_1_m_dbm(beacon)
    if power_dbm is None:
        return f"{rssi_dbm} dBm"
    far_m = distance_m(power_dbm, rssi_dbm)
    return f"{rssi_dbm} dBm, some {far_m:.1f} m" if far_m < 10 else f"{rssi_dbm} dBm, some {far_m:.0f} m"
