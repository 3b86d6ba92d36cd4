"""End reasons are public: their ids and names never change, whoever tidies the enum."""

from ringback.calls.model import CallState, EndReason

PUBLISHED = """
    10000 NORMAL_HANGUP
    10001 ANSWERED_ELSEWHERE
    10002 MACHINE_DETECTED
    10003 HUMAN_DETECTED
    10004 MAX_DURATION_REACHED
    10100 DEVICE_FORBIDDEN
    10101 DEVICE_NOT_FOUND
    10102 DEVICE_UNAVAILABLE
    10103 MEDIA_ERROR
    10104 FORBIDDEN_DISPLAY_SURFACE
    10105 SCREEN_SHARING_CONTROL_UNSUPPORTED
    10200 NO_ANSWER
    10201 BUSY
    10202 CANCELLED
    10203 REJECTED
    10204 TEMPORARILY_UNAVAILABLE
    10300 FORBIDDEN
    10301 INSUFFICIENT_FUNDS
    10302 UNAUTHENTICATED
    10303 DESTINATION_NOT_FOUND
    10304 DESTINATION_UNAVAILABLE
    10305 INVALID_DESTINATION
    10306 INVALID_REQUEST
    10307 REQUEST_TIMEOUT
    10308 NETWORK_ERROR
    10309 SERVICE_UNAVAILABLE
    10310 UNKNOWN
    10311 FEATURE_UNAVAILABLE
    10312 CONGESTION
    10313 UNAUTHORIZED
    10400 URL_NOT_FOUND
    10401 URL_UNREACHABLE
    10402 INVALID_RESPONSE
"""


def test_end_reasons_are_the_published_ones() -> None:
    published = {name: int(id) for id, name in (line.split() for line in PUBLISHED.strip().splitlines())}
    assert {reason.name: reason.id for reason in EndReason} == published


def test_an_end_reason_is_its_name_and_explains_itself() -> None:
    for reason in EndReason:
        assert reason == reason.name
        assert reason.description.endswith(".")


def test_two_states_are_the_end() -> None:
    assert [state for state in CallState if state.is_terminal] == [CallState.FINISHED, CallState.FAILED]
