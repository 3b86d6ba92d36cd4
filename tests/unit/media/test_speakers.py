"""Who speaks, told from loudness, in virtual time."""

from ringback.media.speakers import BEGIN_DB, END_DB, MOST, PAUSE_SECONDS, Speakers

SILENT = -127


def test_whoever_is_loud_speaks_and_the_loudest_comes_first() -> None:
    room = Speakers()
    assert room.hear({"anna": -30, "boris": -20, "clara": SILENT}, 0.0) == ("boris", "anna")


def test_nothing_is_said_twice() -> None:
    room = Speakers()
    assert room.hear({"anna": -30}, 0.0) == ("anna",)
    assert room.hear({"anna": -25}, 0.2) is None


def test_noise_does_not_begin_but_a_low_voice_goes_on() -> None:
    between = (BEGIN_DB + END_DB) // 2
    room = Speakers()
    assert room.hear({"anna": between}, 0.0) is None
    assert room.hear({"anna": BEGIN_DB}, 0.2) == ("anna",)
    assert room.hear({"anna": between}, 10.0) is None
    assert room.deadline is None


def test_a_pause_is_not_the_end() -> None:
    room = Speakers()
    room.hear({"anna": -30}, 1.0)
    assert room.hear({"anna": SILENT}, 1.2) is None
    assert room.deadline == 1.0 + PAUSE_SECONDS
    assert room.recheck(1.0 + PAUSE_SECONDS - 0.01) is None
    assert room.hear({"anna": -30}, 1.5) is None
    assert room.hear({"anna": SILENT}, 1.7) is None
    assert room.recheck(1.5 + PAUSE_SECONDS) == ()
    assert room.deadline is None


def test_whoever_leaves_does_not_speak() -> None:
    room = Speakers()
    room.hear({"anna": -30, "boris": -30}, 0.0)
    assert room.hear({"boris": -30}, 0.2) == ("boris",)


def test_in_a_room_full_of_noise_the_loudest_speak_and_go_on_until_they_are_silent() -> None:
    room = Speakers()
    crowd = {f"guest-{number}": -30 - number % 9 for number in range(100)}
    speaking = room.hear(crowd, 0.0)
    assert speaking is not None
    assert len(speaking) == MOST
    assert {crowd[id] for id in speaking} == {-30}
    assert room.hear({id: -10 if id not in speaking else -45 for id in crowd}, 0.2) is None, "nobody is interrupted"
    silent = {id: SILENT if id == speaking[0] else -35 for id in crowd}
    assert room.hear(silent, 0.4) is None
    after = room.recheck(0.2 + PAUSE_SECONDS)
    assert after is not None
    assert speaking[0] not in after
    replaced = room.hear(silent, 0.4 + PAUSE_SECONDS)
    assert replaced is not None
    assert len(replaced) == MOST
