"""The bindings of llama.cpp, ready to use. The only importer of ``llama_cpp``.

Of llama-cpp-python only the bindings are used: its high-level class keeps a copy of every logit
and cannot be interrupted.
"""

from __future__ import annotations

import ctypes
import logging

from decoding import threads

threads.wait_quietly()
from llama_cpp import llama_cpp as native  # noqa: E402 - its OpenMP reads the environment on load

__all__ = ["LOG", "native"]

_log = logging.getLogger(__name__)
#: ``GGML_LOG_LEVEL_ERROR`` of ggml.h, which the bindings leave out.
_LOG_ERROR = 4


class _Log:
    """llama.cpp's own log: kept off the terminal, with the first error at hand."""

    def __init__(self) -> None:
        self.first_error = ""
        self.callback = native.llama_log_callback(self._take)
        native.llama_log_set(self.callback, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _: object) -> None:
        line = text.decode("utf-8", errors="replace").strip()
        if level == _LOG_ERROR:
            self.first_error = self.first_error or line
        if line and _log.isEnabledFor(logging.DEBUG):
            _log.debug("%s", line)


#: Takes what llama.cpp says.
LOG = _Log()
native.llama_backend_init()
