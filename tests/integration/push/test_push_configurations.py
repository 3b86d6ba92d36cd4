"""`/webrtc/1/webrtc-push-config` as the public API describes it (contract §3)."""

import base64
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.accounts.model import Scope
from ringback.kernel.text import is_safe
from ringback.push.api import PushConfigurationBody
from ringback.testing.push import P12_PASSWORD, apns_certificate, service_account
from tests.integration.backend import Backend

if TYPE_CHECKING:
    from tests.integration.conftest import Node

PATH: Final = "/webrtc/1/webrtc-push-config"
PROVISIONING: Final = "/provisioning/1"

IOS: Final = {
    "apnsCertificateFileName": "phones.p12",
    "apnsCertificateFileContent": apns_certificate(),
    "apnsCertificatePassword": P12_PASSWORD,
}
ANDROID: Final = {"privateKeyJson": service_account()}

Body = dict[str, Any]


@pytest.fixture
def backend(node: "Node") -> Backend:
    """Of an account that has the applications `shop` and `desk`."""
    backend = Backend(node, PATH)
    for id in ("shop", "desk"):
        backend.under(PROVISIONING).does("POST", "/applications", json={"applicationId": id})
    return backend


@pytest.fixture
def stranger(node: "Node") -> Backend:
    """The backend of somebody else."""
    return Backend(node, PATH)


def saved(backend: Backend, **body: Any) -> str:
    """The id of a new configuration."""
    id: str = backend.does("POST", json=body)["id"]
    return id


def associations(backend: Backend) -> list[Body]:
    results: list[Body] = backend.under(PROVISIONING).does("GET", "/associations")["results"]
    return results


