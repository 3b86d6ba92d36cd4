"""How far a dialog has come when a test begins, and its commands in few words."""

from ringback.calls.commands import RunMedia
from ringback.calls.events import DevicesFound
from ringback.media.commands import CloseRoom, Command, MapSlot, Publish
from ringback.media.model import SlotKind, Source
from ringback.testing.calls import CHILD, DIALOG, KINDS, WORKER, accept, start_dialog
from ringback.testing.playbook import Output, TreePlaybook, runs


def media(*commands: Command) -> Output:
    """Commands for the dialog's worker."""
    return runs(RunMedia(WORKER, commands))


def publishes(participant: str, number: int, source: Source = Source.MICROPHONE) -> Command:
    return Publish(room="dialog", participant=participant, publication=str(number), number=number, source=source)


def maps(participant: str, kind: SlotKind, publication: int) -> Command:
    return MapSlot(room="dialog", participant=participant, kind=kind, index=0, publication=str(publication))


CLOSES_THE_ROOM = media(CloseRoom(room="dialog"))


def calling(*, camera: bool = False) -> TreePlaybook:
    """Alice has called; nobody has looked yet where Bob is."""
    play = TreePlaybook(KINDS)
    play.given(DIALOG, start_dialog(camera=camera))
    return play


def ringing(*, camera: bool = False) -> TreePlaybook:
    """It rings on Bob's laptop and phone."""
    play = calling(camera=camera)
    play.given(CHILD, DevicesFound(("laptop", "phone")))
    return play


def talking() -> TreePlaybook:
    """Bob has answered on his phone."""
    play = ringing()
    play.given(CHILD, accept("phone"))
    return play
