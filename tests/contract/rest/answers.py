"""What every answer must look like: errors in exactly one of two bodies, moments in exactly one form."""

from collections.abc import Mapping
from typing import Any, Final

import httpx2
from jsonschema import Draft202012Validator

from tests.contract.rest.facts import contract
from tests.integration.rest.operations import Described

MESSAGE_IDS: Final = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    409: "CONFLICT",
    416: "REQUESTED_RANGE_NOT_SATISFIABLE",
    429: "TOO_MANY_REQUESTS",
    500: "GENERAL_ERROR",
}
"""What clients that know them compare with (contract §1.5)."""


def _strictly(schema: dict[str, Any], *may_be_missing: str) -> dict[str, Any]:
    """The same, with every field required. An official client reads an error only if it has these and no others."""
    for name, told in schema.get("properties", {}).items():
        schema["properties"][name] = _strictly(told, *may_be_missing)
    if "items" in schema:
        schema["items"] = _strictly(schema["items"])
    return {**schema, "required": [name for name in schema.get("properties", {}) if name not in may_be_missing]}


_ERRORS: Final = {
    name: Draft202012Validator(_strictly(contract(product).schema(name), "validationErrors"))
    for product, name in (("webrtc", "ApiException"), ("webrtc", "ApiError"), ("tables", "OAuthApiException"))
}


def refused(answer: httpx2.Response, operation: Described, *statuses: int) -> dict[str, list[str]]:
    """Checks that `operation` was refused with one of these statuses; what the answer says is wrong, by field."""
    assert answer.status_code in statuses, f"{operation.id}: {answer.status_code} {answer.text[:500]}"
    return told_error(answer, operation.error_body)


def told_error(answer: httpx2.Response, error_body: str) -> dict[str, list[str]]:
    """Checks that `answer` is an error of this form; what it says is wrong, by field."""
    assert answer.headers["content-type"] == "application/json", answer.text
    body = answer.json()
    _ERRORS[error_body].validate(body)
    if error_body != "ApiError":
        details: Mapping[str, Any] = body["requestError"]["serviceException"]
        expected = MESSAGE_IDS.get(answer.status_code, details["messageId"])
        assert details["messageId"] == expected, body
        fields: dict[str, list[str]] = details.get("validationErrors", {})
    else:
        assert body["errorCode"] == f"E{answer.status_code}" or answer.status_code == 404, body
        fields = {}
        for violation in body["violations"]:
            fields.setdefault(violation["property"], []).append(violation["violation"])
    assert all(texts and all(texts) for texts in fields.values()), body
    assert answer.headers.get("x-request-id"), "nobody could find this in the log"
    return fields
