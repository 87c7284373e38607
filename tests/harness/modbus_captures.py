"""Recorded Modbus TCP traffic, as frames in the order in which they came."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("GADELYS_DATA") or ROOT.parent / "shared" / "data") / "modbus-tcp"


class Segment(msgspec.Struct, frozen=True):
    """What one TCP segment carried, and on which way of which connection."""

    way: tuple[str, str]
    request: bool
    payload: bytes


def segments(name: str) -> Iterator[Segment]:
    """Yield what was captured, without what was sent again."""
    seen: set[tuple[tuple[str, str], str, str]] = set()
    with gzip.open(FOLDER / f"{name}.payloads.csv.gz", "rt", encoding="ascii") as file:
        for row in csv.DictReader(file):
            way = (f"{row['src_ip']}:{row['src_port']}", f"{row['dst_ip']}:{row['dst_port']}")
            mark = (way, row["tcp_seq"], row["payload_hex"])
            if mark not in seen:
                seen.add(mark)
                yield Segment(way, row["direction"] == "request", bytes.fromhex(row["payload_hex"]))
