"""A connection that is past its hello."""

import json
from datetime import UTC, datetime
from typing import Final

from ringback.identities.model import TokenClaims
from ringback.signaling.connection import Authenticate, Connection
from ringback.signaling.messages import Welcome

HELLO: Final = {"type": "hello", "id": 1, "token": "t", "client": {"name": "test", "version": "1"}}
HELLO_FRAME: Final = json.dumps(HELLO)
WELCOME: Final = Welcome("s1", "anna", None, "2030-01-01T08:00:00Z", 20, "k1", 30, False, ())
CLAIMS: Final = TokenClaims(
    account_id="a",
    identity="anna",
    display_name=None,
    recording=None,
    token_id="t",
    issued_by=None,
    issued_at=datetime(2030, 1, 1, tzinfo=UTC),
    expires_at=datetime(2030, 1, 2, tzinfo=UTC),
)


def greeted(now: float = 0.0) -> Connection:
    """A connection that has said hello and was welcomed."""
    connection = Connection(now)
    [authenticate] = connection.receive(HELLO_FRAME, now)
    assert isinstance(authenticate, Authenticate)
    connection.welcome(authenticate.hello, WELCOME)
    return connection
