"""Where the contract's sources contradict each other (its §18), and which reading is ours."""

import re
from typing import Final

import pytest

from tests.contract.rest.answers import refused
from tests.contract.rest.facts import MOMENT
from tests.integration.rest.accounts import Two, document
from tests.integration.rest.operations import JSON, Asked, described
from tests.integration.rest.recipes import PUSH_CONFIGURATION, RECIPES, fresh

OPERATIONS: Final = described(document())

OF_OTHER_ISSUES: Final = {
    6: "location of a recording's file, HOSTED or UPLOADED: recordings",
    7: "endpoint of a recording, text or object: recordings",
    8: "list of a link's recordings, page or array: recordings",
    12: "NULL as a result of machine detection: the Calls API and Call Link",
}
"""Their numbers in §18. Whoever builds these moves the line here into a test below."""

ENVELOPES: Final = {
    "get-push-configurations": "pageInfo",
    "get-files": "pageInfo",
    "get-user-activity": "pageInfo",
    "get-applications": "paging",
    "get-entities": "paging",
    "get-resource-associations": "paging",
    "get-call-links": "paging",
    "get-configs": "paging",
    "get-images": "paging",
}

CREATED: Final = {
    "generate-webrtc-token": 200,
    "save-push-configuration": 200,
    "create-application": 201,
    "create-entity": 201,
    "create-resource-association": 201,
    "create-call-link": 201,
    "create-config": 201,
    "upload-image": 201,
    "create-subdomain": 200,
}


@pytest.mark.parametrize(("id", "envelope"), ENVELOPES.items())
def test_1_each_list_has_its_own_word_for_its_page(two: Two, id: str, envelope: str) -> None:
    answer = two.ours.does(id, RECIPES[id](two.ours))
    assert answer.keys() - {"identity"} == {"results", envelope}


@pytest.mark.parametrize(("id", "status"), CREATED.items())
def test_2_what_is_created_is_answered_with_200_or_201(two: Two, id: str, status: int) -> None:
    assert two.ours.asks(id, RECIPES[id](two.ours)).status_code == status


def test_3_page_and_size_of_push_configurations_may_be_missing(two: Two) -> None:
    page = two.ours.does("get-push-configurations", Asked())["pageInfo"]
    assert (page["page"], page["size"]) == (0, 20)


def test_4_the_application_of_a_push_configuration_is_accepted_and_told_again(two: Two) -> None:
    application_id = fresh("application")
    two.ours.does("create-application", Asked(json={"applicationId": application_id}))
    body = {**PUSH_CONFIGURATION, "applicationId": application_id}
    made = two.ours.does("save-push-configuration", Asked(json=body))
    assert made["applicationId"] == application_id
    assert two.ours.does("get-push-configuration", Asked(path={"id": made["id"]})) == made
    without = two.ours.does("save-push-configuration", Asked(json=PUSH_CONFIGURATION))
    assert "applicationId" not in without


@pytest.mark.parametrize("name", ["callsConfigurationId", "applicationId"])
def test_5_a_calls_configuration_has_two_names_and_is_told_by_the_newer(two: Two, name: str) -> None:
    made = two.ours.does("create-call-link", Asked(json={"destination": {"type": "APPLICATION", name: "desk"}}))
    link = two.ours.does("get-call-link", Asked(path={"id": made["id"]}))
    assert link["destination"] == {"type": "APPLICATION", "callsConfigurationId": "desk"}


@pytest.mark.parametrize("name", ["BROWSER_DETECTED", "BROWSER_DETECT"])
def test_9_the_browsers_language_is_asked_for_by_two_names(two: Two, name: str) -> None:
    body = {"name": "shop", "theme": {"localization": {"type": name}}}
    made = two.ours.does("create-config", Asked(json=body))
    assert made["theme"]["localization"] == {"type": "BROWSER_DETECTED"}


def test_10_there_are_thirteen_languages(two: Two) -> None:
    def asked(code: str) -> Asked:
        return Asked(json={"name": "shop", "theme": {"localization": {"type": "PRESET", "languageCode": code}}})

    codes = ["ar-AE", "de-DE", "en-US", "es-LA", "fr-FR", "it-IT", "ja-JP"]
    codes += ["pt-BR", "ru-RU", "sv-SE", "tr-TR", "zh-Hans", "zh-TW"]
    for code in codes:
        made = two.ours.does("create-config", asked(code))
        assert made["theme"]["localization"] == {"type": "PRESET", "languageCode": code}
    refused(two.ours.asks("create-config", asked("pl-PL")), OPERATIONS["create-config"], 400)


def test_11_a_room_link_is_given_an_identity(two: Two) -> None:
    room = {"destination": {"type": "ROOM", "roomName": "standup"}}
    named = refused(
        two.ours.asks("create-call-link", Asked(json={**room, "identity": "anna"})), OPERATIONS["create-call-link"], 400
    )
    assert named.keys() == {"identity"}
    made = two.ours.does("create-call-link", Asked(json=room))
    assert two.ours.does("get-call-link", Asked(path={"id": made["id"]}))["identity"] == f"guest-{made['id']}"


def test_beyond_18_a_page_of_size_0_says_so(two: Two) -> None:
    """User activity may be asked for in pages of 0, whose size is then described as at least 1."""
    answer = two.ours.does("get-user-activity", Asked(query={"identity": "anna", "size": 0}))
    assert answer["results"] == []
    assert answer["pageInfo"]["size"] == 0


def test_beyond_18_dates_are_called_date_time_and_are_not_quite(two: Two) -> None:
    """RFC 3339 wants a colon in the offset; the contract's clients read, and some insist on, `+0000` (its §1.7)."""
    file = two.ours.does("get-file", RECIPES["get-file"](two.ours))
    assert re.fullmatch(MOMENT, file["creationTime"])
    told = OPERATIONS["get-file"].told["responses"]["200"]["content"][JSON]["schema"]
    assert OPERATIONS["get-file"].resolved(told)["properties"]["creationTime"]["format"] == "date-time"
