"""Our /openapi.json against the contract's facts, operation by operation."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
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
    "get-applications": SOON,
    "create-application": SOON,
    "get-application": SOON,
    "modify-application": SOON,
    "delete-application": SOON,
    "get-entities": SOON,
    "create-entity": SOON,
    "get-entity": SOON,
    "modify-entity": SOON,
    "delete-entity": SOON,
    "get-resource-associations": SOON,
    "create-resource-association": SOON,
    "delete-resource-association": SOON,
    "get-resource-association": SOON,
}
"""Operations of the contract that are somebody else's work, and whose."""

CHOICES: Final[dict[tuple[str, str], str]] = {
    ("generate-webrtc-token", "body.capabilities.recording"): "deprecated, but older clients send it (contract §2)",
    ("generate-webrtc-token", "body.applicationId"): "older clients send it; it is ignored (contract §2)",
}
"""Where we differ on purpose: (operation, place) and why."""


@pytest.fixture(scope="module")
def built() -> Facts:
    return ours(asyncio.run(openapi_document()))


def operations(product: str) -> set[str]:
    return set(contract(product).operations)


def every_operation() -> set[str]:
    return set().union(*map(operations, PRODUCTS))


def found(built: Facts) -> Iterator[tuple[str, str, str]]:
    for product in PRODUCTS:
        theirs = contract(product)
        for operation in sorted(theirs.operations.keys() & built.operations.keys()):
            for place, what in sorted(differences(operation, theirs, built)):
                yield operation, place, what


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


def test_each_operation_is_as_the_contract_says_but_for_our_choices(built: Facts) -> None:
    differing = {(operation, place): what for operation, place, what in found(built)}
    unwanted = {key: what for key, what in differing.items() if key not in CHOICES}
    assert not unwanted, "\n".join(f"{operation} {place}: {what}" for (operation, place), what in unwanted.items())
    assert CHOICES.keys() <= differing.keys(), "a choice is not one any more"
