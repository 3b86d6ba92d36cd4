"""`/webrtc/1/settings`: what an account wants to be recorded."""

import itertools
import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from ringback.accounts.model import Scope
from tests.integration.backend import Backend
from tests.unit.quarantine.pictures import encoded, small

if TYPE_CHECKING:
    from tests.integration.conftest import Node

PATH: Final = "/webrtc/1/settings"

NOTHING_CHOSEN: Final = {
    "recording": "NO_RECORDING",
    "composition": False,
    "retentionDays": 90,
    "storageUsedBytes": 0,
}
CHOSEN: Final = {"recording": "AUDIO_AND_VIDEO", "composition": True, "retentionDays": 30}


@pytest.fixture
def backend(node: "Node") -> Backend:
    return Backend(node, PATH)


def test_an_account_that_has_chosen_nothing_records_nothing(backend: Backend) -> None:
    assert backend.does("GET") == NOTHING_CHOSEN


@pytest.mark.parametrize("recording", ["NO_RECORDING", "AUDIO", "AUDIO_AND_VIDEO"])
def test_what_is_chosen_is_told_again(backend: Backend, recording: str) -> None:
    chosen = {**CHOSEN, "recording": recording}
    assert backend.does("PUT", json=chosen) == {**chosen, "storageUsedBytes": 0}
    assert backend.does("GET") == {**chosen, "storageUsedBytes": 0}


def test_everything_that_was_chosen_before_is_replaced(backend: Backend) -> None:
    backend.does("PUT", json=CHOSEN)
    another = {"recording": "AUDIO", "composition": False, "retentionDays": 31}
    backend.does("PUT", json=another)
    assert backend.does("GET") == {**another, "storageUsedBytes": 0}


def test_another_account_does_not_notice(backend: Backend, node: "Node") -> None:
    stranger = Backend(node, PATH)
    backend.does("PUT", json=CHOSEN)
    assert stranger.does("GET") == NOTHING_CHOSEN
    stranger.does("PUT", json={**CHOSEN, "retentionDays": 7})
    assert backend.does("GET")["retentionDays"] == 30


def test_the_storage_that_files_take_is_told(backend: Backend, node: "Node") -> None:
    picture, token = encoded(small()), backend.under("").does("POST", "/webrtc/1/token", json={"identity": "anna"})
    for _ in range(2):
        node.client.post(
            "/webrtc/1/files",
            files={"file": ("screen.png", picture, "image/png")},
            data={"fileFormat": "PNG"},
            headers={"Authorization": f"Bearer {token['token']}"},
        )
        node.clock.advance(1)
    stored = sum(file["size"] for file in backend.under("/webrtc/1/files").does("GET")["results"])
    assert backend.does("GET")["storageUsedBytes"] == stored == 2 * len(picture)
    assert backend.does("PUT", json=CHOSEN)["storageUsedBytes"] == stored
    assert Backend(node, PATH).does("GET")["storageUsedBytes"] == 0


def test_the_storage_cannot_be_set(backend: Backend) -> None:
    assert backend.does("PUT", json={**CHOSEN, "storageUsedBytes": 7})["storageUsedBytes"] == 0


@pytest.mark.parametrize("days", [1, 3650])
def test_recordings_are_kept_for_a_day_to_ten_years(backend: Backend, days: int) -> None:
    assert backend.does("PUT", json={**CHOSEN, "retentionDays": days})["retentionDays"] == days


WRONG: Final[dict[str, list[Any]]] = {
    "recording": ["audio", "VIDEO", "", " AUDIO", 1, True, [], {}, ["AUDIO"]],
    "composition": ["true", "", 0, 1, [], {}],
    "retentionDays": [0, -1, 3651, 2**31, 2**63, 10**400, 1.5, 30.0, "30", "", True, [], {}],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in WRONG for value in WRONG[field]], ids=str)
def test_what_cannot_be_is_refused_by_name(backend: Backend, field: str, value: Any) -> None:
    backend.does("PUT", json=CHOSEN)
    assert backend.is_refused(400, "PUT", json={**CHOSEN, field: value}) == {field}
    assert backend.does("GET") == {**CHOSEN, "storageUsedBytes": 0}


@pytest.mark.parametrize("left_out", [names for count in (1, 2, 3) for names in itertools.combinations(CHOSEN, count)])
def test_nothing_may_be_left_out_nor_be_null(backend: Backend, left_out: tuple[str, ...]) -> None:
    kept = {name: value for name, value in CHOSEN.items() if name not in left_out}
    assert backend.is_refused(400, "PUT", json=kept) == set(left_out)
    assert backend.is_refused(400, "PUT", json=kept | dict.fromkeys(left_out)) == set(left_out)


def test_all_that_is_wrong_is_told_at_once(backend: Backend) -> None:
    wrong = {"recording": "VIDEO", "composition": "yes", "retentionDays": 0}
    assert backend.is_refused(400, "PUT", json=wrong) == set(wrong)


@pytest.mark.parametrize("body", ["[]", "null", "7", '"AUDIO"', "{", ""])
def test_what_is_no_object_is_refused(backend: Backend, body: str) -> None:
    headers = {**backend.headers, "Content-Type": "application/json"}
    answer = backend.node.client.put(PATH, content=body, headers=headers)
    assert answer.status_code == 400


def test_unknown_fields_are_ignored(backend: Backend) -> None:
    assert backend.does("PUT", json={**CHOSEN, "quality": "HIGH"}) == {**CHOSEN, "storageUsedBytes": 0}


@pytest.mark.parametrize("scope", [Scope.WEBRTC, Scope.WEBRTC_CONFIGURATION])
def test_either_scope_suffices(backend: Backend, scope: Scope) -> None:
    narrow = backend.with_only(scope)
    narrow.does("PUT", json=CHOSEN)
    narrow.does("GET")


def test_other_scopes_do_not(backend: Backend) -> None:
    narrow = backend.with_only(*set(Scope) - {Scope.WEBRTC, Scope.WEBRTC_CONFIGURATION})
    narrow.is_refused(403, "GET")
    narrow.is_refused(403, "PUT", json=CHOSEN)
    assert backend.does("GET") == NOTHING_CHOSEN


def test_both_operations_are_described(node: "Node") -> None:
    told = json.loads(node.client.get("/platform/1/openapi/webrtc-calls").text)["paths"][PATH]
    for operation in told.values():
        assert operation["x-rate-limit"] == "100/second"
        assert operation["x-scopes"] == ["webrtc:manage", "webrtc:configuration:manage"]
