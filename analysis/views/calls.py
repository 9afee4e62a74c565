"""Who calls whom in a file, as far as the file itself can tell.

A callee is *exact* where reaching definitions, imports, ``self``, ``super()`` or the class of a
local variable lead to it, *by name* where one method of the file alone has its name. What the file
does not define is external: an imported name. Calls of builtins are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis.views.control_flow import Flow
from analysis.views.data_flow import DataFlow, DefinitionKind, ValueDefinition, ValueUse
from analysis.views.flow import Span
from analysis.views.places import FunctionNode, Places, defaults, parameters

#: A local variable that holds another that holds another … is followed so far.
_DEEPEST = 5


class ResolvedCallee(StrEnum):
    """How a callee was found."""

    EXACT = "exact"
    BY_NAME = "by name"


@dataclass(frozen=True, slots=True)
class Call:
    """A call in the text. ``caller`` and ``node`` are numbers in the control flow, ``span`` is the
    expression that is called. ``callee`` is a scope of the file, or -1 for what is outside it,
    which ``external`` names as ``package.module.name``."""

    caller: int
    node: int
    span: Span
    callee: int
    external: str
    how: ResolvedCallee


def calls(flows: Sequence[Flow], data: DataFlow, places: Places) -> tuple[Call, ...]:
    """The calls of a file whose callee can be told, in order of the text."""
    found = _Resolver(flows, data, places).calls()
    return tuple(sorted(found, key=lambda call: (call.span.line, call.span.character)))


@dataclass(frozen=True, slots=True)
class _Callee:
    scope: int
    external: str = ""
    how: ResolvedCallee = ResolvedCallee.EXACT


class _Resolver:
    def __init__(self, flows: Sequence[Flow], data: DataFlow, places: Places) -> None:
        self._flows, self._data, self._places = flows, data, places
        self._scope_of = {flow.scope: number for number, flow in enumerate(flows)}
        self._uses: dict[Span, ValueUse] = {use.span: use for use in data.uses}
        self._reaching: dict[int, list[ValueDefinition]] = {}
        for pair in data.pairs:
            self._reaching.setdefault(pair.use, []).append(data.definitions[pair.definition])
        self._methods: dict[str, list[int]] = {}
        for number, flow in enumerate(flows):
            if flow.parent >= 0 and isinstance(flows[flow.parent].scope, ast.ClassDef):
                name = flow.graph.name.rpartition(".")[2]
                self._methods.setdefault(name, []).append(number)

    def calls(self) -> Iterator[Call]:
        for number, flow in enumerate(self._flows):
            for node, syntax in enumerate(flow.syntax):
                if syntax is None or flow.graph.nodes[node].kind.value == "with exit":
                    continue
                for called in _called(syntax):
                    for callee in self._callees(number, called):
                        yield Call(
                            number,
                            node,
                            self._places.span(called),
                            callee.scope,
                            callee.external,
                            callee.how,
                        )

    def _callees(self, scope: int, called: ast.expr) -> list[_Callee]:
        match called:
            case ast.Name():
                found = self._named(called)
            case ast.Attribute(value=value, attr=attr):
                found = self._attribute(scope, value, attr)
                owners = self._methods.get(attr, [])
                if not found and len(owners) == 1 and not attr.startswith("__"):
                    found = [_Callee(owners[0], how=ResolvedCallee.BY_NAME)]
            case _:
                return []
        return list(dict.fromkeys(found))

    def _named(self, name: ast.Name) -> list[_Callee]:
        definitions = self._definitions(name)
        found = []
        for definition in definitions:
            for value in self._values(definition):
                found += self._called_value(value)
        return found

    def _called_value(self, value: ast.AST | str) -> list[_Callee]:
        if isinstance(value, str):
            return [_Callee(-1, value)]
        if isinstance(value, ast.ClassDef):
            return self._method(value, "__init__") or [_Callee(self._scope_of[value])]
        return [_Callee(self._scope_of[value])] if isinstance(value, FunctionNode) else []

    def _values(self, definition: ValueDefinition, deep: int = 0) -> Iterator[ast.AST | str]:
        """What a definition may give: a class or function of the file, the name of something
        outside, or the call that made an object (as its ``ast.Call``)."""
        syntax = self._flows[definition.scope].syntax[definition.node]
        match syntax:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if syntax.name == definition.name:
                    yield syntax
            case ast.Import(names=names):
                for alias in names:
                    if alias.asname == definition.name:
                        yield alias.name
                    elif not alias.asname and alias.name.partition(".")[0] == definition.name:
                        yield definition.name
            case ast.ImportFrom(names=names, module=module, level=level):
                for alias in names:
                    if (alias.asname or alias.name) == definition.name:
                        yield f"{'.' * level}{module or ''}.{alias.name}".replace("..", ".")
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(t, ast.Name) and t.id == definition.name for t in targets):
                    yield from self._given(value, deep)
            case ast.AnnAssign(value=ast.expr() as value):
                yield from self._given(value, deep)

    def _given(self, value: ast.expr, deep: int) -> Iterator[ast.AST | str]:
        if isinstance(value, ast.Call):
            yield value
        elif isinstance(value, ast.Name) and deep < _DEEPEST:
            for definition in self._definitions(value):
                yield from self._values(definition, deep + 1)

    def _attribute(self, scope: int, value: ast.expr, attr: str) -> list[_Callee]:
        """What ``value.attr`` calls."""
        found = []
        for owner in self._owners(scope, value):
            if isinstance(owner, str):
                found.append(_Callee(-1, f"{owner}.{attr}"))
            else:
                found += self._method(owner, attr)
        return found

    def _owners(self, scope: int, value: ast.expr) -> list[ast.ClassDef | str]:
        """The classes whose attributes ``value`` has, and the modules that it may be."""
        match value:
            case ast.Name():
                found: list[ast.ClassDef | str] = []
                for definition in self._definitions(value):
                    if own := self._own_class(definition):
                        found.append(own)
                        continue
                    for each in self._values(definition):
                        found += self._classes(each)
                return found
            case ast.Attribute(value=inner, attr=attr):
                return [f"{o}.{attr}" for o in self._owners(scope, inner) if isinstance(o, str)]
            case ast.Call(func=ast.Name(id="super"), args=[]):
                around = self._class_around(scope)
                return [b for base in around.bases for b in self._base(base)] if around else []
            case ast.Call():
                return self._classes(value)
        return []

    def _classes(self, value: ast.AST | str) -> list[ast.ClassDef | str]:
        """The class that a value is (or that a call makes an object of), or what it is outside."""
        if isinstance(value, ast.ClassDef | str):
            return [value]
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
            return [
                each
                for definition in self._definitions(value.func)
                for each in self._values(definition)
                if isinstance(each, ast.ClassDef)
            ]
        return []

    def _definitions(self, name: ast.Name) -> list[ValueDefinition]:
        use = self._uses.get(self._places.span(name))
        return self._reaching.get(use.id, []) if use else []

    def _own_class(self, definition: ValueDefinition) -> ast.ClassDef | None:
        """The class whose method has ``definition`` as its first parameter (``self``, ``cls``)."""
        flow = self._flows[definition.scope]
        if definition.kind is not DefinitionKind.PARAMETER or not isinstance(
            flow.scope, FunctionNode
        ):
            return None
        around = self._flows[flow.parent].scope
        static = any(
            isinstance(mark, ast.Name) and mark.id == "staticmethod"
            for mark in flow.scope.decorator_list
        )
        if not isinstance(around, ast.ClassDef) or static:
            return None
        return around if parameters(flow.scope)[:1] == (definition.name,) else None

    def _class_around(self, scope: int) -> ast.ClassDef | None:
        while scope >= 0:
            node = self._flows[scope].scope
            if isinstance(node, ast.ClassDef):
                return node
            scope = self._flows[scope].parent
        return None

    def _base(self, base: ast.expr) -> list[ast.ClassDef | str]:
        if isinstance(base, ast.Name):
            if definitions := self._definitions(base):
                return [
                    each
                    for definition in definitions
                    for each in self._values(definition)
                    if isinstance(each, ast.ClassDef | str)
                ]
            return []
        return self._owners(-1, base) if isinstance(base, ast.Attribute) else []

    def _method(self, owner: ast.ClassDef, name: str) -> list[_Callee]:
        """The method ``name`` of a class: its own, else that of the first base that has it."""
        waiting: list[ast.ClassDef] = [owner]
        seen: set[ast.ClassDef] = set()
        while waiting:
            each = waiting.pop(0)
            if each in seen:
                continue
            seen.add(each)
            number = self._scope_of[each]
            own = [
                child
                for child in self._methods.get(name, [])
                if self._flows[child].parent == number
            ]
            if own:
                return [_Callee(child) for child in own]
            waiting += [
                base
                for expression in each.bases
                for base in self._base(expression)
                if isinstance(base, ast.ClassDef)
            ]
        return []


def _called(syntax: ast.AST) -> Iterator[ast.expr]:
    """The expressions that a node of the control flow calls, decorators among them."""
    parts: list[ast.AST]
    match syntax:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            for decorator in syntax.decorator_list:
                if not isinstance(decorator, ast.Call):
                    yield decorator
            parts = [*syntax.decorator_list]
            if isinstance(syntax, ast.ClassDef):
                parts += [*syntax.bases, *syntax.keywords]
            else:
                parts += defaults(syntax.args)
        case ast.If(test=test) | ast.While(test=test):
            parts = [test]
        case ast.For() | ast.AsyncFor():
            parts = [syntax.iter, syntax.target]
        case ast.Try() | ast.TryStar():
            parts = []
        case ast.ExceptHandler(type=kind):
            parts = [kind] if kind else []
        case ast.Match(subject=subject):
            parts = [subject]
        case ast.match_case(pattern=pattern, guard=guard):
            parts = [pattern, guard] if guard else [pattern]
        case _:
            parts = [syntax]
    for part in parts:
        for node in ast.walk(part):
            if isinstance(node, ast.Call):
                yield node.func
