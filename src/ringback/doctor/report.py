"""Findings for people, on a terminal or in a file, and for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringback.doctor.findings import Finding, Status

_STYLES = {Status.OK: "green", Status.WARNING: "yellow", Status.PROBLEM: "bold red"}


def show(findings: Sequence[Finding], console: Console) -> None:
    """A table on a terminal, else one line each."""
    if not console.is_terminal:
        for finding in findings:
            remedy = f" {finding.remedy}" if finding.remedy else ""
            console.print(
                f"{finding.status:<7} {finding.subject}: {finding.says}{remedy}", soft_wrap=True, markup=False
            )
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("", "What", "Finding"):
        table.add_column(heading)
    for finding in findings:
        says = Text(finding.says)
        if finding.remedy:
            says.append(f"\n→ {finding.remedy}", "bold")
        table.add_row(Text(finding.status, _STYLES[finding.status]), Text(finding.subject), says)
    console.print(table)


def as_json(findings: Sequence[Finding]) -> str:
    """A list of objects with `subject`, `status`, `says` and `remedy` (or null)."""
    return json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False)
