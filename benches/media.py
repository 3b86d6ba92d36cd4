"""What media costs: CPU per packet, delay, memory and joins; beside Janus, if it is installed.

    python -m benches.media [--seconds 20] [--only WORDS] [--without-janus]

Each server is held to one core, and `media-load` runs on the others, the same for both products: one process, AES-GCM,
the same bursts, the same tracks. Janus (Debian's package) runs its VideoRoom plugin with one event loop. How far it is
goes to the terminal; what goes to the standard output is a section for benches/RESULTS.md.

What a packet costs holds roughly on a machine that has other work, too. Delays and joins want an idle one.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from benches import machine
from benches.servers import Server, janus, janus_version, node, worker
from benches.tables import Measured, Report, Shape, flow_rows, join_rows, notes, target_rows

LOAD: Final = machine.ROOT / "target/release/media-load"
SETTLED_SECONDS: Final = 8
"""Until counting begins: bandwidth estimates have grown, and Janus' participants have subscribed."""
COMING_SECONDS: Final = 120
"""The longest that a run may take beside the time for which it counts."""
HALF: Final = 50
"""Percent of a core at which delays are compared."""
FULL: Final = 90
"""Percent of a core from which the load client is suspected to be what is measured."""
MOST_SUBSCRIBERS: Final = 400
"""The load client shares its core with nobody, but it has only one, too."""

Start = Callable[[int, str], AbstractContextManager[Server]]


def broadcast(subscribers: int) -> Shape:
    name = f"1 to {subscribers}: a picture of 1280x720 and a voice"
    return Shape(name, ("broadcast", "--subscribers", str(subscribers)))


BROADCAST: Final = broadcast(100)
MEETING: Final = Shape(
    "16 with each other, 30 tracks for each: 15 pictures of 320x180 and 15 voices",
    ("rooms", "--participants", "16", "--video-slots", "15", "--audio-slots", "15"),
)
ROOMS: Final = Shape(
    "10 rooms of 10, 12 tracks for each: 9 pictures of 320x180 and 3 voices",
    ("rooms", "--rooms", "10", "--participants", "10", "--video-slots", "9"),
)
AUDIO: Final = tuple(
    Shape(f"10 speak to {listeners}, 3 voices for each", ("audio", "--speakers", "10", "--listeners", str(listeners)))
    for listeners in (250, 500)
)
JOINS: Final = (
    (Shape("one after the other", ("joins", "--count", "100", "--parallel", "1")), node),
    (Shape("8 at a time", ("joins", "--count", "300", "--parallel", "8")), node),
    (Shape("8 at a time", ("joins", "--count", "300", "--parallel", "8")), worker),
)


@dataclass
class Bench:
    """Measures one thing after the other and says how far it is."""

    core: int
    seconds: int
    of: int
    done: int = 0

    def measure(self, shape: Shape, start: Start, *arguments: str) -> Measured:
        """One run, on a server of its own: memory that another shape left would be this one's gain."""
        self.done += 1
        left = (self.of - self.done + 1) * (self.seconds + SETTLED_SECONDS + 7) / 60
        say(f"[{self.done}/{self.of}, {left:.0f} min left] {start.__name__}: {shape.name}")
        with tempfile.TemporaryDirectory() as folder:
            try:
                with start(self.core, folder) as server:
                    report, wrong = load(server, shape, self.seconds, *arguments)
                    measured = Measured(shape, server.name, report, wrong)
            except (OSError, TimeoutError) as error:
                measured = Measured(shape, start.__name__, None, str(error))
        say(f"    {in_short(measured)}")
        return measured

    def flow(self, shape: Shape, start: Start) -> Measured:
        """Packets that flow for a while."""
        return self.measure(shape, start, "--seconds", str(self.seconds), "--warm-up", str(SETTLED_SECONDS))


