"""The commands of `gadelys ble`. Only names and options here; what a command needs is imported when it runs."""

from __future__ import annotations

import click

from agent.cli.options import Commands, json_option, seconds_option


@click.group(cls=Commands)
def ble() -> None:
    """Look at beacons over Bluetooth Low Energy: those around, and what an advert says."""


@ble.command(context_settings={"ignore_unknown_options": True})
@click.argument("pasted", metavar="HEX…", nargs=-1, required=True)
@json_option
def decode(pasted: tuple[str, ...], as_json: bool) -> int:
    """Take apart an advert, or a controller's event as hcidump and btmon show it. Exits with 1 if it is no beacon.

    \b
    Example: gadelys ble decode 02 01 06 03 03 AA FE 13 16 AA FE 10 EE 03 67 6F 6F 2E 67 6C 2F 41 71 31 38 7A 46
    """
    from agent.cli.ble.decode import decode as run_decode  # noqa: PLC0415

    return run_decode(pasted, as_json=as_json)


@ble.command()
@click.option("--adapter", default="hci0", metavar="NAME", help="The adapter, by its name in Linux.  [default: hci0]")
@click.option("--all", "everybody", is_flag=True, help="What is no beacon too.")
@json_option
@seconds_option
def scan(adapter: str, everybody: bool, as_json: bool, seconds: float | None) -> int:
    """List the beacons that are heard, through BlueZ, until Ctrl-C. No agent is needed.

    How far away one is, is an order of magnitude. With --json each advert of a beacon is a line. Exits with 1 if no beacon
    was heard, with 3 if there is no BlueZ.

    \b
    Examples: gadelys ble scan
              gadelys ble scan --seconds 60 --json
    """
    from agent.cli.ble.scan import scan as run_scan  # noqa: PLC0415

    return run_scan(adapter, seconds, everybody=everybody, as_json=as_json)
