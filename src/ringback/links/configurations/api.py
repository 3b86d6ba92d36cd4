"""`/call-link/1/configs` of the public API (contract §8)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from ringback.links.configurations.model import Configuration
from ringback.links.configurations.schemas import ConfigurationAnswer, ConfigurationBody
from ringback.links.configurations.service import LinkConfigurations
from ringback.web import Authenticated, Operation, PageInfo, Paging, WithPaging, described, paging

Id = Annotated[str, Path(description="Its id.")]


def configuration_routes(configurations: LinkConfigurations) -> APIRouter:
    """All six operations."""
    router = APIRouter(prefix="/call-link/1/configs", tags=["call-link"], route_class=Operation)

    @router.get("", **_described("get-configs", 400))
    async def get_configs(
        principal: Authenticated, asked: Annotated[Paging, paging(100)]
    ) -> WithPaging[ConfigurationAnswer]:
        """List the link configurations.

        The newest comes first. Secrets of webhooks are never told.
        """
        found, total = await configurations.page(principal.account_id, asked)
        return WithPaging(results=[ConfigurationAnswer.of(each) for each in found], paging=PageInfo.of(asked, total))

    @router.post("", status_code=201, **_described("create-config", 400, repeatable=True))
    async def create_config(principal: Authenticated, body: ConfigurationBody) -> ConfigurationAnswer:
        """Create a link configuration.

        It says what the page of a link looks like, and what can be done there. What the body lacks is as usual.
        """
        return ConfigurationAnswer.of(await configurations.create(principal, body.applied_to, body.secret))

    @router.get("/{id}", **_described("get-config", 404))
    async def get_config(principal: Authenticated, id: Id) -> ConfigurationAnswer:
        """Get a link configuration.

        All of it but the secret of its webhook.
        """
        return ConfigurationAnswer.of(await configurations.get(principal.account_id, id))

    @router.put("/{id}", **_described("update-config", 400, 404))
    async def update_config(principal: Authenticated, id: Id, body: ConfigurationBody) -> ConfigurationAnswer:
        """Replace a link configuration.

        What the body lacks is as usual again. Links that have it change with it, except their URLs.
        """

        def anew(before: Configuration) -> Configuration:
            return body.applied_to(Configuration(id=before.id, name=before.name))

        return ConfigurationAnswer.of(await configurations.change(principal, id, anew, body.secret))

    @router.patch("/{id}", **_described("patch-config", 400, 404))
    async def patch_config(principal: Authenticated, id: Id, body: ConfigurationBody) -> ConfigurationAnswer:
        """Change a link configuration.

        What the body lacks stays as it is, also inside of `initialOptions`, `callOptions`, `theme` and `webhook`.
        """
        return ConfigurationAnswer.of(await configurations.change(principal, id, body.applied_to, body.secret))

    @router.delete("/{id}", **_described("delete-config", 404))
    async def delete_config(principal: Authenticated, id: Id) -> ConfigurationAnswer:
        """Delete a link configuration.

        Links that had it stay, and have the account's default.
        """
        return ConfigurationAnswer.of(await configurations.delete(principal, id))

    return router


def _described(operation_id: str, *errors: int, repeatable: bool = False) -> dict[str, Any]:
    return described(
        operation_id,
        scopes=("calllink:manage", "calllink:configuration:manage"),
        limit="50/second",
        errors=errors,
        repeatable=repeatable,
    )
