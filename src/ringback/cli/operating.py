"""How the commands ask a running node: over HTTP, with a key that shows that they can read its secrets."""

import json
import ssl
import urllib.error
import urllib.request
from typing import Any, Final

from ringback.cli.options import refuse
from ringback.kernel.redaction import Secret
from ringback.platform import load_secret_key
from ringback.settings import KEY_FILE, Settings
from ringback.web.certificates import trusting_context
from ringback.web.operators import SCHEME, operator_key

ANSWER_SECONDS: Final = 15.0
"""How long a running server may take to answer: longer than its own checks and a worker's time-out may."""


class Node:
    """The server that runs with these settings."""

    def __init__(self, settings: Settings) -> None:
        self.url = settings.public_url
        self._context: ssl.SSLContext = trusting_context(settings.data_dir)
        self._key = _key(settings)

    def asks(self, path: str, body: object = None, method: str | None = None) -> tuple[int, Any]:
        """The status and the JSON of an answer, None without any; ends the program when nobody answers."""
        request = urllib.request.Request(  # noqa: S310 - Settings takes http and https only
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"} | self._authorization(),
            method=method,
        )
        try:
            with urllib.request.urlopen(  # noqa: S310 - as above
                request, timeout=ANSWER_SECONDS, context=self._context
            ) as answer:
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as failed:
            with failed:
                return failed.code, json.load(failed)
        except (OSError, ValueError):
            refuse(f"No Ringback server answers at {self.url}.", code=1)

    def _authorization(self) -> dict[str, str]:
        return {} if self._key is None else {"Authorization": f"{SCHEME} {self._key.reveal()}"}


def _key(settings: Settings) -> Secret | None:
    if settings.secret_key is None and not (settings.data_dir / KEY_FILE).is_file():
        return None  # and none is made: who only asks leaves nothing behind
    return operator_key(load_secret_key(settings))
