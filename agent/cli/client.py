"""The local API's socket from the client's side: where it is, one request and its answer, notifications."""

from __future__ import annotations

import json
import os
import select
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec

from agent.cli.trouble import REFUSED, UNREACHABLE, Trouble

SYSTEM_SOCKET = Path("/run/gadelys/api.sock")
ANSWER_WITHIN_S = 5.0


class _Error(msgspec.Struct, frozen=True):
    code: int
    message: str


class _Answer(msgspec.Struct, frozen=True):
    result: msgspec.Raw = msgspec.Raw(b"")
    error: _Error | None = None
    params: msgspec.Raw = msgspec.Raw(b"")


def socket_paths(given: Path | None) -> list[Path]:
    """Return where an agent may listen, likeliest first; what was given, or named by GADELYS_SOCKET, stands alone."""
    if given is not None:
        return [given]
    if named := os.environ.get("GADELYS_SOCKET"):
        return [Path(named)]
    folder = Path(os.environ.get("XDG_RUNTIME_DIR") or "/tmp")  # noqa: S108  the folder is the user's own, by its number
    demo = folder / f"gadelys-demo-{os.getuid()}" / "api.sock"
    return [SYSTEM_SOCKET, demo]


def find_socket(given: Path | None) -> Path:
    """Return the path to connect to: the first that exists, or the last that was looked for."""
    paths = socket_paths(given)
    return next((path for path in paths if path.exists()), paths[-1])


def no_agent(given: Path | None, why: str = "") -> Trouble:
    """Say which paths were tried and how to start an agent."""
    tried = " and ".join(str(path) for path in socket_paths(given))
    because = f" ({why})" if why else ""
    return Trouble(
        f"no agent answers at {tried}{because}; "
        "start one with `systemctl start gadelys`, or `./dev run` for the simulated street",
        UNREACHABLE,
    )


class Client:
    """One connection to the agent. Trouble with exit code 3 when it is not there, 1 when it refuses."""

    def __init__(self, given: Path | None, within_s: float = ANSWER_WITHIN_S) -> None:
        self._given = given
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(within_s)
        try:
            self._socket.connect(os.fspath(find_socket(given)))
        except OSError as error:
            self._socket.close()
            raise no_agent(given, _why(error)) from None
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def call(self, method: str, **params: object) -> bytes:
        """Return the JSON of a method's result."""
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            self._socket.sendall(json.dumps(request, allow_nan=False).encode() + b"\n")
            answer = _decode(self._line())
        except TimeoutError:
            raise Trouble(f"the agent did not answer within {self._socket.gettimeout():g} s", UNREACHABLE) from None
        except OSError as error:
            raise no_agent(self._given, _why(error)) from None
        if answer.error is not None:
            raise Trouble(answer.error.message, REFUSED)
        return bytes(answer.result)

    def notifications(self, within_s: float | None) -> Iterator[bytes]:
        """Yield the JSON of each notification's parameters; TimeoutError when none came within so long, if said."""
        self._socket.settimeout(within_s)
        while True:
            try:
                yield bytes(_decode(self._line()).params)
            except ConnectionError as error:
                raise Trouble(f"the agent has gone ({_why(error)})", UNREACHABLE) from None

    def rest(self, time_s: float) -> None:
        """Do nothing for a while. Trouble if the agent ends meanwhile."""
        ready, _, _ = select.select([self._socket], [], [], time_s)
        if ready and not self._socket.recv(1, socket.MSG_PEEK):
            raise Trouble("the agent has gone (connection closed)", UNREACHABLE)

    def wait_at_most(self, within_s: float | None) -> None:
        """Change how long the next notification may take."""
        self._socket.settimeout(within_s)

    def _line(self) -> bytes:
        while b"\n" not in self._rest:
            more = self._socket.recv(65536)
            if not more:
                raise ConnectionResetError("connection closed")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        return line


def lamp_names(given: Path | None, within_s: float = 0.3) -> list[str]:
    """Return the lamps of the running agent, for completion; none, silently, when it is not there."""
    try:
        with Client(given, within_s) as client:
            status: dict[str, Any] = json.loads(client.call("status"))
    except Trouble:
        return []
    return [lamp["id"] for lamp in status["lamps"]]


def line_names(given: Path | None, within_s: float = 0.3) -> list[str]:
    """Return the lines of the running agent, for completion; none, silently, when it is not there."""
    try:
        with Client(given, within_s) as client:
            lines: list[dict[str, Any]] = json.loads(client.call("bus.list"))
    except Trouble:
        return []
    return [line["id"] for line in lines]


def instrument_names(given: Path | None, within_s: float = 0.3) -> list[str]:
    """Return the instruments of the running agent, for completion; none, silently, when it is not there."""
    try:
        with Client(given, within_s) as client:
            status: dict[str, Any] = json.loads(client.call("status"))
    except Trouble:
        return []
    return [instrument["id"] for instrument in status["instruments"]]


def neighbour_names(given: Path | None, within_s: float = 0.3) -> list[str]:
    """Return the neighbours of the running agent, for completion; none, silently, when it is not there."""
    try:
        with Client(given, within_s) as client:
            status: dict[str, Any] = json.loads(client.call("status"))
    except Trouble:
        return []
    return [one["id"] for one in (status["neighbours"] or {"neighbours": []})["neighbours"]]


def _decode(line: bytes) -> _Answer:
    try:
        return msgspec.json.decode(line, type=_Answer)
    except msgspec.MsgspecError:
        raise Trouble("what answers there is not an agent: it does not speak JSON-RPC", UNREACHABLE) from None


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
