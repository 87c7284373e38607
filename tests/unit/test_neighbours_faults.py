"""Messages lost, doubled, late, out of order, forged, replayed: each is refused for what it is, and the street is lit."""

from __future__ import annotations

import msgspec
import pytest

from agent.neighbours.acquaintance import Acquaintance, Fresh
from agent.neighbours.message import Seal, Told, decode, encode
from agent.neighbours.neighbour import MOST_ANNOUNCED, MOST_AT_ONCE
from agent.neighbours.window import SIZE, Window
from neighbour_net import Chance, Net
from neighbour_poles import PART_M, SEAL, SILENT_AFTER_S, Pole, row, run

FORGER = Seal(b"another secret, as long as it is", "albertslund")


def met(chance: Chance | None = None, seed: int = 1) -> tuple[Net, Pole, Pole]:
    """Two poles that know each other."""
    net = Net(seed, chance)
    low, high = row(net, 2)
    run(net, [low, high], 3.0)
    assert (low.state("pole-1"), high.state("pole-0")) == ("heard", "heard")
    assert low.street.silent == {1: False}
    assert high.street.silent == {-1: False}
    return net, low, high


def test_two_that_start_know_each_other_at_once() -> None:
    net = Net()
    low, high = row(net, 2)
    assert low.street.silent == {1: True}, "until it is heard a neighbour is silent"
    run(net, [low, high], 0.1)
    assert low.street.silent == {1: False}
    assert high.street.silent == {-1: False}
    assert not low.refused("pole-1")


@pytest.mark.parametrize("seed", range(5))
def test_lost(seed: int) -> None:
    """One in five is lost: nobody is silent, and who comes is announced in time."""
    net, low, high = met(Chance(lost=0.2), seed)
    low.sees(1, 20.0, 14.0, "vehicle")
    run(net, [low, high], 1.0)
    assert high.street.announced, "five repetitions a second"
    run(net, [low, high], 60.0)
    assert net.happened["lost"] > 20
    assert (low.state("pole-1"), high.state("pole-0")) == ("heard", "heard")
    assert not low.refused("pole-1")


@pytest.mark.parametrize("seed", range(5))
def test_doubled(seed: int) -> None:
    net, low, high = met(Chance(doubled=0.5), seed)
    low.sees(1, 20.0, 14.0, "vehicle")
    run(net, [low, high], 20.0)
    assert net.happened["doubled"] > 20
    assert set(high.refused("pole-0")) == {"replayed"}
    words = [(user.user, user.at_s) for user, _ in high.street.announced]
    assert len(words) == len(set(words)), "each word counts once"
    assert high.state("pole-0") == "heard"


@pytest.mark.parametrize("seed", range(5))
def test_out_of_order(seed: int) -> None:
    """Messages overtake each other by up to 0.4 s: a word never takes back a newer one."""
    net, low, high = met(Chance(least_s=0.0, most_s=0.4), seed)
    for turn in range(40):
        low.sees(1, 20.0 + turn, 1.4 if turn % 2 else -1.4, "pedestrian")
        run(net, [low, high], 0.2)
    at = [user.at_s for user, _ in high.street.announced]
    assert len(at) > 20
    assert at == sorted(at)
    assert high.state("pole-0") == "heard"
    assert not high.refused("pole-0")


def test_late() -> None:
    """A way that takes 1.5 s all of a sudden lights nobody's way: its messages are refused and the seam is lit."""
    net, low, high = met()
    net.chance = Chance(least_s=1.5, most_s=1.6)
    low.sees(1, 20.0, 14.0, "vehicle")
    run(net, [low, high], 10.0)
    assert set(high.refused("pole-0")) == {"late"}
    assert not high.street.announced
    assert high.street.silent == {-1: True}
    net.chance = Chance()
    run(net, [low, high], 2.5)
    assert high.street.silent == {-1: False}


def test_from_the_future() -> None:
    """A clock that leaps ahead by 5 s is not believed."""
    net, low, high = met()
    low._ahead_s += 5.0
    run(net, [low, high], 3.0)
    assert set(high.refused("pole-0")) == {"future"}
    assert high.street.silent == {-1: True}


