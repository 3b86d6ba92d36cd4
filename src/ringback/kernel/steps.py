"""The shape of every machine: `step(state, event, now) -> Step`. `storage/aggregates.py` runs and stores steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

State = TypeVar("State", covariant=True)


class Ref(NamedTuple):
    """Names one aggregate: a record with a life of its own."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


class Tell(NamedTuple):
    """An input for another aggregate of the same tree, delivered in the same transaction."""

    to: Ref
    event: object


@dataclass(frozen=True, slots=True)
class Step(Generic[State]):
    """What a machine answers to one event."""

    state: State
    events: Sequence[object] = ()
    """What happened: goes to the owner and into the outbox."""
    tells: Sequence[Tell] = ()
    commands: Sequence[object] = ()
    """What the world shall do: run in order after the commit, and again after a crash."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The moment has come that the state named as its deadline."""
