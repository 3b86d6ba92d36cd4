"""`/call-link/1/configs` as the public API describes it (contract §8)."""

from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select

from ringback.links.configurations.store import link_configurations
from tests.integration.backend import Backend
from tests.unit.quarantine.pictures import encoded, small

if TYPE_CHECKING:
    from tests.integration.conftest import Node

ROOT: Final = "/call-link/1"
PATH: Final = f"{ROOT}/configs"
UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"

Body = dict[str, Any]

USUAL: Final[Body] = {
    "initialOptions": {"audio": True, "video": True, "muted": True, "settings": True, "cameraFacingMode": "FRONT"},
    "callOptions": {
        "mute": True,
        "screenShare": True,
        "camera": True,
        "switchCameraFacingMode": True,
        "dialPad": False,
        "chat": False,
        "settings": True,
        "recordingIndicator": False,
    },
    "theme": {
        "images": {},
        "messages": {
            "welcomeText": "Welcome to Call Link.",
            "inactiveText": "This link is not active.",
            "expirationText": "Link is expired.",
        },
        "colors": {"primary": "148997", "primaryText": "242424", "background": "F9F9F9"},
        "layouts": ["GRID"],
        "localization": {"type": "PRESET", "languageCode": "en-US"},
    },
}
"""What holds where nothing is said."""

CHOSEN: Final[Body] = {
    "initialOptions": {"audio": False, "video": False, "muted": False, "settings": False, "cameraFacingMode": "BACK"},
    "callOptions": {name: not value for name, value in USUAL["callOptions"].items()},
    "theme": {
        "images": {},
        "messages": {"welcomeText": "Grüezi", "inactiveText": "Noch nicht", "expirationText": ""},
        "colors": {"primary": "ff0000", "primaryText": "00FF00", "background": "0000ff"},
        "layouts": ["SOLO", "GRID"],
        "localization": {"type": "BROWSER_DETECTED"},
    },
}
"""Everything otherwise."""

BASIC: Final = {"type": "BASIC", "username": "ringback", "password": "open sesame"}
HMAC: Final = {"type": "HMAC", "secretKey": "open sesame", "algorithm": "HMAC_SHA_256"}
WEBHOOK: Final = {"url": "https://example.org/links", "securityConfig": BASIC}
MASKED: Final = {"url": "https://example.org/links", "securityConfig": {**BASIC, "password": "********"}}


@pytest.fixture
def backend(node: "Node") -> Backend:
    return Backend(node, PATH)


@pytest.fixture
def stranger(node: "Node") -> Backend:
    """The backend of somebody else."""
    return Backend(node, PATH)


def created(backend: Backend, **body: Any) -> Body:
    made: Body = backend.does("POST", json={"name": "shop", **body})
    return made


def image(backend: Backend, type: str = "LOGO") -> str:
    sent = {"files": {"file": ("logo.png", encoded(small()), "image/png")}}
    id: str = backend.under(f"{ROOT}/images").does("POST", f"/upload/{type}", **sent)["id"]
    return id


def sealed(backend: Backend, id: str) -> bytes | None:
    """What is stored as the secret of its webhook."""

    async def stored() -> bytes | None:
        column = select(link_configurations.c.webhook_secret).where(link_configurations.c.id == id)
        found: bytes | None = await backend.node.platform.database.read(lambda connection: connection.scalar(column))
        return found

    assert backend.node.client.portal is not None
    return backend.node.client.portal.call(stored)


def opened(backend: Backend, id: str) -> bytes:
    secret = sealed(backend, id)
    assert secret is not None
    return backend.node.platform.encryption.open(secret, f"link_configurations:{id}:webhook_secret")


def test_one_is_created_read_listed_and_deleted(backend: Backend) -> None:
    made = backend.ask("POST", json={"name": "shop"})
    assert made.status_code == 201
    id = made.json()["id"]
    assert made.json() == {"id": id, "name": "shop", "isDefault": True, **USUAL}
    assert backend.does("GET", f"/{id}") == made.json()
    assert backend.does("GET")["results"] == [made.json()]
    assert backend.does("DELETE", f"/{id}") == made.json()
    for method, body in (("GET", None), ("PUT", {"name": "x"}), ("PATCH", {"name": "x"}), ("DELETE", None)):
        assert backend.is_refused(404, method, f"/{id}", json=body) == set()


