"""Parsed files: a tree belongs to one content, and is never changed while anybody else holds it.

parso knows a tree by the path and the time of its file, and makes the tree of a new text by
changing that of the last one, whoever holds its nodes. Here a file that others import is known by
path and hash of its content and parsed whole, when something first asks for its tree: of a module
that has a stub mostly nothing does. Only the text that a session is about is parsed in
steps, from a tree that no other session has. What jedi remembers of a tree hangs on that tree.

Trees on disk survive a worker that is killed while it writes one: a file appears by one rename, and
one that cannot be read, is damaged, or is of another content, is made anew.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import os
import pickle
import re
import sys
import warnings
import zlib
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES
from pathlib import Path
from typing import Any

from jedi import settings
from jedi.file_io import FileIO
from jedi.inference import InferenceState, filters, imports
from jedi.inference.compiled.subprocess import functions
from jedi.inference.gradual import typeshed
from jedi.inference.gradual.typeshed import PathInfo
from jedi.inference.value.module import ModuleValue
from parso import cache as parso_cache
from parso.python.diff import DiffParser
from parso.utils import python_bytes_to_unicode, split_lines

from analysis.semantics.jedi_provider.quick_parser import QuickParser
from analysis.text import overlay
from analysis.text.files import replace_file

# Finding modules for jedi through the overlay, as ``importlib``'s path finder would.
#
# jedi asks ``importlib``, whose finders remember folders by their time of change, see no open
# buffer and belong to Pilotfish's own interpreter.


#: Beside a compiled module its source is read, as in :mod:`analysis.semantics.module_finder`.
_SUFFIXES = (*SOURCE_SUFFIXES, *EXTENSION_SUFFIXES, *BYTECODE_SUFFIXES)
_find_zipped = functions._find_module


def find_module(
    string: str, path: Any = None, full_name: Any = None, is_global_search: bool = True
) -> tuple[Any, bool]:
    """The file of a module and whether it is a package; ``None`` for one without source.

    A folder without ``__init__`` is jedi's description of a namespace package. Raises
    ``ImportError`` where there is none.
    """
    if is_global_search and string in sys.builtin_module_names:
        return None, False
    portions = []
    # jedi knows the project's folder, where a text without a file imports from, as a ``Path``.
    for folder in map(os.fspath, sys.path if path is None else path):
        names = overlay.listing(folder).names
        if names.get(string) is True:
            package = os.path.join(folder, string)
            inside = overlay.listing(package).names
            for suffix in _SUFFIXES:
                if inside.get(f"__init__{suffix}") is False:
                    return _file(os.path.join(package, f"__init__{suffix}")), True
        for suffix in _SUFFIXES:
            if names.get(string + suffix) is False:
                return _file(os.path.join(folder, string + suffix)), False
        if names.get(string) is True:
            portions.append(os.path.join(folder, string))
        elif not names and os.path.isfile(folder):
            try:
                zipped: tuple[Any, bool] = _find_zipped(string, [folder])
                return zipped
            except ImportError:
                continue
    if portions:
        return functions.ImplicitNSInfo(full_name if path else string, portions), True
    raise ImportError(f"no module {string}")


def _file(path: str) -> Any:
    return FileIO(path) if path.endswith(tuple(SOURCE_SUFFIXES)) else None


def module_names(_state: Any, paths: Iterable[str]) -> Iterator[str]:
    """The names of the modules in ``paths``."""
    for folder in paths:
        for name, is_folder in overlay.listing(str(folder)).names.items():
            if is_folder:
                if name != "__pycache__" and name.isidentifier():
                    yield name
                continue
            stem, dot, _ = name.partition(".")
            if dot and name.endswith((".pyi", *_SUFFIXES)) and stem != "__init__":
                yield stem


def stub_map(directory: Any) -> dict[str, Any]:
    """The stubs in a folder, by the name of what they describe."""
    found = {}
    folder = str(directory.path)
    for name, is_folder in overlay.listing(folder).names.items():
        place = os.path.join(folder, name)
        if is_folder and overlay.is_file(os.path.join(place, "__init__.pyi")):
            init = os.path.join(place, "__init__.pyi")
            found[name] = PathInfo(init, directory.is_third_party)
        elif not is_folder and name.endswith(".pyi") and name != "__init__.pyi":
            found[name[:-4]] = PathInfo(place, directory.is_third_party)
    return found


#: parso's types do not reach these.
_cache: Any = parso_cache
#: Trees of imported files that are kept: one is about 100 times its source.
_KEPT = 400
#: Of one path: the newest contents, so that typing in a file does not fill the memory.
_VERSIONS = 2
#: Bytes of the checksum before a tree on disk.
_SUM = 4
#: CPython's limit (MAXLEVEL in its tokenizer).
_NESTED = 200
_BRACKET = re.compile(r"[()\[\]{}]")
#: Where a context of jedi keeps its scope, the content it belongs to, and the names used there.
_TREE = "_pilotfish_tree"


class ParsedContent:
    """A content that ``parse`` makes a tree of when it is first needed. ``notes`` are facts that
    stand on this tree alone; the parent scopes and definitions that jedi remembers are held by
    their tree as well, as weak keys."""

    def __init__(self, lines: list[str], parse: Callable[[ParsedContent], Any]) -> None:
        self.lines = lines
        self.notes: dict[Any, Any] = {}
        self._parse = parse

    @cached_property
    def node(self) -> Any:
        """The root of the tree."""
        return self._parse(self)


class LazyModule(ModuleValue):  # type: ignore[misc]
    """A module of jedi whose file is parsed when something first asks for its tree."""

    def __init__(self, content: ParsedContent, state: Any, **given: Any) -> None:
        self._content = content
        super().__init__(state, None, content.lines, **given)

    @property
    def tree_node(self) -> Any:
        """The root of the tree."""
        return self._content.node

    @tree_node.setter
    def tree_node(self, node: None) -> None:
        """jedi sets it to what it is given, which is none yet."""


#: By grammar, path and content hash: no entry is ever old. The least used go first.
_imported: OrderedDict[tuple[str, str, str], ParsedContent] = OrderedDict()
#: The trees that sessions are about, by grammar and path; each is old when the next is made of it.
_own: OrderedDict[tuple[str, str], ParsedContent] = OrderedDict()
_SESSIONS = 8
#: The imported trees by their root's identity, which lasts as long as the tree.
_by_root: dict[int, ParsedContent] = {}


def install() -> None:
    """Let jedi, in this process, parse and look for files this way. May be called again."""
    InferenceState.parse_and_get_code = _parse_and_get_code
    InferenceState.parse = lambda self, *args, **kwargs: _parsed(self, *args, **kwargs).node
    filters._AbstractUsedNamesFilter.__init__ = _of_tree
    imports._load_python_module = _load_module
    imports.get_cached_code_lines = typeshed.get_cached_code_lines = _lines
    typeshed._create_stub_map = stub_map
    functions._find_module = find_module
    functions._iter_module_names = module_names


def notes_of(root: Any) -> dict[Any, Any] | None:
    """What is known of the tree of ``root``; ``None`` of one that will be changed."""
    tree = _by_root.get(id(root))
    return tree.notes if tree is not None and tree.node is root else None


def _parse_and_get_code(
    self: Any, code: Any = None, path: Any = None, use_latest_grammar: bool = False, **given: Any
) -> tuple[Any, str]:
    tree = _parsed(self, code, path, use_latest_grammar, **given)
    return tree.node, "".join(tree.lines)


def _parsed(
    self: Any,
    code: Any = None,
    path: Any = None,
    use_latest_grammar: bool = False,
    file_io: Any = None,
    **_: Any,
) -> ParsedContent:
    grammar = self.latest_grammar if use_latest_grammar else self.grammar
    if code is not None and file_io is None:
        return _of_session(grammar, str(path or ""), code)
    return _of_file(grammar, str(path if file_io is None else file_io.path))


def _load_module(
    inference_state: Any, file_io: Any, import_names: Any = None, is_package: bool = False
) -> LazyModule:
    content = _of_file(inference_state.grammar, str(file_io.path))
    return LazyModule(
        content,
        inference_state,
        file_io=file_io,
        string_names=import_names,
        is_package=is_package,
    )


def _of_file(grammar: Any, path: str) -> ParsedContent:
    """A file as the overlay shows it. Raises ``OSError``."""
    digest = overlay.digest(path)
    key = (grammar._hashed, path, digest)
    content = _imported.get(key)
    if content is None:
        data, digest = overlay.read(path)
        key = (grammar._hashed, path, digest)
        is_open = overlay.files().buffer(path) is not None
        code = python_bytes_to_unicode(data, errors="replace")
        lines = [] if _refused(code) else _split(code)
        content = ParsedContent(lines, lambda made: _parsed_file(grammar, key, made, is_open))
        _keep(key, content)
    _imported.move_to_end(key)
    return content


def _parsed_file(
    grammar: Any, key: tuple[str, str, str], content: ParsedContent, is_open: bool
) -> Any:
    node = None if is_open else _load(*key)
    if node is None:
        node = _whole(grammar, content.lines)
        if not is_open:
            _save(*key, node)
    if _imported.get(key) is content:
        _by_root[id(node)] = content
    return node


def _refused(code: str) -> bool:
    """Whether no Python reads a module, for it nests brackets more than 200 deep (CPython's limit).

    parso would take 10 s for 100,000 of them.
    """
    depth = deepest = 0
    for bracket in _BRACKET.findall(code):
        depth = depth + 1 if bracket in "([{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    if deepest <= _NESTED:
        return False
    try:  # they may stand in texts
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return False


def _of_session(grammar: Any, path: str, code: str) -> ParsedContent:
    """The tree of the text that a new session is about; the last one of the path is no more."""
    key, lines = (grammar._hashed, path), _split(code)
    last = _own.pop(key, None)
    if last is None:
        node = _whole(grammar, lines)
    else:
        node = last.node
        if last.lines != lines:
            parser: Any = DiffParser
            node = parser(grammar._pgen_grammar, grammar._tokenizer, node).update(
                old_lines=last.lines, new_lines=lines
            )
    tree = _own[key] = ParsedContent(lines, lambda _: node)
    if len(_own) > _SESSIONS:
        _own.popitem(last=False)
    return tree


def _whole(grammar: Any, lines: list[str]) -> Any:
    return QuickParser(grammar._pgen_grammar).parse(grammar._tokenizer(lines))


def _split(code: str) -> list[str]:
    lines: list[str] = split_lines(code[: settings._cropped_file_size], keepends=True)
    return lines


def _keep(key: tuple[str, str, str], content: ParsedContent) -> None:
    _imported[key] = content
    same = [known for known in _imported if known[:2] == key[:2]]
    surplus = same[:-_VERSIONS]
    if len(_imported) - len(surplus) > _KEPT:
        surplus.append(next(known for known in _imported if known not in surplus))
    for known in surplus:
        # One that is not parsed yet has no root, and is not parsed to forget it.
        _by_root.pop(id(vars(_imported.pop(known)).get("node")), None)


def _lines(grammar: Any, path: Any) -> list[str]:
    """The lines of a file that was read a moment ago (jedi asks for both, one by one)."""
    return _of_file(grammar, str(path)).lines


def _of_tree(self: Any, parent_context: Any, node_context: Any = None) -> None:
    """``_AbstractUsedNamesFilter.__init__`` of jedi 0.19, but that what is remembered is found by
    the tree and not by its path, and once for each context: every look-up makes filters anew."""
    node_context = parent_context if node_context is None else node_context
    known = vars(node_context).get(_TREE)
    if known is None:
        root = node_context.get_root_context().tree_node
        tree = _by_root.get(id(root))
        if tree is None:
            tree = next((own for own in _own.values() if own.node is root), None)
        if tree is not None and tree.node is not root:
            tree = None
        known = node_context.tree_node, tree, root.get_used_names()
        setattr(node_context, _TREE, known)
    self._node_context = node_context
    self._parser_scope, self._parso_cache_node, self._used_names = known
    self.parent_context = parent_context


def _place(hashed: str, path: str) -> Path:
    """Where a tree is kept. Raises ``OSError`` where the cache folder cannot be made."""
    folder = Path(settings.cache_directory)
    return Path(_cache._get_hashed_path(hashed, path, cache_path=folder)).with_suffix(".node")


def _load(hashed: str, path: str, digest: str) -> Any:
    place: Path | None = None
    try:
        place = _place(hashed, path)
        data = place.read_bytes()
        head, pickled = data[: len(digest) + _SUM], data[len(digest) + _SUM :]
        if head[: len(digest)] != digest.encode():
            return None
        if head[len(digest) :] != _sum(pickled):
            raise ValueError("damaged")
        gc.disable()
        try:
            return pickle.loads(pickled)
        finally:
            gc.enable()
    except FileNotFoundError:
        return None
    except Exception:  # noqa: BLE001 - a damaged pickle can raise anything; a folder may be missing
        with contextlib.suppress(OSError):
            if place is not None:
                place.unlink()
        return None


def _sum(data: bytes) -> bytes:
    """Tells a tree from one that a disk or another program has changed."""
    return zlib.crc32(data).to_bytes(_SUM, "big")


def _save(hashed: str, path: str, digest: str, node: Any) -> None:
    # A full disk, or code nested too deeply to pickle, costs the cache alone.
    with contextlib.suppress(Exception):
        pickled = pickle.dumps(node, pickle.HIGHEST_PROTOCOL)
        replace_file(_place(hashed, path), digest.encode() + _sum(pickled) + pickled, private=True)
        _cache._remove_cache_and_update_lock(cache_path=Path(settings.cache_directory))
