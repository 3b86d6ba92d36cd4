"""`GET /webrtc/1/user-activity` as the public API describes it (contract §5)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ringback.identities.activity import ActivityJournal
from ringback.identities.activity.model import OpenSession
from ringback.settings import Settings
from tests.integration.conftest import Node, started
from tests.unit.signaling.greeting import CLAIMS

PATH = "/webrtc/1/user-activity"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    """Anna has been here twice, for a minute each; Boris is still here."""
    with started(Settings(data_dir=tmp_path / "data")) as node:

        async def visits() -> None:
            account = node.first_start.account.id
            journal = ActivityJournal(node.platform.database, node.clock, timedelta(days=30))
            for id in ("first", "second"):
                session = OpenSession(id, "hash of its key", replace(CLAIMS, account_id=account))
                journal.connected(session)
                node.clock.advance(60)
                journal.disconnected(session)
                node.clock.advance(60)
            boris = replace(CLAIMS, account_id=account, identity="boris")
            journal.connected(OpenSession("third", "hash of its key", boris))
            await journal.write()

        assert node.client.portal is not None
        node.client.portal.call(visits)
        yield node


def get(node: Node, headers: dict[str, str] | None = None, **query: Any) -> dict[str, Any]:
    answer = node.client.get(PATH, headers=headers or node.key, params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def sessions(node: Node, **query: Any) -> list[str]:
    return [f"{each['sessionId']} {each['activityType']}" for each in get(node, **query)["results"]]


def test_the_answer_is_as_the_contract_says(node: Node) -> None:
    assert get(node, identity="boris") == {
        "identity": "boris",
        "results": [
            {"sessionId": "third", "activityType": "CONNECTED", "timestamp": "2030-01-01T00:04:00.000+0000"},
        ],
        "pageInfo": {"page": 0, "size": 20, "totalPages": 1, "totalResults": 1},
    }


def test_the_newest_comes_first(node: Node) -> None:
    assert sessions(node, identity="anna") == [
        "second DISCONNECTED",
        "second CONNECTED",
        "first DISCONNECTED",
        "first CONNECTED",
    ]


def test_a_session_and_a_time_can_be_asked_for(node: Node) -> None:
    assert sessions(node, identity="anna", sessionId="first") == ["first DISCONNECTED", "first CONNECTED"]
    since = "2030-01-01T00:01:00.000+0000"
    until = "2030-01-01T00:02:00Z"
    assert sessions(node, identity="anna", startTime=since, endTime=until) == [
        "second CONNECTED",
        "first DISCONNECTED",
    ]


def test_pages(node: Node) -> None:
    first = get(node, identity="anna", size=3)
    assert len(first["results"]) == 3
    assert first["pageInfo"] == {"page": 0, "size": 3, "totalPages": 2, "totalResults": 4}
    assert sessions(node, identity="anna", size=3, page=1) == ["first CONNECTED"]
    assert sessions(node, identity="anna", size=3, page=2) == []
    assert get(node, identity="anna", size=0)["pageInfo"]["totalResults"] == 4


def test_who_was_never_here_has_no_activity(node: Node) -> None:
    assert get(node, identity="nobody")["results"] == []


def test_another_accounts_identity_of_the_same_name_is_somebody_else(node: Node) -> None:
    assert get(node, node.key_of_another_account(), identity="anna")["results"] == []


def test_without_an_identity_the_answer_says_so_in_the_contracts_words(node: Node) -> None:
    answer = node.client.get(PATH, headers=node.key)
    assert answer.status_code == 400
    body = answer.json()
    assert body["errorCode"] == "E400"
    assert body["violations"] == [{"property": "identity", "violation": "must not be null"}]
    assert body.keys() == {"errorCode", "description", "action", "violations", "resources"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"identity": "an\x00na"}, "identity"),
        ({"identity": "anna\u202e"}, "identity"),
        ({"identity": "anna", "size": 101}, "size"),
        ({"identity": "anna", "size": -1}, "size"),
        ({"identity": "anna", "page": -1}, "page"),
        ({"identity": "anna", "page": 10**30}, "page"),
        ({"identity": "anna", "startTime": "yesterday"}, "startTime"),
        ({"identity": "anna", "endTime": "2030-13-01T00:00:00Z"}, "endTime"),
        ({"identity": "anna", "endTime": "9999-12-31T23:59:59-12:00"}, "endTime"),
        ({"identity": "anna", "sessionId": "\x00"}, "sessionId"),
    ],
)
def test_what_is_refused_names_the_field(node: Node, query: dict[str, Any], field: str) -> None:
    answer = node.client.get(PATH, headers=node.key, params=query)
    assert answer.status_code == 400, answer.text
    assert [each["property"] for each in answer.json()["violations"]] == [field]


def test_who_asks_without_credentials_gets_the_same_kind_of_body(node: Node) -> None:
    answer = node.client.get(PATH, params={"identity": "anna"})
    assert (answer.status_code, answer.json()["errorCode"]) == (401, "E401")
