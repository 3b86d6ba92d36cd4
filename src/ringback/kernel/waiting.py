"""Waiting for something, but not for ever."""

import asyncio
import contextlib


async def wait_at_most(event: asyncio.Event, seconds: float | None) -> None:
    """Return when the event is set, or so many seconds have gone by; None waits for the event alone.

    It is not `wait_for`: before Python 3.12 that forgets a cancellation that comes together with what it waits for.
    """
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
