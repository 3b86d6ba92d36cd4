"""The media workers and a room of theirs, as people read them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ringback.cli.output import show_table

NOTHING = "-"
"""What has not been measured, or is not there."""

Json = Mapping[str, Any]


def show_workers(workers: Sequence[Json]) -> None:
    """One line for each worker, and what is wrong with it."""
    show_table(
        ("WORKER", "STATE", "LOAD", "BUSY", "LAG", "ROOMS", "PARTICIPANTS", "IN", "OUT", "LOST", "DROPPED", "RESTARTS"),
        [_worker(worker) for worker in workers],
    )


def show_room(room: Json) -> None:
    """A room: its transports, what is published, and who receives what."""
    show_table(
        (
            "PARTICIPANT",
            "TRANSPORT",
            "NETWORK",
            "ROUND TRIP",
            "LOST UP",
            "LOST DOWN",
            "CARRIES",
            "IN",
            "OUT",
            "DROPPED",
        ),
        [_participant(each) for each in room["participants"]],
    )
    show_table(
        ("PUBLISHED BY", "SOURCE", "ID", "STARTED", "PACKETS", "LOST", "KEYFRAMES ASKED", "LAYERS"),
        [row for each in room["participants"] for row in _publications(each)],
    )
    show_table(
        ("RECEIVED BY", "SLOT", "PUBLICATION", "PACKETS", "LAYER"),
        [row for each in room["participants"] for row in _slots(each)],
    )


def _worker(worker: Json) -> list[str]:
    said = worker["statistics"]
    first = [str(worker["number"]), worker["problem"] or ("DRAINING" if worker["draining"] else worker["state"])]
    if said is None:
        return [*first, *[NOTHING] * 9, str(worker["restarts"])]
    load = said["load"]
    return [
        *first,
        load["state"],
        _percent(load["busy"]),
        _milliseconds(load["lag_ms"]),
        str(said["rooms"]),
        str(said["participants"]),
        str(said["packets_received"]),
        str(said["packets_sent"]),
        str(said["packets_lost"]),
        str(sum(said["dropped"].values())),
        str(worker["restarts"]),
    ]


def _participant(participant: Json) -> list[str]:
    transport = participant["transport"]
    if transport is None:
        return [participant["participant"], "no offer yet", *[NOTHING] * 8]
    return [
        participant["participant"],
        transport["state"],
        transport["network"] or NOTHING,
        _milliseconds(transport["round_trip_ms"]),
        _percent(transport["loss_received"]),
        _percent(transport["loss_sent"]),
        _rate(transport["estimate_bps"]),
        str(transport["packets_received"]),
        str(transport["packets_sent"]),
        str(transport["packets_dropped"]),
    ]


def _publications(participant: Json) -> Iterator[list[str]]:
    for each in participant["publications"]:
        layers = [f"{layer['rid'] or 'one'} {_rate(layer['bits_per_second'])}" for layer in each["layers"]]
        yield [
            participant["participant"],
            each["source"],
            each["publication"],
            "yes" if each["started"] else "no",
            str(each["packets_received"]),
            str(each["packets_lost"]),
            str(each["keyframe_requests"]),
            ", ".join(layers) or NOTHING,
        ]


def _slots(participant: Json) -> Iterator[list[str]]:
    """The slots that carry something, or should."""
    for each in participant["slots"]:
        if each["publication"] is not None:
            layer = "paused" if each["paused"] else NOTHING if each["layer"] is None else str(each["layer"])
            slot = f"{each['kind']} {each['index']}"
            yield [participant["participant"], slot, each["publication"], str(each["packets_sent"]), layer]


def _percent(share: float | None) -> str:
    return NOTHING if share is None else f"{share:.1%}"


def _milliseconds(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.1f} ms"


def _rate(bits_per_second: int | None) -> str:
    return NOTHING if bits_per_second is None else f"{bits_per_second / 1000:.0f} kbit/s"
