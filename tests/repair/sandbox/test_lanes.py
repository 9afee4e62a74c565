"""Several candidates at once in one sandbox: nothing of one reaches another, or who asks."""

from __future__ import annotations

import os
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation, Deadline
from decoding.errors import CancelledError
from repair.candidates.candidate import Candidate
from repair.errors import SandboxDiedError
from repair.failure.command import parse
from repair.failure.diagnosing import diagnose
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.policy import Policy
from repair.sandbox.run import Plan, Run, Terms
from repair.sandbox.watch import descendants
from repair.sandbox.workbench import Workbench
from repair.search.loop import Search
from repair.search.trials import Kind, Trial, Trials
from repair.source.file import OffsetEdit, Source
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox


@pytest.fixture
def policy(sandbox: StartSandbox) -> Policy:
    """Of a sandbox over the workspace."""
    return sandbox().policy


def _plan(workspace: Path, code: str) -> Plan:
    return Plan("code", "c", (textwrap.dedent(code),), str(workspace), path0=str(workspace))


def _at_once(server: ForkServer, workspace: Path, *codes: str, wall: float = 30.0) -> list[Run]:
    with ThreadPoolExecutor(len(codes)) as threads:
        plans = [_plan(workspace, code) for code in codes]
        return list(threads.map(lambda plan: server.run(plan, {}, Terms(wall=wall)), plans))


def test_runs_overlap_and_each_sees_a_world_of_its_own(policy: Policy, workspace: Path) -> None:
    (workspace / "data.txt").write_text("before")
    write = """
        import os, tempfile, time
        mine = {!r}
        open("data.txt", "w").write(mine)
        open(os.path.join(tempfile.gettempdir(), mine), "w").close()
        os.environ["MINE"] = mine
        print(time.monotonic())
        time.sleep(1.5)
        print(time.monotonic())
        print(open("data.txt").read(), sorted(set("abc") & set(os.listdir(tempfile.gettempdir()))))
    """
    with ForkServer(policy, str(workspace / "m.py"), 1, most_lanes=3) as server:
        server.spread(3)
        assert server.lanes == 3
        runs = _at_once(server, workspace, *(write.format(name) for name in "abc"))
        spans = [run.output.split("\n") for run in runs]
        assert [span[2] for span in spans] == [f"{n} {[n]}" for n in "abc"]
        assert max(float(span[0]) for span in spans) < min(float(span[1]) for span in spans)
        look = "import os; print(open('data.txt').read(), os.environ.get('MINE'))"
        again = _at_once(server, workspace, *[look] * 3)
        assert {run.output.strip() for run in again} == {"before None"}


def test_what_a_run_leaves_running_ends_with_it_and_no_other(
    policy: Policy, workspace: Path
) -> None:
    """One starts a process that leaves its group; another one's is at work meanwhile."""
    leave = """
        import os, time
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)
    """
    work = """
        import subprocess, sys
        wait = "import time; time.sleep(2); print('undisturbed', flush=True)"
        subprocess.run([sys.executable, "-c", wait], start_new_session=True)
    """
    with ForkServer(policy, str(workspace / "m.py"), 1, most_lanes=2) as server:
        server.spread(2)
        (left, worked) = _at_once(server, workspace, leave, work)
        assert left.ended == worked.ended == "done"
        assert worked.output.strip() == "undisturbed"
        count = "import os; print(sum(name.isdigit() for name in os.listdir('/proc')))"
        processes = {run.output.strip() for run in _at_once(server, workspace, count)}
        # The first process, the one that waits for the lanes, these and the run itself.
        assert max(map(int, processes)) <= 6


def test_runs_at_once_may_listen_at_the_same_port(policy: Policy, workspace: Path) -> None:
    listen = """
        import socket, time
        with socket.create_server(("127.0.0.1", 8765)) as server:
            time.sleep(1.5)
            with socket.create_connection(("127.0.0.1", 8765)) as caller:
                server.accept()[0].sendall(b"heard")
                print(caller.recv(5).decode())
    """
    with ForkServer(policy, str(workspace / "m.py"), 1, most_lanes=3) as server:
        server.spread(3)
        runs = _at_once(server, workspace, *[listen] * 3)
        assert [run.output.strip() for run in runs] == ["heard"] * 3


