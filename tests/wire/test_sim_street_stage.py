"""The stage with a stand-in for the command gadelys: who is started when, who is told to end, and that nobody is left."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from staged_street import CONFIG, PATIENCE_S, Stage, alive, children


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    try:
        yield stage
    finally:
        stage.close()


def test_everybody_is_started_with_what_they_need(stage: Stage) -> None:
    stage.start("--street-time", "2026-11-20T21:30+01:00", "--plain", "--story", "--seconds", "60")
    told = dict([stage.hear(), stage.hear()])
    folder = stage.folder
    assert told == {
        "run": f"begins --config {folder}/pole.toml --street-time 2026-11-20T21:30:00+01:00",
        "top": f"begins --socket {folder}/api.sock --street {folder}/street.sock --plain --story --seconds 60",
    }
    copy = (folder / "pole.toml").read_text()
    port = tomllib.loads(copy)["uplink"]["port"]
    assert copy == CONFIG.read_text().replace("port = 18830", f"port = {port}")
    socket.create_connection(("127.0.0.1", port), PATIENCE_S).close()  # the street's broker
    assert all((folder / name).exists() for name in ("lamps", "field", "gpio.sock", "street.sock"))
    stage.end("top", 0)
    assert stage.hear() == ("run", "SIGTERM")
    assert stage.ended() == (0, "")


def test_an_agent_that_dies_is_made_safe_and_started_again(stage: Stage) -> None:
    stage.begin()
    for code in (1, 0):
        first = stage.pids["run"]
        stage.end("run", code)
        assert stage.hear() == ("safe", f"begins --config {stage.folder}/pole.toml")
        assert stage.hear()[0] == "run"
        assert stage.pids["run"] != first
    os.kill(stage.pids["run"], signal.SIGKILL)
    assert [stage.hear()[0], stage.hear()[0]] == ["safe", "run"]
    stage.end("top", 0)
    assert stage.hear() == ("run", "SIGTERM")
    assert stage.ended() == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_ends_everything_in_order(stage: Stage, number: signal.Signals) -> None:
    stage.begin()
    assert stage.process is not None
    kept = children(stage.process.pid)
    assert len(kept) == 3
    stage.signal(number)
    assert [stage.hear(), stage.hear()] == [("top", "SIGTERM"), ("run", "SIGTERM")]
    assert stage.ended() == (0, "")
    assert not any(map(alive, kept))


def test_ctrl_c_is_for_the_live_view_and_the_stage(stage: Stage) -> None:
    stage.begin()
    assert stage.process is not None
    os.killpg(stage.process.pid, signal.SIGINT)
    told = [stage.hear()]
    while told[-1][0] != "run":
        told.append(stage.hear())
    assert told[0] == ("top", "SIGINT")
    assert told[-1] == ("run", "SIGTERM")  # in order, and not by Ctrl-C
    assert stage.ended() == (0, "")


def test_an_impatient_hand_leaves_nothing_behind(stage: Stage) -> None:
    stage.begin(manners="run-slow")
    stage.signal(signal.SIGINT)
    assert [stage.hear(), stage.hear()] == [("top", "SIGTERM"), ("run", "SIGTERM")]
    stage.signal(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    stage.end("run", 0)
    assert stage.ended() == (0, "")


def test_a_hand_that_comes_after_the_end_too(stage: Stage) -> None:
    stage.begin(manners="run-slow")
    stage.end("top", 0)
    assert stage.hear() == ("run", "SIGTERM")
    stage.signal(signal.SIGINT, signal.SIGHUP)
    stage.end("run", 0)
    assert stage.ended() == (0, "")


@pytest.mark.parametrize("name", ["run", "top"])
def test_whoever_does_not_listen_is_ended_all_the_same(stage: Stage, name: str) -> None:
    stage.begin(manners=f"{name}-deaf", stop_within_s=0.3)
    stage.signal(signal.SIGTERM)
    assert stage.hear_set(2) == {("run", "SIGTERM"), ("top", "SIGTERM")}
    assert stage.ended() == (0, "")


def test_light_that_takes_long_to_make_safe_does_not_hold_the_end(stage: Stage) -> None:
    stage.begin(manners="safe-waits")
    stage.end("run", 1)
    assert stage.hear()[0] == "safe"
    stage.signal(signal.SIGTERM)
    assert [stage.hear(), stage.hear()] == [("top", "SIGTERM"), ("safe", "SIGTERM")]
    assert stage.ended() == (0, "")


def test_a_live_view_that_fails_is_told_with_the_agents_last_words(stage: Stage) -> None:
    stage.begin()
    stage.end("top", 3)
    assert stage.ended() == (1, "firmware-sim: the live view ended with 3\n  agent.log: run was here\n")


def test_a_live_view_that_has_said_what_was_wrong_with_the_call_is_not_explained(stage: Stage) -> None:
    stage.begin()
    stage.end("top", 2)
    assert stage.ended() == (2, "")


def test_a_stage_that_is_killed_takes_all_with_it(stage: Stage) -> None:
    stage.begin()
    assert stage.process is not None
    kept = [os.pidfd_open(pid) for pid in children(stage.process.pid)]
    assert len(kept) == 3
    stage.signal(signal.SIGKILL)
    stage.process.communicate(timeout=PATIENCE_S)
    assert stage.hear_set(2) == {("run", "SIGTERM"), ("top", "SIGTERM")}
    for process in kept:
        assert select.select([process], [], [], PATIENCE_S)[0]
        os.close(process)


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_wrong_number_of_seconds_starts_nothing(stage: Stage, seconds: str) -> None:
    command = stage.command("--seconds", seconds)
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 2
    assert f"--seconds: expected a number from 0.1 to 2678400, found {seconds!r}" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not stage.folder.exists()


def test_a_second_stage_in_the_same_folder_is_refused(stage: Stage) -> None:
    stage.begin()
    second = subprocess.run(stage.command(), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    remedy = "a street is running there; stop it first, or name another folder with --dir"
    assert (second.returncode, second.stderr) == (1, f"firmware-sim: {stage.folder}: {remedy}\n")
    assert (stage.folder / "street.sock").exists()
    stage.end("top", 0)
    assert stage.hear() == ("run", "SIGTERM")
    assert stage.ended() == (0, "")


def test_the_next_stage_may_use_the_folder(stage: Stage) -> None:
    for _ in range(2):
        stage.begin()
        stage.signal(signal.SIGTERM)
        assert stage.hear_set(2) == {("run", "SIGTERM"), ("top", "SIGTERM")}
        assert stage.ended() == (0, "")


def open_to_all(stage: Stage) -> str:
    stage.folder.mkdir()
    stage.folder.chmod(0o777)
    return f"{stage.folder}: others may write there; chmod go-w it, or name another folder with --dir"


def a_link(stage: Stage) -> str:
    stage.folder.symlink_to(stage.pipes)
    return f"{stage.folder}: belongs to somebody else; name another folder with --dir"


def a_file(stage: Stage) -> str:
    stage.folder.write_text("")
    return f"[Errno 17] File exists: '{stage.folder}'"


def no_agent(stage: Stage) -> str:
    stage.agent.unlink()
    return f"--agent: expected the command gadelys, found no such command: {stage.agent}"


def an_agent_that_cannot_run(stage: Stage) -> str:
    stage.agent.chmod(0o644)
    return f"--agent: expected the command gadelys, found no such command: {stage.agent}"


@pytest.mark.parametrize("wrong", [open_to_all, a_link, a_file, no_agent, an_agent_that_cannot_run])
def test_what_cannot_start_is_told_in_one_line(stage: Stage, wrong: Callable[[Stage], str]) -> None:
    told = wrong(stage)
    done = subprocess.run(stage.command(), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stderr) == (1, f"firmware-sim: {told}\n")


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [("port = 18830", "port = 1883", 0), ("port = 18830", "port = 188300", 0), ("[gpio]", "port = 18830\n[gpio]", 2)],
)
def test_a_configuration_with_no_one_place_for_the_brokers_port(stage: Stage, old: str, new: str, found: int) -> None:
    config = stage.pipes / "pole.toml"
    config.write_text(CONFIG.read_text().replace(old, new))
    command = stage.command("--config", str(config))
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    expected = "expected one line `port = 18830`, under [uplink], where the port of the street's broker goes"
    assert (done.returncode, done.stderr) == (1, f"firmware-sim: {config}: {expected}; found {found}\n")


def test_what_an_earlier_demonstration_had_to_deliver_is_forgotten(stage: Stage) -> None:
    stage.folder.mkdir(mode=0o700)
    left = [stage.folder / name for name in ("journal.db", "journal.db-wal", "journal.db-shm")]
    for path in left:
        path.touch()
    stage.begin()
    assert not any(path.exists() for path in left)
    left[0].touch()  # and by a restart it is not
    stage.end("run", 1)
    assert [stage.hear()[0], stage.hear()[0]] == ["safe", "run"]
    assert left[0].exists()
    left[0].unlink()
    stage.end("top", 0)
    assert stage.hear() == ("run", "SIGTERM")
    assert stage.ended() == (0, "")


def test_a_configuration_that_is_not_there(stage: Stage) -> None:
    command = stage.command("--config", "nowhere.toml")
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert (done.returncode, done.stderr) == (1, "firmware-sim: [Errno 2] No such file or directory: 'nowhere.toml'\n")


def test_a_street_that_does_not_start_is_told_with_its_last_words(stage: Stage) -> None:
    stage.folder = stage.folder / ("x" * 100)
    done = subprocess.run(stage.command(), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    first, second = done.stderr.splitlines()
    assert (done.returncode, first) == (1, "firmware-sim: the street did not start")
    assert second.startswith("  street.log: firmware-sim street: --dir: expected a shorter path")
