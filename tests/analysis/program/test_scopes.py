"""Scopes against the interpreter's own symbol tables, on code that nobody wrote for this test."""

from __future__ import annotations

import importlib
import random
import symtable
import sysconfig
import warnings
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.program.scopes import BindingManner, Scope, ScopeKind, module_scope
from analysis.syntax.tree import parse

#: The masks of its flags, which the module of the library keeps to itself.
_symtable = importlib.import_module("_symtable")
_STDLIB = Path(sysconfig.get_paths()["stdlib"])
#: What a table says of names: bound here, ``global``, ``nonlocal``, read here.
NONE = frozenset[str]()
Facts = tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]
_COMPREHENSIONS = {
    "list_comprehension": "listcomp",
    "set_comprehension": "setcomp",
    "dictionary_comprehension": "dictcomp",
    "generator_expression": "genexpr",
}


def of_tables(text: str) -> dict[tuple[str, int], list[Facts]]:
    """What CPython's tables say, by the kind or name of a scope and its line."""
    found: dict[tuple[str, int], list[Facts]] = defaultdict(list)

    def visit(table: symtable.SymbolTable) -> None:
        flags = {s.get_name(): s._Symbol__flags for s in table.get_symbols()}  # type: ignore[attr-defined]
        flags = {name: flag for name, flag in flags.items() if not name.startswith(".")}

        def having(mask: int) -> frozenset[str]:
            return frozenset(name for name, flag in flags.items() if flag & mask)

        line = 0 if table.get_type() == "module" else table.get_lineno()
        reads = having(_symtable.USE) - {"__class__"}
        declared = having(_symtable.DEF_GLOBAL), having(_symtable.DEF_NONLOCAL)
        bound = having(_symtable.DEF_BOUND)
        if table.get_name() in _COMPREHENSIONS.values():
            bound -= declared[0] | declared[1]  # of a walrus: the function's around
            declared = NONE, NONE
        elif table.get_type() == "module":
            declared = NONE, NONE
        else:
            bound -= declared[0] | declared[1]
        found[table.get_name(), line].append((bound, *declared, reads))
        for child in table.get_children():
            visit(child)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        visit(symtable.symtable(text, "<text>", "exec"))
    return found


def of_scopes(text: str) -> dict[tuple[str, int], list[Facts]]:
    """The same of :func:`module_scope`, by the kind or name of a scope and its place."""
    tree = parse(text)
    found: dict[tuple[str, int], list[Facts]] = defaultdict(list)
    for scope in module_scope(tree).walk():
        private = _class_around(scope)

        def spelled(name: str, private: str = private) -> str:
            hidden = name.startswith("__") and not name.endswith("__") and private.strip("_")
            return f"_{private.lstrip('_')}{name}" if hidden else name

        bound = frozenset(spelled(n) for n in scope.bindings if scope.owns(n))
        declared = {w: frozenset(spelled(n) for n, s in scope.outer.items() if s == w)
                    for w in ("global", "nonlocal") if scope.around is not None}  # fmt: skip
        if scope.around is None:
            given = {b.name for b in scope.places if b.manner is BindingManner.GLOBAL}
            own = {b.name for b in scope.places if b.manner is not BindingManner.GLOBAL}
            bound -= given - own
        augmented = {b.start for b in scope.places if b.manner is BindingManner.AUGMENTED}
        reads = frozenset(spelled(tree.slice(node)) for node in scope.reads
                          if tree.to_offset(node.start_byte) not in augmented)  # fmt: skip
        key = _name(scope), scope.node.start_byte
        found[key].append(
            (bound, declared.get("global", NONE), declared.get("nonlocal", NONE), reads)
        )
    return found


def _name(scope: Scope) -> str:
    name = scope.node.child_by_field_name("name")
    kinds = {**_COMPREHENSIONS, "module": "top"}
    return scope.tree.slice(name) if name else kinds.get(scope.node.type, scope.node.type)


def _class_around(scope: Scope) -> str:
    around: Scope | None = scope
    while around is not None and around.kind is not ScopeKind.CLASS:
        around = around.around
    return _name(around) if around is not None else ""


def differences(text: str) -> Iterator[str]:
    """Where the two do not agree. The lines of tables are not compared: in some versions of Python
    they are those of decorators."""
    theirs, ours = of_tables(text), of_scopes(text)
    lazy = "from __future__ import annotations" in text
    for name in sorted({key[0] for key in theirs} | {key[0] for key in ours}):
        left = [f for key, facts in sorted(theirs.items()) if key[0] == name for f in facts]
        right = [f for key, facts in sorted(ours.items()) if key[0] == name for f in facts]
        keep = 3 if lazy else 4
        a = sorted(str([sorted(part) for part in f[:keep]]) for f in left)
        b = sorted(str([sorted(part) for part in f[:keep]]) for f in right)
        if a != b:
            only = [x for x in a if a.count(x) != b.count(x)]
            yield f"{name}: {only[:2]} != {[x for x in b if b.count(x) != a.count(x)][:2]}"


def modules(count: int, seed: int) -> list[Path]:
    """Modules of the standard library that parse."""
    every = sorted(_STDLIB.glob("*.py")) + sorted(_STDLIB.glob("[a-hj-z]*/*.py"))
    return random.Random(seed).sample([p for p in every if "site-packages" not in p.parts], count)


@pytest.mark.parametrize("path", modules(25, 7), ids=lambda path: path.name)
def test_scopes_are_those_of_the_interpreter(path: Path) -> None:
    text = path.read_text("utf-8", "replace")
    assert list(differences(text)) == []
