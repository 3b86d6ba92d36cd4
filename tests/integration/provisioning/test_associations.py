"""`/provisioning/1/associations` as the public API describes them (contract §14)."""

from typing import Any, Final

import pytest

from ringback.accounts.model import Scope
from tests.integration.backend import Backend

PATH: Final = "/associations"
SINGLE: Final = "/associations/single"

NUMBER: Final = {"resourceType": "NUMBER", "channel": "SMS", "resourceId": "number-1"}
OF_THE_SHOP: Final = {**NUMBER, "applicationId": "shop"}
OF_THE_BAKERY: Final = {**NUMBER, "applicationId": "shop", "entityId": "bakery"}

Body = dict[str, Any]


@pytest.fixture
def backend(backend: Backend) -> Backend:
    """A backend with two applications and two entities."""
    for id in ("shop", "desk"):
        backend.does("POST", "/applications", json={"applicationId": id})
    for id in ("bakery", "butcher"):
        backend.does("POST", "/entities", json={"entityId": id})
    return backend


def listed(backend: Backend, **query: str) -> list[Body]:
    results: list[Body] = backend.does("GET", PATH, params=query)["results"]
    return results


def test_one_is_made_read_and_deleted(backend: Backend) -> None:
    made = backend.ask("POST", PATH, json=OF_THE_BAKERY)
    assert (made.status_code, made.content) == (201, b"")
    assert backend.does("GET", SINGLE, params=OF_THE_BAKERY) == OF_THE_BAKERY
    deleted = backend.ask("DELETE", PATH, json=OF_THE_BAKERY)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert backend.is_refused(404, "GET", SINGLE, params=OF_THE_BAKERY) == set()
    assert listed(backend) == []


@pytest.mark.parametrize("nothing", [{}, {"entityId": None}], ids=["left out", "null"])
def test_no_entity_is_null_or_left_out(backend: Backend, nothing: Body) -> None:
    backend.does("POST", PATH, json={**OF_THE_SHOP, **nothing})
    assert backend.does("GET", SINGLE, params=OF_THE_SHOP) == OF_THE_SHOP
    assert listed(backend) == [OF_THE_SHOP]
    backend.does("DELETE", PATH, json={**OF_THE_SHOP, **nothing})
    assert listed(backend) == []


@pytest.mark.parametrize(
    "other",
    [
        {"resourceType": "ALPHA"},
        {"channel": "MMS"},
        {"resourceId": "number-2"},
        {"applicationId": "desk"},
        {"entityId": "butcher"},
        {"entityId": None},
    ],
    ids=str,
)
def test_only_exactly_the_same_one_is_read_or_deleted(backend: Backend, other: Body) -> None:
    backend.does("POST", PATH, json=OF_THE_BAKERY)
    asked = {**OF_THE_BAKERY, **other}
    query = {name: value for name, value in asked.items() if value is not None}
    assert backend.is_refused(404, "GET", SINGLE, params=query) == set()
    assert backend.is_refused(404, "DELETE", PATH, json=asked) == set()
    assert listed(backend) == [OF_THE_BAKERY]


@pytest.mark.parametrize("other", [{}, {"applicationId": "desk"}, {"applicationId": "default"}], ids=str)
def test_a_resource_belongs_to_one_application_on_a_channel(backend: Backend, other: Body) -> None:
    backend.does("POST", PATH, json=OF_THE_SHOP)
    assert backend.is_refused(409, "POST", PATH, json={**OF_THE_SHOP, **other}) == {"resourceId"}
    assert listed(backend) == [OF_THE_SHOP]


def test_on_another_channel_it_may_belong_to_another(backend: Backend) -> None:
    on_mms = {**OF_THE_SHOP, "channel": "MMS", "applicationId": "desk"}
    backend.does("POST", PATH, json=OF_THE_SHOP)
    backend.does("POST", PATH, json=on_mms)
    assert listed(backend) == [on_mms, OF_THE_SHOP]


@pytest.mark.parametrize(
    ("unknown", "field"), [({"applicationId": "nothing"}, "applicationId"), ({"entityId": "nobody"}, "entityId")]
)
def test_the_application_and_the_entity_have_to_exist(backend: Backend, unknown: Body, field: str) -> None:
    assert backend.is_refused(404, "POST", PATH, json={**OF_THE_BAKERY, **unknown}) == {field}
    assert listed(backend) == []


@pytest.mark.parametrize(
    ("path", "left"),
    [
        ("/applications/shop", {**NUMBER, "applicationId": "default"}),
        ("/entities/bakery", {**NUMBER, "applicationId": "default"}),
        ("/applications/desk", OF_THE_BAKERY),
        ("/entities/butcher", OF_THE_BAKERY),
    ],
)
def test_what_belonged_to_what_is_deleted_belongs_to_the_default(backend: Backend, path: str, left: Body) -> None:
    backend.does("POST", PATH, json=OF_THE_BAKERY)
    backend.does("DELETE", path)
    assert listed(backend) == [left]


def test_from_the_default_a_resource_can_be_taken_without_deleting(backend: Backend) -> None:
    backend.does("POST", PATH, json=OF_THE_BAKERY)
    backend.does("DELETE", "/applications/shop")
    by_default = {**NUMBER, "applicationId": "default"}
    assert backend.is_refused(409, "POST", PATH, json=by_default) == {"resourceId"}
    taken = {**NUMBER, "applicationId": "desk", "entityId": "butcher"}
    backend.does("POST", PATH, json=taken)
    assert listed(backend) == [taken]


