"""Where an operation of ours differs from the contract's: by place, as `query.page` or `200.results[].id`."""

from collections.abc import Callable, Iterator
from typing import Any

from tests.contract.rest.facts import Facts, Leaf

Difference = tuple[str, str]
"""A place, and what differs there."""


def differences(operation: str, theirs: Facts, ours: Facts) -> Iterator[Difference]:
    """All of them, of an operation that both have."""
    mine, wanted = ours.operations[operation], theirs.operations[operation]
    for place in ("is", "accepts", "scopes", "limit"):
        if mine.get(place) != wanted.get(place):
            yield place, f"{wanted.get(place)} became {mine.get(place)}"
    yield from _compare(_parameters(wanted), _parameters(mine), _asked)
    yield from _compare(_of("body", theirs, wanted.get("body")), _of("body", ours, mine.get("body")), _asked)
    if wanted["success"].keys() != mine["success"].keys():
        yield "success", f"{[*wanted['success']]} became {[*mine['success']]}"
    for status in wanted["success"].keys() & mine["success"].keys():
        theirs_told = _of(str(status), theirs, wanted["success"][status])
        yield from _compare(theirs_told, _of(str(status), ours, mine["success"][status]), _answered)
    (error_body, statuses), *more = wanted["errors"].items()
    assert not more, "the contract answers each operation's errors in one form"
    if missing := set(statuses.split()) - set(mine["errors"].get(error_body, "").split()):
        yield "errors", f"{error_body} {' '.join(sorted(missing))} is missing"


def _parameters(operation: dict[str, Any]) -> dict[str, Leaf]:
    return {
        f"{where}.{name.rstrip('*')}": Leaf.parse(line, required=name.endswith("*"))
        for where in ("path", "query", "header")
        for name, line in operation.get(where, {}).items()
        if name != "Idempotency-Key"  # ours, on every POST that creates
    }


def _of(place: str, facts: Facts, line: str | None) -> dict[str, Leaf]:
    return {f"{place}.{path}".rstrip("."): leaf for path, leaf in facts.fields(line or "nothing").items()}


def _compare(
    theirs: dict[str, Leaf], ours: dict[str, Leaf], differs: Callable[[Leaf, Leaf], str | None]
) -> Iterator[Difference]:
    for place in theirs.keys() | ours.keys():
        if place not in ours:
            yield place, "is missing"
        elif place not in theirs:
            yield place, "is not in the contract"
        elif reason := differs(theirs[place], ours[place]):
            yield place, reason


def _asked(theirs: Leaf, ours: Leaf) -> str | None:
    """What callers may send. Where the contract knows no limit, we may have one: everything has to end somewhere."""
    stated = ("kind", "values", "low", "high", "pattern", "default")
    return _changed(theirs, ours, ["required", *(name for name in stated if getattr(theirs, name))])


def _answered(theirs: Leaf, ours: Leaf) -> str | None:
    """What strict clients expect: each field with its kind, no value that they do not know, nothing missing."""
    return _changed(
        theirs, ours, ["kind", "values", *(["low"] if theirs.low else []), *(["required"] if theirs.required else [])]
    )


def _changed(theirs: Leaf, ours: Leaf, names: list[str]) -> str | None:
    return (
        ", ".join(filter(None, (_change(name, getattr(theirs, name), getattr(ours, name)) for name in names))) or None
    )


def _change(name: str, theirs: Any, ours: Any) -> str:
    match name:
        case _ if theirs == ours:
            return ""
        case "required":
            return "is not required" if theirs else "is required"
        case "values":
            more, less = ours - theirs, theirs - ours
            return " ".join(
                ["has other values:", *(f"+{word}" for word in sorted(more)), *(f"-{word}" for word in sorted(less))]
            )
        case _:
            return f"has {name} {ours or 'none'} instead of {theirs}"
