"""`/webrtc/1/files` of the public API (contract §4), and the upload that its SDK does."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Path, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import Field

from ringback.captures.model import Capture
from ringback.captures.service import Captures
from ringback.kernel.errors import TooLarge
from ringback.quarantine.model import FileFormat
from ringback.web import (
    DEVICES,
    Authenticated,
    Moment,
    Operation,
    PageInfo,
    Paging,
    ResponseModel,
    WithPageInfo,
    described,
    paging,
)

UPLOAD_LIMIT: Final = 10 * 1024 * 1024
"""Bytes of a picture: a photo-like screen of 4K as PNG has half as many."""

FORM_ROOM: Final = 16 * 1024
"""Bytes for the rest of the form: its other field, and the headers of its parts."""

SCOPES: Final = ("webrtc:manage", "webrtc:media:manage")

FileId = Annotated[str, Path(alias="id", description="Its id.", examples=["7b2fbd1c-5a4a-4f0b-8e5c-6d6f3f0d7b11"])]


class FileAnswer(ResponseModel):
    id: str
    """UUID."""

    name: Annotated[str, Field(examples=["7b2fbd1c-5a4a-4f0b-8e5c-6d6f3f0d7b11_anna_1893456000000.png"])]
    """Of letters, digits, `.`, `_` and `-`."""

    file_format: FileFormat

    size: int
    """Bytes."""

    creation_time: Moment

    @classmethod
    def of(cls, capture: Capture) -> "FileAnswer":
        return cls(
            id=capture.id,
            name=capture.name,
            file_format=capture.file_format,
            size=capture.size,
            creation_time=capture.created_at,
        )


class Download(StreamingResponse):
    media_type = "application/octet-stream"


def capture_routes(captures: Captures) -> APIRouter:
    """The operations of this noun."""
    router = APIRouter(prefix="/webrtc/1/files", tags=["webrtc-calls"], route_class=Operation)

    @router.get("", **described("get-files", scopes=SCOPES, limit="100/second", errors=(400,)))
    async def get_files(principal: Authenticated, asked: Annotated[Paging, paging(100)]) -> WithPageInfo[FileAnswer]:
        """List files

        Pictures that SDKs took of calls, newest first.
        """
        found, total = await captures.page(principal.account_id, asked)
        return WithPageInfo(results=[FileAnswer.of(each) for each in found], page_info=PageInfo.of(asked, total))

    @router.post(
        "",
        max_body_size=UPLOAD_LIMIT + FORM_ROOM,
        form_limits={"max_files": 1, "max_fields": 8, "max_part_size": 1024},  # it has two; some clients add others
        **described("upload-file", accepts=DEVICES, limit="20/second", errors=(400, 413, 415)),
    )
    async def upload(
        principal: Authenticated,
        file: Annotated[
            UploadFile, File(description="A picture: at most 10 MiB, and no more pixels than a 6K screen.")
        ],
        file_format: Annotated[FileFormat, Form(alias="fileFormat")],
    ) -> FileAnswer:
        """Upload a file

        For SDKs: the picture that somebody took of a call. It is decoded and encoded again, so only what can be seen is
        kept. The text is "File storage is not enabled for account." (403) where the operator gives accounts no storage.
        """
        if (file.size or 0) > UPLOAD_LIMIT:
            raise TooLarge(f"must have at most {UPLOAD_LIMIT} bytes", field="file")
        assert principal.identity is not None, "a WebRTC token stands for an identity"
        content = await file.read()
        return FileAnswer.of(await captures.upload(principal.account_id, principal.identity, content, file_format))

    @router.get("/{id}", **described("get-file", scopes=SCOPES, limit="100/second", errors=(404,)))
    async def get_file(principal: Authenticated, file_id: FileId) -> FileAnswer:
        """Get a file

        What is known of it; `download` has the picture.
        """
        return FileAnswer.of(await captures.get(principal.account_id, file_id))

    @router.delete("/{id}", **described("delete-file", scopes=SCOPES, limit="100/second", errors=(404,)))
    async def delete_file(principal: Authenticated, file_id: FileId) -> FileAnswer:
        """Delete a file

        It is gone at once, and its bytes within a minute.
        """
        return FileAnswer.of(await captures.delete(principal.account_id, file_id))

    @router.get(
        "/{id}/download",
        response_class=Download,
        **described("download-file", scopes=SCOPES, limit="100/minute", errors=(404,)),
    )
    async def download(principal: Authenticated, file_id: FileId) -> Any:
        """Download a file

        The picture itself.
        """
        capture, content = await captures.read(principal.account_id, file_id)
        headers = {
            "Content-Length": str(capture.size),
            "Content-Disposition": f'attachment; filename="{capture.name}"',
        }
        return Download(content, headers=headers)

    return router
