"""Tests of machines as transcripts: tell somebody something, then name everything that comes of it.

    with Playbook(step, ringing_call) as play:
        play.tell(Decline("laptop", on_all_devices=False))
        play.expect(says(DevicesReleased, sessions=("laptop",), reason=EndReason.REJECTED))

`Playbook` is about one machine. `TreePlaybook` is about a whole tree of them: what one tells another is delivered as
in a transaction, and every output names whose it is (`Actor`). An outcome that nobody has named, or that differs from
what was named, fails the test with the transcript of that turn.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Generic, NamedTuple, Self, TypeVar

import msgspec

from ringback.kernel.steps import Ref, Step, Tell
from ringback.storage.aggregates import Kind, Tree

State = TypeVar("State")

NOON: Final = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""When every playbook begins."""


class Like:
    """Equals every value of a type whose named fields are these; the other fields do not matter."""

    def __init__(self, kind: type, **fields: object) -> None:
        unknown = fields.keys() - set(kind.__annotations__)
        assert not unknown, f"{kind.__name__} has no {', '.join(sorted(unknown))}"
        self._kind = kind
        self._fields = fields

    def __eq__(self, other: object) -> bool:
        return isinstance(other, self._kind) and all(
            value == getattr(other, name) for name, value in self._fields.items()
        )

    __hash__ = None  # type: ignore[assignment]  # equal to many different things

    def __repr__(self) -> str:
        return f"{self._kind.__name__}({', '.join([*map(_named, self._fields.items()), '...'])})"


def like(kind: type, **fields: object) -> Any:
    """A pattern for one value; it can stand inside another value."""
    return Like(kind, **fields)


class Output(NamedTuple):
    """One thing that comes of an event. `of` is None in the playbook of one machine."""

    of: Ref | None
    verb: str
    what: object

    def __str__(self) -> str:
        return " ".join([*([str(self.of)] if self.of else []), self.verb, repr(self.what)])


def becomes(state: object) -> Output:
    """The aggregate's own `state` is another one now."""
    return Output(None, "becomes", state)


def says(event: type, **fields: object) -> Output:
    """An event for the owner and the outbox."""
    return Output(None, "says", Like(event, **fields))


def tells(to: Ref, event: object) -> Output:
    """An input for another machine. Not named in the playbook of a tree, where it is delivered."""
    return Output(None, "tells", Tell(to, event))


def runs(command: object) -> Output:
    """Something to be done in the world. Not named by whose command it is: the order of all of them matters."""
    return Output(None, "runs", command)


class Actor(Ref):
    """An aggregate in the playbook of a tree."""

    def becomes(self, state: object) -> Output:
        """See the function of this name."""
        return becomes(state)._replace(of=self)

    def says(self, event: type, **fields: object) -> Output:
        """See the function of this name."""
        return says(event, **fields)._replace(of=self)


class _Turns:
    """What both playbooks are: turns of one event and its named outcome."""

    def __init__(self) -> None:
        self.now = NOON
        self._told = ""
        self._outcome: Sequence[Output] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if kind is None:
            self._require_named()

    def expect(self, *outputs: Output) -> None:
        """What came of the last event is exactly this; nothing, if nothing is named.

        New states may be named in any order, all else in its own.
        """
        assert self._outcome is not None, "nobody was told anything"
        came, self._outcome = self._outcome, None
        # Each verb's outputs are one list; between the lists there is no order.
        parts = [_difference(_of(verb, outputs), _of(verb, came)) for verb in ("becomes", "says", "tells", "runs")]
        if any(different for different, _ in parts):
            lines = [line for _, part in parts for line in part]
            raise AssertionError("\n".join([f"after {self._told}", *lines]))

    def _begin(self, told: str) -> None:
        self._require_named()
        self._told = told

    def _end(self, outcome: Iterable[Output]) -> None:
        self._outcome = tuple(outcome)

    def _require_named(self) -> None:
        if self._outcome is not None:
            lines = [f"  {output}" for output in self._outcome] or ["  (nothing)"]
            raise AssertionError("\n".join([f"the test does not say what comes of {self._told}; it is", *lines]))

    def _refuse(self, told: str, error: type[Exception], deliver: Callable[[], object]) -> None:
        self._begin(told)
        try:
            deliver()
        except error:
            return
        raise AssertionError(f"{told} was not refused with {error.__name__}")


