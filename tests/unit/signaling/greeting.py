"""A connection that is past its hello."""

import json

from ringback.signaling.connection import Authenticate, Connection
from ringback.signaling.messages import Welcome

HELLO = {"type": "hello", "id": 1, "token": "t", "client": {"name": "test", "version": "1"}}
WELCOME = Welcome("s1", "anna", None, "2030-01-01T08:00:00Z", 20, "k1", 30, False)


def greeted(now: float = 0.0) -> Connection:
    """A connection that has said hello and was welcomed."""
    connection = Connection(now)
    [authenticate] = connection.receive(json.dumps(HELLO), now)
    assert isinstance(authenticate, Authenticate)
    connection.welcome(authenticate.hello, WELCOME)
    return connection