def test_nobody_meets_those_of_another_account(backend: Backend, stranger: Backend) -> None:
    backend.does("POST", PATH, json=OF_THE_SHOP)
    assert listed(stranger) == []
    assert stranger.is_refused(404, "GET", SINGLE, params=OF_THE_SHOP) == set()
    assert stranger.is_refused(404, "DELETE", PATH, json=OF_THE_SHOP) == set()
    assert stranger.is_refused(404, "POST", PATH, json=OF_THE_SHOP) == {"applicationId"}
    stranger.does("POST", "/applications", json={"applicationId": "shop"})
    stranger.does("POST", PATH, json=OF_THE_SHOP)
    stranger.does("DELETE", "/applications/shop")
    assert listed(backend) == [OF_THE_SHOP]


def test_its_scope_is_needed(backend: Backend) -> None:
    other, right = backend.with_only(Scope.WEBRTC, Scope.CALLS), backend.with_only(Scope.APPLICATIONS)
    for method, path, sent in (
        ("POST", PATH, {"json": OF_THE_SHOP}),
        ("GET", PATH, {}),
        ("GET", SINGLE, {"params": OF_THE_SHOP}),
        ("DELETE", PATH, {"json": OF_THE_SHOP}),
    ):
        assert other.is_refused(403, method, path, **sent) == set()
        right.does(method, path, **sent)


def test_lists_leave_out_what_was_not_asked_for(backend: Backend) -> None:
    ours = {"applicationId": "shop", "entityId": "bakery"}
    theirs = {"applicationId": "desk"}
    number = {**NUMBER, **ours}
    domain = {"resourceType": "DOMAIN", "channel": "EMAIL", "resourceId": "example.com", **theirs}
    phones = {"resourceType": "WEBRTC_PUSH_CONFIG", "channel": "VOICE_VIDEO", "resourceId": "phones", **ours}
    for each in (phones, number, domain):
        backend.does("POST", PATH, json=each)
    assert listed(backend) == [domain, number, phones]
    assert listed(backend, applicationId="shop") == [number, phones]
    assert listed(backend, entityId="bakery") == [number, phones]
    assert listed(backend, resourceType="DOMAIN") == [domain]
    assert listed(backend, channel="VOICE_VIDEO") == [phones]
    assert listed(backend, resourceId="number-1") == [number]
    assert listed(backend, applicationId="shop", channel="EMAIL") == []
    assert listed(backend, applicationId="a\u0301") == []


def test_the_pages_of_what_was_asked_for(backend: Backend) -> None:
    for number in range(5):
        owner = "shop" if number % 2 == 0 else "desk"
        backend.does("POST", PATH, json={**NUMBER, "resourceId": f"{number}", "applicationId": owner})
    page = backend.does("GET", PATH, params={"applicationId": "shop", "page": 1, "size": 2})
    assert [each["resourceId"] for each in page["results"]] == ["4"]
    assert page["paging"] == {"page": 1, "size": 2, "totalPages": 2, "totalResults": 3}


TYPES: Final = ("NUMBER", "DOMAIN", "ALPHA", "RCS_RESOURCE", "APPLE_RESOURCE", "WEBRTC_PUSH_CONFIG")
CHANNELS: Final = ("SMS", "MMS", "EMAIL", "WHATSAPP", "RCS", "APPLE", "VOICE_VIDEO")


@pytest.mark.parametrize("type", TYPES)
def test_every_kind_of_resource(backend: Backend, type: str) -> None:
    for channel in CHANNELS:
        backend.does("POST", PATH, json={**OF_THE_SHOP, "resourceType": type, "channel": channel})
    assert [each["channel"] for each in listed(backend, resourceType=type)] == sorted(CHANNELS)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"resourceType": "number"}, "resourceType"),
        ({"resourceType": None}, "resourceType"),
        ({"channel": "VOICE"}, "channel"),
        ({"channel": 7}, "channel"),
        ({"resourceId": None}, "resourceId"),
        ({"resourceId": ""}, "resourceId"),
        ({"resourceId": "x" * 256}, "resourceId"),
        ({"resourceId": "a\x00b"}, "resourceId"),
        ({"resourceId": 7}, "resourceId"),
        ({"applicationId": None}, "applicationId"),
        ({"applicationId": "x" * 256}, "applicationId"),
        ({"applicationId": ["shop"]}, "applicationId"),
        ({"entityId": "x" * 256}, "entityId"),
        ({"entityId": "a\u202eb"}, "entityId"),
        ({"entityId": False}, "entityId"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused_names_the_field(backend: Backend, wrong: Body, field: str) -> None:
    assert backend.is_refused(400, "POST", PATH, json={**OF_THE_BAKERY, **wrong}) == {field}


def test_a_deletion_names_what_is_wrong_as_well(backend: Backend) -> None:
    assert backend.is_refused(400, "DELETE", PATH, json={**OF_THE_SHOP, "channel": "VOICE"}) == {"channel"}
    assert backend.is_refused(400, "DELETE", PATH, json={}) == {
        *("resourceType", "channel", "resourceId", "applicationId"),
    }
    assert backend.is_refused(400, "DELETE", PATH) == {"request"}


@pytest.mark.parametrize("path", [PATH, SINGLE])
def test_a_query_names_what_is_wrong_as_well(backend: Backend, path: str) -> None:
    wrong = {"resourceType": "number", "channel": "", "resourceId": "x" * 256, "applicationId": "a\x00b"}
    assert backend.is_refused(400, "GET", path, params=wrong) == wrong.keys()


def test_a_single_one_has_to_be_named_in_full(backend: Backend) -> None:
    assert backend.is_refused(400, "GET", SINGLE) == {"resourceType", "channel", "resourceId", "applicationId"}
