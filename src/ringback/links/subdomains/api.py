"""`/call-link/1/subdomains` of the public API (contract §10)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field, StrictStr

from ringback.links.subdomains.model import NAME_PATTERN, Subdomain
from ringback.links.subdomains.service import Subdomains
from ringback.web import Authenticated, Operation, RequestModel, ResponseModel, described


class SubdomainCreate(RequestModel):
    name: Annotated[StrictStr, Field(pattern=NAME_PATTERN, examples=["shop"])]
    """What stands before the public host: letters, digits and dashes, without a dot. No other account has it."""


class SubdomainAnswer(ResponseModel):
    id: str
    """The platform chose it."""

    name: str
    """In small letters."""

    @classmethod
    def of(cls, subdomain: Subdomain) -> "SubdomainAnswer":
        return cls(id=subdomain.id, name=subdomain.name)


def subdomain_routes(subdomains: Subdomains) -> APIRouter:
    """All three operations."""
    router = APIRouter(prefix="/call-link/1/subdomains", tags=["call-link"], route_class=Operation)

    @router.get("", **_described("get-subdomains", 404))
    async def get_subdomains(principal: Authenticated) -> list[SubdomainAnswer]:
        """List the subdomains.

        There are at most three. Link configurations name them by their ids.
        """
        return [SubdomainAnswer.of(each) for each in await subdomains.all(principal.account_id)]

    @router.post("", **_described("create-subdomain", 400, 404, repeatable=True))
    async def create_subdomain(principal: Authenticated, body: SubdomainCreate) -> SubdomainAnswer:
        """Create a subdomain.

        Links whose configuration names it live under `https://{name}.{public host}`. The operator has to let that host
        lead here.
        """
        return SubdomainAnswer.of(await subdomains.create(principal, body.name))

    @router.delete("/{id}", **_described("delete-subdomain", 404))
    async def delete_subdomain(
        principal: Authenticated, id: Annotated[str, Path(description="Its id.")]
    ) -> SubdomainAnswer:
        """Delete a subdomain.

        All links under it are deleted with it. Configurations that name it stay, without a subdomain.
        """
        return SubdomainAnswer.of(await subdomains.delete(principal, id))

    return router


def _described(operation_id: str, *errors: int, repeatable: bool = False) -> dict[str, Any]:
    return described(
        operation_id,
        scopes=("calllink:manage", "calllink:configuration:manage"),
        limit="50/second",
        errors=errors,
        repeatable=repeatable,
    )
