"""What the doctor says."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad it is."""

    OK = "OK"
    WARNING = "WARNING"
    """It works, but not for everybody, or not for long."""
    PROBLEM = "PROBLEM"
    """It does not work like this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. What is not OK has a remedy."""

    subject: str
    status: Status
    says: str
    remedy: str | None = None


def ok(subject: str, says: str) -> Finding:
    """All is well."""
    return Finding(subject, Status.OK, says)


def warning(subject: str, says: str, remedy: str) -> Finding:
    """It works, with a limit that somebody will meet."""
    return Finding(subject, Status.WARNING, says, remedy)


def problem(subject: str, says: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(subject, Status.PROBLEM, says, remedy)
