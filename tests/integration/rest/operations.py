"""What the running platform says of its operations, and a backend that asks them by their ids.

The tests here are driven by /openapi.json: an operation that is new is covered by itself, or makes a test fail that
says what is missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2

Document = Mapping[str, Any]

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

UNKNOWN: Final = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""


@dataclass(frozen=True, kw_only=True)
class Described:
    """One operation, as /openapi.json describes it."""

    id: str
    method: str
    path: str
    told: Document
    document: Document

    @property
    def accepts(self) -> tuple[str, ...]:
        """The security schemes that open it."""
        return tuple(scheme for way in self.told.get("security", ()) for scheme in way)

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(self.told["x-scopes"])

    @property
    def error_body(self) -> str:
        return str(self.told["x-error"])

    @property
    def takes(self) -> str | None:
        """The kind of its body."""
        return next(iter(self.told.get("requestBody", {}).get("content", ())), None)

    @property
    def repeatable(self) -> bool:
        return any(name == "Idempotency-Key" for name in self.parameters("header"))

    @property
    def makes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"

    def parameters(self, where: str) -> dict[str, Document]:
        """Name and schema of the parameters in `path`, `query` or `header`."""
        return {
            parameter["name"]: self.resolved(parameter["schema"])
            for parameter in self.told.get("parameters", ())
            if parameter["in"] == where
        }

    def body_fields(self) -> dict[str, Document]:
        """Name and schema of the body's fields; those of objects inside as `ios.apnsCertificatePassword`."""
        content = self.told.get("requestBody", {}).get("content", {})
        return dict(self._fields(content[self.takes]["schema"], "")) if self.takes else {}

    def resolved(self, schema: Document) -> Document:
        """The schema that a reference points to; without the alternative null, which means absent."""
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        alternatives = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
        return self.resolved(alternatives[0]) if len(alternatives) == 1 else schema

    def _fields(self, schema: Document, path: str) -> Iterator[tuple[str, Document]]:
        for name, told in self.resolved(schema).get("properties", {}).items():
            found = self.resolved(told)
            yield f"{path}{name}", found
            yield from self._fields(found, f"{path}{name}.")


def described(document: Document) -> dict[str, Described]:
    """The operations of the REST API by id. Pages and health are none."""
    found = (
        Described(id=told["operationId"], method=method.upper(), path=path, told=told, document=document)
        for path, methods in document["paths"].items()
        for method, told in methods.items()
        if "x-error" in told
    )
    return {operation.id: operation for operation in found}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is sent to an operation."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str | int] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    authorization: str | None = None
    """The credentials that it is about, in the place of the usual ones."""


class Backend:
    """A program of one account; it has one set of credentials for each security scheme."""

    def __init__(
        self,
        client: httpx2.Client,
        operations: Mapping[str, Described],
        credentials: Mapping[str, str],
        login: tuple[str, str],
    ) -> None:
        self.client = client
        self.operations = operations
        self.credentials = credentials
        self.login = login
        """Username and password of the account's administrator."""

    def authorization(self, operation: Described, asked: Asked | None = None) -> dict[str, str]:
        """The header that opens this operation."""
        known = (self.credentials[scheme] for scheme in operation.accepts if scheme in self.credentials)
        chosen = next(known, None) if asked is None or asked.authorization is None else asked.authorization
        return {} if chosen is None else {"Authorization": chosen}

    def asks(self, id: str, asked: Asked, headers: Mapping[str, str] | None = None, **sent: Any) -> httpx2.Response:
        """Ask an operation. `headers` take the place of the credentials; `sent` is added to what the client sends."""
        operation = self.operations[id]
        path = operation.path
        for name, value in asked.path.items():
            path = path.replace(f"{{{name}}}", value)
        options: dict[str, Any] = {"params": dict(asked.query), "data": asked.form, "files": asked.files}
        if asked.json is not None:
            options["json"] = asked.json
        return self.client.request(
            operation.method,
            path,
            headers=self.authorization(operation, asked) if headers is None else headers,
            **{**options, **sent},
        )

    def does(self, id: str, asked: Asked) -> Any:
        """Ask an operation, which must succeed; its answer."""
        answer = self.asks(id, asked)
        assert answer.is_success, f"{id}: {answer.status_code} {answer.text}"
        return answer.json() if answer.headers.get("content-type") == JSON and answer.content else None
