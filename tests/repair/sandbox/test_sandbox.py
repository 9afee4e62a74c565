"""The sandbox against code that means harm or goes wrong; every claim is looked at from outside."""

from __future__ import annotations

import contextlib
import socket
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.deadline import Cancellation
from decoding.errors import CancelledError
from repair.errors import RepairError, SandboxDiedError, SandboxUnavailableError
from repair.failure.command import parse
from repair.sandbox import bubblewrap
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.interpreter import Interpreter
from repair.sandbox.policy import Limits, Policy
from repair.sandbox.run import Outcome, Plan, Run, Terms
from tests.repair.conftest import StartSandbox

pytestmark = pytest.mark.sandbox


def _run(
    server: ForkServer, workspace: Path, code: str, *, wall: float = 20.0, cpu: float = 0.0
) -> Run:
    plan = Plan("code", "the code", (textwrap.dedent(code),), str(workspace), path0=str(workspace))
    return server.run(plan, {}, Terms(wall=wall, cpu=cpu))


def _said(run: Run) -> str:
    return run.output.strip()


def test_what_is_written_stays_inside_and_does_not_reach_the_next_run(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "data.txt").write_text("before")
    server = sandbox()
    assert server.private, server.why_not_private
    write = """
        import os, tempfile
        open("data.txt", "a").write(" and after")
        open("new.txt", "w").close()
        open(os.path.join(tempfile.gettempdir(), "left"), "w").close()
        os.remove("data.txt")
        print(os.path.exists("data.txt"))
    """
    assert _said(_run(server, workspace, write)) == "False"
    look = """
        import os, tempfile
        left = os.path.exists(tempfile.gettempdir() + "/left")
        print(open("data.txt").read(), sorted(os.listdir(".")), left)
    """
    assert _said(_run(server, workspace, look)) == "before ['data.txt'] False"
    assert (workspace / "data.txt").read_text() == "before"
    assert [path.name for path in workspace.iterdir()] == ["data.txt"]


@pytest.mark.parametrize("overlays", [True, False])
def test_tests_are_held_on_texts_that_stand_for_the_disk(
    sandbox: StartSandbox, workspace: Path, overlays: bool
) -> None:
    """The disk cannot even be imported; what is new in the held state is gone with it."""
    (workspace / "m.py").write_text("def half(n):\n")
    (workspace / "check.py").write_text(
        "import other\nfrom m import half\n\nopen('/tmp/left', 'a').close()\n"
        "assert half(4) == other.TWO\n"
    )
    text = "def half(n):\n    return n // 3\n"
    files = {str(workspace / "m.py"): text.encode(), str(workspace / "other.py"): b"TWO = 2\n"}
    plan = parse("python check.py", str(workspace)).plan
    server = sandbox(overlays=overlays)
    held = server.hold(plan, wall=30, files=files)
    assert held is not None
    select = replace(plan, select=held[0])
    assert server.patch(select, (), Terms(wall=10)).bad()
    fixed = [(text, text.replace("3", "2"))]
    for private in (False, True):
        assert server.patch(select, fixed, Terms(wall=10, private=private)).passed()
    server.release()
    look = "import os; print(open('m.py').read(), sorted(os.listdir('.')))"
    assert _said(_run(server, workspace, look)) == "def half(n):\n ['check.py', 'm.py']"
    assert (workspace / "m.py").read_text() == "def half(n):\n"


def test_files_outside_can_be_neither_read_nor_deleted(
    sandbox: StartSandbox, workspace: Path
) -> None:
    secret = workspace.parent / "secret.txt"
    secret.write_text("s3cret")
    code = f"""
        import os, shutil
        for act in (open, os.remove, shutil.rmtree):
            try:
                act({str(secret)!r})
            except OSError as error:
                print(type(error).__name__)
        shutil.rmtree({str(workspace.parent)!r}, ignore_errors=True)
        shutil.rmtree("/usr/lib", ignore_errors=True)
        print(os.path.exists("/etc/shadow"), os.path.exists({str(Path("~/.ssh").expanduser())!r}))
        print(os.path.isdir("/usr/lib"))
    """
    said = _said(_run(sandbox(), workspace, code)).split("\n")
    assert said == ["FileNotFoundError"] * 3 + ["False False", "True"]
    assert secret.read_text() == "s3cret"


