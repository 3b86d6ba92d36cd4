"""What `.importlinter` cannot say about the shape of the code."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src"

LINE_LIMITS = {".py": 400, ".ts": 400, ".tsx": 400, ".rs": 600}
"""A longer file holds two things: split it by name. Tests tell stories, which may be half as long again."""

LONGER_WITH_REASON: dict[str, str] = {}
"""Files that may be longer: path and reason."""

NOT_A_NAME = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
"""A file of this name is where things go that nobody thought about."""


def code_files() -> list[Path]:
    """Every file of code that git has or would take, except generated ones."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    paths = [REPOSITORY / line for line in listed]
    return [
        path for path in paths if path.suffix in LINE_LIMITS and path.is_file() and not path.stem.endswith("generated")
    ]


def machines() -> list[str]:
    files = sorted(SOURCE.glob("ringback/**/machine.py"))
    return [".".join(path.relative_to(SOURCE).with_suffix("").parts) for path in files]


def test_the_kernel_needs_only_the_standard_library() -> None:
    for path in (SOURCE / "ringback" / "kernel").rglob("*.py"):
        foreign = {
            name
            for name in imported(path)
            if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("ringback.kernel")
        }
        assert not foreign, f"{path} imports {foreign}"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def test_no_file_holds_two_things() -> None:
    too_long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in code_files()
        if (lines := len(path.read_text("utf-8").splitlines())) > line_limit(path)
    }
    assert too_long.keys() == LONGER_WITH_REASON.keys(), too_long


def line_limit(path: Path) -> float:
    return LINE_LIMITS[path.suffix] * (1.5 if "tests" in path.relative_to(REPOSITORY).parts else 1)


def test_no_file_has_a_name_that_says_nothing() -> None:
    nameless = [
        path for path in code_files() if not NOT_A_NAME.isdisjoint(path.stem.lower().replace("-", "_").split("_"))
    ]
    assert nameless == []


@pytest.mark.parametrize("name", machines())
def test_a_machine_has_a_table_of_all_its_states(name: str) -> None:
    module = import_module(name)
    states = {state for changes in module.TRANSITIONS.values() for state in changes}
    kind = type(next(iter(states)))
    assert issubclass(kind, Enum)
    for event, changes in module.TRANSITIONS.items():
        for before, afters in changes.items():
            assert isinstance(before, kind), event
            assert afters, f"{event} in {before} leads nowhere: leave the pair out"
            assert all(isinstance(after, kind) for after in afters), event
    assert set(kind) - states, "at least one state is the end: nothing happens in it"
    assert callable(module.step)


def test_a_noun_with_a_machine_has_the_files_that_go_with_it() -> None:
    for name in machines():
        folder = SOURCE.joinpath(*name.split(".")).parent
        for file in ("__init__.py", "model.py", "events.py", "store.py"):
            assert (folder / file).is_file(), f"{folder} lacks {file}"
