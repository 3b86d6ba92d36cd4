"""Signing in and out over HTTP, by each scheme (contract §1.2)."""

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.accounts import Role
from ringback.kernel.redaction import Secret
from tests.integration.conftest import Node

PASSWORD = "correct horse battery"
HERE, ELSEWHERE = "192.0.2.7", "198.51.100.7"

LIST = "/settings/2/api-keys"
SESSION = "/auth/1/session"
ACCESS_TOKEN = "/auth/1/oauth2/token"
GRANT = {"grant_type": "client_credentials"}

MoveTo = Callable[[str], None]


@pytest.fixture
def move_to(node: Node, monkeypatch: pytest.MonkeyPatch) -> MoveTo:
    """From which address the client asks from now on. At first that of no test before, with no limit used up."""

    def move(address: str) -> None:
        monkeypatch.setattr(node.client._transport, "client", (address, 50_000))

    node.clock.advance(60)
    move(HERE)
    return move


@pytest.fixture(scope="module", autouse=True)
def users(node: Node) -> None:
    async def create() -> None:
        accounts, account_id = node.platform.accounts, node.first_start.account.id
        await accounts.change_password("admin", Secret(PASSWORD))
        for role in (Role.DEVELOPER, Role.AGENT, Role.VIEWER):
            await accounts.create_user(account_id, role.lower(), Secret(PASSWORD), role)

    assert node.client.portal is not None
    node.client.portal.call(create)


def basic(username: str, password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def session(node: Node, **body: Any) -> dict[str, str]:
    answer = node.client.post(SESSION, json={"username": "admin", "password": PASSWORD, **body})
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"token"}
    return {"Authorization": f"IBSSO {answer.json()['token']}"}


def access_token(node: Node, username: str = "admin") -> dict[str, str]:
    answer = node.client.post(ACCESS_TOKEN, data={**GRANT, "client_id": username, "client_secret": PASSWORD})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    token = answer.json().pop("access_token")
    assert answer.json() == {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}
    return {"Authorization": f"Bearer {token}"}


def details(answer: httpx2.Response) -> dict[str, Any]:
    return dict(answer.json()["requestError"]["serviceException"])


def can_list(node: Node, headers: dict[str, str]) -> int:
    """The status of an operation for administrators."""
    return node.client.get(LIST, headers=headers).status_code


def can_make_tokens(node: Node, headers: dict[str, str]) -> int:
    """The status of an operation that changes something in a product."""
    return node.client.post("/webrtc/1/token", headers=headers, json={"identity": "alice"}).status_code


@pytest.mark.usefixtures("move_to")
def test_a_user_acts_by_each_scheme(node: Node) -> None:
    for headers in (basic("admin"), session(node), access_token(node)):
        assert can_list(node, headers) == 200
        assert can_make_tokens(node, headers) == 200


@pytest.mark.usefixtures("move_to")
@pytest.mark.parametrize(
    ("role", "administers", "makes", "reads"),
    [("admin", 200, 200, 200), ("developer", 403, 200, 200), ("viewer", 403, 403, 200), ("agent", 403, 403, 403)],
)
def test_a_role_opens_what_it_says(node: Node, role: str, administers: int, makes: int, reads: int) -> None:
    for headers in (basic(role), access_token(node, role)):
        assert can_list(node, headers) == administers
        assert can_make_tokens(node, headers) == makes
        assert node.client.get("/provisioning/1/applications", headers=headers).status_code == reads
        node.clock.advance(1)


@pytest.mark.usefixtures("move_to")
def test_everybody_may_sign_out(node: Node) -> None:
    for role in ("viewer", "agent"):
        headers = session(node, username=role)
        assert node.client.delete(SESSION, headers=headers).status_code == 200
        assert node.client.delete(SESSION, headers=headers).status_code == 401


def test_an_api_key_does_not_administer_keys(node: Node) -> None:
    assert can_list(node, node.key) == 401


def test_a_session_is_good_for_an_hour_from_its_address(node: Node, move_to: MoveTo) -> None:
    headers = session(node)
    move_to(ELSEWHERE)
    assert can_list(node, headers) == 401
    move_to(HERE)
    node.clock.advance(3599)
    assert can_list(node, headers) == 200
    node.clock.advance(1)
    assert can_list(node, headers) == 401


