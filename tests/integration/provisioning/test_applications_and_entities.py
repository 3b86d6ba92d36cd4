"""`/provisioning/1/applications` and `…/entities` as the public API describes them (contract §14)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.accounts.model import Scope
from ringback.accounts.provisioning.model import is_id
from ringback.kernel.text import is_safe
from tests.integration.backend import Backend

if TYPE_CHECKING:
    from tests.integration.conftest import Node

UNTIMED = settings(deadline=None)
"""An example that writes waits for a disk that others use as well."""


@dataclass(frozen=True)
class Noun:
    """Applications and entities differ in their words only."""

    path: str
    id: str
    name: str

    def body(self, id: str, name: str | None = None) -> dict[str, str]:
        return {self.id: id} if name is None else {self.id: id, self.name: name}

    def one(self, id: str) -> str:
        """The path of the one with this id. Starlette's test client decodes twice, which a percent sign notices."""
        return f"{self.path}/{quote(id.replace('%', '%25'), safe='')}"


APPLICATIONS = Noun("/applications", "applicationId", "applicationName")
ENTITIES = Noun("/entities", "entityId", "entityName")


@pytest.fixture(params=[APPLICATIONS, ENTITIES], ids=["applications", "entities"])
def noun(request: pytest.FixtureRequest) -> Noun:
    kind: Noun = request.param
    return kind


def ids(backend: Backend, noun: Noun) -> list[str]:
    return [each[noun.id] for each in backend.does("GET", noun.path, params={"size": 1000})["results"]]


def test_one_is_created_read_renamed_and_deleted(backend: Backend, noun: Noun) -> None:
    created = backend.ask("POST", noun.path, json=noun.body("shop", "The shop"))
    assert (created.status_code, created.content) == (201, b"")
    assert backend.does("GET", noun.one("shop")) == noun.body("shop", "The shop")

    renamed = backend.ask("PUT", noun.one("shop"), json={noun.name: "The bakery"})
    assert (renamed.status_code, renamed.content) == (204, b"")
    assert backend.does("GET", noun.one("shop")) == noun.body("shop", "The bakery")

    deleted = backend.ask("DELETE", noun.one("shop"))
    assert (deleted.status_code, deleted.content) == (200, b"")
    assert backend.is_refused(404, "GET", noun.one("shop")) == set()


def test_a_name_is_not_needed_and_can_be_taken_away(backend: Backend, noun: Noun) -> None:
    backend.does("POST", noun.path, json={noun.id: "shop", noun.name: None})
    assert backend.does("GET", noun.one("shop")) == {noun.id: "shop"}
    backend.does("PUT", noun.one("shop"), json={noun.name: "The shop"})
    backend.does("PUT", noun.one("shop"), json={})
    assert backend.does("GET", noun.one("shop")) == {noun.id: "shop"}


def test_an_id_cannot_be_taken_twice(backend: Backend, noun: Noun) -> None:
    backend.does("POST", noun.path, json=noun.body("shop", "The first"))
    assert backend.is_refused(409, "POST", noun.path, json=noun.body("shop", "The second")) == {noun.id}
    assert backend.does("GET", noun.one("shop")) == noun.body("shop", "The first")
    backend.does("POST", noun.path, json=noun.body("Shop"))
    backend.does("DELETE", noun.one("shop"))
    backend.does("POST", noun.path, json=noun.body("shop", "The third"))


def test_what_is_not_there_cannot_be_changed(backend: Backend, noun: Noun) -> None:
    assert backend.is_refused(404, "PUT", noun.one("shop"), json={noun.name: "The shop"}) == set()
    assert backend.is_refused(404, "DELETE", noun.one("shop")) == set()
    assert "shop" not in ids(backend, noun)


def test_nobody_meets_those_of_another_account(backend: Backend, stranger: Backend, noun: Noun) -> None:
    backend.does("POST", noun.path, json=noun.body("shop", "Ours"))
    before = ids(stranger, noun)
    for method, body in (("GET", None), ("PUT", {noun.name: "Theirs"}), ("DELETE", None)):
        assert stranger.is_refused(404, method, noun.one("shop"), json=body) == set()
    stranger.does("POST", noun.path, json=noun.body("shop", "Theirs"))
    assert ids(stranger, noun) == sorted([*before, "shop"])
    stranger.does("DELETE", noun.one("shop"))
    assert backend.does("GET", noun.one("shop")) == noun.body("shop", "Ours")


