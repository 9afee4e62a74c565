"""Our end of the fork-server: one sandbox, many runs, each in a fresh fork inside it.

After :meth:`ForkServer.spread`, as many threads as it has lanes can be in it at once: each lane is
a process of its own in the sandbox that forks for one run after the other.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import stat
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self, TypeVar

from analysis.deadline import Cancellation
from decoding.errors import CancelledError
from repair.errors import ForgedAnswerError, RepairError, SandboxDiedError
from repair.sandbox import bubblewrap
from repair.sandbox.answers import Held, Setup, Traced, behaviour_of, run_of, value_of
from repair.sandbox.channel import Channel
from repair.sandbox.nodes import read_only_nodes
from repair.sandbox.policy import Policy
from repair.sandbox.run import Behaviour, Plan, Preload, Run, Terms
from repair.sandbox.syscalls import join_new_session_keyring, seccomp_filter
from repair.sandbox.visible import shown
from repair.sandbox.watch import Watch, end_namespace

#: Beyond a run's own limit: what the server may take to kill, reap and answer.
_GRACE_S = 5.0
_START_S = 30.0
_STDERR_TAIL = 4096
#: A lane and its run count as much as the sandbox did before; as much again for what runs take.
_TIMES_PER_LANE = 4
_BOOT = (
    "import sys; sys.path[0] = {parent!r}; "
    "import {package}.server as server; sys.path.pop(0); server.main({lanes!r})"
)
#: Why a sandbox is ended whose answers are malformed: the code under test can write them.
_NONSENSE = "the code under test wrote into the answers of the sandbox"
_Value = TypeVar("_Value")
#: Folders that no test imports and that make copies slow.
_NOT_COPIED = (".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache")


class ForkServer:
    """A started sandbox. ``private`` tells whether each run has its own view of the workspace.

    Of threads that ask at once, all but as many as there are ``lanes`` wait. There may be up to
    ``most_lanes``, where each run has its own view.
    Close it, or use it as a context manager. Starting raises
    :class:`~repair.errors.SandboxUnavailableError` or :class:`~repair.errors.RepairError`; every
    request raises :class:`SandboxDiedError` when the sandbox is gone and
    :class:`~decoding.errors.CancelledError` when cancelled.
    """

    def __init__(
        self,
        policy: Policy,
        target: str,
        lines: int,
        *,
        cancellation: Cancellation | None = None,
        most_lanes: int = 1,
    ) -> None:
        self.policy = policy
        #: How many runs can be made at once.
        self.lanes = 1
        #: Whether tests are held collected: then ``patch``, not ``run``.
        self.held = False
        self._target = target
        # Inserted lines move the last ones down.
        self._most = lines + 200
        self._folder: Path | None = None
        self._moved: Path | None = None
        self._cancellation = cancellation or Cancellation()
        self._most_lanes = most_lanes
        if policy.confined and policy.overlays:
            answer = self._start(None)
            if answer.private:
                self.private, self.why_not_private = True, ""
                return
            # No overlays here: all runs share a copy, which nobody else sees.
            self._end()
            self.why_not_private = answer.why
        else:
            self.why_not_private = "not asked for"
        self.private = False
        self._start(self._copied())

    def _start(self, copy: Path | None) -> Setup:
        policy, limits = self.policy, self.policy.limits
        self._stderr = bytearray()
        self._waiting: list[Channel] = []
        self._process = self._confined(copy) if policy.confined else self._unconfined(copy)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        #: Those at which nothing is asked.
        self._free: queue.SimpleQueue[Channel] = queue.SimpleQueue()
        self._free.put(Channel(self._process.stdin, self._process.stdout))
        self._watch = Watch(self._process.pid, limits)
        self._forget = self._cancellation.on_cancel(self._kill)
        request = {
            "op": "setup",
            "workspace": policy.workspace,
            "target": self.inside(self._target),
            "lines": self._most,
            "private": copy is None,
            "shown": shown(policy) if policy.confined else [],
            "limits": {
                "address_space": limits.address_space,
                "file_size": limits.file_size,
                "processes": limits.processes,
                "tmp_bytes": limits.tmp_bytes,
                "nice": limits.nice,
            },
        }
        try:
            return self._told(self._ask(request, _START_S), lambda body: value_of(body, Setup))
        except BaseException:
            # Nobody has it yet who could close it.
            self.close()
            raise

    def _copied(self) -> Path:
        """A copy of the workspace, without what no test imports."""
        self._folder = Path(tempfile.mkdtemp(prefix="pilotfish-copy-"))
        try:
            shutil.copytree(
                self.policy.workspace,
                self._folder / "workspace",
                symlinks=True,
                ignore=_not_copied,
                ignore_dangling_symlinks=True,
            )
        except (OSError, shutil.Error) as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise RepairError(
                f"the workspace cannot be copied: {error}", where=self.policy.workspace
            ) from None
        return self._folder / "workspace"

    def _confined(self, copy: Path | None) -> subprocess.Popen[bytes]:
        # Where all runs share a copy there is one lane.
        pipes = [os.pipe() + os.pipe() for _ in range(1, self._most_lanes if copy is None else 1)]
        theirs = [(asked, said) for asked, _ask, _heard, said in pipes]
        try:
            boot = _BOOT.format(
                parent=bubblewrap.PROBE_PARENT, package=bubblewrap.PROBE_PACKAGE, lanes=theirs
            )
            inner = [self.policy.interpreter.executable, "-c", boot]
            who, seccomp = bubblewrap.identity(self.policy), _filter()
            if copy is not None and who is not None:
                _give(copy, *who)
            words = bubblewrap.command_line(
                self.policy,
                inner,
                str(copy) if copy else None,
                root=who is None and os.getuid() == 0,
                seccomp=seccomp,
            )
            passed = (*sum(theirs, ()), *(() if seccomp is None else (seccomp,)))
            try:
                return self._launch(words, cwd="/", env={}, pass_fds=passed, who=who)
            finally:
                if seccomp is not None:
                    os.close(seccomp)
        finally:
            for asked, ask, heard, said in pipes:
                os.close(asked)
                os.close(said)
                self._waiting.append(Channel(os.fdopen(ask, "wb"), os.fdopen(heard, "rb")))

    def _unconfined(self, copy: Path | None) -> subprocess.Popen[bytes]:
        assert copy is not None
        assert self._folder is not None
        # Nothing stands between: the code sees the copy under its own path.
        self._moved = copy
        package = self._folder / "probe" / bubblewrap.PROBE_PACKAGE
        package.parent.mkdir()
        package.symlink_to(Path(__file__).parent / "probe")
        boot = _BOOT.format(parent=str(package.parent), package=bubblewrap.PROBE_PACKAGE, lanes=())
        environment = {**os.environ, **bubblewrap.environment(self.policy)}
        environment |= {"HOME": os.environ.get("HOME", "/"), "TMPDIR": str(self._folder)}
        return self._launch(
            [self.policy.interpreter.executable, "-c", boot], cwd=str(copy), env=environment
        )

    def inside(self, text: str) -> str:
        """``text`` with the workspace's path as the code in the sandbox knows it."""
        if self._moved is None:
            return text
        return text.replace(self.policy.workspace, str(self._moved))

    def run(self, plan: Plan, files: Mapping[str, bytes], terms: Terms) -> Run:
        """Run ``plan`` in a fork that imports everything afresh, with ``files`` replaced."""
        request = {
            "op": "run",
            "plan": self._inside(plan.wire()),
            "files": self._files(files),
            **terms.wire(),
        }
        return self._run_told(self._ask(request, terms.wall + _GRACE_S), terms)

    def _files(self, files: Mapping[str, bytes]) -> dict[str, str]:
        return {self.inside(path): data.decode("latin-1") for path, data in files.items()}

    def preload(self, what: Preload) -> bool:
        """Import and compile ``what`` all later runs do anyway.

        False where a module of the workspace is loaded then, or an installed copy of one: where
        tests are not held, what is run here would not see that module's file replaced, and the
        sandbox is of no use any more.
        """
        request = {
            "op": "preload",
            "names": list(what.modules),
            "pytest": what.pytest and not self.held,
            "patterns": list(what.patterns),
            "own": list(what.own),
        }
        return self._ask(request, _START_S).get("clean") is True

    def hold(
        self, plan: Plan, *, wall: float, files: Mapping[str, bytes] | None = None
    ) -> tuple[tuple[str, ...], frozenset[int]] | None:
        """Collect ``plan``'s tests once, with ``files`` replaced, and stay there for :meth:`patch`.

        Returns the tests' ids and the lines of the target that ran while importing, or ``None``
        when nothing could be held: then every run must be a cold one.
        """
        request = {
            "op": "hold",
            "plan": self._inside(plan.wire()),
            "files": self._files(files or {}),
        }
        body = self._ask(request, wall)
        told = self._told(body, lambda body: value_of(body, Held))
        if not told.held:
            return None
        self.held = True
        return told.tests, told.imported

    def load(self, name: str, *, wall: float) -> frozenset[int]:
        """Import the target, the module ``name``, into the held state; which of its lines run."""
        body = self._ask({"op": "load", "name": name}, wall)
        return self._told(body, lambda body: value_of(body, Held)).imported

    def patch(self, plan: Plan, units: Sequence[tuple[str, str]], terms: Terms) -> Run:
        """Run ``plan.select`` in a fork of the held state, with new code for live functions.

        ``units`` are pairs of module texts, old and new (``LiveCode``). A run whose ``cannot``
        is set did not happen.
        """
        request = {
            "op": "patch",
            "plan": self._inside(plan.wire()),
            "units": [{"old": old, "new": new} for old, new in units],
            **terms.wire(),
        }
        return self._run_told(self._ask(request, terms.wall + _GRACE_S), terms)

    def behave(
        self,
        plan: Plan,
        variants: Sequence[Sequence[tuple[str, str]]],
        *,
        seconds: float,
        wall: float,
        asked: Sequence[tuple[str, str, str, str]] = (),
    ) -> Behaviour:
        """What the program as it is and each of ``variants`` (as for :meth:`patch`) answer to calls
        that ``plan.select`` makes and to calls like those; each may take so many ``seconds``.

        ``asked`` are calls to make besides, with what is wanted of them: a function's name,
        positional arguments, keywords and the result, as literals or ``raises NAME``."""
        request = {
            "op": "behave",
            "plan": self._inside(plan.wire()),
            "variants": [[{"old": old, "new": new} for old, new in units] for units in variants],
            "seconds": seconds,
            "wall": wall,
            "asked": [list(call) for call in asked],
        }
        return self._told(self._ask(request, wall + _GRACE_S), behaviour_of)

    def spread(self, lanes: int) -> None:
        """Make so many runs at once from now on, or as many as can be; once and for all.

        There are fewer where what was imported takes much memory: each lane counts as two more.
        There is one where the network is shared: two runs may want the same port.
        """
        room = self.policy.limits.resident // max(1, self._watch.resident())
        lanes = min(lanes, room // _TIMES_PER_LANE)
        if lanes > 1 and self._waiting and not self.policy.network:
            for channel in self._waiting[lanes - 1 :]:
                channel.close()
            del self._waiting[lanes - 1 :]
            told = self._ask({"op": "spread", "lanes": lanes}, _GRACE_S).get("lanes")
            if not isinstance(told, int) or not 1 <= told <= lanes:
                raise self._died(_NONSENSE, ForgedAnswerError)
            self.lanes = told
            if self.lanes > 1:
                for channel in self._waiting:
                    self._free.put(channel)
                self._waiting = []

    def release(self) -> None:
        """Leave the held state."""
        self._ask({"op": "release"}, _GRACE_S)
        self.held = False

    def close(self) -> None:
        """End the sandbox and everything in it."""
        self._end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self) -> None:
        self._forget()
        self._kill()
        try:
            self._process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._watch.stop()
        self._reader.join()
        # Threads that wait for an answer see that there will be none.
        ended = [self._free.get() for _ in range(self.lanes)]
        for channel in (*self._waiting, *ended):
            channel.close()
        for channel in ended:
            self._free.put(channel)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def _inside(self, wire: dict[str, Any]) -> dict[str, Any]:
        if self._moved is None:
            return wire
        moved: dict[str, Any] = json.loads(
            json.dumps(wire).replace(
                json.dumps(self.policy.workspace)[1:-1],
                json.dumps(str(self._moved))[1:-1],
            )
        )
        return moved

    def _kill(self) -> None:
        if self._process.poll() is not None:
            return
        if self.policy.confined:
            end_namespace(self._process.pid)
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, 9)

    def _launch(self, words: list[str], **how: Any) -> subprocess.Popen[bytes]:
        """Start ``words`` in the thread that reads its errors from then on.

        That thread has a session keyring of its own and, for a sandbox, mounts, which what it
        starts inherits; it lives as long as the process does, which the kernel would end with it.
        """
        started: Future[subprocess.Popen[bytes]] = Future()

        def host() -> None:
            try:
                join_new_session_keyring()
                wrapped = read_only_nodes(words) if self.policy.confined else words
                process = _popen(wrapped, **how)
            except Exception as error:  # noqa: BLE001 (raised where it was asked for)
                started.set_exception(error)
                return
            started.set_result(process)
            self._drain(process)

        self._reader = threading.Thread(target=host, name="sandbox-stderr", daemon=True)
        self._reader.start()
        return started.result()

    def _drain(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        while part := process.stderr.read1(65536):  # type: ignore[attr-defined]
            self._stderr += part
            del self._stderr[:-_STDERR_TAIL]

    def _ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        channel = self._free.get()
        try:
            body = channel.ask(request, seconds)
        except OSError:
            raise self._died("the sandbox ended") from None
        except ValueError:
            raise self._died(_NONSENSE, ForgedAnswerError) from None
        finally:
            self._free.put(channel)
        if body.get("lost") and body.get("id") != request["id"]:
            raise self._died("the process that held the tests ended")
        if "error" in body:
            raise self._died(f"the probe failed: {body['error']}")
        return body

    def _run_told(self, body: dict[str, Any], terms: Terms) -> Run:
        traced = None if terms.blocks is None else Traced(terms.blocks["plan"])
        return self._told(body, lambda body: run_of(body, self._most, traced))

    def _told(self, body: dict[str, Any], decode: Callable[[dict[str, Any]], _Value]) -> _Value:
        """What ``body`` says; one that makes no sense ends the sandbox."""
        try:
            return decode(body)
        except (ValueError, RecursionError):
            raise self._died(_NONSENSE, ForgedAnswerError) from None

    def _died(self, what: str, kind: type[SandboxDiedError] = SandboxDiedError) -> Exception:
        if self._cancellation.cancelled:
            return CancelledError()
        self._kill()
        said = bytes(self._stderr).decode("utf-8", "replace").strip()
        why = self._watch.exceeded or (said.splitlines()[-1] if said else "")
        return kind(f"{what}: {why}" if why else what, where="sandbox")


def _not_copied(folder: str, names: list[str]) -> set[str]:
    """Of ``names`` in ``folder`` those that no copy needs, and what is neither file, folder nor
    link: opening a pipe waits for ever."""
    kinds = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    found = set(names).intersection(_NOT_COPIED)
    for name in set(names) - found:
        mode = Path(folder, name).lstat().st_mode
        if not any(is_kind(mode) for is_kind in kinds):
            found.add(name)
    return found


def _filter() -> int | None:
    """A descriptor from which bubblewrap reads the filter of system calls; close it."""
    program = seccomp_filter()
    if program is None:
        return None
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream:
        stream.write(program)
    return reading


def _give(folder: Path, user: int, group: int) -> None:
    """Make all of a copy ``user``'s own; the folder above it lets nobody but us pass."""
    folder.parent.chmod(0o711)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, group, follow_symlinks=False)


def _popen(
    words: list[str],
    *,
    cwd: str,
    env: dict[str, str],
    pass_fds: tuple[int, ...] = (),
    who: tuple[int, int] | None = None,
) -> subprocess.Popen[bytes]:
    user: dict[str, Any] = {}
    if who is not None:
        user = {"user": who[0], "group": who[1], "extra_groups": []}
    try:
        return subprocess.Popen(
            words,
            cwd=cwd,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            pass_fds=pass_fds,
            **user,
        )
    except OSError as error:
        raise RepairError(f"it cannot be started: {error.strerror}", where=words[0]) from None