def test_an_unsafe_session_is_good_from_everywhere(node: Node, move_to: MoveTo) -> None:
    headers = session(node, unsafe=True)
    move_to(ELSEWHERE)
    assert can_list(node, headers) == 200


@pytest.mark.usefixtures("move_to")
def test_who_signs_out_is_out(node: Node) -> None:
    gone, other = session(node), session(node)
    answer = node.client.delete(SESSION, headers=gone)
    assert (answer.status_code, answer.content) == (200, b"")
    assert (can_list(node, gone), can_list(node, other)) == (401, 200)


@pytest.mark.usefixtures("move_to")
def test_only_a_session_signs_out(node: Node) -> None:
    for headers in (basic("admin"), access_token(node), node.key, {}):
        assert node.client.delete(SESSION, headers=headers).status_code == 401


@pytest.mark.usefixtures("move_to")
def test_a_token_of_one_scheme_opens_nothing_by_another(node: Node) -> None:
    token = session(node)["Authorization"].removeprefix("IBSSO ")
    assert can_list(node, {"Authorization": f"Bearer {token}"}) == 401
    assert can_list(node, {"Authorization": f"App {token}"}) == 401
    token = access_token(node)["Authorization"].removeprefix("Bearer ")
    assert can_list(node, {"Authorization": f"IBSSO {token}"}) == 401


@pytest.mark.usefixtures("move_to")
@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("admin", "wrong horse battery"),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("admin\x00", PASSWORD),
        ("x" * 5000, PASSWORD),
        ("admin", ""),
        ("admin", "short"),
        ("admin", "x" * 5000),
        ("admin", "\x00" * 20),
        ("admin", PASSWORD + "\x00"),
    ],
)
def test_a_wrong_sign_in_is_refused_whatever_is_wrong(node: Node, username: str, password: str) -> None:
    by_session = node.client.post(SESSION, json={"username": username, "password": password})
    assert (by_session.status_code, details(by_session)) == (
        401,
        {"messageId": "UNAUTHORIZED", "text": "Unauthorized"},
    )
    by_oauth = node.client.post(ACCESS_TOKEN, data={**GRANT, "client_id": username, "client_secret": password})
    assert by_oauth.status_code == (401 if username and password else 400)
    assert can_list(node, basic(username, password)) == 401


@pytest.mark.usefixtures("move_to")
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"username", "password"}),
        ({"username": None, "password": PASSWORD}, {"username"}),
        ({"username": 7, "password": [PASSWORD]}, {"username", "password"}),
        ({"username": "admin", "password": PASSWORD, "unsafe": "yes"}, {"unsafe"}),
    ],
)
def test_a_body_that_is_no_sign_in_is_a_400(node: Node, body: dict[str, Any], fields: set[str]) -> None:
    answer = node.client.post(SESSION, json=body)
    assert answer.status_code == 400
    assert details(answer)["validationErrors"].keys() == fields


@pytest.mark.usefixtures("move_to")
@pytest.mark.parametrize("field", ["username", "password"])
def test_half_a_character_is_refused(node: Node, field: str) -> None:
    body = json.dumps({"username": "admin", "password": PASSWORD, field: "\ud800 and much more"})
    answer = node.client.post(SESSION, headers={"Content-Type": "application/json"}, content=body)
    assert answer.status_code == 401


@pytest.mark.usefixtures("move_to")
@pytest.mark.parametrize(
    ("form", "status", "code", "fields"),
    [
        ({"client_id": "admin", "client_secret": "wrong horse battery"}, 401, "invalid_client", None),
        ({}, 400, "invalid_request", {"client_id", "client_secret"}),
        ({"grant_type": "authorization_code", "code": "7"}, 400, "invalid_request", {"client_id", "client_secret"}),
        (
            {"client_id": "admin", "client_secret": PASSWORD, "grant_type": "authorization_code", "code": "7"},
            400,
            "unsupported_grant_type",
            {"grant_type"},
        ),
    ],
)
def test_what_oauth_refuses_is_told_in_both_words(
    node: Node, form: dict[str, str], status: int, code: str, fields: set[str] | None
) -> None:
    answer = node.client.post(ACCESS_TOKEN, data={**GRANT, **form})
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert answer.json().keys() == {"error", "requestError"}
    told = details(answer)
    assert told["messageId"] == {400: "BAD_REQUEST", 401: "UNAUTHORIZED"}[status]
    assert told.get("validationErrors", {}).keys() == (fields or set())


