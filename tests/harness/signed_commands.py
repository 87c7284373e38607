"""A platform that signs: keys and signatures by OpenSSL, what is signed written down from the documentation alone."""

from __future__ import annotations

import json
import struct
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

FLOAT, DOUBLE, STRING, SIGNATURE = 9, 10, 12, "command/signature"


def openssl(*words: object, given: bytes = b"") -> bytes:
    """Run openssl; what it prints."""
    done = subprocess.run(["openssl", *map(str, words)], input=given, capture_output=True, check=False, timeout=10)
    if done.returncode and b"rawin" in done.stderr:
        pytest.skip("this openssl does not sign with Ed25519")
    assert done.returncode == 0, done.stderr
    return done.stdout


class Signer:
    """An issuer with a key of its own."""

    def __init__(self, folder: Path, name: str = "operations") -> None:
        self.name = name
        self.file = folder / f"{name}.pem"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.file)
        lines = openssl("pkey", "-in", self.file, "-pubout").decode().splitlines()
        self.public = lines[1]
        self.counter = 0

    def table(self, more: str = "") -> str:
        """Return the issuer's table of a configuration."""
        return f'\n[uplink.issuer.{self.name}]\nkey = "{self.public}"\n{more}'

    def sign(self, said: bytes) -> str:
        """Return the base64 of a signature."""
        with tempfile.NamedTemporaryFile() as file:
            file.write(said)
            file.flush()
            raw = openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", file.name)
        return openssl("base64", "-A", given=raw).decode().strip()

    def envelope(
        self, topic: str, sent_ms: int, *metrics: tuple[str, int, Any], counter: int | None = None
    ) -> list[tuple[str, int, Any]]:
        """Return a command's metrics with issuer, counter, not-after and signature."""
        self.counter += 1
        whole = [
            *metrics,
            ("command/issuer", STRING, self.name),
            ("command/counter", 4, self.counter if counter is None else counter),
            ("command/not_after", 13, sent_ms + 20_000),
        ]
        return [*whole, (SIGNATURE, STRING, self.sign(said(topic, sent_ms, whole)))]


def said(topic: str, sent_ms: int, metrics: Iterable[tuple[str, int, Any]]) -> bytes:
    """Return what is signed, as docs/uplink.md tells it."""
    listed = [[name, str(kind), _value(kind, value)] for name, kind, value in sorted(metrics) if name != SIGNATURE]
    whole = ["gadelys-command-1", topic, str(sent_ms), *listed]
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def _value(kind: int, value: Any) -> str:
    if kind in {FLOAT, DOUBLE}:
        as_sent = struct.unpack("<f", struct.pack("<f", value))[0] if kind == FLOAT else value
        return struct.pack(">d", as_sent).hex()
    return str(value).lower() if isinstance(value, bool) else str(value)
