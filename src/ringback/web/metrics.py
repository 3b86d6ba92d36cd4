"""`/metrics`: the figures of a node, in the form that Prometheus reads. Only programs on this machine are answered."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from ringback import __version__
from ringback.kernel.errors import NotFound, RingbackError
from ringback.kernel.figures import BOUNDS, Durations, Figure
from ringback.web.operators import is_from_here

_log = structlog.get_logger(__name__)

Source = Callable[[], Iterable[Figure] | Awaitable[Iterable[Figure]]]
"""Reads the figures of one part."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Answers:
    """How many requests were answered how, and how soon. By operation: paths and accounts would be endless."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], int] = {}
        self._durations: dict[tuple[str, str], Durations] = {}

    def add(self, operation: str, method: str, status: int, seconds: float) -> None:
        """One more; `seconds` until the answer began."""
        method = method if method in _METHODS else "other"
        self._counts[operation, method, status] = self._counts.get((operation, method, status), 0) + 1
        durations = self._durations.get((operation, method))
        if durations is None:
            durations = self._durations[operation, method] = Durations()
        durations.add(seconds)

    def figures(self) -> list[Figure]:
        """What `/metrics` shows of it."""
        counts = [
            Figure(
                "ringback_http_requests_total",
                "Requests that were answered.",
                count,
                {"operation": operation, "method": method, "status": str(status)},
            )
            for (operation, method, status), count in self._counts.items()
        ]
        durations = [
            Figure(
                "ringback_http_request_seconds",
                "Seconds from a request to the beginning of its answer.",
                durations,
                {"operation": operation, "method": method},
            )
            for (operation, method), durations in self._durations.items()
        ]
        return counts + durations


def metrics_routes(sources: Sequence[Source]) -> APIRouter:
    """`GET /metrics`; for everybody who is not on this machine, there is no such path."""
    router = APIRouter(include_in_schema=False)
    process = ProcessCollector(registry=CollectorRegistry())  # not the registry of all the world

    @router.get("/metrics", operation_id="get-metrics")
    async def metrics(request: Request) -> Response:
        if not is_from_here(request):
            raise NotFound
        figures = [Figure("ringback_build_info", "The release that runs.", 1, {"version": __version__})]
        for source in sources:
            try:
                read = source()
                figures += await read if isinstance(read, Awaitable) else read
            except RingbackError as error:
                # The others are needed most when the database has no time for its own.
                _log.warning("Figures are missing.", reason=error.message)
        shown = _Shown([*_families(figures), *process.collect()])
        return Response(generate_latest(shown), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    return router


class _Shown(Collector):
    """What was read, for the library to write."""

    def __init__(self, families: Sequence[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _families(figures: Iterable[Figure]) -> list[Metric]:
    families: dict[str, Metric] = {}
    for name, about, value, labels in figures:
        family = families.get(name)
        match value:
            case Durations():
                family = family or HistogramMetricFamily(name, about, labels=list(labels))
                assert isinstance(family, HistogramMetricFamily)
                family.add_metric(list(labels.values()), _buckets(value), value.seconds)
            case _ if name.endswith("_total"):
                family = family or CounterMetricFamily(name, about, labels=list(labels))
                assert isinstance(family, CounterMetricFamily)
                family.add_metric(list(labels.values()), value)
            case _:
                family = family or GaugeMetricFamily(name, about, labels=list(labels))
                assert isinstance(family, GaugeMetricFamily)
                family.add_metric(list(labels.values()), value)
        families[name] = family
    return list(families.values())


def _buckets(durations: Durations) -> Sequence[tuple[str, float]]:
    """Prometheus counts what took up to each bound, whatever is below included."""
    buckets, below = [], 0
    for bound, count in zip((*BOUNDS, float("inf")), durations.counts, strict=True):
        below += count
        buckets.append(("+Inf" if bound == float("inf") else str(bound), below))
    return buckets
