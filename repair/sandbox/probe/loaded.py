"""What a process has loaded and compiled, and which modules it must not load early."""

from __future__ import annotations

import importlib
import os
import re
import sys
import warnings
from typing import Any


def early(names: Any, pytest: bool) -> None:
    """Import modules that each run will import anyway, so that forks find them loaded."""
    rewritten = rewritten_by_pytest() if pytest else set()
    hook = _rewriting(rewritten) if rewritten else None
    try:
        for name in names:
            if hook is not None or name.partition(".")[0] not in rewritten:
                try:
                    importlib.import_module(name)
                except BaseException:
                    # Whoever needs it will meet the same error in its own run.
                    continue
    finally:
        if hook in sys.meta_path:
            sys.meta_path.remove(hook)


def _rewriting(names: Any) -> Any:
    """pytest's import hook, installed for ``names``, or ``None`` where it cannot be.

    pytest warns of a plugin that was imported before it could rewrite its asserts; what its own
    hook has loaded it takes as it is (``AssertionRewritingHook.mark_rewrite``).
    """
    try:
        from _pytest.assertion import install_importhook
        from _pytest.config import get_config

        hook = install_importhook(get_config())
        hook.mark_rewrite(*names)
        return hook
    except Exception:
        return None


def rewritten_by_pytest() -> set[str]:
    """Top-level names of pytest's plugins, whose asserts it rewrites as it imports them."""
    try:
        from importlib import metadata

        names = set()
        for distribution in metadata.distributions():
            if any(point.group == "pytest11" for point in distribution.entry_points):
                for path in distribution.files or ():
                    names.add(str(path).partition("/")[0].partition(".")[0])
        return names - {"pytest", "_pytest"}
    except Exception:
        return {"hypothesis", "anyio"}


def modules() -> list[Any]:
    """``[name, file]`` of every loaded module that has a file."""
    found = []
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str):
            found.append([name, os.path.realpath(path)])
    return found


def patterns() -> list[Any]:
    """``[text, is_bytes, flags]`` of the regular expressions that ``re`` keeps compiled."""
    found = []
    for key in list(getattr(re, "_cache", ())):
        if len(key) == 3 and key[0] in (str, bytes):
            _kind, pattern, flags = key
            is_bytes = isinstance(pattern, bytes)
            found.append([pattern.decode("latin-1") if is_bytes else pattern, is_bytes, int(flags)])
    return found


def compile_all(known: Any) -> None:
    """Compile what :func:`patterns` told, for forks to find it in the cache of ``re``."""
    with warnings.catch_warnings():
        # Whoever compiles it has heard of it.
        warnings.simplefilter("ignore")
        for text, is_bytes, flags in known:
            try:
                re.compile(text.encode("latin-1") if is_bytes else text, flags)
            except Exception:
                continue


def any_of(folder: str, own: Any) -> bool:
    """Whether a module of the sources below ``folder`` is loaded, not of packages installed there,
    or one from anywhere that has a name among ``own``.

    pytest or a plugin may use the very package that is under repair, and have found it installed.
    """
    start, names = folder.rstrip("/") + "/", set(own)
    return any(
        name in names or (path.startswith(start) and "/site-packages/" not in path)
        for name, path in modules()
    )
