"""A unit is given another id or speed: each point at which it can fail, and what is said of it then."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from drivers.bus.port import Answer
from drivers.bus.records import Link
from drivers.errors import BadAnswer, LinkLost, NoAnswer, Refused
from drivers.modbus import pdu
from drivers.modbus.commission import (
    Ask,
    Change,
    Effect,
    End,
    Outcome,
    Pause,
    Place,
    Register,
    Restart,
    Steps,
    carry_out,
    may_begin,
    writes,
)

ID, SPEED, LOCK, SAVE = 7, 8, 0x69, 0
BAUDS = {2: 9600, 3: 19200}
LINK = Link(9600)


class Box:
    """A unit with a memory that lives without power and one that does not. Its registers are in force as `effect` says."""

    def __init__(self, effect: Effect, *, unlock: bool = False, save: bool = False) -> None:
        self.effect = effect
        self.kept = {ID: 1, SPEED: 2, 100: 0xAB00}
        self.now = dict(self.kept)
        self.locked = unlock
        self.saves = save
        self.place = Place(1, LINK)
        self.powered = True
        self.written: list[tuple[int, int]] = []
        self.eager = False  # in force at once, and forgotten without power unless it is saved
        self.trouble: Callable[[Ask], Outcome] = lambda _: None  # what comes instead of the box's own answer
        self.after: Callable[[Ask], None] = lambda _: None

    def __call__(self, ask: Ask) -> Outcome:
        if (trouble := self.trouble(ask)) is not None:
            return trouble
        if not self.powered or (ask.request.unit, ask.link) != (self.place.unit, self.place.link):
            return NoAnswer("no answer within 300 ms")
        answer = self._taken(ask)
        self.after(ask)
        return answer

    def _taken(self, ask: Ask) -> Outcome:
        body = ask.request.pdu
        address, value = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
        if ask.request.function == pdu.READ_HOLDING:
            known = address in self.now
            return Answer(self.now[address].to_bytes(2, "big"), 0.01) if known else Refused("exception 2", 2)
        if ask.request.function != pdu.WRITE_REGISTER:
            return Refused("exception 1: illegal function", 1)
        self.written.append((address, value))
        if address == LOCK:
            self.locked = False
        elif self.locked:
            return Refused("exception 4: device failure", 4)
        elif address == SAVE:
            self.kept = dict(self.now)
            self._in_force(self.effect == "saved")
        else:
            self.now[address] = value
            if not self.saves:
                self.kept = dict(self.now)
            self._in_force(self.effect == "at once" or self.eager)
        return Answer(b"", 0.01)

    def _in_force(self, yes: bool) -> None:
        if yes:
            self.place = Place(self.now[ID], Link(BAUDS[self.now[SPEED]]))

    def off_and_on(self) -> Outcome:
        self.now = dict(self.kept)
        self.place = Place(self.now[ID], Link(BAUDS[self.now[SPEED]]))
        return None


def change_of_id(effect: Effect, *, unlock: bool = False, save: bool = False, mask: int = 0xFFFF) -> Change:
    return Change(
        old=Place(1, LINK),
        registers=(Register("id", ID, mask, 1, 31, Place(31, LINK)),),
        effect=effect,
        unlock=((LOCK, 0xB588),) if unlock else (),
        save=((SAVE, 0),) if save else (),
    )


def change_of_speed(effect: Effect) -> Change:
    return Change(
        old=Place(1, LINK), registers=(Register("speed", SPEED, 0xFFFF, 2, 3, Place(1, Link(19200))),), effect=effect
    )


def run(steps: Steps, box: Box, restart: Callable[[], Outcome] | None = None) -> End:
    """Run to the end. Nothing waits here."""
    outcome: Outcome = None
    for _ in range(100):
        try:
            step = steps.throw(outcome) if isinstance(outcome, LinkLost) else steps.send(outcome)
        except StopIteration as end:
            return msgspec.convert(end.value, End)
        outcome = None
        if isinstance(step, Ask):
            outcome = box(step)
        elif isinstance(step, Restart):
            outcome = (restart or box.off_and_on)()
        else:
            assert isinstance(step, Pause)
    raise AssertionError("it does not end")


WAYS: list[tuple[Effect, bool, bool]] = [
    ("at once", False, False),
    ("at once", True, True),
    ("saved", False, True),
    ("saved", True, True),
    ("restart", False, False),
    ("restart", True, True),
]
EACH_WRITE = [(*way, number) for way in WAYS for number in range(1 + way[1] + way[2])]


@pytest.mark.parametrize(("effect", "unlock", "save"), WAYS)
def test_a_unit_goes_where_it_is_sent(effect: Effect, unlock: bool, save: bool) -> None:
    box, change = Box(effect, unlock=unlock, save=save), change_of_id(effect, unlock=unlock, save=save)
    assert run(may_begin(change), box) == End(
        True, "unit 1 at 9600 8N1 answers, and nobody answers as unit 31 at 9600 8N1"
    )
    assert box.written == []
    end = run(carry_out(change), box)
    assert end == End(True, "Unit 31 at 9600 8N1 answers, unit 1 at 9600 8N1 does not any more")
    assert box.written == [(LOCK, 0xB588)] * unlock + [(ID, 31)] + [(SAVE, 0)] * save
    box.off_and_on()
    assert box.place == Place(31, LINK)


@pytest.mark.parametrize("effect", ["at once", "restart"])
def test_a_unit_takes_another_speed(effect: Effect) -> None:
    box, change = Box(effect), change_of_speed(effect)
    assert run(may_begin(change), box).done
    assert run(carry_out(change), box) == End(True, "Unit 1 at 19200 8N1 answers, unit 1 at 9600 8N1 does not any more")


@pytest.mark.parametrize(("effect", "unlock", "save"), WAYS)
def test_the_plan_is_what_is_written(effect: Effect, unlock: bool, save: bool) -> None:
    box, change = Box(effect, unlock=unlock, save=save), change_of_id(effect, unlock=unlock, save=save)
    seen: list[Ask] = []
    box.after = lambda ask: seen.append(ask) if ask.writes else None
    run(carry_out(change), box)
    assert [(ask.request, ask.link) for ask in seen] == [(ask.request, ask.link) for ask in writes(change)]


def test_bits_beside_the_mask_are_kept() -> None:
    box = Box("restart")
    box.now[ID] = box.kept[ID] = 0x0201
    end = run(carry_out(change_of_id("restart", mask=0x00FF)), box, lambda: setattr(box, "place", Place(31, LINK)))
    assert end.done
    assert box.written == [(ID, 0x021F)]


def test_a_register_whose_other_bits_are_not_known_is_not_written() -> None:
    box = Box("at once")
    del box.now[ID]
    end = run(carry_out(change_of_id("at once", mask=0x00FF)), box)
    assert (end.done, box.written) == (False, [])
    assert "nothing was written" in end.text
    assert "Unit 1 at 9600 8N1 answers still" in end.text


# ---- Refused before anything is written ---------------------------------------------------------------------------------


def test_a_unit_that_is_not_there() -> None:
    box = Box("at once")
    box.place = Place(2, LINK)
    assert run(may_begin(change_of_id("at once")), box).text == "unit 1 at 9600 8N1 does not answer"


def test_a_register_that_holds_something_else() -> None:
    box = Box("at once")
    box.now[ID] = 230
    end = run(may_begin(change_of_id("at once")), box)
    assert (end.done, end.text) == (False, "register 7 should hold 1, its id, and holds 230")


def test_a_register_that_cannot_be_read_hinders_nothing() -> None:
    box = Box("at once")
    del box.now[ID]
    assert run(may_begin(change_of_id("at once")), box).done


def test_a_unit_that_has_the_new_id_in_its_register_and_waits_for_its_restart() -> None:
    box = Box("restart")
    box.now[ID] = 31
    assert run(may_begin(change_of_id("restart")), box).done


@pytest.mark.parametrize("what", [Answer(b"\0\0", 0.01), Refused("exception 2", 2), BadAnswer("CRC is wrong", "crc")])
def test_a_new_place_where_somebody_is(what: Outcome) -> None:
    box = Box("at once")
    box.trouble = lambda ask: what if ask.request.unit == 31 else None
    end = run(may_begin(change_of_id("at once")), box)
    assert not end.done
    assert end.text.startswith("somebody answers as unit 31 at 9600 8N1 already")


def test_somebody_in_the_new_place_who_answers_one_question_alone() -> None:
    box = Box("at once")
    answer = Answer(b"\0\0", 0.01)
    box.trouble = lambda ask: answer if ask.request.unit == 31 and ask.request.function == pdu.READ_INPUT else None
    assert not run(may_begin(change_of_id("at once")), box).done


def test_a_gateway_that_says_that_nobody_is_there() -> None:
    box = Box("at once")
    box.trouble = lambda ask: Refused("exception 11", 11) if ask.request.unit == 31 else None
    assert run(may_begin(change_of_id("at once")), box).done


# ---- Failures in the middle ------------------------------------------------------------------------------------------


def at_write(box: Box, number: int, what: Callable[[Ask], Outcome]) -> None:
    """Something happens instead of write `number` (from 0) reaching the box."""
    count = -1

    def trouble(ask: Ask) -> Outcome:
        nonlocal count
        count += ask.writes
        return what(ask) if count == number and ask.writes else None

    box.trouble = trouble


@pytest.mark.parametrize(("effect", "unlock", "save", "number"), EACH_WRITE)
def test_power_that_fails_at_a_write_and_comes_back(effect: Effect, unlock: bool, save: bool, number: int) -> None:
    """What is said of its place is where it is; nothing is called done that power took back."""
    box, change = Box(effect, unlock=unlock, save=save), change_of_id(effect, unlock=unlock, save=save)

    def gone(_: Ask) -> Outcome:
        box.off_and_on()
        box.locked = unlock
        return NoAnswer("no answer within 1000 ms")

    at_write(box, number, gone)
    end = run(carry_out(change), box)
    if end.done:
        box.off_and_on()
        assert box.place == change.new
    else:
        assert end.remedy
        assert f"nit {box.place.unit} at 9600 8N1 answers" in end.text


@pytest.mark.parametrize(("effect", "unlock", "save", "number"), EACH_WRITE)
def test_power_that_fails_at_a_write_and_stays_away(effect: Effect, unlock: bool, save: bool, number: int) -> None:
    box, change = Box(effect, unlock=unlock, save=save), change_of_id(effect, unlock=unlock, save=save)

    def gone(_: Ask) -> Outcome:
        box.powered = False
        return NoAnswer("no answer within 1000 ms")

    at_write(box, number, gone)
    end = run(carry_out(change), box, lambda: None)
    assert not end.done
    assert "Neither unit 1 at 9600 8N1 nor unit 31 at 9600 8N1 answers" in end.text
    assert "--all" in end.remedy


@pytest.mark.parametrize(("effect", "unlock", "save", "number"), EACH_WRITE)
def test_a_write_that_is_refused(effect: Effect, unlock: bool, save: bool, number: int) -> None:
    box, change = Box(effect, unlock=unlock, save=save), change_of_id(effect, unlock=unlock, save=save)
    at_write(box, number, lambda _: Refused("exception 3: illegal data value", 3))
    end = run(carry_out(change), box)
    assert not end.done
    assert "exception 3: illegal data value" in end.text
    assert f"nit {box.place.unit} at 9600 8N1 answers" in end.text
    assert end.remedy


@pytest.mark.parametrize("effect", ["at once", "saved", "restart"])
def test_a_write_whose_acknowledgement_is_lost(effect: Effect) -> None:
    """The unit took it, its echo did not come: what it holds is read, or where it answers is seen."""
    save = effect == "saved"
    box, change = Box(effect, save=save), change_of_id(effect, save=save)
    box.trouble = lambda ask: (box._taken(ask), NoAnswer("no answer"))[1] if ask.writes and box.written == [] else None
    assert run(carry_out(change), box).done


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_unit_that_is_in_its_new_place_before_it_is_saved(acknowledged: bool) -> None:
    box, change = Box("saved", save=True), change_of_id("saved", save=True)
    box.eager = True
    lost = NoAnswer("no answer")
    if not acknowledged:
        box.trouble = lambda ask: (box._taken(ask), lost)[1] if ask.writes and not box.written else None
    assert run(carry_out(change), box).done
    box.off_and_on()
    assert box.place == change.new


def test_a_save_that_is_lost_once_is_sent_again() -> None:
    box, change = Box("saved", save=True), change_of_id("saved", save=True)
    at_write(box, 1, lambda _: NoAnswer("no answer"))
    assert run(carry_out(change), box).done
    assert box.kept[ID] == 31


def test_a_line_that_is_lost_in_the_middle() -> None:
    box, change = Box("restart"), change_of_id("restart")
    at_write(box, 0, lambda _: LinkLost("/dev/ttyUSB0: hung up"))
    end = run(carry_out(change), box)
    assert not end.done
    assert "/dev/ttyUSB0: hung up" in end.text
    assert end.remedy


def test_a_line_that_is_lost_at_the_proof() -> None:
    box, change = Box("at once"), change_of_id("at once")
    box.trouble = lambda _: LinkLost("hung up") if box.written else None
    end = run(carry_out(change), box)
    assert end.text == "all was written, then the line was lost (hung up); nothing is proved"


def test_power_that_was_not_off() -> None:
    end = run(carry_out(change_of_id("restart")), Box("restart"), lambda: None)
    assert end.text == "Unit 1 at 9600 8N1 answers still, unit 31 at 9600 8N1 does not"
    assert "really off" in end.remedy


@pytest.mark.parametrize("wait", [True, False])
def test_nobody_waits_for_the_restart(wait: bool) -> None:
    box = Box("restart")
    end = run(carry_out(change_of_id("restart"), wait_for_restart=wait), box, lambda: NoAnswer("nobody did"))
    assert (end.done, end.pending) == (False, True)
    assert end.text == "it will be unit 31 at 9600 8N1 once its power has been off and on"
    assert box.kept[ID] == 31


def test_a_unit_that_needs_a_while_to_come_back() -> None:
    box, change = Box("at once"), change_of_id("at once")
    looks = 0

    def trouble(ask: Ask) -> Outcome:
        nonlocal looks
        looks += ask.request.unit == 31
        return NoAnswer("no answer") if 0 < looks < 6 and ask.request.unit == 31 else None

    box.trouble = trouble
    assert run(carry_out(change), box).done


def test_two_units_that_both_answer_afterwards() -> None:
    box, change = Box("at once"), change_of_id("at once")
    box.trouble = lambda ask: Answer(b"\0\0", 0.01) if box.written and ask.request.unit == 1 else None
    end = run(carry_out(change), box)
    assert not end.done
    assert end.text == "Both answer: unit 31 at 9600 8N1, and unit 1 at 9600 8N1"


def test_a_unit_that_answers_in_its_new_place_with_another_register() -> None:
    box, change = Box("at once"), change_of_id("at once")
    box.after = lambda ask: box.now.update({ID: 30}) if ask.writes else None
    end = run(carry_out(change), box)
    assert not end.done
    assert "its register 7 holds 30, not 31" in end.text


def test_a_profile_that_writes_by_function_16() -> None:
    change = msgspec.structs.replace(change_of_id("at once"), by_16=True)
    (write,) = writes(change)
    assert write.request == pdu.write_registers(1, ID, [31])
