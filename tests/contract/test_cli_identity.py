"""`gadelys enrol` and `gadelys authority`: bad input changes nothing, and one line names the place and what helps."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from agent.identity import enrolment
from agent.identity.code import made_of
from city import GROUP, City
from command_line import CommandLine

BARE = """[controller]
id = "pole-7"
group = "albertslund"
latitude = 55.6
longitude = 12.3
time_zone = "Europe/Copenhagen"
clock = "rtc"
[gpio]
[device.lum-1]
kind = "luminaire"
gpio = 17
drive = "switch"
position_m = 0
[uplink]
host = "broker.example"
"""


@pytest.fixture
def gadelys(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    monkeypatch.chdir(tmp_path)
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return City(tmp_path_factory.mktemp("city"))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "pole.toml").write_text(
        BARE + '[uplink.tls]\nca = "id/ca.pem"\ncertificate = "id/identity.pem"\n', encoding="utf-8"
    )
    return tmp_path / "pole.toml"


def code(city: City, node: str = "pole-7") -> str:
    return city.authority.invite(GROUP, node, timedelta(days=1))[0]


def tree(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("", "expected a table [uplink.tls], found none"),
        ('[uplink.tls]\nkey = "id/key.pem"\n', "expected [uplink.tls] without key"),
        ('[uplink.tls]\ncertificate = "no/where/identity.pem"\n', "expected a folder, which the service makes"),
    ],
)
def test_a_configuration_that_does_not_fit(gadelys: CommandLine, tmp_path: Path, more: str, says: str) -> None:
    (tmp_path / "pole.toml").write_text(BARE + more, encoding="utf-8")
    before = tree(tmp_path)
    done, _, said = gadelys("enrol", "request", "--config", "pole.toml", "--code", made_of(bytes(7)))
    assert done == 1
    assert says in said
    assert tree(tmp_path) == before


def test_a_configuration_with_mistakes(gadelys: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "pole.toml").write_text(BARE + "[uplink.tls]\nwarn_days = 999\ncert = 1\n", encoding="utf-8")
    done, _, said = gadelys("enrol", "show", "--config", "pole.toml")
    assert done == 2
    assert "uplink.tls.warn_days: expected a number from 0 to 365, found 999" in said
    assert "uplink.tls.cert: expected one of ca, certificate, crl, key, warn_days" in said


@pytest.mark.parametrize("word", [("show",), ("renew",)])
def test_no_identity_yet(gadelys: CommandLine, config: Path, word: tuple[str, ...]) -> None:
    done, out, said = gadelys("enrol", *word, "--config", config)
    assert (done, out) == (1, "")
    assert f"{config.parent / 'id' / 'identity.pem'}: no such file or directory" in said


@pytest.mark.parametrize("typed", ["", "K7QF", "K7QF-2M9X-HT4R", "æ" * 12])
def test_codes_that_are_none(gadelys: CommandLine, config: Path, typed: str) -> None:
    before = tree(config.parent)
    done, _, said = gadelys("enrol", "request", "--config", config, "--code", typed)
    assert done == 1
    assert "expected a code of twelve" in said or "the code is mistyped" in said
    assert tree(config.parent) == before


def test_the_whole_way_in_json(gadelys: CommandLine, city: City, config: Path) -> None:
    own = ("--dir", city.folder / "authority")
    invited = json.loads(gadelys("authority", "invite", "pole-7", "--group", GROUP, "--json", *own)[1])
    assert (invited["group"], invited["node"]) == (GROUP, "pole-7")
    assert gadelys("enrol", "request", "--config", config, "--code", invited["code"])[0] == 0
    assert gadelys("authority", "sign", "pole-7.request", *own)[0] == 0
    assert gadelys("enrol", "install", "pole-7.request", "--config", config)[0] == 1
    assert gadelys("enrol", "install", "pole-7.answer", "--config", config)[0] == 0
    shown = json.loads(gadelys("enrol", "show", "--config", config, "--json")[1])
    assert (shown["name"], shown["organisation"], shown["pending"]) == ("pole-7", GROUP, False)
    listed = json.loads(gadelys("authority", "list", "--json", *own)[1])
    assert [one["serial"] for one in listed if one["name"] == "pole-7"] == [shown["serial"]]
    done, out, said = gadelys("authority", "sign", "pole-7.answer", *own)
    assert (done, out) == (1, "")
    assert "found the answer of albertslund/pole-7" in said


@pytest.mark.parametrize(
    ("words", "exit_code", "says"),
    [
        (("invite", "pole/7", "--group", GROUP), 2, "NODE: expected 1 to 64 of"),
        (("invite", "pole-7", "--group", ".."), 2, "--group: expected 1 to 64 of"),
        (("sign", "none.request"), 1, "none.request: no such file or directory"),
        (("sign", "pole.toml"), 1, "expected a file that `gadelys enrol request` has written, found something else"),
        (("issue", "..", "--role", "broker"), 2, "NAME: expected 1 to 64 of"),
        (
            ("issue", "b", "--role", "broker", "--address", "a, DNS:evil"),
            2,
            "--address: expected a host's name or address",
        ),
        (("revoke", "nobody"), 1, 'no certificate of "nobody" holds'),
    ],
)
def test_what_the_authority_refuses(
    gadelys: CommandLine, city: City, config: Path, words: tuple[str, ...], exit_code: int, says: str
) -> None:
    assert config.is_file()
    before = tree(city.folder)
    done, out, said = gadelys("authority", *words, "--dir", city.folder / "authority")
    assert (done, out) == (exit_code, "")
    assert says in said
    assert tree(city.folder) == before


def test_authorities_that_are_none(gadelys: CommandLine, tmp_path: Path) -> None:
    assert "Make one: gadelys authority init" in gadelys("authority", "list", "--dir", tmp_path / "none")[2]
    (tmp_path / "short").write_text("short\n")
    done, _, said = gadelys("authority", "init", "made", "--city", "A", "--passphrase-file", "short")
    assert done == 2
    assert "expected a passphrase of 12 characters or more" in said
    assert not (tmp_path / "made").exists()
    done, _, said = gadelys("authority", "init", tmp_path, "--city", "A", "--unlocked")
    assert done == 1
    assert "expected a folder that is new or empty" in said


def test_an_answer_for_another_pole(gadelys: CommandLine, city: City, config: Path) -> None:
    beside = city.board("pole-8")
    request = enrolment.request(beside, code(city, "pole-8"))
    (config.parent / "pole-8.request").write_text(request)
    assert gadelys("authority", "sign", "pole-8.request", "--dir", city.folder / "authority")[0] == 0
    done, _, said = gadelys("enrol", "install", "pole-8.answer", "--config", config)
    assert done == 1
    assert "the answer is for albertslund/pole-8, and this is albertslund/pole-7" in said
    assert not (config.parent / "id" / "identity.pem").exists()