def test_its_scope_is_needed(backend: Backend, noun: Noun) -> None:
    backend.does("POST", noun.path, json=noun.body("shop"))
    other, right = backend.with_only(Scope.WEBRTC, Scope.CALLS), backend.with_only(Scope.APPLICATIONS)
    for method, path, body in (
        ("GET", noun.path, None),
        ("POST", noun.path, noun.body("desk")),
        ("GET", noun.one("shop"), None),
        ("PUT", noun.one("shop"), {}),
        ("DELETE", noun.one("shop"), None),
    ):
        assert other.is_refused(403, method, path, json=body) == set()
        right.does(method, path, json=body)


def test_lists_are_in_the_order_of_ids_page_by_page(backend: Backend, noun: Noun) -> None:
    for id in {"z", "default", "b", "a", "é"} - {*ids(backend, noun)}:
        backend.does("POST", noun.path, json=noun.body(id))
    pages = [backend.does("GET", noun.path, params={"page": page, "size": 2}) for page in range(4)]
    assert [[each[noun.id] for each in page["results"]] for page in pages] == [["a", "b"], ["default", "z"], ["é"], []]
    assert [page["paging"] for page in pages] == [
        {"page": page, "size": 2, "totalPages": 3, "totalResults": 5} for page in range(4)
    ]


def test_a_page_holds_twenty_unless_it_is_asked_for_others(backend: Backend, noun: Noun) -> None:
    envelope = backend.does("GET", noun.path)
    assert envelope.keys() == {"results", "paging"}
    assert (envelope["paging"]["page"], envelope["paging"]["size"]) == (0, 20)
    assert backend.does("GET", noun.path, params={"size": 1000})["paging"]["size"] == 1000
    assert backend.does("GET", noun.path, params={"page": 2**31 - 1, "size": 1000})["results"] == []


@pytest.mark.parametrize(
    ("query", "field"), [("size=0", "size"), ("size=1001", "size"), ("page=-1", "page"), ("page=x", "page")]
)
def test_pages_that_cannot_be(backend: Backend, noun: Noun, query: str, field: str) -> None:
    assert backend.is_refused(400, "GET", f"{noun.path}?{query}") == {field}


@pytest.mark.parametrize(
    "id", ["a b", "a/b", "/", "//", "a//b/", "a/../b", "a?b#c", "a&b=c+d", "'\"\\", "магазин", "店", "😀", "x" * 255]
)
def test_ids_of_every_kind_can_be_asked_for(backend: Backend, noun: Noun, id: str) -> None:
    backend.does("POST", noun.path, json=noun.body(id, "first"))
    backend.does("PUT", noun.one(id), json={noun.name: "second"})
    assert backend.does("GET", noun.one(id)) == noun.body(id, "second")
    assert id in ids(backend, noun)
    backend.does("DELETE", noun.one(id))
    assert id not in ids(backend, noun)


WRONG_IDS: list[Any] = [
    *("", " ", " shop", "shop ", "a\x00b", "a\nb", "a\u202eb", ".", "..", "x" * 256, "x" * 100_000),
    *(7, True, ["shop"], {"id": "shop"}),
]


@pytest.mark.parametrize("id", WRONG_IDS, ids=lambda id: repr(id)[:20])
def test_ids_that_cannot_be(backend: Backend, noun: Noun, id: object) -> None:
    assert backend.is_refused(400, "POST", noun.path, json={noun.id: id}) == {noun.id}


@pytest.mark.parametrize("name", ["a\x00b", "a\u202eb", "x" * 256, 7, ["shop"], {}], ids=lambda name: repr(name)[:20])
def test_names_that_cannot_be(backend: Backend, noun: Noun, name: object) -> None:
    assert backend.is_refused(400, "POST", noun.path, json={noun.id: "shop", noun.name: name}) == {noun.name}
    backend.does("POST", noun.path, json=noun.body("shop"))
    assert backend.is_refused(400, "PUT", noun.one("shop"), json={noun.name: name}) == {noun.name}


def test_all_that_is_wrong_is_told_at_once(backend: Backend, noun: Noun) -> None:
    assert backend.is_refused(400, "POST", noun.path, json={noun.id: " ", noun.name: 7}) == {noun.id, noun.name}
    assert backend.is_refused(400, "POST", noun.path, json={}) == {noun.id}
    assert backend.is_refused(400, "POST", noun.path, json={noun.id: None}) == {noun.id}


