"""`gadelys bus` and the methods `bus.*` on a street that runs: units answer between the polls, nothing is disturbed."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from running_street import Lines, Street, script


def gadelys(street: Street, *words: object) -> tuple[int, str, str]:
    done = subprocess.run(
        [script("gadelys"), *map(str, words)], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "GADELYS_SOCKET": str(street.folder / "api.sock"), "COLUMNS": "100"},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def ask(street: Street, unit: int, pdu: str, **params: object) -> dict[str, Any]:
    answer = street.call("bus.ask", bus="lamps", unit=unit, pdu=pdu, **params)
    result: dict[str, Any] = answer.get("result", answer)
    return result


def test_lines_are_as_they_are_configured(shared: Street) -> None:
    lamps, field = shared.call("bus.list")["result"]
    assert (lamps["id"], lamps["kind"], lamps["baud"], lamps["stop_bits"], lamps["up"]) == (
        "lamps",
        "rtu",
        19200,
        2,
        True,
    )
    assert Path(lamps["place"]) == shared.folder / "lamps"
    dimmer = lamps["units"][0]
    assert (dimmer["id"], dimmer["address"], dimmer["profile"]) == ("dimmer-1", 11, "wb-mao4")
    assert ["holding", 16, 16] in dimmer["written"]
    assert len(field["units"]) == 12


def test_a_question_is_answered_between_the_polls(shared: Street) -> None:
    before = shared.status()
    found = ask(shared, 11, "03 005a 0004".replace(" ", ""))
    assert found["outcome"] == "answer"
    assert len(found["data"]) == 16
    assert 0 < found["latency_ms"] < 100
    assert all(lamp["fault"] == "" for lamp in shared.status()["lamps"])
    assert before["buses"][0]["timeouts"] == shared.status()["buses"][0]["timeouts"]


def test_the_command_line_reads_what_the_agent_reads(shared: Street) -> None:
    code, out, err = gadelys(shared, "bus", "read", "lamps", "dimmer-1")
    assert (code, err) == (0, "")
    assert "as wb-mao4: Wiren Board WB-MAO4" in out
    said = {words[1]: float(words[2]) for row in out.splitlines()[2:] if (words := row.split())}
    confirmed = {
        lamp["channel"]: lamp["confirmed_pct"] for lamp in shared.lamps().values() if lamp["unit"] == "dimmer-1"
    }
    assert {channel: said[str(channel)] for channel in confirmed} == pytest.approx(confirmed, abs=10)  # they may fade
    code, out, err = gadelys(
        shared, "bus", "read", shared.folder / "field", "meter", "input:0", "--as", "float32", "--json"
    )
    assert code == 0
    assert json.loads(out)["values"][0]["value"] == pytest.approx(230, abs=15)


def test_what_cannot_be_is_refused_by_name(shared: Street) -> None:
    def refused(**params: object) -> str:
        error = shared.call("bus.ask", **{"bus": "lamps", "unit": 11, "pdu": "03005a0001", **params})["error"]
        return str(error["message"])

    assert refused(bus="attic") == "bus: there is no 'attic'; there are lamps, field"
    assert "$.unit" in refused(unit=256)
    assert refused(pdu="zz").startswith("pdu: ")
    assert "expected the PDU of a request" in refused(pdu="2b0f00")
    assert "expected the PDU of a request" in refused(pdu="03005a00")
    assert "$.baud" in refused(baud=10)
    assert "say broadcast" in refused(unit=0, pdu="060000003c")
    assert "unit 248" in refused(unit=248)


def test_silence_and_refusals_are_outcomes(shared: Street) -> None:
    found = ask(shared, 99, "03005a0001", timeout_ms=50)
    assert (found["outcome"], found["data"]) == ("no_answer", "")
    assert "50 ms" in found["text"]
    found = ask(shared, 11, "030fff0001", traffic="scan")
    assert (found["outcome"], found["code"]) == ("refused", 2)
    code, _, err = gadelys(shared, "bus", "read", "lamps", 99, "holding:0")
    assert code == 3
    assert "no answer within" in err


def test_other_requests_of_the_connection_do_not_wait(shared: Street) -> None:
    lines = Lines(shared.folder / "api.sock")
    params = {"bus": "lamps", "unit": 99, "pdu": "03005a0001", "timeout_ms": 800}
    lines.send({"jsonrpc": "2.0", "id": 1, "method": "bus.ask", "params": params})
    lines.send({"jsonrpc": "2.0", "id": 2, "method": "bus.list"})
    assert [lines.receive()["id"], lines.receive()["id"]] == [2, 1]
    lines.close()


def test_a_write_is_made_and_told_in_the_log(shared: Street) -> None:
    """Register 0x7000 does not exist: the write is refused, and the try is told all the same."""
    code, _, err = gadelys(shared, "bus", "write", "lamps", 11, "holding:0x7000", 1, "--unlock")
    assert code == 1
    assert "nothing in holding can be written there" in err
    (told,) = [json.loads(row) for row in (shared.folder / "log").read_text().splitlines() if '"bus_written"' in row]
    assert (told["bus"], told["unit"], told["function"], told["address"]) == ("lamps", 11, 6, 0x7000)
    assert (told["outcome"], told["holder"]) == ("refused", "cli")


def test_the_agent_writes_its_outputs_again(shared: Street) -> None:
    code, out, _ = gadelys(shared, "bus", "write", "lamps", "dimmer-1", "holding:16", 0)
    assert code == 2
    assert "the agent writes holding:16 of dimmer-1 itself, again within 2 s" in out


def test_statistics_count_what_was_asked(shared: Street) -> None:
    before = shared.call("bus.stats")["result"][0]
    ask(shared, 11, "03005a0001")
    lamps = shared.call("bus.stats")["result"][0]
    assert lamps["questions"] == before["questions"] + 1
    assert lamps["transactions"] > before["transactions"]
    dimmer = lamps["units"][0]
    assert dimmer["answers"] == pytest.approx(sum(dimmer["latency"]["counts"]), abs=50)
    assert sum(dimmer["latency"]["counts"]) > 0
    assert 0 < dimmer["timeout_s"] <= 0.1
    code, out, err = gadelys(shared, "bus", "stats")
    assert (code, err) == (0, "")
    assert "dimmer-1" in out
    assert "in use" in out


def test_a_dump_is_of_whole_frames(shared: Street) -> None:
    code, out, err = gadelys(shared, "bus", "dump", "lamps")
    assert (code, err) == (0, "")
    head, about, *entries = out.splitlines()
    assert head == "# gadelys bus dump 1"
    assert about.startswith(f"# bus lamps at {shared.folder / 'lamps'}, 19200 8N2; 0 is 20")
    assert len(entries) > 20
    assert {entry.split()[1] for entry in entries} >= {"<", ">"}


# This one comes last: it has a street of its own.
def test_a_unit_that_falls_silent_leaves_its_last_frames(lit: Street) -> None:
    lit.do(do="sensor_dies", sensor="radar-08")
    deadline_s = time.monotonic() + 20
    while "fault_dumped" not in lit.log():
        assert time.monotonic() < deadline_s, lit.log()
        lit.eye.receive()
    (file,) = (lit.folder / "faults").glob("field-*.txt")
    assert file.read_text().startswith("# gadelys bus dump 1\n# bus field at ")
    assert "! unit 38: no answer within" in file.read_text()
