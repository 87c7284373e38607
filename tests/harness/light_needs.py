"""What the light wave asks for, in place of the kernel."""

from __future__ import annotations

from collections import defaultdict

from agent.services.lighting import Light

LIGHT = Light(hold_s=4.0, vehicle_hold_s=3.0, sight_m=120.0)


class Needs:
    """Takes needs as the kernel does: they are only ever extended."""

    def __init__(self) -> None:
        self.until_s: dict[tuple[int, int], float] = defaultdict(lambda: float("-inf"))

    def set_need(self, i: int, slot: int, until_s: float) -> None:
        self.until_s[i, slot] = max(self.until_s[i, slot], until_s)

    def live(self, slot: int, now_s: float) -> set[int]:
        return {lamp for (lamp, which), until_s in self.until_s.items() if which == slot and until_s > now_s}
