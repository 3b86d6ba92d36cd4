"""One SDK's presence on the platform, across the sockets it needs: numbers what it is told, keeps what may have been
lost, and lets nothing be done twice. Pure.
"""

import hashlib
import hmac
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import msgspec
from msgspec.structs import replace

from ringback.identities.model import TokenClaims
from ringback.kernel.errors import RingbackError
from ringback.signaling.messages import Error, Event, Reply, Result

EVENTS_KEPT: Final = 1_000
"""Events that a client has not confirmed. More cost memory; fewer end the session of a phone in a long tunnel."""
ANSWERS_KEPT: Final = 100
"""Answers to the latest requests, for a client that asks again because it lost the first one."""
GRACE_SECONDS: Final = 30.0
"""How long a session waits for its client to come back. Longer lets the other side talk to nobody; shorter hangs up on
whoever walks from one network into another."""

_encode = msgspec.json.Encoder().encode


class Taken(Enum):
    """What to do with a request."""

    NEW = auto()
    """Carry it out."""
    UNDER_WAY = auto()
    """It came before and is being carried out; its answer will come."""
    FORGOTTEN = auto()
    """It came so long ago that nobody knows the answer any more."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The request came before; this was the answer."""

    frame: bytes


def hash_key(resume_key: str) -> str:
    """What is remembered of a resume key. A fast hash suffices, for nobody guesses 256 random bits."""
    return hashlib.sha256(resume_key.encode()).hexdigest()


class Session:
    """What the platform remembers of one SDK. Its resume key proves that a new socket belongs to it."""

    def __init__(self, id: str, key_hash: str, claims: TokenClaims, *, restored: bool = False) -> None:
        """`restored`: a former process of the platform began it, and took with it how far its client had come."""
        self.id: Final = id
        self.key_hash: Final = key_hash
        self.claims = claims
        """What its latest token proves."""
        self._unnumbered: list[Event] | None = [] if restored else None
        """What a restored session is to be told; the numbers go on from what its client says when it is back."""
        self._sequence = 0
        self._unconfirmed: deque[tuple[int, bytes]] = deque()
        self._last_id = 0
        self._under_way: set[int] = set()
        self._answers: OrderedDict[int, bytes] = OrderedDict()

    @property
    def overflowed(self) -> bool:
        """Whether more is unconfirmed than is kept, so that the client cannot learn everything any more."""
        return len(self._unconfirmed) + len(self._unnumbered or ()) > EVENTS_KEPT

    def opens_to(self, resume_key: str) -> bool:
        """Whether this is the session's key."""
        return hmac.compare_digest(self.key_hash, hash_key(resume_key))

    def tell(self, event: Event) -> bytes | None:
        """Number an event and keep it until it is confirmed. Returns its frame; None while it has no number yet."""
        if self._unnumbered is not None:
            self._unnumbered.append(event)
            return None
        self._sequence += 1
        frame = _encode(replace(event, sequence=self._sequence))
        self._unconfirmed.append((self._sequence, frame))
        return frame

    def confirm(self, sequence: int) -> None:
        """The client has this event and all before it."""
        while self._unconfirmed and self._unconfirmed[0][0] <= sequence:
            self._unconfirmed.popleft()

    def resume(self, last_sequence: int) -> Sequence[bytes]:
        """The client is back and has the events up to `last_sequence`: what it has missed."""
        if self._unnumbered is not None:
            self._sequence, waiting, self._unnumbered = last_sequence, self._unnumbered, None
            for event in waiting:
                self.tell(event)
        self.confirm(last_sequence)
        return [frame for _, frame in self._unconfirmed]

    def take(self, id: int) -> Taken | Answered:
        """A request came; a client that lost the answer asks again with the same id."""
        if id > self._last_id:
            self._last_id = id
            self._under_way.add(id)
            return Taken.NEW
        if id in self._under_way:
            return Taken.UNDER_WAY
        answer = self._answers.get(id)
        return Taken.FORGOTTEN if answer is None else Answered(answer)

    def reply(self, id: int, result: Result) -> bytes:
        """A request was carried out. Returns the frame of its answer."""
        return self._answer(id, _encode(Reply(id, result)))

    def fail(self, id: int, error: RingbackError) -> bytes:
        """A request was not carried out. Returns the frame of its answer."""
        return self._answer(id, _encode(Error(id, error.code, error.message, error.field)))

    def _answer(self, id: int, frame: bytes) -> bytes:
        self._under_way.discard(id)
        self._answers[id] = frame
        if len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)
        return frame
