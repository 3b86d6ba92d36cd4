"""Durations are counted by how long they are."""

from ringback.kernel.figures import BOUNDS, Durations


def test_a_duration_counts_up_to_the_bound_it_reaches() -> None:
    durations = Durations()
    for seconds in (0.0, BOUNDS[0], BOUNDS[0] + 0.0001, BOUNDS[-1], BOUNDS[-1] + 1):
        durations.add(seconds)
    assert durations.counts == [2, 1, *[0] * (len(BOUNDS) - 3), 1, 1]


def test_durations_are_summed() -> None:
    durations = Durations()
    durations.add(0.25)
    durations.add(1.5)
    assert durations.seconds == 1.75