def test_there_is_no_network_unless_it_is_allowed(sandbox: StartSandbox, workspace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code = f"""
            import socket
            try:
                socket.create_connection(("127.0.0.1", {port}), timeout=5).close()
                print("reached")
            except OSError:
                print("no way")
        """
        assert _said(_run(sandbox(), workspace, code)) == "no way"
        assert _said(_run(sandbox(network=True), workspace, code)) == "reached"


def test_a_path_can_be_allowed_and_is_read_only(sandbox: StartSandbox, workspace: Path) -> None:
    shown = workspace.parent / "shown"
    shown.mkdir()
    (shown / "a").write_text("seen")
    code = f"""
        print(open({str(shown / "a")!r}).read())
        try:
            open({str(shown / "b")!r}, "w")
        except OSError:
            print("read-only")
    """
    assert _said(_run(sandbox(readable=(str(shown),)), workspace, code)) == "seen\nread-only"
    with pytest.raises(RepairError, match="no such file or folder"):
        sandbox(readable=(str(shown / "absent"),))


def test_a_run_yields_to_others_by_as_much_as_its_limits_say(
    sandbox: StartSandbox, workspace: Path
) -> None:
    look = "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"
    before = int(_said(_run(sandbox(), workspace, look)))
    assert int(_said(_run(sandbox(limits=Limits(nice=3)), workspace, look))) == min(before + 3, 19)


def test_the_environment_is_clean(
    sandbox: StartSandbox, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("API_TOKEN", "s3cret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    code = """
        import os
        print(os.environ.get("API_TOKEN"), os.environ["LC_ALL"], os.listdir(os.environ["HOME"]))
    """
    assert _said(_run(sandbox(), workspace, code)) == "None C.UTF-8 []"


def test_a_loop_ends_by_processor_time_and_a_sleep_by_the_wall_clock(
    sandbox: StartSandbox, workspace: Path
) -> None:
    server = sandbox()
    spun = _run(server, workspace, "while True: pass", cpu=0.2)
    assert (spun.ended, spun.tests[0].outcome) == ("timeout", Outcome.TIMEOUT)
    # One call into C that never comes back to the interpreter.
    stuck = _run(server, workspace, "pow(7, 10**9)", cpu=0.2)
    assert stuck.ended == "timeout"
    slept = _run(server, workspace, "import time; time.sleep(60)", wall=0.5)
    assert slept.ended == "timeout"
    assert _run(server, workspace, "print('alive')").passed()


def test_what_importing_takes_is_no_silence_of_a_test(
    sandbox: StartSandbox, workspace: Path
) -> None:
    (workspace / "test_m.py").write_text(
        "import time\n\ntime.sleep(3)\n\ndef test_quick():\n    pass\n\n"
        "def test_silent():\n    time.sleep(60)\n"
    )
    plan = parse("python -m pytest test_m.py", str(workspace)).plan
    run = sandbox().run(plan, {}, Terms(wall=60, idle=1.5, importing=30))
    assert run.ended == "timeout"
    assert [(test.id, test.outcome) for test in run.tests] == [
        ("test_m.py::test_quick", Outcome.PASSED),
        ("test_m.py::test_silent", Outcome.TIMEOUT),
    ]


def test_a_run_ends_early_only_where_a_test_is_bad_by_then(
    sandbox: StartSandbox, workspace: Path
) -> None:
    slow = "import time\n\ndef test_slow():\n    time.sleep({})\n"
    (workspace / "test_bad.py").write_text("def test_bad():\n    assert 0\n\n" + slow.format(60))
    (workspace / "test_good.py").write_text("def test_good():\n    pass\n\n" + slow.format(5))
    plan = parse("python -m pytest test_bad.py", str(workspace)).plan
    server = sandbox()
    run = server.run(plan, {}, Terms(wall=60, early=(4, 50)))
    # The other one was cut off, which says nothing about it.
    assert run.ended == "early"
    assert [test.outcome for test in run.tests] == [Outcome.FAILED]
    plan = parse("python -m pytest test_good.py", str(workspace)).plan
    assert server.run(plan, {}, Terms(wall=60, early=(4, 50))).passed()


def test_files_that_hold_no_chosen_test_are_not_imported(
    sandbox: StartSandbox, workspace: Path
) -> None:
    test = "def test_it():\n    assert not __import__('pathlib').Path('/tmp/seen').exists()\n"
    for name in ("a", "b"):
        (workspace / name).mkdir()
        (workspace / name / "__init__.py").write_text("")
        (workspace / name / f"test_{name}.py").write_text(test)
    (workspace / "test_other.py").write_text("open('/tmp/seen', 'w')\nraise OSError\n")
    plan = parse("python -m pytest", str(workspace)).plan
    chosen = ("b/test_b.py::test_it", "a/test_a.py::test_it")
    run = sandbox().run(replace(plan, select=chosen), {}, Terms(wall=60))
    assert [(t.id, t.outcome) for t in run.tests] == [(t, Outcome.PASSED) for t in chosen]
    # One that cannot be imported is chosen by its name; what names no file may be anywhere.
    for test in ("test_other.py", "collection"):
        run = sandbox().run(replace(plan, select=(test,)), {}, Terms(wall=60))
        assert "test_other.py" in {test.id for test in run.tests if test.outcome.bad}


def test_a_hundred_megabytes_of_output_are_not_kept(sandbox: StartSandbox, workspace: Path) -> None:
    code = "import sys\nfor _ in range(100): sys.stdout.write('x' * 1_000_000)\nprint('end')"
    run = _run(sandbox(), workspace, code)
    assert run.passed()
    assert run.output.endswith("end\n")
    assert len(run.output) <= 8192


def test_a_fork_bomb_is_over_soon_and_leaves_nothing(
    sandbox: StartSandbox, workspace: Path
) -> None:
    server = sandbox(limits=Limits(processes=64))
    before = _processes()
    code = """
        import os
        while True:
            try:
                os.fork()
            except OSError:
                pass
    """
    began = time.monotonic()
    # Under the kernel's limit the bomb runs into its time limit; root is not bound by that one
    # and is stopped by the watch.
    with contextlib.suppress(SandboxDiedError):
        assert _run(server, workspace, code, wall=3.0).ended == "timeout"
    assert time.monotonic() - began < 20
    server.close()
    assert _processes() <= before + 8


def _processes() -> int:
    return sum(path.name.isdigit() for path in Path("/proc").iterdir())


def test_memory_and_file_size_are_limited(sandbox: StartSandbox, workspace: Path) -> None:
    limits = Limits(address_space=600 << 20, file_size=1 << 20, tmp_bytes=8 << 20)
    server = sandbox(limits=limits)
    code = """
        try:
            bytearray(1 << 30)
        except MemoryError:
            print("memory")
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        try:
            open("big", "wb").write(bytes(2 << 20))
        except OSError:
            print("file")
        try:
            for number in range(100):
                open(f"many{number}", "wb").write(bytes(1 << 19))
        except OSError:
            print("disk")
    """
    assert _said(_run(server, workspace, code)) == "memory\nfile\ndisk"


def test_memory_that_processes_take_together_is_limited(
    sandbox: StartSandbox, workspace: Path
) -> None:
    server = sandbox(limits=Limits(resident=200 << 20))
    code = """
        import os, time
        for _ in range(8):
            if os.fork() == 0:
                held = b"x" * (64 << 20)
                time.sleep(600)
        os.wait()
    """
    with pytest.raises(SandboxDiedError, match="200 MiB of memory"):
        _run(server, workspace, code, wall=30)


def test_of_etc_only_what_programs_need_is_shown(sandbox: StartSandbox, workspace: Path) -> None:
    said = _said(_run(sandbox(), workspace, "import os; print(*os.listdir('/etc'))"))
    needed = {"passwd", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "nsswitch.conf"}
    needed |= {"localtime", "timezone", "alternatives", "mime.types", "ssl", "ca-certificates"}
    assert set(said.split()) <= needed | {"pki", "python3"}


def test_a_process_left_behind_is_ended_with_its_run(
    sandbox: StartSandbox, workspace: Path
) -> None:
    server = sandbox()
    code = """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        os.wait()
        print("parent done")
    """
    began = time.monotonic()
    assert _said(_run(server, workspace, code)) == "parent done"
    assert time.monotonic() - began < 15
    count = "import os; print(sum(n.isdigit() for n in os.listdir('/proc')))"
    # The init of the namespace, the server, and the run that counts.
    assert int(_said(_run(server, workspace, count))) <= 3


def test_killing_the_server_from_inside_is_an_error_and_no_hang(
    sandbox: StartSandbox, workspace: Path
) -> None:
    server = sandbox()
    with pytest.raises(SandboxDiedError):
        _run(server, workspace, "import os; os.kill(os.getppid(), 9)")


def test_cancelling_ends_a_run(workspace: Path, interpreter: Interpreter) -> None:
    cancellation = Cancellation()
    policy = Policy(str(workspace), interpreter)
    server = ForkServer(policy, str(workspace / "m.py"), 10, cancellation=cancellation)
    timer = threading.Timer(0.3, cancellation.cancel)
    timer.start()
    began = time.monotonic()
    with pytest.raises(CancelledError):
        _run(server, workspace, "while True: pass")
    assert time.monotonic() - began < 10
    server.close()


def test_names_of_the_workspace_cannot_shadow_the_probe(
    sandbox: StartSandbox, workspace: Path
) -> None:
    for name in ("json", "select", "traceback", "server", "lines", "sitecustomize"):
        (workspace / f"{name}.py").write_text("raise SystemExit('hijacked')")
    assert _run(sandbox(), workspace, "print('fine')").passed()


def test_it_fails_closed(monkeypatch: pytest.MonkeyPatch, sandbox: StartSandbox) -> None:
    monkeypatch.setattr(bubblewrap, "_installed", lambda: ["/bin/false"])
    bubblewrap.bwrap_path.cache_clear()
    try:
        with pytest.raises(SandboxUnavailableError) as caught:
            sandbox()
        assert "--no-sandbox" in caught.value.help
    finally:
        bubblewrap.bwrap_path.cache_clear()


def test_a_workspace_that_holds_the_home_is_refused(interpreter: Interpreter) -> None:
    with pytest.raises(RepairError, match="whole home"):
        ForkServer(Policy(str(Path.home().resolve()), interpreter), "/x.py", 1)


def test_without_overlays_a_copy_is_shared(sandbox: StartSandbox, workspace: Path) -> None:
    (workspace / "m.py").write_text("x = 1")
    server = sandbox(overlays=False)
    assert not server.private
    code = "import m; print(m.x); open('new', 'w').close()"
    plan = Plan("code", "c", (code,), str(workspace), path0=str(workspace))
    run = server.run(plan, {str(workspace / "m.py"): b"x = 2"}, Terms(wall=20))
    assert _said(run) == "2"
    assert _said(_run(server, workspace, "import m, os; print(m.x, os.listdir())")) != "2"
    assert (workspace / "m.py").read_text() == "x = 1"
    assert [path.name for path in workspace.iterdir()] == ["m.py"]


def test_without_a_sandbox_a_copy_is_used(sandbox: StartSandbox, workspace: Path) -> None:
    (workspace / "m.py").write_text("x = 1")
    server = sandbox(confined=False)
    code = "import m; print(m.x); open('new', 'w').close()"
    plan = Plan("code", "c", (code,), str(workspace), path0=str(workspace))
    run = server.run(plan, {str(workspace / "m.py"): b"x = 2"}, Terms(wall=20))
    assert _said(run) == "2"
    assert (workspace / "m.py").read_text() == "x = 1"
    assert [path.name for path in workspace.iterdir()] == ["m.py"]


def test_sources_installed_in_place_are_the_workspace_and_can_be_replaced(
    workspace: Path, interpreter: Interpreter
) -> None:
    """An editable installation puts a folder of the workspace on the interpreter's path."""
    (workspace / "src").mkdir()
    (workspace / "src" / "m.py").write_text("x = 1\n")
    own = replace(interpreter, folders=(*interpreter.folders, str(workspace / "src")))
    plan = Plan("code", "the code", ("import m; print(m.x)",), str(workspace), path0="src")
    target = str(workspace / "src" / "m.py")
    for overlays in (True, False):
        policy = Policy(str(workspace), own, overlays=overlays)
        with ForkServer(policy, target, 1) as server:
            run = server.run(plan, {target: b"x = 2\n"}, Terms(wall=20))
            assert _said(run) == "2", run
            assert _said(server.run(plan, {}, Terms(wall=20))) == "1"


def test_a_command_finds_python_where_the_machine_has_python3_alone(
    sandbox: StartSandbox, workspace: Path, interpreter: Interpreter, tmp_path: Path
) -> None:
    bin_ = tmp_path / "alone" / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "python3").symlink_to(Path(sys.executable).resolve())
    folders = (*interpreter.folders, str(bin_.parent))
    alone = replace(interpreter, executable=str(bin_ / "python3"), folders=folders)
    plan = Plan("command", "python -c 'import sys; print(sys.executable)'", (), str(workspace))
    run = sandbox(interpreter=alone).run(plan, {}, Terms(wall=20))
    assert run.passed(), run.output
