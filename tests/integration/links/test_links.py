"""`/call-link/1/links` as the public API describes it (contract §7)."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select

from ringback.accounts.model import Scope
from ringback.links.store import links
from ringback.settings import Settings
from ringback.storage.audit import latest
from ringback.web.schemas import show_moment
from tests.integration.backend import Backend
from tests.integration.conftest import started

if TYPE_CHECKING:
    from tests.integration.conftest import Node

ROOT: Final = "/call-link/1"
LINKS: Final = f"{ROOT}/links"

BORIS: Final = {"type": "WEBRTC", "identity": "boris"}
STANDUP: Final = {"type": "ROOM", "roomName": "standup"}

Body = dict[str, Any]


@pytest.fixture
def backend(node: "Node") -> Backend:
    return Backend(node, LINKS)


@pytest.fixture
def stranger(node: "Node") -> Backend:
    """The backend of somebody else."""
    return Backend(node, LINKS)


def created(backend: Backend, destination: Body = BORIS, **body: Any) -> Body:
    """A new link, as it is told afterwards."""
    id = backend.does("POST", json={"destination": destination, **body})["id"]
    link: Body = backend.does("GET", f"/{id}")
    return link


def test_one_is_created_read_listed_and_deleted(backend: Backend) -> None:
    made = backend.ask("POST", json={"destination": BORIS})
    now, public_url = backend.node.clock.now(), backend.node.platform.settings.public_url
    assert made.status_code == 201
    id = made.json()["id"]
    assert re.fullmatch("[0-9A-Za-z]{12}", id)
    assert made.json() == {"id": id, "url": f"{public_url}/l/{id}"}
    link = {
        "id": id,
        "url": f"{public_url}/l/{id}",
        "identity": f"guest-{id}",
        "showIdentity": True,
        "destination": BORIS,
        "customData": {},
        "validityWindow": {
            "oneTime": False,
            "startTime": show_moment(now),
            "endTime": show_moment(now + timedelta(hours=24)),
            "acceptableHours": {"start": {"hour": 0, "minute": 0}, "end": {"hour": 23, "minute": 59}},
            "acceptableDays": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"],
        },
    }
    assert backend.does("GET", f"/{id}") == link
    assert backend.does("GET")["results"] == [link]
    assert backend.does("DELETE", f"/{id}") == link
    assert backend.is_refused(404, "GET", f"/{id}") == set()
    assert backend.is_refused(404, "DELETE", f"/{id}") == set()


def test_the_newest_comes_first(backend: Backend) -> None:
    made = [created(backend)["id"] for _ in range(3)]
    assert [link["id"] for link in backend.does("GET", params={"size": 2})["results"]] == [made[2], made[1]]
    assert [link["id"] for link in backend.does("GET", params={"size": 2, "page": 1})["results"]] == [made[0]]


@pytest.mark.parametrize(
    "destination",
    [
        {"type": "WEBRTC", "identity": "boris", "displayName": "", "hangupRestriction": {"minRingingTime": 0}},
        {"type": "PHONE", "phoneNumber": "41793026727"},
        {
            "type": "PHONE",
            "phoneNumber": "+41793026727",
            "from": "41793026700",
            "displayName": "Support",
            "hangupRestriction": {"minRingingTime": 30},
            "machineDetection": {"enabled": True, "detectionTime": 2.5},
        },
        {"type": "ROOM", "roomName": "Büro/会議室", "displayName": "Standup"},
        {"type": "CONVERSATIONS", "displayName": "Support"},
        {"type": "CONVERSATIONS"},
        {"type": "APPLICATION", "callsConfigurationId": "desk"},
    ],
    ids=str,
)
def test_every_kind_of_destination_is_told_again(backend: Backend, destination: Body) -> None:
    assert created(backend, destination)["destination"] == destination


@pytest.mark.parametrize(
    ("destination", "field"),
    [
        ({}, "destination"),
        ({"type": "VIBER", "phoneNumber": "41793026727"}, "destination"),
        ({"type": "WEBRTC"}, "destination.identity"),
        ({"type": "WEBRTC", "identity": "x"}, "destination.identity"),
        ({"type": "WEBRTC", "identity": "boris", "displayName": "Bor\u202eis"}, "destination.displayName"),
        ({"type": "WEBRTC", "identity": "boris", "displayName": "B" * 10_000}, "destination.displayName"),
        (
            {"type": "WEBRTC", "identity": "boris", "hangupRestriction": {"minRingingTime": -1}},
            "destination.hangupRestriction.minRingingTime",
        ),
        ({"type": "PHONE", "phoneNumber": "call me"}, "destination.phoneNumber"),
        ({"type": "PHONE", "phoneNumber": "41793026727", "from": ""}, "destination.from"),
        ({"type": "ROOM", "roomName": "room with blanks"}, "destination.roomName"),
        ({"type": "ROOM", "roomName": "standup", "password": "123"}, "destination.password"),
        ({"type": "ROOM", "roomName": "standup", "password": "a.b.c.d"}, "destination.password"),
        ({"type": "APPLICATION"}, "destination.callsConfigurationId"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_destination_that_is_none_is_refused(backend: Backend, destination: Body, field: str) -> None:
    assert backend.is_refused(400, "POST", json={"destination": destination}) == {field}


def test_what_is_said_of_the_caller_is_told_again(backend: Backend) -> None:
    said: Body = {"identity": "anna", "displayName": "Anna", "showIdentity": False, "customData": {"order": "17"}}
    assert said.items() <= created(backend, **said).items()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"destination": STANDUP, "identity": "anna"}, "identity"),
        ({"destination": STANDUP, "validityWindow": {"oneTime": True}}, "validityWindow.oneTime"),
        ({"destination": STANDUP, "displayName": "Anna"}, "displayName"),
        ({"destination": BORIS, "displayName": "Anna"}, "displayName"),
        ({"destination": BORIS, "identity": "anna", "displayName": "A" * 51}, "displayName"),
        ({"destination": BORIS, "customData": {"note": "x" * 4096}}, "customData"),
        ({"destination": BORIS, "callLinkConfigId": "nothing"}, "callLinkConfigId"),
        ({"destination": BORIS, "validityWindow": {"endTime": "2029-12-31T00:00:00Z"}}, "validityWindow.endTime"),
        ({"destination": BORIS, "validityWindow": {"startTime": "2031-01-01T00:00:00Z"}}, "validityWindow.endTime"),
        ({"destination": BORIS, "validityWindow": {"acceptableDays": []}}, "validityWindow.acceptableDays"),
        (
            {"destination": BORIS, "validityWindow": {"acceptableHours": {"start": {"hour": 24}}}},
            "validityWindow.acceptableHours.start.hour",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_named(backend: Backend, body: Body, field: str) -> None:
    assert backend.is_refused(400, "POST", json=body) == {field}
    assert backend.does("GET")["results"] == []


def test_a_window_is_told_in_utc_and_in_the_order_of_the_week(backend: Backend) -> None:
    window = created(
        backend,
        validityWindow={
            "oneTime": True,
            "startTime": "2030-01-02T10:00:00+01:00",
            "endTime": "2030-02-01T00:00:00.000Z",
            "acceptableHours": {"start": {"hour": 22, "minute": 30}, "end": {"hour": 5}},
            "acceptableDays": ["SUNDAY", "MONDAY", "SUNDAY"],
        },
    )["validityWindow"]
    assert window == {
        "oneTime": True,
        "startTime": "2030-01-02T09:00:00.000+0000",
        "endTime": "2030-02-01T00:00:00.000+0000",
        "acceptableHours": {"start": {"hour": 22, "minute": 30}, "end": {"hour": 5, "minute": 0}},
        "acceptableDays": ["MONDAY", "SUNDAY"],
    }


def test_a_rooms_password_is_stored_as_a_hash_and_never_told(backend: Backend) -> None:
    made = backend.ask("POST", json={"destination": {**STANDUP, "password": "open sesame"}})
    id = made.json()["id"]
    assert "sesame" not in made.text + backend.ask("GET").text + backend.ask("GET", f"/{id}").text

    async def stored() -> Any:
        return await backend.node.platform.database.read(
            lambda connection: connection.execute(select(links).where(links.c.id == id)).one()
        )

    assert backend.node.client.portal is not None
    row = backend.node.client.portal.call(stored)
    assert row.password_hash.startswith("$argon2id$")
    assert b"sesame" not in row.terms
    assert "sesame" not in backend.ask("DELETE", f"/{id}").text


def test_nobody_meets_those_of_another_account(backend: Backend, stranger: Backend) -> None:
    link = created(backend)
    for method in ("GET", "DELETE"):
        assert stranger.is_refused(404, method, f"/{link['id']}") == set()
    assert stranger.does("GET")["paging"]["totalResults"] == 0
    configuration = backend.under(f"{ROOT}/configs").does("POST", json={"name": "shop"})["id"]
    foreign = {"destination": BORIS, "callLinkConfigId": configuration}
    assert stranger.is_refused(400, "POST", json=foreign) == {"callLinkConfigId"}
    assert backend.does("GET", f"/{link['id']}") == link


def test_configurations_and_links_have_scopes_of_their_own(backend: Backend) -> None:
    of_links, of_configurations = (
        backend.with_only(scope) for scope in (Scope.CALL_LINKS_LINK, Scope.CALL_LINKS_CONFIGURATION)
    )
    of_links.does("POST", json={"destination": BORIS})
    of_configurations.under(f"{ROOT}/configs").does("POST", json={"name": "shop"})
    assert of_configurations.is_refused(403, "POST", json={"destination": BORIS}) == set()
    assert of_links.under(f"{ROOT}/configs").is_refused(403, "POST", json={"name": "shop"}) == set()


def test_a_link_that_is_asked_for_twice_with_one_key_is_one(backend: Backend) -> None:
    backend.headers["Idempotency-Key"] = "order-17"
    first, again = (backend.ask("POST", json={"destination": BORIS}) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert backend.does("GET")["paging"]["totalResults"] == 1


def test_the_audit_log_does_not_open_a_link(backend: Backend) -> None:
    id = created(backend)["id"]
    backend.does("DELETE", f"/{id}")

    async def entries() -> Any:
        return await backend.node.platform.database.read(lambda connection: latest(connection, 2))

    assert backend.node.client.portal is not None
    noted = backend.node.client.portal.call(entries)
    assert [entry.action for entry in noted] == ["link.create", "link.delete"]
    assert {entry.subject for entry in noted} == {f"{id[:4]}…"}


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Backend]:
    """A backend on a node that people reach by a name, with long slugs."""
    settings = Settings(data_dir=tmp_path / "data", public_url="https://example.org", link_slug_length=22)
    with started(settings) as node:
        yield Backend(node, LINKS)


def test_links_live_under_the_public_host_and_the_subdomain_that_they_were_created_with(public: Backend) -> None:
    subdomain = public.under(f"{ROOT}/subdomains").does("POST", json={"name": "Shop"})
    body = {"name": "shop", "subdomainId": subdomain["id"]}
    public.under(f"{ROOT}/configs").does("POST", json={"name": "plain", "isDefault": True})
    configuration = public.under(f"{ROOT}/configs").does("POST", json=body)["id"]
    plain, shop = created(public), created(public, callLinkConfigId=configuration)
    assert re.fullmatch("https://example.org/l/[0-9A-Za-z]{22}", plain["url"])
    assert re.fullmatch("https://shop.example.org/l/[0-9A-Za-z]{22}", shop["url"])
    public.under(f"{ROOT}/configs").does("PUT", f"/{configuration}", json={"name": "shop"})
    assert public.does("GET", f"/{shop['id']}") == shop


def test_a_link_without_a_configuration_lives_under_the_subdomain_of_the_default(public: Backend) -> None:
    subdomain = public.under(f"{ROOT}/subdomains").does("POST", json={"name": "shop"})
    public.under(f"{ROOT}/configs").does("POST", json={"name": "shop", "subdomainId": subdomain["id"]})
    link = created(public)
    assert link["url"].startswith("https://shop.example.org/l/")
    assert "callLinkConfigId" not in link


def test_the_links_under_a_subdomain_go_with_it(public: Backend) -> None:
    configurations = public.under(f"{ROOT}/configs")
    before = created(public)
    subdomain = public.under(f"{ROOT}/subdomains").does("POST", json={"name": "shop"})
    configuration = configurations.does("POST", json={"name": "shop", "subdomainId": subdomain["id"]})["id"]
    link = created(public)
    public.under(f"{ROOT}/subdomains").does("DELETE", f"/{subdomain['id']}")
    assert public.is_refused(404, "GET", f"/{link['id']}") == set()
    assert public.does("GET")["results"] == [before]
    assert "subdomainId" not in configurations.does("GET", f"/{configuration}")


def test_the_links_of_a_configuration_stay_without_it(backend: Backend) -> None:
    configurations = backend.under(f"{ROOT}/configs")
    configuration = configurations.does("POST", json={"name": "shop"})["id"]
    link = created(backend, callLinkConfigId=configuration)
    assert link.pop("callLinkConfigId") == configuration
    configurations.does("DELETE", f"/{configuration}")
    assert backend.does("GET", f"/{link['id']}") == link


@pytest.mark.parametrize("length", [11, 41])
def test_slugs_that_are_too_short_or_too_long_stop_the_start(length: int) -> None:
    with pytest.raises(ValueError, match="link_slug_length"):
        Settings(link_slug_length=length)
