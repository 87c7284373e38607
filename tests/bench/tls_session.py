"""One session of the uplink in a process of its own, plain or by TLS: what it costs. JSON on standard output."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from agent.uplink.broker import Broker
from agent.uplink.edge import Message
from agent.uplink.mqtt import MqttSession

MESSAGES, AT_ONCE, CONNECTS = 20_000, 10, 20
NODE, GROUP = "pole-7", "albertslund"


def _kb() -> int:
    """Resident memory, in KiB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4


async def measured(port: int, files: list[str]) -> dict[str, float]:
    """Connect some times, then send; times in seconds, memory in KiB."""
    tls: Any = None
    before = _kb()
    if files:
        from agent.identity.tls import context

        ca, own = map(Path, files)
        tls = lambda: context(ca, own, None)  # noqa: E731
    broker = Broker("localhost", port, "5", 30, f"{GROUP}/{NODE}", tls)
    will = Message(f"spBv1.0/{GROUP}/NDEATH/{NODE}", b"will")
    spans, cpu = [], []
    for _ in range(CONNECTS):
        session = MqttSession(broker, will)
        begin_s, begin_cpu_s = time.perf_counter(), time.process_time()
        await session.open([f"spBv1.0/{GROUP}/NCMD/{NODE}"])
        spans.append(time.perf_counter() - begin_s)
        cpu.append(time.process_time() - begin_cpu_s)
        await session.close()
    session = MqttSession(broker, will)
    await session.open([])
    memory = _kb() - before
    message = Message(f"spBv1.0/{GROUP}/DDATA/{NODE}/lum-01", bytes(200))
    begin_s = time.process_time()
    for _ in range(MESSAGES // AT_ONCE):
        session.send(*[message] * AT_ONCE)
        await asyncio.sleep(0)
    await session.prove(f"gadelys/{GROUP}/{NODE}/marker", 20.0)
    sending_s = time.process_time() - begin_s
    await session.close()
    return {"connect_s": sorted(spans)[CONNECTS // 2], "cpu_s": sorted(cpu)[CONNECTS // 2], "memory_kb": memory,
            "message_s": sending_s / MESSAGES}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measured(int(sys.argv[1]), sys.argv[2:]))))
