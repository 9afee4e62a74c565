"""Other work on the machine, made on purpose: processes that keep cores busy."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: By what a process does until the benchmark is gone: counting keeps a core busy, copying 64 MiB
#: again and again the memory bus too, over which a model's weights come.
WORK = {
    "counting": "for _ in range(100_000): pass",
    "copying": "bytes(data)",
}
_LOOP = "import os\ndata, p = bytearray(1 << 26), os.getppid()\nwhile os.getppid() == p: "


@contextmanager
def burning(count: int, work: str = "counting") -> Iterator[None]:
    """``count`` processes that do ``work`` (of :data:`WORK`), within the block."""
    program = f"{_LOOP}\n    {WORK[work]}"
    burners = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(count)]
    try:
        time.sleep(0.2)
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
