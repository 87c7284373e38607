"""The report's page as a browser shows and prints it: Chromium, where there is one."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from agent.cli.fleet import report_pages
from agent.fleet.report import Month, Report, StreetUse

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_STREET = StreetUse(
    title="Herstedøstervej, from Roskildevej to Trippendalsvej and back", lamps=120, metered_kwh=12_345.6, estimated_kwh=789.0,
    meter_kwh=13_200.0, baseline_kwh=40_000.0, saved_kwh=26_865.4, cost=3_677.69, saved_cost=7_522.31, co2_kg=919.4,
    saved_co2_kg=1_880.6, without_co2_kwh=0.0, hours=44_640.0, hours_missing=446.4, hours_spread=3.0, resets=1,
    silent=["g/n/l7"],
)  # fmt: skip
_MARKUP = msgspec.structs.replace(_STREET, title="<img src=x onerror=\"document.title='written to'\"> & Co")
_REPORT = Report(Month(2026, 10, 0, 5, 10), "EUR", 0.28, "70 g/kWh", (_STREET, _MARKUP, *[_STREET] * 60))
# What is wider than the window, and the text as it is seen, told by a page around it: the report itself has no scripts.
_AROUND = """<!doctype html><iframe id=f src="{page}" style="width:{width}px;height:900px;border:0"></iframe><pre id=out></pre>
<script>f.onload = () => {{
  const page = f.contentDocument, root = page.documentElement;
  const asked = f.contentWindow.performance.getEntriesByType('resource').length;
  const over = root.scrollWidth - root.clientWidth;
  out.textContent = `OVER ${{over}} TITLE ${{page.title}} ASKED ${{asked}} TEXT ${{page.body.innerText}}`;
}}</script>"""

pytestmark = pytest.mark.skipif(_CHROMIUM is None, reason="no Chromium here: apt-get install chromium")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    made = datetime(2026, 11, 1, tzinfo=UTC)
    (folder / "report.html").write_text(report_pages.html(_REPORT, made), encoding="utf-8")
    return folder


def chromium(folder: Path, *options: str) -> str:
    assert _CHROMIUM is not None
    words = (
        _CHROMIUM,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder / 'profile'}",
        *options,
    )
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60, cwd=folder).stdout


@pytest.mark.parametrize("width", [1200, 400])
def test_it_is_seen_whole_on_a_desk_and_on_a_telephone(folder: Path, width: int) -> None:
    (folder / "around.html").write_text(_AROUND.format(page="report.html", width=width), encoding="utf-8")
    options = ("--allow-file-access-from-files", "--virtual-time-budget=5000", "--dump-dom")
    seen = chromium(folder, *options, (folder / "around.html").as_uri())
    seen = seen[seen.rindex(">OVER ") + 1 :]
    assert seen.startswith("OVER 0 TITLE Street lighting, 2026-10 ASKED 0 ")
    assert "Herstedøstervej, from Roskildevej" in seen
    assert "&lt;img src=x onerror=" in seen  # as text
    assert "26 865.4" in seen


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext here: apt-get install poppler-utils")
def test_it_prints_on_a4_landscape_with_its_columns_named_on_each_page(folder: Path) -> None:
    chromium(folder, "--no-pdf-header-footer", "--print-to-pdf=report.pdf", (folder / "report.html").as_uri())
    size = subprocess.run(["pdfinfo", folder / "report.pdf"], check=True, capture_output=True, text=True).stdout
    assert "(A4)" in size
    assert "841." in size.split("Page size:")[1].split(" x ")[0]  # landscape: the wide side across
    words = ["pdftotext", "-layout", str(folder / "report.pdf"), "-"]
    pages = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split("\f")
    tables = [page for page in pages if "26 865.4" in page and "12 345.6" in page]
    assert len(tables) >= 2
    for page in tables:
        assert "estimated" in page.split("Herstedøstervej")[0]
        assert all("1 880.6" in row for row in page.splitlines() if "12 345.6" in row)  # the row ends on the paper
