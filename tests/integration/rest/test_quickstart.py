"""docs/howto/rest-quickstart.md does what it says, in a shell."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.rest.serving import KEY, served

DOCUMENT = Path(__file__).parents[3] / "docs/howto/rest-quickstart.md"


def commands() -> list[tuple[str, Any]]:
    """Each command of the document, with the answer that stands below it."""
    blocks = re.findall(r"^```sh\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    found = [block.rpartition("# ") if "\n# " in block else (block, "", "null") for block in blocks]
    return [(command, json.loads(answer)) for command, _, answer in found if command.startswith("curl ")]


def shape(value: Any) -> Any:
    """Names and kinds: tokens and moments are other ones each time."""
    match value:
        case dict():
            return {name: shape(inner) for name, inner in value.items()}
        case list():
            return [shape(inner) for inner in value]
        case _:
            return type(value)


def run(command: str, url: str) -> Any:
    result = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "SERVER": url, "API_KEY": KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"{command}\n{result.stderr}"
    return json.loads(result.stdout or "null")


def test_every_command_is_answered_as_it_says(tmp_path: Path) -> None:
    asked = commands()
    assert len(asked) == 5
    with served(tmp_path) as server:
        for command, answer in asked:
            answered = run(command, server.url)
            assert shape(answered) == shape(answer), command
            if answer and "results" in answer:
                assert answered == answer
