"""Writes the facts of the public REST API as tables of ours: `python -m tools.contract FOLDER`.

`FOLDER` holds the OpenAPI documents of the public API, which carry no licence and stay out of the repository. What is
taken from them are facts alone, in the notation that `tests/contract/rest/README.md` explains. The same function
reads our own document, so that the two can be compared line by line.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

FACTS: Final = Path(__file__).parents[1] / "tests" / "contract" / "rest"
PRODUCTS: Final = ("webrtc", "provisioning")
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})

Schema = Mapping[str, Any]
Facts = dict[str, Any]


def facts_of(document: Mapping[str, Any]) -> Facts:
    """What an OpenAPI document says: `operations` by id, and the `types` that they name."""
    reader = _Reader(document)
    operations = {
        operation["operationId"]: reader.operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }
    return {"operations": operations, "types": {name: reader.types[name] for name in sorted(reader.types)}}


class _Reader:
    """Reads one document; `types` are those that were named so far."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._rates = document.get("x-rates", {})
        self.types: dict[str, dict[str, str]] = {}

    def operation(self, method: str, path: str, operation: Mapping[str, Any]) -> Facts:
        rates = self._rates.get(operation["operationId"], {})
        scopes = rates.get("scopes") or operation.get("x-scopes", ())
        limits = [_limit(limit) for limit in rates.get("limits", ())] or [operation.get("x-rate-limit", "")]
        facts: Facts = {
            "is": f"{method.upper()} {path}",
            "accepts": " ".join(sorted(name for way in operation.get("security", ()) for name in way)),
            "scopes": " ".join(sorted(scopes)),
            "limit": " ".join(limits),
        }
        for parameter in map(self._resolved, operation.get("parameters", ())):
            star = "*" if parameter.get("required") else ""
            facts.setdefault(parameter["in"], {})[parameter["name"] + star] = self._type(parameter["schema"])
        if body := operation.get("requestBody"):
            facts["body"] = self._content(body)
        errors: dict[str, list[str]] = {}
        for status, response in sorted(operation["responses"].items()):
            told = self._content(self._resolved(response))
            if status < "3":
                facts.setdefault("success", {})[int(status)] = told
            else:
                errors.setdefault(told, []).append(status)
        facts["errors"] = {told: " ".join(statuses) for told, statuses in errors.items()}
        return {name: fact for name, fact in facts.items() if fact}

    def _content(self, holder: Mapping[str, Any]) -> str:
        """The type of a body or an answer, with its kind where that is not JSON; `nothing` when it is empty."""
        for kind, media in holder.get("content", {}).items():
            if kind == "application/xml" or not media.get("schema"):
                continue
            told = self._type(media["schema"])
            return told if kind == "application/json" else f"{told} as {kind}"
        return "nothing"

    def _type(self, schema: Schema) -> str:
        """One line of the notation; objects become types of their own."""
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        schema = self._resolved(schema)
        alternatives = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
        if len(alternatives) == 1:  # `null` means absent, so it is no alternative
            return self._type({**{key: value for key, value in schema.items() if key != "anyOf"}, **alternatives[0]})
        if "oneOf" in schema and "discriminator" in schema:
            return self._named(name or schema.get("title", "Choice"), schema)
        if "enum" in schema or "const" in schema:
            values = schema.get("enum") or [schema["const"]]
            return (
                "one of "
                + " ".join(sorted(map(str, values)))
                + (_default(schema) if schema.get("default") in values else "")
            )
        match schema.get("type"):
            case "array":
                return f"list of {self._type(schema['items'])}"
            case "object" if extra := schema.get("additionalProperties"):
                return f"map of {self._type(extra) if isinstance(extra, dict) else 'anything'}"
            case "object":
                return self._named(name or schema.get("title", "Body"), schema)
            case "string":
                return _string(schema) + _default(schema)
            case "integer" | "number" as kind:
                return f"{kind}{_range(schema, 'minimum', 'maximum')}{_default(schema)}"
            case "boolean":
                return "boolean" + _default(schema)
            case _:
                return "anything"

    def _named(self, name: str, schema: Schema) -> str:
        """Remembers the fields of an object under its name; what differs under the same name gets a number."""
        fields = dict(self._fields(schema))
        if mapping := schema.get("discriminator", {}).get("mapping"):
            chosen = " | ".join(f"{value}: {self._type({'$ref': reference})}" for value, reference in mapping.items())
            fields = {f"by {schema['discriminator']['propertyName']}": chosen}
        name = re.sub(r"\d+$", "", name)
        number = 1
        while (unique := name if number == 1 else f"{name}{number}") in self.types and self.types[unique] != fields:
            number += 1
        self.types[unique] = fields
        return unique

    def _fields(self, schema: Schema) -> Iterator[tuple[str, str]]:
        required = set(schema.get("required", ()))
        for part in (*map(self._resolved, schema.get("allOf", ())), schema):
            for name, field in part.get("properties", {}).items():
                star = "*" if name in required or name in part.get("required", ()) else ""
                yield name + star, self._type(field)

    def _resolved(self, holder: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any = holder
        if "$ref" in holder:
            found = self._document
            for part in holder["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            found = {**found, **{key: value for key, value in holder.items() if key != "$ref"}}
        return dict(found)


def _string(schema: Schema) -> str:
    if schema.get("format") == "date-time":
        return "moment"
    if schema.get("format") == "binary" or "contentMediaType" in schema:
        return "bytes"
    told = "string" + _range(schema, "minLength", "maxLength")
    return f"{told} /{schema['pattern']}/" if "pattern" in schema else told


def _range(schema: Schema, least: str, most: str) -> str:
    low, high = ("" if schema.get(name) is None else f"{schema[name]:.0f}" for name in (least, most))
    return f" {low}..{high}" if low or high else ""


def _default(schema: Schema) -> str:
    match schema.get("default"):
        case bool(value):
            return f" = {str(value).lower()}"
        case int(value) | str(value):
            return f" = {value}"
    return ""


def _limit(text: str) -> str:
    requests, _, unit = text.partition("/")
    return f"{requests}/{ {'s': 'second', 'm': 'minute', 'h': 'hour', 'd': 'day'}[unit] }"


def main(folder: Path) -> None:
    """Rewrite the tables."""
    for product in PRODUCTS:
        document = yaml.safe_load((folder / f"{product}.openapi.json").read_text("utf-8"))
        text = yaml.safe_dump(facts_of(document), sort_keys=False, width=118, allow_unicode=True)
        head = "# Made by `python -m tools.contract`; README.md beside this explains the notation.\n"
        (FACTS / f"{product}.yaml").write_text(head + text, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
