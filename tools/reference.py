"""Writes the pages of docs/reference that repeat what the code says: `python -m tools.reference [--check]`."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from ringback.calls import machine as call_machine
from ringback.calls.dialogs import machine as dialog_machine
from ringback.calls.dialogs.events import StartDialog
from ringback.calls.dialogs.model import DialogState
from ringback.calls.events import StartCall
from ringback.calls.model import CallState, EndReason
from ringback.conferences import machine as conference_machine
from ringback.conferences.events import Join
from ringback.conferences.model import ConferenceState

ROOT: Final = Path(__file__).parents[1]
FOLDER: Final = ROOT / "docs" / "reference"
MADE_BY: Final = "<!-- Made by `make generate` (tools/reference.py). Do not edit. -->"

Table = Mapping[type[Any], Mapping[Any, tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Machine:
    """What a diagram is drawn from."""

    title: str
    source: str
    states: type[StrEnum]
    start: type
    """The event that makes a new one, in the first state."""
    table: Table


MACHINES: Final = (
    Machine("Call", "src/ringback/calls/machine.py", CallState, StartCall, call_machine.TRANSITIONS),
    Machine("Dialog", "src/ringback/calls/dialogs/machine.py", DialogState, StartDialog, dialog_machine.TRANSITIONS),
    Machine("Conference", "src/ringback/conferences/machine.py", ConferenceState, Join, conference_machine.TRANSITIONS),
)


Steps = list[tuple[str, str, str, list[str]]]
"""State, event, next state, and what is to be done."""

SDK_MACHINES: Final = (
    ("life", "Life of a call in the SDK", "packages/rtc/src/calls/life.ts"),
    ("connectivity", "Connectivity of a call in the SDK", "packages/rtc/src/calls/connectivity.ts"),
)
"""By the names of `print-machines.mjs`."""


def pages() -> dict[Path, str]:
    """Every page by its path."""
    return {
        FOLDER / "state-machines.md": "\n".join(_state_machines()),
        FOLDER / "end-reasons.md": "\n".join(_end_reasons()),
    }


def _state_machines() -> Iterator[str]:
    yield MADE_BY
    yield ""
    yield "# State machines"
    yield ""
    yield "The diagrams are drawn from the tables in the sources. An event that a state does not accept changes"
    yield "nothing; if it is a request (`Accept`, `Decline`, `Join`), it is refused with `INVALID_STATE`."
    for machine in MACHINES:
        yield ""
        yield from _machine(machine)
    tables: dict[str, Steps] = json.loads(
        subprocess.run(
            ["node", ROOT / "packages/rtc/scripts/print-machines.mjs"], capture_output=True, text=True, check=True
        ).stdout
    )
    for name, title, source in SDK_MACHINES:
        yield ""
        yield from _sdk_machine(title, source, tables[name])


def _machine(machine: Machine) -> Iterator[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for event, changes in machine.table.items():
        for before, afters in changes.items():
            for after in afters:
                arrows.setdefault((str(before), str(after)), []).append(event.__name__)
    first, *others = [str(state) for state in machine.states]
    reached = {first, *(after for before, after in arrows if before != after)}
    yield from _diagram(
        machine.title,
        machine.source,
        f"{first}: {machine.start.__name__}",
        {arrow: events for arrow, events in arrows.items() if arrow[0] in reached},
        [state for state in (first, *others) if state in reached and not any(before == state for before, _ in arrows)],
    )
    unreached = [state for state in others if state not in reached]
    if unreached:
        yield ""
        yield f"No event leads to {', '.join(f'`{state}`' for state in unreached)} yet."
    yield ""
    yield "| event | means | accepted in | without leaving the state in |"
    yield "|---|---|---|---|"
    for event in (machine.start, *(event for event in machine.table if event is not machine.start)):
        changes = machine.table.get(event, {})
        accepted = [str(state) for state in changes if str(state) in reached]
        staying = [str(state) for state, afters in changes.items() if state in afters and str(state) in reached]
        if event is machine.start:
            accepted = ["(none yet)", *accepted]
        yield f"| `{event.__name__}` | {_meaning(event)} | {', '.join(accepted) or '-'} | {', '.join(staying) or '-'} |"


def _sdk_machine(title: str, source: str, steps: Steps) -> Iterator[str]:
    arrows: dict[tuple[str, str], list[str]] = {}
    for before, event, after, _ in steps:
        arrows.setdefault((before, after), []).append(event)
    left = {before for before, *_ in steps}
    last = dict.fromkeys(after for _, _, after, _ in steps if after not in left)
    yield from _diagram(title, source, steps[0][0], arrows, list(last))
    yield ""
    yield "| in | event | leads to | and does |"
    yield "|---|---|---|---|"
    for before, event, after, commands in steps:
        does = ", ".join(f"`{command}`" for command in commands)
        yield f"| {before} | `{event}` | {after} | {does or '-'} |"


def _diagram(
    title: str, source: str, first: str, arrows: Mapping[tuple[str, str], list[str]], last: list[str]
) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield f"Source: [`{source}`](../../{source})"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {first}"
    for (before, after), events in arrows.items():
        if before != after:
            yield f"    {before} --> {after}: {', '.join(events)}"
    for state in last:
        yield f"    {state} --> [*]"
    yield "```"


def _meaning(event: type) -> str:
    return " ".join((event.__doc__ or "").split("\n\n")[0].split())


def _end_reasons() -> Iterator[str]:
    yield MADE_BY
    yield ""
    yield "# End reasons"
    yield ""
    yield "Why a call ended: the `reason` of `call.ended` in the signaling protocol, the `errorCode` of the SDK's"
    yield "`HANGUP`. Ids and names are those of the public API. The list is closed; not every reason can occur yet."
    yield ""
    yield "| id | name | means |"
    yield "|---|---|---|"
    for reason in EndReason:
        yield f"| {reason.id} | `{reason.name}` | {reason.description} |"


def main() -> int:
    """Write the pages, or with `--check` only say which ones are not current."""
    stale = [(path, text + "\n") for path, text in pages().items() if not _says(path, text + "\n")]
    for path, text in stale:
        if "--check" in sys.argv[1:]:
            print(f"{path} is not current: run `make generate`.", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in sys.argv[1:] else 0


def _says(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
