"""New code for functions that are already loaded, without importing their module again."""

from __future__ import annotations

import ast
import gc
import importlib
import os
import re
import sys
import types
import warnings
from typing import Any


class CannotReplaceError(Exception):
    """The functions that a change concerns are not loaded, or the new code does not fit them."""


class Replacement:
    """What a loaded function is to have: its code, and the defaults that are other literals now."""

    def __init__(self, function: Any, code: types.CodeType, defaults: Any = None) -> None:
        self.function = function
        self.code = code
        #: By position from the end of those that may be left out, or by keyword.
        self.defaults = defaults or {}

    def put(self) -> Any:
        """Give it to the function; the replacement that takes it back."""
        function = self.function
        before = Replacement(function, function.__code__)
        function.__code__ = self.code
        for place, value in self.defaults.items():
            if isinstance(place, int):
                known = list(function.__defaults__)
                before.defaults[place], known[place] = known[place], value
                function.__defaults__ = tuple(known)
            else:
                before.defaults[place] = function.__kwdefaults__[place]
                function.__kwdefaults__[place] = value
        return before

    def changes(self) -> bool:
        """Whether the function does not have it yet."""
        return bool(self.defaults) or self.function.__code__ != self.code


class LiveCode:
    """The loaded functions of one file, found once and patched in each fork."""

    def __init__(self, path: str) -> None:
        self._functions: dict[Any, Any] = {}
        self._known: dict[str, Any] = {}
        spelled: dict[Any, Any] = {}
        # What a conftest has frozen is not among the collector's objects.
        gc.unfreeze()
        for thing in gc.get_objects():
            if type(thing) is not types.FunctionType:
                continue
            code = thing.__code__
            name = code.co_filename
            if name not in spelled:
                spelled[name] = os.path.realpath(name) == path
            if spelled[name]:
                key = (code.co_name, code.co_firstlineno)
                self._functions.setdefault(key, []).append(thing)

    def function(self, code: types.CodeType) -> Any:
        """The loaded function that runs ``code``, or ``None``."""
        for function in self._functions.get((code.co_name, code.co_firstlineno), ()):
            if function.__code__ is code:
                return function
        return None

    def named(self, name: str) -> Any:
        """The loaded function of the module's top level that is called so, or ``None``."""
        for functions in self._functions.values():
            for function in functions:
                if function.__qualname__ == name:
                    return function
        return None

    def plan(self, path: str, unit: dict[str, Any]) -> list[Replacement]:
        """What is to be replaced.

        ``unit["old"]`` and ``unit["new"]`` are module texts that hold one outermost function at
        its place, within the classes it belongs to. Both are compiled, never executed; their code
        objects are matched by position in the nesting. Raises :class:`CannotReplaceError`.
        """
        text = unit["old"]
        if text not in self._known:
            self._known[text] = _tree(_compile(text, path)), _head(text)
        old, (first, head) = self._known[text]
        new = _tree(_compile(unit["new"], path))
        same = unit["new"].startswith(text[:head])
        defaults = {} if same else _other_defaults(text, unit["new"])
        found = []
        for place, code in old.items():
            replacement = new.get(place)
            for function in self._functions.get((code.co_name, code.co_firstlineno), ()):
                if replacement is None:
                    raise CannotReplaceError("a function is gone: " + code.co_name)
                if function.__code__.co_freevars != replacement.co_freevars:
                    raise CannotReplaceError("a closure changed: " + code.co_name)
                own = defaults if code.co_firstlineno == first else {}
                if not _has(function, own):
                    raise CannotReplaceError("other defaults: " + code.co_name)
                found.append(Replacement(function, replacement, own))
        if not found:
            raise CannotReplaceError("no live function")
        return found


def _outermost(text: str) -> Any:
    """The function that a module text of :meth:`LiveCode.plan` holds."""
    node: Any = ast.parse(text).body[0]
    while not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        node = node.body[0]
    return node


def _head(text: str) -> Any:
    """Where the function begins, its line, and where its body does, as an offset of a line."""
    node = _outermost(text)
    first = min([node.lineno] + [each.lineno for each in node.decorator_list])
    above = text.splitlines(True)[: node.body[0].lineno - 1]
    return first, sum(map(len, above))


def _other_defaults(old: str, new: str) -> dict[Any, Any]:
    """The literals that parameters have for a default in ``new`` and not in ``old``, by position
    from the end, or by keyword."""
    before, after = _outermost(old).args, _outermost(new).args
    if ast.dump(before) == ast.dump(after):
        return {}
    counts = [(len(each.defaults), len(each.kwonlyargs)) for each in (before, after)]
    if counts[0] != counts[1]:
        raise CannotReplaceError("another signature")
    pairs: list[Any] = []
    for index in range(-len(before.defaults), 0):
        pairs.append((index, before.defaults[index], after.defaults[index]))
    for argument, one, two in zip(before.kwonlyargs, before.kw_defaults, after.kw_defaults):  # noqa: B905
        if one is not None and two is not None:
            pairs.append((argument.arg, one, two))
    try:
        return {
            place: ast.literal_eval(two)
            for place, one, two in pairs
            if ast.dump(one) != ast.dump(two)
        }
    except ValueError:
        raise CannotReplaceError("a default is reckoned")


def _has(function: Any, defaults: Any) -> bool:
    """Whether ``function`` has the parameters that ``defaults`` are for."""
    many, named = len(function.__defaults__ or ()), function.__kwdefaults__ or {}
    return all(-place <= many if isinstance(place, int) else place in named for place in defaults)


def _compile(text: str, path: str) -> Any:
    try:
        return compile(text, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise CannotReplaceError(str(error))


def _tree(code: types.CodeType, place: tuple[Any, ...] = ()) -> dict[Any, types.CodeType]:
    """Code objects by the names and ordinals of what they are nested in."""
    found: dict[Any, types.CodeType] = {}
    counts: dict[Any, Any] = {}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            ordinal = counts.get(constant.co_name, 0)
            counts[constant.co_name] = ordinal + 1
            inner = place + ((constant.co_name, ordinal),)
            found[inner] = constant
            found.update(_tree(constant, inner))
    return found


# ----------------------------------------------------------------------
# Files that a run replaces, as text in latin-1: any bytes at all.


def replace_files(files: dict[str, Any]) -> dict[str, Any]:
    """Write ``files`` and return what stood there, ``None`` for what was not there."""
    before = {path: read(path) for path in files}
    write_all(files)
    return before


def write_all(files: dict[str, Any]) -> None:
    """Write each of ``files``; where the text is ``None`` the file is removed."""
    for path, text in files.items():
        _write(path, text)


def read(path: str) -> Any:
    """A file's bytes, ``None`` where there is none."""
    if not os.path.exists(path):
        return None
    with open(path, "rb") as stream:
        return stream.read().decode("latin-1")


def _write(path: str, text: Any) -> None:
    """Replace a file, with a time stamp that no compiled cache was made for."""
    if text is None:
        os.remove(path)
        return
    stamp = os.stat(path).st_mtime if os.path.exists(path) else 0
    with open(path, "wb") as stream:
        stream.write(text.encode("latin-1"))
    os.utime(path, (stamp + 86399, stamp + 86399))


# ----------------------------------------------------------------------
# What a process has loaded and compiled, and which modules it must not load early.


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