@pytest.mark.parametrize("seed", range(5))
def test_changed_on_the_way(seed: int) -> None:
    net, low, high = met(Chance(changed=0.3), seed)
    low.sees(1, 20.0, 14.0, "vehicle")
    began_s = high.now_s
    run(net, [low, high], 30.0)
    refused = net.happened["changed"]
    counted = high.exchange.refused.total() + sum(high.refused("pole-0").values())
    counted += low.exchange.refused.total() + sum(low.refused("pole-1").values())
    assert refused > 20
    assert counted >= refused - 2, "each is refused but for those that are still under way, or of a meeting"
    assert high.street.announced
    assert all(abs(user.at_m(began_s) - (20.0 - PART_M)) < 0.5 for user, _ in high.street.announced)


def test_forged() -> None:
    """Without the secret nobody is announced, whatever the message says; and it is counted and logged once a minute."""
    net, low, high = met()
    acquainted = decode(net.tapped[-1][2], SEAL)
    assert acquainted is not None
    user = Told(1, "vehicle", 8000, 1400, 0, 100, 3000, 0)
    for number in range(100):
        told = msgspec.structs.replace(
            acquainted.message, sender="pole-0", to="pole-1", sequence=900 + number, users=(user,)
        )
        for seal in (FORGER, Seal(None, "albertslund"), Seal(SEAL.secret, "ishoj")):
            net.put("pole-0", "pole-1", encode(told, seal))
        run(net, [low, high], 0.05)
    assert high.refused("pole-0") == {"forged": 300}
    assert not high.street.announced
    assert high.state("pole-0") == "heard", "what is forged does not crowd out what is true"
    assert [keys["reason"] for name, keys in high.events if name == "neighbour_refused"] == ["forged"]


def test_of_a_stranger_and_of_no_sense() -> None:
    net, low, high = met()
    known = decode(net.tapped[-1][2], SEAL)
    assert known is not None
    for sender, to in (("pole-9", "pole-1"), ("pole-0", "pole-2"), ("pole-1", "pole-1")):
        net.put(sender, "pole-1", encode(msgspec.structs.replace(known.message, sender=sender, to=to), SEAL))
    net.put("pole-0", "pole-1", b"\x01\x00" + b"\xff" * 40)
    run(net, [low, high], 0.1)
    assert high.exchange.refused == {"stranger": 3, "malformed": 1}
    assert not high.street.announced


@pytest.mark.parametrize("restarts", ["nobody", "sender", "receiver", "both"])
def test_replayed(restarts: str) -> None:
    """All that was ever sent is sent again, at once and later, across starts of either side: nobody is announced by it."""
    net, low, high = met()
    low.sees(1, 20.0, 14.0, "vehicle")
    run(net, [low, high], 3.0)
    old = [sent for sent in net.tapped if sent[1] == "pole-1"]
    low.street.users.clear()
    assert sum(len(data) > 90 for _, _, data in old) >= 5
    if restarts in {"sender", "both"}:
        low = Pole(net, 0, 2, begun=1)
    if restarts in {"receiver", "both"}:
        high = Pole(net, 1, 2, begun=1)
    if restarts != "nobody":
        run(net, [low, high], 10.0)
    words = len(high.street.announced)
    for _ in range(3):
        for sender, to, data in old:
            net.put(sender, to, data)
            run(net, [low, high], 0.02)
    run(net, [low, high], 1.0)
    assert len(high.street.announced) == words
    assert sum(high.exchange.neighbours["pole-0"].refused.values()) >= 3 * len(old)
    assert (low.state("pole-1"), high.state("pole-0")) == ("heard", "heard"), "who replays cannot part them either"


def test_replayed_to_one_who_has_just_started_and_hears_nobody_else() -> None:
    """The seam stays lit: only who answers can make a neighbour be heard."""
    net, _, _ = met()
    old = list(net.tapped)
    high = Pole(net, 1, 2, begun=1)
    net.cut.add(("pole-0", "pole-1"))
    for _, to, data in old:
        high.link.arrive(data) if to == "pole-1" else None
        run(net, [high], 0.1)
    assert high.state("pole-0") == "silent"
    assert high.street.silent == {-1: True}


def test_too_many() -> None:
    """A neighbour gone mad, with the secret: so many messages a second are taken, and so many people announced."""
    net, low, high = met()
    for number in range(3000):
        low.sees(number, 50.0, 1.4, "pedestrian")
        low.exchange._speak(low.exchange.neighbours["pole-1"], low.exchange._concerned(
            low.exchange.neighbours["pole-1"], low.street.users, low.now_s), low.now_s)  # fmt: skip
        net.go(net.now_s + 0.001)
    neighbour = high.exchange.neighbours["pole-0"]
    assert neighbour.received <= MOST_AT_ONCE + 3 * 20 + 20
    assert neighbour.refused["too_many"] > 2800
    assert len(neighbour.announced) <= MOST_ANNOUNCED