def test_where_importing_the_tests_starts_a_service_there_is_one_lane(
    policy: Policy, workspace: Path
) -> None:
    """It listens where the tests were imported, and each run is to reach it there."""
    (workspace / "m.py").write_text(MODULE)
    service = "import socket\nservice = socket.create_server(('127.0.0.1', 8765))\n"
    (workspace / "test_m.py").write_text(service + TESTS)
    plan = parse("python -m pytest test_m.py", str(workspace)).plan
    with Workbench(policy, str(workspace / "m.py"), 1, {}, Cancellation()) as bench:
        assert bench.hold(plan, 60.0) is not None
        bench.spread(3)
        assert bench.warm is not None
        assert bench.warm.lanes == 1
        run = bench.warm.patch(replace(plan, select=bench.held), (), Terms(wall=20))
        assert run.bad()


def test_a_run_holds_no_end_of_a_lane(policy: Policy, workspace: Path) -> None:
    """It could answer for another there. Of pipes it has what it prints to and what it tells by."""
    look = """
        import os
        def where(number):
            try:
                return os.readlink("/proc/self/fd/" + number)
            except OSError:
                return ""
        print(len({where(n) for n in os.listdir("/proc/self/fd") if "pipe:" in where(n)}))
    """
    with ForkServer(policy, str(workspace / "m.py"), 1, most_lanes=3) as server:
        before = server.run(_plan(workspace, look), {}, Terms(wall=20))
        server.spread(3)
        runs = [before, *_at_once(server, workspace, *[look] * 3)]
        assert [run.output.strip() for run in runs] == ["2"] * 4


def test_a_copy_that_all_runs_share_has_one_lane(policy: Policy, workspace: Path) -> None:
    shared = replace(policy, overlays=False)
    with ForkServer(shared, str(workspace / "m.py"), 1, most_lanes=3) as server:
        server.spread(3)
        assert server.lanes == 1


def test_where_memory_is_scarce_there_are_fewer(policy: Policy, workspace: Path) -> None:
    scarce = replace(policy, limits=replace(policy.limits, resident=100 * 1024**2))
    with ForkServer(scarce, str(workspace / "m.py"), 1, most_lanes=3) as server:
        server.spread(3)
        assert server.lanes == 1
        assert _at_once(server, workspace, "print(1)")[0].output == "1\n"


def test_where_one_brings_the_sandbox_down_all_hear_of_it(policy: Policy, workspace: Path) -> None:
    kill = """
        import os, signal
        os.kill(os.getppid(), signal.SIGKILL)
    """
    wait = "import time; time.sleep(60)"
    with ForkServer(policy, str(workspace / "m.py"), 1, most_lanes=3) as server:
        server.spread(3)
        began = time.monotonic()
        with ThreadPoolExecutor(3) as threads:
            runs = [
                threads.submit(server.run, _plan(workspace, code), {}, Terms(wall=50))
                for code in (wait, wait, kill)
            ]
            for run in runs:
                assert isinstance(run.exception(), SandboxDiedError)
        assert time.monotonic() - began < 30


def test_nothing_is_left_when_it_is_cancelled_or_closed_while_all_are_at_work(
    policy: Policy, workspace: Path
) -> None:
    """The end closes what threads wait for: they must have seen it before."""
    for end in ("cancel", "close"):
        cancellation = Cancellation()
        before = set(descendants(os.getpid(), 1000))
        server = ForkServer(
            policy, str(workspace / "m.py"), 1, most_lanes=3, cancellation=cancellation
        )
        server.spread(3)
        loop = _plan(workspace, "while True: pass")
        with ThreadPoolExecutor(3) as threads:
            runs = [threads.submit(server.run, loop, {}, Terms(wall=50)) for _ in range(3)]
            threading.Event().wait(0.5)
            if end == "cancel":
                cancellation.cancel()
            server.close()
            kinds = {type(run.exception()) for run in runs}
        assert kinds == {CancelledError if end == "cancel" else SandboxDiedError}
        assert set(descendants(os.getpid(), 1000)) <= before


MODULE = "def double(number):\n    return number + 3\n"
TESTS = "from m import double\n\n\ndef test_it():\n    assert double(2) == 4\n"


def _candidates(*texts: str) -> list[Candidate]:
    start = MODULE.index("number + 3")
    return [
        Candidate(
            (OffsetEdit(start, start + len("number + 3"), text),), "template: it", 0.9**place, 2
        )
        for place, text in enumerate(texts)
    ]


def _searched(policy: Policy, workspace: Path, lanes: int, *texts: str) -> list[Trial]:
    (workspace / "m.py").write_text(MODULE)
    (workspace / "test_m.py").write_text(TESTS)
    source = Source(str(workspace / "m.py"), MODULE)
    command = parse("python -m pytest test_m.py", str(workspace))
    with Workbench(policy, source.path, 2, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, command, bench, Deadline.after(120))
        bench.spread(lanes)
        trials = Trials(source, diagnosis, bench)
        search = Search(source, trials, _candidates(*texts), None, Deadline.after(120))
        return list(filter(None, search.run()))


