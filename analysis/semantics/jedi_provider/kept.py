"""Parsed library files on disk that survive a worker that is killed while it writes one.

parso writes its cache in place: a worker killed then leaves half a file, and whoever reads it later
fails. Here a file appears by one rename, and one that cannot be read is parsed anew.
"""

from __future__ import annotations

import contextlib
import os
import pickle
from pathlib import Path
from typing import Any

from parso import cache as parso_cache

#: parso's types do not reach these.
_cache: Any = parso_cache
_load = _cache._load_from_file_system


def install() -> None:
    """Let parso, in this process, read and write its cache this way. May be called again."""
    _cache._load_from_file_system = _load_or_forget
    _cache._save_to_file_system = _save


def _load_or_forget(hashed_grammar: str, path: Any, p_time: float, cache_path: Any = None) -> Any:
    try:
        return _load(hashed_grammar, path, p_time, cache_path=cache_path)
    except Exception:  # noqa: BLE001 - a damaged pickle can raise anything
        with contextlib.suppress(OSError):
            Path(_cache._get_hashed_path(hashed_grammar, path, cache_path=cache_path)).unlink()
        return None


def _save(hashed_grammar: str, path: Any, item: Any, cache_path: Any = None) -> None:
    target = Path(_cache._get_hashed_path(hashed_grammar, path, cache_path=cache_path))
    beside = target.with_name(f"{target.name}.{os.getpid()}")
    try:
        with beside.open("wb") as stream:
            pickle.dump(item, stream, pickle.HIGHEST_PROTOCOL)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
