"""A bucket that speaks as much S3 as obstore does: objects, parts of objects, ranges. It believes every signature."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send


@dataclass
class Bucket:
    """The ASGI application and what it holds."""

    objects: dict[str, bytes] = field(default_factory=dict)
    broken: bool = False
    """Answer everything with a failure of the server."""

    _parts: dict[str, dict[int, bytes]] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            response = Response(status_code=503) if self.broken else self._answer(request, await request.body())
            await response(scope, receive, send)

    def _answer(self, request: Request, body: bytes) -> Response:
        path = request.url.path
        query = parse_qs(request.url.query, keep_blank_values=True)
        match request.method:
            case "POST" if "uploads" in query:
                upload = f"upload-{len(self._parts)}"
                self._parts[upload] = {}
                return Response(f"<R><UploadId>{upload}</UploadId></R>", media_type="application/xml")
            case "POST" if "delete" in query:
                keys = re.findall("<Key>(.*?)</Key>", body.decode())
                for key in keys:
                    self.objects.pop(f"{path.rstrip('/')}/{key}", None)
                deleted = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
                return Response(f"<DeleteResult>{deleted}</DeleteResult>", media_type="application/xml")
            case "POST":
                parts = self._parts.pop(query["uploadId"][0])
                self.objects[path] = b"".join(parts[number] for number in sorted(parts))
                return Response('<R><ETag>"whole"</ETag></R>', media_type="application/xml")
            case "PUT" if "uploadId" in query:
                self._parts[query["uploadId"][0]][int(query["partNumber"][0])] = body
                return Response(headers={"ETag": '"part"'})
            case "PUT":
                self.objects[path] = body
                return Response(headers={"ETag": '"whole"'})
            case "DELETE":
                self._parts.pop(query["uploadId"][0])
                return Response(status_code=204)
        if path not in self.objects:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        return self._part_of(self.objects[path], request.headers.get("range"))

    def _part_of(self, content: bytes, wanted: str | None) -> Response:
        headers = {"ETag": '"whole"', "Last-Modified": "Tue, 01 Jan 2030 00:00:00 GMT"}
        if wanted is None or not (found := re.fullmatch(r"bytes=(\d+)-(\d*)", wanted)):
            return Response(content, headers=headers)
        start, end = int(found[1]), int(found[2] or len(content) - 1)
        return Response(
            content[start : end + 1], 206, {**headers, "Content-Range": f"bytes {start}-{end}/{len(content)}"}
        )


@contextmanager
def served(bucket: Bucket) -> Iterator[str]:
    """The address at which the bucket answers."""
    server = uvicorn.Server(uvicorn.Config(bucket, port=0, log_level="error", lifespan="off"))
    ready = threading.Event()
    startup = server.startup

    async def started(sockets: list[object] | None = None) -> None:
        await startup(sockets)  # type: ignore[arg-type]
        ready.set()

    server.startup = started  # type: ignore[method-assign, assignment]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
