"""The command line as a shell runs it, in this process."""

from __future__ import annotations

import sys

import pytest

from agent.cli.main import main


class CommandLine:
    """Runs `gadelys` with words; gives back the exit code, standard output, standard error."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["gadelys", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = self._capsys.readouterr()
        code = end.value.code
        return (code if isinstance(code, int) else 0), out, err
