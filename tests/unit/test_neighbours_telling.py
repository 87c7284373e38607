"""Who is told to a neighbour, who is handed on, and when somebody is news."""

from __future__ import annotations

from typing import Literal

import pytest

from agent.neighbours.message import MOST_HOPS, MOST_USERS
from agent.neighbours.telling import Announced, announced, concerns, handed_on, told
from agent.services.road_users import RoadUser, UserKind
from neighbour_net import Net
from neighbour_poles import PART_M, Pole, row, run


def user(kind: UserKind, position_m: float, velocity_m_per_s: float, number: int = 1, at_s: float = 0.0) -> RoadUser:
    return RoadUser(number, kind, position_m, velocity_m_per_s, 0.0, at_s, 1.0)


@pytest.mark.parametrize(
    ("kind", "position_m", "velocity_m_per_s", "down", "up"),
    [
        ("vehicle", 20.0, 14.0, False, True),
        ("vehicle", 20.0, -14.0, True, False),
        ("vehicle", -200.0, 14.0, False, False),  # 20 s away from the upper end
        ("vehicle", -40.0, 14.0, False, True),  # 10 s
        ("vehicle", 110.0, 14.0, False, True),  # beyond the end, not yet seen by anybody
        ("vehicle", 95.0, -14.0, True, True),  # has just come in: light behind it
        ("vehicle", 80.0, -14.0, True, False),
        ("vehicle", 50.0, 0.0, True, True),  # which way is not known
        ("pedestrian", 0.0, 1.4, True, False),  # rings of light around people, whichever way they walk
        ("pedestrian", 30.0, 1.4, True, True),
        ("pedestrian", 30.0, -1.4, True, True),
        ("unknown", 80.0, 0.0, False, True),
        ("unknown", 40.0, 6.0, False, True),  # so fast is no walker
    ],
)
def test_who_concerns_an_end(kind: UserKind, position_m: float, velocity_m_per_s: float, down: bool, up: bool) -> None:
    """A street from 0 to 100 m; vehicles are lit 80 m ahead."""
    one = user(kind, position_m, velocity_m_per_s)
    assert concerns(one, 0.0, -1, 80.0, 0.0) is down
    assert concerns(one, 100.0, 1, 80.0, 0.0) is up


def test_somebody_is_told_where_they_are_by_now() -> None:
    one = told(user("vehicle", 10.0, 10.0, at_s=5.0), 9, 7.0)
    assert one is not None
    back = announced(one, 99, -100.0, 50.0, 50.1)
    assert back.user == RoadUser(99, "vehicle", -70.0, 10.0, 0.0, 50.0, 1.0)
    assert back.until_s == 53.0


def test_nonsense_of_a_tracker_is_clipped_or_left_out() -> None:
    wild = RoadUser(1, "vehicle", 0.0, 500.0, 1e6, 0.0, 7.0)
    one = told(wild, 1, 0.0)
    assert one is not None
    assert (one.velocity_cm_per_s, one.spread_cm, one.confidence_pct) == (6000, 50_000, 100)
    assert told(user("vehicle", 2e5, 0.0), 1, 0.0) is None


def test_who_is_seen_here_is_not_handed_on_as_well() -> None:
    one = Announced(user("vehicle", -20.0, 14.0, 1 << 32), 3.0, 0)
    assert handed_on([one], [], 0.0) == [one]
    assert handed_on([one], [user("vehicle", -10.0, 13.0)], 0.0) == []
    assert handed_on([one], [user("vehicle", -10.0, -13.0)], 0.0) == [one], "the other way: somebody else"
    assert handed_on([one], [user("vehicle", 30.0, 13.0)], 0.0) == [one], "too far away"
    assert handed_on([one], [], 3.0) == [], "ended"
    assert handed_on([Announced(one.user, 3.0, MOST_HOPS)], [], 0.0) == []


def three() -> tuple[Net, list[Pole]]:
    net = Net()
    poles = row(net, 3)
    run(net, poles, 1.0)
    return net, poles


