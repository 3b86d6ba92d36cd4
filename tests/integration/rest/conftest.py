"""A node without rate limits, and the backends of two accounts on it."""

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import pytest

from ringback.app import openapi_document
from ringback.settings import Settings
from tests.integration.conftest import Node, started
from tests.integration.rest.operations import Backend, described

UNLIMITED: Final = "999999999/second"


@cache
def document() -> dict[str, Any]:
    return asyncio.run(openapi_document())


def unlimited() -> dict[str, str]:
    """The setting that lets every operation be used without end."""
    return dict.fromkeys(described(document()), UNLIMITED)


@dataclass(frozen=True)
class Two:
    """Two accounts on one node."""

    node: Node
    ours: Backend
    theirs: Backend


def backend(node: Node, app_key: dict[str, str], login: str | None = None) -> Backend:
    """The backend of the account that a key belongs to."""
    operations = described(node.client.get("/openapi.json").json())
    credentials = {"APIKeyHeader": app_key["Authorization"]}
    if login is not None:
        credentials["Basic"] = f"Basic {base64.b64encode(login.encode()).decode()}"
    token = node.client.post("/webrtc/1/token", headers=app_key, json={"identity": "anna"}).json()["token"]
    return Backend(node.client, operations, {**credentials, "WebRTCToken": f"Bearer {token}"})


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two") / "data"
    with started(Settings(data_dir=folder, rate_limits=unlimited())) as node:
        first = node.first_start
        ours = backend(node, node.key, f"{first.username}:{first.password.reveal()}")
        yield Two(node, ours, backend(node, node.key_of_another_account()))
