"""The documents say what the code says."""

import re
import subprocess
from pathlib import Path

import pytest

from ringback.settings import Settings
from tools.reference import pages

REPOSITORY = Path(__file__).parents[2]
ADRS = sorted((REPOSITORY / "docs" / "adr").glob("[0-9]*.md"))

LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [path for line in listed if (path := REPOSITORY / line).is_file()]


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_lead_somewhere(document: Path) -> None:
    for match in LINK.finditer(CODE.sub("", document.read_text("utf-8"))):
        target, _, anchor = match["target"].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), match["target"]
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path), match["target"]


@pytest.mark.parametrize("page", pages().items(), ids=lambda page: page[0].name)
def test_generated_pages_are_current(page: tuple[Path, str]) -> None:
    path, text = page
    assert path.read_text("utf-8") == text + "\n", "run `make generate`"


def test_every_setting_is_documented() -> None:
    rows = re.findall(
        r"^\| `(RINGBACK_\w+)` \|", (REPOSITORY / "docs/reference/settings.md").read_text("utf-8"), re.MULTILINE
    )
    assert rows == list(dict.fromkeys(rows)), "twice"
    assert set(rows) == {f"RINGBACK_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("adr", ADRS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_has_a_status(adr: Path) -> None:
    text = adr.read_text("utf-8")
    lines = text.splitlines()
    assert len(lines) <= 40
    assert lines[0].startswith(f"# {adr.name[:4]}: ")
    assert re.search(r"^Status: (accepted|proposed|Replaced by \[)", text, re.MULTILINE)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_every_decision_is_listed() -> None:
    index = (REPOSITORY / "docs/adr/README.md").read_text("utf-8")
    assert [adr.name for adr in ADRS if f"({adr.name})" not in index] == []
    numbers = [adr.name[:4] for adr in ADRS]
    assert len(set(numbers)) == len(numbers), "two decisions of one number"


def test_the_map_of_the_code_is_complete() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text("utf-8")
    folders = [
        *(path.parent for path in (REPOSITORY / "src" / "ringback").glob("*/__init__.py")),
        *(path.parent for path in REPOSITORY.glob("crates/*/Cargo.toml")),
        *(path.parent for path in REPOSITORY.glob("packages/*/package.json")),
        *(path.parent for path in REPOSITORY.glob("apps/*/package.json")),
    ]
    names = [str(folder.relative_to(REPOSITORY)) for folder in folders]
    assert [name for name in names if f"`{name}/`" not in text] == []
