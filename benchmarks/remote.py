"""What guidance costs over HTTP: ``python -m benchmarks.remote [--sites 24] [--endpoint URL]``

The same lines of real packages as in ``benchmarks.overhead``, written by the HTTP runtime with and
without guidance in turns, against the server at ``--endpoint`` or a llama-server that is started
here with the 0.5B and one thread. Reported: wall time guided / unguided, requests a line, and
requests a replaced name. ``--delay-ms`` adds the round trip of a network to every request.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import sys
import time
from collections.abc import Iterator

from analysis.deadline import Deadline
from analysis.worker.pool import AnalysisPool, WorkerSettings, cache_folder
from benchmarks.holes import cut_lines
from benchmarks.llama_server import llama_server
from benchmarks.overhead import KINDS, PACKAGES, look, run
from benchmarks.report import quantile, save, show
from decoding.models import store
from decoding.remote.writer import RemoteWriter
from decoding.runtimes.http import Connection


@contextlib.contextmanager
def server(endpoint: str) -> Iterator[str]:
    """The address of the server to measure, started here unless it is given."""
    if endpoint:
        yield endpoint
        return
    with llama_server(store.resolve("complete").path) as port:
        yield f"http://127.0.0.1:{port}"


def main() -> int:
    """Measure, print, save."""
    parser = argparse.ArgumentParser(prog="benchmarks.remote")
    parser.add_argument("--sites", type=int, default=24)
    parser.add_argument("--endpoint", default="", metavar="URL")
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=240, help="stop after so many")
    options = parser.parse_args()
    each = -(-options.sites // len(PACKAGES))
    cuts = cut_lines(PACKAGES, each, KINDS, seed=11)
    cuts = sorted(cuts, key=lambda cut: cuts.index(cut) % each)[: options.sites]
    deadline = Deadline.after(options.seconds)
    ratios: list[float] = []
    trips, replaced = {False: [0], True: [0]}, 0
    with server(options.endpoint) as url, AnalysisPool(WorkerSettings(cache_folder())) as pool:
        writer = RemoteWriter(Connection(url))
        for cut in cuts:
            if ratios and deadline.expired():
                break
            look(pool, cut)
            times: dict[bool, list[float]] = {False: [], True: []}
            run(writer, cut, None)
            for guided in (True, False, True, False):
                before, begun = writer.round_trips, time.monotonic()
                done = run(writer, cut, pool if guided else None)
                asked = writer.round_trips - before
                # As far as a network goes, a request is its round trip.
                took = (time.monotonic() - begun) * 1e3 + asked * options.delay_ms
                times[guided].append(took)
                trips[guided].append(asked)
                replaced += sum(bool(e.rejected and not e.disputed) for e in done.events)
            ratios.append(min(times[True]) / min(times[False]))
        writer.close()
    lines = len(ratios)
    result = {
        "sites": lines,
        "median": round(statistics.median(ratios), 3),
        "p95": round(quantile(ratios, 0.95), 3),
        "requests_free": round(sum(trips[False]) / (2 * lines), 2),
        "requests_guided": round(sum(trips[True]) / (2 * lines), 2),
        "names_replaced": replaced // 2,
        "delay_ms": options.delay_ms,
    }
    show("Guidance over HTTP", list(result), [list(result.values())])
    save("remote", result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
