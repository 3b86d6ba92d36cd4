"""A controller made of raw frames: it shares no code with `ringback.media`, so that it can find both sides wrong."""

import asyncio
import struct
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

PATIENCE = 60.0
"""Seconds until a test gives up on something that should have come. A transport's own time-out is the longest, 30 s."""

OFFER = (Path(__file__).parent / "offer.sdp").read_text().replace("\n", "\r\n")
"""What Chromium 156 offers: microphone, camera, screen, 3 audio slots, 4 video slots; Opus and VP8 with RTX."""


def in_layers(offer: str, *attributes: str, mid: int = 1) -> str:
    """The offer with a camera of three layers, or with these attributes instead of theirs."""
    layers = attributes or (*(f"a=rid:{rid} send" for rid in "lmh"), "a=simulcast:send l;m;h")
    return offer.replace(f"a=mid:{mid}\r\n", "\r\n".join([f"a=mid:{mid}", *layers, ""]))


Message = dict[str, Any]


class Controller:
    """One connection to a worker."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._command_count = 0
        self._facts: deque[Message] = deque()

    def send_bytes(self, data: bytes) -> None:
        self._writer.write(data)

    def send(self, message: object) -> None:
        body = msgspec.msgpack.encode(message)
        self.send_bytes(struct.pack(">I", len(body)) + body)

    async def receive(self) -> Message:
        """The next message."""
        async with asyncio.timeout(PATIENCE):
            (length,) = struct.unpack(">I", await self._reader.readexactly(4))
            message: Message = msgspec.msgpack.decode(await self._reader.readexactly(length))
            return message

    async def until_closed(self) -> list[Message]:
        """What the worker still says, until it hangs up."""
        messages = []
        while True:
            try:
                messages.append(await self.receive())
            except (asyncio.IncompleteReadError, ConnectionResetError):
                return messages

    async def hello(self, *, epoch: int = 1, protocol_min: int = 1, protocol_max: int = 1) -> Message:
        """Greet, and return what the worker says to it."""
        self.send(
            {
                "type": "hello",
                "protocol_min": protocol_min,
                "protocol_max": protocol_max,
                "build": "contract suite",
                "epoch": epoch,
            }
        )
        return await self.receive()

    async def reply(self) -> Message:
        """The next reply. Facts that come before it are kept for `fact`."""
        while (message := await self.receive())["type"] != "reply":
            if message["type"] == "fact":
                self._facts.append(message)
        return message

    async def fact(self) -> Message:
        """The next fact. What may be dropped is, and nothing else may come before it."""
        while not self._facts:
            message = await self.receive()
            assert message["type"] in ("fact", "statistics", "levels", "video"), message
            if message["type"] == "fact":
                self._facts.append(message)
        return self._facts.popleft()

    def has_facts(self) -> bool:
        """Whether facts came before the last reply that nobody has asked for."""
        return bool(self._facts)

    def send_command(self, command: object, *, command_id: str | None = None) -> str:
        """Send a command; returns its id."""
        self._command_count += 1
        command_id = command_id or f"{id(self)}:{self._command_count}"
        self.send({"type": "command", "id": command_id, "command": command})
        return command_id

    async def command(self, type_: str, /, *, command_id: str | None = None, **fields: Any) -> Message:
        """Run a command; returns its reply."""
        command_id = self.send_command({"type": type_, **fields}, command_id=command_id)
        reply = await self.reply()
        assert reply["id"] == command_id
        return reply

    async def done(self, type_: str, /, **fields: Any) -> Message:
        """Run a command that must succeed; returns its result."""
        reply = await self.command(type_, **fields)
        assert reply["error"] is None, reply
        result: Message = reply["result"]
        return result

    async def refused(self, type_: str, /, **fields: Any) -> str:
        """Run a command that must be refused; returns the code."""
        reply = await self.command(type_, **fields)
        assert reply["result"] is None, reply
        assert reply["error"]["message"]
        code: str = reply["error"]["code"]
        return code

    async def room(self, name: str) -> Message:
        """The room as the snapshot shows it."""
        snapshot = await self.done("take_snapshot")
        rooms: list[Message] = [room for room in snapshot["rooms"] if room["room"] == name]
        assert len(rooms) == 1
        return rooms[0]

    def close(self) -> None:
        self._writer.transport.abort()