def load(server: Server, shape: Shape, seconds: int, *arguments: str) -> tuple[Report | None, str]:
    """The report of one run, and what was wrong with it."""
    measured = [part for pid in server.pids for part in ("--server-pid", str(pid))]
    control = [part for pid in server.control for part in ("--control-pid", str(pid))]
    command = (str(LOAD), *shape.arguments, *server.target, *measured, *control, *arguments, "--json")
    # On a terminal it draws bars there; what it complains about at last is told once more in the table.
    shown = None if sys.stderr.isatty() else subprocess.PIPE
    try:
        run = subprocess.run(  # noqa: S603 - our own program
            command,
            stdout=subprocess.PIPE,
            stderr=shown,
            text=True,
            check=False,
            timeout=seconds + SETTLED_SECONDS + COMING_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None, "took too long"
    if not run.stdout:
        return None, (run.stderr or "").strip().rpartition("\n")[2] or "media-load could not measure"
    report: Report = json.loads(run.stdout)
    return report, complaints(report)


def complaints(report: Report) -> str:
    """Everything that makes a figure mean something else than it says."""
    expected, received = report["expected_packets"], report["received_packets"]
    wrong = list(dict.fromkeys(report["failures"]))
    if bad := report["spoiled"] + report["foreign"] + report["duplicates"]:
        wrong.append(f"{bad} packets were not the right ones")
    if report["own_cpu_percent"] >= FULL or report["own_dropped"]:
        wrong.append(
            f"the load client is at its own limit ({report['own_cpu_percent']:.0f} % of a core, "
            f"{report['own_dropped']} datagrams dropped)"
        )
    # Counting begins and ends within bursts, so a little more or less than expected is right.
    if expected and abs(received / expected - 1) > 0.02:
        wrong.append(f"{received / expected:.0%} of what was to arrive")
    return "; ".join(wrong)


def in_short(measured: Measured) -> str:
    report = measured.report
    if report is None:
        return f"nothing: {measured.wrong}"
    said = f"{report['received_packets'] / report['seconds']:,.0f} packets/s arrived"
    if joins := report["joins"]:
        said = f"{joins['count']} joins, {joins['per_second']:.1f} per second"
    cost = report["server"]
    return f"{said}; {cost['cpu_percent']:.0f} % of a core{'; ' * bool(measured.wrong)}{measured.wrong}"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def at_half_load(measured: Measured) -> Shape | None:
    """As many subscribers as bring this server near half a core; None when that is not known."""
    if measured.report is None:
        return None
    percent = max(1.0, measured.report["server"]["cpu_percent"])
    return broadcast(min(MOST_SUBSCRIBERS, round(100 * HALF / percent)))


def main() -> None:
    """Measure, and print the section."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=20, help="for which packets are counted in each run")
    arguments.add_argument("--core", type=int, default=0, help="where the servers run")
    arguments.add_argument("--only", default="", help="shapes whose names have this in them (joins: `joins`)")
    arguments.add_argument("--without-janus", action="store_true")
    chosen = arguments.parse_args()

    peers: tuple[Start, ...] = () if chosen.without_janus or not janus_version() else (janus,)
    # A node has the slots of the SDK in its rooms; the worker alone has as many as there are offered.
    shapes = (
        (BROADCAST, (worker,)),
        (MEETING, (worker,)),
        (ROOMS, (worker, node)),
        *((shape, (worker,)) for shape in AUDIO),
    )
    flows = [(shape, start) for shape, starts in shapes for start in (*starts, *peers) if chosen.only in shape.name]
    joins = [(shape, start) for shape, start in JOINS if chosen.only in f"joins, {shape.name}"]
    twice = sum(shape is BROADCAST for shape, _ in flows)
    bench = Bench(chosen.core, chosen.seconds, len(flows) + twice + len(joins))
    began = time.perf_counter()
    load_before = os.getloadavg()[0]
    if load_before > 1:
        say(f"This machine is not idle (load {load_before:.1f}): delays and joins will say little.")

    flowed, halves = [], []
    for shape, start in flows:
        flowed.append(measured := bench.flow(shape, start))
        if shape is BROADCAST and (half := at_half_load(measured)):
            halves.append(bench.flow(half, start))
    joined = [bench.measure(shape, start) for shape, start in joins]

    minutes = (time.perf_counter() - began) / 60
    command = " ".join(("python -m benches.media", *sys.argv[1:]))
    print(f"### Media\n\n{machine.description(load_before, janus_version() if peers else None)}")
    print(f"Made by `{command}` in {minutes:.0f} minutes.")
    tables = (
        flow_rows([*flowed, *halves]) if flowed else [],
        join_rows(joined) if joined else [],
        target_rows(flowed, halves, joined),
    )
    for rows in filter(None, tables):
        print("\n".join(["", *rows]))
    print(notes([*flowed, *halves, *joined]))


if __name__ == "__main__":
    main()
