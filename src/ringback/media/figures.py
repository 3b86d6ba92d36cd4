"""What the media workers say of themselves, as figures for `/metrics`. Labels are workers and reasons, never rooms."""

from collections.abc import Iterator, Sequence

import msgspec

from ringback.kernel.figures import Figure
from ringback.media.model import Load, WorkerStatistics
from ringback.media.status import WorkerStatus

_OF_NOW = {
    "participants": "Participants of a worker's rooms.",
    "transports": "Connections to clients over which media may flow.",
    "facts_waiting": "Facts that the worker has told and nobody has stored; at 10,000 the oldest are dropped.",
}
_COUNTED = {
    "packets_received": "Datagrams that were taken from clients.",
    "packets_sent": "Datagrams that were sent to clients.",
    "bytes_received": "Bytes of the datagrams that were taken.",
    "bytes_sent": "Bytes of the datagrams that were sent.",
    "packets_lost": "Media packets of publishers that never arrived.",
    "packets_repeated": "Datagrams that sent something again, or measured a line.",
}


def figures(statuses: Sequence[WorkerStatus]) -> Iterator[Figure]:
    """The figures of those workers that have said something."""
    for status in statuses:
        if status.statistics is not None:
            yield from _of(status.statistics, {"worker": str(status.number)})


def _of(statistics: WorkerStatistics, label: dict[str, str]) -> Iterator[Figure]:
    prefix = "ringback_media_worker"
    yield Figure(f"{prefix}_busy_ratio", "Share of the last second at work.", statistics.load.busy, label)
    yield Figure(
        f"{prefix}_lag_seconds", "How late what was due came, on average.", statistics.load.lag_ms / 1000, label
    )
    for state in Load:
        is_it = float(statistics.load.state is state)
        yield Figure(f"{prefix}_load", "1 for what follows from the load.", is_it, {**label, "state": state})
    for name, about in _OF_NOW.items():
        yield Figure(f"{prefix}_{name}", about, getattr(statistics, name), label)
    for name, about in _COUNTED.items():
        yield Figure(f"{prefix}_{name}_total", about, getattr(statistics, name), label)
    for reason, count in msgspec.structs.asdict(statistics.dropped).items():
        yield Figure(f"{prefix}_dropped_total", "Datagrams that were dropped.", count, {**label, "reason": reason})
    for ended, count in msgspec.structs.asdict(statistics.faults).items():
        yield Figure(f"{prefix}_faults_total", "Bugs that were fenced.", count, {**label, "ended": ended})
