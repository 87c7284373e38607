"""An authority and a certificate for 127.0.0.1, made by openssl."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def certificates(folder: Path) -> Path:
    """Make ca.pem, pole.pem and pole.key in a folder, and return it."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder.mkdir(exist_ok=True)
    run(folder, "req", "-x509", *KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=street")
    run(folder, "req", *KEY, "-keyout", "pole.key", "-out", "pole.csr", "-subj", "/CN=pole",
        "-addext", "subjectAltName=IP:127.0.0.1")  # fmt: skip
    run(folder, "x509", "-req", "-in", "pole.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
        "-days", "2", "-copy_extensions", "copy", "-out", "pole.pem")  # fmt: skip
    return folder


def run(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