@pytest.mark.usefixtures("move_to")
def test_a_form_has_to_be_one(node: Node) -> None:
    answer = node.client.post(ACCESS_TOKEN, json={**GRANT, "client_id": "admin", "client_secret": PASSWORD})
    assert (answer.status_code, answer.json()["error"]) == (415, "invalid_request")


def test_ten_sign_ins_a_second_are_enough_for_one_address(node: Node, move_to: MoveTo) -> None:
    for _ in range(10):
        session(node)
    refused = node.client.post(SESSION, json={"username": "admin", "password": PASSWORD})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    move_to(ELSEWHERE)
    session(node)


def test_who_guesses_waits_and_the_user_does_not(node: Node, move_to: MoveTo) -> None:
    session(node)
    move_to("203.0.113.7")  # where nobody called admin was ever seen
    statuses = [can_list(node, basic("admin", "wrong horse battery")) for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
    refused = node.client.get(LIST, headers=basic("admin"))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    by_oauth = node.client.post(ACCESS_TOKEN, data={**GRANT, "client_id": "admin", "client_secret": PASSWORD})
    assert (by_oauth.status_code, by_oauth.json()["error"]) == (429, "temporarily_unavailable")
    move_to(HERE)
    assert can_list(node, basic("admin")) == 200
    assert can_make_tokens(node, node.key) == 200


def test_the_command_line_ends_sessions_by_a_new_password(node: Node, move_to: MoveTo) -> None:
    async def change(password: str) -> None:
        await node.platform.accounts.change_password("admin", Secret(password))

    assert node.client.portal is not None
    headers, bearer = session(node), access_token(node)
    node.client.portal.call(change, "another long password")
    assert (can_list(node, headers), can_list(node, bearer), can_list(node, basic("admin"))) == (401, 401, 401)
    node.client.portal.call(change, PASSWORD)
    assert can_list(node, basic("admin")) == 200


@pytest.mark.usefixtures("move_to")
def test_a_session_stays_in_no_cache(node: Node) -> None:
    answer = node.client.post(SESSION, json={"username": "admin", "password": PASSWORD})
    assert answer.headers["Cache-Control"] == "no-store"


@settings(deadline=None)
@given(
    body=st.binary(max_size=200)
    | st.text("=&+%abcdef_grant_type client_id client_secret\x00ü", max_size=200).map(lambda text: text.encode())
)
def test_no_form_is_more_than_refused(node: Node, body: bytes) -> None:
    node.clock.advance(60)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = node.client.post(ACCESS_TOKEN, headers=headers, content=body)
    assert answer.status_code in (400, 401), answer.text


@settings(deadline=None)
@given(fields=st.dictionaries(st.sampled_from(["client_id", "client_secret", "grant_type", "code"]), st.text()))
def test_no_field_of_a_form_is_more_than_refused(node: Node, fields: dict[str, str]) -> None:
    node.clock.advance(60)
    usable = {name: value.encode("utf-8", "ignore").decode() for name, value in fields.items()}
    assert node.client.post(ACCESS_TOKEN, data={**GRANT, **usable}).status_code in (400, 401)


@settings(deadline=None)
@given(raw=st.binary(max_size=100), word=st.sampled_from(["App", "Basic", "IBSSO", "Bearer", "basic", "Digest", ""]))
def test_no_authorization_is_more_than_refused(node: Node, raw: bytes, word: str) -> None:
    node.clock.advance(60)
    value = (word.encode() + b" " + raw).replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    answer = node.client.get(LIST, headers=[(b"Authorization", value.strip())])
    assert answer.status_code == 401, answer.text
