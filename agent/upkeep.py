"""What the platform may have done to the agent itself: restart, another configuration on trial, log level, bundle."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import structlog

from agent import logs
from agent.bundle import Bundle, made_of
from agent.config import Config, ConfigError, load_file
from agent.health import Supervisor
from agent.kept import replace
from agent.local.records import TrialState
from agent.local.view import AgentView
from agent.orders.ward import NotDone, Trial
from agent.probation import Probation, Signs
from agent.remedies import REMOTE
from agent.trial import Marker, TrialFiles, digest
from drivers.bus import FieldBus

FOLDER = "bundles"
KEPT = 3  # bundles; the oldest go
_ANSWER_S = 0.3  # so long a stop waits for the answer that tells of it
_LOOK_EVERY_S = 1.0
_NOT_LET = {errno.EACCES, errno.EPERM, errno.EROFS}

log = structlog.get_logger()


class Upkeep:
    """Does it, for one running agent. `watch` is called when there is something to tell."""

    def __init__(  # noqa: PLR0913 - what it stands between
        self,
        config: Config,
        text: str,
        files: TrialFiles,
        *,
        view: AgentView,
        supervisor: Supervisor,
        buses: Mapping[str, FieldBus],
        stop: Callable[[], None],
    ) -> None:
        """`text`: the configuration that is in force; `stop` ends the agent in order, to be started again."""
        self._config = config
        self._text = text
        self._files = files
        self._view = view
        self._supervisor = supervisor
        self._buses = buses
        self._stop = stop
        self._logged = logs.level()
        self._revert: asyncio.TimerHandle | None = None
        self._probation: Probation | None = None
        self.watch: Callable[[], None] = lambda: None

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the text in force."""
        return digest(self._text.encode())

    @property
    def text(self) -> str:
        """Return the text in force."""
        return self._text

    @property
    def logged(self) -> str:
        """Return what is logged now."""
        return logs.level()

    @property
    def trial(self) -> Trial | None:
        """Return the configuration that is on trial, or whose trial has just ended."""
        marker = self._files.marker
        if marker is None:
            return None
        probation = f"in place, on probation for {self._probation_s():g} s"
        ended = f"rolled back: {marker.reason}" if marker.phase == "rolled back" else marker.reason
        return Trial(marker.id, marker.phase, probation if marker.phase == "on trial" else ended)

    def trial_state(self) -> TrialState | None:
        """Return the same for who looks at the agent here, with the time that it goes on still."""
        trial, probation = self.trial, self._probation
        if trial is None:
            return None
        left_s = None
        if trial.phase == "on trial" and probation is not None:
            left_s = round(probation.left_s(self._view.clock.mono_s()), 3)
        return TrialState(trial.id, trial.phase, left_s, trial.reason)

    def settled(self) -> None:
        """Forget a trial that has ended."""
        if not self._files.on_trial:
            self._files.forget()

    def restart(self) -> None:
        """Stop in order and start again, as soon as the answer has gone."""
        asyncio.get_running_loop().call_later(_ANSWER_S, self._stop)

    def log_level(self, level: str, for_s: float) -> None:
        """Log more or less for some seconds, then as at the start."""
        if self._revert is not None:
            self._revert.cancel()
        self._revert = asyncio.get_running_loop().call_later(for_s, self._log_as_ever)
        self._log(level)

    async def configure(self, command_id: str, text: str | None) -> tuple[bool, str]:
        """Put a new configuration (none: what lies on the disk) in place and restart. NotDone.

        Returns whether it is in force already, and what is so far.
        """
        found = await asyncio.to_thread(self._read)
        if text is None:
            text = found
        elif found != self._text:
            raise NotDone(f"{self._files.path} is not what is in force: reload it, or put it back, first")
        if text == self._text:
            return True, "it is in force already"
        await asyncio.to_thread(self._validate, text)
        living = [name for name, bus in self._buses.items() if _lives(bus)]
        try:
            await asyncio.to_thread(
                self._files.begin, Marker(command_id, "on trial", digest(text.encode()), living), text, self._text
            )
        except OSError as error:
            raise NotDone(_not_written(self._files.path, "replaced", error)) from None
        self.restart()
        return False, "is valid and in place; restarts with it"

    async def bundle(self) -> str:
        """Write down how everything is, beside what else is kept. NotDone."""
        made = self.bundled()
        folder = self._config.monitoring.kept.parent / FOLDER
        path = folder / f"{self._config.controller.id}-{made.made.replace(':', '')}.json"
        try:
            await asyncio.to_thread(_write, path, msgspec.json.format(msgspec.json.encode(made)))
        except OSError as error:
            raise NotDone(f"{path} cannot be written: {error.strerror or error}") from None
        return f"{path} on this controller, {path.stat().st_size} bytes; `gadelys bundle` fetches one of now"

    def bundled(self) -> Bundle:
        """Return how everything is."""
        view, trial = self._view, self.trial
        points = [view.point_state(key) for key in view.keys("*")]
        said = "" if trial is None else f"{trial.phase}: {trial.reason}"
        return made_of(view.status(), points, self._text, said, logs.kept())

    async def run(self) -> None:
        """Judge what is on trial, to its end; then there is nothing more to do."""
        if self._files.on_trial and self._files.marker is not None:
            self._probation = Probation(self._view.clock.mono_s(), self._probation_s())
            await self._judge(self._probation, self._files.marker)
        await asyncio.Event().wait()

    async def _judge(self, probation: Probation, marker: Marker) -> None:
        log.info("configuration_on_trial", file=str(self._files.path), for_s=self._probation_s())
        while (end := probation.look(self._signs(marker), self._view.clock.mono_s())) is None:  # noqa: ASYNC110 - by the clock
            await asyncio.sleep(_LOOK_EVERY_S)
        if end.passed:
            await asyncio.to_thread(self._files.passed, end.reason)
            self.watch()
        else:
            await asyncio.to_thread(self._files.roll_back, end.reason)
            self._stop()

    def _signs(self, marker: Marker) -> Signs:
        silent = [name for name in marker.buses if name in self._buses and not _lives(self._buses[name])]
        died = [task.name for task in self._supervisor.states() if task.restarts]
        uplink = self._view.uplink()
        return Signs(
            stuck=self._supervisor.stuck(),
            died=died,
            silent=silent,
            online=uplink is not None and uplink.state == "online",
        )

    def _probation_s(self) -> float:
        uplink = self._config.uplink
        return uplink.commands.probation_s if uplink is not None else 0.0

    def _read(self) -> str:
        try:
            return self._files.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NotDone(f"{self._files.path} cannot be read: {error}") from None

    def _validate(self, text: str) -> None:
        """Read a text as the configuration beside which it lies. NotDone names the first mistake."""
        path = self._files.path.with_name(f".{self._files.path.name}.next")
        try:
            replace(path, text.encode(), lasting=False)
            fresh = load_file(path)
        except ConfigError as error:
            first, more = error.mistakes[0], len(error.mistakes) - 1
            place = f"line {first.line}: " if first.line else ""
            raise NotDone(f"{place}{first}" + (f"; and {more} more" if more else "")) from None
        except OSError as error:
            raise NotDone(_not_written(path, "written", error)) from None
        finally:
            path.unlink(missing_ok=True)
        if fresh.uplink is None:
            raise NotDone("uplink: expected the table, found nothing: nobody could be told how it fares")
        was, now = self._config.controller, fresh.controller
        if (was.group, was.id) != (now.group, now.id):
            raise NotDone(f"controller: expected {was.group}/{was.id} as before, found {now.group}/{now.id}")

    def _log_as_ever(self) -> None:
        self._revert = None
        self._log(self._logged)

    def _log(self, level: str) -> None:
        log.warning("log_level", level=level)
        logs.set_level(level)
        self.watch()


def _not_written(path: Path, what: str, error: OSError) -> str:
    why = f"{path} cannot be {what}: {error.strerror or error}"
    return f"{why}; {REMOTE}" if error.errno in _NOT_LET else why


def _lives(bus: FieldBus) -> bool:
    return any(unit.state == "ok" for unit in bus.unit_states())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    replace(path, content, lasting=True)
    for old in sorted(path.parent.glob("*.json"), key=lambda one: one.stat().st_mtime_ns)[:-KEPT]:
        old.unlink(missing_ok=True)
