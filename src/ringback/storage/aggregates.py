"""State, outgoing events and commands of a call tree, changed in one transaction (DESIGN, decision 4).

An **aggregate** is a record with a life: a call, a dialog, a conference. Its **machine** is a pure function. A **tree**
is an owner (a dialog or a conference) with its calls. One transaction may step several aggregates of one tree: what a
machine tells another one, and every event of an owned aggregate to its owner, is delivered at once. What leaves the
tree is stored for later: events in the outbox, commands as rows that are deleted when they are done.
"""

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Select,
    String,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from ringback.kernel.errors import NotFound
from ringback.kernel.steps import Ref, Step, Tell
from ringback.storage import outbox
from ringback.storage.schema import UtcDateTime, metadata


class Aggregate(Protocol):
    """What every stored state has."""

    @property
    def id(self) -> str: ...

    @property
    def account_id(self) -> str: ...


State = TypeVar("State", bound=Aggregate)


@dataclass(frozen=True, slots=True)
class Kind(Generic[State]):
    """How one sort of aggregate is stepped and stored."""

    name: str
    table: Table
    state_type: type[State]
    step: Callable[[State | None, Any, datetime], Step[State]]
    columns: Callable[[State], Mapping[str, object]]
    """What queries need beside the encoded state."""
    owner: Callable[[State], Ref | None] = lambda _: None
    deadline: Callable[[State], datetime | None] = lambda _: None
    """When the machine wants to be told `DeadlinePassed`; derived from the state, so it survives a restart."""

    def ref(self, id: str) -> Ref:
        return Ref(self.name, id)


STATE_FORMAT = 1
"""Of the encoded state; grows with each change that an older release could not read, together with an upcaster."""


def aggregate_table(name: str, *columns: Column[Any] | Index) -> Table:
    """A table for one kind of aggregate: the common columns and those its queries need."""
    return Table(
        name,
        metadata,
        Column("id", String(64), primary_key=True),
        Column("account_id", String(64), nullable=False),
        Column("version", Integer, nullable=False),
        Column("deadline", UtcDateTime, index=True),
        Column("format", Integer, nullable=False),
        Column("state", LargeBinary, nullable=False),
        *columns,
    )