@pytest.mark.parametrize("late", [True, False], ids=["late", "never"])
def test_where_nothing_has_passed_in_time_it_is_looked_for_until_late(
    policy: Policy, workspace: Path, late: bool
) -> None:
    (workspace / "m.py").write_text(MODULE)
    (workspace / "test_m.py").write_text(TESTS)
    source = Source(str(workspace / "m.py"), MODULE)
    command = parse("python -m pytest test_m.py", str(workspace))
    texts = ["number * 2", *(f"number + {n + 10}" for n in range(12))]
    with Workbench(policy, source.path, 2, {}, Cancellation()) as bench:
        diagnosis = diagnose(source, command, bench, Deadline.after(120))
        trials = Trials(source, diagnosis, bench)
        search = Search(source, trials, _candidates(*texts), None, Deadline.after(-1))
        search.late = Deadline.after(120) if late else None
        found = [trial.kind for trial in filter(None, search.run())]
    # What has passed is to be validated now: nothing else is tried.
    assert found == ([Kind.PLAUSIBLE] if late else [])


def test_what_is_found_and_when_does_not_depend_on_the_number_of_lanes(
    policy: Policy, workspace: Path
) -> None:
    """One hangs, and comes again with more patience; the last is found however many run."""
    hang = "[0 for _ in iter(int, 1)]"
    texts = [*(f"number + {n + 10}" for n in range(12)), hang, "number * 2"]
    found = [
        [(t.candidate.edits[0].new, t.kind) for t in _searched(policy, workspace, lanes, *texts)]
        for lanes in (1, 3)
    ]
    assert found[0] == found[1]
    assert found[0].count(("number * 2", Kind.PLAUSIBLE)) == 1
    assert found[0].count((hang, Kind.SLOW)) == 3


def test_who_was_there_when_the_sandbox_was_brought_down_is_not_blamed(
    policy: Policy, workspace: Path
) -> None:
    kill = "__import__('os').kill(__import__('os').getppid(), 9)"
    slow = "[__import__('time').sleep(0.3), number * 2][1]"
    trials = _searched(policy, workspace, 3, "number + 9", kill, slow, "number - 1", "2 * number")
    kinds = {trial.candidate.edits[0].new: trial.kind for trial in trials}
    assert kinds == {
        "number + 9": Kind.WORSE,
        kill: Kind.WORSE,
        slow: Kind.PLAUSIBLE,
        "number - 1": Kind.WORSE,
        "2 * number": Kind.PLAUSIBLE,
    }


def test_what_is_held_anew_has_as_many_lanes(policy: Policy, workspace: Path) -> None:
    """A trace may hold other tests in the middle of a search."""
    (workspace / "m.py").write_text(MODULE)
    (workspace / "test_m.py").write_text(TESTS)
    plan = parse("python -m pytest test_m.py", str(workspace)).plan
    with Workbench(policy, str(workspace / "m.py"), 1, {}, Cancellation()) as bench:
        bench.spread(2)
        assert bench.hold(plan, 60.0) is not None
        assert bench.warm is not None
        assert bench.warm.lanes == bench.cold().lanes == 2


def test_who_wants_to_be_alone_is(policy: Policy, workspace: Path) -> None:
    """Two threads want to be, while candidates run."""
    here: list[int] = []
    most: list[int] = []

    def work(most_here: int) -> None:
        here.append(1)
        if len(here) > most_here:
            most.append(len(here))
        time.sleep(0.02)
        here.pop()

    with Workbench(policy, str(workspace / "m.py"), 1, {}, Cancellation()) as bench:
        bench.spread(3)

        def alone() -> None:
            for _ in range(10):
                with bench.alone():
                    work(1)

        begun = [bench.begin(lambda: work(3), lambda: 3) for _ in range(60)]
        threads = [threading.Thread(target=alone) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for each in begun:
            each.result()
    assert not most


def test_a_bench_that_ends_ends_what_was_begun(policy: Policy, workspace: Path) -> None:
    with Workbench(policy, str(workspace / "m.py"), 1, {}, Cancellation()) as bench:
        bench.spread(2)
        loop = _plan(workspace, "while True: pass")
        begun = [
            bench.begin(lambda: bench.cold().run(loop, {}, Terms(wall=50)), lambda: 2)
            for _ in range(4)
        ]
        threading.Event().wait(1.0)
    assert all(each.done() for each in begun)
    assert not [each for each in begun if not each.cancelled() and each.exception() is None]
