"""Our /openapi.json against the contract's facts, operation by operation."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

import pytest

from ringback.app import openapi_document
from tests.contract.rest.choices import CHOICES, OURS, PLANNED
from tests.contract.rest.comparison import differences
from tests.contract.rest.facts import Facts, contract, ours

PRODUCTS: Final = ("webrtc", "provisioning", "tables")


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
    assert missing == PLANNED.keys(), "correct PLANNED: it names what is missing, and nothing else"


def test_what_is_not_in_the_contract_is_ours(built: Facts) -> None:
    assert built.operations.keys() - every_operation() == OURS.keys(), "correct OURS"


def test_each_operation_is_as_the_contract_says_but_for_our_choices(built: Facts) -> None:
    chosen = {(where, choice.what) for choice in CHOICES for where in choice.where}
    differing = set(found(built))
    assert not differing - chosen, "\n".join(f"{where}: {what}" for where, what in sorted(differing - chosen))
    assert not chosen - differing, f"choices that are none any more: {sorted(chosen - differing)}"
