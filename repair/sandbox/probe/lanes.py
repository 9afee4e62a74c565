"""Lanes: further places where requests come in and answers go out, each served by a fork."""

from __future__ import annotations

import os
from typing import Any

from . import isolation


class Lanes:
    """Pairs of descriptors, to read requests from and to write answers to; unused until
    :meth:`spread`."""

    def __init__(self, pairs: Any = ()) -> None:
        self._pairs: list[Any] = list(pairs)
        for descriptor in _flat(self._pairs):
            os.set_inheritable(descriptor, False)

    def __len__(self) -> int:
        return len(self._pairs)

    def keep(self, count: int) -> None:
        """Close all but the first ``count``."""
        for descriptor in _flat(self._pairs[count:]):
            os.close(descriptor)
        self._pairs = self._pairs[:count]

    def close(self) -> None:
        """Have no part in the lanes: whoever reads there is to see that the other end is gone."""
        self.keep(0)

    def spread(self, serve: Any) -> int:
        """Fork once for each lane, and once for where this process has been serving.

        In a fork, with a network of its own, ``serve(streams)`` is called: with the streams of its
        lane, which is no longer among the lanes, or with ``None`` for those in use. This process
        only waits for the first fork that ends, ends what is left of it, and returns its exit code.
        """
        pids = [self._fork(number, serve) for number in range(len(self._pairs) + 1)]
        self.close()
        ended, status = os.wait()
        while ended not in pids:
            ended, status = os.wait()
        isolation.end_children()
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1

    def _fork(self, number: int, serve: Any) -> int:
        pid = os.fork()
        if pid != 0:
            return pid
        try:
            isolation.become_subreaper()
            isolation.enter_own_network()
            streams = None
            if number > 0:
                reading, writing = self._pairs.pop(number - 1)
                streams = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
            serve(streams)
            os._exit(0)
        finally:
            os._exit(1)


def _flat(pairs: Any) -> list[Any]:
    return [descriptor for pair in pairs for descriptor in pair]