def test_everything_that_is_chosen_is_told_again(backend: Backend) -> None:
    made = created(backend, **CHOSEN)
    assert CHOSEN.items() <= made.items()
    assert backend.does("GET", f"/{made['id']}") == made


def test_put_brings_back_what_is_usual(backend: Backend) -> None:
    id = created(backend, **CHOSEN, webhook=WEBHOOK)["id"]
    replaced = backend.does("PUT", f"/{id}", json={"name": "desk"})
    assert replaced == backend.does("GET", f"/{id}") == {"id": id, "name": "desk", "isDefault": False, **USUAL}
    assert sealed(backend, id) is None


def test_patch_leaves_what_it_does_not_mention_at_every_depth(backend: Backend) -> None:
    made = created(backend, **CHOSEN, webhook=WEBHOOK)
    id = made["id"]
    assert backend.does("PATCH", f"/{id}", json={"name": "shop", "theme": None}) == made
    patch = {
        "name": "shop",
        "callOptions": {"mute": True},
        "theme": {"colors": {"primary": "123456"}, "localization": {"type": "PRESET", "languageCode": "ar-AE"}},
        "webhook": {"url": "https://example.org/others"},
    }
    made["callOptions"]["mute"] = True
    made["theme"]["colors"]["primary"] = "123456"
    made["theme"]["localization"] = {"type": "PRESET", "languageCode": "ar-AE"}
    made["webhook"]["url"] = "https://example.org/others"
    assert backend.does("PATCH", f"/{id}", json=patch) == made == backend.does("GET", f"/{id}")
    assert opened(backend, id) == b"open sesame"


@pytest.mark.parametrize(("security", "secret"), [(BASIC, "password"), (HMAC, "secretKey")])
def test_the_secret_of_a_webhook_is_stored_encrypted_and_never_told(
    backend: Backend, security: Body, secret: str
) -> None:
    made = created(backend, webhook={**WEBHOOK, "securityConfig": security})
    assert made["webhook"]["securityConfig"] == {**security, secret: "********"}
    assert "sesame" not in backend.ask("GET").text + backend.ask("GET", f"/{made['id']}").text
    assert b"sesame" not in (sealed(backend, made["id"]) or b"")
    assert opened(backend, made["id"]) == b"open sesame"


def test_a_new_secret_takes_the_place_of_the_old_one(backend: Backend) -> None:
    id = created(backend, webhook=WEBHOOK)["id"]
    webhook = {**WEBHOOK, "securityConfig": {**HMAC, "secretKey": "another"}}
    backend.does("PATCH", f"/{id}", json={"name": "shop", "webhook": webhook})
    assert opened(backend, id) == b"another"
    backend.does("PUT", f"/{id}", json={"name": "shop", "webhook": {"url": WEBHOOK["url"]}})
    assert sealed(backend, id) is None


def test_what_is_shown_for_a_secret_is_not_taken_for_one(backend: Backend) -> None:
    id = created(backend, webhook=WEBHOOK)["id"]
    named = backend.is_refused(400, "PUT", f"/{id}", json={"name": "shop", "webhook": MASKED})
    assert named == {"webhook.securityConfig.password"}
    assert opened(backend, id) == b"open sesame"


def test_the_first_is_the_default_unless_it_says_not(backend: Backend, stranger: Backend) -> None:
    first, second = created(backend), created(backend)
    assert (first["isDefault"], second["isDefault"]) == (True, False)
    assert created(stranger, isDefault=False)["isDefault"] is False


