"""The contract's facts, and how our own document compares with them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from tools.contract import facts_of

_FOLDER: Final = Path(__file__).parent

_LEAF: Final = re.compile(
    r"(?P<kind>string|integer|number|boolean|moment|bytes|nothing|anything|one of)"
    r"(?: (?P<low>-?\d*)\.\.(?P<high>\d*))?(?: /(?P<pattern>.*)/)?(?P<values>(?: [\w:.-]+)*)?"
    r"(?: = (?P<default>.*))?(?: as (?P<media>\S+))?"
)

MOMENT: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$"
"""How the platform writes a date and time (contract §1.7)."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is said of one parameter, or of one field of a body."""

    kind: str
    required: bool
    values: frozenset[str]
    low: str
    high: str
    pattern: str
    default: str

    @classmethod
    def parse(cls, line: str, *, required: bool = False) -> "Leaf":
        found = _LEAF.fullmatch(line)
        assert found, f"not in the notation of README.md: {line}"
        told = {name: value or "" for name, value in found.groupdict().items()}
        return cls(
            kind=f"bytes as {told['media']}" if told["media"] else told["kind"],
            required=required,
            values=frozenset(told["values"].split()),
            low=told["low"],
            high=told["high"],
            pattern=told["pattern"],
            default=told["default"],
        )


class Facts:
    """One file of facts, or one document of ours."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.operations: dict[str, dict[str, Any]] = told["operations"]
        self._types: dict[str, dict[str, str]] = told["types"]

    def fields(self, line: str) -> dict[str, Leaf]:
        """What a body of this type holds: `results[].id`, …"""
        return dict(self._fields(line, "", required=True))

    def _fields(self, line: str, path: str, *, required: bool) -> Iterator[tuple[str, Leaf]]:
        body = line.removesuffix(" as multipart/form-data").removesuffix(" as application/x-www-form-urlencoded")
        if item := _after("list of ", line):
            yield from self._fields(item, f"{path}[]", required=required)
        elif item := _after("map of ", line):
            yield from self._fields(item, f"{path}{{}}", required=required)
        elif (fields := self._types.get(body)) is not None:
            for name, told in fields.items():
                if name.startswith("by "):
                    for value, kind in _alternatives(told):
                        chosen = f"{path}<{value}>"
                        inside = self._fields(kind, chosen, required=required)
                        said = f"{chosen}.{name.removeprefix('by ')}"  # which alternative it is, is in the path
                        yield from ((inner, leaf) for inner, leaf in inside if inner != said)
                else:
                    inner = f"{path}.{name.rstrip('*')}".lstrip(".")
                    yield from self._fields(told, inner, required=name.endswith("*"))
        else:
            yield path, Leaf.parse(line, required=required)

    def schema(self, line: str) -> dict[str, Any]:
        """The JSON Schema of a body of this type, which has no other fields than those that are told."""
        if item := _after("list of ", line):
            return {"type": "array", "items": self.schema(item)}
        if item := _after("map of ", line):
            return {"type": "object", "additionalProperties": self.schema(item)}
        if (fields := self._types.get(line)) is not None:
            if chosen := next((told for name, told in fields.items() if name.startswith("by ")), None):
                return {"oneOf": [self.schema(kind) for _, kind in _alternatives(chosen)]}
            return {
                "type": "object",
                "properties": {name.rstrip("*"): self.schema(told) for name, told in fields.items()},
                "required": [name.rstrip("*") for name in fields if name.endswith("*")],
                "additionalProperties": False,
            }
        return _leaf_schema(Leaf.parse(line))


def _leaf_schema(leaf: Leaf) -> dict[str, Any]:
    match leaf.kind:
        case "anything":
            return {}
        case "one of":
            return {"enum": sorted(leaf.values)}
        case "moment":
            return {"type": "string", "pattern": MOMENT}
        case "string":
            limits = {"minLength": leaf.low, "maxLength": leaf.high}
        case "integer" | "number":
            limits = {"minimum": leaf.low, "maximum": leaf.high}
        case "boolean":
            limits = {}
        case kind:
            raise ValueError(f"no body of JSON holds {kind}")
    return {"type": leaf.kind, **{name: int(limit) for name, limit in limits.items() if limit}}


def _after(prefix: str, line: str) -> str | None:
    return line.removeprefix(prefix) if line.startswith(prefix) else None


def _alternatives(line: str) -> Iterator[tuple[str, str]]:
    for alternative in line.split(" | "):
        value, _, kind = alternative.partition(": ")
        yield value, kind


@cache
def contract(product: str) -> Facts:
    """The facts of `webrtc`, `provisioning` or `tables`."""
    return Facts(yaml.safe_load((_FOLDER / f"{product}.yaml").read_text("utf-8")))


def ours(document: Mapping[str, Any]) -> Facts:
    """The facts of a document of ours."""
    return Facts(facts_of(document))
