"""Signed commands of which something was changed, by bytes and by meaning: how many are believed that say something else."""

from __future__ import annotations

import random
from typing import Any

from agent.config.commands import public_key
from agent.uplink.envelope import canonical
from agent.uplink.payload import PayloadError, decode
from heard_commands import LAMP, WALL_MS, HeardCommands
from signed_commands import FLOAT, STRING, Signer
from sparkplug_peer import build

INT64, DATETIME = 4, 13


def seed_of(number: int) -> random.Random:
    """Return a source of chance that is the same each time."""
    return random.Random(number)


def mutated(signer: Signer, count: int, chance: random.Random) -> int:
    """Change one envelope `count` times; return how many that are not the same command any more were carried out.

    Each is heard by a node that knows the key, has seen nothing yet, and demands signatures. Half of them have other bytes
    (some of them mean the same, such as another order of fields: those may be believed), half another value or topic.
    """
    key = public_key(signer.public)
    assert key is not None
    whole = signer.envelope(LAMP, WALL_MS, ("lamp/dimming_level", FLOAT, 55.0), ("command/id", STRING, "a1"))
    original = build(whole, timestamp=WALL_MS)
    meant = canonical(LAMP, decode(original))
    node = HeardCommands({signer.name: key}, signed=("lamp",))
    assert node.say(LAMP, original)[0][1] == "accepted"
    believed = 0
    for number in range(count):
        topic, raw = (LAMP, _bytes(original, chance)) if number % 2 else _values(whole, chance)
        node = HeardCommands({signer.name: key}, signed=("lamp",))
        node.say(topic, raw)
        believed += bool(node.held()) and not _same(topic, raw, meant)
    return believed


def _same(topic: str, raw: bytes, meant: bytes) -> bool:
    try:
        return canonical(topic, decode(raw)) == meant
    except PayloadError:
        return False


def _bytes(raw: bytes, chance: random.Random) -> bytes:
    content = bytearray(raw)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        place = chance.randrange(len(content))
        match chance.randrange(4):
            case 0:
                content[place] ^= 1 << chance.randrange(8)
            case 1:
                content[place] = chance.randrange(256)
            case 2:
                del content[place : place + chance.choice((1, 2, 8))]
            case _:
                content[place:place] = chance.randbytes(chance.choice((1, 2, 8)))
    return bytes(content)


def _values(whole: list[tuple[str, int, Any]], chance: random.Random) -> tuple[str, bytes]:
    metrics = dict.fromkeys(range(len(whole)))
    changed = {place: whole[place] for place in metrics}
    topic, sent_ms = LAMP, WALL_MS
    place = chance.randrange(len(whole))
    name, kind, value = whole[place]
    match chance.randrange(6):
        case 0:
            topic = LAMP.replace("lum-03", chance.choice(("lum-01", "lum-02")))
        case 1:
            sent_ms += chance.choice((-1, 1)) * chance.randrange(1, 20_000)
        case 2:
            changed.pop(place)
        case 3:
            extra = chance.choice((("command/for_s", INT64, 60), ("command/not_after", DATETIME, WALL_MS + 25_000)))
            changed[len(whole)] = extra
        case _:
            changed[place] = (name, kind, _other(value, chance))
    return topic, build(changed.values(), timestamp=sent_ms)


def _other(value: Any, chance: random.Random) -> Any:
    if isinstance(value, str):
        place = chance.randrange(len(value))
        letter = chance.choice("ABCDEFGHabcdefgh0123456789+/=")
        return value[:place] + (letter if letter != value[place] else "_") + value[place + 1 :]
    other = value + chance.choice((-1, 1)) * chance.randrange(1, 40)
    return other if isinstance(other, float) else other & (2**64 - 1)  # two's complement, as Sparkplug has it
