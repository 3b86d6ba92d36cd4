"""Rooms, whoever comes and goes, in whatever order."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from ringback.conferences.model import Conference, ConferenceState
from ringback.conferences.store import CONFERENCES
from ringback.testing.calls import join
from tests.properties.trees import SESSIONS, TreesMachine


class Conferences(TreesMachine):
    """One name, which is a new conference each time after the last one left."""

    def __init__(self) -> None:
        super().__init__()
        self._joins = 0

    @rule(session=SESSIONS, microphone=st.booleans(), camera=st.booleans())
    def somebody_comes_in(self, session: str, microphone: bool, camera: bool) -> None:
        self._joins += 1
        active = self._active() or f"room {self._joins}"
        coming = join(f"call {self._joins}", conference=active, session=session, microphone=microphone, camera=camera)
        self.happen(CONFERENCES.ref(active), coming, may_refuse=True)

    @precondition(lambda self: self._owners())
    @rule(data=st.data())
    def somebody_asks_for_what_has_ended(self, data: st.DataObject) -> None:
        self._joins += 1
        late = data.draw(st.sampled_from(self._owners()))
        self.happen(late, join(f"call {self._joins}", conference=late.id, session="s1"), may_refuse=True)

    def _active(self) -> str | None:
        """As the store finds it."""
        active = [
            state.id
            for state in self.trees.states.values()
            if isinstance(state, Conference) and state.state is ConferenceState.ACTIVE
        ]
        assert len(active) <= 1
        return active[0] if active else None


TestConferences = Conferences.TestCase
