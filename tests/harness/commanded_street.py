"""A street of three lamps with an image, for tests of what a platform asks: levels are acknowledged and read back by hand."""

from __future__ import annotations

from agent.control.gear import Gear
from agent.control.street import Output, StreetControl
from agent.control.task import lamp_points
from agent.image import Image
from agent.uplink.commands import Answer, Bounds, Commands
from agent.uplink.wishes import Unwanted, Wish
from drivers.points import Point, PointType, Quality, Reading
from kept_orders import OrdersInMemory
from street_levels import LEVELS, LIGHT

LAMPS = {"lum-01": 0, "lum-02": 1, "lum-03": 2}


def points() -> list[Point]:
    """The points of the three lamps, a meter and a radar."""
    made = [point for lamp in LAMPS for point in lamp_points(lamp)]
    made += [
        Point(key=f"{lamp}/lamp/dimming_level", type=PointType.FLOAT, unit="%", low=0, high=100, max_age_s=4.0)
        for lamp in LAMPS
    ]
    made += [
        Point(key="meter-1/meter/active_power", type=PointType.FLOAT, unit="W", max_age_s=20.0, deadband=1.0),
        Point(key="radar-01/presence/state", type=PointType.BOOL, max_age_s=2.0),
        Point(key="radar-01/illuminance/value", type=PointType.FLOAT, unit="lx", max_age_s=2.0, deadband=0.5),
        Point(key="door-1/contact/state", type=PointType.BOOL, max_age_s=float("inf")),
    ]
    return made


class CommandedStreet:
    """Control in virtual time; `ack` and `reads` stand for the unit."""

    def __init__(self, *, night: bool | None = True, operator_s: float = 3600.0, gear: Gear = Gear()) -> None:  # noqa: B008 - frozen
        outputs = [Output(lamp, 30.0 * n, device_safety=True, gear=gear) for lamp, n in LAMPS.items()]
        self.control = StreetControl(outputs, [], LEVELS, LIGHT, night=night)
        self.image = Image(points())
        self.answers: list[Answer] = []
        self.now_s = 1000.0
        self.orders = OrdersInMemory()
        self.bounds = Bounds(operator_s)
        self.commands = self.new_commands()
        self.run(10.0)

    def new_commands(self) -> Commands:
        """Return the commands of another start."""
        return Commands(
            self.control,
            self.image,
            LAMPS,
            self.bounds,
            keeper=self.orders,
            step=lambda: None,
            answer=self.answers.append,
            now=lambda: self.now_s,
        )

    def take(self, lamp: str, wish: Wish) -> bool:
        """A wish that was read and judged comes in. False if it is refused."""
        refused = self.commands.refused
        try:
            if not self.commands.repeated(lamp, wish):
                self.commands.take(lamp, wish, self.now_s)
        except Unwanted as unwanted:
            self.commands.refuse(lamp if lamp in LAMPS else "", unwanted)
        return self.commands.refused == refused

    def run(self, seconds: float) -> None:
        """Let time pass for control."""
        for _ in range(round(seconds / 0.05)):
            self.now_s += 0.05
            self.control.step(self.now_s)
            for lamp, number in LAMPS.items():
                self.put(f"{lamp}/lamp/control_rung", self.control.winner(number))
        self.commands.follow(self.now_s)

    def put(
        self, key: str, value: float | bool | str | None, quality: Quality = Quality.GOOD, reason: str = ""
    ) -> None:
        """Put a reading into the image."""
        self.image.put(key, Reading(value, quality, reason, self.now_s))

    def acknowledged(self, lamp: str, level_pct: float) -> None:
        """The unit acknowledges a level."""
        self.put(f"{lamp}/lamp/sent_level", level_pct)
        self.commands.follow(self.now_s)

    def reads(self, lamp: str, level_pct: float | None, reason: str = "") -> None:
        """The lamp is read back, or cannot be."""
        quality = Quality.GOOD if level_pct is not None else Quality.BAD
        self.put(f"{lamp}/lamp/dimming_level", level_pct, quality, reason)
        self.commands.follow(self.now_s)

    def told(self) -> list[tuple[str, str, str]]:
        """Return what was answered since the last call: device, id, status."""
        told = [(answer.device, answer.id, str(answer.status)) for answer in self.answers]
        self.answers.clear()
        return told
