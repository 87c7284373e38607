"""The reader of [monitoring]: limits of the lamps' alarms, and the meter that they share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agent.config.records import Config, Monitoring
from agent.config.table import Table
from drivers.toml_words import did_you_mean

NO_METER = "none"
_METER = f'the name of a [device.…] of kind = "meter", or "{NO_METER}"'


def read_monitoring(table: Table, folder: Path) -> Monitoring:
    """Read the table; what it says of others is checked by `check_monitoring`."""
    return Monitoring(
        kept=folder / table.text("kept", "a path", "/var/lib/gadelys/lamps.json"),
        meter=table.text("meter", _METER) if "meter" in table else None,
        day_burner_s=table.number("day_burner_s", 1, 86400, 1800),
        failure_power_pct=table.number("failure_power_pct", 5, 90, 50),
        failure_level_pct=table.number("failure_level_pct", 1, 100, 30),
        failure_after_s=table.number("failure_after_s", 1, 86400, 300),
        cycling_changes=table.whole("cycling_changes", 2, 100, 5),
        cycling_within_s=table.number("cycling_within_s", 10, 86400, 600),
        hot_cel=table.number("hot_cel", 40, 150, 85),
        clear_after_s=table.number("clear_after_s", 1, 3600, 60),
    )


def check_monitoring(config: Config, tables: Mapping[tuple[str, ...], Table]) -> None:
    """Note what is wrong between the table and the devices."""
    table = tables["monitoring",]
    meter = config.monitoring.meter
    if meter is None or not table.sound("meter"):
        return
    meters = [device.id for device in config.devices if device.kind == "meter"]
    if meter not in {NO_METER, *meters}:
        table.wrong("meter", _METER + did_you_mean(meter, meters))
    for device in config.devices:
        if device.meter == meter:
            table.wrong("meter", f"one that measures more than {device.id}")


def shared_meter(config: Config) -> str | None:
    """Return the device that measures all lamps: the one that is named, else the only meter that reads power."""
    if config.monitoring.meter is not None:
        return None if config.monitoring.meter == NO_METER else config.monitoring.meter
    own = {device.meter for device in config.devices}
    meters = [
        device.id for device in config.devices if device.kind == "meter" and device.pin is None and device.id not in own
    ]
    return meters[0] if len(meters) == 1 else None
