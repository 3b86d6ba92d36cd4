"""Dialogs, whatever happens to them, in whatever order."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from ringback.calls.dialogs.model import Dialog
from ringback.calls.events import Decline, DevicesFound, NoDeviceFound
from ringback.calls.model import Call, CallState, EndReason
from ringback.kernel.steps import Ref
from ringback.testing.calls import accept, start_dialog
from tests.properties.trees import SESSIONS, TERMINAL, TreesMachine

DEVICES = st.sampled_from([("s1",), ("s2",), ("s3", "s1"), ("s2", "s3"), ("s1", "s2", "s3")])
PROGRESS = st.sampled_from([CallState.CALLING, CallState.RINGING, CallState.ESTABLISHED])


class Dialogs(TreesMachine):
    """Alice calls Bob from s1, again and again; s1 may be a device of Bob's too, for people do call themselves."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0

    @property
    def _dialog(self) -> Ref:
        """The latest."""
        return Ref("dialog", f"dialog {self._count}")

    @property
    def _child(self) -> Ref:
        return Ref("call", f"child {self._count}")

    def _child_is(self, *states: CallState) -> bool:
        call = self.trees.state(self._child)
        return isinstance(call, Call) and call.state in states

    def _has_ended(self) -> bool:
        dialog = self.trees.state(self._dialog)
        return not isinstance(dialog, Dialog) or dialog.state in TERMINAL

    @initialize(camera=st.booleans(), progress=PROGRESS, devices=DEVICES)
    def the_first_call(self, camera: bool, progress: CallState, devices: tuple[str, ...]) -> None:
        self.alice_calls(camera, progress, devices)

    @precondition(_has_ended)
    @rule(camera=st.booleans(), progress=PROGRESS, devices=DEVICES)
    def alice_calls(self, camera: bool, progress: CallState, devices: tuple[str, ...]) -> None:
        self._count += 1
        dialog = start_dialog(
            id=self._dialog.id,
            parent=f"parent {self._count}",
            child=self._child.id,
            session="s1",
            camera=camera,
            ring_deadline=self.deadline(),
        )
        self.happen(self._dialog, dialog)
        # Most of what can go wrong goes wrong later, so not every example has to find its way there.
        if progress in (CallState.RINGING, CallState.ESTABLISHED):
            self.happen(self._child, DevicesFound(devices))
        if progress is CallState.ESTABLISHED:
            self.happen(self._child, accept(devices[0]))

    @precondition(lambda self: self._child_is(CallState.CALLING))
    @rule(devices=DEVICES | st.none())
    def bob_is_looked_for(self, devices: tuple[str, ...] | None) -> None:
        nobody = NoDeviceFound(EndReason.TEMPORARILY_UNAVAILABLE)
        self.happen(self._child, DevicesFound(devices) if devices else nobody)

    @precondition(lambda self: self._child_is(CallState.RINGING))
    @rule(data=st.data(), microphone=st.booleans(), camera=st.booleans())
    def bob_accepts(self, data: st.DataObject, microphone: bool, camera: bool) -> None:
        session = data.draw(st.sampled_from(self._ringing()))
        self.happen(self._child, accept(session, microphone=microphone, camera=camera))

    @precondition(lambda self: self._child_is(CallState.RINGING))
    @rule(data=st.data(), on_all_devices=st.booleans())
    def bob_declines(self, data: st.DataObject, on_all_devices: bool) -> None:
        self.happen(self._child, Decline(data.draw(st.sampled_from(self._ringing())), on_all_devices))

    @precondition(lambda self: not self._has_ended())
    @rule(session=SESSIONS, declining=st.booleans())
    def somebody_asks_for_what_may_not_be(self, session: str, declining: bool) -> None:
        request = Decline(session, False) if declining else accept(session)
        self.happen(self._child, request, may_refuse=True)

    def _ringing(self) -> list[str]:
        call = self.trees.state(self._child)
        assert isinstance(call, Call)
        return list(call.ringing)


TestDialogs = Dialogs.TestCase
