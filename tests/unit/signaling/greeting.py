"""A session that is past its hello."""

import json

from ringback.signaling.messages import Welcome
from ringback.signaling.session import Authenticate, Session

HELLO = {"type": "hello", "id": 1, "token": "t", "client": {"name": "test", "version": "1"}}
WELCOME = Welcome("s1", "anna", None, "2030-01-01T08:00:00Z", 20)


def greeted(now: float = 0.0) -> Session:
    """A session that has said hello and was welcomed."""
    session = Session(now)
    [authenticate] = session.receive(json.dumps(HELLO), now)
    assert isinstance(authenticate, Authenticate)
    session.welcome(authenticate.hello, WELCOME)
    return session
