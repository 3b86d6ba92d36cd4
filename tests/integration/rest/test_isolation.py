"""Accounts never see each other, and nobody does what its credentials do not allow: on every operation there is."""

from typing import Any, Final

import pytest

from tests.contract.rest.answers import refused
from tests.integration.rest.accounts import Two, document
from tests.integration.rest.operations import UNKNOWN, Asked, Backend, described
from tests.integration.rest.recipes import RECIPES, TAKES_ANY_ID

OPERATIONS: Final = described(document())
CLOSED: Final = sorted(id for id, operation in OPERATIONS.items() if operation.accepts)
BACKENDS: Final = [id for id in CLOSED if "WebRTCToken" not in OPERATIONS[id].accepts]
SCOPED: Final = [id for id in BACKENDS if OPERATIONS[id].scopes]
LISTS: Final = [id for id in BACKENDS if OPERATIONS[id].method == "GET" and not OPERATIONS[id].parameters("path")]


class Noting(Backend):
    """A backend that knows whether it had to make anything."""

    made = False

    def does(self, id: str, asked: Asked) -> Any:
        self.made = True
        return super().does(id, asked)


def noting(backend: Backend) -> Noting:
    return Noting(backend.client, backend.operations, backend.credentials, backend.login)


def test_every_operation_has_a_recipe() -> None:
    missing = OPERATIONS.keys() - RECIPES.keys()
    assert not missing, f"add to tests/integration/rest/recipes.py how these are asked for something: {missing}"
    assert RECIPES.keys() == OPERATIONS.keys(), "recipes of operations that are gone"


@pytest.mark.parametrize("id", OPERATIONS)
def test_every_recipe_works(two: Two, id: str) -> None:
    """Else the tests below would be refused for other reasons."""
    two.ours.does(id, RECIPES[id](two.ours))


@pytest.mark.parametrize("id", BACKENDS)
def test_what_another_account_has_is_not_found(two: Two, id: str) -> None:
    """Neither does the answer tell it from what never existed, nor has anything happened to it."""
    operation, us = OPERATIONS[id], noting(two.ours)
    asked = RECIPES[id](us)
    if asked.authorization is not None:
        return  # it is about the credentials themselves
    if not us.made:
        assert not operation.parameters("path") or id in TAKES_ANY_ID, "its recipe names ids without making them"
        return
    foreign, unknown = two.theirs.asks(id, asked), two.theirs.asks(id, nowhere(asked))
    refused(foreign, operation, 404)
    assert (unknown.status_code, unknown.json()) == (404, foreign.json())
    two.ours.does(id, asked)


def nowhere(asked: Asked) -> Asked:
    """The same question for ids that nothing has."""

    def unknown(told: Any) -> Any:
        names = ("id", "applicationId", "entityId", "resourceId")
        return {name: UNKNOWN if name in names else value for name, value in (told or {}).items()} or told

    return Asked(path=dict.fromkeys(asked.path, UNKNOWN), query=unknown(asked.query), json=unknown(asked.json))


def test_lists_show_nothing_of_another_account(two: Two) -> None:
    asked = {id: RECIPES[id](noting(two.ours)) for id in LISTS}
    before = {id: two.theirs.asks(id, asked[id]).text for id in LISTS}
    for id in filter(lambda id: OPERATIONS[id].makes, OPERATIONS):
        two.ours.asks(id, RECIPES[id](two.ours))
    assert {id: two.theirs.asks(id, asked[id]).text for id in LISTS} == before
    for id in LISTS:
        seen = two.ours.does(id, asked[id])
        assert all(seen[name] for name in ("results", "apiKeys") if name in seen), f"{id} shows nothing to anybody"


@pytest.mark.parametrize("id", SCOPED)
def test_without_its_scope_credentials_are_not_enough(two: Two, id: str) -> None:
    operation = OPERATIONS[id]
    asked = RECIPES[id](two.ours)
    if "APIKeyHeader" in operation.accepts:
        refused(two.ours.asks(id, asked, two.us.key_without(*operation.scopes)), operation, 403)
    refused(two.ours.asks(id, asked, two.us.user("AGENT")), operation, 403)
    two.ours.does(id, asked)


@pytest.mark.parametrize(("id", "scope"), [(id, scope) for id in SCOPED for scope in OPERATIONS[id].scopes])
def test_each_of_its_scopes_suffices(two: Two, id: str, scope: str) -> None:
    if "APIKeyHeader" in OPERATIONS[id].accepts:
        answer = two.ours.asks(id, RECIPES[id](two.ours), two.us.key(scope))
        assert answer.is_success, answer.text


@pytest.mark.parametrize("id", BACKENDS)
def test_a_viewer_changes_nothing(two: Two, id: str) -> None:
    operation = OPERATIONS[id]
    asked = RECIPES[id](two.ours)
    if asked.authorization is not None:
        return  # it is about the credentials themselves
    answer = two.ours.asks(id, asked, two.us.user("VIEWER"))
    if operation.makes or "account-management:manage" in operation.scopes:
        refused(answer, operation, 403)
    else:
        assert answer.is_success, answer.text


@pytest.mark.parametrize("id", CLOSED)
def test_without_credentials_nothing_is_said(two: Two, id: str) -> None:
    operation = OPERATIONS[id]
    asked = RECIPES[id](two.ours)
    known, unknown = two.ours.asks(id, asked, {}), two.ours.asks(id, nowhere(asked), {})
    refused(known, operation, 401)
    assert (unknown.status_code, unknown.json()) == (401, known.json())
    two.ours.does(id, asked)


@pytest.mark.parametrize("id", CLOSED)
def test_other_ways_to_sign_in_are_not_accepted(two: Two, id: str) -> None:
    """Least of all a WebRTC token, which has been in a browser."""
    operation = OPERATIONS[id]
    asked = RECIPES[id](two.ours)
    others = {scheme: value for scheme, value in two.ours.credentials.items() if scheme not in operation.accepts}
    assert others
    for value in others.values():
        refused(two.ours.asks(id, asked, {"Authorization": value}), operation, 401)


@pytest.mark.parametrize("id", CLOSED)
def test_every_way_to_sign_in_that_is_told_is_accepted(two: Two, id: str) -> None:
    operation = OPERATIONS[id]
    for scheme in operation.accepts:
        asked = RECIPES[id](two.ours)
        answer = two.ours.asks(id, asked, {"Authorization": asked.authorization or two.ours.credentials[scheme]})
        assert answer.is_success, f"{scheme}: {answer.text}"