def test_one_is_saved_read_and_deleted(backend: Backend) -> None:
    made = backend.ask("POST", json={"name": "phones", "ios": IOS, "android": ANDROID})
    assert made.status_code == 200
    id = made.json()["id"]
    expected = {"id": id, "name": "phones", "androidConfigured": True, "iosConfigured": True}
    assert made.json() == backend.does("GET", f"/{id}") == expected
    deleted = backend.ask("DELETE", f"/{id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert backend.is_refused(404, "GET", f"/{id}") == set()
    assert backend.is_refused(404, "DELETE", f"/{id}") == set()


@pytest.mark.parametrize(
    ("given", "ios", "android"), [({"ios": IOS}, True, False), ({"android": ANDROID}, False, True)]
)
def test_one_platform_is_enough(backend: Backend, given: Body, ios: bool, android: bool) -> None:
    made = backend.does("POST", json={**given, "name": None})
    assert made == {"id": made["id"], "androidConfigured": android, "iosConfigured": ios}


@pytest.mark.parametrize("body", [{}, {"name": "phones"}, {"ios": None, "android": None}], ids=str)
def test_no_platform_is_not(backend: Backend, body: Body) -> None:
    assert backend.is_refused(400, "POST", json=body) == {"ios"}
    id = saved(backend, ios=IOS)
    assert backend.is_refused(400, "PUT", f"/{id}", json=body) == {"ios"}


def test_put_removes_what_it_does_not_mention(backend: Backend) -> None:
    id = saved(backend, name="phones", ios=IOS, android=ANDROID)
    replaced = backend.ask("PUT", f"/{id}", json={"android": ANDROID})
    assert replaced.status_code == 200
    assert replaced.json() == backend.does("GET", f"/{id}")
    assert replaced.json() == {"id": id, "androidConfigured": True, "iosConfigured": False}


def test_patch_leaves_what_it_does_not_mention(backend: Backend) -> None:
    id = saved(backend, name="phones", android=ANDROID)
    told = {"id": id, "name": "phones", "androidConfigured": True, "iosConfigured": False}
    assert backend.does("PATCH", f"/{id}", json={}) == told
    assert backend.does("PATCH", f"/{id}", json={"name": None, "android": None}) == told
    assert backend.does("PATCH", f"/{id}", json={"ios": IOS}) == {**told, "iosConfigured": True}
    renamed = {**told, "iosConfigured": True, "name": "tablets"}
    assert backend.does("PATCH", f"/{id}", json={"name": "tablets"}) == renamed == backend.does("GET", f"/{id}")


def test_what_is_not_there_cannot_be_changed(backend: Backend) -> None:
    for id in ("00000000-0000-4000-8000-000000000000", "x", "a%20b", "x" * 300):
        for method, body in (("GET", None), ("PUT", {"android": ANDROID}), ("PATCH", {"name": "x"}), ("DELETE", None)):
            assert backend.is_refused(404, method, f"/{id}", json=body) == set()


def test_nobody_meets_those_of_another_account(backend: Backend, stranger: Backend) -> None:
    id = saved(backend, name="phones", android=ANDROID, applicationId="shop")
    for method, body in (("GET", None), ("PUT", {"ios": IOS}), ("PATCH", {"name": "theirs"}), ("DELETE", None)):
        assert stranger.is_refused(404, method, f"/{id}", json=body) == set()
    assert stranger.does("GET")["pageInfo"]["totalResults"] == 0
    assert stranger.is_refused(400, "POST", json={"android": ANDROID, "applicationId": "shop"}) == {"applicationId"}
    assert backend.does("GET", f"/{id}") == {
        "id": id,
        "name": "phones",
        "androidConfigured": True,
        "iosConfigured": False,
        "applicationId": "shop",
    }


EVERY_OPERATION: Final = [
    *(("GET", False), ("POST", False)),
    *(("GET", True), ("PUT", True), ("PATCH", True), ("DELETE", True)),
]
"""Method, and whether it is about one configuration."""


@pytest.mark.parametrize(("method", "one"), EVERY_OPERATION)
def test_either_of_two_scopes_is_needed(backend: Backend, method: str, one: bool) -> None:
    path = f"/{saved(backend, android=ANDROID)}" if one else ""
    body = {"android": ANDROID} if method in ("POST", "PUT", "PATCH") else None
    assert backend.with_only(Scope.WEBRTC_IDENTITY, Scope.CALLS).is_refused(403, method, path, json=body) == set()
    scope = Scope.WEBRTC if method == "GET" else Scope.WEBRTC_CONFIGURATION
    backend.with_only(scope).does(method, path, json=body)


def test_lists_begin_with_the_newest_page_by_page(backend: Backend) -> None:
    ids = [saved(backend, name=f"{number}", android=ANDROID) for number in range(5)]
    pages = [backend.does("GET", params={"page": page, "size": 2}) for page in range(4)]
    assert [[each["id"] for each in page["results"]] for page in pages] == [
        [ids[4], ids[3]],
        [ids[2], ids[1]],
        [ids[0]],
        [],
    ]
    assert [page["pageInfo"] for page in pages] == [
        {"page": page, "size": 2, "totalPages": 3, "totalResults": 5} for page in range(4)
    ]


def test_page_and_size_are_not_needed(backend: Backend) -> None:
    id = saved(backend, name="phones", android=ANDROID)
    assert backend.does("GET") == {
        "results": [{"id": id, "name": "phones", "androidConfigured": True, "iosConfigured": False}],
        "pageInfo": {"page": 0, "size": 20, "totalPages": 1, "totalResults": 1},
    }


@pytest.mark.parametrize(("query", "field"), [("size=0", "size"), ("size=101", "size"), ("page=-1", "page")])
def test_pages_that_cannot_be(backend: Backend, query: str, field: str) -> None:
    assert backend.is_refused(400, "GET", f"?{query}") == {field}


def association(id: str, application_id: str) -> Body:
    return {
        "resourceType": "WEBRTC_PUSH_CONFIG",
        "channel": "VOICE_VIDEO",
        "resourceId": id,
        "applicationId": application_id,
    }


class TestTheAssociationWithAnApplication:
    def test_it_is_made_and_goes_with_the_configuration(self, backend: Backend) -> None:
        made = backend.does("POST", json={"android": ANDROID, "applicationId": "shop"})
        id = made["id"]
        assert made["applicationId"] == backend.does("GET", f"/{id}")["applicationId"] == "shop"
        assert backend.does("GET")["results"][0]["applicationId"] == "shop"
        assert associations(backend) == [association(id, "shop")]
        backend.does("DELETE", f"/{id}")
        assert associations(backend) == []

    def test_without_an_application_there_is_none(self, backend: Backend) -> None:
        id = saved(backend, android=ANDROID)
        assert "applicationId" not in backend.does("GET", f"/{id}")
        assert associations(backend) == []
        backend.does("PATCH", f"/{id}", json={"applicationId": "shop"})
        assert associations(backend) == [association(id, "shop")]

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_it_moves_with_the_configuration(self, backend: Backend, method: str) -> None:
        id = saved(backend, android=ANDROID, applicationId="shop")
        moved = backend.does(method, f"/{id}", json={"android": ANDROID, "applicationId": "desk"})
        assert moved["applicationId"] == "desk"
        assert associations(backend) == [association(id, "desk")]

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_who_does_not_mention_it_does_not_change_it(self, backend: Backend, method: str) -> None:
        id = saved(backend, android=ANDROID, applicationId="shop")
        assert backend.does(method, f"/{id}", json={"android": ANDROID})["applicationId"] == "shop"

    def test_its_entity_stays_while_the_application_does(self, backend: Backend) -> None:
        id = saved(backend, android=ANDROID)
        with_entity = {**association(id, "shop"), "entityId": "bakery"}
        backend.under(PROVISIONING).does("POST", "/entities", json={"entityId": "bakery"})
        backend.under(PROVISIONING).does("POST", "/associations", json=with_entity)
        backend.does("PATCH", f"/{id}", json={"applicationId": "shop"})
        assert associations(backend) == [with_entity]

    def test_it_is_what_provisioning_makes_of_it(self, backend: Backend) -> None:
        id = saved(backend, android=ANDROID, applicationId="shop")
        backend.under(PROVISIONING).does("DELETE", "/applications/shop")
        assert backend.does("GET", f"/{id}")["applicationId"] == "default"
        backend.under(PROVISIONING).does("DELETE", "/associations", json=association(id, "default"))
        assert "applicationId" not in backend.does("GET", f"/{id}")

    def test_an_application_that_does_not_exist_is_refused(self, backend: Backend) -> None:
        wanted = {"name": "phones", "android": ANDROID, "applicationId": "nothing"}
        assert backend.is_refused(400, "POST", json=wanted) == {"applicationId"}
        assert backend.does("GET")["pageInfo"]["totalResults"] == 0
        id = saved(backend, android=ANDROID)
        for method in ("PUT", "PATCH"):
            assert backend.is_refused(400, method, f"/{id}", json=wanted) == {"applicationId"}
        assert "name" not in backend.does("GET", f"/{id}")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ios": {**IOS, "apnsCertificatePassword": "wrong"}}, "ios.apnsCertificateFileContent"),
        ({"ios": {**IOS, "apnsCertificatePassword": None}}, "ios.apnsCertificateFileContent"),
        ({"ios": {**IOS, "apnsCertificatePassword": 7}}, "ios.apnsCertificatePassword"),
        ({"ios": {**IOS, "apnsCertificatePassword": "x" * 1025}}, "ios.apnsCertificatePassword"),
        ({"ios": {**IOS, "apnsCertificateFileContent": None}}, "ios.apnsCertificateFileContent"),
        ({"ios": {**IOS, "apnsCertificateFileContent": ""}}, "ios.apnsCertificateFileContent"),
        ({"ios": {**IOS, "apnsCertificateFileContent": "é"}}, "ios.apnsCertificateFileContent"),
        ({"ios": {**IOS, "apnsCertificateFileContent": "bm90aGluZw=="}}, "ios.apnsCertificateFileContent"),
        ({"ios": {**IOS, "apnsCertificateFileContent": "A" * 100_000}}, "ios.apnsCertificateFileContent"),
        ({"ios": {**IOS, "apnsCertificateFileContent": ["A"]}}, "ios.apnsCertificateFileContent"),
        ({"ios": {**IOS, "apnsCertificateFileName": None}}, "ios.apnsCertificateFileName"),
        ({"ios": {**IOS, "apnsCertificateFileName": "a\x00b"}}, "ios.apnsCertificateFileName"),
        ({"ios": {**IOS, "apnsCertificateFileName": "x" * 256}}, "ios.apnsCertificateFileName"),
        ({"ios": []}, "ios"),
        ({"android": "{}"}, "android"),
        ({"android": {}}, "android.privateKeyJson"),
        ({"android": {"fcmServerKey": "an older client's"}}, "android.privateKeyJson"),
        ({"android": {"privateKeyJson": {"type": "service_account"}}}, "android.privateKeyJson"),
        ({"android": {"privateKeyJson": "{"}}, "android.privateKeyJson"),
        ({"android": {"privateKeyJson": "[" * 30_000}}, "android.privateKeyJson"),
        ({"android": {"privateKeyJson": '{"type": "authorized_user"}'}}, "android.privateKeyJson"),
        ({"android": {"privateKeyJson": " " * 40_000}}, "android.privateKeyJson"),
        ({"name": 7}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"applicationId": 7}, "applicationId"),
        ({"applicationId": "x" * 256}, "applicationId"),
        ({"applicationId": "a\x00b"}, "applicationId"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_what_is_refused_names_the_field(backend: Backend, wrong: Body, field: str) -> None:
    body = {"android": ANDROID, **wrong}
    id = saved(backend, android=ANDROID)
    assert backend.is_refused(400, "POST", json=body) == {field}
    assert backend.is_refused(400, "PUT", f"/{id}", json=body) == {field}
    assert backend.is_refused(400, "PATCH", f"/{id}", json=wrong) == {field}
    assert backend.does("GET")["results"] == [{"id": id, "androidConfigured": True, "iosConfigured": False}]


def test_a_lone_surrogate_is_refused(backend: Backend) -> None:
    body = json.dumps({"ios": IOS}).replace(P12_PASSWORD, "\\ud800").encode()
    headers = {**backend.headers, "Content-Type": "application/json"}
    answer = backend.node.client.post(PATH, headers=headers, content=body)
    assert answer.status_code == 400
    assert "ios.apnsCertificatePassword" in answer.text


@settings(deadline=None, max_examples=50)
@given(name=st.text(max_size=300))
def test_every_name_is_taken_or_refused_by_the_rule(node: "Node", name: str) -> None:
    backend = Backend(node, PATH, node.key)
    if len(name) > 255 or not is_safe(name):
        assert backend.is_refused(400, "POST", json={"name": name, "android": ANDROID}) == {"name"}
    else:
        id = saved(backend, name=name, android=ANDROID)
        assert backend.does("GET", f"/{id}")["name"] == name


def test_the_same_key_saves_once(backend: Backend) -> None:
    headers = {**backend.headers, "Idempotency-Key": "phones"}
    first, second = (backend.node.client.post(PATH, headers=headers, json={"ios": IOS}) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert backend.does("GET")["pageInfo"]["totalResults"] == 1


class TestSecrets:
    def test_no_file_of_the_node_holds_them(self, backend: Backend, node: "Node") -> None:
        private_key = "the canary among the private keys"
        password = "the canary among the passwords"
        certificate = apns_certificate(password)
        ios = {**IOS, "apnsCertificateFileContent": certificate, "apnsCertificatePassword": password}
        headers = {**backend.headers, "Idempotency-Key": "canaries"}
        body = {"name": "a name to be found", "ios": ios, "android": {"privateKeyJson": service_account(private_key)}}
        id = backend.node.client.post(PATH, headers=headers, json=body).json()["id"]
        backend.does("PATCH", f"/{id}", json={"ios": ios})
        files = [file for file in node.platform.settings.data_dir.rglob("*") if file.is_file()]
        written = b"".join(file.read_bytes() for file in files)
        raw = base64.b64decode(certificate)
        for secret in (private_key.encode(), password.encode(), certificate[100:150].encode(), raw[100:140]):
            assert secret not in written
        assert b"a name to be found" in written

    def test_no_answer_holds_them(self, backend: Backend) -> None:
        ios = {**IOS, "apnsCertificatePassword": "wrong, and secret"}
        made = backend.ask("POST", json={"ios": IOS, "android": ANDROID})
        answers = [made, backend.ask("GET"), backend.ask("GET", f"/{made.json()['id']}")]
        answers += [backend.ask("POST", json={"ios": ios}), backend.ask("POST", json={"ios": {"x": ios}})]
        told = "".join(answer.text for answer in answers)
        assert "wrong, and secret" not in told
        for secret in (P12_PASSWORD, IOS["apnsCertificateFileContent"], "a private key", "phones.p12"):
            assert secret not in told

    def test_a_body_does_not_show_them(self) -> None:
        body = PushConfigurationBody.model_validate({"ios": IOS, "android": ANDROID})
        for shown in (repr(body), str(body), repr(body.wanted())):
            assert "phones.p12" in shown
            assert not any(secret in shown for secret in (P12_PASSWORD, apns_certificate(), "a private key"))
