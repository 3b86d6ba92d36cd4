"""For each operation, something to ask it that succeeds. Whoever adds an operation adds its recipe here.

A recipe may first make what it needs, by other operations. What it makes is new each time, so that each recipe can be
used any number of times. Every text that a customer chooses has a canary in it, or begins with `1555010` where it is a
phone number: tests look for them in logs.
"""

import io
import itertools
from collections.abc import Callable
from functools import cache
from typing import Final

from PIL import Image

from ringback.testing.push import P12_PASSWORD, apns_certificate, service_account
from tests.integration.rest.operations import Asked, Backend

Recipe = Callable[[Backend], Asked]

IDENTITY: Final = "canary-anna"

_numbers: Final = itertools.count(1)


def fresh(word: str) -> str:
    """A name that nothing has yet."""
    return f"{word}-{next(_numbers)}"


def fresh_number() -> str:
    """A phone number that nothing has yet."""
    return f"1555010{next(_numbers):04}"


@cache
def picture() -> bytes:
    """A small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (16, 9), "teal").save(file, "PNG")
    return file.getvalue()


PUSH_CONFIGURATION: Final = {
    "name": "canary phones",
    "ios": {
        "apnsCertificateFileName": "canary.p12",
        "apnsCertificateFileContent": apns_certificate(),
        "apnsCertificatePassword": P12_PASSWORD,
    },
    "android": {"privateKeyJson": service_account("canary key")},
}


def _file(backend: Backend) -> dict[str, str]:
    return {"id": backend.does("upload-file", _upload(backend))["id"]}


def _upload(_: Backend) -> Asked:
    return Asked(files={"file": ("canary_screen_1.png", picture(), "image/png")}, form={"fileFormat": "PNG"})


def _push_configuration(backend: Backend) -> dict[str, str]:
    return {"id": backend.does("save-push-configuration", Asked(json=PUSH_CONFIGURATION))["id"]}


def _application(backend: Backend) -> dict[str, str]:
    application_id = fresh("canary-application")
    backend.does("create-application", Asked(json={"applicationId": application_id}))
    return {"applicationId": application_id}


def _entity(backend: Backend) -> dict[str, str]:
    entity_id = fresh("canary-entity")
    backend.does("create-entity", Asked(json={"entityId": entity_id}))
    return {"entityId": entity_id}


def _association(backend: Backend) -> dict[str, str]:
    ids = {**_application(backend), **_entity(backend)}
    return {"resourceType": "NUMBER", "channel": "SMS", "resourceId": fresh_number(), **ids}


def _existing_association(backend: Backend) -> dict[str, str]:
    association = _association(backend)
    backend.does("create-resource-association", Asked(json=association))
    return association


def _session(backend: Backend) -> str:
    token = backend.does("create-session", RECIPES["create-session"](backend))["token"]
    return f"IBSSO {token}"


def _api_key(backend: Backend) -> dict[str, str]:
    return {"apiKeyId": backend.does("create-api-key", RECIPES["create-api-key"](backend))["id"]}


def _known_identity(backend: Backend) -> str:
    identity = fresh("canary-identity")
    backend.does("generate-webrtc-token", Asked(json={"identity": identity}))
    return identity


def _ended_call(backend: Backend) -> dict[str, str]:
    """Calls are made by people; whoever runs the tests sees to it that there was one."""
    return {"callId": backend.does("get-webrtc-call-history", Asked())["results"][0]["callId"]}


LINK: Final = {
    "destination": {"type": "WEBRTC", "identity": "canary-boris", "displayName": "Canary Boris"},
    "identity": IDENTITY,
    "displayName": "Canary Anna",
    "customData": {"note": "canary 15550104711"},
    "validityWindow": {"oneTime": True, "acceptableDays": ["MONDAY", "SUNDAY"]},
}

LINK_CONFIGURATION: Final = {
    "name": "canary shop",
    "theme": {
        "messages": {"welcomeText": "Welcome, canary."},
        "localization": {"type": "PRESET", "languageCode": "fr-FR"},
    },
    "webhook": {
        "url": "https://canary.example.org/links",
        "securityConfig": {"type": "BASIC", "username": "canary", "password": "a canary's password"},
    },
}


def _link(backend: Backend) -> dict[str, str]:
    return {"id": backend.does("create-call-link", Asked(json=LINK))["id"]}


def _link_configuration(backend: Backend) -> dict[str, str]:
    return {"id": backend.does("create-config", Asked(json=LINK_CONFIGURATION))["id"]}


def _link_image(backend: Backend) -> dict[str, str]:
    return {"id": backend.does("upload-image", _upload_logo(backend))["id"]}


def _upload_logo(_: Backend) -> Asked:
    return Asked(path={"type": "LOGO"}, files={"file": ("canary.png", picture(), "image/png")})


def _subdomain(backend: Backend) -> dict[str, str]:
    return {"id": backend.does("create-subdomain", _new_subdomain(backend))["id"]}


def _new_subdomain(backend: Backend) -> Asked:
    """An account has at most three, so those of other recipes go."""
    for subdomain in backend.asks("get-subdomains", Asked()).json():
        backend.asks("delete-subdomain", Asked(path={"id": subdomain["id"]}))
    return Asked(json={"name": fresh("canary-shop")})


RECIPES: Final[dict[str, Recipe]] = {
    "generate-webrtc-token": lambda _: Asked(json={"identity": IDENTITY, "displayName": "Anna the canary"}),
    "get-push-configurations": lambda _: Asked(query={"page": 0, "size": 5}),
    "save-push-configuration": lambda _: Asked(json=PUSH_CONFIGURATION),
    "get-push-configuration": lambda backend: Asked(path=_push_configuration(backend)),
    "update-push-configuration": lambda backend: Asked(path=_push_configuration(backend), json=PUSH_CONFIGURATION),
    "patch-push-configuration": lambda backend: Asked(
        path=_push_configuration(backend), json={"name": "canary tablets"}
    ),
    "delete-push-configuration": lambda backend: Asked(path=_push_configuration(backend)),
    "get-files": lambda _: Asked(),
    "upload-file": _upload,
    "get-file": lambda backend: Asked(path=_file(backend)),
    "delete-file": lambda backend: Asked(path=_file(backend)),
    "download-file": lambda backend: Asked(path=_file(backend)),
    "get-user-activity": lambda _: Asked(query={"identity": IDENTITY}),
    "get-applications": lambda _: Asked(),
    "create-application": lambda _: Asked(
        json={"applicationId": fresh("canary-application"), "applicationName": "Canary desk"}
    ),
    "get-application": lambda backend: Asked(path=_application(backend)),
    "modify-application": lambda backend: Asked(path=_application(backend), json={"applicationName": "Canary shop"}),
    "delete-application": lambda backend: Asked(path=_application(backend)),
    "get-entities": lambda _: Asked(),
    "create-entity": lambda _: Asked(json={"entityId": fresh("canary-entity"), "entityName": "Canary bakery"}),
    "get-entity": lambda backend: Asked(path=_entity(backend)),
    "modify-entity": lambda backend: Asked(path=_entity(backend), json={"entityName": "Canary butcher"}),
    "delete-entity": lambda backend: Asked(path=_entity(backend)),
    "get-resource-associations": lambda _: Asked(query={"resourceType": "NUMBER"}),
    "create-resource-association": lambda backend: Asked(json=_association(backend)),
    "delete-resource-association": lambda backend: Asked(json=_existing_association(backend)),
    "get-resource-association": lambda backend: Asked(query=_existing_association(backend)),
    "create-session": lambda backend: Asked(json=dict(zip(("username", "password"), backend.login, strict=True))),
    "destroy-session": lambda backend: Asked(authorization=_session(backend)),
    "create-oauth2-token": lambda backend: Asked(
        form={
            "grant_type": "client_credentials",
            "client_id": backend.login[0],
            "client_secret": backend.login[1],
        }
    ),
    "get-api-keys-by-filter": lambda _: Asked(),
    "create-api-key": lambda _: Asked(json={"name": "canary key", "allowedIPs": []}),
    "get-api-key": lambda backend: Asked(path=_api_key(backend)),
    "update-api-key": lambda backend: Asked(path=_api_key(backend), json={"name": "another canary key"}),
    "create-webrtc-revocation": lambda backend: Asked(json={"identity": _known_identity(backend)}),
    "get-webrtc-settings": lambda _: Asked(),
    "update-webrtc-settings": lambda _: Asked(json={"recording": "AUDIO", "composition": False, "retentionDays": 30}),
    "get-webrtc-call-history": lambda _: Asked(query={"direction": "INBOUND"}),
    "get-webrtc-call-history-entry": lambda backend: Asked(path=_ended_call(backend)),
    "get-call-links": lambda _: Asked(),
    "create-call-link": lambda _: Asked(json=LINK),
    "get-call-link": lambda backend: Asked(path=_link(backend)),
    "delete-call-link": lambda backend: Asked(path=_link(backend)),
    "get-configs": lambda _: Asked(),
    "create-config": lambda _: Asked(json=LINK_CONFIGURATION),
    "get-config": lambda backend: Asked(path=_link_configuration(backend)),
    "update-config": lambda backend: Asked(path=_link_configuration(backend), json=LINK_CONFIGURATION),
    "patch-config": lambda backend: Asked(path=_link_configuration(backend), json=LINK_CONFIGURATION),
    "delete-config": lambda backend: Asked(path=_link_configuration(backend)),
    "get-images": lambda _: Asked(),
    "upload-image": _upload_logo,
    "get-image": lambda backend: Asked(path=_link_image(backend)),
    "delete-image": lambda backend: Asked(path=_link_image(backend)),
    "get-subdomains": lambda _: Asked(),
    "create-subdomain": _new_subdomain,
    "delete-subdomain": lambda backend: Asked(path=_subdomain(backend)),
    "get-openapi": lambda _: Asked(),
    "get-openapi-products": lambda _: Asked(),
    "get-product-openapi": lambda _: Asked(path={"product": "webrtc-calls"}),
}

TAKES_ANY_ID: Final = {"get-product-openapi", "upload-image"}
"""What stands in the path of these is nobody's."""
