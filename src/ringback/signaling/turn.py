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

LIFETIME: Final = timedelta(hours=24)
"""How long credentials can be used. They are checked when a connection is made, and handed out anew with each `hello`.
Shorter would leave a session without them that has kept its socket for long; longer would let those who once had a
token use the relay for longer."""


@dataclass(frozen=True)
class TurnServers:
    """What the operator has set up; without `urls` or `secret` there are none."""

    urls: tuple[str, ...] = ()
    secret: SecretStr | None = None

    def ice_servers(self, session_id: str, now: datetime) -> tuple[IceServer, ...]:
        """The servers with credentials for one session. Its id is all that the TURN server hears of anybody."""
        if not self.urls or self.secret is None:
            return ()
        username = f"{int((now + LIFETIME).timestamp())}:{session_id}"
        mac = hmac.digest(self.secret.get_secret_value().encode(), username.encode(), "sha1")
        return (IceServer(urls=self.urls, username=username, credential=base64.b64encode(mac).decode()),)
