"""Who may command what: which commands must be signed, whose signatures count, and none twice. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Mapping, MutableMapping

from agent.config import Issuer
from agent.remedies import missing
from agent.uplink import names
from agent.uplink.envelope import LONGEST_SIGNATURE, Verify, canonical
from agent.uplink.payload import Payload
from agent.uplink.wishes import Said, Unwanted
from drivers.points import Value


class Authority:
    """Judges commands. A counter that was seen does not come again, whatever became of its command."""

    def __init__(
        self,
        signed: Collection[str],
        issuers: Mapping[str, Issuer],
        counters: Callable[[], MutableMapping[str, int]],
        verify: Verify | None,
    ) -> None:
        """`signed`: the kinds that are refused without a signature. `counters`: the last one of each issuer, which is kept.

        `verify`: none where the library is missing; then no signature can be judged.
        """
        self._signed = frozenset(signed)
        self._issuers = issuers
        self._counters = counters
        self._verify = verify

    def judge(self, kind: str, topic: str, payload: Payload, said: Said) -> str:
        """Return who has signed a command, empty if nobody had to. Unwanted if it may not be carried out."""
        signature = said.values.get(names.COMMAND_SIGNATURE)
        if signature is None:
            if kind in self._signed:
                raise Unwanted(f"expected a signed command: {kind} is one that must be", said.id)
            return ""
        name = str(self._stated(said, names.COMMAND_ISSUER))
        counter = int(self._stated(said, names.COMMAND_COUNTER))
        for needed in (names.COMMAND_ID, names.COMMAND_NOT_AFTER):
            self._stated(said, needed)
        issuer = self._issuers.get(name)
        if issuer is None:
            raise Unwanted(f"{names.COMMAND_ISSUER}: {name[:64]!r} is none whose key is known here", said.id)
        if self._verify is None:
            raise Unwanted(f"no signature can be judged here: {missing('signed')}", said.id)
        if not self._verify(issuer.key, canonical(topic, payload), _bytes(str(signature))):
            raise Unwanted(f"{names.COMMAND_SIGNATURE}: it is not that of {name} over this command", said.id)
        if kind not in issuer.may:
            raise Unwanted(f"{name} may not command {kind}, but {', '.join(sorted(issuer.may))}", said.id)
        last = self._counters().get(name, -1)
        if counter <= last:
            raise Unwanted(f"{names.COMMAND_COUNTER}: expected more than {last}, which {name} has used", said.id)
        self._counters()[name] = counter
        return name

    @staticmethod
    def _stated(said: Said, name: str) -> Value:
        value = said.values.get(name)
        if value is None:
            raise Unwanted(f"expected {name} in a signed command", said.id)
        return value


def _bytes(text: str) -> bytes:
    """Return the 64 bytes of a signature; empty where it is none, which no key has made."""
    if len(text) > LONGEST_SIGNATURE:
        return b""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return raw if len(raw) == 64 and base64.b64encode(raw).decode() == text else b""
