"""What others take for workload W: measured before, in another run, on two cores of the same kind of machine.

Broker with TCP_NODELAY for the delays. Node-RED 5.0.7 with contrib-modbus, ThingsBoard gateway 3.8.5 (range reads), a bare
script of 60 lines on pymodbus and aiomqtt, and the same with Modbus written by hand.
"""

from __future__ import annotations

from figures import Figure, figure

NODE_RED, THINGSBOARD, SCRIPT, BY_HAND = "Node-RED", "ThingsBoard gateway", "bare script", "by hand"


def beside(name: str, value: float, unit: str, budget: float | None, peers: dict[str, float], note: str = "") -> Figure:
    """Build a row whose note tells the peers' figures, each with ours divided by it."""
    told = ", ".join(f"{peer} {theirs:g} ({value / theirs:.2g})" for peer, theirs in peers.items())
    return figure(name, value, unit, budget, "; ".join(filter(None, (note, told))))
