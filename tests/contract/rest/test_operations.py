"""Our /openapi.json against the contract's facts, operation by operation."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from ringback.app import openapi_document
from tests.contract.rest.comparison import differences
from tests.contract.rest.facts import Facts, contract, ours

PRODUCTS: Final = ("webrtc", "provisioning", "tables")

CALL_LINK: Final = "issue: Call Link"
RECORDINGS: Final = "issue: recordings"
SOON: Final = "being built"

PLANNED: Final = {
    "get-call-links": CALL_LINK,
    "create-call-link": CALL_LINK,
    "get-call-link": CALL_LINK,
    "delete-call-link": CALL_LINK,
    "get-configs": CALL_LINK,
    "create-config": CALL_LINK,
    "get-config": CALL_LINK,
    "update-config": CALL_LINK,
    "delete-config": CALL_LINK,
    "patch-config": CALL_LINK,
    "get-images": CALL_LINK,
    "upload-image": CALL_LINK,
    "get-image": CALL_LINK,
    "delete-image": CALL_LINK,
    "get-subdomains": CALL_LINK,
    "create-subdomain": CALL_LINK,
    "delete-subdomain": CALL_LINK,
    "get-call-link-recordings": CALL_LINK,
    "delete-call-link-recording": CALL_LINK,
    "download-call-link-recording": CALL_LINK,
    "get-webrtc-recordings": RECORDINGS,
    "delete-webrtc-recording-by-id": RECORDINGS,
    "download-webrtc-recording-by-id": RECORDINGS,
    "get-push-configurations": SOON,
    "save-push-configuration": SOON,
    "get-push-configuration": SOON,
    "update-push-configuration": SOON,
    "delete-push-configuration": SOON,
    "patch-push-configuration": SOON,
    "get-files": SOON,
    "get-file": SOON,
    "delete-file": SOON,
    "download-file": SOON,
    "get-user-activity": SOON,
}
"""Operations of the contract that are somebody else's work, and whose."""


@dataclass(frozen=True)
class Choice:
    """Where we differ on purpose."""

    what: str
    why: str
    where: frozenset[str]
    """Operation and place, as the comparison names them."""


OURS: Final = {
    "get-liveness": "for load balancers",
    "get-readiness": "for load balancers",
}
"""Operations that the contract does not have, and what for."""


def choice(what: str, *where: str, why: str) -> Choice:
    return Choice(what, why, frozenset(where))


CHOICES: Final = (
    choice(
        "is not in the contract",
        "generate-webrtc-token body.capabilities.recording",
        "generate-webrtc-token body.applicationId",
        why="deprecated, but older clients send them; the first is honoured, the second ignored (contract §2)",
    ),
    choice(
        "has low 0 instead of 1",
        "get-applications 200.paging.size",
        "get-entities 200.paging.size",
        "get-resource-associations 200.paging.size",
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
)


@pytest.fixture(scope="module")
def built() -> Facts:
    return ours(asyncio.run(openapi_document()))


def operations(product: str) -> set[str]:
    return set(contract(product).operations)


def every_operation() -> set[str]:
    return set().union(*map(operations, PRODUCTS))


def found(built: Facts) -> Iterator[tuple[str, str]]:
    """Operation and place, and how we differ there."""
    for product in PRODUCTS:
        theirs = contract(product)
        for operation in sorted(theirs.operations.keys() & built.operations.keys()):
            for place, what in sorted(differences(operation, theirs, built)):
                yield f"{operation} {place}", what


def test_what_is_missing_is_planned(built: Facts, capsys: pytest.CaptureFixture[str]) -> None:
    missing = every_operation() - built.operations.keys()
    by_issue = defaultdict(list)
    for operation in sorted(missing):
        by_issue[PLANNED.get(operation, "NOT PLANNED")].append(operation)
    with capsys.disabled():
        print(f"\n{len(every_operation() - missing)} of {len(every_operation())} operations of the contract are built.")
        for issue, names in by_issue.items():
            print(f"  {issue}: {', '.join(names)}")
    soon = {operation for operation, issue in PLANNED.items() if issue is SOON}
    assert missing | soon == PLANNED.keys(), "correct PLANNED: it names what is missing, and nothing else"


def test_what_is_not_in_the_contract_is_ours(built: Facts) -> None:
    assert built.operations.keys() - every_operation() == OURS.keys(), "correct OURS"


def test_each_operation_is_as_the_contract_says_but_for_our_choices(built: Facts) -> None:
    chosen = {(where, choice.what) for choice in CHOICES for where in choice.where}
    differing = set(found(built))
    assert not differing - chosen, "\n".join(f"{where}: {what}" for where, what in sorted(differing - chosen))
    assert not chosen - differing, f"choices that are none any more: {sorted(chosen - differing)}"