def test_there_is_one_default(backend: Backend, stranger: Backend) -> None:
    theirs = created(stranger)
    first = created(backend)
    second = created(backend, isDefault=True)
    defaults = {each["id"]: each["isDefault"] for each in backend.does("GET")["results"]}
    assert defaults == {first["id"]: False, second["id"]: True}
    backend.does("PATCH", f"/{first['id']}", json={"name": "shop", "isDefault": True})
    defaults = {each["id"]: each["isDefault"] for each in backend.does("GET")["results"]}
    assert defaults == {first["id"]: True, second["id"]: False}
    backend.does("PATCH", f"/{first['id']}", json={"name": "shop", "isDefault": False})
    assert not any(each["isDefault"] for each in backend.does("GET")["results"])
    assert stranger.does("GET", f"/{theirs['id']}")["isDefault"] is True


def test_images_and_subdomains_are_named_by_their_ids(backend: Backend) -> None:
    logo, background = image(backend), image(backend, "BACKGROUND")
    subdomain = backend.under(f"{ROOT}/subdomains").does("POST", json={"name": "configured"})["id"]
    images = {"logoImageId": logo, "backgroundImageId": background}
    made = created(backend, theme={"images": images}, subdomainId=subdomain)
    assert (made["theme"]["images"], made["subdomainId"]) == (images, subdomain)
    backend.under(f"{ROOT}/images").does("DELETE", f"/{logo}")
    assert backend.does("GET", f"/{made['id']}")["theme"]["images"] == {"backgroundImageId": background}


def test_what_is_named_must_be_there_in_this_account_and_of_its_type(backend: Backend, stranger: Backend) -> None:
    subdomain = stranger.under(f"{ROOT}/subdomains").does("POST", json={"name": "theirs"})["id"]
    logo, background = "theme.images.logoImageId", "theme.images.backgroundImageId"
    for body, field in (
        ({"subdomainId": subdomain}, "subdomainId"),
        ({"subdomainId": UNKNOWN}, "subdomainId"),
        ({"theme": {"images": {"logoImageId": image(stranger)}}}, logo),
        ({"theme": {"images": {"logoImageId": image(backend, "BACKGROUND")}}}, logo),
        ({"theme": {"images": {"backgroundImageId": image(backend)}}}, background),
    ):
        assert backend.is_refused(400, "POST", json={"name": "shop", **body}) == {field}
    assert backend.does("GET")["results"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "sh\u202eop"}, "name"),
        ({"theme": {"colors": {"primary": "#148997"}}}, "theme.colors.primary"),
        ({"theme": {"colors": {"primary": "14899g"}}}, "theme.colors.primary"),
        ({"theme": {"colors": {"background": "F9F9F9\n"}}}, "theme.colors.background"),
        ({"theme": {"layouts": []}}, "theme.layouts"),
        ({"theme": {"layouts": ["GRID", "GRID"]}}, "theme.layouts"),
        ({"theme": {"layouts": ["SPOTLIGHT"]}}, "theme.layouts.0"),
        ({"theme": {"messages": {"welcomeText": "x" * 501}}}, "theme.messages.welcomeText"),
        ({"theme": {"localization": {"type": "PRESET"}}}, "theme.localization.languageCode"),
        ({"theme": {"localization": {}}}, "theme.localization"),
        ({"callOptions": {"chat": "yes"}}, "callOptions.chat"),
        ({"webhook": {"url": "ftp://example.org"}}, "webhook.url"),
        ({"webhook": {"url": "https://anna:secret@example.org"}}, "webhook.url"),
        ({"webhook": {"url": "https://"}}, "webhook.url"),
        ({"webhook": {**WEBHOOK, "securityConfig": {"type": "HMAC"}}}, "webhook.securityConfig.secretKey"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_and_named(backend: Backend, body: Body, field: str) -> None:
    asked = body if "name" in body or not body else {"name": "shop", **body}
    assert field in backend.is_refused(400, "POST", json=asked)


def test_nobody_meets_those_of_another_account(backend: Backend, stranger: Backend) -> None:
    made = created(backend)
    for method, body in (("GET", None), ("PUT", {"name": "x"}), ("PATCH", {"name": "x"}), ("DELETE", None)):
        assert stranger.is_refused(404, method, f"/{made['id']}", json=body) == set()
    assert stranger.does("GET")["paging"]["totalResults"] == 0
    assert backend.does("GET", f"/{made['id']}") == made
