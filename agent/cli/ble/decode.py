"""`gadelys ble decode`: an advert that was pasted, taken apart."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agent.cli import terminal
from agent.cli.ble import typed, words
from agent.cli.trouble import MISUSED, REFUSED, Trouble
from drivers.ble import hci
from drivers.ble.records import Wrong


def decode(pasted: Sequence[str], *, as_json: bool) -> int:
    """Print what an advert, or each advert of a controller's event, says; 1 if there is no beacon in it. Trouble."""
    try:
        data = typed.advert_bytes(pasted)
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    heard: Sequence[hci.Report | bytes] = [data]
    if hci.is_event(data):
        reports = hci.reports(data)
        if isinstance(reports, Wrong):
            raise Trouble(f"HEX: a controller's event, but {reports.reason}", REFUSED)
        heard = reports
    records = [words.record(one) for one in heard]
    if as_json:
        terminal.show_json(msgspec.json.encode(records))
    else:
        terminal.show(words.page(heard, terminal.width()))
    return 0 if any(record["beacons"] for record in records) else REFUSED
