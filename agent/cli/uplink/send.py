"""`gadelys uplink send`: a real command through the broker, and its proof."""

from __future__ import annotations

import asyncio
import secrets
from contextlib import aclosing
from pathlib import Path

import msgspec

from agent.cli import arguments, terminal
from agent.cli import format as fmt
from agent.cli.text import Line, Span, Tone, line
from agent.cli.trouble import MISUSED, REFUSED, UNREACHABLE, Trouble
from agent.cli.uplink.host import command
from agent.cli.uplink.place import Place, Wanted, find
from agent.cli.uplink.words import clean
from agent.fleet.proof import Order, Proof
from agent.remedies import missing
from agent.uplink import names
from agent.uplink.envelope import Key
from agent.uplink.payload import Payload, encode
from agent.uplink.wishes import LONGEST_ID

NODE_COMMANDS = (names.RESTART, names.RELOAD, names.CONFIGURATION, names.LOG_LEVEL, names.BUNDLE, names.COLLECT)
_TEXTS = frozenset({names.CONFIGURATION, names.LOG_LEVEL})
_LONGEST_SHOWN = 40
_TONES: dict[str, Tone] = {"verified": "good", "rejected": "bad", "expired": "bad", "superseded": "warn"}


class Typed(msgspec.Struct, frozen=True):
    """The words of the command line; none = not said."""

    point: str
    value: str
    for_: str | None
    id_: str | None
    within: str
    signing_key: Path | None = None
    issuer: str | None = None

    def read(self) -> tuple[Order, float]:
        """Return what is asked and how many seconds its proof may take. ValueError where the syntax is wrong."""
        if self.id_ is not None and not 1 <= len(self.id_) <= LONGEST_ID:
            raise ValueError(f"--id: expected a name of 1 to {LONGEST_ID} letters; found {self.id_!r}")
        return Order(
            *(("", self.point) if self.point in NODE_COMMANDS else arguments.point(self.point)),
            _text(self.value) if self.point in _TEXTS else arguments.any_value(self.value),
            f"cli-{secrets.token_hex(4)}" if self.id_ is None else self.id_,
            None if self.for_ is None else arguments.any_duration_s(self.for_, "--for"),
        ), arguments.any_duration_s(self.within, "--within")

    def signing(self) -> Key | None:
        """Return who signs, none if nobody does. Trouble if the key cannot be used."""
        return signing(self.signing_key, self.issuer)


def signing(path: Path | None, issuer: str | None) -> Key | None:
    """Return who signs with a key's file, none if there is none. Trouble if the key cannot be used."""
    if path is None:
        return None
    try:
        from agent.uplink.ed25519 import signer  # noqa: PLC0415
    except ImportError:
        raise Trouble(f"--sign: {missing('signed')}", MISUSED) from None
    try:
        return Key(issuer or path.stem, signer(path.read_text(encoding="ascii")))
    except (OSError, ValueError) as error:
        raise Trouble(f"--sign {path}: {_why(error)}", MISUSED) from None


def send(wanted: Wanted, typed: Typed, *, as_json: bool) -> int:
    """Send a command and print each stage of its proof; 0 verified, 1 refused or overtaken. Trouble without an end."""
    try:
        order, within_s = typed.read()
        encode(Payload(tuple(order.metrics())))  # what has no encoding is refused before anything is done
    except ValueError as error:
        raise Trouble(str(error), MISUSED) from None
    key = typed.signing()
    place = find(wanted)
    if not place.one_node:
        raise Trouble("name the node to command, with --group and --node", MISUSED)
    last = asyncio.run(_command(place, order, within_s, key, as_json=as_json))
    if not last.ended:
        raise Trouble(_no_end(place, last, within_s), UNREACHABLE)
    return 0 if last.status == "verified" else REFUSED


async def _command(place: Place, order: Order, within_s: float, key: Key | None, *, as_json: bool) -> Proof:
    """Print the stages as they come; return the last."""
    last = Proof("", "", 0.0)
    async with aclosing(command(place, order, within_s, key)) as stages:
        async for last in stages:
            if as_json:
                told = msgspec.structs.replace(last, after_s=round(last.after_s, 4))
                terminal.show_json(msgspec.json.encode(msgspec.structs.asdict(order) | msgspec.structs.asdict(told)))
            else:
                terminal.show([stage(last, order)])
    return last


def asked(order: Order) -> str:
    """Return what is asked in words. Pure."""
    if isinstance(order.value, str):
        shown = order.value if len(order.value) <= _LONGEST_SHOWN else fmt.count(len(order.value.encode()), "byte")
        shown = clean(shown)
    elif isinstance(order.value, bool):
        shown = "true" if order.value else "false"
    else:
        shown = "null" if order.value is None else fmt.value(order.value, "%" if order.metric == names.DIMMING else "")
    term = "" if order.for_s is None else f", for {fmt.span(order.for_s)}"
    point = f"{order.device}/{order.metric}" if order.device else order.metric
    return f"{point} = {shown}{term} (id {clean(order.id)})"


def stage(proof: Proof, order: Order) -> Line:
    """Return a stage as a line. Pure."""
    if proof.status == "sent":
        return line(f"{proof.status:<8}  ", Span(asked(order), "bold"))
    reason = f": {clean(proof.reason)}" if proof.reason else ""
    status = Span(f"{clean(proof.status):<8}", _TONES.get(proof.status, "plain"))
    return line(status, f"  after {fmt.delay(proof.after_s)}{reason}")


def _no_end(place: Place, last: Proof, within_s: float) -> str:
    if last.status == "sent":
        return (
            f"no answer from {place.node} within {fmt.span(within_s)}: "
            "is it connected? `gadelys uplink tail --rebirth` shows whether it answers"
        )
    return f"no end within {fmt.span(within_s)}: {last.status} after {fmt.delay(last.after_s)} was the last stage"


def _text(value: str) -> str:
    """Return a text, or with @ before its name what is in a file. ValueError."""
    if not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"VALUE: {value[1:]} cannot be read: {_why(error)}") from None


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
