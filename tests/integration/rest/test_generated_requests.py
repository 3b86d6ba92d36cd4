"""schemathesis invents requests from /openapi.json, valid and invalid; each answer must be one that stands there.

CI sends the same 500 each time. `make soak` sets RINGBACK_PROPERTIES=soak and sends 20,000 new ones.
"""

import os
from collections import Counter
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.contract.rest.facts import MOMENT
from tests.integration.rest.accounts import Two, document
from tests.integration.rest.operations import described
from tests.integration.rest.recipes import RECIPES

SOAK: Final = os.environ.get("RINGBACK_PROPERTIES") == "soak"

CASES: Final = 20_000 if SOAK else 500

OPERATIONS: Final = described(document())

VARIED: Final = [id for id, operation in OPERATIONS.items() if operation.told.get("parameters") or operation.takes]
"""Of the others there is only one request to invent."""

CAN_BE_WRONG: Final = [id for id in VARIED if OPERATIONS[id].takes or OPERATIONS[id].parameters("query")]
"""Any text is a valid id in a path, even if nothing has it."""

CHECKS: Final = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
)

EXAMPLES: Final = settings(
    max_examples=CASES // len(VARIED) + 1,
    derandomize=not SOAK,
    database=None,
    deadline=None,
    print_blob=SOAK,
    phases=[Phase.generate, *([Phase.shrink] if SOAK else [])],
    suppress_health_check=list(HealthCheck),
)

sent: Counter[str] = Counter()


@pytest.fixture(scope="module")
def schema(two: Two) -> Any:
    schema = schemathesis.openapi.from_dict(as_written(document()))
    schema.app = two.us.node.client.app
    return schema


def as_written(told: Any) -> Any:
    """The contract calls its dates `date-time`, but RFC 3339 wants a colon in `+0000`. So their form is told here."""
    if isinstance(told, list):
        return [as_written(each) for each in told]
    if not isinstance(told, dict):
        return told
    if told.get("format") == "date-time":
        return {"type": "string", "pattern": MOMENT}
    return {name: as_written(value) for name, value in told.items()}


@pytest.mark.parametrize(
    ("id", "mode"),
    [(id, GenerationMode.POSITIVE) for id in OPERATIONS] + [(id, GenerationMode.NEGATIVE) for id in CAN_BE_WRONG],
)
def test_every_answer_is_one_that_is_described(two: Two, schema: Any, id: str, mode: GenerationMode) -> None:
    operation = two.ours.operations[id]
    recipe = RECIPES.get(id)

    @EXAMPLES
    @given(case=schema.find_operation_by_id(id).as_strategy(generation_mode=mode), real=st.booleans())
    def answered(case: Any, real: bool) -> None:
        if real and recipe is not None and operation.parameters("path"):
            case.path_parameters = dict(recipe(two.ours).path)  # what nobody guesses
        case.headers = {**(case.headers or {}), **two.ours.authorization(operation)}
        response = case.call()
        sent[id] += 1
        case.validate_response(response, checks=CHECKS)

    answered()


def test_there_were_enough() -> None:
    assert sum(sent.values()) >= CASES, sent
