"""`/settings/2/api-keys`: who may make keys, what they look like, and how soon they end (contract §1.2)."""

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.accounts import Role, Scope
from ringback.accounts.model import PRODUCT_SCOPES
from ringback.kernel.redaction import Secret
from ringback.settings import Settings
from ringback.storage.audit import AuditEntry, latest
from tests.integration.conftest import Node, started

PATH = "/settings/2/api-keys"
FIELDS = {"id", "accountId", "name", "allowedIPs", "validFrom", "validTo", "enabled", "permissions", "scopeGuids"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node without the limits of 40 changes a day and 10 looks a second, which have a test of their own."""
    operations = ("get-api-keys-by-filter", "create-api-key", "get-api-key", "update-api-key")
    limits = dict.fromkeys(operations, "999999999/second")
    with started(Settings(data_dir=tmp_path_factory.mktemp("node") / "data", rate_limits=limits)) as node:
        yield node


def admin(node: Node) -> dict[str, str]:
    login = f"{node.first_start.username}:{node.first_start.password.reveal()}"
    return {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}


def create(node: Node, name: str = "backend", **body: Any) -> dict[str, Any]:
    answer = node.client.post(PATH, headers=admin(node), json={"name": name, **body})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def get(node: Node, key: dict[str, Any]) -> dict[str, Any]:
    answer = node.client.get(f"{PATH}/{key['id']}", headers=admin(node))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def update(node: Node, key: dict[str, Any], **body: Any) -> httpx2.Response:
    return node.client.put(f"{PATH}/{key['id']}", headers=admin(node), json=body)


def listed(node: Node, **query: Any) -> dict[str, Any]:
    answer = node.client.get(PATH, headers=admin(node), params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def use(node: Node, key: dict[str, Any]) -> int:
    headers = {"Authorization": f"App {key['apiKeySecret']}"}
    return node.client.post("/webrtc/1/token", headers=headers, json={"identity": "alice"}).status_code


def refused(answer: httpx2.Response, status: int) -> set[str]:
    """The fields that are wrong, when the answer is an `ApiError` of this status."""
    told = answer.json()
    assert (answer.status_code, told["errorCode"]) == (status, f"E{status}"), answer.text
    assert told.keys() == {"errorCode", "description", "action", "violations", "resources"}
    return {violation["property"] for violation in told["violations"]}


def told(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def test_a_new_key_opens_the_products_for_a_year(node: Node) -> None:
    key = create(node)
    assert use(node, key) == 200
    secret = key.pop("apiKeySecret")
    assert key.keys() == FIELDS
    assert key == get(node, key)
    assert key == {
        "id": key["id"],
        "accountId": node.first_start.account.id,
        "name": "backend",
        "allowedIPs": [],
        "validFrom": told(node.clock.now()),
        "validTo": told(node.clock.now() + timedelta(days=365)),
        "enabled": True,
        "permissions": ["PUBLIC_API"],
        "scopeGuids": sorted(PRODUCT_SCOPES),
    }
    assert secret not in str(listed(node))


def test_the_key_of_the_first_start_does_not_expire(node: Node) -> None:
    (key,) = listed(node, name="first start")["apiKeys"]
    assert key.keys() == FIELDS - {"validTo"}


def test_a_key_is_as_it_was_asked_for(node: Node) -> None:
    key = create(
        node,
        "narrow",
        accountId=node.first_start.account.id,
        allowedIPs=["192.0.2.7/32", "2001:DB8::/32"],
        validFrom="2030-02-01T10:00:00",
        validTo="2031-02-01T10:00:00+01:00",
        permissions=["PUBLIC_API"],
        platform=[],
        scopeGuids=["webrtc:identity:manage", "calls:logs:read"],
    )
    assert get(node, key) == {
        "id": key["id"],
        "accountId": node.first_start.account.id,
        "name": "narrow",
        "allowedIPs": ["192.0.2.7", "2001:db8::/32"],
        "validFrom": "2030-02-01T10:00:00.000+0000",
        "validTo": "2031-02-01T09:00:00.000+0000",
        "enabled": True,
        "permissions": ["PUBLIC_API"],
        "scopeGuids": ["calls:logs:read", "webrtc:identity:manage"],
    }


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"enabled": False}, 401),
        ({"allowedIPs": ["192.0.2.7"]}, 401),
        ({"validFrom": "2040-01-01T00:00:00", "validTo": "2041-01-01T00:00:00"}, 401),
        ({"validFrom": "2020-01-01T00:00:00", "validTo": "2021-01-01T00:00:00"}, 401),
        ({"scopeGuids": ["calls:manage"]}, 403),
    ],
)
def test_a_change_counts_at_once(node: Node, change: dict[str, Any], status: int) -> None:
    key = create(node)
    assert use(node, key) == 200
    assert update(node, key, **change).status_code == 200
    assert use(node, key) == status


def test_what_a_change_does_not_name_stays(node: Node) -> None:
    key = create(node, allowedIPs=["192.0.2.7"], scopeGuids=["webrtc:manage"])
    answer = update(node, key, name="renamed", scopeGuids=None).json()
    assert answer == get(node, key)
    assert answer == {**{name: key[name] for name in FIELDS}, "name": "renamed"}


def test_empty_lists_mean_no_restriction(node: Node) -> None:
    key = create(node, allowedIPs=["192.0.2.7"], scopeGuids=["calls:manage"])
    changed = update(node, key, allowedIPs=[], scopeGuids=[]).json()
    assert (changed["allowedIPs"], changed["scopeGuids"]) == ([], sorted(PRODUCT_SCOPES))
    assert use(node, key) == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "back\x00end"}, "name"),
        ({"name": "backend\u202e"}, "name"),
        ({"name": 7}, "name"),
        ({"allowedIPs": ["192.0.2.7", "everywhere"]}, "allowedIPs.1"),
        ({"allowedIPs": ["192.0.2.7/24"]}, "allowedIPs.0"),
        ({"allowedIPs": [3221225991]}, "allowedIPs.0"),
        ({"allowedIPs": "192.0.2.7"}, "allowedIPs"),
        ({"allowedIPs": ["192.0.2.7"] * 101}, "allowedIPs"),
        ({"validFrom": "tomorrow"}, "validFrom"),
        ({"validFrom": 0}, "validFrom"),
        ({"validFrom": "9999-12-31T23:59:59-23:59"}, "validFrom"),
        ({"validTo": "2029-01-01T00:00:00"}, "validTo"),
        ({"validFrom": "2040-01-01T00:00:00"}, "validTo"),
        ({"permissions": ["WEB_SDK"]}, "permissions"),
        ({"permissions": ["EVERYTHING"]}, "permissions.0"),
        ({"platform": [{"applicationId": "shop"}]}, "platform"),
        ({"scopeGuids": ["webrtc:manage", "2fa:manage"]}, "scopeGuids.1"),
        ({"scopeGuids": ["*"]}, "scopeGuids.0"),
    ],
)
def test_what_makes_no_sense_is_a_400_that_names_the_field(node: Node, body: dict[str, Any], field: str) -> None:
    answer = node.client.post(PATH, headers=admin(node), json={"name": "backend", **body})
    assert refused(answer, 400) == {field}


@pytest.mark.parametrize(
    ("body", "field"),
    [({"enabled": "no"}, "enabled"), ({"name": ""}, "name"), ({"validTo": "2029-01-01T00:00:00"}, "validTo")],
)
def test_a_change_that_makes_no_sense_changes_nothing(node: Node, body: dict[str, Any], field: str) -> None:
    key = create(node)
    assert refused(update(node, key, **body), 400) == {field}
    assert get(node, key) == {name: key[name] for name in FIELDS}


def test_another_accounts_key_is_not_found(node: Node) -> None:
    key = create(node)
    password = "correct horse battery"

    async def stranger() -> None:
        account = await node.platform.accounts.create_account("stranger")
        await node.platform.accounts.create_user(account.id, "stranger", Secret(password), Role.ADMIN)

    assert node.client.portal is not None
    node.client.portal.call(stranger)
    theirs = {"Authorization": "Basic " + base64.b64encode(f"stranger:{password}".encode()).decode()}
    assert refused(node.client.get(f"{PATH}/{key['id']}", headers=theirs), 404) == set()
    assert refused(node.client.put(f"{PATH}/{key['id']}", headers=theirs, json={"enabled": False}), 404) == set()
    assert node.client.get(PATH, headers=theirs).json()["paging"]["totalCount"] == 0
    assert use(node, key) == 200
    named = {"accountId": node.first_start.account.id}
    assert refused(node.client.get(PATH, headers=theirs, params=named), 404) == set()
    assert refused(node.client.post(PATH, headers=theirs, json={"name": "x", **named}), 404) == set()
    assert refused(node.client.put(f"{PATH}/{key['id']}", headers=theirs, json=named), 404) == set()


@pytest.mark.parametrize("key_id", ["00000000-0000-4000-8000-000000000000", "x", "%00", "x" * 1000, "%ff"])
def test_a_key_that_does_not_exist_is_not_found(node: Node, key_id: str) -> None:
    assert refused(node.client.get(f"{PATH}/{key_id}", headers=admin(node)), 404) == set()
    assert refused(node.client.put(f"{PATH}/{key_id}", headers=admin(node), json={}), 404) == set()


def test_every_operation_can_be_opened_by_a_key_and_is_by_a_broad_one(node: Node) -> None:
    document = node.client.get("/openapi.json").json()
    asked_for = {
        operation["operationId"]: operation["x-scopes"]
        for path in document["paths"].values()
        for operation in path.values()
        if operation.get("x-scopes")
    }
    assert "generate-webrtc-token" in asked_for
    for operation, scopes in asked_for.items():
        assert set(scopes) <= set(Scope), f"no key can be made for {operation}: name the scope in accounts/model.py"
        assert PRODUCT_SCOPES.intersection(scopes) or scopes == [Scope.ACCOUNT], operation


def test_the_list_has_an_envelope_of_its_own(tmp_path: Path) -> None:
    with started(Settings(data_dir=tmp_path / "data")) as node:
        made = [create(node, name)["id"] for name in ("b", "c", "a", "c")]
        page = listed(node, page=0, size=2, orderBy="name", orderDirection="desc")
        assert page["paging"] == {
            "page": 0,
            "pageSize": 2,
            "orderBy": "name",
            "orderDirection": "desc",
            "totalCount": 5,
            "totalPages": 3,
        }
        assert [key["name"] for key in page["apiKeys"]] == ["first start", "c"]
        whole = listed(node)
        assert whole["paging"] == {
            "page": 0,
            "pageSize": 100,
            "orderBy": "id",
            "orderDirection": "asc",
            "totalCount": 5,
            "totalPages": 1,
        }
        ids = [key["id"] for key in whole["apiKeys"]]
        assert ids == sorted(ids)
        assert set(made) < set(ids)
        assert {key["id"] for key in listed(node, name="c")["apiKeys"]} == {made[1], made[3]}
        update(node, {"id": made[0]}, enabled=False)
        assert [key["id"] for key in listed(node, enabled="false")["apiKeys"]] == [made[0]]
        assert listed(node, page=7)["apiKeys"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page": -1}, "page"),
        ({"page": 101}, "page"),
        ({"size": 0}, "size"),
        ({"size": 101}, "size"),
        ({"size": "9" * 5000}, "size"),
        ({"orderBy": "secret"}, "orderBy"),
        ({"orderDirection": "up"}, "orderDirection"),
        ({"enabled": "perhaps"}, "enabled"),
        ({"apiKeySecret": "the key"}, "apiKeySecret"),
    ],
)
def test_a_list_that_makes_no_sense_is_a_400(node: Node, query: dict[str, Any], field: str) -> None:
    assert refused(node.client.get(PATH, headers=admin(node), params=query), 400) == {field}


def test_keys_are_changed_forty_times_a_day(tmp_path: Path) -> None:
    with started(Settings(data_dir=tmp_path / "data")) as node:
        for _ in range(40):
            key = create(node)
            update(node, key, enabled=False)
        answer = node.client.post(PATH, headers=admin(node), json={"name": "one too many"})
        assert refused(answer, 429) == set()
        assert answer.headers["Retry-After"] == "86400"
        assert refused(update(node, key, enabled=True), 429) == set()
        assert get(node, key)["enabled"] is False


def test_who_changed_which_key_is_in_the_audit_log(node: Node) -> None:
    key = create(node)
    update(node, key, enabled=False)

    async def entries() -> list[AuditEntry]:
        return await node.platform.database.read(lambda connection: latest(connection, 2))

    assert node.client.portal is not None
    created, updated = node.client.portal.call(entries)
    assert (created.action, updated.action) == ("api-key.create", "api-key.update")
    assert created.subject == updated.subject == key["id"]
    assert created.actor == updated.actor != "command line"
    assert key["apiKeySecret"] not in str((created, updated))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("accountId", "name", "allowedIPs", "validFrom", "validTo", "enabled", "permissions", "platform", "scopeGuids")


@settings(deadline=None)
@given(body=JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)))
def test_no_body_is_more_than_refused(node: Node, body: object) -> None:
    key = listed(node, size=1)["apiKeys"][0]
    assert node.client.post(PATH, headers=admin(node), json=body).status_code in (200, 400, 404)
    answer = node.client.put(f"{PATH}/{key['id']}", headers=admin(node), json=body)
    assert answer.status_code in (200, 400, 404), answer.text


@settings(deadline=None)
@given(start=st.datetimes(), end=st.datetimes())
def test_every_time_is_kept_or_refused(node: Node, start: datetime, end: datetime) -> None:
    body = {"name": "backend", "validFrom": start.isoformat(), "validTo": end.isoformat()}
    answer = node.client.post(PATH, headers=admin(node), json=body)
    if start < end:
        assert answer.status_code == 200, answer.text
        shown = answer.json()["validFrom"]
        assert shown == start.isoformat(timespec="milliseconds") + "+0000"
    else:
        assert refused(answer, 400) == {"validTo"}


@pytest.mark.parametrize("field", ["scopeGuids", "permissions", "allowedIPs"])
def test_a_list_that_is_far_too_long_is_refused_as_a_whole(node: Node, field: str) -> None:
    """Its items would each be told as wrong: megabytes of answer, made while nobody else is served."""
    refused = node.client.post(PATH, headers=admin(node), json={"name": "backend", field: [1] * 50_000})
    assert refused.status_code == 400
    assert [violation["property"] for violation in refused.json()["violations"]] == [field]
    assert "at most" in refused.json()["violations"][0]["violation"]
