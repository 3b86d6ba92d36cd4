"""`Idempotency-Key`: a POST that is sent again is answered again, and carried out once.

The key is stored in the transaction of the request's first write, so both are there or neither. The answer follows in
a write of its own; should a crash come between the two, a repetition gets a 409 instead of a second object.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from http import HTTPStatus
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from fastapi import Request, Response

from ringback.kernel.errors import IdempotencyKeyReused, InvalidRequest, InvalidState

HEADER: Final = "Idempotency-Key"

REPLAYED: Final = "Idempotency-Replayed"
"""Marks an answer that was given before."""

KEY_LENGTH: Final = 255
"""Characters of a key: a UUID, or whatever else an application has."""

HEADER_PARAMETER: Final[dict[str, Any]] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"},
    "description": "Send the same key when you send the same request again: for 24 hours it is carried out once, and "
    f"answered alike. A repeated answer carries `{REPLAYED}: true`.",
}


class Receipt(Protocol):
    """That a request was carried out, and how it was answered.

    `status` is None when the answer got lost, or another node is still at it.
    """

    @property
    def fingerprint(self) -> bytes: ...
    @property
    def status(self) -> int | None: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def body(self) -> bytes | None: ...


class Receipts(Protocol):
    """Where receipts are kept, for 24 hours; `ringback.storage.receipts` has them in the database."""

    async def find(self, account_id: str, key: str) -> Receipt | None:
        """The receipt of this key."""

    def claiming(self, account_id: str, key: str, fingerprint: bytes) -> AbstractContextManager[Callable[[], bool]]:
        """Inside, the first write to the database also stores the key, and fails if somebody else has stored it.

        What it gives says whether that has happened.
        """

    async def complete(self, account_id: str, key: str, status: int, content_type: str, body: bytes) -> None:
        """Store the answer to a request whose key is stored."""


class Idempotency:
    """Requests with a key, of all accounts."""

    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts
        # A key's lock is there as long as a request holds it or waits for it.
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def once(
        self, request: Request, account_id: str, key: str, handle: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """The answer of `handle`, or the one that an earlier request of this key was given.

        Raises `IdempotencyKeyReused`, `InvalidRequest` and `InvalidState`.
        """
        if not (0 < len(key) <= KEY_LENGTH and key.isascii() and key.isprintable() and " " not in key):
            raise InvalidRequest(f"must be 1 to {KEY_LENGTH} visible ASCII characters", field=HEADER)
        fingerprint = hashlib.sha256(
            b"\0".join((request.method.encode(), str(request.url.path).encode(), await request.body()))
        ).digest()
        async with self._turns.setdefault((account_id, key), asyncio.Lock()):
            receipt = await self._receipts.find(account_id, key)
            if receipt is None:
                return await self._carry_out(request, account_id, key, fingerprint, handle)
            return _repeated(receipt, fingerprint)

    async def _carry_out(
        self,
        request: Request,
        account_id: str,
        key: str,
        fingerprint: bytes,
        handle: Callable[[Request], Awaitable[Response]],
    ) -> Response:
        with self._receipts.claiming(account_id, key, fingerprint) as claimed:
            response = await handle(request)
        # What was refused and changed nothing may be corrected under the same key. A failure is not given twice.
        if claimed() and response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
            kind = response.headers.get("content-type", "")
            await self._receipts.complete(account_id, key, response.status_code, kind, bytes(response.body))
        return response


def _repeated(receipt: Receipt, fingerprint: bytes) -> Response:
    if receipt.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    if receipt.status is None:
        raise InvalidState("A request with this Idempotency-Key was carried out, but its answer is not known.")
    headers = {REPLAYED: "true"}
    if receipt.content_type:
        headers["Content-Type"] = receipt.content_type
    return Response(receipt.body, receipt.status, headers)
