"""`/settings/2/api-keys`: administrators make, list and change the API keys of their account."""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query
from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictStr, WithJsonSchema

from ringback.accounts.model import (
    KEY_LIFETIME,
    NAME_LENGTH,
    NAME_RULE,
    NETWORKS_LIMIT,
    ApiKey,
    ApiKeyChange,
    ApiKeyFilter,
    ApiKeyOrder,
    Network,
    Scope,
    is_name,
    parse_network,
    show_network,
)
from ringback.accounts.service import Accounts
from ringback.kernel.clock import Clock
from ringback.kernel.errors import InvalidRequest, NotFound
from ringback.kernel.redaction import Secret
from ringback.web import PEOPLE, Authenticated, ErrorBody, Moment, Operation, RequestModel, ResponseModel, described

READ_LIMIT: Final = "10/second"
CHANGE_LIMIT: Final = "40/day"

PAGE_LIMIT: Final = 100
"""The last page, and the most API keys on one."""


class Permission(StrEnum):
    """What an API key is for, in the public API."""

    PUBLIC_API = "PUBLIC_API"
    TWO_FACTOR_CLIENT = "2FA_CLIENT"
    WEB_SDK = "WEB_SDK"


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(NAME_RULE)
    return text


def _at_most(count: int) -> BeforeValidator:
    """Refuses a longer list before its items are looked at: each wrong one would be told."""

    def counted(items: object) -> object:
        if isinstance(items, list) and len(items) > count:
            raise ValueError(f"must have at most {count} items")
        return items

    return BeforeValidator(counted)


def _network(text: object) -> Network:
    return parse_network(text if isinstance(text, str) else "")


def _for_the_public_api(permissions: tuple[Permission, ...]) -> tuple[Permission, ...]:
    if set(permissions) - {Permission.PUBLIC_API}:
        raise ValueError("must be PUBLIC_API: SDKs connect with tokens here, and not with API keys")
    return permissions


def _not_linked(platform: tuple[Any, ...]) -> tuple[Any, ...]:
    if platform:
        raise ValueError("must be empty: API keys are for the whole account")
    return platform


KeyName = Annotated[
    StrictStr,
    AfterValidator(_name),
    Field(json_schema_extra={"minLength": 1, "maxLength": NAME_LENGTH}, examples=["Shop backend"]),
]
Networks = Annotated[
    tuple[
        Annotated[Network, BeforeValidator(_network), WithJsonSchema({"type": "string", "examples": ["192.0.2.0/24"]})],
        ...,
    ],
    Field(max_length=NETWORKS_LIMIT),
    _at_most(NETWORKS_LIMIT),
]
Permissions = Annotated[tuple[Permission, ...], AfterValidator(_for_the_public_api), _at_most(len(Permission))]
Scopes = Annotated[frozenset[Scope], _at_most(len(Scope))]
Platform = Annotated[tuple[Any, ...], AfterValidator(_not_linked), Field(json_schema_extra={"maxItems": 0})]


class ApiKeyBody(RequestModel):
    account_id: StrictStr | None = None
    """Your account, if anything."""

    allowed_ips: Annotated[Networks | None, Field(alias="allowedIPs")] = None
    """IP addresses and networks; the key is refused elsewhere. An empty list: it is good everywhere."""

    valid_from: Moment | None = None
    """When the key begins to be good. A new one: now."""

    valid_to: Moment | None = None
    """When it ends to be good. A new one: in a year."""

    permissions: Permissions | None = None
    """`PUBLIC_API`; the others are not for keys here."""

    platform: Platform | None = None
    """Nothing: keys are for the whole account."""

    scope_guids: Scopes | None = None
    """What the key opens. An empty list: all products."""


class ApiKeyCreate(ApiKeyBody):
    name: KeyName
    """For people."""


class ApiKeyUpdate(ApiKeyBody):
    name: KeyName | None = None
    """For people."""

    enabled: StrictBool | None = None
    """False refuses the key from now on."""


class ApiKeyAnswer(ResponseModel):
    id: str
    api_key_secret: Annotated[str | None, Field(examples=["v0mG6nJ4xvRk2sQ0bFhZ8w1dYtLc"])] = None
    """The key itself, for `Authorization: App <key>`. It is told once, to who creates it."""

    account_id: str
    name: Annotated[str, Field(examples=["Shop backend"])]
    allowed_ips: Annotated[list[str], Field(alias="allowedIPs")]
    """Where the key is good; without any, everywhere."""

    valid_from: Moment
    valid_to: Moment | None = None
    """Left out for a key that does not expire: one that the operator has made on the command line."""

    enabled: bool
    permissions: list[str]
    scope_guids: list[str]
    """What the key opens."""

    @classmethod
    def of(cls, key: ApiKey, secret: Secret | None = None) -> "ApiKeyAnswer":
        return cls(
            id=key.id,
            api_key_secret=secret.reveal() if secret else None,
            account_id=key.account_id,
            name=key.name,
            allowed_ips=[show_network(network) for network in key.networks],
            valid_from=key.valid_from,
            valid_to=key.valid_to,
            enabled=key.enabled,
            permissions=[Permission.PUBLIC_API],
            scope_guids=sorted(key.rights.scopes),
        )


