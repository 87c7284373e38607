"""The commands of `gadelys ble`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

import click

from agent.cli.options import Commands, json_option, seconds_option


@click.group(cls=Commands)
def ble() -> None:
    """Look at Bluetooth beacons: iBeacon and Eddystone."""


@ble.command()
@click.argument("hexadecimal", metavar="HEX…", nargs=-1, required=True)
@json_option
def decode(hexadecimal: tuple[str, ...], as_json: bool) -> int:
    """Say what an advert says. HEX: its bytes as they are printed by btmon or hcidump, spaces and colons or none.

    An event of the controller (04 3E …) is known too. Exits with 1 if it is no beacon.

    Example: gadelys ble decode 0201061AFF4C000215FDA50693A4E24FB1AFCFC6EB0764782527114E20C5
    """
    from agent.cli.ble.decode import decode as run_decode  # noqa: PLC0415

    return run_decode(" ".join(hexadecimal), as_json=as_json)


@ble.command()
@click.option("--adapter", default="hci0", show_default=True, metavar="NAME", help="By its name in Linux.")
@click.option("--all", "everybody", is_flag=True, help="What is no beacon too.")
@json_option
@seconds_option
def scan(adapter: str, everybody: bool, as_json: bool, seconds: float | None) -> int:
    """Print the beacons that are heard, a line when one is new or says something else, until Ctrl-C. Through BlueZ.

    Exits with 1 if none was heard.

    Example: gadelys ble scan --seconds 10
    """
    from agent.cli.ble.scan import scan as run_scan  # noqa: PLC0415

    return run_scan(adapter, everybody=everybody, as_json=as_json, seconds=seconds)
