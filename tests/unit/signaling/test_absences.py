"""What sessions hear of participants from whom nothing arrives."""

from ringback.signaling.absences import Absences
from ringback.signaling.messages import AbsentChanged

CALLS = ("ann", "ben", "cat")


def absent(call: str, *others: str) -> AbsentChanged:
    return AbsentChanged(call_id=call, absent=others)


def test_everybody_else_is_told_who_is_absent_and_nobody_of_itself() -> None:
    absences = Absences()
    assert absences.take("r", CALLS, ["ben"]) == [absent("ann", "ben"), absent("cat", "ben")]
    assert absences.take("r", CALLS, ["ben", "cat"]) == [
        absent("ann", "ben", "cat"),
        absent("ben", "cat"),
    ]
    assert absences.take("r", CALLS, []) == [absent("ann"), absent("ben"), absent("cat")]


def test_only_news_are_told() -> None:
    absences = Absences()
    assert absences.take("r", CALLS, []) == []
    absences.take("r", CALLS, ["ben"])
    assert absences.take("r", CALLS, ["ben"]) == []


def test_who_comes_in_is_told_what_holds() -> None:
    absences = Absences()
    absences.take("r", CALLS, ["ben"])
    assert absences.enter("r", "dan") == [absent("dan", "ben")]
    assert absences.enter("quiet", "eve") == []


def test_what_holds_is_known_until_the_room_ends() -> None:
    absences = Absences()
    absences.take("r", CALLS, ["ben"])
    absences.take("other", ("dan", "eve"), ["dan"])
    assert absences.of("ann") == [absent("ann", "ben")]
    assert absences.of("ben") == []
    assert absences.of("stranger") == []
    absences.forget("r")
    assert absences.of("ann") == []
    assert absences.of("eve") == [absent("eve", "dan")]
