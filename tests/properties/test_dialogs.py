"""Dialogs, whatever happens to them, in whatever order."""

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from ringback.calls.events import Decline, DevicesFound, NoDeviceFound
from ringback.calls.model import EndReason
from ringback.testing.calls import CHILD, DIALOG, accept, start_dialog
from tests.properties.trees import SESSIONS, TreesMachine


class Dialogs(TreesMachine):
    """Alice calls Bob from s1; s1 may be one of Bob's devices too, for people do call themselves."""

    @initialize(camera=st.booleans())
    def alice_calls(self, camera: bool) -> None:
        self.happen(DIALOG, start_dialog(session="s1", camera=camera))

    @rule(devices=st.lists(SESSIONS, unique=True))
    def bob_is_looked_for(self, devices: list[str]) -> None:
        found = DevicesFound(tuple(devices)) if devices else NoDeviceFound(EndReason.TEMPORARILY_UNAVAILABLE)
        self.happen(CHILD, found)

    @rule(session=SESSIONS, microphone=st.booleans(), camera=st.booleans())
    def bob_accepts(self, session: str, microphone: bool, camera: bool) -> None:
        self.happen(CHILD, accept(session, microphone=microphone, camera=camera), may_refuse=True)

    @rule(session=SESSIONS, on_all_devices=st.booleans())
    def bob_declines(self, session: str, on_all_devices: bool) -> None:
        self.happen(CHILD, Decline(session, on_all_devices), may_refuse=True)


TestDialogs = Dialogs.TestCase
