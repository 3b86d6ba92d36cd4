"""Alice and Bob in a dialog: what connecting, muting and cameras do."""

import pytest

from ringback.calls.dialogs.events import DialogParticipantJoined, DialogParticipantUpdated
from ringback.calls.events import EndpointHungUp, MediaConnected, MediaSwitched
from ringback.calls.model import Participant, ParticipantState
from ringback.media.commands import Unpublish
from ringback.media.model import SlotKind, Source
from ringback.media.room import SlotMapping
from ringback.testing.calls import CHILD, DIALOG, PARENT, accept, remaps
from ringback.testing.playbook import like
from tests.unit.calls.dialogs import maps, media, publishes, ringing, talking


def test_a_side_is_joined_when_its_media_is_connected() -> None:
    with talking() as play:
        for side in (CHILD, PARENT):
            play.tell(DIALOG, MediaConnected(side.id))
            play.expect(
                DIALOG.says(
                    DialogParticipantJoined, participant=like(Participant, id=side.id, state=ParticipantState.JOINED)
                )
            )
            play.tell(DIALOG, MediaConnected(side.id))  # workers repeat their facts
            play.expect()


def test_the_caller_is_joined_before_the_answer_without_a_word() -> None:
    with ringing() as play:
        play.tell(DIALOG, MediaConnected("parent"))
        play.expect()
        assert play.state(DIALOG).parent.state is ParticipantState.JOINED


def test_muting_in_the_call() -> None:
    with talking() as play:
        play.tell(DIALOG, MediaSwitched("parent", microphone=False, camera=None))
        play.expect(
            DIALOG.says(
                DialogParticipantUpdated, participant=like(Participant, id="parent", microphone=False, camera=False)
            )
        )
        play.tell(DIALOG, MediaSwitched("parent", microphone=False, camera=False))
        play.expect()


def test_the_camera_goes_on_and_off_in_the_call() -> None:
    with talking() as play:
        play.tell(DIALOG, MediaSwitched("child", microphone=None, camera=True))
        seen = SlotMapping(index=0, participant_id="child", microphone=2, camera=3)
        play.expect(
            DIALOG.says(DialogParticipantUpdated, participant=like(Participant, id="child", camera=True)),
            remaps(DIALOG, {"parent": (seen,)}),
            media(
                publishes("child", 3, Source.CAMERA),
                maps("parent", SlotKind.VIDEO, 3),
            ),
        )
        play.tell(DIALOG, MediaSwitched("child", microphone=None, camera=False))
        unseen = SlotMapping(index=0, participant_id="child", microphone=2, camera=None)
        play.expect(
            DIALOG.says(DialogParticipantUpdated, participant=like(Participant, id="child", camera=False)),
            remaps(DIALOG, {"parent": (unseen,)}),
            media(Unpublish(room="dialog", publication="3")),
        )


def test_what_the_caller_switches_before_the_answer_holds_after_it() -> None:
    with ringing(camera=True) as play:
        play.tell(DIALOG, MediaSwitched("parent", microphone=False, camera=False))
        play.expect(media(Unpublish(room="dialog", publication="2")))
        play.given(CHILD, accept("phone"))
        assert play.state(DIALOG).parent == like(Participant, microphone=False, camera=False)
        assert play.state(DIALOG).room.slots_of("child") == (
            SlotMapping(index=0, participant_id="parent", microphone=1, camera=None),
        )


@pytest.mark.parametrize("who", ["child", "stranger"])
def test_nobody_switches_the_media_of_one_who_is_not_in(who: str) -> None:
    with ringing() as play:
        play.tell(DIALOG, MediaSwitched(who, microphone=False, camera=True))
        play.expect()


def test_media_of_a_dialog_that_has_ended_is_old_news() -> None:
    with talking() as play:
        play.given(PARENT, EndpointHungUp("browser"))
        for event in (MediaConnected("parent"), MediaSwitched("child", True, True)):
            play.tell(DIALOG, event)
            play.expect()
