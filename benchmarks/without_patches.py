"""What each change to jedi brings: the same sites, asked with and without it.

``python -m benchmarks.soundness --without NAME …`` or ``--without all``. A name is one of
``patches.known.REPLACED``, such as ``jedi.inference.finder.check_flow_information``, or several
with a ``+`` between them. A child of this process answers with what jedi has there put back.
"""

from __future__ import annotations

import importlib
import multiprocessing
import resource
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from analysis.deadline import Deadline
from analysis.names import Tier
from analysis.worker.pool import cache_folder

#: As a worker is set up (``analysis.worker.main``), with a larger stack: nothing is killed here.
_RECURSION, _STACK = 3000, 64 * 1024 * 1024
#: Seconds after which the answers without a change are given up: it was there for speed.
_PATIENCE_S = 1200.0


class Alone:
    """Answers in this process, as a pool does by its workers, without some changes to jedi.

    Raises ``KeyError`` for a name that is not changed.
    """

    def __init__(self, without: Sequence[str]) -> None:
        from analysis.semantics.jedi_provider.patches import known
        from analysis.semantics.reference import ReferenceProvider

        self._provider = ReferenceProvider(cache_folder())
        places = {f"{module}.{name}": (module, name) for module, name in known.originals}
        for each in without:
            module, name = places[each]
            _put_back(module, name, known.originals[module, name])

    def ask(self, query: Any, deadline: Deadline) -> Future[Any]:
        """The answer, at once."""
        answered: Future[Any] = Future()
        try:
            answered.set_result(query.answer(self._provider, deadline))
        except Exception as error:  # noqa: BLE001 - what a change prevents is what is measured
            answered.set_result(query.unanswered(f"{type(error).__name__}: {error}"))
        return answered


def _put_back(module: str, name: str, before: Any) -> None:
    *classes, last = name.split(".")
    owner = importlib.import_module(module)
    for each in classes:
        owner = getattr(owner, each)
    if before is None:
        delattr(owner, last)
    else:
        setattr(owner, last, before)


Ask = Callable[[Alone], list[Any]]


def compare(names: Sequence[str], ask: Ask) -> list[tuple[object, ...]]:
    """For no name and for each of ``names``: how many sets were closed and how many of these lack
    what was written, how many differ from those with all changes, and seconds of computing.

    ``ask`` returns one ``Outcome`` of ``soundness`` for each site.
    """
    if "all" in names:
        from analysis.semantics.jedi_provider.patches.known import REPLACED

        names = [f"{module}.{name}" for module, found in REPLACED.items() for name in found]
    rows: list[tuple[object, ...]] = []
    whole, _ = _answers((), ask)
    for without in ["", *names]:
        found, seconds = _answers(without.split("+") if without else (), ask)
        if not found:
            rows.append((without, "-", "-", "-", "ended"))
            continue
        closed = [o for o in found if o.tier == Tier.CLOSED.value]
        other = sum(_told(a) != _told(b) for a, b in zip(whole, found, strict=True))
        missed = sum(not o.found for o in closed)
        rows.append(
            (without or "(nothing)", f"{100 * len(closed) / len(found):.2f}", missed, other,
             f"{seconds:.1f}")
        )  # fmt: skip
        print(*rows[-1], flush=True)
    return rows


def _told(outcome: Any) -> tuple[object, ...]:
    return outcome.tier, outcome.found, outcome.names


def _answers(without: Sequence[str], ask: Ask) -> tuple[list[Any], float]:
    """The outcomes, and the seconds of computing; no outcomes where the child did not end well."""
    reader, writer = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_child, args=(writer, without, ask))
    child.start()
    writer.close()
    found: tuple[list[Any], float] = [], 0.0
    end = time.monotonic() + _PATIENCE_S
    try:
        if reader.poll(max(0.0, end - time.monotonic())):
            found = reader.recv()
    except EOFError:
        pass
    child.kill()
    child.join()
    return found


def _child(writer: Any, without: Sequence[str], ask: Ask) -> None:
    sys.setrecursionlimit(_RECURSION)
    threading.stack_size(_STACK)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def work() -> None:
        outcomes = ask(Alone(without))
        writer.send((outcomes, time.process_time()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
