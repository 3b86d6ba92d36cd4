"""TURN servers that clients may use, and credentials for them that expire by themselves.

The form is the "TURN REST API" (draft-uberti-behave-turn-rest-00), which coturn knows as `use-auth-secret`: the TURN
server and we share a secret, so it can check what we hand out without asking us.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

from ringback.signaling.messages import IceServer

AFTER_TOKEN: Final = timedelta(hours=1)
"""How long credentials outlive the token that was shown for them. They are handed out with each `hello`, which is said
once for as long as the socket lasts, and checked when a relayed connection is made: by a call that begins, which the
token allows until its end, or by one that has to connect again after that. Longer lets those who once had a token use
the relay for longer; shorter leaves long calls without it."""


@dataclass(frozen=True)
class TurnServers:
    """What the operator has set up; without `urls` or `secret` there are none."""

    urls: tuple[str, ...] = ()
    secret: SecretStr | None = None

    def ice_servers(self, session_id: str, token_ends: datetime, now: datetime) -> tuple[IceServer, ...]:
        """The servers with credentials for one session. Its id is all that the TURN server hears of anybody.

        `token_ends` may have passed: such a token still resumes its session.
        """
        if not self.urls or self.secret is None:
            return ()
        username = f"{int((max(now, token_ends) + AFTER_TOKEN).timestamp())}:{session_id}"
        mac = hmac.digest(self.secret.get_secret_value().encode(), username.encode(), "sha1")
        return (IceServer(urls=self.urls, username=username, credential=base64.b64encode(mac).decode()),)