class ApiKeyPaging(ResponseModel):
    """Which part of the list this is."""

    page: int
    """The page that was asked for; the first one is 0."""

    page_size: int
    order_by: Annotated[str, Field(examples=["id"])]
    order_direction: Annotated[str, Field(examples=["asc"])]
    total_count: int
    """How many API keys there are on all pages together."""

    total_pages: int


class ApiKeyPage(ResponseModel):
    api_keys: list[ApiKeyAnswer]
    paging: ApiKeyPaging


KeyId = Annotated[str, Path(alias="apiKeyId", description="Its id; not the key itself.")]


def api_key_routes(accounts: Accounts, clock: Clock) -> APIRouter:
    """Who may administer the account makes, lists and changes its API keys. An API key cannot do that."""
    router = APIRouter(prefix="/settings/2/api-keys", tags=["account-management"], route_class=Operation)
    common: dict[str, Any] = {"scopes": (Scope.ACCOUNT,), "accepts": PEOPLE, "body": ErrorBody.API_ERROR}

    @router.get("", **described("get-api-keys-by-filter", limit=READ_LIMIT, errors=(400, 404), **common))
    async def list_keys(
        principal: Authenticated,
        account_id: Annotated[str | None, Query(alias="accountId", description="Your account, if anything.")] = None,
        name: Annotated[str | None, Query(description="Only keys of exactly this name.")] = None,
        page: Annotated[int, Query(ge=0, le=PAGE_LIMIT, description="Which page; the first one is 0.")] = 0,
        size: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="How many keys a page holds.")] = PAGE_LIMIT,
        order_by: Annotated[ApiKeyOrder, Query(alias="orderBy", description="What comes first.")] = ApiKeyOrder.ID,
        order_direction: Annotated[
            Literal["asc", "desc"], Query(alias="orderDirection", description="Upwards or downwards.")
        ] = "asc",
        enabled: Annotated[bool | None, Query(description="Only keys that are, or are not.")] = None,
        secret: Annotated[
            str | None,
            Query(alias="apiKeySecret", deprecated=True, description="Refused: logs along the way keep addresses."),
        ] = None,
    ) -> ApiKeyPage:
        """List API keys.

        Of each key everything is told but the key itself.
        """
        _require_own(principal.account_id, account_id)
        if secret is not None:
            raise InvalidRequest(
                "must not be in an address; it is in logs now, so disable this key", field="apiKeySecret"
            )
        wanted = ApiKeyFilter(name=name, enabled=enabled, order_by=order_by, descending=order_direction == "desc")
        keys, total = await accounts.list_api_keys(principal.account_id, wanted, page * size, size)
        return ApiKeyPage(
            api_keys=[ApiKeyAnswer.of(key) for key in keys],
            paging=ApiKeyPaging(
                page=page,
                page_size=size,
                order_by=order_by,
                order_direction=order_direction,
                total_count=total,
                total_pages=-(-total // size),
            ),
        )

    @router.post("", **described("create-api-key", limit=CHANGE_LIMIT, errors=(400, 404), **common))
    async def create_key(principal: Authenticated, body: ApiKeyCreate) -> ApiKeyAnswer:
        """Create an API key.

        The answer is the only one that holds the key: `apiKeySecret`. Give each program a key of its own, with as few
        scopes and addresses as it needs.
        """
        _require_own(principal.account_id, body.account_id)
        key, secret = await accounts.create_api_key(
            principal.account_id,
            body.name,
            scopes=body.scope_guids or (),
            networks=body.allowed_ips or (),
            valid_from=body.valid_from,
            valid_to=body.valid_to or clock.now() + KEY_LIFETIME,
            by=principal.credential_id,
        )
        return ApiKeyAnswer.of(key, secret)

    @router.get("/{apiKeyId}", **described("get-api-key", limit=READ_LIMIT, errors=(400, 404), **common))
    async def get_key(principal: Authenticated, key_id: KeyId) -> ApiKeyAnswer:
        """Get an API key.

        Everything is told but the key itself.
        """
        return ApiKeyAnswer.of(await accounts.find_api_key(principal.account_id, key_id))

    @router.put("/{apiKeyId}", **described("update-api-key", limit=CHANGE_LIMIT, errors=(400, 404), **common))
    async def update_key(principal: Authenticated, key_id: KeyId, body: ApiKeyUpdate) -> ApiKeyAnswer:
        """Change an API key.

        What is left out stays as it is. A key that is disabled or narrowed is so within a second, wherever it is used.
        """
        _require_own(principal.account_id, body.account_id)
        change = ApiKeyChange(
            name=body.name,
            networks=body.allowed_ips,
            valid_from=body.valid_from,
            valid_to=body.valid_to,
            enabled=body.enabled,
            scopes=body.scope_guids,
        )
        key = await accounts.change_api_key(principal.account_id, key_id, change, by=principal.credential_id)
        return ApiKeyAnswer.of(key)

    return router


def _require_own(account_id: str, named: str | None) -> None:
    if named is not None and named != account_id:
        raise NotFound("There is no such account, or it is not yours.")
