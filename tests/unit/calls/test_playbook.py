"""The playbook itself: a test that leaves something out must not pass."""

from datetime import datetime
from typing import Any

import pytest
from msgspec import Struct

from ringback.kernel.steps import Ref, Step, Tell
from ringback.testing.playbook import Playbook, becomes, like, runs, says, tells


class Door(Struct, frozen=True):
    state: str = "shut"


class Creaked(Struct, frozen=True):
    loud: bool
    long: bool


def step(door: Door | None, event: Any, now: datetime) -> Step[Door]:
    if event == "lean":
        return Step(door or Door())
    if event == "kick":
        raise ValueError(event)
    return Step(Door(event), events=(Creaked(loud=True, long=False),), tells=(BELL,), commands=("log",))


BELL = Tell(Ref("bell", "1"), "ring")
EVERYTHING = (becomes("open"), says(Creaked, loud=True), tells(*BELL), runs("log"))


def opened() -> Playbook[Door]:
    play = Playbook(step, Door())
    play.tell("open")
    return play


def test_an_outcome_that_is_named_in_full_passes() -> None:
    with opened() as play:
        play.expect(*EVERYTHING)
        play.tell("lean")
        play.expect()


@pytest.mark.parametrize("left_out", EVERYTHING, ids=lambda output: output.verb)
def test_what_is_left_out_fails(left_out: object) -> None:
    with pytest.raises(AssertionError, match=r"  \+ "):
        opened().expect(*(output for output in EVERYTHING if output is not left_out))


@pytest.mark.parametrize("wrong", [becomes("ajar"), says(Creaked, long=True), tells(BELL.to, "hum"), runs("shout")])
def test_what_is_named_wrongly_fails(wrong: Any) -> None:
    with pytest.raises(AssertionError) as failure:
        opened().expect(*(wrong if output.verb == wrong.verb else output for output in EVERYTHING))
    assert f"  - {wrong}" in str(failure.value)


def test_what_is_named_once_too_often_fails() -> None:
    with pytest.raises(AssertionError, match="  - runs 'log'"):
        opened().expect(*EVERYTHING, runs("log"))


def test_an_outcome_that_is_not_named_fails_at_the_next_event_and_at_the_end() -> None:
    with pytest.raises(AssertionError, match="does not say what comes of"):
        opened().tell("lean")
    with pytest.raises(AssertionError, match="does not say what comes of"), opened():
        pass


def test_a_refusal_that_does_not_come_fails() -> None:
    play = Playbook(step, Door())
    play.refuses("kick", ValueError)
    with pytest.raises(AssertionError, match="was not refused with ValueError"):
        play.refuses("lean", ValueError)


def test_a_pattern_knows_the_fields_of_its_type() -> None:
    assert like(Creaked, loud=True) == Creaked(loud=True, long=False)
    assert like(Creaked, loud=True) != Creaked(loud=False, long=False)
    assert like(Creaked) != Door()
    with pytest.raises(AssertionError, match="Creaked has no shrill"):
        like(Creaked, shrill=True)