@pytest.mark.parametrize("cut", [("pole-0", "pole-1"), ("pole-1", "pole-0")])
def test_silent_and_back(cut: tuple[str, str]) -> None:
    """Who is not heard for 2 s is silent; one way is enough to tell, for who is not heard cannot be known to hear."""
    net, low, high = met()
    net.cut.add(cut)
    run(net, [low, high], SILENT_AFTER_S - 0.6)
    deaf, end = (high, -1) if cut[0] == "pole-0" else (low, 1)
    assert deaf.street.silent == {end: False}
    run(net, [low, high], 0.7)
    assert deaf.street.silent == {end: True}
    net.cut.clear()
    run(net, [low, high], 1.0)
    assert deaf.street.silent == {end: False}
    assert [name for name, _ in deaf.events] == ["neighbour_back", "neighbour_silent", "neighbour_back"]


def test_one_who_does_not_see_is_as_good_as_silent() -> None:
    net, low, high = met()
    low.blind.add(1)
    run(net, [low, high], 1.0)
    assert high.state("pole-0") == "blind"
    assert high.street.silent == {-1: True}
    low.blind.clear()
    run(net, [low, high], 1.0)
    assert high.street.silent == {-1: False}


def test_a_message_may_only_raise_light_and_not_for_long() -> None:
    """Nobody counts longer than 5 s, whatever is said; a shorter word takes nothing back; who is not told of any more ends."""
    net, low, high = met()
    low.sees(1, 20.0, 14.0, "vehicle")
    run(net, [low, high], 0.3)
    assert 2.0 < high.until_s() <= 3.0
    exchange = low.exchange
    one = Told(1, "vehicle", 4000, 1400, 0, 100, 5000, 0)
    for for_ms in (5000, 0, 100):
        message = exchange.neighbours["pole-1"].say(
            "pole-0", (msgspec.structs.replace(one, for_ms=for_ms),), low.now_s, blind=False
        )
        net.put("pole-0", "pole-1", encode(message, SEAL))
        run(net, [high], 0.2)
        assert 4.0 < high.until_s() <= 5.0
    low.street.users.clear()
    run(net, [low, high], 5.0)
    assert not high.exchange.neighbours["pole-0"].announced


def test_the_position_is_in_our_coordinate_and_of_our_time() -> None:
    net, low, high = met(Chance(least_s=0.1, most_s=0.1))
    low.sees(7, 60.0, 10.0, "vehicle")
    began_s = net.now_s
    run(net, [low, high], 0.2)
    user, _ = high.street.announced[0]
    assert user.at_m(high.own_s(began_s + 1.0)) == pytest.approx(60.0 - PART_M + 10.0, abs=0.2)
    assert (user.kind, user.velocity_m_per_s, user.confidence) == ("vehicle", 10.0, 0.9)


def test_the_round_trip_is_measured() -> None:
    _, low, _ = met(Chance(least_s=0.05, most_s=0.05))
    trip = low.exchange.neighbours["pole-1"].acquaintance.trip
    assert trip is not None
    assert trip.seconds == pytest.approx(0.1, abs=0.045), "a message waits for the next step of who it came to"


def test_the_window_takes_each_number_once() -> None:
    window = Window()
    assert [window.take(n) for n in (5, 5, 7, 6, 6, 7, 200, 200 - SIZE, 200 - SIZE + 1, 5, 300, 300)] == [
        True, False, True, True, False, False, True, False, True, False, True, False,
    ]  # fmt: skip


def test_a_known_neighbour_is_not_parted_by_one_that_comes_anew_with_an_old_nonce() -> None:
    """What an earlier start of the sender said is refused even while it repeats the nonce that is good now."""
    nonces = iter(range(1, 99))
    ours = Acquaintance(77, 0.0, lambda: next(nonces))
    theirs = [Acquaintance(number, 0.0, lambda: next(nonces)) for number in (5, 6)]
    hello = ours.head("a", "b", 1.0, blind=False)
    said = []
    for one in theirs:
        one.take(hello, 1.0)
        said.append(one.head("b", "a", 1.01, blind=False, greeting=one.greeting))
    assert isinstance(ours.take(said[1], 1.02), Fresh)
    assert ours.take(said[0], 1.03) == "unacquainted"
