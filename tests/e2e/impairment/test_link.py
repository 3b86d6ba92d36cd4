"""The model of a path does what its conditions say."""

from __future__ import annotations

from itertools import groupby
from random import Random

import pytest

from tests.e2e.impairment.link import Conditions, Link

PACKETS = 20_000


def arrivals(conditions: Conditions, *, every: float, size: int = 1000) -> list[float | None]:
    link = Link(conditions, Random(1))
    return [link.carry(size, number * every) for number in range(PACKETS)]


def test_a_path_without_conditions_carries_everything_at_once() -> None:
    assert arrivals(Conditions(), every=0.02) == [number * 0.02 for number in range(PACKETS)]


def test_packets_are_late_and_never_overtake_each_other() -> None:
    told = [at for at in arrivals(Conditions(delay=0.25, jitter=0.05), every=0.02) if at is not None]
    late = [at - number * 0.02 for number, at in enumerate(told)]
    assert told == sorted(told)
    assert min(late) >= 0.25
    assert max(late) <= 0.3001
    assert max(late) - min(late) > 0.04


@pytest.mark.parametrize(("loss", "burst"), [(0.1, 1), (0.3, 1), (0.2, 5), (0.2, 20)])
def test_so_many_are_lost_and_so_many_in_a_row(loss: float, burst: float) -> None:
    lost = [at is None for at in arrivals(Conditions(loss=loss, burst=burst), every=0.02)]
    runs = [len(list(group)) for is_lost, group in groupby(lost) if is_lost]
    assert sum(lost) / PACKETS == pytest.approx(loss, rel=0.15)
    assert sum(runs) / len(runs) == pytest.approx(burst if burst > 1 else 1 / (1 - loss), rel=0.15)


def test_a_slow_path_carries_its_rate_and_drops_what_would_wait_too_long() -> None:
    # 1,000 bytes every 4 ms are 2 Mbit/s.
    told = arrivals(Conditions(rate=500_000, queue=0.2), every=0.004)
    carried = [at for at in told if at is not None]
    waited = [at - number * 0.004 for number, at in enumerate(told) if at is not None]
    assert len(carried) * 8000 / carried[-1] == pytest.approx(500_000, rel=0.01)
    assert max(waited) <= 0.2 + 8000 / 500_000 + 1e-9


def test_nothing_arrives_while_the_path_is_down() -> None:
    link = Link(Conditions(), Random(1))
    link.conditions = Conditions(up=False)
    assert link.carry(100, 1.0) is None
    link.conditions = Conditions()
    assert link.carry(100, 2.0) == 2.0
