"""The fleet's own file: what it says, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli.fleet.source import load_plan
from agent.cli.trouble import MISUSED, Trouble
from agent.fleet.plan import HOUR_MS, Pole

ROOT = Path(__file__).resolve().parents[2]
HEAD = '[fleet]\ntime_zone = "Europe/Copenhagen"\n'
STREET = '[street.a]\nlamps = ["g/n/lum-*"]\n'


def mistakes(folder: Path, text: str) -> str:
    path = folder / "fleet.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Trouble) as trouble:
        load_plan(path)
    assert trouble.value.code == MISUSED
    return str(trouble.value).replace(f"{path}:", "")


def test_a_whole_file(tmp_path: Path) -> None:
    (tmp_path / "co2.csv").write_text("time_utc,dk2\n2026-10-01T00:00:00Z,50\n2026-10-01T00:30:00Z,70\n")
    (tmp_path / "poles.csv").write_text('device,pole,position,part\ng/n/lum-01,A-01,"55.1, 12.2",LED\n')
    path = tmp_path / "fleet.toml"
    path.write_text(
        f'{HEAD}price_per_kwh = 0.28\nco2_file = "co2.csv"\nco2_column = "dk2"\npoles = "poles.csv"\nhost_id = "city"\n'
        '[street.a]\ntitle = "Abels Alle"\nlamps = ["g/n/lum-*", "g/m-*/lum-1"]\nbaseline_w = 80\nbaseline_level_pct = 50\n'
    )
    plan = load_plan(path)
    assert (plan.host_id, plan.price_per_kwh, plan.currency) == ("city", 0.28, "EUR")
    assert plan.poles == {"g/n/lum-01": Pole("A-01", "55.1, 12.2", "LED")}
    (area,) = plan.areas
    assert area.baseline is not None
    assert (area.baseline.w, area.baseline.hours) == (40.0, None)
    assert (area.has("g/n/lum-9"), area.has("g/n/radar-1"), area.has_node("g/m-7"), area.has_node("h/n")) == (
        True, False, True, False,
    )  # fmt: skip
    assert (plan.area_of("g/n"), plan.area_of("h/n")) == ("Abels Alle", "h")
    assert plan.nodes() == [("g", "n")]
    hour = 1_790_812_800_000 // HOUR_MS
    assert (plan.carbon.at(hour), plan.carbon.at(hour + 1)) == (60.0, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fleet]\n", "1: fleet.time_zone: expected an IANA time zone"),
        ('[fleet]\ntime_zone = "Mars/Base"\n', "2: fleet.time_zone: expected an IANA time zone"),
        (HEAD + "price_per_kwh = -1\n", "3: fleet.price_per_kwh: expected a number from 0 to 1000, found -1"),
        (HEAD + 'co2_column = "x"\n', "3: fleet.co2_column: expected no such option without co2_file"),
        (HEAD + 'co2_file = "none.csv"\nco2_column = "x"\n', "3: fleet.co2_file: expected a CSV file"),
        (HEAD + 'poles = "none.csv"\n', "3: fleet.poles: expected a CSV file"),
        (HEAD + 'pols = "x"\n', "3: fleet.pols: expected one of "),
        (HEAD + "[street.a]\n", "3: street.a.lamps: expected patterns of GROUP/NODE/DEVICE"),
        (HEAD + '[street.a]\nlamps = "lum-*"\n', "4: street.a.lamps: expected patterns of GROUP/NODE/DEVICE"),
        (HEAD + STREET + "baseline_level_pct = 10\n", "5: street.a.baseline_level_pct: expected no such option without"),
        (HEAD + STREET + "baseline_w = 1\nbaseline_hours = [1, 2]\n", "6: street.a.baseline_hours: expected twelve numbers"),
        (HEAD + STREET + 'meter = "m"\n', "5: street.a.meter: expected a meter, GROUP/NODE/DEVICE"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    assert said in mistakes(tmp_path, text)
    assert str(tmp_path) in mistakes(tmp_path, text) or said[0].isdigit()


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("poles.csv", "device,pole\n", "poles.csv:1: expected the columns device, pole, position, part"),
        ("poles.csv", "device,pole,position,part\nlum,1,2,3\n", "poles.csv:2: device: expected GROUP/NODE/DEVICE"),
        ("poles.csv", "device,pole,position,part\na/b/c,1,2,3\na/b/c,1,2,3\n", "poles.csv:3: device: a/b/c stands there twice"),
        ("co2.csv", "time_utc,x\nnow,3\n", "co2.csv:2: time_utc: expected such as"),
        ("co2.csv", "time_utc,x\n2026-10-01T00:00:00Z,much\n", "co2.csv:2: x: expected a number from 0 to 2000"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_table_beside_it_names_its_line(tmp_path: Path, name: str, rows: str, said: str) -> None:
    (tmp_path / name).write_text(rows)
    option = 'poles = "poles.csv"\n' if name == "poles.csv" else 'co2_file = "co2.csv"\nco2_column = "x"\n'
    assert said in mistakes(tmp_path, HEAD + option)


def test_no_file_and_no_toml(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="expected a fleet file that can be read"):
        load_plan(tmp_path / "none.toml")
    assert "1: expected TOML" in mistakes(tmp_path, "[fleet\n")
