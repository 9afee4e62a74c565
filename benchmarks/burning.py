"""Other work on the machine, made on purpose: processes that keep cores busy."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

#: By what a process does until the benchmark is gone: counting keeps a core busy, copying 64 MiB
#: again and again the memory bus too, over which a model's weights come.
WORK = {
    "counting": "for _ in range(100_000): pass",
    "copying": "bytes(data)",
}
COPIED = 1 << 26
_LOOP = f"import os\ndata, p = bytearray({COPIED}), os.getppid()\nwhile os.getppid() == p: "


@dataclass(slots=True)
class Work:
    """What the processes of a block did: how often each did its work, and in how many seconds."""

    rounds: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def pace(self) -> float:
        """Rounds a second, of all of them together."""
        return sum(self.rounds) / self.seconds if self.seconds else 0.0


@contextmanager
def burning(count: int, work: str = "counting") -> Iterator[Work]:
    """``count`` processes that do ``work`` (of :data:`WORK`), within the block; what they did is
    known behind it."""
    program = f"{_LOOP}\n    {WORK[work]}\n    os.write(1, b'.')"
    with ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="burning-"))
        paths = [Path(folder, str(number)) for number in range(count)]
        counts = [opened.enter_context(path.open("w+b")) for path in paths]
        burners = [subprocess.Popen([sys.executable, "-c", program], stdout=c) for c in counts]
        done = Work()
        try:
            time.sleep(0.2)
            before, begun = [path.stat().st_size for path in paths], time.perf_counter()
            yield done
            done.seconds = time.perf_counter() - begun
            done.rounds = [p.stat().st_size - b for p, b in zip(paths, before, strict=True)]
        finally:
            for burner in burners:
                burner.kill()
                burner.wait()