command_rows = Table(
    "commands",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("account_id", String(64), nullable=False),
    Column("tree", String(64), nullable=False, index=True),
    Column("command", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)


_pending = select(command_rows).where(command_rows.c.tree == bindparam("tree")).order_by(command_rows.c.position)
_finish = delete(command_rows).where(command_rows.c.position.in_(bindparam("positions", expanding=True)))


class StoredCommand(NamedTuple):
    """A command that waits for its execution. `id` is `kind:aggregate:version:n`, the same on every attempt."""

    position: int
    id: str
    account_id: str
    tree: str
    command: bytes


class Tree:
    """Steps the aggregates of one tree and collects what comes of it. Pure: `find` knows the present states.

    `Transaction` is the one that stores; `ringback.testing.playbook` has one that remembers.
    """

    def __init__(self, kinds: Mapping[str, Kind[Any]], find: Callable[[Ref], Any | None], now: datetime) -> None:
        self.now = now
        self.root: Ref | None = None
        """The owner that all of them belong to; known once somebody was told something."""
        self.changed: dict[Ref, None] = {}
        """Who has a new state, in the order in which they first changed."""
        self.events: list[tuple[Ref, object]] = []
        self.commands: list[tuple[Ref, object]] = []
        self._kinds = kinds
        self._find = find
        self._states: dict[Ref, Any] = {}

    def state(self, ref: Ref) -> Any | None:
        """The present state, or None when there is no such aggregate."""
        if ref not in self._states:
            self._states[ref] = self._find(ref)
        return self._states[ref]

    def tell(self, to: Ref, event: object) -> None:
        """Give an event to an aggregate, and to others of its tree what follows from it.

        Raises whatever the machine raises (then nothing may be stored), e.g. `InvalidState`.
        """
        queue = deque([Tell(to, event)])
        while queue:
            ref, happening = queue.popleft()
            kind = self._kinds[ref.kind]
            before = self.state(ref)
            step = kind.step(before, happening, self.now)
            owner = kind.owner(step.state)
            root = owner or ref
            assert self.root in (None, root), f"{ref} belongs to {root}, not to {self.root}"
            self.root = root
            if step.state is not before or step.events or step.commands:
                self._states[ref] = step.state
                self.changed[ref] = None
            self.commands.extend((ref, command) for command in step.commands)
            self.events.extend((ref, produced) for produced in step.events)
            if owner:
                queue.extend(Tell(owner, produced) for produced in step.events)
            queue.extend(step.tells)


class Transaction(Tree):
    """A tree stepped on one database transaction, for one account. Call `store()` once, at the end."""

    def __init__(self, connection: Connection, kinds: Mapping[str, Kind[Any]], account_id: str, now: datetime) -> None:
        super().__init__(kinds, self._load, now)
        self.connection = connection
        self.account_id = account_id
        self._versions: dict[Ref, int] = {}

    def _load(self, ref: Ref) -> Any | None:
        found = load(self.connection, self._kinds[ref.kind], self.account_id, ref.id)
        state, self._versions[ref] = found if found else (None, 0)
        return state

    def store(self) -> None:
        """Write states, outbox rows and command rows."""
        for ref in self.changed:
            self._store_state(ref)
        if self.events:
            named = {f"{ref}:{self._versions[ref]}:{number}": said for number, (ref, said) in enumerate(self.events)}
            outbox.append(self.connection, account_id=self.account_id, tree=str(self.root), named=named, now=self.now)
        if self.commands:
            self.connection.execute(
                insert(command_rows),
                [
                    {
                        "id": f"{ref}:{self._versions[ref]}:{number}",
                        "account_id": self.account_id,
                        "tree": str(self.root),
                        "command": msgspec.json.encode(command),
                    }
                    for number, (ref, command) in enumerate(self.commands)
                ],
            )

    def _store_state(self, ref: Ref) -> None:
        kind, state, version = self._kinds[ref.kind], self._states[ref], self._versions[ref]
        values = {
            **kind.columns(state),
            "version": version + 1,
            "deadline": kind.deadline(state),
            "format": STATE_FORMAT,
            "state": msgspec.json.encode(state),
        }
        if version == 0:
            assert state.account_id == self.account_id, f"{ref} would begin in another account"
            self.connection.execute(insert(kind.table), {"id": state.id, "account_id": state.account_id, **values})
        else:
            mine = {"_id": ref.id, "_account_id": self.account_id, "_version": version}
            if self.connection.execute(_statements(kind.table).update, {**mine, **values}).rowcount != 1:
                raise ConcurrentChange(str(ref))
        self._versions[ref] = version + 1


class ConcurrentChange(Exception):
    """Another writer stepped the same aggregate meanwhile; the whole transaction must be run again."""


class _Statements(NamedTuple):
    """What is asked of a table for every event: built once, because building takes longer than running."""

    load: Select[Any]
    update: Update


@cache
def _statements(table: Table) -> _Statements:
    mine = (table.c.id == bindparam("_id")) & (table.c.account_id == bindparam("_account_id"))
    return _Statements(
        select(table.c.state, table.c.version).where(mine),
        update(table).where(mine, table.c.version == bindparam("_version")),
    )


def load(connection: Connection, kind: Kind[State], account_id: str, id: str) -> tuple[State, int] | None:
    """State and version of one aggregate of this account, or None."""
    mine = {"_id": id, "_account_id": account_id}
    row = connection.execute(_statements(kind.table).load, mine).one_or_none()
    return (msgspec.json.decode(row.state, type=kind.state_type), row.version) if row else None


def load_each(connection: Connection, kind: Kind[State], account_id: str, ids: Collection[str]) -> dict[str, State]:
    """The states of those of these aggregates that this account has, by id: of a page of a list, not of thousands."""
    table = kind.table
    rows = connection.execute(
        select(table.c.id, table.c.state).where(table.c.id.in_(ids), table.c.account_id == account_id)
    )
    return {row.id: msgspec.json.decode(row.state, type=kind.state_type) for row in rows}


def require(connection: Connection, kind: Kind[State], account_id: str, id: str) -> State:
    """The state of one aggregate of this account.

    Raises `NotFound`, also when the id belongs to another account.
    """
    found = load(connection, kind, account_id, id)
    if found is None:
        raise NotFound
    return found[0]


def due(connection: Connection, kind: Kind[Any], now: datetime) -> list[tuple[str, str]]:
    """(account, id) of the aggregates whose deadline has come."""
    table = kind.table
    rows = connection.execute(
        select(table.c.account_id, table.c.id).where(table.c.deadline <= now).order_by(table.c.deadline)
    )
    return [(row.account_id, row.id) for row in rows]


def next_deadline(connection: Connection, kind: Kind[Any]) -> datetime | None:
    """The earliest deadline of this kind."""
    table = kind.table
    return connection.execute(
        select(table.c.deadline).where(table.c.deadline.is_not(None)).order_by(table.c.deadline).limit(1)
    ).scalar_one_or_none()


def pending_commands(connection: Connection, tree: str) -> list[StoredCommand]:
    """The commands of one tree that are not done, in order."""
    rows = connection.execute(_pending, {"tree": tree})
    return [StoredCommand(row.position, row.id, row.account_id, row.tree, row.command) for row in rows]


def trees_with_commands(connection: Connection) -> list[str]:
    """The trees that have commands left from before a restart."""
    return list(connection.execute(select(command_rows.c.tree).distinct()).scalars())


def finish_commands(connection: Connection, positions: Sequence[int]) -> None:
    """Forget commands that are done."""
    connection.execute(_finish, {"positions": positions})
