"""Lists in pages, in the two envelopes of the public API (contract §1.6)."""

from typing import Annotated, Any, Final, Generic, NamedTuple, TypeVar

from fastapi import Depends, Query
from pydantic import Field

from ringback.web.schemas import ResponseModel

Item = TypeVar("Item")

_LAST_PAGE: Final = 2**31 - 1


class Paging(NamedTuple):
    """Which part of a list is asked for; pages count from 0."""

    page: int
    size: int


def paging(largest: int, smallest: int = 1, usual: int = 20) -> Any:
    """What makes a parameter of a route come from `?page=&size=`: `Annotated[Paging, paging(100)]`."""

    async def asked(
        page: Annotated[int, Query(ge=0, le=_LAST_PAGE, description="Which page; the first one is 0.")] = 0,
        size: Annotated[int, Query(ge=smallest, le=largest, description="How many results a page holds.")] = usual,
    ) -> Paging:
        return Paging(page, size)

    return Depends(asked)


class PageInfo(ResponseModel):
    """Which part of the list this is."""

    page: Annotated[int, Field(ge=0, examples=[0])]
    """The page that was asked for; the first one is 0."""

    size: Annotated[int, Field(ge=0, examples=[20])]
    """The size that was asked for."""

    total_pages: Annotated[int, Field(ge=0, examples=[1])]
    """How many pages there are."""

    total_results: Annotated[int, Field(ge=0, examples=[1])]
    """How many results there are on all pages together."""

    @classmethod
    def of(cls, asked: Paging, total: int) -> "PageInfo":
        """For the answer to `asked`, when there are `total` in all."""
        pages = -(-total // asked.size) if asked.size else 0
        return cls(page=asked.page, size=asked.size, total_pages=pages, total_results=total)


class WithPageInfo(ResponseModel, Generic[Item]):
    """The envelope of the WebRTC lists."""

    results: list[Item]
    """What is on this page."""

    page_info: PageInfo


class WithPaging(ResponseModel, Generic[Item]):
    """The envelope of the other lists."""

    results: list[Item]
    """What is on this page."""

    paging: PageInfo
