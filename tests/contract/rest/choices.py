"""What of the contract is not built yet, what is ours alone, and where we differ from it on purpose."""

from dataclasses import dataclass
from typing import Final

RECORDINGS: Final = "issue: recordings"

PLANNED: Final = {
    "get-call-link-recordings": RECORDINGS,
    "delete-call-link-recording": RECORDINGS,
    "download-call-link-recording": RECORDINGS,
    "get-webrtc-recordings": RECORDINGS,
    "delete-webrtc-recording-by-id": RECORDINGS,
    "download-webrtc-recording-by-id": RECORDINGS,
}
"""Operations of the contract that are somebody else's work, and whose."""


@dataclass(frozen=True)
class Choice:
    """Where we differ on purpose."""

    what: str
    why: str
    where: frozenset[str]
    """Operation and place, as the comparison names them."""


API_KEYS: Final = ("get-api-keys-by-filter", "create-api-key", "get-api-key", "update-api-key")

OURS: Final = {
    "get-liveness": "for load balancers",
    "get-readiness": "for load balancers",
    "create-webrtc-revocation": "ends sessions whose token or identity is not to be trusted any more",
    "get-webrtc-call-history": "calls between SDKs, as the Calls API will tell of its own",
    "get-webrtc-call-history-entry": "as above",
    "get-webrtc-settings": "recording, which the public API lets people set in its web interface only",
    "update-webrtc-settings": "as above",
}
"""Operations that the contract does not have, and what for."""


def choice(what: str, *where: str, why: str) -> Choice:
    return Choice(what, why, frozenset(where))


CHOICES: Final = (
    choice(
        "[200, 204] became [204]",
        "delete-push-configuration success",
        why="the contract allows both, and there is nothing to say",
    ),
    choice(
        "is not in the contract",
        "generate-webrtc-token body.capabilities.recording",
        "generate-webrtc-token body.applicationId",
        why="deprecated, but older clients send them; the first is honoured, the second ignored (contract §2)",
    ),
    choice(
        "is not required",
        "get-push-configurations query.page",
        "get-push-configurations query.size",
        why="they have defaults; §18 no. 3",
    ),
    choice(
        "is not in the contract",
        "save-push-configuration body.applicationId",
        "save-push-configuration 200.applicationId",
        "get-push-configurations 200.results[].applicationId",
        "get-push-configuration 200.applicationId",
        "update-push-configuration body.applicationId",
        "update-push-configuration 200.applicationId",
        "patch-push-configuration body.applicationId",
        "patch-push-configuration 200.applicationId",
        why="in clients of 2025, and gone from the document; §18 no. 4",
    ),
    choice(
        "None became 20/second",
        "upload-file limit",
        why="decoding pictures is the most expensive thing that a device can ask for",
    ),
    choice(
        "None became 10/second",
        "get-api-keys-by-filter limit",
        "get-api-key limit",
        why="none is stated; this is what the operations beside them have",
    ),
    choice(
        "None became account-management:manage",
        *(f"{operation} scopes" for operation in API_KEYS),
        why="none is stated; without one, any user could make keys that open more than the user may",
    ),
    choice(
        "is missing",
        *(
            f"{operation} {place}.{field}"
            for operation, *places in (
                ("get-api-keys-by-filter", "200.apiKeys[].platform[]"),
                ("create-api-key", "200.platform[]", "body.platform[]"),
                ("get-api-key", "200.platform[]"),
                ("update-api-key", "200.platform[]", "body.platform[]"),
            )
            for place in places
            for field in ("key", "applicationId", "entityId", "action")
        ),
        why="keys are for the whole account, so this list is always empty",
    ),
    choice(
        "is not in the contract", "create-api-key body.platform[]", "update-api-key body.platform[]", why="as above"
    ),
    choice(
        "has kind string instead of one of, has other values: -2FA_CLIENT -PUBLIC_API -WEB_SDK",
        "get-api-keys-by-filter 200.apiKeys[].permissions[]",
        *(f"{operation} 200.permissions[]" for operation in API_KEYS[1:]),
        why="it is always PUBLIC_API",
    ),
    choice(
        "has kind one of instead of string",
        "create-api-key body.scopeGuids[]",
        "update-api-key body.scopeGuids[]",
        why="scopes are known here by their names",
    ),
    choice("is missing", "create-api-key body.enabled", why="who wants a key that is not enabled need not make one"),
    choice("is not required", "update-api-key body.name", why="what is left out stays as it is"),
    choice(
        "is not in the contract",
        *(
            f"get-api-keys-by-filter query.{name}"
            for name in ("accountId", "apiKeySecret", "enabled", "name", "orderBy", "orderDirection", "page", "size")
        ),
        why="the table does not say how the list is asked for",
    ),
    choice("is missing", "create-oauth2-token body.code", why="only for authorization_code, which is not offered"),
    choice(
        "has kind string instead of one of, has other values: -authorization_code -client_credentials",
        "create-oauth2-token body.grant_type",
        why="another one is answered in the words of OAuth 2: unsupported_grant_type",
    ),
    choice("is not required", "create-oauth2-token 200.token_type", why="it has a default, and is always sent"),
    choice(
        "has low 0 instead of 1",
        "get-push-configurations 200.pageInfo.size",
        "get-files 200.pageInfo.size",
        "get-user-activity 200.pageInfo.size",
        "get-applications 200.paging.size",
        "get-entities 200.paging.size",
        "get-resource-associations 200.paging.size",
        "get-call-links 200.paging.size",
        "get-configs 200.paging.size",
        "get-images 200.paging.size",
        why="one envelope for all lists, and in some of them 0 may be asked for, which the answer repeats (§1.6)",
    ),
    choice(
        "has other values: +WEBRTC_PUSH_CONFIG",
        "create-resource-association body.resourceType",
        "delete-resource-association body.resourceType",
        "get-resource-association query.resourceType",
        "get-resource-association 200.resourceType",
        "get-resource-associations query.resourceType",
        "get-resource-associations 200.results[].resourceType",
        why="what it was in 2023, and what push configurations are associated by (§14)",
    ),
    choice(
        "has other values: +VOICE_VIDEO",
        "create-resource-association body.channel",
        "delete-resource-association body.channel",
        "get-resource-association query.channel",
        "get-resource-association 200.channel",
        "get-resource-associations query.channel",
        "get-resource-associations 200.results[].channel",
        why="as above",
    ),
    choice(
        "is not required",
        "create-resource-association body.entityId",
        "delete-resource-association body.entityId",
        why="null says that there is no entity, and null means absent everywhere (§1.7, §14)",
    ),
    choice(
        "ApiException 409 is missing",
        "modify-application errors",
        "modify-entity errors",
        why="only the name changes, and names need not be unique",
    ),
    choice(
        r"has pattern ^[\p{L}\p{N}\-_+=/.]+$ instead of ^[\p{L}\p{N}\-_+=/.]{3,250}$",
        "create-call-link body.destination<ROOM>.roomName",
        why="the same rule: its length is stated beside it, as some validators refuse a pattern of that size",
    ),
    choice("is required", "create-subdomain body.name", why="a subdomain without a name is none"),
    choice(
        "is missing",
        "get-call-links 200.results[].destination<ROOM>.password",
        "get-call-link 200.destination<ROOM>.password",
        "delete-call-link 200.destination<ROOM>.password",
        why="only its hash is stored",
    ),
)