class Playbook(_Turns, Generic[State]):
    """A conversation with one machine, whose tells are outputs."""

    def __init__(self, step: Callable[[State | None, Any, datetime], Step[State]], state: State | None = None) -> None:
        super().__init__()
        self._step = step
        self._state = state

    @property
    def state(self) -> Any:
        """What the machine has become."""
        return self._state

    def tell(self, event: object) -> None:
        """Give the machine an event; `expect` says what comes of it."""
        self._begin(f"the machine is told {event!r}")
        step = self._step(self._state, event, self.now)
        before, self._state = getattr(self._state, "state", None), step.state
        after = getattr(step.state, "state", None)
        self._end(
            (
                *([becomes(after)] if after is not before else []),
                *(Output(None, "says", said) for said in step.events),
                *(Output(None, "tells", told) for told in step.tells),
                *(Output(None, "runs", command) for command in step.commands),
            )
        )

    def refuses(self, event: object, error: type[Exception]) -> None:
        """The machine does not take the event."""
        self._refuse(f"the machine is told {event!r}", error, lambda: self._step(self._state, event, self.now))


class MemoryTrees:
    """The machines of trees run as `storage` runs them, with states kept in memory: encoded, as in the database."""

    def __init__(self, kinds: Iterable[Kind[Any]]) -> None:
        self.kinds = {kind.name: kind for kind in kinds}
        self._stored: dict[Ref, bytes] = {}

    @property
    def states(self) -> dict[Ref, Any]:
        """Every aggregate's present state."""
        return {ref: self.state(ref) for ref in self._stored}

    def state(self, ref: Ref) -> Any | None:
        """One aggregate's present state, or None when there is no such aggregate."""
        stored = self._stored.get(ref)
        return None if stored is None else msgspec.json.decode(stored, type=self.kinds[ref.kind].state_type)

    def tell(self, to: Ref, event: object, now: datetime) -> Tree:
        """One transaction. When a machine refuses, that is raised here and nothing has changed."""
        tree = Tree(self.kinds, self.state, now)
        tree.tell(to, event)
        self._stored |= {ref: msgspec.json.encode(tree.state(ref)) for ref in tree.changed}
        return tree


class TreePlaybook(_Turns):
    """A conversation with a whole tree."""

    def __init__(self, kinds: Iterable[Kind[Any]]) -> None:
        super().__init__()
        self.trees = MemoryTrees(kinds)

    def state(self, of: Ref) -> Any:
        """What an aggregate has become."""
        return self.trees.state(of)

    def given(self, to: Ref, *events: object) -> None:
        """Something that happened before this test's own conversation: what comes of it is not named."""
        self._begin(f"{to} is told {events!r}")
        for event in events:
            self.trees.tell(to, event, self.now)

    def tell(self, to: Ref, event: object) -> None:
        """Give an aggregate an event, in a transaction; `expect` says what comes of it."""
        self._begin(f"{to} is told {event!r}")
        before = self.trees.states
        tree = self.trees.tell(to, event, self.now)
        states = [(ref, self.trees.state(ref)) for ref in tree.changed]
        self._end(
            (
                *(
                    Output(ref, "becomes", state.state)
                    for ref, state in states
                    if state is not None and (ref not in before or before[ref].state != state.state)
                ),
                *(Output(ref, "says", said) for ref, said in tree.events),
                *(Output(None, "runs", command) for _, command in tree.commands),
            )
        )

    def refuses(self, to: Ref, event: object, error: type[Exception]) -> None:
        """The tree does not take the event, and nothing has changed."""
        before = self.trees.states
        self._refuse(f"{to} is told {event!r}", error, lambda: self.trees.tell(to, event, self.now))
        assert self.trees.states == before


def _of(verb: str, outputs: Iterable[Output]) -> list[Output]:
    chosen = [output for output in outputs if output.verb == verb]
    return sorted(chosen, key=str) if verb == "becomes" else chosen


def _difference(expected: Sequence[Output], came: Sequence[Output]) -> tuple[bool, list[str]]:
    """Whether they differ, and lines that show it: what agrees, then what is missing, then what is too much."""
    agreed = 0
    while agreed < min(len(expected), len(came)) and expected[agreed] == came[agreed]:
        agreed += 1
    missing, surplus = expected[agreed:], came[agreed:]
    lines = [f"    {output}" for output in came[:agreed]]
    lines += [f"  - {output}" for output in missing]
    lines += [f"  + {output}" for output in surplus]
    return bool(missing or surplus), lines


def _named(field: tuple[str, object]) -> str:
    name, value = field
    return f"{name}={value!r}"
