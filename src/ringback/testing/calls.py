"""Builders for call trees: Alice calls Bob, or both come into a room. Ids are the names one would say."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from ringback.calls.dialogs.events import StartDialog
from ringback.calls.dialogs.store import DIALOGS
from ringback.calls.events import Accept, SlotsChanged, StartCall
from ringback.calls.model import Direction, Place, WebrtcEndpoint
from ringback.calls.store import CALLS
from ringback.conferences.events import Join
from ringback.conferences.store import CONFERENCES
from ringback.kernel.steps import Ref
from ringback.media.room import SlotMapping
from ringback.testing.playbook import NOON, Actor, Output

KINDS: Final = (CALLS, DIALOGS, CONFERENCES)
"""Every kind of aggregate that lives in a call tree."""

ACCOUNT: Final = "acme"
WORKER: Final = 0
RING_DEADLINE: Final = NOON + timedelta(seconds=30)

ALICE: Final = WebrtcEndpoint("alice", "Alice")
BOB: Final = WebrtcEndpoint("bob", "Bob")

DIALOG: Final = Actor("dialog", "dialog")
PARENT: Final = Actor("call", "parent")
"""Alice's call, from her session `browser`."""
CHILD: Final = Actor("call", "child")
"""Bob's call."""
ROOM: Final = Actor("conference", "room")


class _Remapped:
    """Equals every `SlotsChanged` that tells these calls that they receive this, and no others."""

    def __init__(self, slots: Mapping[str, Sequence[SlotMapping]]) -> None:
        self._slots = {call: tuple(mapped) for call, mapped in slots.items()}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SlotsChanged) and {id: other.room.slots_of(id) for id in other.calls} == self._slots

    __hash__ = None  # type: ignore[assignment]  # equal to many different things

    def __repr__(self) -> str:
        return f"SlotsChanged({self._slots})"


def remaps(owner: Actor, slots: Mapping[str, Sequence[SlotMapping]]) -> Output:
    """The owner says that these calls, and no others, receive this from now on."""
    return Output(owner, "says", _Remapped(slots))


def call(id: str) -> Actor:
    """The call of this id."""
    return Actor("call", id)


def start_dialog(
    *,
    id: str = DIALOG.id,
    account_id: str = ACCOUNT,
    parent: str = PARENT.id,
    child: str = CHILD.id,
    session: str = "browser",
    microphone: bool = True,
    camera: bool = False,
    ring_deadline: datetime = RING_DEADLINE,
) -> StartDialog:
    """Alice calls Bob."""
    return StartDialog(
        id=id,
        account_id=account_id,
        worker=WORKER,
        session=session,
        caller=ALICE,
        callee=BOB,
        parent_call=parent,
        child_call=child,
        microphone=microphone,
        camera=camera,
        custom_data={},
        ring_deadline=ring_deadline,
    )


def start_inbound(*, owner: Ref = DIALOG) -> StartCall:
    """Alice's leg begins."""
    return StartCall(
        id=PARENT.id,
        account_id=ACCOUNT,
        direction=Direction.INBOUND,
        endpoint=ALICE,
        caller=ALICE,
        owner=owner,
        place=Place(WORKER, owner.id),
        microphone=True,
        camera=False,
        custom_data={},
        session="browser",
    )


def start_outbound(*, owner: Ref = DIALOG) -> StartCall:
    """Bob's leg begins."""
    return StartCall(
        id=CHILD.id,
        account_id=ACCOUNT,
        direction=Direction.OUTBOUND,
        endpoint=BOB,
        caller=ALICE,
        owner=owner,
        place=Place(WORKER, owner.id),
        microphone=True,
        camera=False,
        custom_data={},
        ring_deadline=RING_DEADLINE,
    )


def accept(session: str, *, microphone: bool = True, camera: bool = False) -> Accept:
    """Bob answers on this session."""
    return Accept(session, BOB, microphone, camera)


def join(
    who: str,
    *,
    conference: str = ROOM.id,
    account_id: str = ACCOUNT,
    name: str = "standup",
    session: str | None = None,
    microphone: bool = True,
    camera: bool = False,
    places: int = 100,
) -> Join:
    """Somebody comes into the room; the call and the identity are named alike."""
    return Join(
        conference=conference,
        account_id=account_id,
        name=name,
        worker=WORKER,
        call=who,
        session=session or f"{who}'s browser",
        endpoint=WebrtcEndpoint(who),
        microphone=microphone,
        camera=camera,
        custom_data={},
        places=places,
    )
