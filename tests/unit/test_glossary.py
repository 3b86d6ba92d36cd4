"""The code speaks the words of docs/glossary.md."""

import re
from pathlib import Path
from typing import Final

import pytest

from ringback.calls.dialogs.model import DialogState
from ringback.calls.model import CallState, ParticipantState

REPOSITORY: Final = Path(__file__).parents[2]
GLOSSARY: Final = (REPOSITORY / "docs" / "glossary.md").read_text("utf-8")
TERMS: Final = set(re.findall(r"^\| \*\*([^*]+)\*\*", GLOSSARY, re.MULTILINE))

NEVER: Final = ("tenant", "organisation", "workspace", "meeting", "attendee", "producer", "downtrack")
"""Of the words that the glossary tells not to say, those that mean nothing else in a program."""

SOURCES: Final = [
    path
    for folder, ending in (("src", "py"), ("packages", "ts"), ("apps", "ts"), ("apps", "tsx"), ("crates", "rs"))
    for path in sorted((REPOSITORY / folder).rglob(f"*.{ending}"))
    if "node_modules" not in path.parts and "dist" not in path.parts
]


def test_every_noun_of_the_house_is_a_word() -> None:
    nouns = {
        "account",
        "identity",
        "call",
        "dialog",
        "conference",
        "room",
        "participant",
        "session",
        "publication",
        "slot",
    }
    assert nouns <= TERMS


@pytest.mark.parametrize("word", NEVER)
def test_what_is_not_said_is_not_written(word: str) -> None:
    not_said = "\n".join(line.rsplit("|", 2)[1] for line in GLOSSARY.splitlines() if line.startswith("| **"))
    assert word in not_said, "the glossary does not say so any more"
    name = re.compile(rf"\b\w*{word}\w*\b", re.IGNORECASE)
    assert [str(path) for path in SOURCES if name.search(path.read_text("utf-8"))] == []


def test_the_states_are_those_of_the_machines() -> None:
    section = GLOSSARY.split("## States")[1]
    for state in (*CallState, *ParticipantState, DialogState.CREATED):
        assert f"`{state}`" in section