def test_other_methods_are_told_which_there_are(backend: Backend, noun: Noun) -> None:
    answers = [backend.ask("PATCH", path) for path in (noun.path, noun.one("shop"), noun.one("a/b"))]
    assert [answer.status_code for answer in answers] == [405] * 3
    assert [answer.headers["Allow"] for answer in answers] == ["GET, POST", *["DELETE, GET, PUT"] * 2]


def test_an_id_in_the_path_that_cannot_be_is_named(backend: Backend, noun: Noun) -> None:
    for id in ("x" * 256, "a\x00b", "a\u202eb"):
        assert backend.is_refused(400, "GET", noun.one(id)) == {noun.id}
    assert backend.is_refused(404, "GET", f"{noun.path}/%FF%FE") == set()
    assert backend.is_refused(404, "GET", f"{noun.path}/") == set()


@UNTIMED
@given(id=st.text(max_size=300), name=st.none() | st.text(max_size=300))
def test_every_id_and_name_is_taken_or_refused_by_the_rule(node: "Node", id: str, name: str | None) -> None:
    """The rule is the model's; that what it allows comes back unchanged is shown here."""
    client, clock = node.client, node.clock
    clock.advance(1)
    answer = client.post("/provisioning/1/entities", headers=node.key, json=ENTITIES.body(id, name))
    wrong = {ENTITIES.id} if not is_id(id) else set()
    if name is not None and not (len(name) <= 255 and is_safe(name)):
        wrong.add(ENTITIES.name)
    if wrong:
        assert answer.status_code == 400, answer.text
        assert answer.json()["requestError"]["serviceException"]["validationErrors"].keys() == wrong
        return
    assert answer.status_code == 201, answer.text
    clock.advance(1)
    one = f"/provisioning/1{ENTITIES.one(id)}"
    assert client.get(one, headers=node.key).json() == ENTITIES.body(id, name)
    clock.advance(1)
    assert client.delete(one, headers=node.key).status_code == 200


async def test_a_percent_sign_is_decoded_once(node: "Node") -> None:
    """The test client decodes a path twice; this one does not, like a real server."""
    transport = httpx2.ASGITransport(node.client.app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://node", headers=node.key) as client:
        node.clock.advance(1)
        assert (await client.post("/provisioning/1/entities", json={"entityId": "50%2F50"})).status_code == 201
        assert (await client.get("/provisioning/1/entities/50%252F50")).json() == {"entityId": "50%2F50"}


class TestTheDefaultApplication:
    def test_it_is_there_from_the_start(self, backend: Backend) -> None:
        assert ids(backend, APPLICATIONS) == ["default"]
        assert backend.does("GET", "/applications/default") == APPLICATIONS.body("default", "default")
        assert ids(backend, ENTITIES) == []

    def test_the_first_account_has_it_too(self, backend: Backend, node: "Node") -> None:
        backend.headers = node.key
        assert backend.does("GET", "/applications/default") == APPLICATIONS.body("default", "default")

    def test_it_cannot_be_deleted_or_made_again(self, backend: Backend) -> None:
        assert backend.is_refused(400, "DELETE", "/applications/default") == {"applicationId"}
        assert backend.is_refused(409, "POST", "/applications", json={"applicationId": "default"}) == {"applicationId"}
        assert ids(backend, APPLICATIONS) == ["default"]

    def test_it_can_have_another_name(self, backend: Backend) -> None:
        backend.does("PUT", "/applications/default", json={"applicationName": "Everything else"})
        assert backend.does("GET", "/applications/default")["applicationName"] == "Everything else"


def test_the_account_may_ask_once_a_second_for_each_operation(backend: Backend, noun: Noun) -> None:
    assert backend.ask("GET", noun.path).status_code == 200
    again = backend.node.client.get(f"/provisioning/1{noun.path}", headers=backend.headers)
    assert (again.status_code, again.headers["Retry-After"]) == (429, "1")
    other = backend.node.client.get(f"/provisioning/1{noun.one('shop')}", headers=backend.headers)
    assert other.status_code == 404
    assert backend.ask("GET", noun.path).status_code == 200


def test_the_same_key_creates_once(backend: Backend, noun: Noun) -> None:
    def create() -> httpx2.Response:
        backend.node.clock.advance(1)
        headers = {**backend.headers, "Idempotency-Key": f"key-of-{noun.id}"}
        return backend.node.client.post(f"/provisioning/1{noun.path}", headers=headers, json=noun.body("shop"))

    first, second = create(), create()
    assert (first.status_code, second.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in first.headers
    assert (second.headers["Idempotency-Replayed"], second.content) == ("true", b"")
