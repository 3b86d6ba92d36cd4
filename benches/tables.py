"""The tables of `benches.media`, ready for benches/RESULTS.md."""

from dataclasses import dataclass
from typing import Any, Final

from benches.servers import JANUS

Report = dict[str, Any]
"""What `media-load --json` says."""

NOTES: Final = """
Each server has one core, the load client another. CPU is user and system time of the processes that forward, while
packets are counted, by packets that arrived at participants; so it has the kernel's share, and over loopback that of
receiving. Delay is from a publisher's send to the arrival at a receiver's socket. Memory is what is resident above that
before anybody came. Nothing is repaired on the receiving side. The last rows are near half a core.

A join begins with asking for a token, or without a node with the commands for it, and ends with the first sound that
was decrypted; its CPU has the leaving in it. Visitors offer no pictures, and slots for 3 voices and 4 pictures.
"""


@dataclass(frozen=True)
class Shape:
    """What is asked of a server."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """One shape on one server: a report of `media-load`, or why there is none."""

    shape: Shape
    server: str
    report: Report | None
    wrong: str = ""


def flow_rows(measured: list[Measured]) -> list[str]:
    """The table of everything that flows."""
    rows = [
        "| shape | server | packets/s arrived | lost | bytes each | CPU per packet | to Janus | of a core "
        "| delay p50 / p99 | memory each |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    costs = {(one.shape.name, one.server): cost_of(one) for one in measured}
    for one in measured:
        if one.report is None:
            rows.append(f"| {one.shape.name} | {one.server} | nothing: {one.wrong} |||||||||")
            continue
        report, server = one.report, one.report["server"]
        received, delay = report["received_packets"], report["delay_ms"] or {}
        beside, cost = costs.get((one.shape.name, JANUS)), cost_of(one)
        ratio = f"{cost / beside:.2f}" if cost and beside and one.server != JANUS else ""
        rows.append(
            f"| {one.shape.name} | {one.server}{'*' * bool(one.wrong)} | {received / report['seconds']:,.0f} "
            f"| {100 * report['lost'] / max(1, report['lost'] + received):.2f} % "
            f"| {report['received_bytes'] / max(1, received):.0f} | {server['cpu_us_per_packet']:.1f} µs | {ratio} "
            f"| {server['cpu_percent']:.0f} % "
            f"| {delay.get('p50', float('nan')):.1f} / {delay.get('p99', float('nan')):.1f} ms "
            f"| {server['bytes_per_participant'] / 1e3:.0f} kB |"
        )
    return rows


def join_rows(measured: list[Measured]) -> list[str]:
    """The table of joins. A core's worth is a second of CPU by what one join takes of it."""
    rows = [
        "| joins | server | per second | CPU of the worker each | CPU of the control plane each "
        "| a core's worth of worker / of both | to first sound p50 / p95 |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in measured:
        if one.report is None or not one.report["joins"]["count"]:
            rows.append(f"| {one.shape.name} | {one.server} | nothing: {one.wrong} ||||||")
            continue
        joins, server = one.report["joins"], one.report["server"]
        own, control = (server[name] / joins["count"] for name in ("cpu_seconds", "control_cpu_seconds"))
        both = f"{1 / (own + control):.0f}" if control else "-"
        rows.append(
            f"| {one.shape.name} | {one.server}{'*' * bool(one.wrong)} | {joins['per_second']:.1f} "
            f"| {own * 1e3:.1f} ms | {f'{control * 1e3:.1f} ms' if control else '-'} "
            f"| {1 / max(own, 1e-6):.0f} / {both} per second "
            f"| {joins['time_ms']['p50']:.0f} / {joins['time_ms']['p95']:.0f} ms |"
        )
    return rows


def target_rows(flowed: list[Measured], halves: list[Measured], joined: list[Measured]) -> list[str]:
    """What was aimed at, and what there is. Of Ringback only; a dash where nothing was measured."""
    costs = {(one.shape.name, one.server): cost_of(one) for one in flowed}
    ratios = [
        cost / beside
        for (shape, server), cost in costs.items()
        if cost and server != JANUS and (beside := costs.get((shape, JANUS)))
    ]
    own = [one.report for one in flowed if one.report and one.server != JANUS]
    half = [one.report["delay_ms"]["p99"] for one in halves if one.report and one.server != JANUS]
    joins = [one.report for one in joined if one.report and one.report["joins"]["count"]]
    rates = [
        report["joins"]["count"] / max(0.01, report["server"]["cpu_seconds"] + report["server"]["control_cpu_seconds"])
        for report in joins
    ]
    first = [cost for (shape, server), cost in costs.items() if cost and server != JANUS and shape.startswith("1 to ")]
    memory = [report["server"]["bytes_per_participant"] / 1e3 for report in own]
    sounds = [report["joins"]["time_ms"]["p95"] for report in joins]
    found = (
        ("CPU per packet, 1 to 100", "<= 12 µs", first, " µs", 1),
        ("CPU per packet to that of Janus, each shape", "<= 0.6", ratios, "", 2),
        ("delay p99 near half a core", "<= 5 ms", half, " ms", 1),
        ("memory of a participant, each shape", "<= 1,000 kB", memory, " kB", 0),
        ("joins per second and core, as in the table above", ">= 100", rates, "", 0),
        ("to first sound p95, as in the table above", "<= 1,000 ms", sounds, " ms", 0),
    )
    rows = ["| target | is | aimed at |", "|---|---|---|"]
    for what, aim, values, unit, digits in found:
        rows.append(f"| {what} | {' / '.join(f'{value:,.{digits}f}' for value in values) or '-'}{unit} | {aim} |")
    return rows


def notes(measured: list[Measured]) -> str:
    """How to read the tables, and what was not as it should be."""
    wrong = [f"\\* {one.server}, {one.shape.name}: {one.wrong}." for one in measured if one.wrong and one.report]
    return "\n".join([NOTES, *wrong])


def cost_of(measured: Measured) -> float | None:
    """Microseconds for each packet; None when nothing was measured."""
    return measured.report["server"]["cpu_us_per_packet"] if measured.report else None
