"""The attacked: a person with a home of their own, who runs the command in a stranger's clone."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, run

import pytest

from tests.pilotfish.command import PILOTFISH

_NOBODY = 65534


@dataclass(frozen=True)
class Ran:
    """How a command ended; ``peak`` is the most memory that it or a child of it had, in bytes."""

    code: int
    out: str
    err: str
    peak: int


@dataclass(frozen=True)
class Victim:
    """A person at this machine. ``clone`` is the folder that somebody else filled."""

    home: Path
    clone: Path
    uid: int

    @property
    def python(self) -> str:
        """An interpreter that this person may read."""
        return sys.executable if self.uid == os.getuid() else "/usr/bin/python3"

    def runs(
        self,
        *words: str,
        seconds: float = 20,
        stdin: bytes = b"",
        variables: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run ``pilotfish`` with ``words`` in the clone; fails when it takes longer."""
        self.owns(self.clone)
        away = {"PILOTFISH_ENDPOINT_KEY", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_CACHE_HOME"}
        kept = {k: v for k, v in os.environ.items() if k not in away}
        process = Popen(
            [PILOTFISH, *words],
            cwd=self.clone,
            env={**kept, "HOME": str(self.home), **(variables or {})},
            stdin=PIPE if stdin else DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            user=self.uid if self.uid != os.getuid() else None,
            group=self.uid if self.uid != os.getuid() else None,
            extra_groups=[] if self.uid != os.getuid() else None,
        )
        late = threading.Timer(seconds, process.kill)
        late.start()
        texts: list[bytes] = [b""]
        assert process.stdout
        assert process.stderr
        reader = threading.Thread(target=lambda: texts.append(process.stderr.read()))  # type: ignore[union-attr]
        reader.start()
        if process.stdin:
            process.stdin.write(stdin)
            process.stdin.close()
        out = process.stdout.read()
        reader.join()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        in_time = late.is_alive()
        late.cancel()
        process.stdout.close()
        process.stderr.close()
        error = texts[-1].decode("utf-8", "replace")
        assert in_time, f"still running after {seconds} s"
        assert "Traceback" not in error
        assert "internal error" not in error, error
        return Ran(process.returncode, out.decode("utf-8", "replace"), error, usage.ru_maxrss << 10)

    def owns(self, folder: Path) -> None:
        """Make the person the owner of ``folder`` and what is in it."""
        if self.uid == os.getuid():
            return
        for place in (folder, *folder.rglob("*")):
            os.chown(place, self.uid, self.uid, follow_symlinks=False)


def _victim(uid: int) -> Iterator[Victim]:
    # Not pytest's folder: that is closed to others.
    root = Path(tempfile.mkdtemp(prefix="pilotfish-attack-")).resolve()
    root.chmod(0o755)
    try:
        victim = Victim(root / "home", root / "clone", uid)
        for folder in (victim.home / ".ssh", victim.clone):
            folder.mkdir(parents=True)
        (victim.home / ".ssh" / "id").write_text("a private key")
        (victim.clone / "setup.cfg").touch()
        victim.owns(root)
        yield victim
    finally:
        shutil.rmtree(root)


@functools.cache
def _can_be_ordinary() -> bool:
    if os.getuid() != 0 or not Path("/usr/bin/python3").exists():
        return False
    try:
        done = run([PILOTFISH, "--version"], user=_NOBODY, capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


@pytest.fixture
def victim() -> Iterator[Victim]:
    """Whoever runs the tests."""
    yield from _victim(os.getuid())


@pytest.fixture(params=["self", "ordinary"])
def anybody(request: pytest.FixtureRequest) -> Iterator[Victim]:
    """Whoever runs the tests and, where that is root, an ordinary user too."""
    if request.param == "ordinary" and not _can_be_ordinary():
        pytest.skip("this is an ordinary user already, or one cannot read pilotfish")
    yield from _victim(os.getuid() if request.param == "self" else _NOBODY)
