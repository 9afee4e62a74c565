"""Open a model as a writer, or explain why that cannot be.

Imports nothing of a runtime before it is needed: the base package has no llama.cpp and no numpy.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from decoding.errors import DecodingError
from decoding.models.store import LocalModel
from decoding.threads import Threads

if TYPE_CHECKING:
    from decoding.local_writer import LocalWriter


def open_writer(model: LocalModel, *, threads: Threads | None = None) -> LocalWriter:
    """Load ``model``; ``threads`` ``None`` chooses by the machine.

    Raises :class:`~decoding.errors.DecodingError` when llama-cpp-python is not installed, and when
    the file cannot be loaded or has no fill-in-the-middle tokens.
    """
    try:
        from decoding.local_writer import LocalWriter
        from decoding.runtimes.llama_cpp import LlamaCpp, Tuning
    except ModuleNotFoundError as error:
        if error.name not in ("llama_cpp", "numpy"):
            raise
        raise DecodingError(
            f"{error.name} is not installed, so no model can run here",
            where="model",
            mend="pip install 'pilotfish[model]'",
        ) from None
    except (OSError, RuntimeError) as error:
        raise DecodingError(
            f"llama.cpp cannot be loaded: {error}",
            where="llama_cpp",
            mend="pip install --force-reinstall --no-binary llama-cpp-python 'pilotfish[model]'",
        ) from None
    runtime = LlamaCpp(model.path, name=model.name, tuning=Tuning(threads=threads))
    try:
        return LocalWriter(runtime, cache=cache_folder())
    except DecodingError:
        runtime.close()
        raise


def cache_folder() -> Path:
    """Where what is computed of a vocabulary once is kept."""
    return Path(platformdirs.user_cache_dir("pilotfish")) / "vocabulary"
