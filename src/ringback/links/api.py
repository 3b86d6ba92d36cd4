"""`/call-link/1/links` of the public API (contract §7)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from ringback.links.schemas import LinkAnswer, LinkCreate, LinkCreated
from ringback.links.service import CallLinks
from ringback.web import Authenticated, Operation, PageInfo, Paging, WithPaging, described, paging

Id = Annotated[str, Path(description="Its id.")]


def link_routes(links: CallLinks, public_url: str) -> APIRouter:
    """All four operations; there is none that changes a link. URLs of links begin with `public_url`."""
    router = APIRouter(prefix="/call-link/1/links", tags=["call-link"], route_class=Operation)

    @router.get("", **_described("get-call-links", 400))
    async def get_call_links(principal: Authenticated, asked: Annotated[Paging, paging(100)]) -> WithPaging[LinkAnswer]:
        """List the links.

        The newest comes first; those that have expired are among them.
        """
        found, total = await links.page(principal.account_id, asked)
        results = [LinkAnswer.of(each, public_url) for each in found]
        return WithPaging(results=results, paging=PageInfo.of(asked, total))

    @router.post("", status_code=201, **_described("create-call-link", 400, limit="200/second", repeatable=True))
    async def create_call_link(principal: Authenticated, body: LinkCreate) -> LinkCreated:
        """Create a link.

        A short URL that starts a call with `destination` for whoever opens it. It cannot be changed later.
        """
        link = await links.create(principal, body.terms, body.call_link_config_id, body.password)
        return LinkCreated.of(link, public_url)

    @router.get("/{id}", **_described("get-call-link", 400, 404))
    async def get_call_link(principal: Authenticated, id: Id) -> LinkAnswer:
        """Get a link.

        As it was created, with what holds where nothing was said.
        """
        return LinkAnswer.of(await links.get(principal.account_id, id), public_url)

    @router.delete("/{id}", **_described("delete-call-link", 404))
    async def delete_call_link(principal: Authenticated, id: Id) -> LinkAnswer:
        """Delete a link.

        Whoever opens its URL then is told the same as for a URL that never was.
        """
        return LinkAnswer.of(await links.delete(principal, id), public_url)

    return router


def _described(operation_id: str, *errors: int, limit: str = "50/second", repeatable: bool = False) -> dict[str, Any]:
    return described(
        operation_id,
        scopes=("calllink:manage", "calllink:link:manage"),
        limit=limit,
        errors=errors,
        repeatable=repeatable,
    )
