"""The ground rules of JSON bodies (contract §1.7)."""

import contextlib
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    StrictStr,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from ringback.kernel.redaction import Secret
from ringback.kernel.text import is_safe


class RequestModel(BaseModel):
    """A body we receive: camelCase, unknown fields are ignored, and null means absent.

    The string below a field is its description in /openapi.json.
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, body: Any) -> Any:
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if value is not None}


class ResponseModel(BaseModel):
    """A body we send: camelCase. The string below a field is its description in /openapi.json."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, use_attribute_docstrings=True
    )


_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
"""What the official clients send; Python's own parser takes more, a NUL at the end for example."""


def parse_moment(text: object) -> datetime:
    """A moment in any of the forms that the official clients send; without a zone it is UTC. Raises ValueError."""
    if isinstance(text, str):
        text = re.sub(r" (\d\d:?\d\d)$", r"+\1", text) if text.count(":") > 1 else text  # a plus nobody escaped
        if _MOMENT.fullmatch(text):
            with contextlib.suppress(ValueError, OverflowError):
                moment = datetime.fromisoformat(text)
                return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    raise ValueError("must be a date and time like 2026-01-31T12:00:00.000+0000")


def show_moment(moment: datetime) -> str:
    """The form in which the public API writes moments: UTC, exactly three digits of a second, `+0000`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "+0000")


def _moment(value: object) -> datetime:
    return value if isinstance(value, datetime) else parse_moment(value)


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(show_moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-01-31T12:00:00.000+0000"]}),
]
"""A date and time in a body or a query."""


def _safe(text: str) -> str:
    if not is_safe(text):
        raise ValueError("must not contain control characters or marks that turn the reading direction")
    return text


Text = Annotated[StrictStr, AfterValidator(_safe)]
"""Text that others will read."""


def _secret(value: object) -> Secret:
    if not isinstance(value, str):
        raise ValueError("must be a string")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain halves of surrogates") from None
    return Secret(value)


SecretText = Annotated[Secret, PlainValidator(_secret), WithJsonSchema({"type": "string", "writeOnly": True})]
"""Text that nobody may read: it does not show where the body does."""
