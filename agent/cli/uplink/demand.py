"""The platform's command in the story of the live view: a real one, through the broker."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from contextlib import aclosing

from agent.cli import format as fmt
from agent.cli.top.story import Demand
from agent.cli.uplink.host import command
from agent.cli.uplink.place import Place
from agent.cli.uplink.words import clean
from agent.fleet.proof import Order
from agent.local.records import UplinkState


async def demanded(uplink: UplinkState, demand: Demand) -> AsyncGenerator[str, None]:
    """Send a command to the node of an uplink; yield each stage of its proof in words."""
    place = Place(host=uplink.host, port=uplink.port, group=uplink.group, node=uplink.node, mqtt=uplink.mqtt)
    device, _, metric = demand.point.partition("/")
    order = Order(device, metric, demand.value, f"story-{secrets.token_hex(4)}", demand.for_s)
    async with aclosing(command(place, order)) as stages:
        async for proof in stages:
            reason = f": {clean(proof.reason)}" if proof.reason else ""
            yield f"{proof.status} after {fmt.delay(proof.after_s)}{reason}"
