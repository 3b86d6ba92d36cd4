"""`/call-link/1/images` of the public API (contract §9)."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Path, UploadFile

from ringback.links.images.model import ImageType, LinkImage
from ringback.links.images.service import LinkImages
from ringback.web import Authenticated, Operation, PageInfo, Paging, ResponseModel, WithPaging, described, paging

BODY_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of an upload that are read: half as much again as the largest image, so that who sends more is told how much
is too much. What is larger still is refused unread."""

Id = Annotated[str, Path(description="Its id.")]


class ImageAnswer(ResponseModel):
    id: str
    """The platform chose it."""

    name: str
    """As the file was called that was uploaded."""

    type: ImageType
    """What it is for."""

    size: int
    """Bytes, as it is stored."""

    @classmethod
    def of(cls, image: LinkImage) -> "ImageAnswer":
        return cls(id=image.id, name=image.name, type=image.type, size=image.size)


def image_routes(images: LinkImages) -> APIRouter:
    """All four operations."""
    router = APIRouter(prefix="/call-link/1/images", tags=["call-link"], route_class=Operation)

    @router.get("", **_described("get-images", 400))
    async def get_images(principal: Authenticated, asked: Annotated[Paging, paging(100)]) -> WithPaging[ImageAnswer]:
        """List the images.

        What is known of them, the newest first.
        """
        found, total = await images.page(principal.account_id, asked)
        return WithPaging(results=[ImageAnswer.of(each) for each in found], paging=PageInfo.of(asked, total))

    @router.post(
        "/upload/{type}",
        status_code=201,
        max_body_size=BODY_LIMIT,
        **_described("upload-image", 400, 404),
    )
    async def upload_image(
        principal: Authenticated,
        type: Annotated[ImageType, Path(description="What it is for.")],
        file: Annotated[UploadFile, File(description="A PNG or JPEG picture.")],
    ) -> ImageAnswer:
        """Upload an image.

        A `LOGO` has at most 1 MiB and 100 × 100 pixels, a `BACKGROUND` at most 10 MiB and 2000 × 2000. It is decoded
        and encoded again, so only what can be seen is kept. It is counted with the account's other files.
        """
        return ImageAnswer.of(await images.upload(principal, type, file.filename or "", await file.read()))

    @router.get("/{id}", **_described("get-image", 404))
    async def get_image(principal: Authenticated, id: Id) -> ImageAnswer:
        """Get an image.

        What is known of it, not its bytes.
        """
        return ImageAnswer.of(await images.get(principal.account_id, id))

    @router.delete("/{id}", **_described("delete-image", 404))
    async def delete_image(principal: Authenticated, id: Id) -> ImageAnswer:
        """Delete an image.

        Configurations that show it stay, and show the usual one.
        """
        return ImageAnswer.of(await images.delete(principal, id))

    return router


def _described(operation_id: str, *errors: int) -> dict[str, Any]:
    return described(
        operation_id,
        scopes=("calllink:manage", "calllink:configuration:manage"),
        limit="50/second",
        errors=errors,
    )
