"""What workload W takes at the least on the usual libraries: pymodbus reads a unit, aiomqtt publishes a list; nothing else.

bare_gateway.py SERVER_PORT BROKER_PORT UNITS REGISTERS: reads all units once a second, a message a unit, until it is ended.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys

import aiomqtt
from pymodbus.client import AsyncModbusTcpClient

PERIOD_S = 1.0


async def main(server_port: int, broker_port: int, units: int, registers: int) -> None:
    """Go on for ever."""
    client = AsyncModbusTcpClient("127.0.0.1", port=server_port)
    await client.connect()
    nodelay = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    async with aiomqtt.Client("127.0.0.1", broker_port, socket_options=nodelay) as mqtt:
        clock = asyncio.get_running_loop().time
        next_s = clock()
        while True:
            for unit in range(1, units + 1):
                answer = await client.read_holding_registers(0, count=registers, device_id=unit)
                await mqtt.publish(f"bare/{unit}", json.dumps(answer.registers))
            next_s += PERIOD_S
            await asyncio.sleep(max(next_s - clock(), 0.0))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main(*map(int, sys.argv[1:])))