@pytest.mark.parametrize("kind", ["vehicle", "pedestrian"])
def test_nobody_is_told_back(kind: Literal["vehicle", "pedestrian"]) -> None:
    """Who was announced from one end is told to the other one only, and ends when nobody sees them any more."""
    net, poles = three()
    poles[0].sees(1, 85.0, 14.0 if kind == "vehicle" else 1.4, kind)
    run(net, poles, 1.0)
    assert poles[1].street.announced
    assert not poles[0].street.announced
    assert bool(poles[2].street.announced) is (kind == "vehicle")
    poles[0].street.users.clear()
    run(net, poles, 5.0)
    assert not poles[1].exchange.neighbours["pole-0"].announced
    assert not poles[2].exchange.neighbours["pole-1"].announced


def test_handing_on_adds_no_time() -> None:
    net, poles = three()
    poles[0].sees(1, 85.0, 14.0, "vehicle")
    began_s = net.now_s
    run(net, poles, 0.3)
    poles[0].street.users.clear()
    run(net, poles, 2.0)
    assert poles[2].street.announced
    ends = [until_s - poles[2].own_s(began_s) for _, until_s in poles[2].street.announced]
    assert max(ends) <= 3.3
    places = [one.at_m(poles[2].own_s(began_s)) for one, _ in poles[2].street.announced]
    assert places == pytest.approx([85.0 - 2 * PART_M] * len(places), abs=0.5)


def test_an_unbroken_row_of_one_lamp_poles() -> None:
    """Nine poles ahead of a vehicle know of it within a second, and go on knowing; no hop more than a message may make."""
    net = Net()
    poles = row(net, 12)
    run(net, poles, 1.0)
    for pole in poles:
        ours = pole.exchange._ours
        pole.exchange._ours = type(ours)(ours.id, 0.0, 0.0, 2000.0)
    poles[0].sees(1, 0.0, 14.0, "vehicle")
    run(net, poles, 1.0)
    for _ in range(20):
        poles[0].sees(1, 0.0, 14.0, "vehicle")
        run(net, poles, 0.5)
        live = [n for n, pole in enumerate(poles) if pole.street.announced and pole.until_s() > 0.5]
        assert live == list(range(1, MOST_HOPS + 2))


def test_news_is_told_at_once_and_what_was_foretold_by_the_beat() -> None:
    net, poles = three()
    low, middle = poles[0], poles[1]

    def told_after(seconds: float) -> bool:
        before = len(middle.street.announced)
        run(net, poles, seconds)
        return len(middle.street.announced) > before

    run(net, poles, 0.14)
    low.sees(1, 20.0, 14.0, "vehicle")
    assert told_after(0.14), "somebody new"
    run(net, poles, 0.14)
    low.nudge()
    assert not told_after(0.14), "goes on as foretold"
    low.sees(1, 20.0 + 14.0 * 0.28, 10.0, "vehicle")
    assert told_after(0.14), "slower than foretold"
    assert told_after(0.62), "by the beat"


def test_of_a_crowd_the_nearest_are_told() -> None:
    net, poles = three()
    low, middle = poles[0], poles[1]
    low.street.users = [user("pedestrian", float(place), 0.0, place, low.now_s) for place in range(30, 90)]
    low.nudge()
    run(net, poles, 0.2)
    assert sorted(one.user & 0xFFFFFFFF for one, _ in middle.street.announced) == list(range(90 - MOST_USERS, 90))


def test_numbers_of_neighbours_do_not_meet() -> None:
    net, poles = three()
    poles[0].sees(7, 80.0, 1.4, "pedestrian")
    poles[2].sees(7, 10.0, -1.4, "pedestrian")
    run(net, poles, 0.3)
    assert len({one.user for one, _ in poles[1].street.announced}) == 2
    assert all(one.user >= 1 << 32 for one, _ in poles[1].street.announced)
